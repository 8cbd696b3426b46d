//! Which members of enumerations have lines of their own below them: （一）加强调控。 above what was done about it.

use super::{
    headings::{Line, Role},
    labels::closes_parts,
    markers::Kind,
    shape::Shape,
};

/// For each line whether it begins a member that goes on in the lines below: a line of text without a marker follows
/// it, and follows the member before or behind it as well. What follows a single one is rather of what stands above all;
/// so is what follows the items of a quoted article: 8.将第十条修改为：“（一）甲；（二）乙。”.
pub(super) fn with_lines_below(text: &str, lines: &[Line], shapes: &[Shape]) -> Vec<bool> {
    let mut goes_on = vec![false; lines.len()];
    let mut last_by_kind: [Option<Last>; Kind::SLOTS] = [None; Kind::SLOTS];
    let mut above: Option<Kind> = None; // Of the last marker.
    for (at, line) in lines.iter().enumerate() {
        let Some(marker) = line.leading else { continue };
        last_by_kind[marker.kind.slot() + 1..].fill(None);
        let last = last_by_kind[marker.kind.slot()].filter(|last| marker.follows(lines[last.line].leading));
        let is_inner = last.map_or(above.is_some_and(|above| above > marker.kind), |last| last.is_inner);
        last_by_kind[marker.kind.slot()] = Some(Last { line: at, is_inner });
        above = Some(marker.kind);
        let may = |at: usize| lines[at].role == Role::Running && is_followed(text, lines, shapes, at);
        if let Some(last) = last.filter(|last| !is_inner && may(last.line))
            && marker.kind.is_enumeration()
            && may(at)
        {
            goes_on[last.line] = true;
            goes_on[at] = true;
        }
    }
    goes_on
}

/// The last member of a kind.
#[derive(Clone, Copy)]
struct Last {
    line: usize,
    /// Whether its enumeration begins right below a marker that stands further in elsewhere.
    is_inner: bool,
}

/// Whether a line of text without a marker follows a line.
fn is_followed(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    lines.get(at + 1).is_some_and(|next| {
        let is_text = next.leading.is_none() && next.role == Role::Running && shapes[at + 1] == Shape::Full;
        is_text && !closes_parts(next.span.text(text))
    })
}
