//! An export: every match in order of arrival, in flat memory; with `follow` also what later commits add and remove.
//!
//! An export reads from one snapshot at a time and remembers nothing of it but the place that it has come to. What it
//! gives from one snapshot to the next, applied in order, leaves its reader with the matches of the newer one: what was
//! there before is there still or has a removal behind that place, and everything else comes behind it too.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use serde::{Deserialize, Serialize};

use crate::{
    document::Paragraph,
    engine::{
        Address, Branch, DocumentView, Engine, Expression, Generation, Given, Position, ReadError, Reader, Removals,
        Removed, Snapshot, Walk,
    },
    query::{Filter, MatchMode, Query},
    search::{BatchBound, HitView, SearchError, Searcher, fetch::ordinal, highlight::Highlighter, plan::plan},
};

/// Matches that are looked for in one go.
const MATCHES_AT_ONCE: usize = 64;
/// Portions that are out at once at most.
pub const PORTIONS: usize = 2;
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
    matching: Matching,
    position: u64,
    /// Versions up to this number were matched as another [`Matching`] has it.
    matched_before: u64,
    /// Whether what was removed on the way was not told.
    skips_removals: bool,
}

/// What it depends on whether a version matches, besides the request: the same document may be split, and a query be
/// cut into words, otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Matching {
    /// How often the index was built anew by then.
    rebuilt: u32,
    /// Names how texts are cut into words.
    words: u64,
}

/// A running export.
pub struct Export {
    engine: Arc<dyn Engine>,
    expression: Expression,
    filter: Filter,
    follow: bool,
    highlighter: Arc<Highlighter>,
    /// The snapshot that it reads from, until it has given all of it.
    pass: Option<Pass>,
    generation: Generation,
    matching: Matching,
    /// Everything up to here was given; `None` at the very beginning.
    position: Option<Position>,
    /// As in [`Reached`].
    matched_before: u64,
    skips_removals: bool,
    resumption: Resumption,
}

/// What whoever went on from a place should know.
#[derive(Clone, Copy, Debug)]
pub struct Resumption {
    /// Removals behind it may be missing.
    pub misses_removals: bool,
    /// What was given before it may match otherwise now: the index was built anew since, or words are cut otherwise.
    pub matches_otherwise: bool,
    /// The document that it is in is given whole, as it may be split otherwise than when a part was given.
    pub repeats_document: bool,
}

/// Some matches after each other, which any thread may fetch while another one fetches others.
pub struct Portion {
    snapshot: Arc<dyn Snapshot>,
    matches: VecDeque<(Position, Address)>,
    reader: Box<dyn Reader>,
    highlighter: Arc<Highlighter>,
}

