//! The index's directory as its writer uses it: what a power cut or a failing disk must not break.
//!
//! tantivy renames its list of segments into place without syncing the directory, and may delete the segments of the
//! old list before the new one is on disk. Here the rename is on disk when it returns. A failed sync may have dropped
//! what it was for: so nothing is written after the first failure, and the next writer begins by taking the list back
//! that is known to be on disk. Does not know what segments hold.
//!
//! A commit of small files waits for the disk twice, however many they are: tantivy would sync each when it is whole, and
//! a list of its files before each. Here they wait until a list of segments is written that may name them; then they,
//! the directory and the list itself are synced at once, and after the rename the directory is. What is larger is synced
//! when it is whole. tantivy's list of files, which tells it what it may delete, is not kept on disk: what is in the
//! directory when a writer begins is that list.
//!
//! Where damage is found, the list stays as it is until a restart: a merge would write what is damaged again, with a
//! checksum that is right, and so would a commit that adds to what is deleted of a segment.

use std::{
    fmt,
    io::{self, Write},
    iter,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use tantivy::{
    Directory,
    directory::{
        AntiCallToken, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
};

use crate::engine::tantivy::{
    check,
    directory::IndexDirectory,
    files::{Files, delete_if_there, is_full, keep},
    format::IndexName,
    named::{delete_unnamed, is_of_segment},
    unsynced::{Syncing, Unsynced, Written},
};

/// tantivy's list of segments.
pub(super) const LIST: &str = "meta.json";
/// The next one, until it is whole and takes that one's place.
pub(super) const NEXT_LIST: &str = ".tmp-meta.json";
/// tantivy's list of the files that it may delete once no segment needs them. It is never there for long.
pub(super) const MANAGED: &str = ".managed.json";
/// What a longer file than this has written is synced where it is written, which is not where acknowledgements wait.
const SYNCED_TOGETHER_BYTES: u64 = 1 << 20;

/// How the threads are called on which tantivy merges.
const MERGING_THREAD: &str = "merge_thread";

/// The list of segments that is known to be on disk, for all writers of an index. It is locked while it is replaced.
#[derive(Clone)]
pub(super) struct KnownList {
    known: Arc<Mutex<Known>>,
    /// Whether there will be no other one: what it names is damaged.
    is_last: Arc<AtomicBool>,
}

struct Known {
    content: Vec<u8>,
    /// Another one that may be on disk in its place: it was renamed into it, and it is not known that this or what took it
    /// back is on disk. What is read says nothing of that.
    doubtful: Option<Vec<u8>>,
}

impl KnownList {
    /// Reads the list of an index that nobody writes, and makes sure that it is on disk.
    pub(super) fn read(files: &dyn Directory) -> tantivy::Result<Self> {
        let list = files.atomic_read(Path::new(LIST))?;
        keep(files, LIST, &list)?;
        let known = Known { content: list, doubtful: None };
        Ok(Self { known: Arc::new(Mutex::new(known)), is_last: Arc::default() })
    }

    /// Has it stay as it is from now on, with the files that it names.
    pub(super) fn stay(&self) {
        let _not_while_it_is_replaced = self.lock();
        self.is_last.store(true, Relaxed);
    }

    /// Whether it stays as it is.
    pub(super) fn stays(&self) -> bool {
        self.is_last.load(Relaxed)
    }

    /// Whether the list that is on disk is gone from there, or somebody else has replaced it. What cannot be read now is not.
    pub(super) fn is_lost(&self, files: &dyn Directory) -> bool {
        let known = self.lock();
        match files.atomic_read(Path::new(LIST)) {
            // What is in doubt the next writer settles.
            Ok(found) => found != known.content && known.doubtful.is_none(),
            Err(error) => matches!(error, OpenReadError::FileDoesNotExist(_)),
        }
    }

    /// Notes, beside the index, that it is closed in order.
    pub(super) fn note(&self, data: &dyn Directory) -> io::Result<()> {
        check::note(data, &self.lock().content)
    }

    /// Does something with the list that is on disk. Until it is done there is no other, and no file that it names goes.
    pub(super) fn while_it_stays<T>(&self, act: impl FnOnce(&[u8]) -> T) -> T {
        act(&self.lock().content)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The directory that one writer writes to. Clones are the same one: they end together.
#[derive(Clone)]
pub(super) struct WriterDirectory {
    /// Not the data directory itself, which a thread that merges would hold after its writer.
    place: Arc<dyn Files>,
    name: IndexName,
    files: Box<dyn Directory>,
    list: KnownList,
    unsynced: Unsynced,
    syncing: Syncing,
    /// Why nothing is written any more.
    ended: Arc<OnceLock<End>>,
}

/// How writing ended.
#[derive(Clone, Copy)]
struct End {
    kind: io::ErrorKind,
    /// Whether it was a merge that failed.
    is_of_merge: bool,
}

impl WriterDirectory {
    /// Begins with what is known to be on disk: what failed half-way is taken back.
    pub(super) fn begin(index: &IndexDirectory, list: KnownList) -> io::Result<Self> {
        let (place, name, files) = (Arc::clone(&index.data.files), index.name, index.files.clone());
        let mut known = list.lock();
        place.check_place()?;
        if list.stays() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the index is damaged"));
        }
        let found = files.atomic_read(Path::new(LIST)).map_err(|error| io::Error::other(error.to_string()))?;
        if found != known.content || known.doubtful.is_some() {
            tracing::warn!("the last commit failed half-way: it is taken back");
            let take_back = || files.atomic_write(Path::new(LIST), &known.content);
            take_back().or_else(|error| {
                if !is_full(error.kind()) {
                    return Err(error);
                }
                let lists = [&found, &known.content].into_iter().chain(&known.doubtful);
                delete_unnamed(place.as_ref(), name, files.as_ref(), lists)?;
                take_back()
            })?;
        }
        delete_if_there(files.as_ref(), NEXT_LIST)?;
        files.sync_directory()?;
        known.doubtful = None;
        drop(known);
        Ok(Self {
            place,
            name,
            files,
            list,
            unsynced: Unsynced::default(),
            syncing: Syncing::default(),
            ended: Arc::default(),
        })
    }

    /// Deletes the files of segments that the list does not name. For whoever begins, before anything is written.
    pub(super) fn delete_unnamed(&self) -> io::Result<()> {
        let known = self.list.lock();
        self.step(|| delete_unnamed(self.place.as_ref(), self.name, self.files.as_ref(), [&known.content]))
    }

    /// Deletes what no list names that may be on disk, whatever has failed. For whoever gives up: nothing is written
    /// afterwards.
    pub(super) fn give_up(&self) {
        self.end();
        let known = self.list.lock();
        let lists = iter::once(&known.content).chain(&known.doubtful);
        if let Err(error) = delete_unnamed(self.place.as_ref(), self.name, self.files.as_ref(), lists) {
            tracing::warn!(%error, "what was begun is left, until it is tried again");
        }
    }

    /// Ends it. When this returns, nothing is being written to the list of segments: threads that merge may outlive
    /// their writer.
    pub(super) fn end(&self) {
        let _not_while_it_is_replaced = self.list.lock();
        let _ended_before = self.ended.set(End { kind: io::ErrorKind::BrokenPipe, is_of_merge: false });
    }

    /// What a disk that failed said, or that what is there is damaged.
    pub(super) fn failure(&self) -> Option<io::ErrorKind> {
        self.ended.get().map(|end| end.kind).or_else(|| self.list.stays().then_some(io::ErrorKind::InvalidData))
    }

    /// Whether there was no room for what a merge wrote.
    pub(super) fn has_filled_by_merging(&self) -> bool {
        self.ended.get().is_some_and(|end| end.is_of_merge && is_full(end.kind))
    }

    /// Does a step of writing, unless an earlier one failed.
    fn step<T>(&self, step: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.step_of(is_merging(), step)
    }

    /// The same, of a merge or not: what a merge stores is written on a thread of its own.
    fn step_of<T>(&self, is_of_merge: bool, step: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.failure() {
            Some(io::ErrorKind::BrokenPipe) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "its writer has ended")),
            Some(kind) => Err(io::Error::new(kind, "nothing is written after a failure")),
            None => step().inspect_err(|error| self.failed(error, is_of_merge)),
        }
    }

    fn failed(&self, error: &io::Error, is_of_merge: bool) {
        let _failed_before = self.ended.set(End { kind: error.kind(), is_of_merge });
    }

    /// What is written again gets a checksum of its own, which has to be right only if the one before was. A merge reads
    /// all of it anyhow.
    fn check(&self, path: &Path) -> io::Result<()> {
        if check::is_sound_at(self.place.as_ref(), &self.name.path_of(path), &AtomicBool::new(false))? {
            return Ok(());
        }
        // What a merge reads that outlived its writer, the next one may have deleted.
        if self.ended.get().is_none() {
            tracing::error!(file = %path.display(), "the index is damaged: nothing is written any more");
            self.list.stay();
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged"))
    }

    /// Replaces the list of segments; it and all that it names are on disk when this returns.
    fn replace_list(&self, content: &[u8]) -> io::Result<()> {
        // While it is locked nobody has it stay.
        let mut known = self.list.lock();
        let content = self.step(|| check::sealed(content))?;
        let next = self.step(|| {
            let mut next = self.files.open_write(Path::new(NEXT_LIST)).map_err(open_error)?;
            next.write_all(&content)?;
            next.into_inner().map_err(io::IntoInnerError::into_error)
        })?;
        self.step(|| self.place.check_place())?;
        let files = self.unsynced.take().into_iter().chain([next]).collect();
        self.step(|| self.syncing.sync_at_once(files, self.files.as_ref()))?;
        known.doubtful = Some(content.clone());
        self.step(|| self.place.rename(self.name, Path::new(NEXT_LIST), Path::new(LIST)))?;
        self.step(|| self.files.sync_directory())?;
        *known = Known { content, doubtful: None };
        Ok(())
    }

    /// A file that tantivy calls whole.
    fn finish(&self, path: &Path, bytes: u64, is_of_merge: bool, file: Written) -> io::Result<()> {
        if bytes > SYNCED_TOGETHER_BYTES {
            return self.step_of(is_of_merge, || file.terminate());
        }
        self.step_of(is_of_merge, || Ok(()))?;
        self.unsynced.add(path, file);
        Ok(())
    }

    /// The files of segments that are there.
    fn managed(&self) -> io::Result<Vec<u8>> {
        let names = self.place.names(self.name)?;
        Ok(serde_json::to_vec(&names.iter().filter(|name| is_of_segment(name)).collect::<Vec<_>>())?)
    }
}

/// Whether this is one of the threads that merge.
fn is_merging() -> bool {
    thread::current().name().is_some_and(|name| name.starts_with(MERGING_THREAD))
}

/// Whether what is read of a file is written again: by a merge, and of deletions by every commit that adds some.
fn is_written_again(path: &Path) -> bool {
    let has_deletions = || path.extension().is_some_and(|extension| extension == "del");
    is_of_segment(path) && (is_merging() || has_deletions())
}

/// A full disk is told from others by its kind.
fn open_error(error: OpenWriteError) -> io::Error {
    match error {
        OpenWriteError::IoError { io_error, .. } => io::Error::new(io_error.kind(), io_error),
        error @ OpenWriteError::FileAlreadyExists(_) => io::Error::new(io::ErrorKind::AlreadyExists, error),
    }
}

impl fmt::Debug for WriterDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriterDirectory").field(&self.files).finish()
    }
}

