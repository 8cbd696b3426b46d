//! stub
use crate::{
    engine::Generation,
    query::{MatchMode, Query},
    search::*,
};
use std::sync::atomic::AtomicBool;
/// What to export.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
}
/// A running export over one snapshot.
pub struct Export {}
impl Export {
    /// The state of the index that everything is read from.
    pub fn generation(&self) -> Generation {
        unimplemented!()
    }
    /// The next hits in order of arrival, none when there are no more. Their rank and score are 0.
    pub fn next_batch(&mut self, _bound: BatchBound, _stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        unimplemented!()
    }
}
