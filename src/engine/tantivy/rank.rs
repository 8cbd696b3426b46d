//! The best matches in a total order: score descending, then newer date, then position.
//!
//! tantivy's own collector keeps ties by address, which merges change, and loses those at the edge: it only lets
//! scores above the threshold through. This one lets equal scores through too.
//!
//! A filter is no part of the query that tantivy prunes, because it prunes unions of terms only. One that lets much
//! through is asked about what is left after pruning; one that lets little through leads instead, and its paragraphs
//! are scored one by one.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED,
    query::{EnableScoring, Weight},
};

use crate::{
    engine::{
        Address, Expression, Ranked, Ranking, ReadError,
        tantivy::{
            columns::Columns,
            compile::Compiler,
            documents::Paragraphs,
            exact::{Scorers, Weights},
            filter::Selection,
            record::read_error,
        },
    },
    query::Filter,
};

/// What is ranked, in which documents, and how many are wanted.
pub(super) struct Order<'a> {
    pub(super) expression: &'a Expression,
    pub(super) filter: &'a Filter,
    pub(super) limit: usize,
}

/// Ranks the matches and keeps the best.
pub(super) fn rank(
    Order { expression, filter, limit }: Order<'_>,
    compiler: Compiler<'_>,
    searcher: &Searcher,
    scoring: EnableScoring<'_>,
    stop: &AtomicBool,
) -> Result<Ranking, ReadError> {
    let exact = Weights::new(expression, compiler, scoring)?;
    let matching = compiler.expression(expression).weight(scoring).map_err(read_error)?;
    let selection = Selection::new(filter, compiler, searcher)?;
    let leads = selection.as_ref().is_some_and(Selection::leads);
    // One more than wanted, to know whether there are more.
    let mut best = Best::new(limit.saturating_add(1), exact.additions());
    for ((ordinal, segment), columns) in (0..).zip(searcher.segment_readers()).zip(compiler.columns.iter()) {
        if stop.load(Relaxed) {
            break;
        }
        let place = Place { ordinal, segment, columns };
        let selected = selection.as_ref().map(|selection| selection.paragraphs(segment, columns)).transpose()?;
        match selected {
            Some(selected) if leads => score_each(selected, exact.scorers(segment)?, &place, &mut best, stop)?,
            selected => {
                let scorers = exact.have_a_say().then(|| exact.scorers(segment)).transpose()?;
                prune(matching.as_ref(), Candidates { selected, scorers }, &place, &mut best, stop)?;
            }
        }
    }
    let stopped = stop.load(Relaxed);
    let mut hits = best.into_sorted();
    let exhausted = hits.len() <= limit && !stopped;
    hits.truncate(limit);
    Ok(Ranking { hits, exhausted, stopped })
}

/// Scores every paragraph that is selected.
fn score_each(
    mut selected: Paragraphs,
    mut scorers: Scorers,
    place: &Place<'_>,
    best: &mut Best,
    stop: &AtomicBool,
) -> Result<(), ReadError> {
    while selected.doc() != TERMINATED && !stop.load(Relaxed) {
        let document = selected.doc();
        if !place.segment.is_deleted(document)
            && let Some(score) = scorers.score(document)
        {
            best.offer(place.ranked(document, score));
        }
        selected.advance();
    }
    scorers.failure().map_or(Ok(()), Err)
}

/// Lets tantivy find what may be among the best, and looks closer at that.
fn prune(
    matching: &dyn Weight,
    mut candidates: Candidates,
    place: &Place<'_>,
    best: &mut Best,
    stop: &AtomicBool,
) -> Result<(), ReadError> {
    let threshold = best.threshold();
    let mut visit = |document: DocId, found: Score| {
        if stop.load(Relaxed) {
            return Score::MAX;
        }
        if !place.segment.is_deleted(document)
            && let Some(score) = candidates.score(document, found)
        {
            best.offer(place.ranked(document, score));
        }
        best.threshold()
    };
    matching.for_each_pruning(threshold, place.segment, &mut visit).map_err(read_error)?;
    candidates.scorers.as_ref().and_then(Scorers::failure).map_or(Ok(()), Err)
}

/// What decides about the paragraphs that tantivy finds in a segment.
struct Candidates {
    selected: Option<Paragraphs>,
    scorers: Option<Scorers>,
}

impl Candidates {
    /// The exact score of a paragraph that was found with some score; `None` when it is not selected or was found by
    /// letters and digits that are not written as asked for.
    fn score(&mut self, document: DocId, found: Score) -> Option<f64> {
        if self.selected.as_mut().is_some_and(|selected| !selected.contains(document)) {
            return None;
        }
        self.scorers.as_mut().map_or(Some(f64::from(found)), |scorers| scorers.score(document))
    }
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
