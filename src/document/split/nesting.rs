//! Nests lines under their headings: makes the outline.

mod ranks;

use super::{
    cutting::{Cut, Units},
    enumerations::{Enumerations, Follower},
    headings::{Line, Lines, Role, classified},
    labels::{
        chapter_label, closes_parts, closing_address, has_heading_sentence, heading_label, is_name_only,
        is_short_sentence, is_turn, last_topic, member_label, opens_with_topic, sums_up,
    },
    markers::{Kind, Marker},
    marks::{is_colon, is_semicolon},
    outline::{Block, BlockRole, NodeId, NodeKind, Outline},
    packing::MIN,
    rank::{Rank, Within},
    series::Candidate,
    span::{Place, Span},
};
use crate::text::{GoesOn, has_searchable};

/// How much longer than those before it the last member of an enumeration may be, in characters, apart from half as
/// long again: what is more, is no part of it.
const LAST_MEMBER_EXCESS: usize = 60;

/// The most characters of the last member of an enumeration that are left to what follows with a turn: 打铁必须自身硬.
const MAX_TURNED: usize = 100;

/// In how many steps lines give room to what becomes of them: a text may be nearly all headings.
const STEPS: usize = 8;

/// Reads a text's outline.
pub(super) fn outline<E>(text: &str, title: Option<Span>, goes_on: GoesOn<'_, E>) -> Result<Outline, E> {
    let Lines { mut lines, inner } = classified(text, title, goes_on)?;
    let is_part = |line: &Line| line.leading.is_some() || line.has_inner || line.role.heads();
    let is_glossary = |line: &Line| line.role == Role::Closing && !line.span.text(text).starts_with(['结', '結']);
    let closed = lines.iter().rposition(is_glossary).unwrap_or(lines.len());
    let last_part = lines[..closed].iter().rposition(is_part);
    let end = lines[..closed].last().map_or(Place::default(), |line| line.span.end);
    let mut nesting = Nesting { text, outline: Outline::default(), open: Vec::new(), in_last_part: false, end };
    let mut inner = inner.as_slice();
    let step = lines.len() / STEPS + 1;
    lines.reverse();
    for at in 0.. {
        goes_on()?;
        if at % step == 0 {
            lines.shrink_to_fit();
            nesting.outline.make_room(step);
        }
        let Some(line) = lines.pop() else { break };
        let inside = inner.iter().take_while(|found| found.line as usize == at).count();
        nesting.in_last_part = Some(at) >= last_part && at < closed;
        nesting.line(&line, &inner[..inside], lines.last());
        inner = &inner[inside..];
    }
    drop(lines);
    nesting.outline.finish();
    Ok(nesting.outline)
}

