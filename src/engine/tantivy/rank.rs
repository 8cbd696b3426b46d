//! The best matches in a total order: score descending, then newer date, then position.
//!
//! tantivy's own collector keeps ties by address, which merges change, and loses those at the edge: it only lets
//! scores above the threshold through. This one lets equal scores through too.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, Score, Searcher, SegmentReader,
    query::{EnableScoring, Weight},
};

use crate::engine::{
    Address, Expression, Ranked, Ranking, ReadError,
    tantivy::{
        columns::Columns,
        compile::compile,
        exact::{Scorers, Weights},
        record::read_error,
        schema::Fields,
    },
};

/// Ranks all matches and keeps the best `limit`.
pub(super) fn rank(
    expression: &Expression,
    limit: usize,
    fields: &Fields,
    searcher: &Searcher,
    columns: &[Columns],
    scoring: EnableScoring<'_>,
    stop: &AtomicBool,
) -> Result<Ranking, ReadError> {
    let matching = compile(expression, fields).weight(scoring).map_err(read_error)?;
    let exact = Weights::new(expression, fields, scoring)?;
    // One more than wanted, to know whether there are more.
    let mut best = Best::new(limit.saturating_add(1), exact.additions());
    for ((ordinal, segment), columns) in (0..).zip(searcher.segment_readers()).zip(columns) {
        if stop.load(Relaxed) {
            return Err(ReadError::Stopped);
        }
        // A single score is the same however it was found.
        let scorers = if exact.additions() > 1 { Some(exact.scorers(segment)?) } else { None };
        let place = Place { ordinal, segment, columns };
        collect(matching.as_ref(), scorers, &place, &mut best, stop)?;
    }
    if stop.load(Relaxed) {
        return Err(ReadError::Stopped);
    }
    let mut hits = best.into_sorted();
    let exhausted = hits.len() <= limit;
    hits.truncate(limit);
    Ok(Ranking { hits, exhausted })
}

fn collect(
    matching: &dyn Weight,
    mut exact: Option<Scorers>,
    place: &Place<'_>,
    best: &mut Best,
    stop: &AtomicBool,
) -> Result<(), ReadError> {
    let threshold = best.threshold();
    let mut visit = |document: DocId, found: Score| {
        if stop.load(Relaxed) {
            return Score::MAX;
        }
        if place.segment.is_deleted(document) {
            return best.threshold();
        }
        let score = exact.as_mut().map_or(Some(f64::from(found)), |exact| exact.score(document));
        // `None` cannot be: the two ways of matching are the same expression.
        if let Some(score) = score {
            best.offer(place.ranked(document, score));
        }
        best.threshold()
    };
    matching.for_each_pruning(threshold, place.segment, &mut visit).map_err(read_error)
}

/// One segment and what a rank in it is made of.
struct Place<'a> {
    ordinal: u32,
    segment: &'a SegmentReader,
    columns: &'a Columns,
}

impl Place<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
    fn ranked(&self, document: DocId, score: f64) -> Ranked {
        Ranked {
            score: score as Score,
            date: self.columns.date(document),
            position: self.columns.position(document),
            address: Address { segment: self.ordinal, document },
        }
    }
}

/// The best hits so far.
struct Best {
    capacity: usize,
    /// The worst of them on top.
    heap: BinaryHeap<InRankOrder>,
    /// What scores are multiplied with to stay below every other way of adding them up.
    slack: Score,
}

impl Best {
    #[expect(clippy::cast_precision_loss, reason = "the number of terms of a query")]
    fn new(capacity: usize, additions: usize) -> Self {
        Self { capacity, heap: BinaryHeap::new(), slack: 1.0 - (additions + 1) as Score * Score::EPSILON }
    }

    fn offer(&mut self, hit: Ranked) {
        self.heap.push(InRankOrder(hit));
        if self.heap.len() > self.capacity {
            self.heap.pop();
        }
    }

    /// The score that a hit has to exceed to be looked at: a little below the worst one's, because its tie may still
    /// come before it by date or position.
    fn threshold(&self) -> Score {
        match self.heap.peek() {
            Some(InRankOrder(worst)) if self.heap.len() == self.capacity => (worst.score * self.slack).next_down(),
            _ => Score::MIN,
        }
    }

    fn into_sorted(self) -> Vec<Ranked> {
        self.heap.into_sorted_vec().into_iter().map(|InRankOrder(hit)| hit).collect()
    }
}

/// Orders hits by rank: the best is the least.
struct InRankOrder(Ranked);

impl InRankOrder {
    fn compare(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        b.score
            .total_cmp(&a.score)
            .then_with(|| Reverse(a.date).cmp(&Reverse(b.date)))
            .then_with(|| a.position.cmp(&b.position))
    }
}

impl PartialEq for InRankOrder {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Eq for InRankOrder {}

impl PartialOrd for InRankOrder {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InRankOrder {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}
