//! A ranked search: matching and ranking at once, texts batch by batch.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    engine::{self, Generation, Snapshot},
    query::{MatchMode, Query},
    search::{
        BatchBound, Context, Hit, SearchError, Searcher, TermStatistics,
        hit::{Found, fetch},
        plan::{plan, term_statistics},
    },
};

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
pub struct Ranked {
    snapshot: Arc<dyn Snapshot>,
    terms: Vec<TermStatistics>,
    hits: Vec<Found>,
    exhausted: bool,
    /// How many hits were fetched.
    fetched: usize,
    context: Context,
}

impl Searcher {
    /// Ranks. Fetches no text.
    ///
    /// # Errors
    /// When the generation asked for is not there, the index cannot be read, or on `stop`.
    pub fn rank(&self, request: &RankRequest, stop: &AtomicBool) -> Result<Ranked, SearchError> {
        let RankRequest { query, mode, limit, context, min_generation } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let expression = plan(query, *mode, &self.segmenter);
        let terms = term_statistics(&expression, snapshot.as_ref(), stop)?;
        let engine::Ranking { hits, exhausted } = snapshot.rank(&expression, *limit, stop)?;
        let hits = (1..).zip(hits).map(|(rank, hit)| Found { rank, score: hit.score, address: hit.address }).collect();
        Ok(Ranked { snapshot, terms, hits, exhausted, fetched: 0, context: *context })
    }
}

impl Ranked {
    /// The state of the index that everything is read from.
    pub fn generation(&self) -> Generation {
        self.snapshot.generation()
    }

    /// The terms looked for, in query order.
    pub fn terms(&self) -> &[TermStatistics] {
        &self.terms
    }

    /// How many paragraphs match.
    pub fn total(&self) -> Total {
        let ranked = self.hits.len() as u64;
        if self.exhausted { Total::Exact(ranked) } else { Total::AtLeast(ranked + 1) }
    }

    /// Whether every match is in the ranking (else `limit` was reached).
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// The next hits in rank order, none when there are no more.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        let batch = fetch(self.snapshot.as_ref(), &self.hits[self.fetched..], bound, self.context, stop)?;
        self.fetched += batch.len();
        Ok(batch)
    }
}
