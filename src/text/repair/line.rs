//! Lines, and what can be said of one without knowing the others.

use std::ops::Range;

use super::{Rule, repaired::Cut};
use crate::text::fold_character;

/// A line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What can be seen of it: without white space around it, so that a blank line is empty.
    pub(super) shown: &'a str,
    /// Its bytes in the text, the line break included.
    pub(super) range: Range<usize>,
}

impl Line<'_> {
    /// Cuts it out with one line break: its own, or the one before if it is the last and has none.
    pub(super) fn cut(&self, text: &str, rule: Rule) -> Cut {
        let Range { mut start, end } = self.range;
        if !text[..end].ends_with('\n') {
            start = end_without_break(&text[..start]);
        }
        Cut { range: start..end, rule }
    }
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut end = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = end;
        end += line.len();
        Line { shown: line.trim(), range: start..end }
    })
}

/// The lines of a text, the last one first.
pub(super) fn lines_backwards(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = text.len();
    text.split_inclusive('\n').rev().map(move |line| {
        let end = start;
        start -= line.len();
        Line { shown: line.trim(), range: start..end }
    })
}

/// The bytes of a text without the line break that ends it.
pub(super) fn end_without_break(text: &str) -> usize {
    let line = text.strip_suffix('\n').unwrap_or(text);
    line.strip_suffix('\r').unwrap_or(line).len()
}

/// Whether a line ends a sentence, a clause of a list or an announcement of what follows.
pub(super) fn ends_sentence(line: &str) -> bool {
    ends_with(line, &['。', '！', '？', '；', '：', '…', '!', '?', ';', ':'])
}

/// Whether a line has a sentence, or the last part of one.
pub(super) fn is_running_text(line: &str) -> bool {
    line.contains('。') || ends_with(line, &['！', '？', '；', '…', '!', '?', ';'])
}

/// Whether a line ends so; quotes and brackets may close behind it.
fn ends_with(line: &str, marks: &[char]) -> bool {
    const CLOSING: [char; 12] = ['”', '’', '"', '\'', '」', '』', '）', ')', '】', ']', '》', '〉'];
    line.trim_end_matches(CLOSING).ends_with(marks)
}

/// The number that is all there is in a line.
pub(super) fn number(line: &str) -> Option<u32> {
    const MOST_DIGITS: usize = 3; // Four are a year.
    let is_number = (1..=MOST_DIGITS).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| line.parse().ok()).flatten()
}

/// Writes a line folded and without white space, as rules that know words compare it.
pub(super) fn fold_into(folded: &mut String, line: &str) {
    folded.clear();
    folded.extend(line.chars().filter(|c| !c.is_whitespace()).map(fold_character));
}
