//! `backup.json`: what a backup consists of, with checksums. It stands there in place of the format file: a directory
//! that has it becomes a data directory when it is opened, with an index of its own name.

use std::{
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};
use tantivy::{Directory, directory::TerminatingWrite as _};

use crate::engine::{
    Branch, OpenError,
    tantivy::{
        check,
        directory::index_error,
        files::{Files, delete_if_there, keep},
        format::{self, Format, IndexName},
        schema::FORMAT,
    },
};

/// Where it is, in the directory of a backup.
pub(super) const MANIFEST: &str = "backup.json";

/// Is there from before the first sync of a restore until all of it is on disk. A sync that failed leaves what it was for in
/// memory, where it is read as it was copied, and the next one succeeds all the same: so where this is found nothing is
/// believed that was not written by who finds it. It may be gone when the power was: then nothing is in memory, either.
const BEGUN: &str = ".tmp-restoring";
/// A file that is written anew, until it is whole and takes its own place.
const NEXT: &str = ".tmp-restored";

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// What it says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The state that was copied, as callers know it.
    generation: String,
    documents: u64,
    paragraphs: u64,
    /// The indexes that the copy comes from; the last one is that which was copied.
    history: Vec<Branch>,
    files: Vec<CopiedFile>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CopiedFile {
    /// Its path within the backup.
    path: String,
    pub(super) bytes: u64,
    /// The BLAKE3 hash of its content, as `b3sum` prints it.
    blake3: String,
}

/// What a copy holds, for whoever reads its manifest.
pub(super) struct Content {
    pub(super) generation: String,
    pub(super) documents: u64,
    pub(super) paragraphs: u64,
    pub(super) history: Vec<Branch>,
}

impl Manifest {
    pub(super) fn new(content: Content, files: Vec<CopiedFile>) -> Self {
        let Content { generation, documents, paragraphs, history } = content;
        Self { format: FORMAT, generation, documents, paragraphs, history, files }
    }

    /// As it is written: for people too, and with a checksum.
    pub(super) fn to_text(&self) -> io::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        check::sealed(&text)
    }

    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// When it is not what was written, or another version wrote it.
    fn read(directory: &Path, text: &[u8]) -> Result<Self, OpenError> {
        let damaged = || OpenError::Damaged { directory: directory.to_owned(), files: vec![MANIFEST.to_owned()] };
        if !check::is_sealed(text) {
            return Err(damaged());
        }
        let value: serde_json::Value = serde_json::from_slice(text).map_err(|_| damaged())?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found == u64::from(FORMAT) => serde_json::from_value(value).map_err(|_| damaged()),
            found => {
                Err(format::unknown(directory, found.map_or_else(|| "none".to_owned(), |found| found.to_string())))
            }
        }
    }

    /// The files that are not what was copied, or cannot be read.
    ///
    /// # Errors
    /// When that says nothing of them.
    fn damaged_files(&self, files: &dyn Files) -> io::Result<Vec<String>> {
        let (never, mut damaged) = (AtomicBool::new(false), Vec::new());
        for file in &self.files {
            let is_whole = match CopiedFile::of(files, &file.path, &never) {
                Err(error) if check::has_run_out(&error) => return Err(error),
                found => found.is_ok_and(|found| found.blake3 == file.blake3),
            };
            if !is_whole {
                damaged.push(file.path.clone());
            }
        }
        Ok(damaged)
    }

    /// Has all of it on disk, with what was read of the manifest: whoever copied it back may have left it to the system when
    /// to write that. The manifest goes only when there is another index, and is there again when the power went before
    /// that was on disk: then it has to say what it said.
    fn put_on_disk(&self, text: &[u8], files: &dyn Files) -> tantivy::Result<()> {
        let (own, index) = (files.data()?, files.open(IndexName::FIRST)?);
        if own.exists(Path::new(BEGUN))? {
            tracing::warn!(
                "an earlier attempt to restore this backup failed or was cut off: its files are written anew"
            );
            self.files.iter().try_for_each(|file| file.write_anew(files, own.as_ref(), index.as_ref()))?;
        } else {
            own.atomic_write(Path::new(BEGUN), &[])?;
            self.files.iter().try_for_each(|file| files.sync(Path::new(&file.path)))?;
        }
        index.sync_directory()?;
        keep(own.as_ref(), MANIFEST, text)?;
        delete_if_there(own.as_ref(), BEGUN)?;
        Ok(())
    }
}

