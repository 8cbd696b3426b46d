//! stub
use std::ops::Range;
/// Why something was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rule {
    /// A pinyin gloss.
    PinyinGloss,
    /// Zero-width characters.
    ZeroWidth,
}
/// A cut: bytes of the original.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Edit {
    /// Where.
    pub range: Range<u32>,
    /// Why.
    pub rule: Rule,
}
/// A text with its damage cut out, and where each part of it stood.
pub struct Repaired {}
impl Repaired {
    /// The repaired text.
    pub fn text(&self) -> &str {
        unimplemented!()
    }
    /// What was cut, ascending.
    pub fn edits(&self) -> &[Edit] {
        unimplemented!()
    }
    /// The parts of the original (bytes, ascending, never empty, never touching) that a range of the repaired text (bytes) came from.
    pub fn source_ranges(&self, _range: Range<usize>) -> Vec<Range<u32>> {
        unimplemented!()
    }
}
/// Cuts damage out of a text of at most 4 GiB.
pub fn repair(_original: &str) -> Repaired {
    unimplemented!()
}
