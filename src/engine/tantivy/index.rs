//! The engine: one index, its newest snapshot, and its one writer.

use std::{
    collections::BTreeSet,
    io,
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

use serde::{Deserialize, Serialize};
use tantivy::{Directory, Index, IndexReader, ReloadPolicy, TantivyError};

use crate::{
    engine::{
        Backup, BackupError, Engine, Generation, OpenError, ReadError, Snapshot, Verification, WriteError, Writer,
        tantivy::{
            backup, check,
            directory::{self, DataDirectory, Files, index_error},
            durable::{KnownList, LIST},
            lately::Lately,
            schema::{self, Fields},
            snapshot::TantivySnapshot,
            tokenizer::{CharacterTokenizer, GramTokenizer, WordTokenizer},
            verify::verify,
            writer::TantivyWriter,
        },
    },
    text::Segmenter,
};

/// Blocks of stored text kept uncompressed for each segment: 16 KiB each, so 1.6 MiB.
const CACHED_BLOCKS: usize = 100;

/// The most threads that index at once. Each has a buffer of its own.
const MAX_WRITER_THREADS: usize = 4;

/// What is committed with every batch and read back on opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Commit {
    /// Counts the commits.
    pub(super) number: u64,
    /// The newest number given out.
    pub(super) sequence: u64,
    /// Documents that can be found.
    pub(super) documents: u64,
    /// Paragraphs that can be found.
    pub(super) paragraphs: u64,
    /// Deletions and replacements that are remembered.
    pub(super) tombstones: u64,
    /// The number of the newest removal that is not remembered any more.
    #[serde(default)]
    pub(super) forgotten: u64,
    /// Names how the texts were analysed.
    pub(super) fingerprint: String,
}

impl Commit {
    /// What an index holds to which nothing was committed yet.
    fn empty(fingerprint: String) -> Self {
        Self { number: 0, sequence: 0, documents: 0, paragraphs: 0, tombstones: 0, forgotten: 0, fingerprint }
    }
}

/// One tantivy index in a directory that this process holds.
#[derive(Clone)]
pub struct TantivyEngine {
    pub(super) shared: Arc<Shared>,
}

/// What the engine and its writer share.
pub(super) struct Shared {
    pub(super) directory: DataDirectory,
    /// To read; each writer has one of its own.
    pub(super) index: Index,
    /// Bytes of the disk that documents leave free.
    min_free_disk: AtomicU64,
    /// Whether something was found damaged since it was opened.
    pub(super) is_damaged: AtomicBool,
    /// What every writer begins with.
    pub(super) list: KnownList,
    pub(super) fields: Fields,
    segmenter: Segmenter,
    reader: IndexReader,
    /// Shared by all snapshots.
    lately: Arc<Lately>,
    /// Read for a moment by every call, replaced by every commit.
    newest: RwLock<Arc<TantivySnapshot>>,
}

impl TantivyEngine {
    /// Opens the index in a directory, or makes one where there is none.
    ///
    /// # Errors
    /// When the directory is another process's, another version's or not ours, or cannot be read or written.
    pub fn open(directory: &Path, segmenter: &Segmenter) -> Result<Self, OpenError> {
        Self::open_in(DataDirectory::open(directory, make_index)?, segmenter)
    }

    /// The same on other files than a file system's, which nobody else may use; `name` names them in messages.
    ///
    /// # Errors
    /// When they are another version's, or cannot be read or written.
    pub fn open_on(name: &Path, files: Files, segmenter: &Segmenter) -> Result<Self, OpenError> {
        Self::open_in(DataDirectory::on(name, files, make_index)?, segmenter)
    }

    /// Refuses documents while fewer bytes than these are free on the disk.
    #[must_use]
    pub fn keeping_free(self, bytes: u64) -> Self {
        self.shared.min_free_disk.store(bytes, Relaxed);
        self
    }

