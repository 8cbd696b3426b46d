//! The outline of a text: which block stands under which headings.

use super::{
    markers::{Kind, Marker},
    members::{AllSeries, Member, SHORT_MEMBER, SeriesId, Treatment},
    span::{Place, Span, small},
};

/// A text's blocks, in order, and the headings above them.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) blocks: Vec<Block>,
    nodes: Vec<Node>,
    series: AllSeries,
}

/// A part of a text that no heading, marker or line break divides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) span: Span,
    pub(super) node: NodeId,
    pub(super) role: BlockRole,
}

/// How a block goes with its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockRole {
    /// A heading: it goes with what follows.
    Heading,
    /// A short line that ends with a colon: it goes with what follows as well, unless it is part of an article.
    Lead,
    /// Text.
    Body,
    /// Text that nothing below goes with: the date of a letter above what it sends.
    End,
    /// Text with the marker of an enumeration.
    Member {
        /// Whether it is the first one.
        opens: bool,
    },
    /// A member of a list of short ones, which stays whole.
    ShortMember {
        /// The character at which the whole list ends.
        list_end: u32,
    },
}

/// The innermost heading above a block; 0 is the document itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

impl NodeId {
    /// Its place in a list that the document itself is the first of.
    fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: NodeId,
    label: Span,
    kind: NodeKind,
}

/// What a heading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// A line of its own, or a chapter within one.
    Heading,
    /// 第一条.
    Article,
    /// A sentence that heads an enumeration within a line.
    Topic,
    /// A member of an enumeration.
    Member(SeriesId),
}

impl Outline {
    /// Makes room for so many more lines, each of which may be a heading, and for no more.
    pub(super) fn make_room(&mut self, lines: usize) {
        self.blocks.reserve_exact(lines);
        self.nodes.reserve_exact(lines);
    }

    /// Adds a heading under another one.
    pub(super) fn add_node(&mut self, parent: NodeId, label: Span, kind: NodeKind) -> NodeId {
        self.series.leave(parent);
        self.nodes.push(Node { parent, label, kind });
        NodeId(small(self.nodes.len()))
    }

    /// Adds a heading with a marker under another one.
    pub(super) fn add_marked(&mut self, parent: NodeId, label: Span, marker: Marker) -> NodeId {
        let kind = match marker.kind {
            Kind::Article => NodeKind::Article,
            kind if kind.is_enumeration() => NodeKind::Member(self.series.of(parent, marker)),
            _ => NodeKind::Heading,
        };
        self.add_node(parent, label, kind)
    }

    /// The labels above a node and its own, innermost first. A member that is not apart is called so only in what is cut
    /// off from its label: in a text that starts behind it.
    pub(super) fn labels(&self, node: NodeId, start: Place) -> impl Iterator<Item = Span> {
        let is_apart = |node: NodeId| matches!(self.treatment(node), None | Some(Treatment::Apart));
        self.chain(node).filter_map(move |id| {
            let label = self.node(id)?.label;
            (is_apart(id) || label.start.character() < start.character()).then_some(label)
        })
    }

    /// The innermost part above a node, or the node itself, whose text goes with no other: a topic, or a member that is
    /// apart.
    pub(super) fn part(&self, node: NodeId) -> Option<NodeId> {
        self.chain(node).find(|&node| {
            self.treatment(node) == Some(Treatment::Apart)
                || self.node(node).is_some_and(|node| node.kind == NodeKind::Topic)
        })
    }

    /// Whether a block begins with the label that it stands under.
    fn is_labelled(&self, block: &Block) -> bool {
        self.node(block.node).is_some_and(|node| node.label.start == block.span.start)
    }

    /// How many characters a part of a block has beside the label that it begins with, and the mark behind it.
    pub(super) fn characters_beside_label(&self, block: &Block, part: Span) -> usize {
        let label = self.node(block.node).map(|node| node.label).filter(|_| self.is_labelled(block));
        let label_end = label.filter(|_| part.start == block.span.start).map(|label| label.end.character() + 1);
        part.end.character().saturating_sub(label_end.unwrap_or(part.start.character()))
    }

