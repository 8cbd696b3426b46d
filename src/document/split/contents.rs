//! Tables of contents: lines that look like headings, below 目录 or above the same headings once more.

use super::{
    headings::{Line, Role},
    markers::{Kind, Marker},
    shape::Shape,
};

/// The role of each line that belongs to a table of contents. Takes linear time.
pub(super) fn contents(text: &str, lines: &[Line], shapes: &[Shape]) -> Vec<Option<Role>> {
    let mut roles = vec![None; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let is_titled = shapes[at] == Shape::Contents;
        let first = if is_titled { at + 1 } else { at };
        let entries = entries(text, &lines[first..], &shapes[first..], is_titled);
        if is_titled && entries.end > 0 {
            roles[at] = Some(Role::Contents);
        }
        roles[first..first + entries.end].fill(Some(Role::Entry));
        at = first + entries.seen.max(1 - usize::from(is_titled));
    }
    roles
}

/// The first of some lines, as far as they belong to a table of contents.
struct Entries {
    /// How many do.
    end: usize,
    /// How many need not be looked at again.
    seen: usize,
}

/// Reads the entries that some lines begin with: until the first of them stands there once more, as a heading. Without
/// 目录 above them they have to, and are chapters.
fn entries(text: &str, lines: &[Line], shapes: &[Shape], is_titled: bool) -> Entries {
    let Some(first) = lines.first() else { return Entries { end: 0, seen: 0 } };
    let could_be = |at: usize| {
        !shapes[at].is_text() && (is_titled || is_chapter(lines[at].leading) || shapes[at] == Shape::Closing)
    };
    let run = (0..lines.len()).take_while(|&at| could_be(at)).count();
    let name = first.span.text(text);
    let repeats =
        |line: &Line| line.span.text(text) == name || is_chapter(line.leading) && is_same(line.leading, first.leading);
    let again = lines[..run].iter().skip(1).position(repeats).map(|after| after + 1);
    let end = match again {
        Some(again) => again,
        None if is_titled => lines[..run].iter().take_while(|line| goes_with(line.leading, first.leading)).count(),
        None => 0,
    };
    Entries { end, seen: if end > 0 { end } else { run } }
}

fn is_chapter(leading: Option<Marker>) -> bool {
    leading.is_some_and(|marker| (Kind::Part..=Kind::Division).contains(&marker.kind))
}

fn is_same(leading: Option<Marker>, first: Option<Marker>) -> bool {
    leading.zip(first).is_some_and(|(leading, first)| (leading.kind, leading.number) == (first.kind, first.number))
}

/// Whether a line can be an entry below a first one that does not stand there once more: it has a marker that is not
/// further out.
fn goes_with(leading: Option<Marker>, first: Option<Marker>) -> bool {
    leading.zip(first).is_some_and(|(leading, first)| leading.kind >= first.kind)
}
