//! The data directory: its lock, its format, and where the index lies in it.

use std::{
    fs::{self, File, TryLockError},
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::engine::{OpenError, tantivy::schema::FORMAT};

const LOCK: &str = "lock";
const FORMAT_FILE: &str = "format.json";
/// Becomes the format file by a rename, so that there is none or a whole one.
const FORMAT_DRAFT: &str = "format.draft";
const INDEX: &str = "index";

/// A data directory that this process holds until it is dropped.
#[derive(Debug)]
pub(super) struct DataDirectory {
    path: PathBuf,
    /// Names the index in it.
    pub(super) index_id: u32,
    /// Held, never read: the operating system releases it when the process ends, however it ends.
    _lock: File,
}

/// What `format.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct FormatFile {
    format: u32,
    index_id: u32,
}

impl DataDirectory {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io { directory: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        if !path.join(FORMAT_FILE).try_exists().map_err(failed)? {
            // Before anything is put there.
            refuse_foreign(path)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let index_id = match fs::read_to_string(path.join(FORMAT_FILE)) {
            Ok(text) => known_format(path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(source) => return Err(failed(source)),
        };
        Ok(Self { path: path.to_owned(), index_id, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.path.join(INDEX)
    }
}

/// Makes a directory's entries durable: files that were renamed or created in it are there after a power cut.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
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

fn known_format(path: &Path, text: &str) -> Result<u32, OpenError> {
    let unknown = |found: String| OpenError::UnknownFormat { directory: path.to_owned(), found, known: FORMAT };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| unknown("unreadable".to_owned()))?;
    let found = value.get("format").map_or_else(|| "unreadable".to_owned(), ToString::to_string);
    match serde_json::from_value::<FormatFile>(value) {
        Ok(FormatFile { format: FORMAT, index_id }) => Ok(index_id),
        _ => Err(unknown(found)),
    }
}

/// Writes the format file. Only a directory with nothing in it is made ours, or what an earlier attempt left: nothing
/// that somebody put there is ever deleted.
fn create(path: &Path) -> Result<u32, OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    refuse_foreign(path)?;
    fs::create_dir_all(path.join(INDEX)).map_err(failed)?;
    let index_id = random();
    let text = serde_json::to_string(&FormatFile { format: FORMAT, index_id }).expect("two numbers can be encoded");
    let draft = path.join(FORMAT_DRAFT);
    let mut file = File::create(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&draft, path.join(FORMAT_FILE)).map_err(failed)?;
    sync(path).map_err(failed)?;
    Ok(index_id)
}

/// Refuses a directory that holds more than an attempt to make it ours can have left.
fn refuse_foreign(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_ours = name == LOCK
            || name == FORMAT_DRAFT
            || name == INDEX && fs::read_dir(entry.path()).map_err(failed)?.next().is_none();
        if !is_ours {
            return Err(OpenError::Foreign(path.to_owned()));
        }
    }
    Ok(())
}

/// A number that another index is unlikely to have: the seed of the standard library's hash maps.
fn random() -> u32 {
    let seed = RandomState::new().build_hasher().finish();
    u32::try_from(seed >> 32).expect("32 bits")
}
