//! Damage that is met where the index is read.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use tantivy::Directory;

use crate::engine::{
    ReadError,
    tantivy::check::{comes_of_running_out, take_note_away},
};

/// Whether something that was read makes no sense, though its file's checksum was right or was not looked at. To raise it
/// for nothing costs one start that reads everything. A comparison of everything that begins behind it settles it: then
/// it was no damage of what is on disk. Clones are the same one.
#[derive(Clone)]
pub(super) struct Doubt(Arc<Met>);

struct Met {
    /// How often it was raised.
    times: AtomicU64,
    /// How many of these times, the first ones, are settled.
    settled: AtomicU64,
    /// Where the note is, which may be there already.
    data: Box<dyn Directory>,
}

impl Doubt {
    /// One that was not met yet, of an index in a data directory.
    pub(super) fn of(data: &dyn Directory) -> Self {
        Self(Arc::new(Met { times: AtomicU64::new(0), settled: AtomicU64::new(0), data: data.box_clone() }))
    }

    /// What is said to whoever has met it.
    pub(super) fn raise(&self, what: &str) -> ReadError {
        // Once for all until it is settled.
        if self.0.times.fetch_add(1, SeqCst) == self.0.settled.load(SeqCst) {
            tracing::error!(what, "the index may be damaged: verify it; it is checked when it is opened again");
            if let Err(error) = take_note_away(self.0.data.as_ref()) {
                tracing::error!(%error, "the note is left that the index was closed in order: delete `clean` beside it");
            }
        }
        ReadError::Corrupt(what.to_owned())
    }

    /// Whether it was met, and not settled since.
    pub(super) fn is_raised(&self) -> bool {
        self.times() > self.0.settled.load(SeqCst)
    }

    /// How often it was met, settled or not.
    pub(super) fn times(&self) -> u64 {
        self.0.times.load(SeqCst)
    }

    /// Everything was found to be what was written, by a comparison before which it was met so often.
    pub(super) fn settle(&self, times: u64) {
        if self.0.settled.fetch_max(times, SeqCst) < times {
            tracing::info!("what made no sense where the index was read is no damage: all files are what was written");
        }
    }

    /// Reads something. Whatever fails there may be damage, and so may a panic be; an end that was asked for is none, and
    /// neither is what nobody has files or memory left for.
    pub(super) fn watch<T>(&self, read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
        self.watch_unless(|error| matches!(error, ReadError::Stopped) || comes_of_running_out(error), read)
    }

    /// The same for what may fail for other reasons.
    pub(super) fn watch_unless<T, E: fmt::Display>(
        &self,
        is_known: impl FnOnce(&E) -> bool,
        act: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let guard = UnwindGuard(Some(self));
        let done = act();
        guard.end();
        if let Err(error) = &done
            && !is_known(error)
        {
            let _told_already = self.raise(&error.to_string());
        }
        done
    }
}

/// Raises a doubt if it is dropped before its end.
struct UnwindGuard<'a>(Option<&'a Doubt>);

impl UnwindGuard<'_> {
    fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for UnwindGuard<'_> {
    fn drop(&mut self) {
        if let Some(doubt) = self.0 {
            let _nobody_hears_it = doubt.raise("a panic");
        }
    }
}
