//! The best matches in a total order: score descending, then newer date, then position.
//!
//! tantivy's own collector keeps ties by address, which merges change, and loses those at the edge: it only lets
//! scores above the threshold through. This one lets equal scores through too.
//!
//! Between two that may be among the best, tantivy looks at nothing else, for long where there are many lists. These are
//! added up instead ([`super::union`]), which takes less time then, and ends when it is to.
//!
//! A filter is no part of the query that tantivy prunes, because it prunes unions of terms only. One that lets much
//! through is asked about what is left after pruning; one that lets little through leads instead, and its paragraphs
//! are scored one by one. So are those of the rarest part of an expression that requires parts, as far as the lists of the
//! other parts have them, too ([`super::lead`]).

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tantivy::{
    DocId, DocSet, Score, SegmentReader, TERMINATED,
    query::{EnableScoring, Weight},
};

use crate::{
    engine::{
        Address, Expression, Ranked, Ranking, ReadError,
        tantivy::{
            asked::Selected,
            best::{Best, Closely, Found, Tie},
            columns::Columns,
            compile::Compiler,
            exact::{Scorers, Weights},
            filter::Selection,
            lead::{Lead, all_have},
            record::read_error,
            segments::Segments,
            statistics::ParagraphStatistics,
            union::Union,
        },
    },
    query::Filter,
};

/// Unions of more lists than so many are added up: what tantivy could leave out of them costs it more to find.
const MANY_LISTS: usize = 16;

/// The most parts whose lists are asked before whether all of them match.
const GATES: usize = 8;

/// What is ranked, in which documents, and how many are wanted.
pub(super) struct Order<'a> {
    pub(super) expression: &'a Expression,
    /// `None` for all documents.
    pub(super) selection: Option<Selection>,
    pub(super) limit: usize,
    /// The lists that required parts have.
    pub(super) leads: Vec<Lead>,
}

/// Ranks over one snapshot.
#[derive(Clone, Copy)]
pub(super) struct Ranker<'a> {
    pub(super) compiler: Compiler<'a>,
    pub(super) segments: &'a Segments,
    pub(super) statistics: &'a ParagraphStatistics<'a>,
    pub(super) scoring: EnableScoring<'a>,
    /// The same as the compiler's, for those who look at each match.
    pub(super) stop: &'a AtomicBool,
}

