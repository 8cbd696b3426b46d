//! The data directory: its lock, its format, and where the index lies in it.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::{Path, PathBuf},
};

use tantivy::{
    Directory,
    directory::{MmapDirectory, error::OpenReadError},
};

use crate::engine::{
    Branch, OpenError, ReadError,
    tantivy::{
        check::NOTE,
        durable::{self, MANAGED},
        format::{FORMAT_FILE, Format},
        manifest::{self, MANIFEST},
        record::read_error,
    },
};

const LOCK: &str = "lock";
/// Stands in place of the format file until the index is made.
const FORMAT_DRAFT: &str = "format.draft";
pub(super) const INDEX: &str = "index";
/// How the names begin under which files are written that are renamed when they are whole.
const UNFINISHED: &str = ".tmp";
/// What making an index writes before the first commit.
const NEW_INDEX: [&str; 2] = [durable::LIST, MANAGED];

/// The files of an index, as tantivy reads and writes them: those beside the index, and those of the index itself.
#[derive(Clone, Debug)]
pub struct Files {
    /// The data directory.
    pub data: Box<dyn Directory>,
    /// The directory in it that has the index.
    pub index: Box<dyn Directory>,
}

/// A data directory that this process holds until it is dropped.
pub(super) struct DataDirectory {
    path: PathBuf,
    pub(super) files: Files,
    /// Names the index in it.
    pub(super) index_id: u32,
    /// The indexes that it was restored from.
    pub(super) history: Vec<Branch>,
    /// Held, never read: the operating system releases it when the process ends, however it ends.
    _lock: Option<File>,
}

impl DataDirectory {
    /// Opens a directory, or makes it ours if there is nothing in it; `make_index` puts an empty index there.
    pub(super) fn open(path: &Path, make_index: impl FnOnce(&Files) -> tantivy::Result<()>) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        create_directory(path).map_err(failed)?;
        let manifest = read_if_there(&path.join(MANIFEST)).map_err(failed)?;
        let format = read_if_there(&path.join(FORMAT_FILE)).map_err(failed)?;
        // Before anything is put there, or taken away.
        let format = format.map(|text| Format::read(path, &text)).transpose()?;
        let is_new = format.is_none() && manifest.is_none();
        if is_new {
            refuse_foreign(path)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        if is_new {
            create_directory(&path.join(INDEX)).map_err(failed)?;
        }
        remove_unfinished(&path.join(INDEX)).map_err(failed)?;
        let files = |directory: &Path| MmapDirectory::open(directory).map_err(|error| index_error(path, error.into()));
        let files = Files { data: Box::new(files(path)?), index: Box::new(files(&path.join(INDEX))?) };
        if let Some(manifest) = manifest {
            restore(path, &files, &manifest, format.as_ref())?;
        }
        Ok(Self { _lock: Some(lock), ..Self::on(path, files, make_index)? })
    }

    /// The same on files that nobody else has, such as simulated ones; `path` names them in messages.
    pub(super) fn on(
        path: &Path,
        files: Files,
        make_index: impl FnOnce(&Files) -> tantivy::Result<()>,
    ) -> Result<Self, OpenError> {
        let format = match files.data.atomic_read(Path::new(FORMAT_FILE)) {
            Ok(text) => Format::read(path, &text)?,
            Err(OpenReadError::FileDoesNotExist(_)) => create(path, &files, make_index)?,
            Err(error) => return Err(index_error(path, error.into())),
        };
        let Format { index_id, history, .. } = format;
        Ok(Self { path: path.to_owned(), files, index_id, history, _lock: None })
    }

