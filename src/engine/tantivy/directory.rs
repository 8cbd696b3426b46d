//! The data directory: its lock, its format, and where the index lies in it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tantivy::{Directory, directory::error::OpenReadError};

use crate::engine::{
    Branch, OpenError, RepairError,
    tantivy::{
        check::{self, NOTE},
        files::{Files, OnDisk, UNFINISHED, create_directory, disk_bytes, keep},
        format::{FORMAT_FILE, Format, IndexName},
        founding::{
            FORMAT_DRAFT, create, is_restored, read_format, read_if_there, refuse_foreign, restore, settled_anew,
        },
        manifest::MANIFEST,
    },
};

/// Held by the process that uses the directory.
pub(super) const LOCK: &str = "lock";

/// A data directory that this process holds until it is dropped.
pub(super) struct DataDirectory {
    path: PathBuf,
    pub(super) files: Arc<dyn Files>,
    /// The directory itself.
    pub(super) own: Box<dyn Directory>,
    /// Names the index in it.
    pub(super) index_id: u32,
    /// The indexes that it was restored from.
    pub(super) history: Vec<Branch>,
    format: Mutex<KnownFormat>,
    /// Bytes of the disk that documents leave free.
    pub(super) min_free: Arc<AtomicU64>,
    /// Held, never read: the operating system releases it when the process ends, however it ends.
    _lock: Option<File>,
}

/// What the format file says.
struct KnownFormat {
    format: Format,
    /// Whether the file may say something else: it was to be replaced, and that failed.
    is_in_doubt: bool,
}

/// The directory of one index in a data directory.
#[derive(Clone)]
pub(super) struct IndexDirectory {
    pub(super) data: Arc<DataDirectory>,
    pub(super) name: IndexName,
    pub(super) files: Box<dyn Directory>,
}

