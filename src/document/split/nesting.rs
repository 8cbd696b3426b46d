//! Nests lines under their headings: makes the outline.

use super::{
    headings::{Line, Lines, Role, classified},
    markers::{Candidate, Kind, Marker},
    outline::{Block, BlockRole, NodeId, Outline},
    sentences::{Sentences, ends_clause, ends_member},
    span::Span,
};
use crate::text::has_searchable;

/// The longest label of a member that goes on as text, in characters.
const MAX_MEMBER_LABEL: usize = 40;

/// Reads a text's outline.
pub(super) fn outline(text: &str) -> Outline {
    let Lines { lines, inner } = classified(text);
    let mut nesting = Nesting { text, outline: Outline::default(), open: Vec::new() };
    for line in &lines {
        nesting.line(line, &inner[line.inner.clone()]);
    }
    nesting.outline.mark_short_lists();
    nesting.outline
}

/// The outline so far, and the headings that the next line may stand under, outermost first, their ranks ascending.
struct Nesting<'t> {
    text: &'t str,
    outline: Outline,
    open: Vec<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    node: NodeId,
    rank: Rank,
    scope: Scope,
}

/// How far in a heading stands: by its marker; without one, right under the marked heading above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    kind: Option<Kind>,
    unmarked: bool,
}

impl Rank {
    const TITLE: Self = Self { kind: None, unmarked: false };

    fn marked(kind: Kind) -> Self {
        Self { kind: Some(kind), unmarked: false }
    }
}

/// What stands under a heading, or under a marker, beside what is marked further in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The rest of its line: a member of an enumeration.
    Line,
    /// The lines below as well: an article with several paragraphs.
    Lines,
    /// The lines below and headings without a marker: a line of its own.
    Headings,
}

