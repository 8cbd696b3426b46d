//! Asking a scorer about one document after the other.

use std::sync::Arc;

use tantivy::{DocId, Score, SeekDangerResult, SegmentReader, TantivyError, query::Scorer};

use crate::engine::tantivy::heed::Part;

/// A scorer that is asked about documents in ascending order, whether they match or not.
///
/// It never looks for the next match on its own, which for phrases may be far away and dear to find.
pub(super) struct Probe {
    scorer: Box<dyn Scorer>,
    /// Nothing before this document that was not asked for yet matches.
    bound: DocId,
    /// Whether `bound` itself matches, and the scorer stands there; else it may be asked for later documents only.
    stands: bool,
}

impl Probe {
    /// Asks a scorer that stands at its first match.
    pub(super) fn new(scorer: Box<dyn Scorer>) -> Self {
        Self { bound: scorer.doc(), stands: true, scorer }
    }

    /// Asks a scorer on from a document that it was asked about.
    pub(super) fn at(document: DocId, found: SeekDangerResult, scorer: Box<dyn Scorer>) -> Self {
        let (bound, stands) = standing(document, found);
        Self { scorer, bound, stands }
    }

    /// Whether a document matches; not for tantivy's mark of the end.
    pub(super) fn matches(&mut self, document: DocId) -> bool {
        if document > self.bound || document == self.bound && !self.stands {
            (self.bound, self.stands) = standing(document, self.scorer.seek_danger(document));
        }
        self.stands && document == self.bound
    }

    /// The score of a document; `None` when it does not match.
    pub(super) fn score(&mut self, document: DocId) -> Option<Score> {
        self.matches(document).then(|| self.scorer.score())
    }

    /// Nothing before this document that was not asked for yet matches.
    pub(super) fn bound(&self) -> DocId {
        self.bound
    }

    /// The first match from a document on. The scorer has to stand at a match before it, or at this one.
    pub(super) fn seek(&mut self, document: DocId) -> DocId {
        debug_assert!(self.stands, "a scorer that missed can only be asked");
        if self.bound < document {
            self.bound = self.scorer.seek(document);
        }
        self.bound
    }

    pub(super) fn size_hint(&self) -> u32 {
        self.scorer.size_hint()
    }

    pub(super) fn cost(&self) -> u64 {
        self.scorer.cost()
    }
}

/// Before what a scorer that was asked about a document has no match, and whether it stands there.
fn standing(document: DocId, found: SeekDangerResult) -> (DocId, bool) {
    match found {
        SeekDangerResult::Found => (document, true),
        SeekDangerResult::SeekLowerBound(bound) => (bound, false),
    }
}

/// A probe that is made when it is first asked: most parts of a query never are, and each costs a look at the terms.
pub(super) struct LazyProbe {
    part: Arc<Part>,
    segment: Arc<SegmentReader>,
    probe: Option<Probe>,
    /// Why it could not be made; it matches nothing then.
    failure: Option<TantivyError>,
}

impl LazyProbe {
    pub(super) fn new(part: &Arc<Part>, segment: &Arc<SegmentReader>) -> Self {
        Self { part: Arc::clone(part), segment: Arc::clone(segment), probe: None, failure: None }
    }

    /// Whether a document matches; no when that cannot be found out: see [`LazyProbe::failure`].
    pub(super) fn matches(&mut self, document: DocId) -> bool {
        self.probe_at(document).is_some_and(|probe| probe.matches(document))
    }

    /// The score of a document; `None` when it does not match, or when that cannot be found out.
    pub(super) fn score(&mut self, document: DocId) -> Option<Score> {
        self.probe_at(document)?.score(document)
    }

    pub(super) fn failure(&self) -> Option<&TantivyError> {
        self.failure.as_ref()
    }

    fn probe_at(&mut self, document: DocId) -> Option<&mut Probe> {
        if self.probe.is_none() && self.failure.is_none() {
            match self.part.scorer_at(&self.segment, document) {
                Ok((found, scorer)) => self.probe = Some(Probe::at(document, found, scorer)),
                Err(error) => self.failure = Some(error),
            }
        }
        self.probe.as_mut()
    }
}