/// The outline so far, and the headings that the next line may stand under, outermost first, their ranks ascending.
struct Nesting<'t> {
    text: &'t str,
    outline: Outline,
    open: Vec<Open>,
    /// Whether nothing that is headed or numbered begins below the line, but for what closes the text: 名词解释.
    in_last_part: bool,
    /// Where the text ends, what closes it aside.
    end: Place,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    node: NodeId,
    rank: Rank,
    scope: Scope,
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
    fn line(&mut self, line: &Line, inner: &[Candidate], next: Option<&Line>) {
        let is_entry = line.role == Role::Entry;
        let ends = |open: &Open| match open.rank {
            Rank::OPENING => line.role.heads(),
            Rank::CONTENTS => !is_entry,
            rank => rank.within == Within::Topic,
        };
        self.open.truncate(self.above(ends));
        match (line.role, line.leading) {
            (Role::Title, _) => self.heading(line.span, line.span, Rank::TITLE),
            (Role::Heading, Some(marker)) => {
                if marker.kind == Kind::Annex {
                    self.close_unmarked();
                }
                let label = heading_label(self.text, line.span, marker);
                self.open_marked(label, marker, Scope::Headings);
                self.block(line.span, BlockRole::Heading);
            }
            (Role::ArticlesHeading, Some(marker)) => {
                self.heading(line.span, line.span, Rank::above_articles(marker.kind));
            }
            (Role::Heading | Role::ArticlesHeading, None) => {
                let rank = next.and_then(|next| self.rank_of_another(next)).unwrap_or_else(|| self.unmarked_rank());
                self.heading(line.span, line.span, rank);
            }
            (Role::Outer, _) => {
                let rank = self.unmarked_rank();
                self.open.truncate(self.outer(rank));
                self.block(line.span, BlockRole::Heading);
            }
            (Role::Opening, _) => {
                self.open.truncate(self.above(|open| open.scope != Scope::Headings));
                self.heading(line.span, line.span, Rank::OPENING);
            }
            (Role::Closing, _) => {
                let rank = self.closing_rank();
                self.heading(line.span, line.span, rank);
            }
            (Role::Contents, _) => {
                self.close_members();
                self.heading(line.span, line.span, Rank::CONTENTS);
            }
            (Role::Signed, _) => {
                self.close_members();
                self.block(line.span, BlockRole::End);
                self.open.truncate(self.above(|open| !open.rank.heads_document()));
            }
            (Role::Sent, _) => self.heading(line.span, line.span, Rank::SENT),
            (Role::Entry, _) => self.block(line.span, BlockRole::Member { opens: false }),
            (Role::Listed, Some(marker)) => self.member(line.span, marker, Scope::Line),
            (Role::Listed, None) => {
                self.close_members();
                self.block(line.span, BlockRole::Member { opens: false });
            }
            (Role::Running, Some(Marker { kind: Kind::Annex, .. })) => {
                self.open.truncate(self.outer(Rank::marked(Kind::Annex)));
                self.running(line, None, inner, next);
            }
            (Role::Running, leading) => self.running(line, leading, inner, next),
        }
    }

    /// A line that is a heading.
    fn heading(&mut self, line: Span, label: Span, rank: Rank) {
        self.open(label, rank, Scope::Headings);
        self.block(line, BlockRole::Heading);
    }

    /// A line of text: the members of its enumerations are blocks of their own.
    fn running(
        &mut self,
        Line { span: line, goes_on, .. }: &Line,
        leading: Option<Marker>,
        inner: &[Candidate],
        next: Option<&Line>,
    ) {
        let end = inner.first().map_or(line.end, |candidate| candidate.place);
        let first = Span { start: line.start, end }.trimmed(self.text);
        if let Some(marker) = leading.filter(|marker| self.is_in_sentence(*marker, *line)) {
            self.member_of_sentence(first, marker);
        } else if let Some(marker) = leading {
            let scope = if *goes_on && !self.is_in_article() { Scope::Lines } else { self.scope(marker.kind, first) };
            self.member(first, marker, scope);
        } else {
            self.close_members();
            if closes_parts(first.text(self.text)) && !self.is_headed() {
                self.close_inner_parts();
            }
            let leads_in = inner.is_empty()
                && first.characters() < MIN
                && (first.text(self.text).ends_with(is_colon) || self.opens_text(first, next));
            if leads_in { self.block(first, BlockRole::Lead) } else { self.body(first, inner.first()) }
        }
        let mut enumerations = Enumerations::default();
        if let Some(marker) = leading {
            enumerations.count(marker, line.start);
        }
        for (at, candidate) in inner.iter().enumerate() {
            let next = inner.get(at + 1);
            let end = next.map_or(line.end, |next| next.place);
            let span = Span { start: candidate.place, end }.trimmed(self.text);
            if candidate.marker.kind < Kind::Article {
                self.inner_chapter(span, candidate.marker, next);
            } else {
                let average = enumerations.count(candidate.marker, candidate.place);
                self.inner_member(span, candidate, next, average);
            }
        }
    }

    /// Whether a line is a part of a sentence that is a list: it ends with a semicolon behind a colon, or follows one that
    /// does. It then stands under what the sentence stands under, whatever its marker.
    fn is_in_sentence(&self, marker: Marker, line: Span) -> bool {
        if marker.kind != Kind::Numeral || self.is_in_article() {
            return false;
        }
        let before = self.text[..line.start.byte()].trim_end();
        match marker.number {
            1 => before.ends_with(is_colon) && line.text(self.text).ends_with(is_semicolon),
            _ => before.ends_with(is_semicolon) && self.is_in_list(),
        }
    }

    fn is_in_list(&self) -> bool {
        self.open.iter().any(|open| open.rank.within == Within::List)
    }

    fn member_of_sentence(&mut self, span: Span, marker: Marker) {
        if marker.number == 1 {
            self.close_members();
        }
        self.open.truncate(self.above(|open| open.rank.within == Within::List));
        let rank = Rank { kind: self.open.last().and_then(|open| open.rank.kind), within: Within::List };
        self.member_under(span, marker, rank, Scope::Line);
    }

    /// Goes back to the innermost part of a report that no enumeration makes, or to the outermost ones if an enumeration
    /// makes them all.
    fn close_inner_parts(&mut self) {
        let inner = self.outer(Rank::marked(Kind::BracketedNumeral));
        let (outer, parts) = self.open.split_at(inner);
        let is_outermost = outer.iter().all(|open| open.rank.heads_document())
            && parts.first().is_some_and(|part| part.scope == Scope::Headings);
        self.open.truncate(inner + usize::from(is_outermost));
    }

    /// Whether a line is a sentence that opens what the next one tells at length: 保持适当的增长速度。
    fn opens_text(&self, line: Span, next: Option<&Line>) -> bool {
        let tells = |next: &Line| {
            next.role == Role::Running && next.leading.is_none() && !next.has_inner && next.span.characters() >= MIN
        };
        !self.is_in_article() && is_short_sentence(line.text(self.text)) && next.is_some_and(tells)
    }

    /// A chapter within a line: a heading and, if no further marker comes first, text.
    fn inner_chapter(&mut self, span: Span, marker: Marker, next: Option<&Candidate>) {
        let name_only = is_name_only(self.text, span);
        if name_only && next.is_none_or(|next| next.marker.kind <= marker.kind) {
            return self.member(span, marker, Scope::Line);
        }
        let label = if name_only { span } else { chapter_label(self.text, span, marker) };
        self.heading(label, label, Rank::marked(marker.kind));
        self.block(Span { start: label.end, end: span.end }.trimmed(self.text), BlockRole::Body);
    }

    /// A member within a line, and after the last one what is no part of it.
    fn inner_member(&mut self, span: Span, member: &Candidate, next: Option<&Candidate>, average: Option<usize>) {
        let (marker, follower) = (member.marker, Follower::of(member, next));
        let scope = if marker.kind == Kind::Ordinal { Scope::Line } else { self.scope(marker.kind, span) };
        let end = if follower == Follower::Member { span.end } else { self.end_of_last(span, follower, average) };
        self.member(Span { start: span.start, end }.trimmed(self.text), marker, scope);
        let rest = Span { start: end, end: span.end }.trimmed(self.text);
        if rest.start != rest.end {
            if marker.kind != Kind::Article {
                self.open.truncate(self.outer(Rank::marked(marker.kind)));
            }
            self.body(rest, next);
        }
    }

    /// Text without a marker, and what comes next in its line. If it leads in an enumeration, its last topic heads that;
    /// the address that closes a document stands beside its parts.
    fn body(&mut self, span: Span, next: Option<&Candidate>) {
        if opens_with_topic(self.text, span) {
            self.open.truncate(self.above(|open| open.rank.within == Within::Topic && open.scope == Scope::Line));
        }
        let first = next.map(|next| next.marker).filter(|marker| marker.number == 1 && marker.kind.is_enumeration());
        let topic = first.and_then(|first| Some((last_topic(self.text, span)?, first.kind)));
        let may_close = self.in_last_part && next.is_none();
        let address = may_close.then(|| closing_address(self.text, span, self.end)).flatten();
        let address = address.filter(|&address| address != span.start || !self.is_headed());
        let Some(place) = topic.map(|(topic, _)| topic.start).or(address) else {
            return self.block(span, BlockRole::Body);
        };
        self.block(Span { start: span.start, end: place }.trimmed(self.text), BlockRole::Body);
        match topic {
            Some((topic, kind)) => self.topic(topic, kind),
            None => self.open.truncate(self.above(|open| !open.rank.heads_document())),
        }
        self.block(Span { start: place, end: span.end }, BlockRole::Body);
    }

    /// A sentence that heads an enumeration of a kind.
    fn topic(&mut self, label: Span, kind: Kind) {
        self.open.truncate(self.outer(Rank::marked(kind)));
        let within = self.open.last().and_then(|open| open.rank.kind);
        self.open(label, Rank { kind: within, within: Within::Topic }, Scope::Line);
    }

    /// Where the last member of an enumeration ends. Where the member before ends with a semicolon the enumeration is
    /// one sentence. Else the member goes on until a sentence sums up, is the topic after the enumeration's, or leads in
    /// the next enumeration, or until the member is as long as the others are on `average` though the text goes on for
    /// much longer; then it ends where the text has just turned to something else, if it has.
    fn end_of_last(&self, span: Span, follower: Follower, average: Option<usize>) -> Place {
        let one_sentence = self.text[..span.start.byte()].trim_end().ends_with(is_semicolon);
        let enough = average.filter(|average| span.characters() > average + average / 2 + LAST_MEMBER_EXCESS);
        let has_topic = self.open.iter().any(|open| open.rank.within == Within::Topic && open.scope == Scope::Line);
        let mut sentences = Units::new(self.text, span, Cut::Sentence).peekable();
        let mut end = sentences.next().map_or(span.end, |first| first.end);
        let mut turn: Option<Place> = None;
        while let Some(sentence) = sentences.next() {
            let leads_in = follower == Follower::First && sentences.peek().is_none();
            let so_far = end.character() - span.start.character();
            let is_next_topic = has_topic && opens_with_topic(self.text, sentence);
            if one_sentence || leads_in || is_next_topic || sums_up(sentence.text(self.text)) {
                break;
            }
            if enough.is_some_and(|enough| so_far >= enough) {
                return turn.filter(|turn| end.character() - turn.character() <= MAX_TURNED).unwrap_or(end);
            }
            if so_far >= MIN && is_turn(sentence.text(self.text)) {
                turn = Some(end);
            }
            end = sentence.end;
        }
        end
    }

    /// What stands under a marker that goes on as text. 一、 heads lines in speeches, but not in articles, and so does
    /// （一） with a sentence for a heading and more in its line.
    fn scope(&self, kind: Kind, span: Span) -> Scope {
        match kind {
            Kind::Article | Kind::Ordinal | Kind::Decimal(_) => Scope::Lines,
            Kind::Numeral if !self.is_in_article() => Scope::Lines,
            Kind::BracketedNumeral if !self.is_in_article() && has_heading_sentence(self.text, span) => Scope::Lines,
            _ => Scope::Line,
        }
    }

    fn is_in_article(&self) -> bool {
        self.open.iter().any(|open| open.rank.kind == Some(Kind::Article))
    }

    fn member(&mut self, span: Span, marker: Marker, scope: Scope) {
        self.member_under(span, marker, Rank::marked(marker.kind), scope);
    }

    fn member_under(&mut self, span: Span, marker: Marker, rank: Rank, scope: Scope) {
        self.open_ranked(member_label(self.text, span, marker), marker, rank, scope);
        let member = BlockRole::Member { opens: marker.number == 1 };
        self.block(span, if marker.kind == Kind::Article { BlockRole::Body } else { member });
    }

    /// Adds a block, if it has something to search for, under the innermost open heading.
    fn block(&mut self, span: Span, role: BlockRole) {
        if has_searchable(span.text(self.text)) {
            self.outline.blocks.push(Block { span, node: self.innermost(), role });
        }
    }

    /// Opens a heading of a rank.
    fn open(&mut self, label: Span, rank: Rank, scope: Scope) {
        self.open.truncate(self.outer(rank));
        let kind = if scope == Scope::Line { NodeKind::Topic } else { NodeKind::Heading };
        let node = self.outline.add_node(self.innermost(), label, kind);
        self.open.push(Open { node, rank, scope });
    }

    /// Opens what has a marker, under what its marker stands under.
    fn open_marked(&mut self, label: Span, marker: Marker, scope: Scope) {
        self.open_ranked(label, marker, Rank::marked(marker.kind), scope);
    }

    fn open_ranked(&mut self, label: Span, marker: Marker, rank: Rank, scope: Scope) {
        self.open.truncate(self.outer(rank));
        let node = self.outline.add_marked(self.innermost(), label, marker);
        self.open.push(Open { node, rank, scope });
    }
}