    /// Whether the format file says what it said when it was opened.
    pub(super) fn is_format_sound(&self) -> bool {
        let text = self.files.data.atomic_read(Path::new(FORMAT_FILE));
        let read = text.ok().and_then(|text| Format::read(&self.path, &text).ok());
        read.is_some_and(|format| format.index_id == self.index_id && format.history == self.history)
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

    pub(super) fn index_path(&self) -> PathBuf {
        self.path.join(INDEX)
    }
}

/// Bytes that are free, for this process, on the disk that a directory is on.
pub(super) fn free_bytes(directory: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(directory)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes of all files in a directory that holds no others.
pub(super) fn disk_bytes(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        // A file may go between listing and looking: merges remove them.
        if let Ok(metadata) = entry?.metadata() {
            bytes += metadata.len();
        }
    }
    Ok(bytes)
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes an index of what was copied back from a backup. Cut off at any point, it can be repeated.
fn restore(path: &Path, files: &Files, manifest: &[u8], format: Option<&Format>) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    match format {
        Some(format) if manifest::is_of(format, manifest) => {}
        Some(_) => return Err(OpenError::Mixed(path.to_owned())),
        None => {
            let format = manifest::restored(path, manifest, random())?;
            files.data.atomic_write(Path::new(FORMAT_FILE), &format.to_text()).map_err(failed)?;
            files.data.sync_directory().map_err(failed)?;
            tracing::info!("the index is restored from a backup");
        }
    }
    fs::remove_file(path.join(MANIFEST)).and_then(|()| files.data.sync_directory()).map_err(failed)
}

/// Makes an index and writes the format file, in an order in which a power cut at any point leaves nothing that is
/// taken for an index and is none: where there is a format file there is an index, and an attempt can be repeated.
fn create(
    path: &Path,
    files: &Files,
    make_index: impl FnOnce(&Files) -> tantivy::Result<()>,
) -> Result<Format, OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    let format = Format::new(random(), Vec::new(), None);
    let text = format.to_text();
    let write = |name: &str| {
        files.data.atomic_write(Path::new(name), &text)?;
        files.data.sync_directory()
    };
    write(FORMAT_DRAFT).map_err(failed)?;
    make_index(files).map_err(|error| index_error(path, error))?;
    files.index.sync_directory().map_err(failed)?;
    write(FORMAT_FILE).map_err(failed)?;
    if let Err(error) = files.data.delete(Path::new(FORMAT_DRAFT)) {
        tracing::warn!(%error, "the draft of `format.json` is left; it does no harm");
    }
    Ok(format)
}

/// Makes a directory with all above it, and their entries durable.
fn create_directory(path: &Path) -> io::Result<()> {
    let missing: Vec<_> = path.ancestors().take_while(|path| !path.exists() && *path != Path::new("")).collect();
    fs::create_dir_all(path)?;
    for parent in missing.into_iter().filter_map(Path::parent) {
        let parent = if parent == Path::new("") { Path::new(".") } else { parent };
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

/// Removes what a process that was killed was about to rename.
fn remove_unfinished(index: &Path) -> io::Result<()> {
    for entry in fs::read_dir(index)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The files of an index as they are on disk.
pub(super) fn mapped(index: &Path) -> Result<MmapDirectory, ReadError> {
    MmapDirectory::open(index).map_err(|error| read_error(error.into()))
}

/// Names the directory with what the engine says.
pub(super) fn index_error(path: &Path, error: tantivy::TantivyError) -> OpenError {
    OpenError::Index { directory: path.to_owned(), source: Box::new(error) }
}

/// Refuses a directory that holds more than an attempt to make it ours can have left: nothing that somebody put there
/// is ever deleted.
fn refuse_foreign(path: &Path) -> Result<(), OpenError> {
    let names = |path: &Path| {
        let names = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
        names.map_err(|source| OpenError::Io { directory: path.to_owned(), source })
    };
    let is_unfinished = |name: &OsString| name.to_string_lossy().starts_with(UNFINISHED);
    let found: Vec<OsString> = names(path)?;
    // Only an attempt that wrote the draft went on to make an index.
    let is_begun = found.iter().any(|name| name == FORMAT_DRAFT);
    for name in found {
        let is_ours = match name.to_str() {
            Some(LOCK | FORMAT_DRAFT) => true,
            Some(INDEX) => names(&path.join(INDEX))?
                .iter()
                .all(|name| is_begun && (is_unfinished(name) || NEW_INDEX.iter().any(|new| name == new))),
            _ => is_unfinished(&name),
        };
        if !is_ours {
            return Err(OpenError::Foreign(path.to_owned()));
        }
    }
    Ok(())
}

/// A number that another index is unlikely to have: the seed of the standard library's hash maps.
pub(super) fn random() -> u32 {
    let seed = RandomState::new().build_hasher().finish();
    u32::try_from(seed >> 32).expect("32 bits")
}