impl<'a> Ranker<'a> {
    pub(super) fn order<'b>(
        self,
        expression: &'b Expression,
        filter: &Filter,
        limit: usize,
    ) -> Result<Order<'b>, ReadError> {
        let selection = Selection::new(filter, self.compiler, self.segments)?;
        Ok(Order { expression, selection, limit, leads: Lead::of(expression, self)? })
    }

    /// Ranks the matches and keeps the best.
    pub(super) fn rank(self, order: &Order<'_>) -> Result<Ranking, ReadError> {
        let Order { expression, selection, limit, leads } = order;
        let weights = Weights::new(expression, self.compiler, self.scoring)?;
        let finding = self.finding(order)?;
        // One more than wanted, to know whether there are more.
        let mut best = Best::new(limit.saturating_add(1), weights.additions());
        let closely = ByWeights { weights: &weights, ranker: self };
        let mut look_in = |place: Place<'_>| {
            let scorers = || weights.scorers(place.segment);
            let walked = selection.as_ref().map(|it| it.walk(&place)).transpose()?.flatten();
            if let Some(selected) = walked {
                return self.score_each(selected, |_| Ok(true), scorers()?, &place, &mut best, &closely);
            }
            let selected = selection.as_ref().and_then(|it| it.asked(&place));
            let admitted = |matching| Admitted { selected, matching, is_scored: true };
            let verified = || weights.look_at_texts().then(scorers).transpose();
            match &finding {
                Finding::Selection => Ok(()),
                Finding::Lead(lead) => {
                    let found = lead.scorer(place.segment, 1.0).map_err(read_error)?;
                    let gates = leads.iter().skip(1).filter_map(|lead| lead.gate(place.segment, self.compiler));
                    let mut gates: Vec<_> = gates.take(GATES).collect();
                    let is_likely = |document| {
                        let is_selected = selected.is_none_or(|selected| selected.contains(document));
                        Ok(is_selected && all_have(&mut gates, document)?)
                    };
                    self.score_each(found, is_likely, scorers()?, &place, &mut best, &closely)
                }
                Finding::Union(union) => self.add_up(union, admitted(verified()?), &place, &mut best, &closely),
                Finding::Weight(weight) => {
                    self.prune(weight.as_ref(), admitted(verified()?), &place, &mut best, &closely)
                }
            }
        };
        self.look_everywhere(&mut look_in)?;
        Ok(ranking(best.into_ranked(&closely)?, *limit, self.is_stopped()))
    }

    /// What finds the matches of an order.
    fn finding(self, Order { expression, selection, leads, .. }: &Order<'_>) -> Result<Finding<'a>, ReadError> {
        if selection.as_ref().is_some_and(Selection::leads) {
            return Ok(Finding::Selection);
        }
        if let Some(lead) = leads.first() {
            return lead.weight(self.segments.unscored()).map(Finding::Lead);
        }
        let lists = self.compiler.union_of(expression).filter(|lists| lists.len() > MANY_LISTS);
        Ok(match lists {
            Some(lists) => {
                let lists = lists.into_iter().map(|list| (list, 1.0));
                Finding::Union(Union::new(lists, self.statistics, self.compiler.lately).map_err(read_error)?)
            }
            None => Finding::Weight(self.compiler.expression(expression).weight(self.scoring).map_err(read_error)?),
        })
    }

    /// Looks in one segment after the other; in no more once work is to stop, which is no error: what was found counts.
    pub(super) fn look_everywhere(
        self,
        look_in: &mut dyn FnMut(Place<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut places = self.places();
        let looked = places.try_for_each(|place| {
            self.check()?;
            look_in(place)
        });
        match looked {
            Err(ReadError::Stopped) => Ok(()),
            looked => looked,
        }
    }

    /// Scores matches with what scores those of one segment. Once work is to stop they keep the scores with which they were
    /// found: a ranking that is stopped is the best so far, not the best.
    pub(super) fn score_exactly(
        self,
        found: &mut [Found],
        mut score: impl FnMut(&mut [Found]) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        found.sort_unstable_by_key(|found| found.address);
        let mut segments = found.chunk_by_mut(|a, b| a.address.segment == b.address.segment);
        let scored = segments.try_for_each(&mut score).and_then(|()| self.check());
        match scored {
            Err(ReadError::Stopped) => {
                score_roughly(found);
                Ok(())
            }
            scored => scored,
        }
    }

    /// Scores whatever is found, likely, and matches. What is excluded may not be known to be once work is to stop: what
    /// is found then does not count.
    fn score_each(
        self,
        mut found: impl DocSet,
        mut is_likely: impl FnMut(DocId) -> tantivy::Result<bool>,
        mut scorers: Scorers,
        place: &Place<'_>,
        best: &mut Best,
        closely: &impl Closely,
    ) -> Result<(), ReadError> {
        while found.doc() != TERMINATED && !self.stop.load(Relaxed) {
            let document = found.doc();
            if !place.segment.is_deleted(document)
                && is_likely(document).map_err(read_error)?
                && let Some(score) = scorers.score(document)
                && !self.is_stopped()
            {
                best.offer(place.scored(document, score), closely)?;
            }
            found.advance();
        }
        scorers.failure().map_or(Ok(()), Err)
    }

    /// Lets tantivy find what may be among the best, and looks closer at that.
    fn prune(
        self,
        finding: &dyn Weight,
        mut admitted: Admitted<'_>,
        place: &Place<'_>,
        best: &mut Best,
        closely: &impl Closely,
    ) -> Result<(), ReadError> {
        let threshold = best.threshold();
        let mut outcome = Ok(());
        let mut visit = |document: DocId, rough: Score| {
            if self.stop.load(Relaxed) || outcome.is_err() {
                return Score::MAX;
            }
            if !place.segment.is_deleted(document)
                && let Some(found) = admitted.look_at(document, rough, place)
                && !self.is_stopped()
            {
                outcome = best.offer(found, closely);
            }
            best.threshold()
        };
        finding.for_each_pruning(threshold, place.segment, &mut visit).map_err(read_error)?;
        let failure = admitted.matching.as_ref().and_then(Scorers::failure);
        failure.map_or(outcome, Err)
    }

    /// Looks at what is in some lists and may be among the best.
    pub(super) fn add_up(
        self,
        union: &Union<'_>,
        mut admitted: Admitted<'_>,
        place: &Place<'_>,
        best: &mut Best,
        closely: &impl Closely,
    ) -> Result<(), ReadError> {
        let (threshold, mut outcome) = (best.threshold(), Ok(()));
        let selected = admitted.selected;
        let mut visit = |document: DocId, score: f32| {
            if self.is_stopped() || outcome.is_err() {
                return None;
            }
            if !place.segment.is_deleted(document)
                && let Some(found) = admitted.look_at(document, score, place)
                && !self.is_stopped()
            {
                let found = if admitted.is_scored { found } else { place.scored(document, f64::from(score)) };
                outcome = best.offer(found, closely);
            }
            Some(best.threshold())
        };
        union.visit(place.segment, selected, threshold, self.stop, &mut visit).map_err(read_error)?;
        let failure = admitted.matching.as_ref().and_then(Scorers::failure);
        failure.map_or(outcome, Err)
    }

    pub(super) fn places(self) -> impl Iterator<Item = Place<'a>> {
        let segments = (0..).zip(self.segments.readers()).zip(self.compiler.columns.iter());
        segments.map(|((ordinal, segment), columns)| Place { ordinal, segment, columns })
    }

    /// What decides between a match and its equals.
    pub(super) fn tie(self, Address { segment, document }: Address) -> Tie {
        let columns = self.compiler.columns.at(segment);
        Tie { date: columns.date(document), position: columns.position(document) }
    }

    pub(super) fn is_stopped(self) -> bool {
        self.stop.load(Relaxed)
    }

    pub(super) fn check(self) -> Result<(), ReadError> {
        ReadError::check(self.stop)
    }
}