/// What was fetched of a portion.
#[derive(Clone, Copy, Debug)]
pub struct Fetched {
    /// Matches.
    pub hits: usize,
    /// Roughly the bytes of all that they say.
    pub bytes: usize,
    /// The place of the last one.
    pub last: Position,
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
        let highlighter = Arc::new(Highlighter::new(&expression));
        let words = words_named(self.segmenter.fingerprint());
        let matching = Matching { rebuilt: snapshot.rebuilt(), words };
        let is_everything = expression == Expression::All && filter.is_empty();
        let mut export = Export {
            engine: Arc::clone(&self.engine),
            expression,
            filter: filter.clone(),
            follow: *follow,
            highlighter,
            pass: None,
            generation: snapshot.generation(),
            matching: after.map_or(matching, |after| after.matching),
            position: after.and_then(|after| after.within(snapshot.as_ref())),
            matched_before: after.map_or(0, |after| after.matched_before),
            skips_removals: !follow && after.is_some(),
            resumption: Resumption {
                misses_removals: !is_continuous,
                matches_otherwise: after.is_some_and(|after| after.matching != matching) && !is_everything,
                repeats_document: after.is_some_and(|after| after.is_split_otherwise(snapshot.as_ref())),
            },
        };
        export.begin(snapshot, words, stop)?;
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
        let Self { generation: Generation { index, .. }, matching, matched_before, skips_removals, .. } = *self;
        let at = |position: Position| position.to_u64();
        self.position.map(at).map(|position| Reached { index, matching, position, matched_before, skips_removals })
    }

    /// What whoever went on from a place should know.
    pub fn resumption(&self) -> Resumption {
        self.resumption
    }

    /// Whether a snapshot with such a newest number has more to give, once this one has given all.
    pub fn is_behind(&self, newest: u64) -> bool {
        self.position.is_none_or(|position| position < Position::end_of(newest))
    }

    /// The next matches before a removal, at most `count`; `None` when there are none.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    ///
    /// # Panics
    /// If [`PORTIONS`] are out already.
    pub fn portion(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Option<Portion>, SearchError> {
        let Some(pass) = &mut self.pass else { return Ok(None) };
        let matches = pass.matches_before_removal(count, stop)?;
        if matches.is_empty() {
            return Ok(None);
        }
        let reader = pass.readers.pop().expect("whoever takes one has given those before back, but for one");
        let (snapshot, highlighter) = (Arc::clone(&pass.snapshot), Arc::clone(&self.highlighter));
        Ok(Some(Portion { snapshot, matches, reader, highlighter }))
    }

    /// Takes a portion back of which everything was fetched.
    pub fn take_back(&mut self, portion: Portion) {
        if let Some(pass) = &mut self.pass {
            pass.readers.push(portion.reader);
        }
    }

    /// Says that everything up to a place was given: portions are, in the order in which they were taken.
    pub fn given(&mut self, last: Position) {
        self.position = Some(last);
    }

    /// The next documents that are gone, or gone in an earlier version, in order of the removals, once all matches before
    /// them were given; `None` when the snapshot has no more of anything, which is let go then.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn removed(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Vec<Removed>>, SearchError> {
        let Some(pass) = &mut self.pass else { return Ok(None) };
        let found = pass.removed(stop)?;
        self.position = Some(found.as_ref().map_or(pass.end, |(_, last)| *last));
        if found.is_none() {
            self.pass = None;
        }
        Ok(found.map(|(removed, _)| removed))
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
        self.begin(snapshot, self.matching.words, stop)
    }

    fn begin(&mut self, snapshot: Arc<dyn Snapshot>, words: u64, stop: &Arc<AtomicBool>) -> Result<(), SearchError> {
        let matching = Matching { rebuilt: snapshot.rebuilt(), words };
        if matching != self.matching {
            self.matched_before = self.position.map_or(0, Position::sequence);
        }
        let walk = snapshot.walk(&self.expression, &self.filter, self.position, stop)?;
        // Who begins with a snapshot has seen nothing that was removed before it.
        let removals = match self.position.filter(|_| self.follow) {
            Some(position) => Some(RemovalQueue {
                removals: snapshot.removals(&self.expression, &self.filter, position, stop)?,
                given: Given { up_to: position.sequence(), whatever_up_to: self.matched_before },
                next: VecDeque::new(),
            }),
            None => None,
        };
        let end = Position::end_of(snapshot.sequence());
        (self.generation, self.matching) = (snapshot.generation(), matching);
        let matches = MatchQueue { walk, next: VecDeque::new() };
        let readers = (0..PORTIONS).map(|_| snapshot.reader()).collect();
        self.pass = Some(Pass { snapshot, readers, matches, removals, end });
        Ok(())
    }
}

impl Portion {
    /// Its matches that were not fetched yet.
    pub fn len(&self) -> usize {
        self.matches.len()
    }

    /// Whether everything was fetched.
    pub fn is_empty(&self) -> bool {
        self.matches.is_empty()
    }

