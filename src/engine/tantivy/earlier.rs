//! The entries of a document that a removal takes away.

use tantivy::{
    BitSet, DocId, DocSet as _, Score, SegmentReader, TERMINATED, TantivyError, Term,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::IndexRecordOption,
};

use crate::engine::{Position, tantivy::schema::column};

/// Matches the entries with a term that came before a position.
///
/// tantivy may apply a deletion to what is added after it, when that is added as a whole segment. So what a deletion
/// reaches does not depend on when tantivy applies it.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    pub(super) term: Term,
    pub(super) than: Position,
}

impl Query for Earlier {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Earlier {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let index = segment.inverted_index(self.term.field())?;
        let Some(mut postings) = index.read_postings(&self.term, IndexRecordOption::Basic)? else {
            return Ok(Box::new(EmptyScorer));
        };
        let positions = segment.fast_fields().u64(column::POSITION)?;
        let mut found = BitSet::with_max_value(segment.max_doc());
        while postings.doc() != TERMINATED {
            if positions.first(postings.doc()).is_some_and(|position| position < self.than.to_u64()) {
                found.insert(postings.doc());
            }
            postings.advance();
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, _: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument(format!("the score of entry `{document}` is the same for all")))
    }
}
