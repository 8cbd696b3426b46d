//! The title of a text: the first line at its head that can be one.

use std::ops::Range;

use super::{
    issue::is_organ,
    line::Line,
    number::{announces, completes},
    shape::{Shape, markdown, names_kind, page_title},
};
use crate::text::columns;

/// The most lines that a title is broken into.
const MAX_LINES: usize = 3;

/// The most characters of a line that the last word of a title was broken into.
const MAX_FRAGMENT: usize = 3;

/// How far below a title there is something that shows it to be one, in lines.
const MAX_PROOF: usize = 5;

/// The shortest line that may have been broken by a fixed width, in characters.
const MIN_WIDTH: usize = 18;

/// By how many columns the first line of a paragraph is indented; a title that is centred is indented further.
const PARAGRAPH_INDENT: usize = 4;

/// The widest line of a page, in columns; a wider one below is a paragraph in one line.
const WIDEST_PAGE: usize = 100;

/// How many columns lines that a fixed width broke differ by, a character more or less.
const SLACK: usize = 4;

/// Finds the title: the lines that it takes, and its bytes in the text.
pub(super) fn title(lines: &[Line<'_>], shapes: &[Shape]) -> Option<(Range<usize>, Range<usize>)> {
    undecreed(lines, shapes).or_else(|| decreed(lines)).or_else(|| of_page(lines))
}

/// What the page calls itself, if nothing on it does.
fn of_page(lines: &[Line<'_>]) -> Option<(Range<usize>, Range<usize>)> {
    let title = lines.first().and_then(|line| Some(line.origin(page_title(line)?)))?;
    (lines.len() > 1).then_some((0..1, title))
}

/// The title of a text that stands at its beginning.
fn undecreed(lines: &[Line<'_>], shapes: &[Shape]) -> Option<(Range<usize>, Range<usize>)> {
    let mut first = shapes.iter().position(|shape| matches!(shape, Shape::Body | Shape::Markdown | Shape::Open))?;
    if shapes[first] == Shape::Markdown {
        let range = lines[first].range();
        let heading = lines[first].part(range.end - markdown(lines[first].text)?.len()..range.end)?;
        return Some((first..first + 1, unwrapped(&heading)));
    }
    let mut end = end(lines, shapes, first)?;
    if end == first + 1 && is_organ(&lines[first]) {
        // The head of a letter; the title may follow.
        first = (end..lines.len()).find(|&at| shapes[at] != Shape::Frame).filter(|&at| shapes[at] == Shape::Open)?;
        end = self::end(lines, shapes, first)?;
    }
    let range =
        if end == first + 1 { unwrapped(&lines[first]) } else { lines[first].start..lines[end - 1].range().end };
    is_proved(lines, shapes, first, end).then_some((first..end, range))
}

/// The title of what an order makes known, below its signature: 某市人民政府令 第12号 《某办法》已经……，现予公布。 某办法.
fn decreed(lines: &[Line<'_>]) -> Option<(Range<usize>, Range<usize>)> {
    let ordered = (1..lines.len()).find(|&at| announces(&lines[at - 1]) && completes(&lines[at]))?;
    let told = (ordered + 1..lines.len()).find(|&at| lines[at].folded.contains('。'))?;
    let order = lines[told].folded.as_str();
    let names = order.split('《').skip(1).filter_map(|rest| Some(rest.split_once('》')?.0));
    let names: Vec<&str> = names.filter(|_| order.contains("公布") || order.contains("发布")).collect();
    let at = (told + 1..lines.len()).find(|&at| names.contains(&lines[at].folded.as_str()))?;
    Some((at..at + 1, lines[at].range()))
}

/// The line behind a title that starts at `first`.
fn end(lines: &[Line<'_>], shapes: &[Shape], first: usize) -> Option<usize> {
    let breaks_off = |line: &Line<'_>| line.folded.ends_with('、');
    if shapes[first] != Shape::Open && !breaks_off(&lines[first]) {
        return None;
    }
    let mut joined = lines[first].folded.clone();
    for at in first + 1..(first + MAX_LINES).min(lines.len()) {
        let (above, below) = (&lines[at - 1], &lines[at]);
        let goes_on = at == first + 1 || breaks_off(above) || joined_on(&above.folded) || is_organ(&lines[first]);
        if names_kind(&joined) || !goes_on || below.stands_apart && !breaks_off(above) {
            break;
        }
        joined.push_str(&below.folded);
        let is_fragment = shapes[at] == Shape::Frame && below.characters() <= MAX_FRAGMENT;
        let is_rest = shapes[at] == Shape::Open && !is_talk(&below.folded) || is_fragment;
        let is_subtitled = lines.get(at + 1).is_some_and(|next| next.folded.starts_with("——"));
        if (is_rest && names_kind(&joined) || shapes[at] == Shape::Open && is_subtitled) && !joined.contains(',') {
            return Some(at + 1);
        }
    }
    let is_whole = !joined_on(&lines[first].folded);
    (shapes[first] == Shape::Open && is_whole).then_some(first + 1)
}

/// Whether a line ends with a word that something has to follow.
fn joined_on(folded: &str) -> bool {
    folded.ends_with(['的', '和', '与', '及', '并', '或', '之', '为', '在', '对'])
}

/// Whether a line ends with a word that as often ends a headline as a title: 市长作报告.
fn is_talk(folded: &str) -> bool {
    ["报告", "讲话", "发言", "说明", "总结", "要点", "建议", "计划"].iter().any(|word| folded.ends_with(word))
        && !folded.starts_with('的')
}

/// Whether what follows a title shows it to be one, and not the first line of a text broken by a fixed width.
fn is_proved(lines: &[Line<'_>], shapes: &[Shape], first: usize, end: usize) -> bool {
    let is_proof = |at: usize| matches!(shapes[at], Shape::Note | Shape::Body);
    (end..lines.len().min(end + MAX_PROOF)).any(is_proof) && (end > first + 1 || !is_broken(lines, shapes, first))
}

/// Whether a line is as wide as the next, and so the first of a sentence that a fixed width broke; or it is indented as
/// the first line of a paragraph and the next is not.
fn is_broken(lines: &[Line<'_>], shapes: &[Shape], first: usize) -> bool {
    let [title, below, ..] = &lines[first..] else { return false };
    let is_title = shapes[first + 1] == Shape::Note || below.stands_apart || names_kind(&title.folded);
    let opens_paragraph = title.indent == PARAGRAPH_INDENT;
    let indent = if opens_paragraph { PARAGRAPH_INDENT } else { 0 };
    let (width, width_below) = (indent + columns(title.text), below.columns());
    let goes_on = width_below + SLACK >= width || below.folded.contains(['。', ',', ';']);
    let is_of_one_width = width_below <= width + SLACK && goes_on;
    let opens_page = opens_paragraph && width_below <= WIDEST_PAGE;
    !is_title && title.characters() >= MIN_WIDTH && (opens_page || is_of_one_width)
}

/// The bytes of a line without the 《》, or the ** of Markdown, around all of it.
fn unwrapped(line: &Line<'_>) -> Range<usize> {
    let inner = [("《", "》"), ("**", "**")].into_iter().find_map(|(opens, closes)| {
        let inner = line.folded.strip_prefix(opens)?.strip_suffix(closes)?;
        (!inner.is_empty() && !inner.contains(closes)).then_some(opens.len()..opens.len() + inner.len())
    });
    inner.map_or_else(|| line.range(), |inner| line.origin(inner))
}
