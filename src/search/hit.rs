//! Hits, and how many of them go together.

use std::{ops::Range, sync::Arc};

use crate::{
    document::{DocumentId, Metadata, Paragraph, ParagraphId},
    engine::{DocumentRecord, DocumentView},
};

/// What a paragraph takes up besides its texts: its ordinal, lengths and names of fields.
const PARAGRAPH_BYTES: usize = 32;

/// How much a batch may carry: it ends at whichever comes first, but has at least one hit if there is one.
#[derive(Clone, Copy, Debug)]
pub struct BatchBound {
    /// Hits.
    pub hits: usize,
    /// Roughly the bytes of all that they say.
    pub bytes: usize,
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

/// A [`Hit`], borrowed from whoever fetched it.
#[derive(Clone, Copy, Debug)]
pub struct HitView<'a> {
    /// Its place in the order, from 1; 0 in an export.
    pub rank: u32,
    /// How well it matches; 0 in an export.
    pub score: f32,
    /// The paragraph's place in the document.
    pub ordinal: u32,
    /// What it says and where it stands.
    pub paragraph: &'a Paragraph,
    /// The bytes of its text that terms of the query take, ascending, none overlapping.
    pub highlights: &'a [Range<u32>],
    /// Its document.
    pub document: DocumentView<'a>,
    /// The paragraphs before it, in document order.
    pub before: &'a [Neighbour],
    /// The paragraphs after it, in document order.
    pub after: &'a [Neighbour],
    /// How many near copies were folded into it, at least.
    pub folded_count: u32,
    /// These, in rank order, where they are wanted by name.
    pub folded: &'a [ParagraphId],
}

impl Hit {
    /// The hit, borrowed.
    pub fn view(&self) -> HitView<'_> {
        HitView {
            rank: self.rank,
            score: self.score,
            ordinal: self.id.ordinal,
            paragraph: &self.paragraph,
            highlights: &self.highlights,
            document: self.document.view(),
            before: &self.before,
            after: &self.after,
            folded_count: self.folded_count,
            folded: &self.folded,
        }
    }
}

impl HitView<'_> {
    /// Roughly the bytes of all that it says.
    pub fn bytes(&self) -> usize {
        let DocumentView { id, metadata: Metadata { title, source, agency, .. }, .. } = self.document;
        let beside: usize = self.before.iter().chain(self.after).map(Neighbour::bytes).sum();
        let folded: usize = self.folded.iter().map(|id| id.document.as_str().len() + PARAGRAPH_BYTES).sum();
        let of_document = id.as_str().len() + title.len() + source.len() + agency.len();
        paragraph_bytes(id, self.paragraph) + of_document + size_of_val(self.highlights) + beside + folded
    }
}

impl Neighbour {
    /// Roughly the bytes of all that it says.
    pub(super) fn bytes(&self) -> usize {
        paragraph_bytes(&self.id.document, &self.paragraph)
    }
}

fn paragraph_bytes(id: &DocumentId, Paragraph { text, heading_path, source_ranges }: &Paragraph) -> usize {
    let headings: usize = heading_path.iter().map(|heading| heading.len()).sum();
    id.as_str().len() + text.len() + headings + size_of_val(source_ranges.as_slice()) + PARAGRAPH_BYTES
}

/// A paragraph beside a hit, or of a document that is read.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The paragraph.
    pub id: ParagraphId,
    /// What it says and where it stands.
    pub paragraph: Paragraph,
}
