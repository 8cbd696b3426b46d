//! For whom a group of changes waits: clients that each have one change under way.
//!
//! Whoever puts one document after the other sends the next as soon as the last is acknowledged. Several who do that
//! would take turns: while the changes of some are committed, those of the others arrive, and the next commit has these
//! alone. So a group waits, for a fraction of what a commit takes, until there are as many changes as the last commit
//! answered, and those that came meanwhile. A client that is alone waits for nobody.

use std::time::Duration;

/// The share of the last commit's time that a group waits at most.
const SHARE: u32 = 4;
/// The longest that it waits: who has not sent another change by then is not about to.
const MOST: Duration = Duration::from_millis(20);

/// Clients that may be about to send a change that nobody wants to wait with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Company {
    /// How many changes are expected.
    expected: usize,
    /// How many have come.
    come: usize,
    /// Whether those that come have come while the last group was committed: then their clients are others.
    is_gathering: bool,
    patience: Duration,
}

impl Company {
    /// Those who are left when a group was committed, which took some time.
    pub(super) fn after(self, took: Duration) -> Self {
        Self { expected: self.come, come: 0, is_gathering: false, patience: (took / SHARE).min(MOST) }
    }

    /// Says whether what comes next has come before this was asked.
    pub(super) fn gather(&mut self, has_come: bool) {
        self.is_gathering = has_come;
    }

    /// Counts a change.
    pub(super) fn comes(&mut self) {
        self.come += 1;
        self.expected += usize::from(self.is_gathering);
    }

    /// How long to wait for the rest of them, from the first one on; `None` while none has come. To be asked when
    /// nothing is in the queue.
    pub(super) fn patience(&mut self) -> Option<Duration> {
        self.is_gathering = false;
        let wait = if self.come < self.expected { self.patience } else { Duration::ZERO };
        (self.come > 0).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(8);

    /// How long a group waits in which `come` changes are, so many of which came while the last one, of `last`, was
    /// committed.
    fn check(last: usize, meanwhile: usize, come: usize, expected: Option<Duration>) {
        let mut company = Company::default();
        (0..last).for_each(|_| company.comes());
        company = company.after(TOOK);
        company.gather(meanwhile > 0);
        (0..meanwhile).for_each(|_| company.comes());
        if meanwhile > 0 {
            company.patience();
        }
        (meanwhile..come).for_each(|_| company.comes());
        assert_eq!(company.patience(), expected, "{last} {meanwhile} {come}");
    }

    #[test]
    fn a_group_waits_for_those_who_may_send_more() {
        let (waits, goes) = (Some(TOOK / SHARE), Some(Duration::ZERO));
        // Nothing of the kind has come: the group lingers for others.
        check(0, 0, 0, None);
        check(3, 0, 0, None);
        // Alone.
        check(0, 0, 1, goes);
        check(1, 0, 1, goes);
        // In turns, until all are together.
        check(1, 1, 1, waits);
        check(1, 1, 2, goes);
        check(30, 34, 34, waits);
        check(30, 34, 63, waits);
        check(30, 34, 64, goes);
        // Together.
        check(64, 0, 1, waits);
        check(64, 0, 63, waits);
        check(64, 0, 64, goes);
        check(64, 0, 65, goes);
    }

    #[test]
    fn nobody_waits_long() {
        let mut company = Company { come: 2, ..Company::default() }.after(Duration::from_secs(1));
        company.comes();
        assert_eq!(company.patience(), Some(MOST));
    }
}
