//! The engine: a data directory, and the index in it that is read and written.

use std::{
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

use crate::{
    engine::{
        Backup, BackupError, Engine, OpenError, ReadError, Rebuild, Recovered, Snapshot, Verification, WriteError,
        Writer,
        tantivy::{
            backup,
            check::{self, Known},
            directory::{DataDirectory, IndexDirectory, index_error},
            files::Files,
            index::{Shared, make_index},
            rebuild::Rebuilding,
            recover::{SEGMENT_BYTES, recover},
            verify::verify,
            watched::Watched,
            writer::TantivyWriter,
        },
    },
    text::Segmenter,
};

/// The most threads that index at once. Each has a buffer of its own.
const MAX_WRITER_THREADS: usize = 4;

/// One tantivy index in a directory that this process holds. Clones are the same one.
#[derive(Clone)]
pub struct TantivyEngine {
    /// Replaced when the index is built anew.
    current: Arc<RwLock<Arc<Shared>>>,
    recovered: Recovered,
}

impl TantivyEngine {
    /// Opens the index in a directory, or makes one where there is none. Damaged index structures are made anew from what is
    /// stored, in time proportional to the documents of the damaged segments.
    ///
    /// # Errors
    /// When the directory is another process's, another version's or not ours, cannot be read or written, or something is
    /// damaged that cannot be derived.
    pub fn open(directory: &Path, segmenter: &Segmenter) -> Result<Self, OpenError> {
        Self::open_in(DataDirectory::open(directory, make_index)?, segmenter)
    }

    /// The same on other files than a file system's, which nobody else may use; `name` names them in messages.
    ///
    /// # Errors
    /// When they are another version's, or cannot be read or written.
    pub fn open_on(name: &Path, files: Box<dyn Files>, segmenter: &Segmenter) -> Result<Self, OpenError> {
        Self::open_in(DataDirectory::on(name, files, make_index)?, segmenter)
    }

    /// Refuses documents while fewer bytes than these are free on the disk.
    #[must_use]
    pub fn keeping_free(self, bytes: u64) -> Self {
        self.shared().directory.data.min_free.store(bytes, Relaxed);
        self
    }

    fn open_in(directory: IndexDirectory, segmenter: &Segmenter) -> Result<Self, OpenError> {
        let path = directory.data.path().to_owned();
        let failed = |error| OpenError::Index { directory: path.clone(), source: Box::new(error) };
        let (shared, recovered) = match check::look(&directory).map_err(failed)? {
            Known::Noted => open_noted(&directory, segmenter)?,
            Known::Damaged(files) => open_recovered(directory, segmenter, &files)?,
        };
        Ok(Self { current: Arc::new(RwLock::new(Arc::new(shared))), recovered })
    }

    /// What was damaged when it was opened, and was made anew.
    #[must_use]
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The index that is used now.
    pub(super) fn shared(&self) -> Arc<Shared> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has another index used from now on; that which was.
    pub(super) fn replace(&self, next: Arc<Shared>) -> Arc<Shared> {
        std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), next)
    }
}

/// Opens an index that was noted as closed in order. If that fails or panics, which it may on a file that was cut off, it is
/// looked at all the same.
fn open_noted(directory: &IndexDirectory, segmenter: &Segmenter) -> Result<(Shared, Recovered), OpenError> {
    let path = directory.data.path();
    let opened = catch_unwind(AssertUnwindSafe(|| Shared::open(directory.clone(), segmenter)));
    if let Ok(Ok(shared)) = opened {
        return Ok((shared, Recovered::default()));
    }
    let files = check::damaged_files(directory);
    let files = files.map_err(|error| OpenError::Index { directory: path.to_owned(), source: Box::new(error) })?;
    if !files.is_empty() {
        return open_recovered(directory.clone(), segmenter, &files);
    }
    match opened.unwrap_or_else(|panic| resume_unwind(panic)) {
        Ok(shared) => Ok((shared, Recovered::default())),
        Err(error) => Err(index_error(path, error)),
    }
}

/// Opens an index of which these files are damaged and no others, once it is whole.
fn open_recovered(
    directory: IndexDirectory,
    segmenter: &Segmenter,
    damaged: &[String],
) -> Result<(Shared, Recovered), OpenError> {
    let recovered = match damaged {
        [] => Recovered::default(),
        damaged => recover(&directory, segmenter, damaged, SEGMENT_BYTES)?,
    };
    let path = directory.data.path().to_owned();
    let shared = Shared::open(directory, segmenter).map_err(|error| index_error(&path, error))?;
    Ok((shared, recovered))
}

/// How many threads index what is written.
pub(super) fn writer_threads() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_WRITER_THREADS)
}

impl Engine for TantivyEngine {
    fn is_damaged(&self) -> bool {
        self.shared().list.stays()
    }

    fn back_up(&self, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError> {
        let shared = self.shared();
        backup::back_up(&shared, target, stop).inspect_err(|error| {
            if matches!(error, BackupError::Read(ReadError::Corrupt(_))) {
                shared.found_damaged();
            }
        })
    }

    fn verify(&self, stop: &AtomicBool) -> Result<Verification, ReadError> {
        verify(&self.shared(), stop)
    }

    fn close(&self) -> Result<(), WriteError> {
        self.shared().close().map_err(WriteError::Io)
    }

    fn snapshot(&self) -> Arc<dyn Snapshot> {
        Watched::of(self.shared().newest())
    }

    fn check_room(&self) -> Result<(), WriteError> {
        let shared = self.shared();
        let data = &shared.directory.data;
        let least = data.min_free.load(Relaxed);
        if least == 0 {
            return Ok(());
        }
        let free = data.files.free_bytes().map_err(WriteError::Io)?;
        if free >= least {
            return Ok(());
        }
        let message = format!("{free} bytes are free, `ingest.min_free_disk` keeps {least}");
        Err(WriteError::Io(io::Error::new(io::ErrorKind::StorageFull, message)))
    }

    fn writer(&self) -> Result<Box<dyn Writer>, WriteError> {
        let shared = self.shared();
        shared.directory.data.settle().map_err(WriteError::Io)?;
        Ok(Box::new(TantivyWriter::new(shared, writer_threads())?))
    }

    fn rebuild(&self) -> Result<Box<dyn Rebuild>, WriteError> {
        Ok(Box::new(Rebuilding::begin(self.clone())?))
    }
}
