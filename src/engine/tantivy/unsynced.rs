//! Files that are whole and not on disk yet, and how they get there all at once.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tantivy::{Directory, directory::TerminatingWrite};

/// The most files that are synced at once. What a file system has to do for all of them it then does once.
const AT_ONCE: usize = 16;

/// A file to which everything is written; ending it syncs it.
pub(super) type Written = Box<dyn TerminatingWrite + Send + Sync>;

/// The files of a directory that are whole and not synced. Clones are the same ones.
#[derive(Clone, Default)]
pub(super) struct Unsynced(Arc<Mutex<Vec<(PathBuf, Written)>>>);

impl Unsynced {
    pub(super) fn add(&self, path: &Path, file: Written) {
        self.lock().push((path.to_owned(), file));
    }

    /// A file that was deleted needs no sync.
    pub(super) fn forget(&self, path: &Path) {
        self.lock().retain(|(name, _)| name != path);
    }

    /// Those that a list of segments may name. What a segment is only made from is left.
    pub(super) fn take(&self) -> Vec<Written> {
        let is_kept = |name: &Path| name.extension().is_none_or(|extension| extension != "temp");
        self.lock().extract_if(.., |(name, _)| is_kept(name)).map(|(_, file)| file).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(PathBuf, Written)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Syncs files and the directory's entries. When this returns they are on disk, or it is an error.
pub(super) fn sync_at_once(files: Vec<Written>, directory: &dyn Directory) -> io::Result<()> {
    let mut files = files.into_iter();
    thread::scope(|scope| {
        let first = files.by_ref().take(AT_ONCE);
        let syncing = first.map(|file| thread::Builder::new().spawn_scoped(scope, move || file.terminate()));
        let syncing = syncing.collect::<io::Result<Vec<_>>>();
        files.try_for_each(TerminatingWrite::terminate)?;
        directory.sync_directory()?;
        syncing?.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread that syncs panicked")))
        })
    })
}
