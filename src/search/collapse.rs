//! A ranking with near copies folded into the best of them.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    engine::{Address, Ranked, Ranking, ReadError, Snapshot},
    search::{
        Place,
        fetch::Found,
        near::{Leaders, Sketch},
        rescore::Ranker,
        resume::SortKey,
    },
};

/// Leaders are found among so many of the best matches.
pub const LEADER_RANKS: usize = 1_000;

/// So many matches are looked through for hits, those that are folded included.
pub(super) const RANKS: usize = 10_000;

/// How many texts are fetched at once to be compared.
const COMPARED_AT_ONCE: usize = 64;

/// Hits of a ranking, near copies folded. Texts are fetched and compared when the first hits are asked for.
///
/// The first [`LEADER_RANKS`] matches are always compared as a whole, so that the first hits of any limit are the same,
/// with the same copies. Behind them a match that is near to a leader is left out, and counted nowhere: the leader is
/// sent already. The others are hits; they lead nothing, which bounds what has to be kept.
pub(super) struct Collapsed {
    ranker: Ranker,
    ranking: Ranking,
    limit: usize,
    leaders: Leaders,
    /// How many of the ranking were compared.
    compared: usize,
    /// Hits that are found and not given.
    waiting: VecDeque<Found>,
    given: u32,
}

impl Collapsed {
    /// Ranks enough to find leaders.
    pub(super) fn new(ranker: Ranker, limit: usize, stop: &Arc<AtomicBool>) -> Result<Self, ReadError> {
        let ranking = ranker.rank(limit.max(LEADER_RANKS), stop)?;
        Ok(Self {
            ranker,
            ranking,
            limit,
            leaders: Leaders::default(),
            compared: 0,
            waiting: VecDeque::new(),
            given: 0,
        })
    }

    /// What was ranked, folded or not.
    pub(super) fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Whether every match was given or is folded.
    pub(super) fn is_over(&self) -> bool {
        self.ranking.exhausted && self.compared == self.ranking.hits.len() && self.waiting.is_empty()
    }

    /// Whether the limit is reached.
    pub(super) fn is_full(&self) -> bool {
        self.given as usize >= self.limit
    }

    /// Passes over the hits up to a place; says whether it is there, which it is in the state of the index that it
    /// comes from. Where that is stopped, nothing is left.
    pub(super) fn go_on_behind(
        &mut self,
        place: &Place,
        is_changed: bool,
        stop: &Arc<AtomicBool>,
    ) -> Result<bool, ReadError> {
        let passed = if is_changed { self.pass_changed(place, stop).map(|()| true) } else { self.pass(place, stop) };
        if self.ranking.stopped || matches!(passed, Err(ReadError::Stopped)) {
            (self.ranking.stopped, self.limit) = (true, 0);
            return Ok(true);
        }
        passed
    }

    fn pass(&mut self, place: &Place, stop: &Arc<AtomicBool>) -> Result<bool, ReadError> {
        let passed = self.next(place.rank as usize, stop)?;
        let last = passed.last().filter(|found| found.rank == place.rank).map(|found| found.address);
        let ranked = self.ranking.hits.iter().find(|ranked| Some(ranked.address) == last);
        Ok(ranked.map(SortKey::of) == Some(place.key))
    }

    /// The same in another state of the index, as far as the order tells.
    fn pass_changed(&mut self, place: &Place, stop: &Arc<AtomicBool>) -> Result<(), ReadError> {
        self.ranking = self.ranker.rank(RANKS, stop)?;
        let given: HashSet<_> =
            self.ranking.hits[..place.passed(&self.ranking.hits)].iter().map(|ranked| ranked.address).collect();
        while !self.waiting.is_empty() || self.compare_more(stop)? {
            match self.waiting.pop_front() {
                Some(found) if !given.contains(&found.address) => {
                    self.waiting.push_front(found);
                    break;
                }
                _ => {}
            }
        }
        self.given = place.rank;
        Ok(())
    }

    /// The next hits, at most so many; none when there are no more or the limit is reached.
    pub(super) fn next(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<Found>, ReadError> {
        let mut next = Vec::new();
        while next.len() < count && (self.given as usize) < self.limit {
            if let Some(found) = self.waiting.pop_front() {
                self.given += 1;
                next.push(Found { rank: self.given, ..found });
            } else if !self.compare_more(stop)? {
                break;
            }
        }
        Ok(next)
    }

    /// Compares the matches that come next; says whether there were any.
    fn compare_more(&mut self, stop: &Arc<AtomicBool>) -> Result<bool, ReadError> {
        let begin = self.compared;
        let Ranking { hits, exhausted, stopped } = &self.ranking;
        // What was found before the time was up is not what another ranking would begin with.
        if begin == hits.len() && !exhausted && !stopped && begin < RANKS {
            let ranking = self.ranker.rank(RANKS, stop)?;
            if ranking.stopped {
                self.ranking.stopped = true;
                return Ok(false);
            }
            self.ranking = ranking;
        }
        let count = if begin == 0 { LEADER_RANKS } else { COMPARED_AT_ONCE };
        let end = self.ranking.hits.len().min(begin + count);
        let block = &self.ranking.hits[begin..end];
        let sketches = sketches(self.ranker.snapshot.as_ref(), block, stop)?;
        self.waiting = if begin == 0 {
            fold(block, sketches, &mut self.leaders, stop)?.into()
        } else {
            let compared = block.iter().zip(&sketches);
            compared.filter(|(_, sketch)| self.leaders.near(sketch).is_none()).map(|(hit, _)| Found::of(hit)).collect()
        };
        self.compared = end;
        Ok(end > begin)
    }
}

/// Folds what is near to a better match into it; the others lead.
fn fold(
    best: &[Ranked],
    sketches: Vec<Sketch>,
    leaders: &mut Leaders,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<Found>, ReadError> {
    let mut leading: Vec<Found> = Vec::new();
    for (hit, sketch) in best.iter().zip(sketches) {
        ReadError::check(stop)?;
        match leaders.take(sketch) {
            Some(leader) => leading[leader].folded.push((hit.position, hit.address)),
            None => leading.push(Found::of(hit)),
        }
    }
    Ok(leading)
}

/// What is compared of these hits, in their order.
fn sketches(snapshot: &dyn Snapshot, hits: &[Ranked], stop: &Arc<AtomicBool>) -> Result<Vec<Sketch>, ReadError> {
    // In the order in which texts are kept: neighbours are fetched together.
    let mut order: Vec<(usize, Address)> = hits.iter().map(|hit| hit.address).enumerate().collect();
    order.sort_unstable_by_key(|&(_, address)| address);
    let mut sketches = Vec::with_capacity(hits.len());
    for block in order.chunks(COMPARED_AT_ONCE) {
        ReadError::check(stop)?;
        let addresses: Vec<_> = block.iter().map(|&(_, address)| address).collect();
        let texts = snapshot.paragraphs(&addresses)?;
        sketches.extend(block.iter().zip(texts).map(|(&(index, _), text)| (index, Sketch::of(&text.paragraph.text))));
    }
    sketches.sort_unstable_by_key(|&(index, _)| index);
    Ok(sketches.into_iter().map(|(_, sketch)| sketch).collect())
}