    /// How the enumeration is treated that a node is a member of.
    fn treatment(&self, node: NodeId) -> Option<Treatment> {
        match self.node(node)?.kind {
            NodeKind::Member(series) => Some(self.series.treatment(series)),
            _ => None,
        }
    }

    /// Whether one node is another or stands above it.
    pub(super) fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        self.chain(inner).any(|node| node == outer)
    }

    /// The parent of both nodes, if it is one and the same.
    pub(super) fn common_parent(&self, left: NodeId, right: NodeId) -> Option<NodeId> {
        let (left, right) = (self.node(left)?.parent, self.node(right)?.parent);
        (left == right).then_some(left)
    }

    /// The innermost node that is, or stands above, both nodes: the document itself, if nothing else.
    pub(super) fn common_ancestor(&self, left: NodeId, right: NodeId) -> NodeId {
        self.chain(left).find(|&node| self.contains(node, right)).unwrap_or_default()
    }

    /// Whether both nodes stand in one article.
    pub(super) fn share_article(&self, left: NodeId, right: NodeId) -> bool {
        let article =
            |node| self.chain(node).find(|&node| self.node(node).is_some_and(|node| node.kind == NodeKind::Article));
        article(left).is_some_and(|left| Some(left) == article(right))
    }

    /// A node and those above it, innermost first; there are never more than there are kinds of headings.
    fn chain(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |&node| Some(self.node(node)?.parent))
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index().checked_sub(1)?)
    }

    /// Measures the enumerations and finds the lists of short members, once all blocks are there.
    pub(super) fn finish(&mut self) {
        self.measure();
        self.mark_short_lists();
    }

    fn measure(&mut self) {
        let mut members = vec![Member::default(); self.nodes.len() + 1];
        for block in &self.blocks {
            members[block.node.index()].headed |= block.role == BlockRole::Heading;
            let characters = small(block.span.characters());
            for node in self.chain(block.node) {
                members[node.index()].characters += characters;
            }
        }
        for (node, id) in self.nodes.iter().zip(1..) {
            members[node.parent.index()].has_parts = true;
            members[id].in_article = node.kind == NodeKind::Article || members[node.parent.index()].in_article;
        }
        for (node, &member) in self.nodes.iter().zip(&members[1..]) {
            if let NodeKind::Member(series) = node.kind {
                self.series.count(series, member);
            }
        }
    }

    fn mark_short_lists(&mut self) {
        let mut rest = 0;
        while rest < self.blocks.len() {
            let first = self.blocks[rest];
            let goes_on = |block: &&Block| {
                block.role == (BlockRole::Member { opens: false }) && self.siblings(first.node, block.node)
            };
            let is_member = matches!(first.role, BlockRole::Member { .. });
            let more = self.blocks[rest + 1..].iter().take_while(goes_on).count();
            let members = if is_member { 1 + more } else { 0 };
            if members > 1 && self.is_short(&self.blocks[rest..rest + members]) {
                let list = &mut self.blocks[rest..rest + members];
                let list_end = small(list[members - 1].span.end.character());
                for member in list {
                    member.role = BlockRole::ShortMember { list_end };
                }
            }
            rest += members.max(1);
        }
    }

    /// Whether a list stays whole: an enumeration by what is known of it, lines without markers by their length.
    fn is_short(&self, list: &[Block]) -> bool {
        let characters = || list.iter().map(|member| member.span.characters()).sum::<usize>();
        match self.treatment(list[0].node).filter(|_| self.is_labelled(&list[0])) {
            Some(treatment) => treatment == Treatment::Whole,
            None => characters() < SHORT_MEMBER * list.len(),
        }
    }

    fn siblings(&self, left: NodeId, right: NodeId) -> bool {
        left == right || self.common_parent(left, right).is_some()
    }
}
