//! Asking a scorer about one document after the other.

use tantivy::{DocId, Score, SeekDangerResult, query::Scorer};

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

    /// Whether a document matches; not for tantivy's mark of the end.
    pub(super) fn matches(&mut self, document: DocId) -> bool {
        if document > self.bound || document == self.bound && !self.stands {
            (self.bound, self.stands) = match self.scorer.seek_danger(document) {
                SeekDangerResult::Found => (document, true),
                SeekDangerResult::SeekLowerBound(bound) => (bound, false),
            };
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
