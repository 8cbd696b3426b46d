//! A segment of which some files are damaged, with files that have nothing in their place, so that the rest can be read.

use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tantivy::{
    Directory, Index, SegmentMeta, SegmentReader, TantivyDocument,
    directory::{
        DirectoryLock, FileHandle, Lock, RamDirectory, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
    index::SegmentComponent,
};

use crate::engine::tantivy::{
    ordered::OrderedSegment,
    schema::{self, Fields},
    tokenizer::CharacterTokenizer,
};

/// The files of an index where nothing is written, some of them others.
#[derive(Clone)]
struct Standing {
    files: Box<dyn Directory>,
    /// Of those that are not read, what is read in their place.
    in_place: HashMap<PathBuf, PathBuf>,
    others: RamDirectory,
}

/// Opens a segment in a directory, of which the files of these kinds are not looked at: they say nothing.
pub(super) fn open_without(
    files: &dyn Directory,
    segment: &SegmentMeta,
    unread: &[SegmentComponent],
    fields: &Fields,
) -> tantivy::Result<SegmentReader> {
    let others = RamDirectory::create();
    let small = small_segment(&others, fields)?;
    let in_place =
        unread.iter().map(|kind| (segment.relative_path(kind.clone()), small.relative_path(kind.clone()))).collect();
    let index = Index::open(Standing { files: files.box_clone(), in_place, others })?;
    SegmentReader::open(&index.segment(segment.clone()))
}

/// A segment of one entry that has an id: where the index is to say which entries have one, it has to know of ids.
fn small_segment(files: &RamDirectory, fields: &Fields) -> tantivy::Result<SegmentMeta> {
    let index =
        Index::builder().schema(fields.schema.clone()).settings(schema::settings()).open_or_create(files.clone())?;
    // Nothing is cut.
    for name in [schema::WORDS, schema::GRAMS, schema::CHARACTERS] {
        index.tokenizers().register(name, CharacterTokenizer::default());
    }
    let mut segment = OrderedSegment::begin(&index, 0)?;
    let mut entry = TantivyDocument::default();
    entry.add_text(fields.document, "a");
    segment.add(entry)?;
    segment.finish()
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Standing").field(&self.files).finish()
    }
}

impl Directory for Standing {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.in_place.get(path) {
            Some(other) => self.others.get_file_handle(other),
            None => self.files.get_file_handle(path),
        }
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.in_place.contains_key(path) || self.files.exists(path)?)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError { io_error: Arc::new(refused()), filepath: path.to_owned() })
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::wrap_io_error(refused(), path.to_owned()))
    }

    fn atomic_write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        Err(refused())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Err(refused())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "it is only looked at")
}
