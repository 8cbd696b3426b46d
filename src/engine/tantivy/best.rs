//! The best of what was found so far, in the total order, though scores are only roughly known when they are found.
//!
//! tantivy adds up the scores of a union in whatever order its postings happen to stand, so the score that it finds is
//! a rounding or two away from the one that counts (`exact`). Most of what is found is told apart by the rough score
//! all the same: exact scores are only worked out where the line between what stays and what goes runs through
//! paragraphs that are too close to call.

use std::cmp::{Ordering, Reverse};

use tantivy::Score;

use crate::engine::{Address, Position, Ranked, ReadError};

/// Room beside what is wanted, so that many are compared at once.
const LEAST_ROOM: usize = 64;

/// A match with its score as it was found.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) rough: Score,
    pub(super) exact: Option<f64>,
    pub(super) date: u32,
    pub(super) position: Position,
    pub(super) address: Address,
}

/// Works out the exact scores of matches; they may be put into another order.
pub(super) trait Exact {
    fn score(&self, found: &mut [Found]) -> Result<(), ReadError>;
}

/// The best matches so far, and some more.
pub(super) struct Best {
    wanted: usize,
    found: Vec<Found>,
    /// Rough scores are this near to exact ones, as a share of them.
    margin: Score,
    threshold: Score,
}

impl Best {
    /// Room for the best `wanted` matches; `additions` scores at most are added up to one.
    #[expect(clippy::cast_precision_loss, reason = "the number of terms of a query")]
    pub(super) fn new(wanted: usize, additions: usize) -> Self {
        let margin = 3.0 * (additions + 1) as Score * Score::EPSILON;
        Self { wanted: wanted.max(1), found: Vec::new(), margin, threshold: Score::MIN }
    }

    /// The score that a match has to exceed to be looked at: a little below that of the worst one that stays, because
    /// its tie may still come before it by date or position.
    pub(super) fn threshold(&self) -> Score {
        self.threshold
    }

    pub(super) fn offer(&mut self, found: Found, exact: &impl Exact) -> Result<(), ReadError> {
        self.found.push(found);
        let room = self.wanted.saturating_add(self.wanted.max(LEAST_ROOM));
        if self.found.len() >= room { self.cut(exact) } else { Ok(()) }
    }

    /// The best ones in rank order, scored exactly.
    pub(super) fn into_ranked(mut self, exact: &impl Exact) -> Result<Vec<Ranked>, ReadError> {
        self.cut(exact)?;
        score_all(&mut self.found, exact)?;
        self.found.sort_unstable_by(in_rank_order);
        Ok(self.found.iter().map(ranked).collect())
    }

    /// Keeps what is wanted.
    fn cut(&mut self, exact: &impl Exact) -> Result<(), ReadError> {
        if self.found.len() <= self.wanted {
            return Ok(());
        }
        let (_, last, _) = self.found.select_nth_unstable_by(self.wanted - 1, |a, b| b.rough.total_cmp(&a.rough));
        let (above, below) = (last.rough * (1.0 + self.margin), last.rough * (1.0 - self.margin));
        self.found.retain(|found| found.rough >= below);
        if self.found.len() > self.wanted {
            let certain = partition(&mut self.found, |found| found.rough > above);
            let close = &mut self.found[certain..];
            score_all(close, exact)?;
            close.sort_unstable_by(in_rank_order);
            self.found.truncate(self.wanted);
        }
        self.threshold = below.next_down();
        Ok(())
    }
}

/// What has no exact score yet gets one.
fn score_all(found: &mut [Found], exact: &impl Exact) -> Result<(), ReadError> {
    let known = partition(found, |found| found.exact.is_some());
    exact.score(&mut found[known..])
}

/// Brings what holds to the front; says how many that are.
fn partition(found: &mut [Found], holds: impl Fn(&Found) -> bool) -> usize {
    let mut count = 0;
    for index in 0..found.len() {
        if holds(&found[index]) {
            found.swap(count, index);
            count += 1;
        }
    }
    count
}

/// Orders matches by rank: the best is the least.
fn in_rank_order(a: &Found, b: &Found) -> Ordering {
    let (a, b) = (ranked(a), ranked(b));
    b.score
        .total_cmp(&a.score)
        .then_with(|| Reverse(a.date).cmp(&Reverse(b.date)))
        .then_with(|| a.position.cmp(&b.position))
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
fn ranked(&Found { rough, exact, date, position, address }: &Found) -> Ranked {
    Ranked { score: exact.map_or(rough, |exact| exact as Score), date, position, address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Exact scores by document.
    struct Known(Vec<f64>);

    impl Exact for Known {
        fn score(&self, found: &mut [Found]) -> Result<(), ReadError> {
            for found in found {
                found.exact = Some(self.0[found.address.document as usize]);
            }
            Ok(())
        }
    }

    proptest! {
        /// Few scores, so that many are equal; rough ones are off by as much as may be.
        #[test]
        fn the_best_are_those_of_a_sort(
            matches in prop::collection::vec((1..6_u8, -1..=1_i8, 0..3_u32), 0..400),
            wanted in 1..120_usize,
        ) {
            let exact = Known(matches.iter().map(|(score, ..)| f64::from(*score)).collect());
            let mut best = Best::new(wanted, 4);
            let mut all = Vec::new();
            for (document, &(score, error, date)) in (0..).zip(&matches) {
                let score = Score::from(score);
                let rough = score * (1.0 + Score::from(error) * 2.0 * Score::EPSILON);
                let address = Address { segment: 0, document };
                let position = Position::paragraph(u64::from(document) + 1, 0);
                let found = Found { rough, exact: None, date, position, address };
                all.push(Ranked { score, date, position, address });
                // What tantivy leaves out is not offered.
                if rough > best.threshold() {
                    best.offer(found, &exact).expect("known");
                }
            }
            all.sort_by_key(|hit| (Reverse(hit.score.to_bits()), Reverse(hit.date), hit.position));
            all.truncate(wanted);
            prop_assert_eq!(best.into_ranked(&exact).expect("known"), all);
        }
    }
}