impl Directory for WriterDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        if is_written_again(path) {
            self.check(path).map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))?;
        }
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        if let Some(kind) = self.failure() {
            return Err(DeleteError::IoError { io_error: Arc::new(kind.into()), filepath: path.to_owned() });
        }
        self.unsynced.forget(path);
        // It may have the name of one that is needed there.
        self.place
            .check_place()
            .map_err(|error| DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() })?;
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
            OpenWriteError::IoError { io_error, .. } => self.failed(io_error, is_merging()),
            OpenWriteError::FileAlreadyExists(_) => {}
        })?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        let (path, directory, is_of_merge) = (path.to_owned(), self.clone(), is_merging());
        Ok(WritePtr::new(Box::new(WriterFile { path, bytes: 0, is_of_merge, file: Some(file), directory })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        if path == Path::new(MANAGED) {
            return self.managed().map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()));
        }
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if path == Path::new(LIST) {
            self.replace_list(content)
        } else {
            debug_assert_eq!(path, Path::new(MANAGED), "tantivy replaces nothing else");
            self.step(|| Ok(()))
        }
    }

    /// What has to be on disk is when the list of segments is replaced.
    fn sync_directory(&self) -> io::Result<()> {
        self.step(|| Ok(()))
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
    path: PathBuf,
    bytes: u64,
    is_of_merge: bool,
    /// `None` once it is whole.
    file: Option<Written>,
    directory: WriterDirectory,
}

