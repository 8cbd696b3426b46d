//! Whether the index on disk is what was written: every file of a segment ends with a checksum, and so does the list of
//! segments. A directory that was closed in order is known to be sound by a note that names its list.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use tantivy::{
    Directory, HasLen as _, Index,
    directory::error::{DeleteError, OpenReadError},
    index::SegmentComponent,
};

use crate::engine::{ReadError, tantivy::durable::LIST};

/// Says which list of segments was there when the index was closed in order. Beside the index; gone while it is
/// written to.
pub(super) const NOTE: &str = "clean";
/// The least that tantivy ends a file with: two numbers of 32 bits.
const LEAST_BYTES: usize = 8;
/// How tantivy ends its list.
const END: &[u8] = b"\n}\n";
/// What stands between the list and its checksum.
const SEAL: &[u8] = b",\n  \"checksum\": \"";
/// What stands behind it.
const SEALED: &[u8] = b"\"\n}\n";

/// A list of segments, or what is written like one, with a checksum as one more of its values.
pub(super) fn sealed(list: &[u8]) -> io::Result<Vec<u8>> {
    let values = list.strip_suffix(END).ok_or_else(|| io::Error::other("the list of segments ends in another way"))?;
    Ok([values, SEAL, blake3::hash(values).to_hex().as_bytes(), SEALED].concat())
}

/// Whether it has its checksum.
pub(super) fn is_sealed(list: &[u8]) -> bool {
    let unsealed = list.strip_suffix(SEALED).and_then(|rest| {
        let (rest, checksum) = rest.split_at_checked(rest.len().checked_sub(blake3::OUT_LEN * 2)?)?;
        Some((rest.strip_suffix(SEAL)?, checksum))
    });
    unsealed.is_some_and(|(values, checksum)| blake3::hash(values).to_hex().as_bytes() == checksum)
}

/// The files that are not what was written. Reads all of them, unless the index was closed in order and is as it was
/// then.
pub(super) fn damaged_files(data: &dyn Directory, files: &dyn Directory) -> tantivy::Result<Vec<String>> {
    let list = match files.atomic_read(Path::new(LIST)) {
        Ok(list) if is_sealed(&list) => list,
        Ok(_) | Err(OpenReadError::FileDoesNotExist(_)) => return Ok(vec![LIST.to_owned()]),
        Err(error) => return Err(error.into()),
    };
    if data.atomic_read(Path::new(NOTE)).is_ok_and(|note| note == digest(&list).as_bytes()) {
        return Ok(Vec::new());
    }
    let index = Index::open(files.box_clone())?;
    let damaged = files_of(&index)?.into_iter().filter(|path| !is_sound(&index, files, path));
    Ok(damaged.map(|path| path.display().to_string()).collect())
}

/// Compares files of an index with their checksums; those that are not what was written.
///
/// # Errors
/// On `stop`.
pub(super) fn damaged(
    index: &Index,
    files: &dyn Directory,
    paths: Vec<PathBuf>,
    stop: &AtomicBool,
) -> Result<Vec<PathBuf>, ReadError> {
    let mut damaged = Vec::new();
    for path in paths {
        ReadError::check(stop)?;
        if !is_sound(index, files, &path) {
            damaged.push(path);
        }
    }
    Ok(damaged)
}

/// The files of an index's segments as its list on disk has them, in order of their names.
pub(super) fn files_of(index: &Index) -> tantivy::Result<Vec<PathBuf>> {
    let metas = index.load_metas()?;
    let deletions: HashSet<_> = metas
        .segments
        .iter()
        .filter(|segment| segment.has_deletes())
        .map(|segment| segment.relative_path(SegmentComponent::Delete))
        .collect();
    let is_kept = |path: &PathBuf| match path.extension().and_then(|extension| extension.to_str()) {
        Some("del") => deletions.contains(path),
        Some("temp") => false,
        _ => true,
    };
    let mut files: Vec<_> = metas.list_segment_files().into_iter().filter(is_kept).collect();
    files.sort();
    Ok(files)
}

/// Whether a file is what was written.
fn is_sound(index: &Index, files: &dyn Directory, path: &Path) -> bool {
    // tantivy panics on what is too short to say how long its checksum is.
    files.open_read(path).is_ok_and(|file| file.len() >= LEAST_BYTES)
        && index.directory().validate_checksum(path).unwrap_or(false)
        // The version that it says it has can be read.
        && index.directory().open_read(path).is_ok()
}

/// Notes that an index was closed in order.
pub(super) fn note(data: &dyn Directory, list: &[u8]) -> io::Result<()> {
    data.atomic_write(Path::new(NOTE), digest(list).as_bytes())?;
    data.sync_directory()
}

/// Takes the note away, before anything is written.
pub(super) fn take_note_away(data: &dyn Directory) -> io::Result<()> {
    match data.delete(Path::new(NOTE)) {
        Ok(()) => data.sync_directory(),
        Err(DeleteError::FileDoesNotExist(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn digest(list: &[u8]) -> String {
    blake3::hash(list).to_hex().to_string()
}
