//! How a directory becomes a data directory: from nothing, or from a backup that was copied there.

use std::{
    ffi::OsString,
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::Path,
};

use tantivy::Directory;

use crate::engine::{
    OpenError,
    tantivy::{
        directory::{LOCK, index_error},
        durable::{LIST, MANAGED},
        files::{Files, UNFINISHED, delete_if_there},
        format::{self, FORMAT_FILE, Format, IndexName},
        manifest::{self, MANIFEST},
    },
};

/// Stands in place of the format file until the index is made.
pub(super) const FORMAT_DRAFT: &str = "format.draft";
/// What stands in a manifest's place while it is taken away once more.
const GONE: &[u8] = b"";
/// What making an index writes before the first commit.
const NEW_INDEX: [&str; 2] = [LIST, MANAGED];

pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the format file of a directory, which has a lock if it ever was ours.
pub(super) fn read_format(path: &Path, text: &[u8]) -> Result<Format, OpenError> {
    match Format::read(path, text) {
        Err(OpenError::Damaged { .. }) if !path.join(LOCK).exists() => {
            Err(format::unknown(path, "unreadable".to_owned()))
        }
        read => read,
    }
}

/// Makes an index of what was copied back from a backup. Cut off at any point, it can be repeated.
pub(super) fn restore(
    path: &Path,
    files: &dyn Files,
    own: &dyn Directory,
    manifest: &[u8],
    format: Option<Format>,
) -> Result<Format, OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    let index_id = match format {
        // It was cut off before the manifest was taken away, and nothing was written since.
        Some(format) if manifest::is_of(&format, manifest) => format.index_id,
        Some(_) => return Err(OpenError::Mixed(path.to_owned())),
        None => random(),
    };
    let format = manifest::restored(path, files, manifest, index_id)?;
    write(own, &format).map_err(failed)?;
    own.delete(Path::new(MANIFEST)).map_err(io::Error::other).and_then(|()| own.sync_directory()).map_err(failed)?;
    tracing::info!("the index is restored from a backup");
    settled(path, own, format)
}

/// The format of an index that is no copy any more: the same backup on top of it is one index upon another from now on.
fn settled(path: &Path, own: &dyn Directory, format: Format) -> Result<Format, OpenError> {
    let format = format.at_last();
    write(own, &format).map_err(|source| OpenError::Io { directory: path.to_owned(), source })?;
    Ok(format)
}

/// The same where the manifest is found gone. That may be in memory only, as a sync that failed leaves it, and no later sync
/// brings it to the disk: it is taken away once more, else it could come back to an index that is no copy any more.
pub(super) fn settled_anew(path: &Path, own: &dyn Directory, format: Format) -> Result<Format, OpenError> {
    let take_away = || {
        own.atomic_write(Path::new(MANIFEST), GONE)?;
        delete_if_there(own, MANIFEST)?;
        own.sync_directory()
    };
    take_away().map_err(|source| OpenError::Io { directory: path.to_owned(), source })?;
    settled(path, own, format)
}

/// Whether an index is being restored of which the manifest was taken away.
pub(super) fn is_restored(format: &Format, manifest: Option<&[u8]>) -> bool {
    format.restored.is_some() && manifest.is_none_or(|manifest| manifest == GONE)
}

fn write(own: &dyn Directory, format: &Format) -> io::Result<()> {
    own.atomic_write(Path::new(FORMAT_FILE), &format.to_text())?;
    own.sync_directory()
}

/// Makes an index and writes the format file, in an order in which a power cut at any point leaves nothing that is
/// taken for an index and is none: where there is a format file there is an index, and an attempt can be repeated.
pub(super) fn create(
    path: &Path,
    files: &dyn Files,
    own: &dyn Directory,
    make_index: impl FnOnce(&dyn Directory) -> tantivy::Result<()>,
) -> Result<Format, OpenError> {
    let failed = |source| OpenError::Io { directory: path.to_owned(), source };
    let format = Format::new(random(), Vec::new(), None);
    let text = format.to_text();
    let write = |name: &str| {
        own.atomic_write(Path::new(name), &text)?;
        own.sync_directory()
    };
    write(FORMAT_DRAFT).map_err(failed)?;
    files.make(format.index).map_err(failed)?;
    let index = files.open(format.index).map_err(|error| index_error(path, error.into()))?;
    make_index(index.as_ref()).map_err(|error| index_error(path, error))?;
    index.sync_directory().map_err(failed)?;
    write(FORMAT_FILE).map_err(failed)?;
    if let Err(error) = own.delete(Path::new(FORMAT_DRAFT)) {
        tracing::warn!(%error, "the draft of `format.json` is left; it does no harm");
    }
    Ok(format)
}

/// Refuses a directory that holds more than an attempt to make it ours can have left: nothing that somebody put there
/// is ever deleted.
pub(super) fn refuse_foreign(path: &Path) -> Result<(), OpenError> {
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
            Some(index) if IndexName::of(index) == Some(IndexName::FIRST) => names(&path.join(index))?
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
