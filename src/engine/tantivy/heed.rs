//! Queries that end when their work is to stop.
//!
//! tantivy goes from match to match, and what lies between two of them may be long: a phrase whose parts are everywhere
//! and which is nowhere, an intersection with nothing. Whatever walks there is wrapped, so that it looks now and then
//! whether it is to stop, and is at its end then. So nothing that ended is complete before whoever walks has looked too.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term,
    query::{EnableScoring, Explanation, PhraseQuery, Query, Scorer, TermQuery, Weight},
};

/// So many steps are gone between two looks at the most: one of a few terms costs some microseconds.
const STEPS: u32 = 32;
/// The terms of all steps between two looks: a step goes to each term, and some queries have a thousand.
const TERMS_OF_STEPS: u32 = 4 * STEPS;

/// What the error of stopped work says, so that it can be told from others.
const STOPPED: &str = "stopped";

/// Says whether work is to stop. Clones say the same.
#[derive(Clone)]
pub(super) struct Stop(Arc<Mutex<Arc<AtomicBool>>>);

impl Stop {
    pub(super) fn new(stop: &Arc<AtomicBool>) -> Self {
        Self(Arc::new(Mutex::new(Arc::clone(stop))))
    }

    /// What asked the last job asks this one from now on.
    pub(super) fn follow(&self, stop: &Arc<AtomicBool>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(stop);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).load(Relaxed)
    }

    /// # Errors
    /// When work is to stop.
    pub(super) fn check(&self) -> tantivy::Result<()> {
        if self.is_set() { Err(TantivyError::InternalError(STOPPED.to_owned())) } else { Ok(()) }
    }
}

/// Whether an error says that work was to stop.
pub(super) fn is_stop(error: &TantivyError) -> bool {
    matches!(error, TantivyError::InternalError(message) if message == STOPPED)
}

/// Matches what the query matches, as long as work is not to stop.
pub(super) struct Heeding {
    query: Box<dyn Query>,
    stop: Stop,
}

struct HeedingWeight {
    weight: Box<dyn Weight>,
    stop: Stop,
    is_phrase: bool,
    steps: u32,
}

/// A part of a query, of which no scorer is made once work is to stop: a query has up to thousands of parts.
pub(super) struct Part {
    weight: Box<dyn Weight>,
    stop: Stop,
}

struct HeedingScorer {
    scorer: Box<dyn Scorer>,
    stop: Stop,
    /// Steps between two looks.
    steps: u32,
    /// Steps until it looks again.
    left: u32,
    /// The match that it stands at, which the scorer need not know.
    document: DocId,
    /// Whether it goes from candidate to candidate, because it is far from match to match.
    by_candidates: bool,
}

impl Heeding {
    /// The query, wrapped where its walk may be long. A term's is not, and only terms by themselves are pruned.
    pub(super) fn wrap(query: Box<dyn Query>, stop: &Stop) -> Box<dyn Query> {
        if query.is::<TermQuery>() { query } else { Box::new(Self { query, stop: stop.clone() }) }
    }
}

impl Clone for Heeding {
    fn clone(&self) -> Self {
        Self { query: self.query.box_clone(), stop: self.stop.clone() }
    }
}

impl fmt::Debug for Heeding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.query.fmt(f)
    }
}

impl Query for Heeding {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        self.stop.check()?;
        let (weight, is_phrase) = (self.query.weight(scoring)?, self.query.is::<PhraseQuery>());
        let mut terms = 0;
        self.query.query_terms(&mut |_, _| terms += 1);
        let steps = TERMS_OF_STEPS.checked_div(terms).map_or(STEPS, |steps| steps.clamp(1, STEPS));
        Ok(Box::new(HeedingWeight { weight, stop: self.stop.clone(), is_phrase, steps }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.query.query_terms(visitor);
    }
}

impl HeedingWeight {
    fn scorer_at(&self, target: DocId, scorer: Box<dyn Scorer>) -> HeedingScorer {
        let (stop, steps) = (self.stop.clone(), self.steps);
        HeedingScorer { scorer, stop, steps, left: steps, document: target, by_candidates: self.is_phrase }
    }
}

impl Weight for HeedingWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        self.stop.check()?;
        if !self.is_phrase {
            let scorer = self.weight.scorer(segment, boost)?;
            return Ok(Box::new(self.scorer_at(scorer.doc(), scorer)));
        }
        let (found, scorer) = self.weight.scorer_danger(segment, 0, boost)?;
        let mut scorer = self.scorer_at(0, scorer);
        if let SeekDangerResult::SeekLowerBound(bound) = found {
            scorer.go_to(bound);
        }
        Ok(Box::new(scorer))
    }

    fn scorer_danger(
        &self,
        segment: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        self.stop.check()?;
        let (found, scorer) = self.weight.scorer_danger(segment, target, boost)?;
        Ok((found, Box::new(self.scorer_at(target, scorer))))
    }

    fn explain(&self, segment: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.weight.explain(segment, document)
    }
}

impl Part {
    pub(super) fn new(weight: Box<dyn Weight>, stop: &Stop) -> Self {
        Self { weight, stop: stop.clone() }
    }

    /// As [`Weight::scorer_danger`].
    pub(super) fn scorer_at(
        &self,
        segment: &SegmentReader,
        target: DocId,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        self.stop.check()?;
        self.weight.scorer_danger(segment, target, 1.0)
    }
}

impl HeedingScorer {
    /// Whether it is at its end because work is to stop.
    fn ends(&mut self) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.left = self.steps;
        let ends = self.stop.is_set();
        if ends {
            // It stays so: whoever asks the scorer once more looks at once.
            (self.left, self.document) = (1, TERMINATED);
        }
        ends
    }

    /// Goes to the first match from a candidate on.
    fn go_to(&mut self, mut candidate: DocId) -> DocId {
        while candidate < TERMINATED && !self.ends() {
            match self.scorer.seek_danger(candidate) {
                SeekDangerResult::Found => {
                    self.document = candidate;
                    return candidate;
                }
                SeekDangerResult::SeekLowerBound(bound) => candidate = bound,
            }
        }
        self.document = TERMINATED;
        TERMINATED
    }
}

impl DocSet for HeedingScorer {
    fn advance(&mut self) -> DocId {
        if self.document == TERMINATED {
            return TERMINATED;
        }
        if self.by_candidates {
            return self.go_to(self.document + 1);
        }
        if !self.ends() {
            self.document = self.scorer.advance();
        }
        self.document
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.document {
            return self.document;
        }
        if self.by_candidates {
            return self.go_to(target);
        }
        if !self.ends() {
            self.document = self.scorer.seek(target);
        }
        self.document
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target >= TERMINATED || self.ends() {
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        let found = self.scorer.seek_danger(target);
        if found == SeekDangerResult::Found {
            self.document = target;
        }
        found
    }

    fn doc(&self) -> DocId {
        self.document
    }

    fn size_hint(&self) -> u32 {
        self.scorer.size_hint()
    }

    fn cost(&self) -> u64 {
        self.scorer.cost()
    }
}

impl Scorer for HeedingScorer {
    fn score(&mut self) -> Score {
        self.scorer.score()
    }
}
