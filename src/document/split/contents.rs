//! Tables of contents: lines that look like headings, below 目录 or above the same headings once more.

use std::collections::HashMap;

use super::{
    headings::{Line, Role},
    markers::{Kind, Marker},
    shape::Shape,
    span::small,
};

/// The role of each line that belongs to a table of contents. Takes linear time.
pub(super) fn contents(text: &str, lines: &[Line], shapes: &[Shape]) -> Vec<Option<Role>> {
    let mut roles = vec![None; lines.len()];
    if !(0..lines.len()).any(|at| shapes[at] == Shape::Contents || is_entry(lines, shapes, at)) {
        return roles;
    }
    let ahead = Ahead::of(text, lines, shapes);
    let mut at = 0;
    while at < lines.len() {
        let is_titled = shapes[at] == Shape::Contents;
        let first = if is_titled { at + 1 } else { at };
        let run_end = ahead.run_end(first, is_titled);
        let end = ahead.entries_end(lines, first, run_end, is_titled);
        if is_titled && end > first {
            roles[at] = Some(Role::Contents);
        }
        roles[first..end].fill(Some(Role::Entry));
        at = if end > first { end } else { run_end.max(at + 1) };
    }
    roles
}

/// What comes below each line, each a line's number, or the number of lines if there is none; read from the last line to
/// the first, so that no line is looked at twice.
struct Ahead {
    /// The next line that reads the same, or has the marker of the same chapter.
    again: Vec<u32>,
    /// Where the lines end that can be entries below 目录, and those that can be without it.
    titled_end: Vec<u32>,
    untitled_end: Vec<u32>,
}

impl Ahead {
    fn of(text: &str, lines: &[Line], shapes: &[Shape]) -> Self {
        let none = small(lines.len());
        let (mut same_text, mut same_chapter) = (HashMap::new(), HashMap::new());
        let nothing = || vec![none; lines.len()];
        let mut ahead = Self { again: nothing(), titled_end: nothing(), untitled_end: nothing() };
        for (at, number) in (0..none).enumerate().rev() {
            let below = |ends: &[u32]| ends.get(at + 1).copied().unwrap_or(none);
            ahead.titled_end[at] = if shapes[at].is_text() { number } else { below(&ahead.titled_end) };
            ahead.untitled_end[at] = if is_entry(lines, shapes, at) { below(&ahead.untitled_end) } else { number };
            if shapes[at].is_text() {
                continue;
            }
            let chapter = lines[at].leading.filter(|marker| is_chapter(Some(*marker)));
            let chapter_again =
                chapter.and_then(|marker| same_chapter.insert((marker.kind.slot(), marker.number), number));
            let text_again = same_text.insert(lines[at].span.text(text), number);
            ahead.again[at] = chapter_again.into_iter().chain(text_again).min().unwrap_or(none);
        }
        ahead
    }

    /// Where the lines end that can be entries, from a line on.
    fn run_end(&self, first: usize, is_titled: bool) -> usize {
        let ends = if is_titled { &self.titled_end } else { &self.untitled_end };
        ends.get(first).map_or(first, |&end| end as usize)
    }

    /// Where the entries end that begin with a line: where it stands once more, as a heading. Without 目录 above them
    /// it has to, and they are chapters.
    fn entries_end(&self, lines: &[Line], first: usize, run_end: usize, is_titled: bool) -> usize {
        let again = self.again.get(first).map(|&again| again as usize).filter(|&again| again < run_end);
        let entries = || {
            let goes_on = |line: &&Line| goes_with(line.leading, lines[first].leading);
            if is_titled { lines[first..run_end].iter().take_while(goes_on).count() } else { 0 }
        };
        again.unwrap_or_else(|| first + entries())
    }
}

/// Whether a line can be an entry without 目录 above it.
fn is_entry(lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    !shapes[at].is_text() && (is_chapter(lines[at].leading) || shapes[at] == Shape::Closing)
}

fn is_chapter(leading: Option<Marker>) -> bool {
    leading.is_some_and(|marker| (Kind::Part..=Kind::Division).contains(&marker.kind))
}

/// Whether a line can be an entry below a first one that does not stand there once more: it has a marker that is not
/// further out.
fn goes_with(leading: Option<Marker>, first: Option<Marker>) -> bool {
    leading.zip(first).is_some_and(|(leading, first)| leading.kind >= first.kind)
}