impl CopiedFile {
    /// Reads a file of a backup.
    ///
    /// # Errors
    /// When it cannot be read, or, of the kind `Interrupted`, on `stop`.
    pub(super) fn of(files: &dyn Files, path: &str, stop: &AtomicBool) -> io::Result<Self> {
        Self::copy(files, path, &mut io::sink(), stop)
    }

    /// Reads a file of a backup, and writes what it holds.
    fn copy(files: &dyn Files, path: &str, to: &mut dyn Write, stop: &AtomicBool) -> io::Result<Self> {
        let mut file = files.read(Path::new(path))?;
        let (mut hasher, mut bytes, mut chunk) = (blake3::Hasher::new(), 0, vec![0; CHUNK_BYTES]);
        loop {
            if stop.load(Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            match file.read(&mut chunk)? {
                0 => break,
                read => {
                    hasher.update(&chunk[..read]);
                    to.write_all(&chunk[..read])?;
                    bytes += read as u64;
                }
            }
        }
        Ok(Self { path: path.to_owned(), bytes, blake3: hasher.finalize().to_hex().to_string() })
    }

    /// Has what is read of it on disk, as a file that was never there before.
    fn write_anew(&self, files: &dyn Files, own: &dyn Directory, index: &dyn Directory) -> tantivy::Result<()> {
        let (path, never) = (Path::new(&self.path), AtomicBool::new(false));
        // Beside the index there are small files only.
        if path.parent() == Some(Path::new("")) {
            let mut content = Vec::new();
            self.check(&Self::copy(files, &self.path, &mut content, &never)?)?;
            return Ok(own.atomic_write(path, &content)?);
        }
        let next = Path::new(NEXT);
        delete_if_there(index, NEXT)?;
        let mut file = index.open_write(next)?;
        self.check(&Self::copy(files, &self.path, &mut file, &never)?)?;
        file.terminate()?;
        Ok(files.rename(IndexName::FIRST, next, Path::new(path.file_name().unwrap_or_default()))?)
    }

    /// What lost its place in memory since it was compared is read from the disk, where it may be another.
    fn check(&self, copied: &Self) -> io::Result<()> {
        let other = || io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is not what was copied", self.path));
        if copied.blake3 == self.blake3 { Ok(()) } else { Err(other()) }
    }
}

/// What the format file of a directory has to say that a backup was copied to: an index of a new name, so that what
/// callers carry from after the backup is told from what comes now. Reads all of the backup, which is on disk when this
/// returns.
///
/// # Errors
/// When files are not what was copied, another version copied them, or they cannot be read now or put on disk.
pub(super) fn restored(
    directory: &Path,
    files: &dyn Files,
    manifest: &[u8],
    index_id: u32,
) -> Result<Format, OpenError> {
    let read = Manifest::read(directory, manifest)?;
    let failed = |source| OpenError::Io { directory: directory.to_owned(), source };
    let damaged = read.damaged_files(files).map_err(failed)?;
    if !damaged.is_empty() {
        return Err(OpenError::Damaged { directory: directory.to_owned(), files: damaged });
    }
    read.put_on_disk(manifest, files).map_err(|error| index_error(directory, error))?;
    Ok(Format::new(index_id, read.history, Some(digest(manifest))))
}

/// Whether an index was restored from the backup with this manifest.
pub(super) fn is_of(format: &Format, manifest: &[u8]) -> bool {
    format.restored.as_ref() == Some(&digest(manifest))
}

fn digest(manifest: &[u8]) -> String {
    blake3::hash(manifest).to_hex().to_string()
}
