//! stub
use crate::{
    engine::Generation,
    query::{MatchMode, Query},
    search::*,
};
use std::sync::atomic::AtomicBool;
/// What to rank.
#[derive(Clone, Debug)]
pub struct RankRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// The most hits.
    pub limit: usize,
    /// Neighbours to fetch with each hit.
    pub context: Context,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
}
/// How many paragraphs match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// This many.
    Exact(u64),
    /// This many or more.
    AtLeast(u64),
}
/// A finished ranking: addresses, and one snapshot to fetch them from.
pub struct Ranked {}
impl Ranked {
    /// The state of the index that everything is read from.
    pub fn generation(&self) -> Generation {
        unimplemented!()
    }
    /// The terms looked for, in query order.
    pub fn terms(&self) -> &[TermStatistics] {
        unimplemented!()
    }
    /// How many paragraphs match.
    pub fn total(&self) -> Total {
        unimplemented!()
    }
    /// Whether every match is in the ranking (else `limit` was reached).
    pub fn exhausted(&self) -> bool {
        unimplemented!()
    }
    /// The next hits in rank order, none when there are no more.
    pub fn next_batch(&mut self, _bound: BatchBound, _stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        unimplemented!()
    }
}
