//! Hits, and how many of them go together.

use std::{ops::Range, sync::Arc};

use crate::{
    document::{Paragraph, ParagraphId},
    engine::DocumentRecord,
};

/// What a paragraph takes up besides its texts: its ordinal, lengths and names of fields.
const PARAGRAPH_BYTES: usize = 32;

/// How much a batch may carry: it ends at whichever comes first, but has at least one hit if there is one.
#[derive(Clone, Copy, Debug)]
pub struct BatchBound {
    /// Hits.
    pub hits: usize,
    /// Bytes of text.
    pub text_bytes: usize,
}

/// Neighbours of the same document to fetch with each hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Paragraphs before it.
    pub before: u32,
    /// Paragraphs after it.
    pub after: u32,
}

/// What becomes of matches that say nearly the same as a better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NearCopies {
    /// They are hits like others.
    #[default]
    Kept,
    /// They are folded into the better one, which says how many there are.
    Counted,
    /// They are folded into the better one, which names them.
    Named,
}

/// A paragraph that matches.
#[derive(Clone, Debug)]
pub struct Hit {
    /// From 1; 0 in an export.
    pub rank: u32,
    /// 0 in an export.
    pub score: f32,
    /// The paragraph.
    pub id: ParagraphId,
    /// What it says and where it stands.
    pub paragraph: Paragraph,
    /// The bytes of its text that terms of the query take, ascending, none overlapping.
    pub highlights: Vec<Range<u32>>,
    /// Its document.
    pub document: Arc<DocumentRecord>,
    /// The paragraphs before it, in document order.
    pub before: Vec<Neighbour>,
    /// The paragraphs after it, in document order.
    pub after: Vec<Neighbour>,
    /// How many near copies were folded into it, at least.
    pub folded_count: u32,
    /// These, in rank order, where they are wanted by name.
    pub folded: Vec<ParagraphId>,
}

impl Neighbour {
    /// Roughly the bytes of all that it says.
    pub(super) fn bytes(&self) -> usize {
        let Paragraph { text, heading_path, source_ranges } = &self.paragraph;
        let headings: usize = heading_path.iter().map(|heading| heading.len()).sum();
        let id = self.id.document.as_str().len();
        id + text.len() + headings + size_of_val(source_ranges.as_slice()) + PARAGRAPH_BYTES
    }
}

/// A paragraph beside a hit, or of a document that is read.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The paragraph.
    pub id: ParagraphId,
    /// What it says and where it stands.
    pub paragraph: Paragraph,
}
