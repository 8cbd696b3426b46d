//! The asynchronous way to the writer.

use std::{
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::{
    document::{Document, DocumentId, Etag},
    engine::{Engine, Generation, WriteError},
    ingest::{
        PrepareError, Prepared, Retention,
        analyze::LastAnalysis,
        group::{Expected, Log},
        prepare::prepare,
        seen_lines::SeenLines,
        writer::{self, Command, GroupCommit, Queue, Urgency},
    },
    text::Segmenter,
};

/// The most changes that wait for the writer.
const QUEUED_CHANGES: usize = 1_024;
/// The most text that waits for the writer, in KiB: four of the largest documents.
const QUEUED_KIB: usize = 64 << 10;

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

/// What was done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none with this id.
    Created,
    /// There was another content under this id.
    Replaced,
    /// The same content was there already.
    Unchanged,
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
    #[error("{}", mismatch(*.0))]
    EtagMismatch(Option<Etag>),
    /// No such document.
    #[error("there is no document `{0}`")]
    NotFound(DocumentId),
    /// The writer is shutting down.
    #[error("no more changes are taken: shutting down")]
    Closed,
    /// The index could not be written. Nothing of the group is acknowledged; to send it again does no harm, should it
    /// be on disk all the same.
    #[error("{0}")]
    Write(Arc<WriteError>),
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) segmenter: Segmenter,
    pub(super) seen: Arc<SeenLines>,
    pub(super) last_analysis: Arc<LastAnalysis>,
    /// Whether removals are kept although their time is over: the index is being built anew.
    pub(super) is_rebuilding: Arc<Mutex<bool>>,
    queue: Queue,
    committed: watch::Receiver<u64>,
    pub(super) changes: Arc<Semaphore>,
    kib: Arc<Semaphore>,
}

/// A change that was taken into the queue, in order; resolves once it is on disk and searchable, or refused.
pub struct Pending<T = Receipt> {
    /// Tells, when there is no answer, whether that is because the writer was closed.
    changes: Arc<Semaphore>,
    reply: oneshot::Receiver<Result<T, IngestError>>,
    lines: UnsettledLines,
}

/// What became of a change.
pub trait Answer {
    /// Whether what was remembered of lines still holds: nothing has left the index.
    fn keeps_lines(&self) -> bool;
}

impl Answer for Receipt {
    fn keeps_lines(&self) -> bool {
        self.outcome != Outcome::Replaced
    }
}

impl Answer for Deleted {
    fn keeps_lines(&self) -> bool {
        false
    }
}

/// The lines of a change, which are remembered before it is known what becomes of it. Unless it is settled that they are
/// in the index and no others of the document have left it, dropping this forgets which lines the document has.
struct UnsettledLines {
    seen: Option<Arc<SeenLines>>,
    id: DocumentId,
}

impl UnsettledLines {
    fn settle<T: Answer>(&mut self, answer: &Result<T, IngestError>) {
        if answer.as_ref().is_ok_and(Answer::keeps_lines) {
            self.seen = None;
        }
    }
}

impl Drop for UnsettledLines {
    fn drop(&mut self) {
        if let Some(seen) = &self.seen {
            seen.forget(&self.id);
        }
    }
}

/// Room in the queue, given back when the writer has taken the change into the index.
pub(super) struct Room {
    _change: OwnedSemaphorePermit,
    _kib: OwnedSemaphorePermit,
}

impl<T: Answer> Pending<T> {
    /// Waits for the commit.
    ///
    /// # Errors
    /// When the change was refused or could not be written.
    pub async fn receipt(mut self) -> Result<T, IngestError> {
        let answer = (&mut self.reply).await.unwrap_or_else(|_| Err(ended(&self.changes)));
        self.lines.settle(&answer);
        answer
    }
}

impl Ingest {
    /// Starts the writer thread. It ends with [`Ingest::close`] or when every handle is dropped. `segmenter` cuts the
    /// words that an analysis shows; `on_commit` is told how long each commit took.
    ///
    /// # Errors
    /// When the engine gives no writer or the thread cannot be started.
    pub fn start(
        engine: Arc<dyn Engine>,
        segmenter: Segmenter,
        group: GroupCommit,
        retention: Retention,
        on_commit: impl Fn(Duration) + Send + 'static,
    ) -> Result<Self, WriteError> {
        let is_rebuilding = Arc::default();
        let log = Log::new(Arc::clone(&engine), retention, Arc::clone(&is_rebuilding), Box::new(on_commit))?;
        let committed = log.committed();
        let queue = writer::start(group, log, QUEUED_CHANGES)?;
        let changes = Arc::new(Semaphore::new(QUEUED_CHANGES));
        let kib = Arc::new(Semaphore::new(QUEUED_KIB));
        let (seen, last_analysis) = (Arc::default(), Arc::default());
        Ok(Self { engine, segmenter, seen, last_analysis, is_rebuilding, queue, committed, changes, kib })
    }

