//! Every place where one character stands, whatever comes behind it.

use std::fmt;

use tantivy::{
    BitSet, DocId, Score, SegmentReader, TantivyError, Term,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{Field, IndexRecordOption},
};

use crate::engine::tantivy::heed::Stop;

/// Matches what has an index term that begins with a character: a bigram, or the character alone.
///
/// Like tantivy's range of terms, it collects all that they have before it says anything; unlike that, it stops.
#[derive(Clone)]
pub(super) struct StartingWith {
    pub(super) character: String,
    pub(super) field: Field,
    /// What exactly the same entries have, where the index lists that: nothing is collected then.
    pub(super) listed: Option<Term>,
    pub(super) stop: Stop,
}

impl fmt::Debug for StartingWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, field, listed: _, stop: _ } = self;
        f.debug_struct("StartingWith").field("character", character).field("field", field).finish_non_exhaustive()
    }
}

impl Query for StartingWith {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for StartingWith {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        if let Some(listed) = &self.listed {
            let index = segment.inverted_index(listed.field())?;
            return Ok(match index.read_postings(listed, IndexRecordOption::Basic)? {
                Some(postings) => Box::new(ConstScorer::new(postings, boost)),
                None => Box::new(EmptyScorer),
            });
        }
        let mut found = BitSet::with_max_value(segment.max_doc());
        let index = segment.inverted_index(self.field)?;
        let mut terms = index.terms().range().ge(self.character.as_bytes()).into_stream()?;
        while terms.advance() && terms.key().starts_with(self.character.as_bytes()) {
            self.stop.check()?;
            let mut postings = index.read_block_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            while !postings.docs().is_empty() {
                for &document in postings.docs() {
                    found.insert(document);
                }
                postings.advance();
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, _: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument(format!("the score of entry `{document}` is the same for all")))
    }
}