impl DataDirectory {
    /// Opens a directory, or makes it ours if there is nothing in it; `make_index` puts an empty index there.
    pub(super) fn open(
        path: &Path,
        make_index: impl FnOnce(&dyn Directory) -> tantivy::Result<()>,
    ) -> Result<IndexDirectory, OpenError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        create_directory(path).map_err(failed)?;
        let format = format_text(path)?;
        // Before anything is put there, or taken away.
        let format = format.map(|text| read_format(path, &text)).transpose()?;
        if format.is_none() && !path.join(MANIFEST).try_exists().map_err(failed)? {
            refuse_foreign(path)?;
        }
        let lock = lock(path)?;
        let files = OnDisk::locked(path.to_owned(), &lock).map_err(failed)?;
        Self::opened(path, Arc::new(files), Some(lock), make_index)
    }

    /// Opens a directory that has an index, damaged or not, and makes none; nothing in it is changed, but that what a process
    /// was about to rename goes that was killed.
    pub(super) fn find(path: &Path) -> Result<IndexDirectory, RepairError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        if format_text(path)?.is_none() {
            let is_backup = path.join(MANIFEST).try_exists().map_err(failed)?;
            return Err(if is_backup { RepairError::Backup } else { RepairError::NoIndex }(path.to_owned()));
        }
        let lock = lock(path)?;
        let files = OnDisk::locked(path.to_owned(), &lock).map_err(failed)?;
        Self::found(path, Arc::new(files), Some(lock))
    }

    /// The same on files that nobody else has.
    pub(super) fn find_on(path: &Path, files: Box<dyn Files>) -> Result<IndexDirectory, RepairError> {
        Self::found(path, files.into(), None)
    }

    fn found(path: &Path, files: Arc<dyn Files>, lock: Option<File>) -> Result<IndexDirectory, RepairError> {
        let own = files.data().map_err(|error| index_error(path, error.into()))?;
        let read = |name| read_own(path, own.as_ref(), name);
        let Some(text) = read(FORMAT_FILE)? else { return Err(RepairError::NoIndex(path.to_owned())) };
        if read(MANIFEST)?.is_some() {
            return Err(RepairError::Backup(path.to_owned()));
        }
        let format = Format::read(path, &text)?;
        if format.restored.is_some() {
            // That its manifest is gone may be in memory only: who opens the directory sees to that.
            return Err(RepairError::Backup(path.to_owned()));
        }
        Ok(Self::of(path, files, own, format, lock)?)
    }

    /// The same on files that nobody else has, such as simulated ones; `path` names them in messages.
    pub(super) fn on(
        path: &Path,
        files: Box<dyn Files>,
        make_index: impl FnOnce(&dyn Directory) -> tantivy::Result<()>,
    ) -> Result<IndexDirectory, OpenError> {
        Self::opened(path, files.into(), None, make_index)
    }

    fn opened(
        path: &Path,
        files: Arc<dyn Files>,
        lock: Option<File>,
        make_index: impl FnOnce(&dyn Directory) -> tantivy::Result<()>,
    ) -> Result<IndexDirectory, OpenError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        let own = files.data().map_err(|error| index_error(path, error.into()))?;
        let read = |name| read_own(path, own.as_ref(), name);
        let format = match read(FORMAT_FILE)? {
            Some(text) => {
                let format = Format::read(path, &text)?;
                // Before anything is removed because it does not name it.
                keep(own.as_ref(), FORMAT_FILE, &text).map_err(failed)?;
                Some(format)
            }
            None => None,
        };
        let format = match (format, read(MANIFEST)?) {
            (Some(format), manifest) if is_restored(&format, manifest.as_deref()) => {
                settled_anew(path, own.as_ref(), format)?
            }
            (format, Some(manifest)) => restore(path, files.as_ref(), own.as_ref(), &manifest, format)?,
            (Some(format), None) => format,
            (None, None) => create(path, files.as_ref(), own.as_ref(), make_index)?,
        };
        let index = Self::of(path, files, own, format, lock)?;
        remove_others(index.data.files.as_ref(), index.name);
        Ok(index)
    }

    /// The index in a directory with this format.
    fn of(
        path: &Path,
        files: Arc<dyn Files>,
        own: Box<dyn Directory>,
        format: Format,
        lock: Option<File>,
    ) -> Result<IndexDirectory, OpenError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        let name = format.index;
        if !files.indexes().map_err(failed)?.contains(&name) {
            return Err(damaged(path, name.to_string()));
        }
        let index = files.open(name).map_err(|error| index_error(path, error.into()))?;
        let (index_id, history) = (format.index_id, format.history.clone());
        let format = Mutex::new(KnownFormat { format, is_in_doubt: false });
        let path = path.to_owned();
        let data = Self { path, files, own, index_id, history, format, min_free: Arc::default(), _lock: lock };
        Ok(IndexDirectory { data: Arc::new(data), name, files: index })
    }

    /// Whether the format file says what it has to, or it is known that it may not.
    ///
    /// # Errors
    /// When that it cannot be read says nothing of it.
    pub(super) fn is_format_sound(&self) -> io::Result<bool> {
        let known = self.lock();
        let text = check::read_small(self.own.as_ref(), FORMAT_FILE)?;
        let read = text.and_then(|text| Format::read(&self.path, &text).ok());
        Ok(known.is_in_doubt || read.is_some_and(|format| format == known.format))
    }

    /// Has another index used from now on; that is on disk when this returns. After a failure it is in doubt which one
    /// is used after a restart, until it is settled: so nothing may be written to either.
    pub(super) fn use_index(&self, index: IndexName) -> io::Result<()> {
        let mut known = self.lock();
        let next = known.format.with(index);
        known.is_in_doubt = true;
        self.write_format(&next)?;
        *known = KnownFormat { format: next, is_in_doubt: false };
        Ok(())
    }

    /// Gives the index an id of its own from the next opening on, and no history: what callers carry is of another one then.
    /// That is on disk when this returns. Until it is opened anew it can be taken back: see [`Self::settle`].
    pub(super) fn rename_index(&self, index_id: u32) -> io::Result<()> {
        let mut known = self.lock();
        known.is_in_doubt = true;
        self.write_format(&Format::new(index_id, Vec::new(), None).with(known.format.index))
    }

    /// Makes sure that the index is used which is known to be. To be called before anything is written to one.
    pub(super) fn settle(&self) -> io::Result<()> {
        let mut known = self.lock();
        if known.is_in_doubt {
            self.write_format(&known.format)?;
            known.is_in_doubt = false;
        }
        Ok(())
    }

    /// Whether the disk could hold an index a second time and stay above the floor; if not, what is missing.
    pub(super) fn missing_bytes(&self, index: &IndexDirectory) -> io::Result<Option<u64>> {
        let needed = disk_bytes(&index.path())?.saturating_add(self.min_free.load(Relaxed));
        if needed == 0 {
            return Ok(None);
        }
        let free = self.files.free_bytes()?;
        Ok(needed.checked_sub(free).filter(|missing| *missing > 0))
    }

    /// The files that others put beside the index and that belong with it.
    pub(super) fn files_beside(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_own = [LOCK, FORMAT_FILE, FORMAT_DRAFT, MANIFEST, NOTE].contains(&name.as_str());
            if entry.file_type()?.is_file() && !is_own && !name.starts_with(UNFINISHED) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn write_format(&self, format: &Format) -> io::Result<()> {
        self.files.check_place()?;
        self.own.atomic_write(Path::new(FORMAT_FILE), &format.to_text())?;
        self.own.sync_directory()
    }

    fn lock(&self) -> MutexGuard<'_, KnownFormat> {
        self.format.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IndexDirectory {
    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.data.path.join(self.name.to_string())
    }

    /// Makes the directory of the index that is to take the place of this one, without what an attempt before left.
    pub(super) fn make_next(
        &self,
        make_index: impl FnOnce(&dyn Directory) -> tantivy::Result<()>,
    ) -> tantivy::Result<Self> {
        let files = self.data.files.as_ref();
        files.check_place()?;
        // There may have been one before that could not be removed.
        let left = files.indexes()?.into_iter().max().unwrap_or(self.name);
        remove_others(files, self.name);
        let name = left.max(self.name).next();
        files.make(name)?;
        let index = files.open(name)?;
        make_index(index.as_ref())?;
        index.sync_directory()?;
        Ok(Self { data: Arc::clone(&self.data), name, files: index })
    }

    /// Removes it, unless it may be used after a restart. What cannot be removed now is when the data directory is opened.
    pub(super) fn remove(&self) {
        let known = self.data.lock();
        if known.is_in_doubt || known.format.index == self.name {
            return;
        }
        let files = &self.data.files;
        if let Err(error) = files.check_place().and_then(|()| files.remove(self.name)) {
            tracing::warn!(%error, index = %self.name, "an index that is not used could not be removed: a restart does");
        }
    }
}

