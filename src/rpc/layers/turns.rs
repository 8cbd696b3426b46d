//! Giving the core up to those who work.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// Between two times that the core is given up, at least: refusing waits for as long as the system lets others work,
/// some 3 ms.
const BETWEEN: Duration = Duration::from_millis(4);

/// When the core is given up.
///
/// Each call that arrives wakes its connection's thread, which takes the core from a search, and under overload only
/// refuses. A thread that gives the core up instead is not asleep: what arrives meanwhile wakes nobody, and is refused
/// together. Where a core is idle it goes on at once.
#[derive(Debug)]
pub(super) struct Turns {
    begun: Instant,
    /// When it is due, in microseconds.
    next: AtomicU64,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), next: AtomicU64::new(0) }
    }

    /// Gives the core up if it is time.
    pub(super) fn give_way(&self) {
        let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (now, due) = (self.begun.elapsed(), self.next.load(Relaxed));
        let is_due = microseconds(now) >= due
            && self.next.compare_exchange(due, microseconds(now + BETWEEN), Relaxed, Relaxed).is_ok();
        if is_due {
            thread::yield_now();
        }
    }
}
