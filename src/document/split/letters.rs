//! Letters that send what follows them: a notice that prints the plan which it issues below its signature and date.

use super::{
    headings::{Line, Role},
    markers::Kind,
    people::names_officer,
    shape::Shape,
};
use crate::text::{fold, fold_character};

/// The most characters of a line that names who signs.
const MAX_SIGNER: usize = 40;

/// How far below the date the title of what is sent may stand, in lines: 此件公开发布 may come between.
const MAX_BELOW: usize = 3;

/// How the names of those end who sign, folded.
const SIGNERS: [&str; 14] =
    ["政府", "办公室", "办公厅", "国务院", "中央", "厅", "局", "部", "院", "委", "会", "署", "组", "公司"];

/// The role of each line that ends such a letter, or heads what it sends. Takes linear time.
pub(super) fn letters(text: &str, lines: &[Line], shapes: &[Shape]) -> Vec<Option<Role>> {
    let mut roles = vec![None; lines.len()];
    let has_text = |(line, shape): (&Line, &Shape)| {
        *shape == Shape::Full || line.leading.is_some_and(|marker| marker.kind != Kind::Annex)
    };
    let last = lines.iter().zip(shapes).rposition(has_text).unwrap_or(0);
    let mut started = false;
    for at in 1..last {
        started |= shapes[at - 1] == Shape::Full;
        if !started || !is_day(text, lines, shapes, at) {
            continue;
        }
        let mut below = at + 1..lines.len().min(at + 1 + MAX_BELOW);
        let first = below.find(|&below| !matches!(shapes[below], Shape::Note | Shape::Date | Shape::Salutation));
        let first = first.filter(|&first| is_title(text, lines, shapes, first));
        // An officer signs what he decrees; elsewhere his name and a date may stand below the title of his speech.
        let decrees = first.is_some() && is_officer(text, lines, shapes, at - 1);
        if decrees || is_signer(text, lines, shapes, at - 1) {
            let end = at + usize::from(is_remark(text, lines, shapes, at + 1));
            roles[end] = Some(Role::Signed);
            if let Some(first) = first {
                roles[first] = Some(Role::Sent);
            }
        }
    }
    roles
}

/// Whether a line stands in brackets as a whole, as what is said below a signature does: （此件公开发布）.
fn is_remark(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    shapes.get(at) == Some(&Shape::Note) && {
        let line = lines[at].span.text(text);
        line.starts_with(['（', '(']) && line.ends_with(['）', ')'])
    }
}

/// Whether a line is a date to the day.
fn is_day(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    shapes[at] == Shape::Date && {
        let line = lines[at].span.text(text);
        line.contains('年') && line.contains('月') && line.ends_with('日')
    }
}

/// Whether a line names who signs.
fn is_signer(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    let line = &lines[at];
    matches!(shapes[at], Shape::Note | Shape::Open)
        && line.leading.is_none()
        && line.span.characters() <= MAX_SIGNER
        && {
            let folded: String =
                line.span.text(text).chars().filter(|c| !c.is_whitespace()).map(fold_character).collect();
            folded.chars().all(|c| c.is_alphabetic() || c == '、') && SIGNERS.iter().any(|end| folded.ends_with(end))
        }
}

/// Whether a line names an officer: 县长 王小明.
fn is_officer(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    let line = &lines[at];
    shapes[at] == Shape::Note
        && line.leading.is_none()
        && line.span.characters() <= MAX_SIGNER
        && names_officer(&fold(line.span.text(text)))
}

/// Whether a line can be the title of what is sent: it heads something, and is not the printer's note.
fn is_title(text: &str, lines: &[Line], shapes: &[Shape], at: usize) -> bool {
    let line = &lines[at];
    shapes[at] == Shape::Open
        && line.leading.is_none()
        && at + 1 < lines.len()
        && !["印发", "印發"].into_iter().any(|end| line.span.text(text).ends_with(end))
}
