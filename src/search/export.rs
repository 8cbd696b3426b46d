//! An export: every match in order of arrival, in flat memory; with `follow` also what later commits add and remove.
//!
//! An export reads from one snapshot at a time and remembers nothing of it but the place that it has come to. What it
//! gives from one snapshot to the next, applied in order, leaves its reader with the matches of the newer one: what was
//! there before is there still or has a removal behind that place, and everything else comes behind it too.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicBool},
};

use serde::{Deserialize, Serialize};

use crate::{
    engine::{Address, Branch, Engine, Expression, Generation, Position, ReadError, Removals, Removed, Snapshot, Walk},
    query::{Filter, MatchMode, Query},
    search::{
        BatchBound, Context, Hit, SearchError, Searcher,
        fetch::{Extras, Fetcher, Found},
        highlight::Highlighter,
        plan::plan,
    },
};

/// Removals of one batch.
const REMOVED_AT_ONCE: usize = 256;

/// What to export.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// Which documents count.
    pub filter: Filter,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
    /// The place that an earlier export of the same had come to; everything behind it is exported.
    pub after: Option<Reached>,
    /// Whether removals are exported too, so that the export can go on with later commits.
    pub follow: bool,
    /// Whether to go on even where removals may be missing.
    pub allow_missing: bool,
}

/// A place in the order of arrival that an export has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Names the index: one that was restored from a backup gives out the same numbers anew.
    index: u32,
    /// How often that was built anew by then.
    rebuilt: u32,
    position: u64,
}

/// A running export.
pub struct Export {
    engine: Arc<dyn Engine>,
    expression: Expression,
    filter: Filter,
    follow: bool,
    extras: Option<Extras>,
    /// The snapshot that it reads from, until it has given all of it.
    pass: Option<Pass>,
    generation: Generation,
    rebuilt: u32,
    /// Everything up to here was given; `None` at the very beginning.
    position: Option<Position>,
    is_missing_removals: bool,
    repeats_document: bool,
}

/// A part of an export.
#[derive(Debug)]
pub enum Exported {
    /// Matches in order of arrival. Their rank and score are 0.
    Hits(Vec<Hit>),
    /// Documents that are gone, or gone in an earlier version, in order of the removals.
    Removed(Vec<Removed>),
}

impl Searcher {
    /// Starts an export.
    ///
    /// # Errors
    /// When the generation asked for is not there, removals behind the place to go on from are forgotten, the index
    /// cannot be read, or on `stop`.
    pub fn export(&self, request: &ExportRequest, stop: &Arc<AtomicBool>) -> Result<Export, SearchError> {
        let ExportRequest { query, mode, filter, min_generation, after, follow, allow_missing } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let is_continuous = after.is_none_or(|after| after.is_continuous(snapshot.as_ref(), *follow));
        if !is_continuous && !allow_missing {
            return Err(SearchError::RemovalsForgotten);
        }
        let expression = plan(query, *mode, &self.segmenter);
        let highlighter = Highlighter::new(&expression);
        let mut export = Export {
            engine: Arc::clone(&self.engine),
            expression,
            filter: filter.clone(),
            follow: *follow,
            extras: Some(Extras { context: Context::default(), highlighter, names_folded: false }),
            pass: None,
            generation: snapshot.generation(),
            rebuilt: snapshot.rebuilt(),
            position: after.and_then(|after| after.within(snapshot.as_ref())),
            is_missing_removals: !is_continuous,
            repeats_document: after.is_some_and(|after| after.is_split_otherwise(snapshot.as_ref())),
        };
        export.begin(snapshot, stop)?;
        Ok(export)
    }
}

impl Export {
    /// The state of the index that is read from, or was last.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Everything up to here was given; `None` at the very beginning.
    pub fn reached(&self) -> Option<Reached> {
        let (index, rebuilt) = (self.generation.index, self.rebuilt);
        self.position.map(|position| Reached { index, rebuilt, position: position.to_u64() })
    }

    /// Whether removals behind the place where it began may be missing.
    pub fn is_missing_removals(&self) -> bool {
        self.is_missing_removals
    }

    /// Whether the document in which it began is given whole, as it may be split otherwise than when a part was given.
    pub fn repeats_document(&self) -> bool {
        self.repeats_document
    }

    /// Whether a snapshot with such a newest number has more to give, once this one has given all.
    pub fn is_behind(&self, newest: u64) -> bool {
        self.position.is_none_or(|position| position < Position::end_of(newest))
    }

