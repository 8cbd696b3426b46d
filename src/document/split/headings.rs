//! Which lines are headings.
//!
//! Known by their shape and by what follows them: a heading is short, ends without a mark, and heads something.

use std::ops::Range;

use super::{
    lines::{MAX_HEADING, is_finished, lines},
    markers::{Candidate, Kind, Marker, Position, keep_series, marker},
    sentences::{closes, ends_member},
    span::Span,
};
use crate::text::{fold_character, has_searchable, is_searchable};

/// The longest salutation, in characters.
const MAX_SALUTATION: usize = 20;

/// A line with its markers.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) span: Span,
    /// The marker at its start.
    pub(super) leading: Option<Marker>,
    /// The markers inside it: their places among all of [`Lines::inner`].
    pub(super) inner: Range<usize>,
    pub(super) role: Role,
}

/// What a line is in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The title: it heads the document.
    Title,
    /// It heads what follows.
    Heading,
    /// A heading by its looks that heads nothing: a line of a table of contents, of a list, of names.
    Listed,
    /// Anything else.
    Running,
}

/// The lines of a text that have something to search for.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    pub(super) inner: Vec<Candidate>,
}

/// Finds the lines of a text and their roles.
pub(super) fn classified(text: &str) -> Lines {
    let spans: Vec<Span> = lines(text).into_iter().filter(|span| has_searchable(span.text(text))).collect();
    let shapes: Vec<Shape> = spans.iter().map(|span| Shape::of(span.text(text))).collect();
    let mut lines = marked(text, &spans, &shapes);
    let (mut started, mut listed) = (false, 0);
    for at in 0..lines.lines.len() {
        let role = role(&lines.lines, &shapes, at, started, listed);
        started |= shapes[at].is_text() || shapes[at] == Shape::Open;
        listed = if role == Role::Listed { listed + 1 } else { 0 };
        lines.lines[at].role = role;
    }
    lines
}

/// What a line looks like, whatever stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Short, without marks that end a sentence: a heading, if it heads something.
    Open,
    /// The same, but it tells of the document, as a byline does.
    Note,
    /// 目录: it heads a table of contents, and no text.
    Contents,
    /// A date or a number.
    Date,
    /// A short line that ends with a colon: 各位代表：.
    Salutation,
    /// Sentences.
    Full,
}

impl Shape {
    fn is_text(self) -> bool {
        matches!(self, Self::Salutation | Self::Full)
    }

    fn of(line: &str) -> Self {
        if line.ends_with(['：', ':']) && line.chars().nth(MAX_SALUTATION).is_none() {
            return Self::Salutation;
        }
        if line.chars().nth(MAX_HEADING).is_some() || is_finished(line) || line.contains(['。', '；', ';', '\n']) {
            return Self::Full;
        }
        let letters = || line.chars().map(fold_character).filter(|&folded| is_searchable(folded));
        if letters().all(is_dated_folded) {
            Self::Date
        } else if ["目录", "目次"].into_iter().any(|contents| letters().eq(contents.chars())) {
            Self::Contents
        } else if is_note(line) {
            Self::Note
        } else {
            Self::Open
        }
    }
}

/// Whether a character belongs to dates and numbers.
fn is_dated(character: char) -> bool {
    is_dated_folded(fold_character(character))
}

fn is_dated_folded(folded: char) -> bool {
    folded.is_ascii_digit() || "年月日零一二三四五六七八九十".contains(folded)
}

/// Whether a short line is a byline, a source, the passage of a law, a document's number or the body that issued it.
fn is_note(line: &str) -> bool {
    let has_date = line.starts_with(is_dated) && line.contains('月') && line.contains('日');
    has_date
        || line.contains(['：', ':', '/', '／', '=', '〔'])
        || line.starts_with(['（', '(', '—'])
        || ["本报记者", "本報記者", "记者", "記者"].into_iter().any(|writer| line.starts_with(writer))
        || line.ends_with('，')
        || ["人民政府", "办公室", "辦公室", "委员会", "委員會"].into_iter().any(|issuer| line.ends_with(issuer))
}

