//! Statistics for BM25 that count paragraphs only.
//!
//! Document records and tombstones share the index; tantivy's own statistics would count them as documents. Average
//! lengths come out right because only paragraphs have tokens.

use tantivy::{Searcher, Term, query::Bm25StatisticsProvider, schema::Field};

/// Counts paragraphs, whatever else is in the index.
pub(super) struct ParagraphStatistics<'a> {
    searcher: &'a Searcher,
    /// Paragraphs that can be found; at least 1.
    paragraphs: u64,
}

impl<'a> ParagraphStatistics<'a> {
    pub(super) fn new(searcher: &'a Searcher, paragraphs: u64) -> Self {
        Self { searcher, paragraphs: paragraphs.max(1) }
    }
}

impl Bm25StatisticsProvider for ParagraphStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.searcher.total_num_tokens(field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.paragraphs)
    }

    /// At most the number of paragraphs, which BM25 takes for granted: postings still hold deleted paragraphs until
    /// they are merged away.
    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        Ok(self.searcher.doc_freq(term)?.min(self.paragraphs))
    }
}
