//! What the hits of a stream come from.

use std::sync::atomic::AtomicBool;

use crate::search::{BatchBound, Export, Hit, SearchError};

/// Something whose hits are fetched batch by batch.
pub(super) trait Source: Send + 'static {
    /// The next hits, none when there are no more.
    fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError>;

    /// Whether it is known, without looking, that nothing comes after `sent` hits.
    fn is_over(&self, sent: u64) -> bool;
}

impl Source for Export {
    fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        Self::next_batch(self, bound, stop)
    }

    fn is_over(&self, _sent: u64) -> bool {
        false
    }
}
