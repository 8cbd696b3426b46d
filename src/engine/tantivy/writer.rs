//! The writer: changes into index operations, commits that are durable when they return.

use std::{io, ops::Bound, sync::Arc};

use tantivy::{
    IndexWriter, TantivyError, Term,
    directory::error::{OpenDirectoryError, OpenReadError, OpenWriteError},
    query::{BooleanQuery, Query, RangeQuery},
};

use crate::{
    document::DocumentId,
    engine::{
        Change, Generation, IndexedDocument, Position, Removal, Removed, Upkeep, Version, WriteError, Writer,
        tantivy::{
            batch::{Addition, Batch},
            check,
            durable::WriterDirectory,
            earlier::Earlier,
            entries,
            index::{Commit, Shared},
            merging::Merging,
            removals::every_tombstone,
            schema::Fields,
        },
    },
};

/// Memory for one indexing thread's part of a batch; what exceeds it goes to disk as a segment of its own.
const THREAD_BUFFER_BYTES: usize = 96 << 20;

/// Tombstones that one commit takes away at most: each is read for it, which holds the commit up by some microseconds.
const FORGOTTEN_AT_ONCE: usize = 4_096;

/// Writes to one index. Dropping it drops what was not committed.
pub(super) struct TantivyWriter {
    shared: Arc<Shared>,
    files: WriterDirectory,
    writer: IndexWriter,
    merging: Merging,
    /// What the open batch adds.
    batch: Batch,
    /// What it will commit.
    open: Commit,
}

impl TantivyWriter {
    pub(super) fn new(shared: Arc<Shared>, threads: usize) -> Result<Self, WriteError> {
        let doubt = shared.doubt.clone();
        doubt.watch_unless(|error| matches!(error, WriteError::Io(_)), || Self::begin(shared, threads))
    }

    fn begin(shared: Arc<Shared>, threads: usize) -> Result<Self, WriteError> {
        shared.check_undamaged()?;
        check::take_note_away(shared.directory.data.own.as_ref()).map_err(WriteError::Io)?;
        let files = WriterDirectory::begin(&shared.directory, shared.list.clone());
        let files = files.map_err(WriteError::Io)?;
        let merging = Merging::new(shared.room.clone());
        let writer = open_writer(&shared, files.clone(), threads, merging.clone()).map_err(engine_error)?;
        // tantivy gives the first operation the number of the last commit. A merge of what was committed then takes a
        // first deletion for committed: into some of the segments and not into others, and it is never done again.
        writer.run([]).map_err(engine_error)?;
        // What an earlier writer left unfinished takes room that a full disk does not have.
        writer.garbage_collect_files().wait().map_err(engine_error)?;
        // An earlier writer may have failed after its batch was on disk: what is there counts, not what was shown.
        let open = shared.index_commit().map_err(engine_error)?;
        shared.publish(open.clone()).map_err(engine_error)?;
        Ok(Self { shared, files, writer, merging, batch: Batch::default(), open })
    }

    fn add(&mut self, sequence: u64, document: IndexedDocument) -> Addition {
        let (searchable, bytes) = (u64::from(document.searchable()), document.weight_bytes());
        let id = document.id.clone();
        self.open.documents += 1;
        self.open.paragraphs += searchable;
        let entries = entries::of_document(sequence, document, &self.shared.fields).collect();
        Addition { document: Some(id), entries, bytes }
    }

    /// Has the next commit come behind the last one of another index, whose place this one takes: what is written is what
    /// that one has.
    pub(super) fn follow(&mut self, last: &Commit) {
        let Commit { number, sequence, forgotten, rebuilt, documents: _, paragraphs: _, tombstones: _, fingerprint: _ } =
            *last;
        self.open = Commit { number, sequence, forgotten, rebuilt: rebuilt + 1, ..self.open.clone() };
    }

    /// Puts the batch on disk, directory entries included.
    pub(super) fn persist(&mut self) -> Result<(), WriteError> {
        self.open.number += 1;
        let payload = self.open.to_payload();
        let committed = self.batch.finish(&self.writer).and_then(|()| {
            let mut prepared = self.writer.prepare_commit()?;
            prepared.set_payload(&payload);
            let committed = prepared.commit_future();
            if let Err(error) = self.batch.begin_next(&self.writer) {
                // A disk that fails there ends this writer, once what is committed is on disk or is not.
                tracing::warn!(%error, "no segment could be begun for the next changes");
            }
            committed.wait()
        });
        committed.map(drop).map_err(|error| self.write_error(error))
    }

