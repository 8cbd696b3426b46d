//! The service as a process of its own, asked with its own command line.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::table::float;

/// A service that runs.
pub(crate) struct Service {
    process: Child,
    /// Kept open for as long as it runs.
    _stdout: BufReader<ChildStdout>,
    endpoint: String,
    admin_endpoint: String,
    pub(crate) started_in: Duration,
}

/// What a load showed.
#[derive(Deserialize)]
pub(crate) struct Load {
    errors: u64,
    pub(crate) qps: f64,
    pub(crate) paragraphs_per_s: f64,
    pub(crate) best_qps: f64,
    pub(crate) best_p50_ms: f64,
    pub(crate) best_p99_ms: f64,
}

impl Service {
    /// Starts one and waits until it is ready.
    pub(crate) fn start(data: &Path) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut process = Command::new(program()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--http-listen", "off"])
            .arg("--data-dir")
            .arg(data)
            .env("XUNZHANG_LOG__FILTER", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(process.stdout.take().context("standard output is piped")?);
        let mut endpoint = |announced: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line)?;
            let address =
                line.trim().strip_prefix(announced).with_context(|| format!("no `{announced}` in `{line}`"))?;
            Ok::<_, anyhow::Error>(format!("http://{address}"))
        };
        let admin_endpoint = endpoint("admin listening on ")?;
        let endpoint = endpoint("listening on ")?;
        Ok(Self { process, _stdout: stdout, endpoint, admin_endpoint, started_in: begun.elapsed() })
    }

    /// Brings a file in; gives MB/s of the text.
    pub(crate) fn import(&mut self, file: &Path, flags: &[&str], text_bytes: u64) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let summary = self.ask(&[&["import", path(file)?], flags].concat())?;
        ensure!(summary["failed"] == 0, "{summary}");
        Ok(float(text_bytes) / 1e6 / begun.elapsed().as_secs_f64())
    }

    /// Bytes of its index.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<f64> {
        self.ask(&["stats"])?["disk_bytes"].as_f64().context("no `disk_bytes`")
    }

    /// Memory that belongs to no file.
    pub(crate) fn anonymous_mib(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no `RssAnon`")?;
        let kib = line.trim().strip_suffix(" kB").context("no `kB`")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    }

    /// Waits until merging has left one segment, as that of the bare engine is one.
    #[expect(clippy::disallowed_methods, reason = "there is nothing else to do meanwhile")]
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        const AT_MOST: Duration = Duration::from_mins(5);
        let begun = Instant::now();
        while self.ask(&["stats"])?["segments"] != 1 {
            ensure!(begun.elapsed() < AT_MOST, "merging goes on and on");
            thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// What it looks for when it is asked a query, as `Explain` says.
    pub(crate) fn plan(&self, query: &str, flags: &[&str]) -> anyhow::Result<Value> {
        Ok(self.ask(&[&["explain"], flags, &["--", query]].concat())?["plan"].take())
    }

    /// Puts a load on it.
    pub(crate) fn load(&self, queries: &Path, repeat: usize, flags: &[&str]) -> anyhow::Result<Load> {
        let repeat = repeat.to_string();
        let load = [&["bench", "--queries", path(queries)?, "--repeat", &repeat], flags].concat();
        let load: Load = serde_json::from_value(self.ask(&load)?)?;
        ensure!(load.errors == 0, "{} requests failed with {flags:?}", load.errors);
        Ok(load)
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "the service is gone");
        ensure!(self.process.wait()?.success(), "the service did not stop well");
        Ok(())
    }

    fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = Command::new(program()?)
            .args(["--json", "--endpoint", &self.endpoint, "--admin-endpoint", &self.admin_endpoint])
            .args(arguments)
            .output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The `xunzhang` beside the folder of this example.
fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).context("an example lies in a folder of the build")?;
    let program = folder.join("xunzhang");
    ensure!(program.exists(), "there is no `{}`; build it with `cargo build --release`", program.display());
    Ok(program)
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path is no UTF-8")
}
