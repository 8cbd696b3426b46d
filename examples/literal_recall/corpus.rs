//! Documents in files, read as the command line reads them, but by code of its own.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use walkdir::WalkDir;

/// A line of `.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    id: Value,
    text: Option<String>,
}

/// The ids and texts of all documents of a file or of a folder, but for those that were split already.
///
/// # Errors
/// When something cannot be read.
pub(crate) fn documents(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut documents = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            let named = entry.path().strip_prefix(path).ok().filter(|below| !below.as_os_str().is_empty());
            let name = named.unwrap_or_else(|| Path::new(entry.file_name())).to_string_lossy();
            let read = read(&name, entry.path(), &mut documents);
            read.with_context(|| format!("cannot read {}", entry.path().display()))?;
        }
    }
    Ok(documents)
}

fn read(name: &str, path: &Path, documents: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    match path.extension().and_then(OsStr::to_str) {
        Some("gz") if name.ends_with(".jsonl.gz") => read_records(MultiGzDecoder::new(File::open(path)?), documents),
        Some("jsonl") => read_records(File::open(path)?, documents),
        Some("txt" | "md") => {
            documents.push((name.to_owned(), fs::read_to_string(path)?));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn read_records(file: impl Read, documents: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    for line in BufReader::new(file).lines() {
        let line = line?;
        if !line.trim().is_empty() {
            let Record { id, text } = serde_json::from_str(&line)?;
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            documents.extend(text.map(|text| (id, text)));
        }
    }
    Ok(())
}
