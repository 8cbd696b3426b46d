//! The entry to all reads.

use std::sync::Arc;

use crate::{
    document::{DocumentId, ParagraphId},
    engine::{Engine, Generation, ReadError, Snapshot, Statistics},
    text::Segmenter,
};

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
    /// The document is there and does not have such a paragraph.
    #[error("there is no paragraph `{0}`")]
    ParagraphNotFound(ParagraphId),
    /// The offset lies behind the end of the original, or within a character.
    #[error("`{0}` is not the start of a character of the original")]
    BadOffset(u64),
    /// Removals that an export has to go on with are not remembered any more.
    #[error("what was removed since is not remembered any more")]
    RemovalsForgotten,
    /// Reading failed, or nobody waits any more.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Answers reads. Cheap to clone. All calls are CPU and disk work: run them on the pool.
#[derive(Clone)]
pub struct Searcher {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) segmenter: Segmenter,
}

impl Searcher {
    /// Reads from `engine`, cutting queries into words with `segmenter`.
    pub fn new(engine: Arc<dyn Engine>, segmenter: Segmenter) -> Self {
        Self { engine, segmenter }
    }

    /// What the index holds, and its generation.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn statistics(&self) -> Result<(Generation, Statistics), SearchError> {
        let snapshot = self.engine.snapshot();
        Ok((snapshot.generation(), snapshot.statistics()?))
    }

    /// The newest snapshot, if it has reached a generation.
    pub(super) fn snapshot(&self, min_generation: Option<Generation>) -> Result<Arc<dyn Snapshot>, SearchError> {
        let snapshot = self.engine.snapshot();
        let here = snapshot.generation();
        match min_generation {
            Some(wanted) if wanted.index != here.index || wanted.commit > here.commit => {
                Err(SearchError::GenerationNotReached(here))
            }
            _ => Ok(snapshot),
        }
    }
}
