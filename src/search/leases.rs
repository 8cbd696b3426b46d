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

impl Lease {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.renewed) >= LEASE
    }
}

impl Leases {
    /// Keeps a state for [`LEASE`] from now on, and gives up the one that was not read for longest if there are too
    /// many.
    pub(super) fn renew(&self, digest: SnapshotDigest, snapshot: &Arc<dyn Snapshot>, now: Instant) {
        let given_up = self.with(|held| {
            if let Some(lease) = held.iter_mut().find(|lease| lease.digest == digest) {
                lease.renewed = lease.renewed.max(now);
                return None;
            }
            held.push(Lease { digest, snapshot: Arc::clone(snapshot), renewed: now });
            let oldest = (0..held.len()).min_by_key(|&index| held[index].renewed)?;
            (held.len() > MAX_LEASES).then(|| held.swap_remove(oldest))
        });
        drop(given_up); // Which may remove files: not while others wait.
    }

    /// The state with this digest, if it is kept now.
    pub(super) fn find(&self, digest: SnapshotDigest, now: Instant) -> Option<Arc<dyn Snapshot>> {
        let is_it = |lease: &&Lease| lease.digest == digest && !lease.is_over(now);
        self.with(|held| held.iter().find(is_it).map(|lease| Arc::clone(&lease.snapshot)))
    }

    /// Gives up what was not read for [`LEASE`].
    pub(super) fn expire(&self, now: Instant) {
        let given_up: Vec<_> = self.with(|held| held.extract_if(.., |lease| lease.is_over(now)).collect());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Engine as _, engine::tantivy::TantivyEngine, text::Segmenter};

    fn digest(number: u8) -> SnapshotDigest {
        SnapshotDigest::numbered(number)
    }

    #[test]
    fn what_was_not_read_for_longest_goes_first_and_all_goes_in_time() {
        let directory = tempfile::tempdir().unwrap();
        let snapshot = TantivyEngine::open(directory.path(), &Segmenter::new()).unwrap().snapshot();
        let (leases, begin) = (Leases::default(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        let held_at = |leases: &Leases, now: Instant| {
            (0..20).filter(|&number| leases.find(digest(number), now).is_some()).collect::<Vec<_>>()
        };
        let held = |leases: &Leases| held_at(leases, after(21));
        for number in 0..16 {
            leases.renew(digest(number), &snapshot, after(u64::from(number)));
        }
        leases.renew(digest(0), &snapshot, after(20));
        leases.renew(digest(16), &snapshot, after(21));
        assert_eq!(held(&leases), [&[0][..], &(2..=16).collect::<Vec<_>>()].concat());
        assert_eq!((leases.older_than(digest(16)), leases.older_than(digest(19))), (15, 16));
        // Nothing is found any more once its time is over, whenever it is given up.
        assert_eq!(held_at(&leases, after(19) + LEASE), [0, 16]);
        leases.expire(after(19) + LEASE);
        assert_eq!(held(&leases), [0, 16]);
        leases.expire(after(21) + LEASE);
        assert!(held(&leases).is_empty());
    }
}