impl WriterFile {
    fn step<T>(&mut self, step: impl FnOnce(&mut Written) -> io::Result<T>) -> io::Result<T> {
        let file = &mut self.file;
        self.directory
            .step_of(self.is_of_merge, || file.as_mut().map_or_else(|| Err(io::ErrorKind::BrokenPipe.into()), step))
    }
}

impl Write for WriterFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.step(|file| file.write(bytes))?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step(Write::flush)
    }
}

impl TerminatingWrite for WriterFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |file| self.directory.finish(&self.path, self.bytes, self.is_of_merge, file))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        engine::{Engine as _, tantivy::TantivyEngine},
        text::Segmenter,
    };

    const EMPTY: &[u8] = b"{\n  \"segments\": []\n}\n";

    #[test]
    fn nothing_is_written_or_deleted_after_the_first_failure() {
        let place = tempfile::tempdir().unwrap();
        let engine = TantivyEngine::open(place.path(), &Segmenter::new()).unwrap();
        let shared = engine.shared();
        let [index, away] = ["index", "away"].map(|name| place.path().join(name));
        let before = fs::read(index.join(LIST)).unwrap();
        let begin = || WriterDirectory::begin(&shared.directory, shared.list.clone());
        let directory = begin().unwrap();
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
        assert_eq!(names(&index), ["a.store", LIST]);
        assert_eq!(fs::read(index.join(LIST)).unwrap(), before);
        // The next writer goes on.
        begin().unwrap().open_write(Path::new("c.store")).unwrap();
    }

    /// tantivy deletes what it knows of and no segment needs.
    #[test]
    fn a_writer_knows_the_files_that_are_there_when_it_begins() {
        let place = tempfile::tempdir().unwrap();
        let engine = TantivyEngine::open(place.path(), &Segmenter::new()).unwrap();
        let index = place.path().join("index");
        let left = "0123456789abcdef0123456789abcdef.store.temp";
        for name in [left, ".tmp-meta.json", "notes.txt", "0123456789abcdef.store"] {
            fs::write(index.join(name), "").unwrap();
        }
        let shared = engine.shared();
        let directory = WriterDirectory::begin(&shared.directory, shared.list.clone()).unwrap();
        let known: Vec<String> = serde_json::from_slice(&directory.atomic_read(Path::new(MANAGED)).unwrap()).unwrap();
        assert_eq!(known, [left]);
        drop(engine.writer().unwrap());
        assert_eq!(names(&index), ["0123456789abcdef.store", LIST, "notes.txt"]);
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with(".tantivy"));
        names.sort();
        names
    }
}
