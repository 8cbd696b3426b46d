//! stub
use crate::{
    document::DocumentId,
    engine::{DocumentRecord, Engine, Generation, ReadError, Statistics},
    search::*,
    text::Segmenter,
};
use std::sync::{Arc, atomic::AtomicBool};
/// Why a read failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The index has not reached the generation asked for, or it is another index's.
    #[error("this index is at generation `{0}`")]
    GenerationNotReached(Generation),
    /// No such document.
    #[error("there is no document `{0}`")]
    DocumentNotFound(DocumentId),
    /// The offset lies behind the end of the original, or within a character.
    #[error("`{0}` is not the start of a character of the original")]
    BadOffset(u64),
    /// Reading failed, or nobody waits any more.
    #[error(transparent)]
    Read(#[from] ReadError),
}
/// Answers reads. Cheap to clone. All calls are CPU and disk work: run them on the pool.
#[derive(Clone)]
pub struct Searcher {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) segmenter: Arc<Segmenter>,
}
impl Searcher {
    /// Reads from `engine`, cutting queries into words with `segmenter`.
    pub fn new(engine: Arc<dyn Engine>, segmenter: Arc<Segmenter>) -> Self {
        Self { engine, segmenter }
    }
    /// Ranks. Fetches no text.
    pub fn rank(&self, _request: &RankRequest, _stop: &AtomicBool) -> Result<Ranked, SearchError> {
        unimplemented!()
    }
    /// Starts an export.
    pub fn export(&self, _request: &ExportRequest, _stop: &AtomicBool) -> Result<Export, SearchError> {
        unimplemented!()
    }
    /// A document's record.
    pub fn document(&self, _id: &DocumentId) -> Result<DocumentRecord, SearchError> {
        unimplemented!()
    }
    /// A document's record and its paragraphs from `first` on, up to `max_bytes` of text but at least one.
    pub fn paragraphs(&self, _id: &DocumentId, _first: u32, _max_bytes: usize) -> Result<ParagraphPage, SearchError> {
        unimplemented!()
    }
    /// A document's record and its original from byte `offset` on, up to `max_bytes`, ending at a character's end.
    pub fn original(&self, _id: &DocumentId, _offset: u64, _max_bytes: usize) -> Result<Original, SearchError> {
        unimplemented!()
    }
    /// What the index holds, and its generation.
    pub fn statistics(&self) -> Result<(Generation, Statistics), SearchError> {
        unimplemented!()
    }
}
