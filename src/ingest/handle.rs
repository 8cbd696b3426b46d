//! stub
use crate::{
    document::{DocumentId, Etag},
    engine::{Engine, Generation, WriteError},
    ingest::*,
};
use std::sync::Arc;
/// What became of a document that is on disk and searchable.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Names its content.
    pub etag: Etag,
    /// A state of the index that has it.
    pub generation: Generation,
    /// Its paragraphs.
    pub paragraphs: u32,
    /// What was done.
    pub outcome: Outcome,
}
/// A document that is gone from disk and from search.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// A state of the index without it.
    pub generation: Generation,
}
/// Why a change was not made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The stored version has another etag.
    #[error("the stored version has etag `{}`", .0.map_or_else(|| "none: there is no such document".to_owned(), |etag| etag.to_string()))]
    EtagMismatch(Option<Etag>),
    /// No such document.
    #[error("there is no document `{0}`")]
    NotFound(DocumentId),
    /// The writer is shutting down.
    #[error("no more changes are taken: shutting down")]
    Closed,
    /// The index could not be written; nothing of the group was kept.
    #[error("{0}")]
    Write(Arc<WriteError>),
}
/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {}
/// A change that was taken into the queue, in order; resolves once it is on disk and searchable, or refused.
pub struct Pending {}
impl Pending {
    /// Waits for the commit.
    pub async fn receipt(self) -> Result<Receipt, IngestError> {
        unimplemented!()
    }
}
impl Ingest {
    /// Starts the writer thread.
    pub fn start(_engine: Arc<dyn Engine>, _group: GroupCommit) -> Result<Self, WriteError> {
        unimplemented!()
    }
    /// Writes one document and waits until it is on disk and searchable.
    pub async fn put(&self, _prepared: Prepared, _expected: Option<Etag>) -> Result<Receipt, IngestError> {
        unimplemented!()
    }
    /// Queues one document of an import, waiting while the queue is full; commits may linger for others.
    pub async fn queue(&self, _prepared: Prepared) -> Result<Pending, IngestError> {
        unimplemented!()
    }
    /// Asks for what is queued to be committed without lingering: an import has ended or waits.
    pub async fn flush(&self) {
        unimplemented!()
    }
    /// Deletes one document and waits until it is gone.
    pub async fn delete(&self, _id: DocumentId, _expected: Option<Etag>) -> Result<Deleted, IngestError> {
        unimplemented!()
    }
    /// Commits what was accepted, refuses what comes later, and ends the writer thread.
    pub async fn close(&self) {
        unimplemented!()
    }
}
