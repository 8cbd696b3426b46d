//! From a document as it was sent to one that an engine takes.

use std::sync::atomic::AtomicBool;

use crate::{
    document::{Content, Document, Etag, Layout, Paragraph, Reading, ReadyParagraph, read_while},
    engine::{IndexedDocument, ReadError, Snapshot, SourceLine},
    ingest::seen_lines::SeenLines,
};

/// The most memory that a document may take up until it is committed: the largest text with ordinary paragraphs,
/// headings and title takes a quarter of it.
const MAX_WEIGHT_BYTES: usize = 256 << 20;

/// A document, ready to be written.
#[derive(Debug)]
pub struct Prepared {
    /// As the engine takes it.
    pub document: IndexedDocument,
    /// What its sender should know.
    pub warnings: Vec<PrepareWarning>,
}

/// What a document's sender should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrepareWarning {
    /// There is nothing in it to search.
    EmptyText,
}

/// Why a document cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Its paragraphs are too many, or its title and headings, which go with each of them, too long.
    #[error(
        "would take up `{0}` bytes: its paragraphs are many, or its title and headings, which go with each of them, \
         long; at most {MAX_WEIGHT_BYTES} are taken: shorten them or split the document"
    )]
    TooHeavy(usize),
    /// What other documents of its source begin and end with cannot be looked up.
    #[error("{0}")]
    Read(#[from] ReadError),
}

/// Reads and hashes a document; `seen` and the indexes know the lines that others of its source begin and end with. Once
/// `stop` is set, it is given up between two steps.
pub(super) fn prepare(
    document: Document,
    seen: &SeenLines,
    indexes: &[&dyn Snapshot],
    stop: &AtomicBool,
) -> Result<Prepared, PrepareError> {
    let etag = etag(&document);
    let Document { id, metadata, content } = document;
    let empty = IndexedDocument {
        id,
        metadata,
        recognized: Vec::new(),
        etag,
        edge_lines: Vec::new(),
        paragraphs: Vec::new(),
        layout: Layout::default(),
    };
    let mut document = match content {
        Content::Text(original) => read_into(empty, &original, seen, indexes, stop)?,
        Content::Ready(ready) => IndexedDocument { paragraphs: ready.into_iter().map(take).collect(), ..empty },
    };
    let weight_bytes = document.weight_bytes();
    if weight_bytes > MAX_WEIGHT_BYTES {
        return Err(PrepareError::TooHeavy(weight_bytes));
    }
    seen.remember(indexes, &document.id, &mut document.edge_lines)?;
    let warnings = if document.searchable() == 0 { vec![PrepareWarning::EmptyText] } else { Vec::new() };
    Ok(Prepared { document, warnings })
}

/// Reads a document's text.
fn read_into(
    mut document: IndexedDocument,
    original: &str,
    seen: &SeenLines,
    indexes: &[&dyn Snapshot],
    stop: &AtomicBool,
) -> Result<IndexedDocument, ReadError> {
    let repeated = |source: &str, lines: &[_]| seen.repeated(indexes, Some(&document.id), source, lines);
    let Reading { repaired, recognition, source, edge_lines, paragraphs } =
        read_while(original, &document.metadata.source, repeated, &|| ReadError::check(stop))?;
    if !source.is_empty() {
        document.edge_lines = edge_lines.into_iter().map(|line| SourceLine::new(&source, line)).collect();
    }
    document.recognized = recognition.fill(&mut document.metadata);
    document.layout = Layout::new(original, &paragraphs, repaired.edits().to_vec());
    document.paragraphs = paragraphs;
    Ok(document)
}

fn take(ready: ReadyParagraph) -> Paragraph {
    let ReadyParagraph { text, heading_path } = ready;
    Paragraph { text, heading_path: heading_path.into_iter().map(Into::into).collect(), source_ranges: Vec::new() }
}

/// Hashes all that the caller sent. Every part is preceded by its length, so that no two documents read the same.
fn etag(Document { id: _, metadata, content }: &Document) -> Etag {
    let mut hasher = blake3::Hasher::new();
    let metadata = postcard::to_stdvec(metadata).expect("plain data in memory can always be encoded");
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(&metadata);
    match content {
        Content::Text(text) => {
            add(b"text");
            add(text.as_bytes());
        }
        Content::Ready(paragraphs) => {
            add(b"ready");
            for ReadyParagraph { text, heading_path } in paragraphs {
                add(text.as_bytes());
                add(&(heading_path.len() as u64).to_le_bytes());
                for heading in heading_path {
                    add(heading.as_bytes());
                }
            }
        }
    }
    let first = hasher.finalize().as_bytes().first_chunk().copied().expect("a hash has 32 bytes");
    Etag(u128::from_le_bytes(first))
}
