//! Which members of enumerations have lines of their own below them: （一）加强调控。 above what was done about it.

use super::{
    headings::{Line, Role},
    labels::closes_parts,
    markers::Kind,
    shape::Shape,
};

/// For each line whether it begins a member that goes on in the lines below: a line of text without a marker follows
/// it, and follows the member before or behind it as well. What follows a single one is rather of what stands above all.
pub(super) fn with_lines_below(text: &str, lines: &[Line], shapes: &[Shape]) -> Vec<bool> {
    let mut goes_on = vec![false; lines.len()];
    let mut last_by_kind: [Option<usize>; Kind::SLOTS] = [None; Kind::SLOTS];
    for (at, line) in lines.iter().enumerate() {
        let Some(marker) = line.leading else { continue };
        for outer_ended in &mut last_by_kind[marker.kind.slot() + 1..] {
            *outer_ended = None;
        }
        let last = last_by_kind[marker.kind.slot()].replace(at);
        let may = |at: usize| lines[at].role == Role::Running && is_followed(text, lines, shapes, at);
        if let Some(last) = last.filter(|&last| marker.follows(lines[last].leading))
            && marker.kind.is_enumeration()
            && may(last)
            && may(at)
        {
            goes_on[last] = true;
            goes_on[at] = true;
        }
    }
    goes_on
}

/// Whether a line of text without a marker follows a line.
fn is_followed(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    lines.get(at + 1).is_some_and(|next| {
        let is_text = next.leading.is_none() && next.role == Role::Running && shapes[at + 1] == Shape::Full;
        is_text && !closes_parts(next.span.text(text))
    })
}
