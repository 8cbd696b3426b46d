//! stub
use crate::{document::Document, engine::IndexedDocument};
/// A document, ready to be written.
#[derive(Debug)]
pub struct Prepared {
    /// As the engine takes it.
    pub document: IndexedDocument,
    /// What its sender should know.
    pub warnings: Vec<PrepareWarning>,
}
/// What a document's sender should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrepareWarning {
    /// There is nothing in it to search.
    EmptyText,
}
/// Why a document cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The text, or all ready paragraphs together, exceed 16 MiB.
    #[error("has `{0}` bytes, at most 16777216 are taken; split the document")]
    TextTooLong(usize),
    /// More ready paragraphs than 1,000,000.
    #[error("has `{0}` paragraphs, at most 1000000 are taken; split the document")]
    TooManyParagraphs(usize),
}
/// Repairs, splits and hashes a document. CPU work: run it on the pool.
pub fn prepare(_document: Document) -> Result<Prepared, PrepareError> {
    unimplemented!()
}
