//! From a document as it was sent to one that an engine takes.

use std::ops::Range;

use crate::{
    document::{Content, Document, Etag, Layout, Paragraph, ReadyParagraph, split},
    engine::IndexedDocument,
    text::repair,
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
}

/// Repairs, splits and hashes a document. CPU work: run it on the pool.
///
/// # Errors
/// When the document, whose own size was checked before, would take too much memory once it is split.
pub fn prepare(document: Document) -> Result<Prepared, PrepareError> {
    let etag = etag(&document);
    let Document { id, metadata, content } = document;
    let (paragraphs, layout) = match content {
        Content::Text(original) => cut(&original),
        Content::Ready(ready) => (ready.into_iter().map(take).collect(), Layout::default()),
    };
    let document = IndexedDocument { id, metadata, etag, paragraphs, layout };
    let weight_bytes = document.weight_bytes();
    if weight_bytes > MAX_WEIGHT_BYTES {
        return Err(PrepareError::TooHeavy(weight_bytes));
    }
    let warnings = if document.searchable() == 0 { vec![PrepareWarning::EmptyText] } else { Vec::new() };
    Ok(Prepared { document, warnings })
}

/// Repairs and splits a text.
fn cut(original: &str) -> (Vec<Paragraph>, Layout) {
    let repaired = repair(original);
    let paragraphs: Vec<_> = split(repaired.text(), None)
        .into_iter()
        .map(|section| paragraph(original, section.heading_path, repaired.source_ranges(section.range)))
        .collect();
    let layout = Layout::new(original, &paragraphs, repaired.edits().to_vec());
    (paragraphs, layout)
}

fn paragraph(original: &str, heading_path: Vec<String>, source_ranges: Vec<Range<u32>>) -> Paragraph {
    let text = source_ranges.iter().map(|range| &original[range.start as usize..range.end as usize]).collect();
    Paragraph { text, heading_path, source_ranges }
}

fn take(ready: ReadyParagraph) -> Paragraph {
    let ReadyParagraph { text, heading_path } = ready;
    Paragraph { text, heading_path, source_ranges: Vec::new() }
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