    /// Begins to merge small segments, in the background.
    fn merge_when_idle(&mut self) -> tantivy::Result<()> {
        let merged = self.merging.when_idle(&self.shared.index.searchable_segment_metas()?);
        if !merged.is_empty() {
            // Nobody waits for it: `refresh` takes up what has become of it.
            drop(self.writer.merge(&merged));
        }
        Ok(())
    }

    /// What the disk said counts: a thread of tantivy's that it stopped only says that it has stopped.
    fn write_error(&self, error: TantivyError) -> WriteError {
        if let Err(damaged) = self.shared.check_undamaged() {
            return damaged.into();
        }
        match self.files.failure() {
            Some(kind) => WriteError::Io(io::Error::new(kind, error)),
            None => engine_error(error),
        }
    }

    /// Takes a version away; what remembers it.
    fn remove(&mut self, id: &DocumentId, removal: Removal) -> Result<Addition, WriteError> {
        let Removal { sequence, at, version: Version { sequence: removed_sequence, searchable, .. } } = removal;
        self.open.documents = self.open.documents.saturating_sub(1);
        self.open.paragraphs = self.open.paragraphs.saturating_sub(u64::from(searchable));
        self.batch.remove(id);
        let entries = Earlier { term: self.shared.fields.document_term(id), than: Position::record(sequence) };
        self.writer.delete_query(Box::new(entries)).map_err(engine_error)?;
        Ok(self.remember(Removed { id: id.clone(), sequence, removed_sequence, at }))
    }

    /// What remembers a removal.
    fn remember(&mut self, removed: Removed) -> Addition {
        self.open.tombstones += 1;
        let tombstone = entries::of_removal(removed, &self.shared.fields);
        Addition { document: None, entries: vec![tombstone], bytes: 0 }
    }
}

impl Drop for TantivyWriter {
    fn drop(&mut self) {
        self.files.end();
        if self.files.has_filled_by_merging() {
            self.shared.room.was_not_there();
        }
        self.shared.room.are_over();
    }
}

impl TantivyWriter {
    /// Does what fails because of the disk or because of damage.
    fn watch<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, WriteError>) -> Result<T, WriteError> {
        let (doubt, files) = (self.shared.doubt.clone(), self.files.clone());
        doubt.watch_unless(|_| files.failure().is_some(), || act(self))
    }

    fn take(&mut self, change: Change) -> Result<(), WriteError> {
        let (sequence, additions) = match change {
            Change::Put { sequence, document, replaces } => {
                let removal = replaces.map(|removal| self.remove(&document.id, removal)).transpose()?;
                let document = self.add(sequence, *document);
                (sequence, removal.into_iter().chain([document]).collect())
            }
            Change::Delete { id, removes } => (removes.sequence, vec![self.remove(&id, removes)?]),
            Change::Remember(removed) => (removed.sequence, vec![self.remember(removed)]),
        };
        debug_assert!(sequence > self.open.sequence, "sequences grow");
        self.open.sequence = sequence;
        let added = additions.into_iter().try_for_each(|addition| self.batch.add(addition, &self.writer));
        added.map_err(|error| self.write_error(error))
    }

    fn forget_until(&mut self, until: u64) -> Result<(), WriteError> {
        let expired = self.shared.newest().removed_until(until, FORGOTTEN_AT_ONCE, &Arc::default())?;
        // One look back may see what the open batch takes away already.
        let Some(&last) = expired.last().filter(|last| **last > self.open.forgotten) else { return Ok(()) };
        let tombstones = tombstones_until(last, &self.shared.fields);
        self.writer.delete_query(tombstones).map_err(engine_error)?;
        self.open.tombstones = self.open.tombstones.saturating_sub(expired.len() as u64);
        self.open.forgotten = last;
        Ok(())
    }

    fn take_up_merges(&mut self) -> Result<(), WriteError> {
        let newest = self.shared.newest();
        if self.shared.has_other_segments(&newest).map_err(engine_error)? {
            self.shared.publish(newest.commit().clone()).map_err(engine_error)?;
        }
        self.merge_when_idle().map_err(engine_error)
    }
}

impl Writer for TantivyWriter {
    fn write(&mut self, change: Change) -> Result<(), WriteError> {
        self.watch(|writer| writer.take(change))
    }

    fn forget(&mut self, until: u64) -> Result<(), WriteError> {
        self.watch(|writer| writer.forget_until(until))
    }

