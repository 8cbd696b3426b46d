//! Counting, exactly.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    engine::{Counts, FacetField, Generation},
    query::{Filter, MatchMode, Query},
    search::{SearchError, Searcher, plan::plan},
};

/// What to count.
#[derive(Clone, Debug)]
pub struct CountRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// Which documents count.
    pub filter: Filter,
    /// What to count by besides.
    pub facets: Vec<FacetField>,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
}

impl Searcher {
    /// Counts what a search or an export of the same query would find, and tells which state of the index has it.
    ///
    /// # Errors
    /// When the generation asked for is not there, the index cannot be read, or on `stop`.
    pub fn count(&self, request: &CountRequest, stop: &Arc<AtomicBool>) -> Result<(Generation, Counts), SearchError> {
        let CountRequest { query, mode, filter, facets, min_generation } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let counts = snapshot.count(&plan(query, *mode, &self.segmenter), filter, facets, stop)?;
        Ok((snapshot.generation(), counts))
    }
}
