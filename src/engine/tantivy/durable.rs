//! The index's directory as its writer uses it: what a power cut or a failing disk must not break.
//!
//! tantivy renames its list of segments into place without syncing the directory, and may delete the segments of the
//! old list before the new one is on disk. Here the rename is on disk when it returns. A failed sync may have dropped
//! what it was for: so nothing is written after the first failure, and the next writer begins by taking the list back
//! that is known to be on disk. Does not know what segments hold.

use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tantivy::{
    Directory,
    directory::{
        AntiCallToken, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
};

use crate::engine::tantivy::check;

/// tantivy's list of segments.
pub(super) const LIST: &str = "meta.json";
/// tantivy's list of the files that it may delete once no segment needs them.
pub(super) const MANAGED: &str = ".managed.json";

/// The list of segments that is known to be on disk, for all writers of an index. It is locked while it is replaced.
#[derive(Clone)]
pub(super) struct KnownList(Arc<Mutex<Vec<u8>>>);

impl KnownList {
    /// Reads the list of an index that nobody writes, once its directory is synced.
    pub(super) fn read(files: &dyn Directory) -> Result<Self, OpenReadError> {
        let failed = |error| OpenReadError::wrap_io_error(error, LIST.into());
        files.sync_directory().map_err(failed)?;
        Ok(Self(Arc::new(Mutex::new(files.atomic_read(Path::new(LIST))?))))
    }

    /// Notes, beside the index, that it is closed in order.
    pub(super) fn note(&self, data: &dyn Directory) -> io::Result<()> {
        check::note(data, &self.lock())
    }

    /// Does something with the list that is on disk. Until it is done there is no other, and no file that it names goes.
    pub(super) fn while_it_stays<T>(&self, act: impl FnOnce(&[u8]) -> T) -> T {
        act(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The directory that one writer writes to. Clones are the same one: they end together.
#[derive(Clone)]
pub(super) struct WriterDirectory {
    files: Box<dyn Directory>,
    list: KnownList,
    /// Why nothing is written any more.
    ended: Arc<OnceLock<io::ErrorKind>>,
}

impl WriterDirectory {
    /// Begins with what is known to be on disk: what failed half-way is taken back.
    pub(super) fn begin(files: Box<dyn Directory>, list: KnownList) -> io::Result<Self> {
        let known = list.lock();
        let found = files.atomic_read(Path::new(LIST)).map_err(|error| io::Error::other(error.to_string()))?;
        if found != *known {
            tracing::warn!("the last commit failed half-way: it is taken back");
            files.atomic_write(Path::new(LIST), &known)?;
        }
        files.sync_directory()?;
        drop(known);
        Ok(Self { files, list, ended: Arc::default() })
    }

    /// Ends it. When this returns, nothing is being written to the list of segments: threads that merge may outlive
    /// their writer.
    pub(super) fn end(&self) {
        let _not_while_it_is_replaced = self.list.lock();
        let _ended_before = self.ended.set(io::ErrorKind::BrokenPipe);
    }

    /// What a disk that failed said.
    pub(super) fn failure(&self) -> Option<io::ErrorKind> {
        self.ended.get().copied()
    }

    /// Does a step of writing, unless an earlier one failed.
    fn step<T>(&self, step: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.failure() {
            Some(kind) => Err(io::Error::new(kind, "nothing is written after a failure")),
            None => step().inspect_err(|error| self.failed(error)),
        }
    }

    fn failed(&self, error: &io::Error) {
        let _failed_before = self.ended.set(error.kind());
    }

    /// Replaces the list of segments; it is on disk when this returns.
    fn replace_list(&self, content: &[u8]) -> io::Result<()> {
        let mut known = self.list.lock();
        let content = self.step(|| check::sealed(content))?;
        self.step(|| self.files.atomic_write(Path::new(LIST), &content))?;
        self.step(|| self.files.sync_directory())?;
        *known = content;
        Ok(())
    }
}

impl fmt::Debug for WriterDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriterDirectory").field(&self.files).finish()
    }
}

impl Directory for WriterDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        if let Some(kind) = self.failure() {
            return Err(DeleteError::IoError { io_error: Arc::new(kind.into()), filepath: path.to_owned() });
        }
        // A file that cannot be deleted now is deleted later.
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let failed = |error| OpenWriteError::wrap_io_error(error, path.to_owned());
        self.step(|| Ok(())).map_err(failed)?;
        let file = self.files.open_write(path).inspect_err(|error| match error {
            OpenWriteError::IoError { io_error, .. } => self.failed(io_error),
            OpenWriteError::FileAlreadyExists(_) => {}
        })?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        Ok(WritePtr::new(Box::new(WriterFile { file, directory: self.clone() })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if path == Path::new(LIST) {
            self.replace_list(content)
        } else {
            self.step(|| self.files.atomic_write(path, content))
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.step(|| self.files.sync_directory())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// A file that is being written; a failure ends the whole directory.
struct WriterFile {
    file: Box<dyn TerminatingWrite + Send + Sync>,
    directory: WriterDirectory,
}

impl Write for WriterFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.directory.step(|| self.file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.directory.step(|| self.file.flush())
    }
}

impl TerminatingWrite for WriterFile {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.directory.step(|| self.file.terminate_ref(token))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tantivy::directory::MmapDirectory;

    use super::*;

    const EMPTY: &[u8] = b"{\n  \"segments\": []\n}\n";

    #[test]
    fn nothing_is_written_or_deleted_after_the_first_failure() {
        let place = tempfile::tempdir().unwrap();
        let [index, away] = ["index", "away"].map(|name| place.path().join(name));
        fs::create_dir(&index).unwrap();
        let files: Box<dyn Directory> = Box::new(MmapDirectory::open(&index).unwrap());
        files.atomic_write(Path::new(LIST), EMPTY).unwrap();
        let list = KnownList::read(files.as_ref()).unwrap();
        let directory = WriterDirectory::begin(files.clone(), list.clone()).unwrap();
        directory.open_write(Path::new("a.store")).unwrap();
        // The disk is gone for a moment.
        fs::rename(&index, &away).unwrap();
        assert!(directory.open_write(Path::new("b.store")).is_err());
        fs::rename(&away, &index).unwrap();
        assert_eq!(directory.failure(), Some(io::ErrorKind::NotFound));
        assert!(directory.open_write(Path::new("c.store")).is_err());
        assert!(directory.atomic_write(Path::new(LIST), EMPTY).is_err());
        assert!(directory.sync_directory().is_err());
        assert!(directory.delete(Path::new("a.store")).is_err());
        let mut names: Vec<_> = fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.store", LIST]);
        assert_eq!(fs::read(index.join(LIST)).unwrap(), EMPTY);
        // The next writer goes on.
        WriterDirectory::begin(files, list).unwrap().open_write(Path::new("c.store")).unwrap();
    }
}