/// What finds the matches of an expression.
enum Finding<'a> {
    /// What a filter selects, which is walked through.
    Selection,
    /// The rarest part that is required.
    Lead(Box<dyn Weight>),
    /// The lists that they are in, where a list is all that is looked for each.
    Union(Union<'a>),
    Weight(Box<dyn Weight>),
}

/// What decides about the paragraphs that are found in a segment.
pub(super) struct Admitted<'a> {
    /// The paragraphs that a filter lets through.
    pub(super) selected: Option<&'a Selected>,
    /// What they have to match, where what finds them does not say.
    pub(super) matching: Option<Scorers>,
    /// Whether that says what they score, too: what finds them may promise more.
    pub(super) is_scored: bool,
}

impl Admitted<'_> {
    fn look_at(&mut self, document: DocId, rough: Score, place: &Place<'_>) -> Option<Found> {
        if self.selected.is_some_and(|selected| !selected.contains(document)) {
            return None;
        }
        match &mut self.matching {
            Some(matching) if self.is_scored => matching.score(document).map(|score| place.scored(document, score)),
            Some(matching) => matching.matches(document).then(|| place.found(document, rough)),
            None => Some(place.found(document, rough)),
        }
    }
}

/// One segment and what a rank in it is made of.
pub(super) struct Place<'a> {
    pub(super) ordinal: u32,
    pub(super) segment: &'a SegmentReader,
    pub(super) columns: &'a Columns,
}

impl Place<'_> {
    fn found(&self, document: DocId, rough: Score) -> Found {
        Found { rough, exact: None, tie: None, address: Address { segment: self.ordinal, document } }
    }

    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
    fn scored(&self, document: DocId, score: f64) -> Found {
        Found { exact: Some(score), ..self.found(document, score as Score) }
    }
}

/// Scores that are added up in the order of an expression.
struct ByWeights<'a> {
    weights: &'a Weights,
    ranker: Ranker<'a>,
}

impl Closely for ByWeights<'_> {
    fn score(&self, found: &mut [Found]) -> Result<(), ReadError> {
        if self.weights.additions() <= 1 {
            // A single score is the same however it was found.
            score_roughly(found);
            return Ok(());
        }
        self.ranker.score_exactly(found, |found| {
            let mut scorers = self.weights.scorers(self.ranker.segments.at(found[0].address.segment))?;
            // `None` cannot be: the two ways of matching are the same expression.
            for found in found {
                self.ranker.check()?;
                found.exact = scorers.score(found.address.document);
            }
            scorers.failure().map_or(Ok(()), Err)
        })
    }

    fn tie(&self, address: Address) -> Tie {
        self.ranker.tie(address)
    }
}

/// Takes the scores of matches as they were found.
fn score_roughly(found: &mut [Found]) {
    for found in found {
        found.exact = Some(f64::from(found.rough));
    }
}

/// Takes the one away that only shows that there is more than was wanted.
pub(super) fn ranking(mut hits: Vec<Ranked>, limit: usize, stopped: bool) -> Ranking {
    let exhausted = hits.len() <= limit && !stopped;
    hits.truncate(limit);
    Ranking { hits, exhausted, stopped }
}
