//! stub
use std::ops::Range;
/// A paragraph of a repaired text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Bytes of the repaired text, trimmed of white space at both ends, with at least one letter or digit.
    pub range: Range<usize>,
    /// The headings above it, outermost first.
    pub heading_path: Vec<String>,
}
/// Splits a repaired text into paragraphs, in order, none overlapping; every letter and digit is in one.
pub fn split(_text: &str) -> Vec<Section> {
    unimplemented!()
}
