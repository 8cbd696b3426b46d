//! Lines that the documents of a source share: what its site puts above and below each of them, whatever it says.
//!
//! The data tell these lines, not a list of words. They are trimmed from the two ends inwards and never beyond the
//! first line that is the document's own.

use std::collections::HashSet;

use super::{
    Rule,
    boilerplate::is_footer_label,
    line::{Line, fold_into, is_running_text, lines, lines_backwards},
    own_lines::{Edge, is_own_line},
    repaired::Cut,
};
use crate::text::fold::searchable_characters;

/// As many documents of a source have a line at their head or tail before it is cut from each.
pub const MIN_DOCUMENTS_WITH_LINE: usize = 3;

/// Lines that [`edge_lines`] names at either end; beyond them nobody has a banner.
const MOST_LINES_AT_AN_EDGE: usize = 24;

/// A line at the head or tail of a text, by its folded letters and digits: lines that differ in nothing else have the
/// same name, in every run and on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeLine(u64);

impl EdgeLine {
    /// The name of a line, unless it has nothing to be named by.
    fn of(line: &str) -> Option<Self> {
        let searchable: String = searchable_characters(line).collect();
        let hash = blake3::hash(searchable.as_bytes());
        let first = hash.as_bytes().first_chunk().copied().expect("a hash has 32 bytes");
        (!searchable.is_empty()).then(|| Self(u64::from_le_bytes(first)))
    }

    /// The name as a number.
    pub fn to_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for EdgeLine {
    fn from(name: u64) -> Self {
        Self(name)
    }
}

/// The lines that are boilerplate in one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepeatedLines(HashSet<EdgeLine>);

impl RepeatedLines {
    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<EdgeLine> for RepeatedLines {
    fn from_iter<T: IntoIterator<Item = EdgeLine>>(lines: T) -> Self {
        Self(lines.into_iter().collect())
    }
}

/// The names of a text's outermost lines, as far as its own lines let them reach; each once.
pub(super) fn edge_lines(text: &str) -> Vec<EdgeLine> {
    let mut seen = HashSet::new();
    let names = [Edge::Head, Edge::Tail].into_iter().flat_map(|edge| {
        outer_lines(text, edge).into_iter().filter_map(|line| EdgeLine::of(line.shown)).take(MOST_LINES_AT_AN_EDGE)
    });
    names.filter(|&name| seen.insert(name)).collect()
}

/// What is to be trimmed from a text.
pub(super) fn repeated(text: &str, repeated: &RepeatedLines) -> Vec<Cut> {
    let head = if repeated.is_empty() { Vec::new() } else { trimmed(text, Edge::Head, repeated) };
    let tail = trimmed(text, Edge::Tail, repeated);
    head.into_iter().chain(tail.into_iter().rev()).collect()
}

/// The lines to be trimmed from one end, outermost first. Lines with nothing to search go with those behind them.
fn trimmed(text: &str, edge: Edge, repeated: &RepeatedLines) -> Vec<Cut> {
    let (mut cuts, mut folded) = (Vec::new(), String::new());
    let mut empty_lines = Vec::new();
    for line in outer_lines(text, edge) {
        fold_into(&mut folded, line.shown);
        let rule = match EdgeLine::of(line.shown) {
            None => {
                empty_lines.push(line.cut(text, Rule::RepeatedLine));
                continue;
            }
            Some(name) if repeated.0.contains(&name) => Rule::RepeatedLine,
            Some(_) if edge == Edge::Tail && is_footer_label(&folded) => Rule::FooterLabel,
            Some(_) => break,
        };
        cuts.append(&mut empty_lines);
        cuts.push(line.cut(text, rule));
    }
    cuts
}

/// The lines outside of a text's own, outermost first, blank ones aside; none of a text without a sentence, a table
/// say, in which nothing tells what is the text.
fn outer_lines(text: &str, edge: Edge) -> Vec<Line<'_>> {
    match edge {
        _ if !text.contains('。') => Vec::new(),
        Edge::Head => outside(lines(text), edge),
        Edge::Tail => outside(lines_backwards(text), edge),
    }
}

fn outside<'a>(lines: impl Iterator<Item = Line<'a>>, edge: Edge) -> Vec<Line<'a>> {
    let (mut outer, mut folded) = (Vec::new(), String::new());
    for line in lines.filter(|line| !line.shown.is_empty()) {
        fold_into(&mut folded, line.shown);
        let is_footer = edge == Edge::Tail && is_footer_label(&folded);
        if !is_footer && is_own_line(line.shown, &folded, edge) {
            // What stands right above running text may be its title, though nothing in it says so.
            if edge == Edge::Head && (is_running_text(line.shown) || folded.ends_with(':')) {
                outer.pop();
            }
            break;
        }
        outer.push(line);
    }
    outer
}