    fn open_in(directory: DataDirectory, segmenter: &Segmenter) -> Result<Self, OpenError> {
        let failed = |source| index_error(directory.path(), source);
        let fields = Fields::new();
        let files = &directory.files.index;
        let damaged = check::damaged_files(directory.files.data.as_ref(), files.as_ref()).map_err(failed)?;
        if !damaged.is_empty() {
            return Err(OpenError::Damaged { directory: directory.path().to_owned(), files: damaged });
        }
        let list = KnownList::read(files.as_ref()).map_err(|error| failed(error.into()))?;
        let index = open_index(files.clone(), segmenter).map_err(failed)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS)
            .try_into()
            .map_err(failed)?;
        let commit = last_commit(&index, segmenter.fingerprint()).map_err(failed)?;
        let lately = Arc::default();
        let newest = TantivySnapshot::new(&directory, &fields, reader.searcher(), &lately, commit).map_err(failed)?;
        let newest = RwLock::new(Arc::new(newest));
        let (segmenter, min_free_disk, is_damaged) = (segmenter.clone(), AtomicU64::new(0), AtomicBool::new(false));
        let shared =
            Shared { directory, index, min_free_disk, is_damaged, list, fields, segmenter, reader, lately, newest };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Engine for TantivyEngine {
    fn back_up(&self, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError> {
        backup::back_up(&self.shared, target, stop)
    }

    fn verify(&self, stop: &AtomicBool) -> Result<Verification, ReadError> {
        verify(&self.shared, stop)
    }

    fn close(&self) -> Result<(), WriteError> {
        if self.shared.is_damaged.load(Relaxed) {
            return Ok(());
        }
        self.shared.list.note(self.shared.directory.files.data.as_ref()).map_err(WriteError::Io)
    }

    fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.shared.newest()
    }

    fn check_room(&self) -> Result<(), WriteError> {
        let least = self.shared.min_free_disk.load(Relaxed);
        if least == 0 {
            return Ok(());
        }
        let free = directory::free_bytes(self.shared.directory.path()).map_err(WriteError::Io)?;
        if free >= least {
            return Ok(());
        }
        let message = format!("{free} bytes are free, `ingest.min_free_disk` keeps {least}");
        Err(WriteError::Io(io::Error::new(io::ErrorKind::StorageFull, message)))
    }

    fn writer(&self) -> Result<Box<dyn Writer>, WriteError> {
        let threads = available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_WRITER_THREADS);
        Ok(Box::new(TantivyWriter::new(self.shared.clone(), threads)?))
    }
}

impl Shared {
    pub(super) fn newest(&self) -> Arc<TantivySnapshot> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The index, to be written through `files`.
    pub(super) fn index_on(&self, files: Box<dyn Directory>) -> tantivy::Result<Index> {
        open_index(files, &self.segmenter)
    }

    /// Names how texts are analysed now.
    pub(super) fn fingerprint(&self) -> &str {
        self.segmenter.fingerprint()
    }

    /// What is committed on disk.
    pub(super) fn index_commit(&self) -> tantivy::Result<Commit> {
        last_commit(&self.index, self.segmenter.fingerprint())
    }

    /// Whether the index consists of other segments than a snapshot: merging goes on after a commit.
    pub(super) fn has_other_segments(&self, snapshot: &TantivySnapshot) -> tantivy::Result<bool> {
        let on_disk: BTreeSet<_> = self.index.searchable_segment_ids()?.into_iter().collect();
        Ok(!on_disk.iter().eq(snapshot.segment_ids()))
    }

    /// Whether the disk could hold all segments a second time and stay above the floor.
    pub(super) fn has_room_to_merge(&self) -> io::Result<bool> {
        let needed = directory::disk_bytes(&self.directory.index_path())?;
        let floor = self.min_free_disk.load(Relaxed);
        Ok(directory::free_bytes(self.directory.path())? >= needed.saturating_add(floor))
    }

    /// Shows the index as it is on disk now; `commit` is what was committed last.
    pub(super) fn publish(&self, commit: Commit) -> tantivy::Result<Generation> {
        self.reader.reload()?;
        let snapshot =
            TantivySnapshot::new(&self.directory, &self.fields, self.reader.searcher(), &self.lately, commit)?;
        let generation = snapshot.generation();
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        Ok(generation)
    }
}

/// Puts an empty index there.
fn make_index(files: &Files) -> tantivy::Result<()> {
    let index = Index::builder().schema(Fields::new().schema).settings(schema::settings());
    index.open_or_create(files.index.clone())?;
    let list = files.index.atomic_read(Path::new(LIST))?;
    // An attempt before this one may have sealed it.
    Ok(check::sealed(&list).and_then(|sealed| files.index.atomic_write(Path::new(LIST), &sealed))?)
}

fn open_index(files: Box<dyn Directory>, segmenter: &Segmenter) -> tantivy::Result<Index> {
    let index = Index::open(files)?;
    if index.schema() != Fields::new().schema {
        return Err(TantivyError::SchemaError("the index has other fields than its format says".to_owned()));
    }
    index.tokenizers().register(schema::WORDS, WordTokenizer::new(segmenter.clone()));
    index.tokenizers().register(schema::GRAMS, GramTokenizer::default());
    index.tokenizers().register(schema::CHARACTERS, CharacterTokenizer::default());
    Ok(index)
}

/// What was committed last; an index that never was committed to is empty, and is analysed as this process does.
pub(super) fn last_commit(index: &Index, fingerprint: &str) -> tantivy::Result<Commit> {
    let Some(payload) = index.load_metas()?.payload else {
        return Ok(Commit::empty(fingerprint.to_owned()));
    };
    serde_json::from_str(&payload)
        .map_err(|error| TantivyError::InvalidArgument(format!("the last commit's counts: {error}")))
}
