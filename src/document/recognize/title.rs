//! The title of a text: the first line at its head that can be one.

use std::ops::Range;

use super::{
    issue::is_organ,
    line::Line,
    shape::{Shape, markdown, names_kind},
};

/// The most lines that a title is broken into.
const MAX_LINES: usize = 3;

/// How far below a title there is something that shows it to be one, in lines.
const MAX_PROOF: usize = 3;

/// The shortest line that may have been broken by a fixed width, in characters.
const MIN_WIDTH: usize = 18;

/// Finds the title: the lines that it takes, and its bytes in the text.
pub(super) fn title(lines: &[Line<'_>], shapes: &[Shape]) -> Option<(Range<usize>, Range<usize>)> {
    let mut first = shapes.iter().position(|shape| matches!(shape, Shape::Body | Shape::Markdown | Shape::Open))?;
    if shapes[first] == Shape::Markdown {
        let range = lines[first].range();
        let heading = lines[first].part(range.end - markdown(lines[first].text)?.len()..range.end)?;
        return Some((first..first + 1, unwrapped(&heading)));
    }
    let mut end = end(lines, shapes, first)?;
    if end == first + 1 && is_organ(&lines[first].folded) {
        // The head of a letter; the title may follow.
        first = (end..lines.len()).find(|&at| shapes[at] != Shape::Frame).filter(|&at| shapes[at] == Shape::Open)?;
        end = self::end(lines, shapes, first)?;
    }
    let range =
        if end == first + 1 { unwrapped(&lines[first]) } else { lines[first].start..lines[end - 1].range().end };
    is_proved(lines, shapes, first, end).then_some((first..end, range))
}

/// The line behind a title that starts at `first`.
fn end(lines: &[Line<'_>], shapes: &[Shape], first: usize) -> Option<usize> {
    let breaks_off = |line: &Line<'_>| line.folded.ends_with('、');
    let opens = |at: usize| {
        shapes[at] == Shape::Open || at + 1 < lines.len() && breaks_off(&lines[at]) && shapes[at + 1] != Shape::Note
    };
    if !opens(first) {
        return None;
    }
    let mut joined = lines[first].folded.clone();
    for end in first + 1..(first + MAX_LINES).min(lines.len()) {
        let (above, below) = (&lines[end - 1], &lines[end]);
        if names_kind(&joined) || below.stands_apart && !above.folded.ends_with('、') {
            break;
        }
        joined.push_str(&below.folded);
        let fragment = below.characters() <= 4 && shapes[end] != Shape::Body && shapes[end] != Shape::Note;
        let is_rest = (shapes[end] == Shape::Open || fragment) && names_kind(&joined);
        if is_rest && (fragment || !is_talk(&below.folded)) {
            return Some(end + 1);
        }
    }
    (shapes[first] == Shape::Open).then_some(first + 1)
}

/// Whether a line ends with a word that as often ends a headline as a title: 市长作报告.
fn is_talk(folded: &str) -> bool {
    ["报告", "讲话", "发言", "说明", "总结"].iter().any(|word| folded.ends_with(word)) && !folded.starts_with('的')
}

/// Whether what follows a title shows it to be one, and not the first line of a text broken by a fixed width.
fn is_proved(lines: &[Line<'_>], shapes: &[Shape], first: usize, end: usize) -> bool {
    let proof = |at: &usize| matches!(shapes[*at], Shape::Note | Shape::Body);
    let Some(proof) = (end..lines.len().min(end + MAX_PROOF)).find(proof) else { return false };
    let (title, below) = (&lines[first], &lines[proof]);
    let may_be_broken = proof == first + 1 && shapes[proof] == Shape::Body && !below.stands_apart;
    let width = title.characters();
    let fits = width >= MIN_WIDTH && below.characters() <= width + 2 && below.folded.contains(['。', ',', ';']);
    !(may_be_broken && fits)
}

/// The bytes of a line without the 《》 around all of it.
fn unwrapped(line: &Line<'_>) -> Range<usize> {
    let inner = line.folded.strip_prefix('《').and_then(|inner| inner.strip_suffix('》'));
    match inner.filter(|inner| !inner.is_empty() && !inner.contains('》')) {
        Some(inner) => line.origin('《'.len_utf8()..'《'.len_utf8() + inner.len()),
        None => line.range(),
    }
}
