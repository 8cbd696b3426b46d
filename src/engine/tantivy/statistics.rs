//! Statistics for BM25 that count paragraphs only.
//!
//! Document records and tombstones share the index; tantivy's own statistics would count them as documents.

use tantivy::{SegmentReader, Term, query::Bm25StatisticsProvider, schema::Field};

use crate::engine::tantivy::{
    heed::Stop,
    lately::Lately,
    schema::{Fields, Kind},
    segments::Segments,
};

/// Counts paragraphs, whatever else is in the index.
///
/// Paragraphs that were deleted and are not merged away yet count everywhere alike: in the number of paragraphs, in
/// the number of their tokens and in how many of them have a term. So averages are those of real paragraphs, and no
/// term is in more paragraphs than there are, which tantivy takes for granted.
pub(super) struct ParagraphStatistics<'a> {
    segments: &'a Segments,
    lately: &'a Lately,
    paragraphs: u64,
    /// A long query asks for thousands of terms.
    stop: &'a Stop,
}

impl<'a> ParagraphStatistics<'a> {
    pub(super) fn new(
        segments: &'a Segments,
        lately: &'a Lately,
        fields: &Fields,
        stop: &'a Stop,
    ) -> tantivy::Result<Self> {
        let paragraphs = lately.document_frequency(segments.readers(), &fields.kind_term(Kind::Paragraph))?;
        Ok(Self { segments, lately, paragraphs, stop })
    }
}

impl Bm25StatisticsProvider for ParagraphStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let tokens = |segment: &SegmentReader| Ok(segment.inverted_index(field)?.total_num_tokens());
        self.segments.readers().iter().map(tokens).sum()
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.paragraphs)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.stop.check()?;
        self.lately.document_frequency(self.segments.readers(), term)
    }
}
