//! stub
use crate::{engine::DocumentRecord, search::Neighbour, text::Edit};
/// Paragraphs of a document.
#[derive(Clone, Debug)]
pub struct ParagraphPage {
    /// The document.
    pub document: DocumentRecord,
    /// Paragraphs, in order.
    pub paragraphs: Vec<Neighbour>,
    /// The ordinal at which the next page begins; `None` when there is nothing more.
    pub next: Option<u32>,
}
/// A part of an original.
#[derive(Clone, Debug)]
pub struct Original {
    /// The document.
    pub document: DocumentRecord,
    /// The text.
    pub text: String,
    /// What was cut out of this part.
    pub edits: Vec<Edit>,
    /// The byte at which the next part begins; `None` when there is nothing more.
    pub next: Option<u64>,
}