    /// Tells the number of the newest version or removal that snapshots show, whenever there is another one. Its sender
    /// is gone once the writer has ended.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.committed.clone()
    }

    /// Repairs, splits and hashes a document. CPU work: run it on the pool. Once `stop` is set, it is given up between
    /// two steps.
    ///
    /// # Errors
    /// When the document, whose own size was checked before, would take too much memory once it is split, the index
    /// cannot be read, or work is to stop.
    pub fn prepare(&self, document: Document, stop: &AtomicBool) -> Result<Prepared, PrepareError> {
        prepare(document, &self.seen, &[self.engine.snapshot().as_ref()], stop)
    }

    /// Writes one document and waits until it is on disk and searchable. `expected` is the etag that the stored
    /// version must have.
    ///
    /// # Errors
    /// When the stored version is another, or the change could not be written.
    pub async fn put(&self, prepared: Prepared, expected: Option<Etag>) -> Result<Receipt, IngestError> {
        self.send_put(prepared, expected, Urgency::Now).await?.receipt().await
    }

    /// Queues one document of an import, waiting while the queue is full; commits may linger for others.
    ///
    /// # Errors
    /// When the writer is shutting down.
    pub async fn queue(&self, prepared: Prepared) -> Result<Pending, IngestError> {
        self.send_put(prepared, None, Urgency::Lingers).await
    }

    /// Whether damage was found since the index was opened: every change is refused.
    pub fn is_damaged(&self) -> bool {
        self.engine.is_damaged()
    }

    /// Gives a command to the writer thread.
    pub(super) fn send(&self, command: Command) -> Result<(), IngestError> {
        self.queue.send(command).map_err(|_| ended(&self.changes))
    }

    /// Asks for what is queued to be committed without lingering: an import has ended or waits.
    ///
    /// # Errors
    /// When the writer is shutting down.
    pub async fn flush(&self) -> Result<(), IngestError> {
        let room = self.room(0).await?;
        self.send(Command::Flush { room })
    }

    /// Deletes one document and waits until it is gone. `expected` is the etag that the stored version must have.
    ///
    /// # Errors
    /// When there is no such document, the stored version is another, or the change could not be written.
    pub async fn delete(&self, id: DocumentId, expected: Option<Etag>) -> Result<Deleted, IngestError> {
        self.send_delete(id, Expected::content(expected), Urgency::Now).await?.receipt().await
    }

    /// Queues the deletion of one version of many, by its sequence, waiting while the queue is full; its commit may linger
    /// for others. The same content that was put again is another version.
    ///
    /// # Errors
    /// When the writer is shutting down.
    pub async fn queue_delete(&self, id: DocumentId, sequence: u64) -> Result<Pending<Deleted>, IngestError> {
        self.send_delete(id, Expected::Version(sequence), Urgency::Lingers).await
    }

    /// Commits what was accepted, refuses what comes later, and waits for the writer thread to end.
    pub async fn close(&self) {
        self.changes.close();
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Command::Close { reply }).is_ok() {
            // An error means that the thread has ended already, which is what is waited for.
            let _ended = answer.await;
        }
    }

    async fn send_put(
        &self,
        prepared: Prepared,
        expected: Option<Etag>,
        urgency: Urgency,
    ) -> Result<Pending, IngestError> {
        let document = Box::new(prepared.document);
        let lines = self.unsettled(document.id.clone());
        let bytes = document.weight_bytes();
        let room = self.room(bytes).await?;
        let (reply, answer) = oneshot::channel();
        let expected = Expected::content(expected);
        self.send(Command::Put { document, bytes, expected, urgency, reply, room })?;
        Ok(Pending { reply: answer, changes: self.changes.clone(), lines })
    }

    async fn send_delete(
        &self,
        id: DocumentId,
        expected: Expected,
        urgency: Urgency,
    ) -> Result<Pending<Deleted>, IngestError> {
        let room = self.room(0).await?;
        let (reply, answer) = oneshot::channel();
        let lines = self.unsettled(id.clone());
        self.send(Command::Delete { id, expected, urgency, reply, room })?;
        Ok(Pending { reply: answer, changes: self.changes.clone(), lines })
    }

    fn unsettled(&self, id: DocumentId) -> UnsettledLines {
        UnsettledLines { seen: Some(Arc::clone(&self.seen)), id }
    }

    pub(super) async fn room(&self, bytes: usize) -> Result<Room, IngestError> {
        let kib = u32::try_from(bytes.div_ceil(1_024).min(QUEUED_KIB)).expect("bounded by a small constant");
        let closed = |_| IngestError::Closed;
        let change = self.changes.clone().acquire_owned().await.map_err(closed)?;
        let kib = self.kib.clone().acquire_many_owned(kib).await.map_err(closed)?;
        Ok(Room { _change: change, _kib: kib })
    }
}

/// Why the writer thread gives no answer: it was closed, or it has panicked.
pub(super) fn ended(changes: &Semaphore) -> IngestError {
    if changes.is_closed() { IngestError::Closed } else { IngestError::Write(Arc::new(WriteError::Gone)) }
}

fn mismatch(stored: Option<Etag>) -> String {
    match stored {
        Some(etag) => format!("the stored version has etag `{etag}`; read it again and decide anew"),
        None => "there is no stored version; leave the etag out to create one".to_owned(),
    }
}
