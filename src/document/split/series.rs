//! Which markers are members of a series.

use super::{
    markers::{Kind, Marker, Position},
    span::Place,
};

/// A marker in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) marker: Marker,
    pub(super) place: Place,
    pub(super) position: Position,
    /// Which line of the text it stands in.
    pub(super) line: u32,
}

impl Candidate {
    /// Whether it may stand alone: 一、 at the start of a line may, 一是 needs its 二是.
    fn is_certain(&self) -> bool {
        match self.position {
            Position::LineStart => {
                self.marker.kind < Kind::Figure || matches!(self.marker.kind, Kind::Decimal(numbers) if numbers > 2)
            }
            Position::Sentence => self.marker.kind == Kind::Article,
            Position::Space => false,
        }
    }

    /// Whether it counts on from another; 首先 and 一方面 only within a line, since they are common words elsewhere.
    fn follows(&self, other: &Self) -> bool {
        self.marker.follows(Some(other.marker)) && (!self.marker.kind.is_spoken() || self.line == other.line)
    }

    /// Whether it is the second of a series that begins with another word: 首先……第二，.
    fn is_second_after(&self, first: &Self) -> bool {
        let are_both = self.marker.number == 2 && first.marker.number == 1;
        are_both && self.line == first.line
    }
}

/// Keeps the markers that may stand alone, and of the others those that count on from 1 to at least 2; of the numbers
/// before white space none, unless there are decimal ones.
pub(super) fn keep_series(candidates: &mut Vec<Candidate>) {
    keep_counted_on(candidates);
    let is_decimal = |candidate: &Candidate| matches!(candidate.marker.kind, Kind::Decimal(numbers) if numbers > 1);
    if !candidates.iter().any(is_decimal) {
        candidates.retain(|candidate| candidate.marker.kind != Kind::Decimal(1));
    }
}

/// Those that may stand alone, and of the others those that count on from 1 to at least 2.
fn keep_counted_on(candidates: &mut Vec<Candidate>) {
    let mut kept = vec![false; candidates.len()];
    let mut last_by_kind: [Option<usize>; Kind::SLOTS] = [None; Kind::SLOTS];
    for (at, candidate) in candidates.iter().enumerate() {
        let Marker { kind, number, .. } = candidate.marker;
        let first = last_by_kind[Kind::Order.slot()].filter(|_| kind == Kind::Ordinal);
        let first = first.filter(|&first| candidate.is_second_after(&candidates[first]));
        let last = &mut last_by_kind[kind.slot()];
        let goes_on = last.filter(|&last| candidate.follows(&candidates[last])).or(first);
        if let Some(last) = goes_on {
            kept[last] = true;
        }
        kept[at] = candidate.is_certain() || goes_on.is_some();
        if kept[at] || number == 1 {
            *last = Some(at);
        } else if last.is_some_and(|last| number <= candidates[last].marker.number) {
            *last = None; // Another series, which begins in other words: 第一步……第二，……第三，.
        }
    }
    let mut kept = kept.into_iter();
    candidates.retain(|_| kept.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kind: Kind, found: &[(u32, u32)]) -> Vec<u32> {
        let candidate = |&(number, line): &(u32, u32)| Candidate {
            marker: Marker::new(kind, number, 0),
            place: Place::default(),
            position: Position::Sentence,
            line,
        };
        let mut candidates: Vec<Candidate> = found.iter().map(candidate).collect();
        keep_series(&mut candidates);
        candidates.iter().map(|candidate| candidate.marker.number).collect()
    }

    fn check(numbers: &[u32], expected: &[u32]) {
        let found: Vec<(u32, u32)> = numbers.iter().copied().zip(0..).collect();
        assert_eq!(kept(Kind::Is, &found), expected, "{numbers:?}");
    }

    #[test]
    fn a_series_has_to_go_on() {
        check(&[1, 2, 3], &[1, 2, 3]);
        check(&[1], &[]);
        check(&[2, 3], &[]);
        check(&[1, 1, 2], &[1, 2]);
        check(&[1, 2, 7, 3], &[1, 2, 3]);
        check(&[1, 2, 1, 2, 3], &[1, 2, 1, 2, 3]);
        check(&[1, 2, 2, 3], &[1, 2]);
    }

    #[test]
    fn spoken_series_go_on_within_a_line() {
        assert_eq!(kept(Kind::Order, &[(1, 0), (2, 0), (9, 0)]), [1, 2, 9]);
        assert_eq!(kept(Kind::Order, &[(1, 0), (9, 0)]), [1, 9]);
        assert!(kept(Kind::Order, &[(1, 0), (2, 1)]).is_empty());
        assert_eq!(kept(Kind::Side, &[(1, 3), (2, 3)]), [1, 2]);
    }
}
