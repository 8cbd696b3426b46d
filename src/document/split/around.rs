//! What a line is by what stands around it: a heading heads something.

use super::{
    headings::{Line, Role},
    lines::lists_whole_names,
    markers::{Kind, Marker},
    marks::{closes, ends_sentence, is_colon, is_finished},
    shape::Shape,
};
use crate::text::fold_character;

/// What stands around a line.
pub(super) struct Around<'t> {
    pub(super) text: &'t str,
    pub(super) shapes: &'t [Shape],
    /// How many lines right above are [`Role::Listed`].
    pub(super) listed: usize,
    /// Whether there are sentences above.
    pub(super) started: bool,
    /// Whether the line right above is of a list of what is attached: 附件：1.方案.
    pub(super) attached: bool,
    /// The last line that an annex could be: it has sentences, or looks like a heading.
    pub(super) last_content: Option<usize>,
}

impl Around<'_> {
    pub(super) fn role(&self, lines: &[Line], at: usize) -> Role {
        let next = lines.get(at + 1);
        match (lines[at].leading, next) {
            (Some(Marker { kind: Kind::Annex, .. }), Some(_)) if self.last_content > Some(at) => self.annex(lines, at),
            (Some(Marker { kind: Kind::Annex, .. }), _) => Role::Running,
            _ if self.shapes[at].is_text() => Role::Running,
            _ if self.is_attached(&lines[at]) => Role::Listed,
            _ if matches!(self.shapes[at], Shape::Contents | Shape::Row) => Role::Listed,
            (Some(_), None) => Role::Listed,
            _ if self.heads_articles(lines, at) => Role::ArticlesHeading,
            (Some(marker), Some(next)) => {
                let headless = |line: &Line| line.leading.is_some_and(|next| next.kind <= marker.kind);
                let closes_contents = self.shapes[at + 1] == Shape::Closing && lines.get(at + 2).is_some_and(headless);
                let ends_list = self.listed > 0
                    && (marker.kind.is_enumeration() || closes_contents)
                    && marker.follows(lines[at - 1].leading);
                if headless(next) || ends_list { Role::Listed } else { Role::Heading }
            }
            (None, Some(next)) => self.unmarked(lines, at, next.leading),
            (None, None) => Role::Running,
        }
    }

    /// Whether a line goes on with a list of what is attached.
    pub(super) fn is_attached(&self, line: &Line) -> bool {
        self.attached && line.leading.is_some_and(|marker| marker.kind == Kind::Figure)
    }

    /// 附件 heads what follows, unless it is one of a list, or tells at the end of a notice what is attached.
    fn annex(&self, lines: &[Line], at: usize) -> Role {
        let (line, next) = (&lines[at], &lines[at + 1]);
        let marker_only = line.leading.is_some_and(|marker| marker.bytes() == line.span.text(self.text).len());
        let headless = next.leading.is_some_and(|next| next.kind == Kind::Annex);
        let lists =
            next.leading.is_some_and(|next| next.kind == Kind::Figure) && line.span.text(self.text).ends_with(is_colon);
        let heads_text = next.leading.is_some() || self.shapes[at + 1] == Shape::Full;
        match self.shapes[at] {
            Shape::Full => Role::Running,
            _ if lists || line.has_inner => Role::Running,
            _ if headless => Role::Listed,
            _ if marker_only || heads_text => Role::Heading,
            _ => Role::Running,
        }
    }

    /// Whether a line opens an enumeration, or goes on with one that was left for articles, and articles follow at once
    /// or below a heading further in.
    fn heads_articles(&self, lines: &[Line], at: usize) -> bool {
        let counted = |at: usize| {
            let marker = lines.get(at)?.leading.filter(|marker| marker.kind.is_enumeration())?;
            let named = !self.shapes[at].is_text() && !lines[at].span.text(self.text).ends_with([')', '）']);
            named.then_some(marker)
        };
        let is_article =
            |at: usize| lines.get(at).and_then(|line| line.leading).map(|next| next.kind) == Some(Kind::Article);
        let Some(marker) = counted(at) else { return false };
        let above = at.checked_sub(1).map(|above| &lines[above]);
        let in_list =
            above.is_some_and(|above| marker.follows(above.leading) || above.span.text(self.text).ends_with(is_colon));
        let headed = counted(at + 1).is_some_and(|next| next.kind > marker.kind) && is_article(at + 2);
        !in_list && (is_article(at + 1) || headed)
    }

    /// A line without a marker.
    fn unmarked(&self, lines: &[Line], at: usize, next: Option<Marker>) -> Role {
        let heads = match self.shapes[at] {
            Shape::Open => Role::Heading,
            Shape::Name if self.started => Role::Heading,
            Shape::Opening => Role::Opening,
            Shape::Closing => Role::Closing,
            _ => return Role::Running,
        };
        if self.is_broken_off(lines, at) || self.is_maker(lines, at) {
            return Role::Running;
        }
        match self.shapes[at + 1] {
            _ if self.is_annex_title(lines, at) => Role::Sent,
            _ if self.is_outer(lines, at) => Role::Outer,
            _ if next.is_some() && (self.listed == 0 || self.listed == 1 && next.is_some_and(begins)) => heads,
            Shape::Full if self.listed < 2 && !lists_whole_names(lines[at + 1].span.text(self.text)) => heads,
            Shape::Salutation if self.started && self.listed < 2 => heads,
            Shape::Full | Shape::Open | Shape::Opening | Shape::Closing => Role::Listed,
            _ => Role::Running,
        }
    }

    /// Whether a line without a marker, which ends no list, stands above a single heading without a marker.
    fn is_outer(&self, lines: &[Line], at: usize) -> bool {
        let unmarked = |at: usize| self.shapes[at] == Shape::Open && lines[at].leading.is_none();
        let is_headed = |line: &Line| line.leading.map_or(self.shapes[at + 2] == Shape::Full, begins);
        let headed = lines.get(at + 2).is_some_and(is_headed);
        let above = at.checked_sub(1).map(|above| lines[above].span.text(self.text));
        let after_text = above.is_some_and(|above| above.trim_end_matches(closes).ends_with(ends_sentence));
        after_text && unmarked(at) && unmarked(at + 1) && headed
    }

    /// Whether a line stands right below 附件1: it is the annex's title, whatever follows.
    fn is_annex_title(&self, lines: &[Line], at: usize) -> bool {
        at.checked_sub(1).map(|above| &lines[above]).is_some_and(|above| {
            let is_annex =
                above.role == Role::Heading && above.leading.is_some_and(|marker| marker.kind == Kind::Annex);
            let annex = above.span.text(self.text);
            is_annex && !annex.ends_with(is_colon) && above.leading.is_some_and(|marker| marker.bytes() == annex.len())
        })
    }

    /// Whether a line right below the title tells who wrote the text: 县人大常委会调研组.
    fn is_maker(&self, lines: &[Line], at: usize) -> bool {
        const MAKERS: [&str; 8] = ["调研组", "课题组", "编写组", "写作组", "研究组", "评论员", "党组", "党委"];
        let line = || lines[at].span.text(self.text).chars().map(fold_character).collect::<String>();
        at > 0 && lines[at - 1].role == Role::Title && MAKERS.iter().any(|maker| line().ends_with(maker))
    }

    /// Whether the line above stops within a sentence, which goes on in this one.
    fn is_broken_off(&self, lines: &[Line], at: usize) -> bool {
        let above = at.checked_sub(1).filter(|&above| self.shapes[above] == Shape::Full);
        above
            .map(|above| lines[above].span.text(self.text))
            .is_some_and(|line| !is_finished(line) && !lists_whole_names(line))
    }
}

/// Whether a marker does not count on from above, and so may stand below a heading of its own, which the last line of a
/// list is not. Articles are counted through.
fn begins(marker: Marker) -> bool {
    marker.number < 2 || marker.kind == Kind::Article
}

/// Whether a line begins a list of what is attached.
pub(super) fn lists_annexes(line: &Line, role: Role) -> bool {
    role == Role::Running && line.leading.is_some_and(|marker| marker.kind == Kind::Annex)
}
