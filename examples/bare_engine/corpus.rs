//! Paragraphs for both sides: the lines of documents.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Document {
    title: String,
    text: String,
    date: Option<String>,
}

#[derive(Serialize)]
struct Paragraph<'a> {
    id: String,
    title: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
}

/// Writes every line of the documents that is not empty as a record of its own; gives the bytes of their texts.
pub(crate) fn write_lines(documents: &Path, lines: &Path) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(File::create(lines)?);
    let (mut number, mut bytes) = (0_u64, 0);
    for record in BufReader::new(MultiGzDecoder::new(File::open(documents)?)).lines() {
        let Document { title, text, date } = serde_json::from_str(&record?)?;
        for text in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            serde_json::to_writer(
                &mut out,
                &Paragraph { id: number.to_string(), title: &title, text, date: date.as_deref() },
            )?;
            writeln!(out)?;
            number += 1;
            bytes += text.len() as u64;
        }
    }
    out.flush()?;
    Ok(bytes)
}
