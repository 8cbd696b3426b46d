//! Where an index comes from, so that what callers carry from before a backup is told from what came after it.

use serde::{Deserialize, Serialize};

use crate::engine::{Generation, Position};

/// How far an index has its history in common with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Names the other index.
    pub index: u32,
    /// The last commit that both have.
    pub commit: u64,
    /// The newest number that both have given out.
    pub sequence: u64,
}

impl Branch {
    /// Whether a state of the other index is in the common history.
    #[must_use]
    pub fn has(&self, generation: Generation) -> bool {
        self.index == generation.index && generation.commit <= self.commit
    }

    /// The last place of the common history.
    #[must_use]
    pub fn end(&self) -> Position {
        Position::end_of(self.sequence)
    }
}
