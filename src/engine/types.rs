//! What crosses the seam.

use std::{fmt, str::FromStr};

use crate::{
    document::{DocumentId, Etag, Layout, Metadata, MetadataField, Paragraph},
    text::{self, EdgeLine},
};

/// A place in the order of arrival: the sequence of a document's version, then the ordinal of a paragraph in it.
///
/// One number, so that an index can be sorted by it: 40 bits of sequence, 24 bits of slot. Slot 0 is the document's
/// own record, slot n + 1 its paragraph n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    const SLOT_BITS: u32 = 24;
    /// The most paragraphs of a document. A text of 16 MiB cannot have as many.
    pub const MAX_PARAGRAPHS: usize = (1 << Self::SLOT_BITS) - 1;

    /// The place of a document's record.
    #[must_use]
    pub fn record(sequence: u64) -> Self {
        debug_assert!(sequence < 1 << (64 - Self::SLOT_BITS), "sequences are given out one by one");
        Self(sequence << Self::SLOT_BITS)
    }

    /// The place of a paragraph.
    #[must_use]
    pub fn paragraph(sequence: u64, ordinal: u32) -> Self {
        debug_assert!((ordinal as usize) < Self::MAX_PARAGRAPHS, "checked when a document is prepared");
        Self(Self::record(sequence).0 | (u64::from(ordinal) + 1))
    }

    /// The last place of a sequence: everything of it, and of those before, comes at or before this.
    #[must_use]
    pub fn end_of(sequence: u64) -> Self {
        Self(Self::record(sequence).0 | ((1 << Self::SLOT_BITS) - 1))
    }

    /// The number as which it is stored.
    #[must_use]
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// The place that [`Position::to_u64`] stored.
    #[must_use]
    pub fn from_u64(stored: u64) -> Self {
        Self(stored)
    }

    /// The sequence of the document's version.
    #[must_use]
    pub fn sequence(self) -> u64 {
        self.0 >> Self::SLOT_BITS
    }

    /// How many places after the document's record: 0 is the record itself, n + 1 paragraph n.
    #[must_use]
    pub fn slot(self) -> u32 {
        u32::try_from(self.0 & ((1 << Self::SLOT_BITS) - 1)).expect("24 bits")
    }

    /// The paragraph's ordinal; `None` for a record.
    #[must_use]
    pub fn ordinal(self) -> Option<u32> {
        self.slot().checked_sub(1)
    }
}

/// The state of an index after a commit. Its text form is opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation {
    /// Names the index, so that another one's generation is not taken for this one's.
    pub index: u32,
    /// Counts the commits.
    pub commit: u64,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:x}", self.index, self.commit)
    }
}

/// A text that is no generation.
#[derive(Debug, thiserror::Error)]
#[error("is not a generation that this service gave out")]
pub struct InvalidGeneration;

impl FromStr for Generation {
    type Err = InvalidGeneration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, commit) = text.split_once('-').ok_or(InvalidGeneration)?;
        let index = u32::from_str_radix(index, 16).map_err(|_| InvalidGeneration)?;
        let commit = u64::from_str_radix(commit, 16).map_err(|_| InvalidGeneration)?;
        Ok(Self { index, commit })
    }
}

/// Names a line that a document begins or ends with, together with the document's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceLine(u64);

impl SourceLine {
    /// The line `line` in the documents of `source`.
    #[must_use]
    pub fn new(source: &str, line: EdgeLine) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&line.to_u64().to_le_bytes()).update(source.as_bytes());
        let first = hasher.finalize().as_bytes().first_chunk().copied().expect("a hash has 32 bytes");
        Self(u64::from_le_bytes(first))
    }

    /// The number as which it is stored.
    #[must_use]
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// The line that [`SourceLine::to_u64`] stored.
    #[must_use]
    pub fn from_u64(stored: u64) -> Self {
        Self(stored)
    }
}

/// What an engine needs for an entry besides its texts, as measured with the embedded one.
const ENTRY_BYTES: usize = 1 << 10;

/// A document as an engine takes it: repaired, split, hashed.
#[derive(Clone, Debug)]
pub struct IndexedDocument {
    /// Its id.
    pub id: DocumentId,
    /// What is known about it.
    pub metadata: Metadata,
    /// What of that was found in its text.
    pub recognized: Vec<MetadataField>,
    /// Names its content.
    pub etag: Etag,
    /// What it says, and the lines that it begins and ends with unless another document that says the same counts for
    /// them.
    pub edge_lines: Vec<SourceLine>,
    /// Its paragraphs in order. Those without a letter or digit are kept but cannot be found.
    pub paragraphs: Vec<Paragraph>,
    /// What the paragraphs leave of the original.
    pub layout: Layout,
}

impl IndexedDocument {
    /// How many of its paragraphs can be found.
    #[must_use]
    pub fn searchable(&self) -> u32 {
        let searchable = self.paragraphs.iter().filter(|paragraph| text::has_searchable(&paragraph.text)).count();
        u32::try_from(searchable).expect("limited when a document is prepared")
    }
}

impl IndexedDocument {
    /// How much memory it takes up until it is committed, roughly: the title is indexed with every paragraph.
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        let Layout { original_bytes: _, remains, edits } = &self.layout;
        let paragraphs = self.paragraphs.iter().map(|Paragraph { text, heading_path, source_ranges }| {
            let headings: usize = heading_path.iter().map(|heading| heading.len() + size_of_val(heading)).sum();
            ENTRY_BYTES + text.len() + headings + size_of_val(source_ranges.as_slice()) + self.metadata.title.len()
        });
        paragraphs.sum::<usize>() + remains.len() + size_of_val(edits.as_slice()) + self.metadata.text_bytes()
    }
}