impl Nesting<'_> {
    fn line(&mut self, line: &Line, inner: &[Candidate]) {
        match (line.role, line.leading) {
            (Role::Title, _) => self.heading(line.span, line.span, Rank::TITLE),
            (Role::Heading, Some(marker)) => {
                let label = heading_label(self.text, line.span, marker);
                self.heading(line.span, label, Rank::marked(marker.kind));
            }
            (Role::Heading, None) => {
                let rank = self.unmarked_rank();
                self.heading(line.span, line.span, rank);
            }
            (Role::Listed, Some(marker)) => self.member(line.span, marker, Scope::Line),
            (Role::Listed, None) => {
                self.close_members();
                self.block(line.span, BlockRole::Member);
            }
            (Role::Running, leading) => self.running(line.span, leading, inner),
        }
    }

    /// A line that is a heading.
    fn heading(&mut self, line: Span, label: Span, rank: Rank) {
        self.open(label, rank, Scope::Headings);
        self.block(line, BlockRole::Heading);
    }

    /// A line of text: the members of its enumerations are blocks of their own.
    fn running(&mut self, line: Span, leading: Option<Marker>, inner: &[Candidate]) {
        let end = inner.first().map_or(line.end, |candidate| candidate.place);
        let first = Span { start: line.start, end }.trimmed(self.text);
        if let Some(marker) = leading {
            self.member(first, marker, self.scope(marker.kind));
        } else {
            self.close_members();
            self.block(first, BlockRole::Body);
        }
        for (at, candidate) in inner.iter().enumerate() {
            let end = inner.get(at + 1).map_or(line.end, |next| next.place);
            let span = Span { start: candidate.place, end }.trimmed(self.text);
            let last = inner.get(at + 1).is_none_or(|next| next.marker.kind < candidate.marker.kind);
            self.inner_member(span, candidate.marker, last);
        }
    }

    /// A member within a line. Where the member before ends with a semicolon the enumeration is one sentence, and what
    /// stands behind its `last` member is no part of it.
    fn inner_member(&mut self, span: Span, marker: Marker, last: bool) {
        let scope = if marker.kind == Kind::Ordinal { Scope::Line } else { self.scope(marker.kind) };
        let one_sentence = self.text[..span.start.byte].trim_end().ends_with(['；', ';']);
        let sentence = Sentences::new(self.text, span, 0, usize::MAX).next().filter(|_| last && one_sentence);
        let end = sentence.map_or(span.end, |sentence| sentence.end);
        self.member(Span { start: span.start, end }.trimmed(self.text), marker, scope);
        if end != span.end {
            self.open.truncate(self.outer(Rank::marked(marker.kind)));
            self.block(Span { start: end, end: span.end }, BlockRole::Body);
        }
    }

    /// What stands under a marker that goes on as text. 一、 heads lines in speeches, but not in articles.
    fn scope(&self, kind: Kind) -> Scope {
        let in_article = self.open.iter().any(|open| open.rank.kind == Some(Kind::Article));
        match kind {
            Kind::Article | Kind::Ordinal => Scope::Lines,
            Kind::Numeral if !in_article => Scope::Lines,
            _ => Scope::Line,
        }
    }

    fn member(&mut self, span: Span, marker: Marker, scope: Scope) {
        self.open(member_label(self.text, span, marker), Rank::marked(marker.kind), scope);
        self.block(span, if marker.kind == Kind::Article { BlockRole::Body } else { BlockRole::Member });
    }

    /// Adds a block, if it has something to search for, under the innermost open heading.
    fn block(&mut self, span: Span, role: BlockRole) {
        if has_searchable(span.text(self.text)) {
            self.outline.blocks.push(Block { span, node: self.innermost(), role });
        }
    }

    fn open(&mut self, label: Span, rank: Rank, scope: Scope) {
        self.open.truncate(self.outer(rank));
        let article = rank == Rank::marked(Kind::Article);
        let node = self.outline.add_node(self.innermost(), label, article);
        self.open.push(Open { node, rank, scope });
    }

    /// How many of the open headings stand above a rank.
    fn outer(&self, rank: Rank) -> usize {
        self.open.iter().take_while(|open| open.rank < rank).count()
    }

    fn innermost(&self) -> NodeId {
        self.open.last().map_or(NodeId::default(), |open| open.node)
    }

    /// Goes back to what a line without a marker stands under.
    fn close_members(&mut self) {
        while self.open.pop_if(|open| open.scope == Scope::Line).is_some() {}
    }

    /// The rank of a heading without a marker: beside the last such heading that is open, else under the marked ones.
    fn unmarked_rank(&mut self) -> Rank {
        if let Some(open) = self.open.iter().find(|open| open.rank.unmarked) {
            return open.rank;
        }
        while self.open.pop_if(|open| open.scope != Scope::Headings).is_some() {}
        Rank { kind: self.open.last().and_then(|open| open.rank.kind), unmarked: true }
    }
}

/// The whole line, without the signs of Markdown.
fn heading_label(text: &str, line: Span, marker: Marker) -> Span {
    match marker.kind {
        Kind::Markdown(_) => {
            let start = line.start.after(&line.text(text)[..marker.bytes]);
            Span { start, end: line.end }.trimmed(text)
        }
        _ => line,
    }
}

/// The marker and the first sentence, or the first clause of a long one; of an article only the marker.
fn member_label(text: &str, member: Span, marker: Marker) -> Span {
    let written = member.text(text);
    let marker_end = member.start.after(&written[..marker.bytes]);
    if marker.kind == Kind::Article {
        return Span { start: member.start, end: marker_end };
    }
    let rest = written[marker.bytes..].trim_start();
    let start = written.len() - rest.len();
    let head = rest.char_indices().nth(MAX_MEMBER_LABEL).map_or(rest, |(at, _)| &rest[..at]);
    let end = head
        .find(ends_member)
        .or_else(|| head.find(|character| character != '、' && ends_clause(character)))
        .unwrap_or(head.len());
    Span { start: member.start, end: member.start.after(&written[..start + end]) }
}
