//! States of the index that are kept for those who may come back to go on reading.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{engine::Snapshot, search::SnapshotDigest};

/// The most states that are kept: each keeps what newer ones dropped on disk.
pub const MAX_LEASES: usize = 16;
/// How long a state is kept after a batch was read from it.
pub const LEASE: Duration = Duration::from_mins(5);

/// The states that are kept. Whoever asks says what time it is.
#[derive(Default)]
pub(super) struct Leases {
    held: Mutex<Vec<Lease>>,
}

struct Lease {
    digest: SnapshotDigest,
    snapshot: Arc<dyn Snapshot>,
    renewed: Instant,
}

impl Leases {
    /// Keeps a state for [`LEASE`] from now on, and gives up the one that was not read for longest if there are too
    /// many.
    pub(super) fn renew(&self, digest: SnapshotDigest, snapshot: &Arc<dyn Snapshot>, now: Instant) {
        let given_up = self.with(|held| match held.iter_mut().find(|lease| lease.digest == digest) {
            Some(lease) => {
                lease.renewed = lease.renewed.max(now);
                None
            }
            None => {
                held.push(Lease { digest, snapshot: Arc::clone(snapshot), renewed: now });
                let oldest = (0..held.len()).min_by_key(|&index| held[index].renewed)?;
                (held.len() > MAX_LEASES).then(|| held.swap_remove(oldest))
            }
        });
        drop(given_up); // Which may remove files: not while others wait.
    }

    /// The state with this digest, if it is kept.
    pub(super) fn find(&self, digest: SnapshotDigest) -> Option<Arc<dyn Snapshot>> {
        self.with(|held| held.iter().find(|lease| lease.digest == digest).map(|lease| Arc::clone(&lease.snapshot)))
    }

    /// Gives up what was not read for [`LEASE`].
    pub(super) fn expire(&self, now: Instant) {
        let is_over = |lease: &mut Lease| now.saturating_duration_since(lease.renewed) >= LEASE;
        let given_up: Vec<_> = self.with(|held| held.extract_if(.., is_over).collect());
        drop(given_up);
    }

    /// How many states are kept that are older than `newest`, and so cost room on disk.
    pub(super) fn older_than(&self, newest: SnapshotDigest) -> usize {
        self.with(|held| held.iter().filter(|lease| lease.digest != newest).count())
    }

    /// Nothing that is done under the lock can panic half-way.
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Lease>) -> T) -> T {
        act(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
