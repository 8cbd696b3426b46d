//! What is stored with an entry of the index, and how it is encoded.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};
use tantivy::DocAddress;

use crate::{
    document::{DocumentId, Etag, Layout, Metadata, MetadataField, Paragraph},
    engine::{IndexedDocument, ReadError, SourceLine, tantivy::heed::is_stop},
};

/// A paragraph as it is stored. Its document's metadata stand in the document's record only.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ParagraphEntry {
    /// First, so that it can be read alone: see [`stored_text`].
    pub(super) text: String,
    pub(super) heading_path: Vec<Arc<str>>,
    pub(super) source_ranges: Vec<Range<u32>>,
}

/// The same, read where it stands.
#[derive(Debug, Deserialize)]
pub(super) struct ParagraphView<'a> {
    text: &'a str,
    #[serde(borrow)]
    heading_path: Vec<&'a str>,
    source_ranges: Vec<Range<u32>>,
}

impl ParagraphView<'_> {
    /// Makes another paragraph this one. Neighbours share most of their headings.
    pub(super) fn read_into(self, paragraph: &mut Paragraph) {
        let Paragraph { text, heading_path, source_ranges } = paragraph;
        text.clear();
        text.push_str(self.text);
        heading_path.truncate(self.heading_path.len());
        for (index, heading) in self.heading_path.into_iter().enumerate() {
            match heading_path.get_mut(index) {
                Some(known) if **known == *heading => {}
                Some(known) => *known = heading.into(),
                None => heading_path.push(heading.into()),
            }
        }
        *source_ranges = self.source_ranges;
    }
}

/// A document's record as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordEntry {
    pub(super) id: DocumentId,
    pub(super) metadata: Metadata,
    /// What of the metadata was found in the text.
    pub(super) recognized: Vec<MetadataField>,
    pub(super) original_bytes: u32,
}

/// All that is stored with a document's record. What else the index has of it is derived from this, from its layout and
/// from its paragraphs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WholeRecord {
    /// First, so that it can be decoded alone, as searches do.
    pub(super) entry: RecordEntry,
    /// The number of the version.
    pub(super) sequence: u64,
    /// Its [`Etag`], lowest byte first.
    etag: [u8; 16],
    /// Its paragraphs, which follow.
    pub(super) paragraphs: u32,
    /// Each a [`SourceLine`], lowest byte first. What other documents had when it came decided on them.
    edge_lines: Vec<[u8; 8]>,
}

impl WholeRecord {
    pub(super) fn new(
        entry: RecordEntry,
        sequence: u64,
        Etag(etag): Etag,
        paragraphs: usize,
        edge_lines: Vec<SourceLine>,
    ) -> Self {
        let paragraphs = u32::try_from(paragraphs).expect("limited when a document is prepared");
        let edge_lines = edge_lines.into_iter().map(|line| line.to_u64().to_le_bytes()).collect();
        Self { entry, sequence, etag: etag.to_le_bytes(), paragraphs, edge_lines }
    }

    /// The document, from what else is stored of it.
    pub(super) fn with(self, paragraphs: Vec<Paragraph>, layout: Layout) -> IndexedDocument {
        let Self { entry, sequence: _, etag, paragraphs: _, edge_lines } = self;
        let RecordEntry { id, metadata, recognized, original_bytes: _ } = entry;
        let edge_lines = edge_lines.into_iter().map(|line| SourceLine::from_u64(u64::from_le_bytes(line))).collect();
        let etag = Etag(u128::from_le_bytes(etag));
        IndexedDocument { id, metadata, recognized, etag, edge_lines, paragraphs, layout }
    }
}

/// A tombstone as it is stored.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TombstoneEntry {
    /// The document.
    pub(super) id: DocumentId,
    /// The version that went.
    pub(super) removed_sequence: u64,
    /// When, in seconds since 1970.
    pub(super) removed_at: u64,
    /// The number of the removal.
    pub(super) sequence: u64,
}

impl From<Paragraph> for ParagraphEntry {
    fn from(paragraph: Paragraph) -> Self {
        let Paragraph { text, heading_path, source_ranges } = paragraph;
        Self { text, heading_path, source_ranges }
    }
}

impl From<ParagraphEntry> for Paragraph {
    fn from(entry: ParagraphEntry) -> Self {
        let ParagraphEntry { text, heading_path, source_ranges } = entry;
        Self { text, heading_path, source_ranges }
    }
}

pub(super) fn encode<T: Serialize>(entry: &T) -> Vec<u8> {
    postcard::to_stdvec(entry).expect("plain data in memory can always be encoded")
}

/// Decodes the stored field of an entry.
pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], address: DocAddress) -> Result<T, ReadError> {
    postcard::from_bytes(bytes).map_err(|error| ReadError::Corrupt(format!("entry {address:?}: {error}")))
}

/// The same where nothing may stand behind it.
pub(super) fn decode_all<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ReadError> {
    match postcard::take_from_bytes(bytes) {
        Ok((entry, [])) => Ok(entry),
        Ok((_, rest)) => Err(ReadError::Corrupt(format!("`{}` bytes behind a stored entry", rest.len()))),
        Err(error) => Err(ReadError::Corrupt(format!("a stored entry: {error}"))),
    }
}

/// The text of a paragraph's stored field, which it begins with.
pub(super) fn stored_text(stored: &[u8]) -> Result<&str, ReadError> {
    let decoded = postcard::take_from_bytes(stored);
    decoded.map(|(text, _)| text).map_err(|error| ReadError::Corrupt(format!("a paragraph's text: {error}")))
}

/// Tells damage from other failures.
pub(super) fn read_error(error: tantivy::TantivyError) -> ReadError {
    match error {
        tantivy::TantivyError::DataCorruption(damage) => ReadError::Corrupt(format!("{damage:?}")),
        stop if is_stop(&stop) => ReadError::Stopped,
        other => ReadError::Engine(Box::new(other)),
    }
}
