//! What is known of the enumerations of a line while it is read.

use super::{
    markers::{Kind, Marker},
    series::Candidate,
    span::Place,
};

/// What comes after a member within its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follower {
    /// The next member, or one further in.
    Member,
    /// The first member of another enumeration.
    First,
    /// A member further out, or nothing.
    Other,
}

impl Follower {
    pub(super) fn of(candidate: &Candidate, next: Option<&Candidate>) -> Self {
        match next {
            Some(next) if next.marker.kind > candidate.marker.kind => Self::Member,
            Some(next) if next.marker.kind == candidate.marker.kind && next.marker.number > 1 => Self::Member,
            Some(next) if next.marker.kind == candidate.marker.kind => Self::First,
            _ => Self::Other,
        }
    }
}

/// The enumerations of a line: where each began, and how many members it had since.
#[derive(Default)]
pub(super) struct Enumerations {
    by_kind: [Option<(Place, usize)>; Kind::SLOTS],
}

impl Enumerations {
    /// Counts a member; gives how many characters those before it have on average.
    pub(super) fn count(&mut self, marker: Marker, place: Place) -> Option<usize> {
        let enumeration = &mut self.by_kind[marker.kind.slot()];
        match enumeration {
            Some((start, members)) if marker.number > 1 => {
                *members += 1;
                Some((place.character() - start.character()) / *members)
            }
            _ => {
                *enumeration = Some((place, 0));
                None
            }
        }
    }
}
