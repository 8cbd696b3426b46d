//! The bare engine: a program that prints its figures.

use std::{path::Path, process::Command};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Indexing threads: as many as the service and its client have cores to share on the machine that the goals are for.
const THREADS: &str = "2";
/// Memory for indexing, in MB.
const HEAP_MB: &str = "400";

/// The program and what it indexes.
pub(crate) struct Bare<'a> {
    pub(crate) program: &'a Path,
    pub(crate) corpus: &'a Path,
}

/// What the bare engine reaches in reading, with paragraphs fetched.
pub(crate) struct Read {
    pub(crate) p50_ms: f64,
    pub(crate) qps: f64,
    pub(crate) questions_p99_ms: f64,
}

impl Bare<'_> {
    /// Writes what the service has to write; gives MB/s.
    pub(crate) fn write_everything(&self, directory: &Path) -> anyhow::Result<f64> {
        let written = self.run(&["both", &text(self.corpus)?, &text(directory)?, THREADS, HEAP_MB])?;
        written.first().and_then(|line| line["MBps"].as_f64()).context("no `MBps`")
    }

    /// Writes words, in one segment.
    pub(crate) fn write_for_reading(&self, directory: &Path) -> anyhow::Result<()> {
        self.run(&["index", "search", &text(self.corpus)?, &text(directory)?, THREADS, HEAP_MB, "1"]).map(drop)
    }

    /// Asks every query.
    pub(crate) fn read(&self, directory: &Path, queries: &Path, repeat: usize) -> anyhow::Result<Read> {
        let (directory, queries) = (text(directory)?, text(queries)?);
        let lines = self.run(&["query", "search", &directory, &queries, &queries, &repeat.to_string()])?;
        let figure = |kind: &str, how: &str, name: &str| {
            let line = lines.iter().find(|line| line["bench"] == "top10" && line["kind"] == kind && line["how"] == how);
            line.and_then(|line| line[name].as_f64()).with_context(|| format!("no `{name}` of {kind}, {how}"))
        };
        Ok(Read {
            p50_ms: figure("ALL500", "or", "with_docs_p50_ms")?,
            qps: figure("ALL500", "or", "with_docs_qps")?,
            questions_p99_ms: figure("question", "or", "with_docs_p99_ms")?,
        })
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
        let output = Command::new(self.program).args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout)?;
        lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    Ok(path.to_str().context("a path is no UTF-8")?.to_owned())
}
