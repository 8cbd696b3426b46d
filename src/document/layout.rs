//! stub
use crate::text::Edit;
use std::ops::Range;
/// A paragraph: what is found and sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Paragraph {
    /// The text in the document's own script, damage cut out, headings that open it included.
    pub text: String,
    /// The headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// The bytes of the original it came from, ascending; joined, they are `text`. Empty when the caller split.
    pub source_ranges: Vec<Range<u32>>,
}
/// What a document's paragraphs leave of its original: together they rebuild it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Layout {
    /// Bytes of the original; 0 when the caller split.
    pub original_bytes: u32,
    /// The text between and around the paragraphs' source ranges, in order, joined.
    pub remains: String,
    /// What repair cut, ascending. The texts are in `remains`.
    pub edits: Vec<Edit>,
}
impl Layout {
    /// What `paragraphs` (in order) leave of `original`.
    pub fn new(_original: &str, _paragraphs: &[Paragraph], _edits: Vec<Edit>) -> Self {
        unimplemented!()
    }
    /// The original, rebuilt; `None` if paragraphs and layout do not belong together (damaged data).
    pub fn original(&self, _paragraphs: &[Paragraph]) -> Option<String> {
        unimplemented!()
    }
}
