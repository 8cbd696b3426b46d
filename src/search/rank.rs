//! A ranked search: matching and ranking at once, texts batch by batch.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    engine::{Generation, Ranking, ReadError},
    query::{Filter, MatchMode, Query},
    search::{
        BatchBound, Context, Hit, NearCopies, SearchError, Searcher, TermStatistics,
        collapse::Collapsed,
        diagnosis::{Diagnosis, diagnosis},
        fetch::{Extras, Fetcher, Found},
        highlight::Highlighter,
        plan::{plan, term_statistics},
        rescore::{Ranker, Wanted},
    },
};

/// What to rank.
#[derive(Clone, Debug)]
pub struct RankRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// Which documents count.
    pub filter: Filter,
    /// The most hits.
    pub limit: usize,
    /// Neighbours to fetch with each hit.
    pub context: Context,
    /// What becomes of near copies.
    pub near_copies: NearCopies,
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
    hits: Hits,
    diagnosis: Diagnosis,
}

/// The hits that are left to fetch.
enum Hits {
    /// Every match is one.
    All { ranking: Ranking, taken: usize },
    /// Near copies are folded.
    Collapsed(Box<Collapsed>),
}

impl Searcher {
    /// Ranks. Fetches no text.
    ///
    /// # Errors
    /// When the generation asked for is not there, the index cannot be read, or on `stop`.
    pub fn rank(&self, request: &RankRequest, stop: &AtomicBool) -> Result<Ranked, SearchError> {
        let RankRequest { query, mode, filter, limit, context, near_copies, min_generation } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let expression = plan(query, *mode, &self.segmenter);
        let terms = term_statistics(&expression, snapshot.as_ref(), stop)?;
        let extras = Extras {
            context: *context,
            highlighter: Highlighter::new(&expression),
            names_folded: *near_copies == NearCopies::Named,
        };
        let fetcher = Fetcher::new(Arc::clone(&snapshot), extras);
        let ranker = Ranker {
            wanted: Wanted::of(query, &expression, &self.segmenter),
            snapshot,
            expression,
            filter: filter.clone(),
            rescoring: self.rescoring,
        };
        let hits = match near_copies {
            NearCopies::Kept => Hits::All { ranking: ranker.rank(*limit, stop)?, taken: 0 },
            NearCopies::Counted | NearCopies::Named => Hits::Collapsed(Box::new(Collapsed::new(ranker, *limit, stop)?)),
        };
        let diagnosis = if hits.ranking().hits.is_empty() {
            diagnosis(query, *mode, filter, &self.segmenter, fetcher.snapshot(), stop)?
        } else {
            Diagnosis::default()
        };
        Ok(Ranked { fetcher, terms, hits, diagnosis })
    }
}

impl Hits {
    fn ranking(&self) -> &Ranking {
        match self {
            Self::All { ranking, .. } => ranking,
            Self::Collapsed(collapsed) => collapsed.ranking(),
        }
    }

    fn next(&mut self, count: usize, stop: &AtomicBool) -> Result<Vec<Found>, ReadError> {
        match self {
            Self::All { ranking, taken } => {
                let first = *taken;
                *taken = (first + count).min(ranking.hits.len());
                let ranked = (1..).zip(&ranking.hits).take(*taken).skip(first);
                Ok(ranked.map(|(rank, hit)| Found { rank, ..Found::of(hit) }).collect())
            }
            Self::Collapsed(collapsed) => collapsed.next(count, stop),
        }
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

    /// What ruled everything out; nothing where something matched.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.diagnosis
    }

    /// How many paragraphs match, folded ones included.
    pub fn total(&self) -> Total {
        let Ranking { hits, exhausted } = self.hits.ranking();
        let ranked = hits.len() as u64;
        if *exhausted { Total::Exact(ranked) } else { Total::AtLeast(ranked + 1) }
    }

    /// Whether, after the last batch, every match was a hit or is folded (else the limit was reached).
    pub fn exhausted(&self) -> bool {
        match &self.hits {
            Hits::All { ranking, .. } => ranking.exhausted,
            Hits::Collapsed(collapsed) => collapsed.is_over(),
        }
    }

    /// The next hits in rank order, none when there are no more.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        let Self { fetcher, hits, .. } = self;
        fetcher.next_batch(bound, stop, |count| hits.next(count, stop))
    }
}