    /// The next part; `None` when the snapshot has no more, which is let go then.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn next_batch(&mut self, bound: BatchBound, stop: &Arc<AtomicBool>) -> Result<Option<Exported>, SearchError> {
        let Some(pass) = &mut self.pass else { return Ok(None) };
        let found = pass.next(bound, stop)?;
        self.position = match &found {
            Some(Exported::Hits(hits)) => hits.last().map(position),
            Some(Exported::Removed(removed)) => removed.last().map(|removed| Position::record(removed.sequence)),
            None => Some(pass.end),
        };
        if found.is_none() {
            self.extras = self.pass.take().map(|pass| pass.fetcher.into_extras());
        }
        Ok(found)
    }

    /// Goes on with the newest snapshot, if it has more to give.
    ///
    /// # Errors
    /// When removals that are to be given are forgotten, the index cannot be read, or on `stop`.
    pub fn go_on(&mut self, stop: &Arc<AtomicBool>) -> Result<(), SearchError> {
        let snapshot = self.engine.snapshot();
        if self.pass.is_some() || !self.is_behind(snapshot.sequence()) {
            return Ok(());
        }
        if self.reached().is_some_and(|reached| !reached.is_continuous(snapshot.as_ref(), self.follow)) {
            return Err(SearchError::RemovalsForgotten);
        }
        self.begin(snapshot, stop)
    }

    fn begin(&mut self, snapshot: Arc<dyn Snapshot>, stop: &Arc<AtomicBool>) -> Result<(), SearchError> {
        let walk = snapshot.walk(&self.expression, &self.filter, self.position, stop)?;
        // Who begins with a snapshot has seen nothing that was removed before it.
        let removals = match self.position.filter(|_| self.follow) {
            Some(position) => Some(RemovalQueue {
                removals: snapshot.removals(&self.expression, &self.filter, position, stop)?,
                seen: position.sequence(),
                next: VecDeque::new(),
            }),
            None => None,
        };
        let end = Position::end_of(snapshot.sequence());
        (self.generation, self.rebuilt) = (snapshot.generation(), snapshot.rebuilt());
        let extras = self.extras.take().expect("a pass that has ended gives them back");
        let matches = MatchQueue { walk, next: VecDeque::new() };
        self.pass = Some(Pass { fetcher: Fetcher::new(snapshot, extras), matches, removals, end });
        Ok(())
    }
}

impl Reached {
    /// Whether a snapshot is what came of the state in which this was reached, and everything that was removed since is
    /// remembered, as far as that matters.
    fn is_continuous(self, snapshot: &dyn Snapshot, follow: bool) -> bool {
        let position = Position::from_u64(self.position);
        snapshot.in_common(self.index).is_some_and(|branch| position <= branch.end())
            && (!follow || position.sequence() >= snapshot.forgotten())
    }

    /// The place in a snapshot behind which may be what was not given: no further than both have in common, the beginning
    /// of a document that may be split otherwise, and the very beginning when they have nothing.
    fn within(self, snapshot: &dyn Snapshot) -> Option<Position> {
        let common = snapshot.in_common(self.index).as_ref().map(Branch::end)?;
        let position = Position::from_u64(self.position);
        let place = if self.is_split_otherwise(snapshot) { Position::record(position.sequence()) } else { position };
        Some(place.min(common))
    }

    /// Whether it lies among the paragraphs of a document, and the index was built anew since.
    fn is_split_otherwise(self, snapshot: &dyn Snapshot) -> bool {
        let position = Position::from_u64(self.position);
        let sequence = position.sequence();
        let is_between = position > Position::record(sequence) && position < Position::end_of(sequence);
        is_between && snapshot.rebuilt() != self.rebuilt
    }
}

/// What one snapshot gives: matches and removals, merged.
struct Pass {
    fetcher: Fetcher,
    matches: MatchQueue,
    removals: Option<RemovalQueue>,
    /// Behind everything of the snapshot.
    end: Position,
}

impl Pass {
    fn next(&mut self, bound: BatchBound, stop: &Arc<AtomicBool>) -> Result<Option<Exported>, SearchError> {
        let Self { fetcher, matches, removals, end: _ } = self;
        let removal = match removals {
            Some(removals) => removals.peek(stop)?,
            None => None,
        };
        let hits = fetcher.next_batch(bound, stop, |count| matches.before(removal, count, stop))?;
        if !hits.is_empty() {
            return Ok(Some(Exported::Hits(hits)));
        }
        let (Some(removals), Some(_)) = (removals, removal) else { return Ok(None) };
        Ok(Some(Exported::Removed(removals.before(matches.peek(stop)?, stop)?)))
    }
}

/// Matches that are not fetched yet.
struct MatchQueue {
    walk: Box<dyn Walk>,
    next: VecDeque<(Position, Address)>,
}

impl MatchQueue {
    fn peek(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Position>, ReadError> {
        self.fill(1, stop)?;
        Ok(self.next.front().map(|(position, _)| *position))
    }

    /// The next ones, at most so many, up to a place.
    fn before(&mut self, end: Option<Position>, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<Found>, ReadError> {
        self.fill(count, stop)?;
        let is_before = |(position, _): &(Position, Address)| end.is_none_or(|end| *position < end);
        let number = self.next.iter().take(count).take_while(|next| is_before(next)).count();
        Ok(self.next.drain(..number).map(|(_, address)| unranked(address)).collect())
    }

    fn fill(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<(), ReadError> {
        if self.next.is_empty() {
            self.next = self.walk.next(count, stop)?.into();
        }
        Ok(())
    }
}

/// Removals of versions that may have been given.
struct RemovalQueue {
    removals: Box<dyn Removals>,
    /// Versions with a larger number were never given.
    seen: u64,
    next: VecDeque<Removed>,
}

impl RemovalQueue {
    fn peek(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Position>, ReadError> {
        if self.next.is_empty() {
            self.next = self.removals.next(REMOVED_AT_ONCE, self.seen, stop)?.into();
        }
        Ok(self.next.front().map(|removed| Position::record(removed.sequence)))
    }

    /// The next ones, up to a place.
    fn before(&mut self, end: Option<Position>, stop: &Arc<AtomicBool>) -> Result<Vec<Removed>, ReadError> {
        let mut found = Vec::new();
        while found.len() < REMOVED_AT_ONCE {
            match self.peek(stop)? {
                Some(next) if end.is_none_or(|end| next < end) => found.extend(self.next.pop_front()),
                _ => break,
            }
        }
        Ok(found)
    }
}

fn position(hit: &Hit) -> Position {
    Position::paragraph(hit.document.version.sequence, hit.id.ordinal)
}

fn unranked(address: Address) -> Found {
    Found { rank: 0, score: 0.0, address, folded: Vec::new() }
}
