//! The best of what was found so far, in the total order, though scores are only roughly known when they are found.
//!
//! tantivy adds up the scores of a union in whatever order its postings happen to stand, so the score that it finds is
//! a rounding or two away from the one that counts (`exact`). Most of what is found is told apart by the rough score
//! all the same: only where the line between what stays and what goes runs through paragraphs that are too close to
//! call are these looked at closely, for their exact scores and for what decides between equal ones.

use std::cmp::{Ordering, Reverse};

use tantivy::Score;

use crate::engine::{Address, Position, Ranked, ReadError};

/// The least room beside what is wanted, so that many are compared at once. More would make the threshold rise later, and
/// what is found below it costs more than to compare.
const ROOM: usize = 64;

/// A match with its score as it was found.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) rough: Score,
    pub(super) exact: Option<f64>,
    /// What decides where scores are equal.
    pub(super) tie: Option<Tie>,
    pub(super) address: Address,
}

/// What decides between matches that score equally: the newer comes first, then the one that came in earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tie {
    pub(super) date: u32,
    pub(super) position: Position,
}

/// Looks closely at matches.
pub(super) trait Closely {
    /// Works out the exact scores of matches that have none yet; they may be put into another order.
    fn score(&self, found: &mut [Found]) -> Result<(), ReadError>;

    /// What decides between a match and its equals.
    fn tie(&self, address: Address) -> Tie;
}

/// The best matches so far, and some more.
pub(super) struct Best {
    wanted: usize,
    found: Vec<Found>,
    /// How many may be found before what is out of reach is cut off.
    room: usize,
    /// How many more than are wanted, or left, that is.
    spare: usize,
    /// Rough scores are this near to exact ones, as a share of them.
    margin: Score,
    threshold: Score,
}

impl Best {
    /// Room for the best `wanted` matches; `additions` scores at most are added up to one.
    #[expect(clippy::cast_precision_loss, reason = "the number of terms of a query")]
    pub(super) fn new(wanted: usize, additions: usize) -> Self {
        let margin = 3.0 * (additions + 1) as Score * Score::EPSILON;
        let (wanted, spare) = (wanted.max(1), ROOM.max(wanted / 4));
        let mut best = Self { wanted, found: Vec::new(), room: 0, spare, margin, threshold: Score::MIN };
        best.make_room();
        best
    }

    /// Room for the best `wanted` matches, where it costs next to nothing to find more.
    pub(super) fn with_much_room(wanted: usize) -> Self {
        let mut best = Self { spare: ROOM.max(wanted), ..Self::new(wanted, 0) };
        best.make_room();
        best
    }

    /// The score that a match has to exceed to be looked at: a little below that of the worst one that stays, because
    /// its tie may still come before it by date or position.
    pub(super) fn threshold(&self) -> Score {
        self.threshold
    }

    pub(super) fn offer(&mut self, found: Found, closely: &impl Closely) -> Result<(), ReadError> {
        self.found.push(found);
        if self.found.len() < self.room {
            return Ok(());
        }
        self.cut_roughly();
        // What is too close to call may wait; all of it need not: where most score the same, there is much.
        if self.found.len() >= self.wanted.saturating_mul(2) {
            self.cut_closely(closely)?;
        }
        self.make_room();
        Ok(())
    }

    fn make_room(&mut self) {
        self.room = self.found.len().max(self.wanted).saturating_add(self.spare);
    }

    /// The best ones in rank order, scored exactly.
    pub(super) fn into_ranked(mut self, closely: &impl Closely) -> Result<Vec<Ranked>, ReadError> {
        self.cut_roughly();
        self.cut_closely(closely)?;
        look_at_all(&mut self.found, closely)?;
        self.found.sort_unstable_by(in_rank_order);
        Ok(self.found.iter().map(ranked).collect())
    }

    /// Keeps what may be wanted.
    fn cut_roughly(&mut self) {
        if let Some((_, below)) = self.line() {
            self.found.retain(|found| found.rough >= below);
            self.threshold = below.next_down();
        }
    }

    /// Keeps what is wanted, after it was cut roughly.
    fn cut_closely(&mut self, closely: &impl Closely) -> Result<(), ReadError> {
        let Some((above, _)) = self.line() else { return Ok(()) };
        let certain = partition(&mut self.found, |found| found.rough > above);
        let close = &mut self.found[certain..];
        look_at_all(close, closely)?;
        close.sort_unstable_by(in_rank_order);
        self.found.truncate(self.wanted);
        Ok(())
    }

    /// Rough scores between which it is too close to call what is wanted; `None` while all is.
    fn line(&mut self) -> Option<(Score, Score)> {
        if self.found.len() <= self.wanted {
            return None;
        }
        let (_, last, _) = self.found.select_nth_unstable_by(self.wanted - 1, |a, b| b.rough.total_cmp(&a.rough));
        Some((last.rough * (1.0 + self.margin), last.rough * (1.0 - self.margin)))
    }
}

/// What was not looked at closely yet is.
fn look_at_all(found: &mut [Found], closely: &impl Closely) -> Result<(), ReadError> {
    let known = partition(found, |found| found.exact.is_some());
    closely.score(&mut found[known..])?;
    for found in found {
        found.tie.get_or_insert_with(|| closely.tie(found.address));
    }
    Ok(())
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
fn ranked(&Found { rough, exact, tie, address }: &Found) -> Ranked {
    let Tie { date, position } = tie.expect("whatever is put in order was looked at closely");
    Ranked { score: exact.map_or(rough, |exact| exact as Score), date, position, address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Exact scores and dates by document.
    struct Known(Vec<(f64, u32)>);

    impl Closely for Known {
        fn score(&self, found: &mut [Found]) -> Result<(), ReadError> {
            for found in found {
                found.exact = Some(self.0[found.address.document as usize].0);
            }
            Ok(())
        }

        fn tie(&self, Address { document, .. }: Address) -> Tie {
            Tie { date: self.0[document as usize].1, position: position(document) }
        }
    }

    fn position(document: u32) -> Position {
        Position::paragraph(u64::from(document) + 1, 0)
    }

    proptest! {
        /// Few scores, so that many are equal; rough ones are off by as much as may be.
        #[test]
        fn the_best_are_those_of_a_sort(
            matches in prop::collection::vec((1..6_u8, -1..=1_i8, 0..3_u32), 0..400),
            wanted in 1..120_usize,
        ) {
            let closely = Known(matches.iter().map(|(score, _, date)| (f64::from(*score), *date)).collect());
            let mut best = Best::new(wanted, 4);
            let mut all = Vec::new();
            for (document, &(score, error, date)) in (0..).zip(&matches) {
                let score = Score::from(score);
                let rough = score * (1.0 + Score::from(error) * 2.0 * Score::EPSILON);
                let address = Address { segment: 0, document };
                let found = Found { rough, exact: None, tie: None, address };
                all.push(Ranked { score, date, position: position(document), address });
                // What tantivy leaves out is not offered.
                if rough > best.threshold() {
                    best.offer(found, &closely).expect("known");
                }
            }
            all.sort_by_key(|hit| (Reverse(hit.score.to_bits()), Reverse(hit.date), hit.position));
            all.truncate(wanted);
            prop_assert_eq!(best.into_ranked(&closely).expect("known"), all);
        }
    }
}