/// Finds the markers of each line and keeps those that stand.
fn marked(text: &str, spans: &[Span], shapes: &[Shape]) -> Lines {
    let mut candidates = Vec::new();
    for (span, shape) in spans.iter().zip(shapes) {
        let short = !shape.is_text();
        let leading =
            marker(span.text(text), Position::LineStart).filter(|marker| short || marker.kind >= Kind::Article);
        candidates.extend(leading.map(|marker| Candidate { marker, place: span.start, position: Position::LineStart }));
        if !short {
            find_inner(text, *span, &mut candidates);
        }
    }
    let kept = keep_series(&candidates);
    let (mut lines, mut inner) = (Vec::with_capacity(spans.len()), Vec::new());
    let mut kept = kept.into_iter().peekable();
    for &span in spans {
        let leading = kept.next_if(|candidate| candidate.place == span.start).map(|candidate| candidate.marker);
        let first = inner.len();
        while let Some(candidate) = kept.next_if(|candidate| candidate.place.byte < span.end.byte) {
            inner.push(candidate);
        }
        lines.push(Line { span, leading, inner: first..inner.len(), role: Role::Running });
    }
    Lines { lines, inner }
}

/// Finds the markers within a line, where a sentence or a member of a list starts.
fn find_inner(text: &str, line: Span, candidates: &mut Vec<Candidate>) {
    let mut place = line.start;
    let mut ended = false;
    for character in line.text(text).chars() {
        if ends_member(character) {
            ended = true;
        } else if ended && !closes(character) && !character.is_whitespace() {
            ended = false;
            let rest = &text[place.byte..line.end.byte];
            let found = marker(rest, Position::Inside);
            candidates.extend(found.map(|marker| Candidate { marker, place, position: Position::Inside }));
        }
        place = place.after_character(character);
    }
}

/// The role of a line among its neighbours. `started`: some line above is no byline or date; `listed`: how many lines
/// right above are [`Role::Listed`].
fn role(lines: &[Line], shapes: &[Shape], at: usize, started: bool, listed: usize) -> Role {
    let (line, shape, next) = (&lines[at], shapes[at], lines.get(at + 1));
    match (line.leading, next) {
        _ if shape.is_text() => Role::Running,
        _ if shape == Shape::Contents => Role::Listed,
        (Some(_), None) => Role::Listed,
        (Some(marker), Some(next)) => {
            let headless = next.leading.is_some_and(|next| next.kind <= marker.kind);
            let ends_list = listed > 0 && marker.kind.is_enumeration() && marker.follows(lines[at - 1].leading);
            if headless || ends_list { Role::Listed } else { Role::Heading }
        }
        (None, Some(next)) if shape == Shape::Open => match shapes[at + 1] {
            _ if !started => Role::Title,
            _ if next.leading.is_some() && listed < 2 => Role::Heading,
            Shape::Full if listed < 2 => Role::Heading,
            Shape::Full | Shape::Open => Role::Listed,
            Shape::Salutation | Shape::Note | Shape::Contents | Shape::Date => Role::Running,
        },
        _ => Role::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line with the first letter of its role.
    fn check(text: &str, expected: &str) {
        let letters = |line: &Line| format!("{:?}", line.role).chars().take(1).collect::<String>();
        assert_eq!(classified(text).lines.iter().map(letters).collect::<String>(), expected, "{text}");
    }

    #[test]
    fn headings_head_something() {
        check("工作报告\n各位代表：\n一、回顾\n成绩很大。\n（一）经济\n增长。", "TRHRHR");
        check("守正创新\n文章来源: 网站\n正文。\n在思想上守正\n正文。", "TRRHR");
        check("正文。\n某市人民政府\n2024年3月1日", "RRR");
        check("某市通知\n某办发〔2024〕1号\n正文。\n某市办公室\n正文。", "TRRRR");
        check("报告\n本报记者 某某\n正文。", "TRR");
        check("报告\n某省省长 某某\n各位代表：\n正文。", "TRRR");
        check("优化营商环境", "R");
    }

    #[test]
    fn lists_and_contents_are_no_headings() {
        check("条例\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 为了。", "TLLLHR");
        check("正文：\n1.身份证\n2.申请表\n请携带。", "RLLR");
        check("正文。\n甲\n乙\n丙\n正文。", "RLLLR");
    }

    #[test]
    fn headings_are_read_folded() {
        check("条例\n⽬錄\n⼈⼤\n第一条 为了。", "TLHR");
        check("⼈⼤\n正文。", "TR");
        check("正文。\n二○二四年三⽉\n正文。", "RRR");
    }

    #[test]
    fn markers_inside_a_line() {
        let lines = classified("会议要求：一是学习。二是实践。见第一条规定。\n第一，改革。");
        let numbers: Vec<u32> = lines.inner.iter().map(|candidate| candidate.marker.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(lines.lines[1].leading.map(|marker| marker.kind), Some(Kind::Ordinal));
    }
}
