//! How the members of an enumeration become paragraphs: all of them alike, however they are packed.

use super::{
    markers::{Kind, Marker},
    outline::NodeId,
    packing::{CRUMB, MAX},
    span::small,
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
pub(super) struct SeriesId(u32);

/// The enumerations of a text.
#[derive(Debug, Default)]
pub(super) struct AllSeries {
    series: Vec<Series>,
    /// The last one of each kind under the headings that are open, outermost first.
    latest: Vec<Latest>,
}

/// The last enumeration of a kind under a heading.
#[derive(Clone, Copy, Debug)]
struct Latest {
    parent: NodeId,
    kind: Kind,
    series: SeriesId,
}

/// What is known of an enumeration; lengths in characters.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    members: u32,
    characters: u32,
    shortest: u32,
    longest: u32,
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
    pub(super) characters: u32,
    pub(super) headed: bool,
    pub(super) has_parts: bool,
    pub(super) in_article: bool,
}

impl AllSeries {
    /// The enumeration that a marker under a heading belongs to; 1 begins another one.
    pub(super) fn of(&mut self, parent: NodeId, marker: Marker) -> SeriesId {
        self.leave(parent);
        let under = self.latest.iter_mut().rev().take_while(|latest| latest.parent == parent);
        let latest = under.into_iter().find(|latest| latest.kind.slot() == marker.kind.slot());
        let begun = SeriesId(small(self.series.len()));
        match latest {
            Some(latest) if marker.number != 1 => return latest.series,
            Some(latest) => latest.series = begun,
            None => self.latest.push(Latest { parent, kind: marker.kind, series: begun }),
        }
        self.series.push(Series::default());
        begun
    }

    /// Forgets which enumerations stand under headings within one, which are never gone back to: nodes are numbered as
    /// they are opened, and whatever opens under a heading ends all that were open within it.
    pub(super) fn leave(&mut self, parent: NodeId) {
        while self.latest.pop_if(|latest| latest.parent > parent).is_some() {}
    }

    pub(super) fn count(&mut self, SeriesId(id): SeriesId, member: Member) {
        let series = &mut self.series[id as usize];
        series.shortest = if series.members == 0 { member.characters } else { series.shortest.min(member.characters) };
        series.longest = series.longest.max(member.characters);
        series.members += 1;
        series.characters += member.characters;
        series.headed |= member.headed;
        series.has_parts |= member.has_parts;
        series.in_article |= member.in_article;
    }

    pub(super) fn treatment(&self, SeriesId(id): SeriesId) -> Treatment {
        self.series[id as usize].treatment()
    }
}

impl Series {
    /// What is too short to be a paragraph is gathered with its neighbours, and so are then all members, unless a label
    /// is needed for what stands far behind it.
    fn treatment(&self) -> Treatment {
        if self.in_article {
            Treatment::Together
        } else if self.headed || self.longest as usize > MAX {
            Treatment::Apart
        } else if (self.characters as usize) < SHORT_MEMBER * self.members as usize {
            Treatment::Whole
        } else if self.has_parts || self.shortest as usize >= CRUMB {
            Treatment::Apart
        } else {
            Treatment::Together
        }
    }
}
