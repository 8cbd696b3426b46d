//! A ranked search: matching and ranking at once, texts batch by batch.

use std::sync::atomic::AtomicBool;

use crate::{
    engine::{self, Generation},
    query::{MatchMode, Query},
    search::{
        BatchBound, Context, Hit, SearchError, Searcher, TermStatistics,
        fetch::{Fetcher, Found},
        highlight::Highlighter,
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
    fetcher: Fetcher,
    terms: Vec<TermStatistics>,
    hits: Vec<Found>,
    exhausted: bool,
    /// How many hits were given to the fetcher.
    taken: usize,
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
        let fetcher = Fetcher::new(snapshot, *context, Highlighter::new(&expression));
        Ok(Ranked { fetcher, terms, hits, exhausted, taken: 0 })
    }
}

impl Ranked {
    /// The state of the index that everything is read from.
    pub fn generation(&self) -> Generation {
        self.fetcher.snapshot().generation()
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
        let Self { fetcher, hits, taken, .. } = self;
        fetcher.next_batch(bound, stop, |count| {
            let next = &hits[*taken..(*taken + count).min(hits.len())];
            *taken += next.len();
            Ok(next.to_vec())
        })
    }
}
