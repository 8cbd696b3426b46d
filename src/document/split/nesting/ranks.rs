//! The headings that are open, and the ranks of those that have no marker of their own.

use super::{Nesting, Open, Scope};
use crate::document::split::{
    headings::Line,
    markers::Kind,
    outline::{BlockRole, NodeId},
    rank::{Rank, Within},
};

impl Nesting<'_> {
    /// Whether a heading stands right above, which needs what follows.
    pub(super) fn is_headed(&self) -> bool {
        self.outline.blocks.last().is_some_and(|block| block.role == BlockRole::Heading)
    }

    /// How many of the open headings stand above a rank.
    pub(super) fn outer(&self, rank: Rank) -> usize {
        self.open.iter().take_while(|open| open.rank < rank).count()
    }

    /// How many of the open headings stand above the first one of some sort.
    pub(super) fn above(&self, sort: impl Fn(&Open) -> bool) -> usize {
        self.open.iter().position(sort).unwrap_or(self.open.len())
    }

    pub(super) fn innermost(&self) -> NodeId {
        self.open.last().map_or(NodeId::default(), |open| open.node)
    }

    /// Goes back to what a line without a marker stands under.
    pub(super) fn close_members(&mut self) {
        while self.open.pop_if(|open| open.scope == Scope::Line).is_some() {}
    }

    /// Goes back to the title of a document whose headings have no markers: an annex is no part of the last one.
    pub(super) fn close_unmarked(&mut self) {
        self.open.truncate(self.above(|open| open.rank.kind.is_none() && open.rank != Rank::TITLE));
    }

    /// The rank of a heading without a marker: beside the last such heading that is open, else under the marked ones.
    pub(super) fn unmarked_rank(&mut self) -> Rank {
        if let Some(open) = self.open.iter().find(|open| open.rank.within == Within::Unmarked) {
            return open.rank;
        }
        while self.open.pop_if(|open| open.scope != Scope::Headings).is_some() {}
        Rank { kind: self.open.last().and_then(|open| open.rank.kind), within: Within::Unmarked }
    }

    /// The rank of a heading that begins another document beside the one that is open, if what it heads, the `next` line,
    /// counts chapters or articles from 1 again: it heads all of them, and not what stands under the last one.
    pub(super) fn rank_of_another(&self, next: &Line) -> Option<Rank> {
        let is_counted = |kind| (Kind::Part..=Kind::Article).contains(&kind);
        let first = next.leading.filter(|marker| marker.number == 1 && is_counted(marker.kind))?;
        let outer = self.open.iter().position(|open| open.rank == Rank::marked(first.kind))?;
        let above = self.open[..outer].last();
        Some(match above.map(|open| open.rank) {
            Some(rank @ Rank { within: Within::Unmarked | Within::Sent, .. }) => rank,
            above => Rank { kind: above.and_then(|rank| rank.kind), within: Within::Unmarked },
        })
    }

    /// The rank of what closes a document: beside its outermost parts.
    pub(super) fn closing_rank(&mut self) -> Rank {
        let outermost = self.open.iter().map(|open| open.rank).find(|rank| rank.kind > Some(Kind::Annex));
        outermost.filter(|rank| rank.kind != Some(Kind::Article)).unwrap_or_else(|| self.unmarked_rank())
    }
}
