//! An index that is built beside the one that is read and written, and takes its place.
//!
//! It lies in a directory of its own. Until the format file names that directory it is nothing: whoever opens the data
//! directory removes it. The file names the one or the other, so a process that ends at any moment leaves the old index
//! or the new one, and both hold all that was acknowledged by then.

use std::{io, sync::Arc};

use crate::engine::{
    Change, Rebuild, Snapshot, Upkeep, WriteError, Writer,
    tantivy::{
        embedded::{TantivyEngine, writer_threads},
        index::{Commit, Shared, make_index},
        watched::Watched,
        writer::{TantivyWriter, engine_error},
    },
};

/// The index that is being built. Dropping it takes it away.
pub(super) struct Rebuilding {
    engine: TantivyEngine,
    next: Arc<Shared>,
    /// `None` when it is handed on.
    writer: Option<TantivyWriter>,
}

impl Rebuilding {
    /// Makes an empty index, if there is room for what is to go there.
    pub(super) fn begin(engine: TantivyEngine) -> Result<Self, WriteError> {
        let used = engine.shared();
        // What made no sense before, a comparison may settle until it is to take the place.
        used.check_undamaged()?;
        let data = &used.directory.data;
        // An earlier one may have left it in doubt which index is used: it may be one that is removed now.
        data.settle().map_err(WriteError::Io)?;
        if let Some(missing) = data.missing_bytes(&used.directory).map_err(WriteError::Io)? {
            let message = format!("{missing} bytes more have to be free for a second index");
            return Err(WriteError::Io(io::Error::new(io::ErrorKind::StorageFull, message)));
        }
        let directory = used.directory.make_next(make_index).map_err(engine_error)?;
        let made = Shared::open(directory.clone(), &used.segmenter).map_err(engine_error).and_then(|mut next| {
            next.room = used.room.beside(directory.name);
            let next = Arc::new(next);
            Ok((TantivyWriter::new(Arc::clone(&next), writer_threads())?, next))
        });
        match made {
            Ok((writer, next)) => Ok(Self { engine, next, writer: Some(writer) }),
            Err(error) => {
                directory.remove();
                Err(error)
            }
        }
    }

    fn writer(&mut self) -> &mut TantivyWriter {
        self.writer.as_mut().expect("it is handed on by what consumes this")
    }
}

impl Rebuild for Rebuilding {
    fn write(&mut self, change: Change) -> Result<(), WriteError> {
        self.writer().write(change)
    }

    fn commit(&mut self) -> Result<Arc<dyn Snapshot>, WriteError> {
        self.writer().commit(Upkeep::Usual)?;
        Ok(Watched::of(self.next.newest()))
    }

    fn take_over(mut self: Box<Self>) -> Result<Box<dyn Writer>, WriteError> {
        let used = self.engine.shared();
        used.check_undoubted()?;
        self.next.check_undoubted()?;
        let last = used.index_commit().map_err(engine_error)?;
        self.writer().follow(&last);
        // On disk, and shown by its own snapshot, before anything can name it.
        self.writer().commit(Upkeep::Usual)?;
        check_same(&last, self.next.newest().commit())?;
        let data = &used.directory.data;
        if let Err(error) = data.use_index(self.next.directory.name) {
            // If that fails too, both indexes stay, and no writer can be had before it has succeeded.
            if let Err(error) = data.settle() {
                tracing::error!(%error, "it is in doubt which index is used after a restart: nothing is written");
            }
            return Err(WriteError::Io(error));
        }
        self.engine.replace(Arc::clone(&self.next));
        // Who reads from it goes on: its files are open.
        used.directory.remove();
        Ok(Box::new(self.writer.take().expect("it was there a moment ago")))
    }
}

/// An index that has not what the other one has does not take its place.
fn check_same(used: &Commit, next: &Commit) -> Result<(), WriteError> {
    let counts = |commit: &Commit| (commit.sequence, commit.documents, commit.tombstones);
    if counts(used) == counts(next) {
        return Ok(());
    }
    let message = format!(
        "sequence, documents and tombstones are `{:?}` in the index and `{:?}` in that which was built",
        counts(used),
        counts(next)
    );
    Err(WriteError::Engine(message.into()))
}

impl Drop for Rebuilding {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            drop(writer);
            self.next.directory.remove();
        }
    }
}
