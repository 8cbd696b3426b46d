//! What the hits of a stream come from.

use std::sync::atomic::AtomicBool;

use crate::search::{BatchBound, Hit, Ranked, SearchError, Total};

/// Something whose hits are fetched batch by batch.
pub(super) trait Source: Send + 'static {
    /// The next hits, none when there are no more.
    fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError>;

    /// Whether it is known, without looking, that nothing comes after `sent` hits.
    fn is_over(&self, sent: u64) -> bool;
}

/// A ranking, and the most hits that it may have.
pub(super) struct Best {
    /// The ranking.
    pub(super) ranked: Ranked,
    /// The most hits.
    pub(super) limit: usize,
}

impl Source for Best {
    fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        self.ranked.next_batch(bound, stop)
    }

    fn is_over(&self, sent: u64) -> bool {
        sent >= match self.ranked.total() {
            Total::Exact(total) => total,
            Total::AtLeast(_) => self.limit as u64,
        }
    }
}
