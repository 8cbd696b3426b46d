//! Passages and queries, as files have them.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use xunzhang::{
    document::{DocumentId, Etag, Layout, Metadata, Paragraph},
    engine::{Change, Engine, IndexedDocument, Upkeep},
};

/// One passage.
#[derive(Deserialize)]
struct Passage {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Makes a document of one paragraph of each passage.
pub(crate) fn index(corpus: &Path, engine: &dyn Engine) -> anyhow::Result<()> {
    let mut writer = engine.writer()?;
    for (sequence, line) in (1..).zip(lines(corpus)?) {
        let Passage { id, title, text } = serde_json::from_str(&line?).context("a line of the corpus")?;
        let document = IndexedDocument {
            id: DocumentId::try_from(id)?,
            metadata: Metadata { title, ..Metadata::default() },
            recognized: Vec::new(),
            etag: Etag(sequence.into()),
            edge_lines: Vec::new(),
            paragraphs: vec![Paragraph { text, heading_path: Vec::new(), source_ranges: Vec::new() }],
            layout: Layout::default(),
        };
        writer.write(Change::Put { sequence, document: Box::new(document), replaces: None })?;
    }
    writer.commit(Upkeep::Usual)?;
    Ok(())
}

/// Queries with their ids.
pub(crate) fn queries(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let query = |line: std::io::Result<String>| {
        let line = line?;
        let (id, text) = line.split_once('\t').with_context(|| format!("no tab in `{line}`"))?;
        Ok((id.to_owned(), text.to_owned()))
    };
    lines(path)?.map(query).collect()
}

/// The lines of a file, unpacked.
pub(crate) fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::new(reader).lines())
}
