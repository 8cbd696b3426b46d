//! A ranked search: matching and ranking at once, texts batch by batch.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use crate::{
    engine::{Generation, Ranking, ReadError},
    query::{Filter, MatchMode, Query},
    search::{
        BatchBound, Context, Hit, NearCopies, Place, Resume, SearchError, Searcher, SnapshotDigest, TermStatistics,
        collapse::{Collapsed, RANKS},
        diagnosis::{Diagnosis, diagnosis},
        fetch::{Extras, Fetcher, Found},
        highlight::Highlighter,
        leases::Leases,
        plan::{plan, term_statistics, terms as terms_of},
        rescore::{Ranker, Wanted},
        resume::SortKey,
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
    /// Where to go on; `None` for the beginning. All else has to be as it was then.
    pub resume: Option<Resume>,
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
    digest: SnapshotDigest,
    leases: Arc<Leases>,
    is_changed: bool,
}

/// The hits that are left to fetch.
enum Hits {
    /// Every match is one.
    All {
        ranking: Ranking,
        /// The index of the next one.
        next: usize,
        /// The rank before its own.
        given: u32,
        /// Behind the last one.
        end: usize,
    },
    /// Near copies are folded.
    Collapsed(Box<Collapsed>),
}

impl Searcher {
    /// Ranks. Fetches no text. On `stop`, what was found so far is all there is.
    ///
    /// # Errors
    /// When the generation asked for or the state to go on in is not there, or the index cannot be read.
    pub fn rank(&self, request: &RankRequest, stop: &Arc<AtomicBool>) -> Result<Ranked, SearchError> {
        let RankRequest { query, mode, filter, limit: _, context, near_copies, min_generation, resume } = request;
        let (snapshot, is_changed) = match resume {
            None => (self.snapshot(*min_generation)?, false),
            Some(resume) => self.snapshot_to_resume(resume, *min_generation)?,
        };
        let expression = plan(query, *mode, &self.segmenter);
        let extras = Extras {
            context: *context,
            highlighter: Highlighter::new(&expression),
            names_folded: *near_copies == NearCopies::Named,
        };
        let ranker = Ranker {
            wanted: Wanted::of(query, &expression, &self.segmenter, stop),
            snapshot: Arc::clone(&snapshot),
            expression: expression.clone(),
            filter: filter.clone(),
            rescoring: self.rescoring,
        };
        let hits = Hits::new(request, ranker, is_changed, stop)?;
        let mut terms = unless_stopped(term_statistics(&expression, snapshot.as_ref(), stop))?;
        if terms.iter().any(|term| term.frequency == 0) {
            // Nobody misses another name.
            let written = plan(&query.clone().with_synonyms(&|_| Vec::new()), *mode, &self.segmenter);
            let written: HashSet<_> = terms_of(&written).into_iter().map(|term| &term.characters).collect();
            terms.retain(|term| term.frequency > 0 || written.contains(&term.characters));
        }
        let Ranking { hits: found, stopped, .. } = hits.ranking();
        let diagnosis = if found.is_empty() && !stopped {
            unless_stopped(diagnosis(query, *mode, filter, &self.segmenter, snapshot.as_ref(), stop))?
        } else {
            Diagnosis::default()
        };
        let (digest, leases) = (self.digest(snapshot.as_ref()), Arc::clone(&self.leases));
        Ok(Ranked { fetcher: Fetcher::new(snapshot, extras), terms, hits, diagnosis, digest, leases, is_changed })
    }
}

/// What there is; nothing of what was stopped, because it says less than the hits.
fn unless_stopped<T: Default>(result: Result<T, ReadError>) -> Result<T, ReadError> {
    match result {
        Err(ReadError::Stopped) => Ok(T::default()),
        result => result,
    }
}

