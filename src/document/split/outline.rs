//! The outline of a text: which block stands under which headings.

use super::span::Span;

/// Members of a list are short if they have fewer characters than this on average.
const SHORT_MEMBER: usize = 60;

/// A text's blocks, in order, and the headings above them.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) blocks: Vec<Block>,
    nodes: Vec<Node>,
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
        list_end: usize,
    },
}

/// The innermost heading above a block; 0 is the document itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeId(usize);

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: NodeId,
    label: Span,
    article: bool,
}

impl Outline {
    /// Adds a heading under another one.
    pub(super) fn add_node(&mut self, parent: NodeId, label: Span, article: bool) -> NodeId {
        self.nodes.push(Node { parent, label, article });
        NodeId(self.nodes.len())
    }

    /// The labels above a node and its own, outermost first.
    pub(super) fn path(&self, node: NodeId) -> Vec<Span> {
        let mut path: Vec<Span> = self.chain(node).filter_map(|node| Some(self.node(node)?.label)).collect();
        path.reverse();
        path
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
        let article = |node| self.chain(node).find(|&node| self.node(node).is_some_and(|node| node.article));
        article(left).is_some_and(|left| Some(left) == article(right))
    }

    /// A node and those above it, innermost first; there are never more than there are kinds of headings.
    fn chain(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |&node| Some(self.node(node)?.parent))
    }

    fn node(&self, NodeId(id): NodeId) -> Option<&Node> {
        self.nodes.get(id.checked_sub(1)?)
    }

    /// Finds the lists of short members.
    pub(super) fn mark_short_lists(&mut self) {
        let mut rest = 0;
        while rest < self.blocks.len() {
            let first = self.blocks[rest];
            let goes_on = |block: &&Block| {
                block.role == (BlockRole::Member { opens: false }) && self.siblings(first.node, block.node)
            };
            let is_member = matches!(first.role, BlockRole::Member { .. });
            let more = self.blocks[rest + 1..].iter().take_while(goes_on).count();
            let members = if is_member { 1 + more } else { 0 };
            if members > 1 {
                let list = &mut self.blocks[rest..rest + members];
                let characters: usize = list.iter().map(|member| member.span.characters()).sum();
                let list_end = list[members - 1].span.end.character;
                if characters < SHORT_MEMBER * members {
                    for member in list {
                        member.role = BlockRole::ShortMember { list_end };
                    }
                }
            }
            rest += members.max(1);
        }
    }

    fn siblings(&self, left: NodeId, right: NodeId) -> bool {
        left == right || self.common_parent(left, right).is_some()
    }
}