    fn commit(&mut self, upkeep: Upkeep) -> Result<Generation, WriteError> {
        self.merging.keep_up(upkeep);
        self.watch(|writer| {
            writer.persist()?;
            writer.shared.publish(writer.open.clone()).map_err(engine_error)
        })
    }

    fn has_failed(&self) -> bool {
        self.files.failure().is_some()
    }

    fn refresh(&mut self) -> Result<(), WriteError> {
        self.watch(Self::take_up_merges)
    }
}

/// Every tombstone up to the one with a number.
fn tombstones_until(sequence: u64, fields: &Fields) -> Box<dyn Query> {
    let last = Term::from_field_u64(fields.position, Position::record(sequence).to_u64());
    let until = RangeQuery::new(Bound::Unbounded, Bound::Included(last));
    Box::new(BooleanQuery::intersection(vec![Box::new(every_tombstone(fields)), Box::new(until)]))
}

fn open_writer(
    shared: &Shared,
    files: WriterDirectory,
    threads: usize,
    merging: Merging,
) -> tantivy::Result<IndexWriter> {
    let writer = shared.index_on(Box::new(files))?.writer_with_num_threads(threads, threads * THREAD_BUFFER_BYTES)?;
    writer.set_merge_policy(Box::new(merging));
    Ok(writer)
}

/// Tells the file system's failures from others: a full disk passes.
pub(super) fn engine_error(error: TantivyError) -> WriteError {
    let io = match &error {
        TantivyError::IoError(io) => Some(io.kind()),
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. }) => Some(io_error.kind()),
        _ => None,
    };
    match io {
        Some(kind) => WriteError::Io(io::Error::new(kind, error)),
        None => WriteError::Engine(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use tantivy::TantivyDocument;

    use super::*;
    use crate::{
        engine::{
            Engine as _, Expression, Filter, Given, ReadError,
            tantivy::{TantivyEngine, schema::Kind},
        },
        text::Segmenter,
    };

    /// Else a replacement that follows a restart could leave the old version in place, or take it away alone.
    #[test]
    fn the_first_operation_of_a_writer_comes_after_the_last_commit() {
        let directory = tempfile::tempdir().unwrap();
        let engine = TantivyEngine::open(directory.path(), &Segmenter::new()).unwrap();
        for _ in 0..2 {
            let mut writer = TantivyWriter::new(engine.shared(), 1).unwrap();
            let committed = engine.shared().index.load_metas().unwrap().opstamp;
            assert!(writer.writer.run([]).unwrap() > committed);
            writer.persist().unwrap();
        }
    }

    /// A commit that is to forget it fails, and so does whoever follows.
    #[test]
    fn a_removal_that_makes_no_sense_leaves_no_note() {
        for is_forgotten in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let engine = TantivyEngine::open(directory.path(), &Segmenter::new()).unwrap();
            let mut writer = TantivyWriter::new(engine.shared(), 1).unwrap();
            let (mut tombstone, fields) = (TantivyDocument::default(), writer.shared.fields.clone());
            tombstone.add_u64(fields.kind, Kind::Tombstone.to_u64());
            tombstone.add_u64(fields.position, Position::record(1).to_u64());
            tombstone.add_bytes(fields.tombstone, &[7]);
            let addition = Addition { document: None, entries: vec![tombstone], bytes: 0 };
            writer.batch.add(addition, &writer.writer).unwrap();
            writer.open.sequence = 1;
            writer.commit(Upkeep::Usual).unwrap();
            let met = if is_forgotten {
                writer.forget(u64::MAX).unwrap_err()
            } else {
                let (all, none, never) = (Filter::default(), Position::record(0), Arc::default());
                let mut removals = engine.snapshot().removals(&Expression::All, &all, none, &never).unwrap();
                let given = Given { up_to: u64::MAX, whatever_up_to: u64::MAX };
                removals.next(1, given, &never).unwrap_err().into()
            };
            assert!(matches!(met, WriteError::Read(ReadError::Corrupt(_))), "{met:?}");
            drop(writer);
            engine.close().unwrap();
            assert!(!directory.path().join("clean").exists());
        }
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let is_full = |error| matches!(engine_error(error), WriteError::Io(error) if error.kind() == full().kind());
        assert!(is_full(full().into()));
        assert!(is_full(OpenWriteError::wrap_io_error(full(), "1.store".into()).into()));
        assert!(!is_full(TantivyError::ErrorInThread("a panic".to_owned())));
    }
}