/// How much an engine does beside writing to keep reading fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// As much as pays.
    Usual,
    /// Less, until later: changes follow each other closely, and it would hold them up.
    Deferred,
}

/// One step of a batch. Sequences grow from step to step.
#[derive(Debug)]
pub enum Change {
    /// Adds a document. `replaces` is the version that it takes the place of, which leaves a tombstone.
    Put {
        /// The number of this version.
        sequence: u64,
        /// The document.
        document: Box<IndexedDocument>,
        /// The version that it takes the place of; its removal has the smaller sequence.
        replaces: Option<Removal>,
    },
    /// Deletes a document and leaves a tombstone.
    Delete {
        /// The document.
        id: DocumentId,
        /// The version that goes.
        removes: Removal,
    },
    /// Remembers the removal of a version that is not there, and never was in this index.
    Remember(Removed),
}

/// A version that goes. It is remembered, so that those who follow the changes hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The number of the removal.
    pub sequence: u64,
    /// What goes.
    pub version: Version,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// A removal that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The document.
    pub id: DocumentId,
    /// The number of the removal.
    pub sequence: u64,
    /// The number of the version that went.
    pub removed_sequence: u64,
    /// When it went, in seconds since 1970.
    pub at: u64,
}

/// Which version of a document is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub sequence: u64,
    /// Names its content.
    pub etag: Etag,
    /// Its paragraphs.
    pub paragraphs: u32,
    /// Its paragraphs that can be found.
    pub searchable: u32,
}

/// Where an engine keeps a paragraph, within one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The part of the index.
    pub segment: u32,
    /// The place in it.
    pub document: u32,
}

/// A paragraph that matches, with what its rank is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// How well it matches.
    pub score: f32,
    /// Its publish date as [`crate::document::PublishDate::to_u32`] gives it; 0 when unknown.
    pub date: u32,
    /// Its place in the order of arrival.
    pub position: Position,
    /// Where it is kept.
    pub address: Address,
}

/// The best matches.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// In rank order: score descending, then newer date, then position.
    pub hits: Vec<Ranked>,
    /// Whether these are all there are.
    pub exhausted: bool,
    /// Whether ranking was stopped before every match was looked at: there may be better ones.
    pub stopped: bool,
}

/// A paragraph as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredParagraph {
    /// Its place in the order of arrival.
    pub position: Position,
    /// Its text and where it stands.
    pub paragraph: Paragraph,
}

/// A document's own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRecord {
    /// Its id.
    pub id: DocumentId,
    /// Which version it is.
    pub version: Version,
    /// What is known about it.
    pub metadata: Metadata,
    /// What of that was found in its text.
    pub recognized: Vec<MetadataField>,
    /// Bytes of the original; 0 when the caller split.
    pub original_bytes: u32,
}

/// What is told of a document with each of its paragraphs.
#[derive(Clone, Copy, Debug)]
pub struct DocumentView<'a> {
    /// Its id.
    pub id: &'a DocumentId,
    /// The number of the version.
    pub sequence: u64,
    /// What is known about it.
    pub metadata: &'a Metadata,
}

impl DocumentRecord {
    /// What is told with each paragraph.
    pub fn view(&self) -> DocumentView<'_> {
        DocumentView { id: &self.id, sequence: self.version.sequence, metadata: &self.metadata }
    }
}

/// What matches are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// The year of publishing.
    Year,
    /// Where the document was found.
    Source,
    /// Who issued it.
    Agency,
    /// Its kind.
    DocumentType,
    /// Its level.
    Level,
    /// The collection that it belongs to.
    Collection,
    /// Its labels: a document counts for each of them.
    Label,
}

/// How many match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Paragraphs.
    pub paragraphs: u64,
    /// Documents that have one of them.
    pub documents: u64,
}

/// How many match, and how many of them have which value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub total: Tally,
    /// One for each field asked for, in the order asked.
    pub facets: Vec<Facet>,
}

/// The most values that a facet lists.
pub const MAX_FACET_VALUES: usize = 100;

/// The longest value that a facet tells whole, in bytes; of a longer one it tells the beginning.
pub const MAX_FACET_VALUE_BYTES: usize = 1_024;

/// How many matches have which value of a field. What has no value counts nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The field.
    pub field: FacetField,
    /// The [`MAX_FACET_VALUES`] values of most paragraphs, these first; equal numbers in order of the values.
    pub values: Vec<FacetValue>,
    /// How many values there are besides.
    pub further_values: u64,
    /// Their paragraphs, added up: one with two of these labels counts twice.
    pub further_paragraphs: u64,
}

/// A value and the matches that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// The value; of those that [`crate::query::comparable`] finds equal, the spelling of most paragraphs, then the
    /// first in order.
    pub value: String,
    /// The matches.
    pub tally: Tally,
}

/// What an index holds.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Documents that can be found.
    pub documents: u64,
    /// Paragraphs that can be found.
    pub paragraphs: u64,
    /// The number of the newest accepted version or deletion.
    pub sequence: u64,
    /// Parts that the index consists of.
    pub segments: u32,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Names how the indexed texts were analysed.
    pub fingerprint: String,
    /// Deletions and replacements that are remembered.
    pub tombstones: u64,
}
