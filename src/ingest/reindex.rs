//! Building the index anew while it is read and written: what the text chain makes of documents has changed.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicBool};

use tokio::sync::oneshot;

use crate::{
    document::DocumentId,
    engine::{Generation, ReadError, WriteError},
    ingest::{Ingest, IngestError, PrepareError, Progress, Rebuilt, handle::ended, writer::Command},
};

/// So many changes may be missing when the writer stops for the last of them.
const FEW_CHANGES: u64 = 64;
/// How often it is tried to have no more missing than that. Where more come in than are read anew, they wait at last.
const ROUNDS: usize = 8;

/// Why an index was not built anew. It goes on as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReindexError {
    /// One at a time.
    #[error("the index is being built anew already")]
    Runs,
    /// What is stored could not be read, or nobody waits any more.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new index could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A document that was taken before is not any more.
    #[error("document `{id}`: {source}")]
    Document {
        /// The document.
        id: DocumentId,
        /// Why.
        source: PrepareError,
    },
    /// The writer is shutting down, or has panicked.
    #[error(transparent)]
    Closed(IngestError),
}

/// Held by the one that builds the index anew; no removal is forgotten meanwhile.
pub(super) struct Exclusive(Arc<Mutex<bool>>);

impl Exclusive {
    /// Waits for the commit that is being made: it may forget removals.
    fn acquire(is_rebuilding: &Arc<Mutex<bool>>) -> Option<Self> {
        let was_rebuilding = set(is_rebuilding, true);
        (!was_rebuilding).then(|| Self(Arc::clone(is_rebuilding)))
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        set(&self.0, false);
    }
}

fn set(is_rebuilding: &Mutex<bool>, now: bool) -> bool {
    std::mem::replace(&mut *is_rebuilding.lock().unwrap_or_else(PoisonError::into_inner), now)
}

impl Ingest {
    /// Makes an empty index beside the one that there is; `progress` is told how far it is.
    ///
    /// # Errors
    /// When another one is being built, there is no room for it, or it cannot be made.
    pub fn begin_rebuild(&self, progress: Arc<Progress>) -> Result<Rebuilt, ReindexError> {
        let exclusive = Exclusive::acquire(&self.is_rebuilding).ok_or(ReindexError::Runs)?;
        Ok(Rebuilt::begin(Arc::clone(&self.engine), progress, exclusive)?)
    }

    /// Builds it from what is stored of every document, up to what was acknowledged a moment ago, once every file was
    /// compared with its checksum. Runs long, on one core and those that write; writes go on.
    ///
    /// # Errors
    /// When what is stored is damaged or cannot be read, the new index cannot be written, or on `stop`.
    pub fn bring_up(&self, rebuilt: &mut Rebuilt, stop: &Arc<AtomicBool>) -> Result<(), ReindexError> {
        self.check_sound(stop)?;
        for _ in 0..ROUNDS {
            rebuilt.catch_up(self.engine.snapshot().as_ref(), stop)?;
            if self.engine.snapshot().sequence() <= rebuilt.reached() + FEW_CHANGES {
                break;
            }
        }
        // What somebody else met meanwhile is no damage of what was read here, if that is what was written still.
        if self.engine.is_doubted() { Ok(self.check_sound(stop)?) } else { Ok(()) }
    }

    /// What is stored is written again, with checksums of its own: they are right only if those before were.
    fn check_sound(&self, stop: &AtomicBool) -> Result<(), ReadError> {
        let damaged = self.engine.verify(stop)?.damaged;
        if damaged.is_empty() { Ok(()) } else { Err(ReadError::Corrupt(damaged.join(", "))) }
    }

    /// Has an index that was built take the place of this one, with the last changes, for which writes wait: a moment, but
    /// where more came in than were read anew.
    ///
    /// # Errors
    /// When the writer is shutting down, the index cannot take the place, or on `stop`; the old one is used then.
    pub async fn take_over(&self, rebuilt: Rebuilt, stop: Arc<AtomicBool>) -> Result<Generation, ReindexError> {
        let (reply, answer) = oneshot::channel();
        let room = self.room(0).await.map_err(ReindexError::Closed)?;
        self.send(Command::TakeOver { rebuilt: Box::new(rebuilt), stop, reply, room }).map_err(ReindexError::Closed)?;
        let generation = answer.await.unwrap_or_else(|_| Err(ReindexError::Closed(ended(&self.changes))))?;
        // What it remembers was asked of the old index.
        self.seen.clear();
        Ok(generation)
    }
}
