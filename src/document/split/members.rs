//! How the members of an enumeration become paragraphs: all of them alike, however they are packed.

use std::collections::HashMap;

use super::{
    markers::Marker,
    outline::NodeId,
    packing::{CRUMB, MAX},
};

/// Members of a list are short if they have fewer characters than this on average.
pub(super) const SHORT_MEMBER: usize = 60;

/// How the members of an enumeration become paragraphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Each is a paragraph of its own, or several, and its label heads them.
    Apart,
    /// They are packed like any text, and stand under what the enumeration stands under, but for what is cut off from its
    /// label.
    Together,
    /// The same, and the list stays whole: its members are short.
    Whole,
}

/// An enumeration: members of a kind that count on under one heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeriesId(usize);

/// The enumerations of a text.
#[derive(Debug, Default)]
pub(super) struct AllSeries {
    series: Vec<Series>,
    /// The last one of a kind under a heading.
    latest: HashMap<(NodeId, usize), SeriesId>,
}

/// What is known of an enumeration.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    members: usize,
    characters: usize,
    shortest: usize,
    longest: usize,
    /// Whether a member is a line of its own that heads what follows.
    headed: bool,
    /// Whether something that is marked or headed stands under a member.
    has_parts: bool,
    /// Whether it is part of an article, which stays whole.
    in_article: bool,
}

/// A member of an enumeration, with all that stands under its marker.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Member {
    pub(super) characters: usize,
    pub(super) headed: bool,
    pub(super) has_parts: bool,
    pub(super) in_article: bool,
}

impl AllSeries {
    /// The enumeration that a marker under a heading belongs to; 1 begins another one.
    pub(super) fn of(&mut self, parent: NodeId, marker: Marker) -> SeriesId {
        let begun = SeriesId(self.series.len());
        let latest = self.latest.entry((parent, marker.kind.slot())).or_insert(begun);
        if marker.number == 1 {
            *latest = begun;
        }
        if *latest == begun {
            self.series.push(Series::default());
        }
        *latest
    }

    pub(super) fn count(&mut self, SeriesId(id): SeriesId, member: Member) {
        let series = &mut self.series[id];
        series.shortest = if series.members == 0 { member.characters } else { series.shortest.min(member.characters) };
        series.longest = series.longest.max(member.characters);
        series.members += 1;
        series.characters += member.characters;
        series.headed |= member.headed;
        series.has_parts |= member.has_parts;
        series.in_article |= member.in_article;
    }

    pub(super) fn treatment(&self, SeriesId(id): SeriesId) -> Treatment {
        self.series[id].treatment()
    }
}

impl Series {
    /// What is too short to be a paragraph is gathered with its neighbours, and so are then all members, unless a label
    /// is needed for what stands far behind it.
    fn treatment(&self) -> Treatment {
        if self.in_article {
            Treatment::Together
        } else if self.headed || self.longest > MAX {
            Treatment::Apart
        } else if self.characters < SHORT_MEMBER * self.members {
            Treatment::Whole
        } else if self.has_parts || self.shortest >= CRUMB {
            Treatment::Apart
        } else {
            Treatment::Together
        }
    }
}
