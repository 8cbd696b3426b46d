//! Lines that the documents of a source share: what its site puts above and below each of them, whatever it says.
//!
//! Data and words have to agree: documents of one source also share the titles of one series, the lines of one article
//! that was posted again and again, and how their authors sign. They are trimmed from the two ends inwards and never
//! beyond the first line that could be the document's own.

use std::collections::HashSet;

use super::{
    Rule,
    boilerplate::{is_footer_label, is_site_label},
    line::{Line, fold_into, is_running_text, lines, lines_backwards},
    own_lines::{Edge, is_own_line},
    repaired::Cut,
    site_lines::is_site_line,
};
use crate::text::{fold::searchable_characters, fold_character};

/// As many documents of a source have a line at their head or tail before it is cut from each.
pub const MIN_DOCUMENTS_WITH_LINE: usize = 3;

/// Lines that [`edge_lines`] names at either end; beyond them nobody has a banner.
const MOST_LINES_AT_AN_EDGE: usize = 24;

/// A line with more bytes is a document's own, whatever comes behind them.
const FOLDED_BYTES: usize = 4 << 10;

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

    /// The name of what a text says, by its first sentences: copies have the same, whatever stands around them.
    fn of_body(text: &str) -> Self {
        const LINES: usize = 3;
        const CHARACTERS_OF_A_LINE: usize = 500;
        let mut hasher = blake3::Hasher::new_derive_key("xunzhang: the body of a text");
        for line in lines(text).filter(|line| is_running_text(line.shown)).take(LINES) {
            let searchable: String = searchable_characters(line.shown).take(CHARACTERS_OF_A_LINE).collect();
            hasher.update(searchable.as_bytes());
        }
        let first = hasher.finalize().as_bytes().first_chunk().copied().expect("a hash has 32 bytes");
        Self(u64::from_le_bytes(first))
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

/// The names of those of a text's outermost lines that look like a site's, as far as its own lines let them reach; each
/// once. Before them, if there are any, the name of what the text says.
pub(super) fn edge_lines(text: &str) -> Vec<EdgeLine> {
    let (mut seen, mut folded) = (HashSet::new(), String::new());
    let mut name = |line: Line<'_>| {
        fold_into(&mut folded, line.shown);
        if is_site_line(&folded) { EdgeLine::of(line.shown) } else { None }
    };
    let lines = [Edge::Head, Edge::Tail].into_iter().flat_map(|edge| {
        let names: Vec<EdgeLine> = outer_lines(text, edge).into_iter().filter_map(&mut name).collect();
        names.into_iter().take(MOST_LINES_AT_AN_EDGE)
    });
    let mut names: Vec<EdgeLine> = lines.filter(|&line| seen.insert(line)).collect();
    if !names.is_empty() {
        names.insert(0, EdgeLine::of_body(text));
    }
    names
}

/// What is to be trimmed from a text.
pub(super) fn repeated(text: &str, repeated: &RepeatedLines) -> Vec<Cut> {
    let head = if repeated.is_empty() { Vec::new() } else { trimmed(text, Edge::Head, repeated) };
    let tail = trimmed(text, Edge::Tail, repeated);
    head.into_iter().chain(tail.into_iter().rev()).collect()
}

/// The lines to be trimmed from one end, outermost first.
///
/// Lines with nothing to search go with those behind them, and so do those that say who runs something: the site only
/// if something else beside them shows that there is one.
fn trimmed(text: &str, edge: Edge, repeated: &RepeatedLines) -> Vec<Cut> {
    let (mut cuts, mut undecided, mut folded) = (Vec::new(), Vec::new(), String::new());
    for line in outer_lines(text, edge) {
        fold_into(&mut folded, line.shown);
        let is_footer = edge == Edge::Tail && is_footer_label(&folded);
        let rule = if is_footer { Rule::FooterLabel } else { Rule::RepeatedLine };
        let name = EdgeLine::of(line.shown);
        let is_repeated = name.is_some_and(|name| repeated.0.contains(&name)) && is_site_line(&folded);
        let is_decided = is_repeated || (is_footer && (is_site_label(&folded) || !cuts.is_empty()));
        if !is_decided && !is_footer && name.is_some() {
            break;
        }
        undecided.push(line.cut(text, rule));
        if is_decided {
            cuts.append(&mut undecided);
        }
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
        fold_into(&mut folded, &line.shown[..line.shown.floor_char_boundary(FOLDED_BYTES)]);
        let is_footer = edge == Edge::Tail && is_footer_label(&folded);
        if !is_footer && is_own_line(line.shown, &folded, edge) {
            let leads_in = || line.shown.chars().next_back().is_some_and(|last| fold_character(last) == ':');
            // What stands right above running text may be its title, though nothing in it says so.
            if edge == Edge::Head && (is_running_text(line.shown) || leads_in()) {
                outer.pop();
            }
            break;
        }
        outer.push(line);
    }
    outer
}