    /// Fetches the next matches and gives each hit to `hit`; `None` when all were. The last hit may be more than the bound.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop` before anything was fetched.
    pub fn fetch(
        &mut self,
        bound: BatchBound,
        stop: &AtomicBool,
        mut hit: impl FnMut(&HitView<'_>),
    ) -> Result<Option<Fetched>, SearchError> {
        let (mut hits, mut bytes, mut last) = (0, 0, None);
        while hits < bound.hits && bytes < bound.bytes {
            if stop.load(Relaxed) {
                if hits == 0 {
                    return Err(ReadError::Stopped.into());
                }
                break; // What is there is given, should anyone wait for it.
            }
            let Some((position, address)) = self.matches.pop_front() else { break };
            let (paragraph, document) = self.reader.read(address)?;
            let highlights = self.highlighter.ranges(&paragraph.text);
            let ordinal = ordinal(self.snapshot.as_ref(), position)?;
            let found = unranked(ordinal, paragraph, &highlights, document);
            bytes += found.bytes();
            hit(&found);
            (hits, last) = (hits + 1, Some(position));
        }
        Ok(last.map(|last| Fetched { hits, bytes, last }))
    }
}

impl Reached {
    /// Whether a snapshot is what came of the state in which this was reached, and everything that was removed since is
    /// remembered, as far as that matters.
    fn is_continuous(self, snapshot: &dyn Snapshot, follow: bool) -> bool {
        let position = Position::from_u64(self.position);
        snapshot.in_common(self.index).is_some_and(|branch| position <= branch.end())
            && (!follow || !self.skips_removals && position.sequence() >= snapshot.forgotten())
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
        is_between && snapshot.rebuilt() != self.matching.rebuilt
    }
}

/// A number that stands for a name.
fn words_named(fingerprint: &str) -> u64 {
    u64::from_le_bytes(*blake3::hash(fingerprint.as_bytes()).as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// What one snapshot gives: matches and removals, merged.
struct Pass {
    snapshot: Arc<dyn Snapshot>,
    /// Of the portions that are not out.
    readers: Vec<Box<dyn Reader>>,
    matches: MatchQueue,
    removals: Option<RemovalQueue>,
    /// Behind everything of the snapshot.
    end: Position,
}

impl Pass {
    /// The next matches before a removal, at most `count`.
    fn matches_before_removal(
        &mut self,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<VecDeque<(Position, Address)>, SearchError> {
        let removal = self.removal(stop)?;
        let mut found = VecDeque::with_capacity(count);
        while found.len() < count
            && let Some(next) = self.matches.next_before(removal, stop)?
        {
            found.push_back(next);
        }
        Ok(found)
    }

    /// The next removals before a match, and the place of the last one, if there is any.
    fn removed(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<(Vec<Removed>, Position)>, SearchError> {
        let Some(removals) = &mut self.removals else { return Ok(None) };
        let removed = removals.before(self.matches.peek(stop)?, stop)?;
        let last = removed.last().map(|last| Position::record(last.sequence));
        Ok(last.map(|last| (removed, last)))
    }

    fn removal(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Position>, ReadError> {
        match &mut self.removals {
            Some(removals) => removals.peek(stop),
            None => Ok(None),
        }
    }
}

/// Matches that are not fetched yet.
struct MatchQueue {
    walk: Box<dyn Walk>,
    next: VecDeque<(Position, Address)>,
}

impl MatchQueue {
    fn peek(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Position>, ReadError> {
        if self.next.is_empty() {
            self.next = self.walk.next(MATCHES_AT_ONCE, stop)?.into();
        }
        Ok(self.next.front().map(|(position, _)| *position))
    }

    /// The next one, if it comes before a place.
    fn next_before(
        &mut self,
        end: Option<Position>,
        stop: &Arc<AtomicBool>,
    ) -> Result<Option<(Position, Address)>, ReadError> {
        let is_before = |next| end.is_none_or(|end| next < end);
        Ok(if self.peek(stop)?.is_some_and(is_before) { self.next.pop_front() } else { None })
    }
}

/// Removals of versions that may have been given.
struct RemovalQueue {
    removals: Box<dyn Removals>,
    given: Given,
    next: VecDeque<Removed>,
}

impl RemovalQueue {
    fn peek(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Position>, ReadError> {
        if self.next.is_empty() {
            self.next = self.removals.next(REMOVED_AT_ONCE, self.given, stop)?.into();
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

fn unranked<'a>(
    ordinal: u32,
    paragraph: &'a Paragraph,
    highlights: &'a [Range<u32>],
    document: DocumentView<'a>,
) -> HitView<'a> {
    let (rank, score, folded_count) = (0, 0.0, 0);
    let (before, after, folded) = (&[], &[], &[]);
    HitView { rank, score, ordinal, paragraph, highlights, document, before, after, folded_count, folded }
}