impl Hits {
    /// Ranks, and passes over what was given before.
    fn new(
        request: &RankRequest,
        ranker: Ranker,
        is_changed: bool,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self, SearchError> {
        let RankRequest { limit, near_copies, resume, .. } = request;
        let place = resume.map(|resume| resume.place);
        if *near_copies != NearCopies::Kept {
            let mut hits = Collapsed::new(ranker, *limit, stop)?;
            if let Some(place) = place
                && !hits.go_on_behind(&place, is_changed, stop)?
            {
                return Err(SearchError::SnapshotExpired);
            }
            return Ok(Self::Collapsed(Box::new(hits)));
        }
        // Of another state more are looked at: some of the first ones may have been given.
        let ranking = ranker.rank(if is_changed { RANKS } else { *limit }, stop)?;
        let (next, given) = match place {
            None => (0, 0),
            // What was found so far does not tell what was given.
            Some(place) if ranking.stopped => (ranking.hits.len(), place.rank),
            Some(place) if is_changed => (place.passed(&ranking.hits), place.rank),
            Some(place) => {
                let last = (place.rank as usize).checked_sub(1).and_then(|index| ranking.hits.get(index));
                if last.map(SortKey::of) != Some(place.key) {
                    return Err(SearchError::SnapshotExpired);
                }
                (place.rank as usize, place.rank)
            }
        };
        let end = ranking.hits.len().min(next + limit.saturating_sub(given as usize));
        Ok(Self::All { ranking, next, given, end })
    }

    fn ranking(&self) -> &Ranking {
        match self {
            Self::All { ranking, .. } => ranking,
            Self::Collapsed(collapsed) => collapsed.ranking(),
        }
    }

    fn next(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<Found>, ReadError> {
        match self {
            Self::All { ranking, next, given, end } => {
                let first = *next;
                *next = (first + count).min(*end).max(first);
                let ranked = (*given + 1..).zip(&ranking.hits[first.min(*end)..(*next).min(*end)]);
                let found: Vec<_> = ranked.map(|(rank, hit)| Found { rank, ..Found::of(hit) }).collect();
                *given = found.last().map_or(*given, |found| found.rank);
                Ok(found)
            }
            Self::Collapsed(collapsed) => collapsed.next(count, stop),
        }
    }

    /// Whether it is known, without looking, that nothing is left.
    fn is_over(&self) -> bool {
        match self {
            Self::All { next, end, .. } => next >= end,
            Self::Collapsed(collapsed) => collapsed.is_over() || collapsed.is_full(),
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
        let Ranking { hits, exhausted, stopped } = self.hits.ranking();
        let ranked = hits.len() as u64;
        match (exhausted, stopped) {
            (true, _) => Total::Exact(ranked),
            (_, true) => Total::AtLeast(ranked),
            (false, false) => Total::AtLeast(ranked + 1),
        }
    }

    /// Whether, after the last batch, every match was a hit or is folded (else the limit was reached).
    pub fn exhausted(&self) -> bool {
        match &self.hits {
            Hits::All { ranking, end, .. } => ranking.exhausted && *end >= ranking.hits.len(),
            Hits::Collapsed(collapsed) => collapsed.is_over(),
        }
    }

    /// Whether it is known, without looking, that nothing is left to fetch.
    pub fn is_over(&self) -> bool {
        self.hits.is_over() && self.fetcher.is_empty()
    }

    /// Whether ranking was stopped: there may be better hits.
    pub fn is_cut(&self) -> bool {
        self.hits.ranking().stopped
    }

    /// Whether it goes on in another state of the index than it began in.
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Where to go on behind a hit; `None` where ranking was stopped, which nobody can do again.
    pub fn place(&self, hit: &Hit) -> Option<Place> {
        (!self.is_cut()).then(|| Place::behind(hit, self.digest))
    }

    /// Keeps the state of the index for [`super::LEASE`] from now on.
    pub fn renew_lease(&self, now: Instant) {
        self.leases.renew(self.digest, self.fetcher.held(), now);
    }

    /// The next hits in rank order, none when there are no more.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn next_batch(&mut self, bound: BatchBound, stop: &Arc<AtomicBool>) -> Result<Vec<Hit>, SearchError> {
        let Self { fetcher, hits, .. } = self;
        fetcher.next_batch(bound, stop, |count| hits.next(count, stop))
    }
}