/// Takes the lock of a directory, which is held for as long as the file is open.
fn lock(path: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Reads the format file of a directory that may not be ours; `None` where there is none.
fn format_text(path: &Path) -> Result<Option<Vec<u8>>, OpenError> {
    match read_if_there(&path.join(FORMAT_FILE)) {
        Err(error) if check::is_unreadable(&error) => Err(damaged(path, FORMAT_FILE.to_owned())),
        read => read.map_err(|source| OpenError::Io { directory: path.to_owned(), source }),
    }
}

/// Reads a small file of the data directory; `None` where there is none.
fn read_own(path: &Path, own: &dyn Directory, name: &str) -> Result<Option<Vec<u8>>, OpenError> {
    match own.atomic_read(Path::new(name)) {
        Ok(content) => Ok(Some(content)),
        Err(OpenReadError::FileDoesNotExist(_)) => Ok(None),
        Err(error) if check::is_damage(&error) => Err(damaged(path, name.to_owned())),
        Err(error) => Err(index_error(path, error.into())),
    }
}

/// Removes every index but one: what a reindex left that was cut off, or what it took the place of.
fn remove_others(files: &dyn Files, used: IndexName) {
    let others = files.indexes().unwrap_or_default().into_iter().filter(|name| *name != used);
    for name in others {
        match files.remove(name) {
            Ok(()) => tracing::info!(index = %name, "an index that is not used was removed"),
            Err(error) => tracing::warn!(%error, index = %name, "an index that is not used could not be removed"),
        }
    }
}

fn damaged(path: &Path, file: String) -> OpenError {
    OpenError::Damaged { directory: path.to_owned(), files: vec![file] }
}

/// Names the directory with what the engine says.
pub(super) fn index_error(path: &Path, error: tantivy::TantivyError) -> OpenError {
    OpenError::Index { directory: path.to_owned(), source: Box::new(error) }
}
