//! Whether the index on disk is what was written: every file of a segment ends with a checksum, and so does the list of
//! segments. A directory that was closed in order is known to be sound by a note that names its list.

use std::{
    collections::HashSet,
    error::Error,
    io::{self, Read},
    iter,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use rustix::io::Errno;
use tantivy::{
    Directory, Index, TantivyError,
    directory::{
        FileSlice,
        error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
        footer::Footer,
    },
    index::SegmentComponent,
};

use crate::engine::{
    ReadError,
    tantivy::{
        directory::IndexDirectory,
        durable::LIST,
        files::{Files, delete_if_there},
        format::IndexName,
        record::read_error,
    },
};

/// Says which list of segments was there when the index was closed in order. Beside the index; gone while it is
/// written to.
pub(super) const NOTE: &str = "clean";
/// The least that tantivy ends a file with: two numbers of 32 bits.
const LEAST_END_BYTES: usize = 8;
/// The most that it takes for the end of one, which these numbers are the last of.
const MOST_END_BYTES: usize = 50_000 + LEAST_END_BYTES;
/// Bytes that are read at once.
const CHUNK_BYTES: u64 = 1 << 20;
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

/// What is known of an index that is to be opened.
pub(super) enum Known {
    /// It was closed in order and has the list of segments that it had then: nothing was read.
    Noted,
    /// The files that are not what was written; all were read.
    Damaged(Vec<String>),
}

/// Looks for files that are not what was written. Reads all of them, unless the index was closed in order and is as it was
/// then.
pub(super) fn look(index: &IndexDirectory) -> Result<Known, ReadError> {
    let (data, files) = (index.data.own.as_ref(), index.files.as_ref());
    let Some(list) = list(files)? else { return Ok(Known::Damaged(vec![LIST.to_owned()])) };
    if data.atomic_read(Path::new(NOTE)).is_ok_and(|note| note == digest(&list).as_bytes()) {
        return Ok(Known::Noted);
    }
    damaged_files(index).map(Known::Damaged)
}

/// The list of segments; `None` when it is not what was written, or gone.
pub(super) fn list(files: &dyn Directory) -> Result<Option<Vec<u8>>, ReadError> {
    match files.atomic_read(Path::new(LIST)) {
        Ok(list) => Ok(Some(list).filter(|list| is_sealed(list))),
        Err(error) if is_damage(&error) => Ok(None),
        Err(error) => Err(read_error(error.into())),
    }
}

/// The files of an index's segments that are not what was written.
pub(super) fn damaged_files(index: &IndexDirectory) -> Result<Vec<String>, ReadError> {
    compared(index).map(|(_, damaged)| damaged)
}

/// Compares the files of an index's segments: how many there are, and those that are not what was written.
pub(super) fn compared(index: &IndexDirectory) -> Result<(u64, Vec<String>), ReadError> {
    let files = index.files.as_ref();
    let paths = Index::open(files.box_clone()).and_then(|index| files_of(&index)).map_err(read_error)?;
    let count = paths.len() as u64;
    let damaged = damaged(index.data.files.as_ref(), index.name, paths, &AtomicBool::new(false))?;
    Ok((count, damaged.iter().map(|path| path.display().to_string()).collect()))
}

/// Compares files of an index with their checksums; those that are not what was written, or cannot be read.
///
/// # Errors
/// On `stop`, or when the process or the system has run out of what it takes to read.
pub(super) fn damaged(
    files: &dyn Files,
    index: IndexName,
    paths: Vec<PathBuf>,
    stop: &AtomicBool,
) -> Result<Vec<PathBuf>, ReadError> {
    damaged_as_read(|path| files.read(&index.path_of(path)), paths, |_| {}, stop)
}

/// The same of files as `read` has them; `meets` is told of each that is damaged before the next one is looked at.
pub(super) fn damaged_as_read<R: Read>(
    read: impl Fn(&Path) -> io::Result<R>,
    paths: Vec<PathBuf>,
    meets: impl Fn(&Path),
    stop: &AtomicBool,
) -> Result<Vec<PathBuf>, ReadError> {
    let mut damaged = Vec::new();
    for path in paths {
        ReadError::check(stop)?;
        let is_sound = is_sound_as_read(read(&path), stop);
        // A file that was given up half-way says nothing.
        ReadError::check(stop)?;
        if !is_sound.map_err(|error| ReadError::Engine(Box::new(error)))? {
            meets(&path);
            damaged.push(path);
        }
    }
    Ok(damaged)
}

/// Whether a file is what was written, by its path within the data directory. One that cannot be read is not.
///
/// # Errors
/// When that says nothing of the file.
pub(super) fn is_sound_at(files: &dyn Files, path: &Path, stop: &AtomicBool) -> io::Result<bool> {
    is_sound_as_read(files.read(path), stop)
}

fn is_sound_as_read(file: io::Result<impl Read>, stop: &AtomicBool) -> io::Result<bool> {
    match file.and_then(|file| is_sound(file, stop)) {
        Err(error) if has_run_out(&error) => Err(error),
        read => Ok(read.unwrap_or(false)),
    }
}

/// Whether a small file that has to be there is damaged, as it is gone or the disk cannot read it. That it may not be read
/// says nothing of it.
pub(super) fn is_damage(error: &OpenReadError) -> bool {
    match error {
        OpenReadError::FileDoesNotExist(_) => true,
        OpenReadError::IoError { io_error, .. } => is_unreadable(io_error),
        OpenReadError::IncompatibleIndex(_) => false,
    }
}

/// Whether the disk cannot read it, as a bad sector.
pub(super) fn is_unreadable(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::IO)
}

/// Whether the process or the system has too many files or threads, or no memory. It passes, and says nothing of what was
/// to be read.
pub(super) fn has_run_out(error: &io::Error) -> bool {
    let code = Errno::from_io_error(error);
    matches!(code, Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN))
        || error.kind() == io::ErrorKind::OutOfMemory
}

/// Whether that is at the bottom of an error.
pub(super) fn comes_of_running_out(error: &(dyn Error + 'static)) -> bool {
    iter::successors(Some(error), |error| (*error).source()).any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        let wrapped = io.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref::<TantivyError>());
        let engine = cause.downcast_ref::<TantivyError>().or(wrapped);
        io.is_some_and(has_run_out) || engine.and_then(io_of).is_some_and(has_run_out)
    })
}

/// What the file system said, where that is what failed.
pub(super) fn io_of(error: &TantivyError) -> Option<&io::Error> {
    match error {
        TantivyError::IoError(io)
        | TantivyError::LockFailure(LockError::IoError(io), _)
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: io, .. }) => Some(io),
        _ => None,
    }
}

/// A small file; `None` where it is not there or cannot be read.
///
/// # Errors
/// When that says nothing of it.
pub(super) fn read_small(directory: &dyn Directory, name: &str) -> io::Result<Option<Vec<u8>>> {
    match directory.atomic_read(Path::new(name)) {
        Err(OpenReadError::IoError { io_error, .. }) if has_run_out(&io_error) => {
            Err(io::Error::new(io_error.kind(), io_error))
        }
        read => Ok(read.ok()),
    }
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

/// Whether a file is what was written, in a version that can be read. It is read and not mapped: what a disk cannot read of
/// a file that is mapped ends the process.
pub(super) fn is_sound(mut file: impl Read, stop: &AtomicBool) -> io::Result<bool> {
    let (mut hasher, mut unhashed) = (crc32fast::Hasher::new(), Vec::new());
    // How long its end is, is the last that it says.
    while file.by_ref().take(CHUNK_BYTES).read_to_end(&mut unhashed)? > 0 && !stop.load(Relaxed) {
        let body = unhashed.len().saturating_sub(MOST_END_BYTES);
        hasher.update(&unhashed[..body]);
        unhashed.drain(..body);
    }
    // tantivy panics on what is too short to say that.
    if unhashed.len() < LEAST_END_BYTES {
        return Ok(false);
    }
    let (end, rest) = Footer::extract_footer(FileSlice::from(unhashed))?;
    hasher.update(&rest.read_bytes()?);
    Ok(hasher.finalize() == end.crc && end.is_compatible().is_ok())
}

/// Notes that an index was closed in order.
pub(super) fn note(data: &dyn Directory, list: &[u8]) -> io::Result<()> {
    data.atomic_write(Path::new(NOTE), digest(list).as_bytes())?;
    data.sync_directory()
}

/// Takes the note away, before anything is written.
pub(super) fn take_note_away(data: &dyn Directory) -> io::Result<()> {
    if delete_if_there(data, NOTE)? { data.sync_directory() } else { Ok(()) }
}

fn digest(list: &[u8]) -> String {
    blake3::hash(list).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use tantivy::directory::TerminatingWrite as _;

    use super::*;
    use crate::engine::WriteError;

    static NEVER: AtomicBool = AtomicBool::new(false);

    /// A file as tantivy writes it.
    fn written(body: &[u8]) -> Vec<u8> {
        let index = Index::create_in_ram(tantivy::schema::Schema::builder().build());
        let path = Path::new("a.store");
        let mut file = index.directory().open_write(path).unwrap();
        file.write_all(body).unwrap();
        file.terminate().unwrap();
        index.directory().atomic_read(path).unwrap()
    }

    #[test]
    fn a_file_is_compared_with_its_checksum_however_long_it_is() {
        let chunk = usize::try_from(CHUNK_BYTES).unwrap();
        for length in [0, 1, 1_000, MOST_END_BYTES, chunk - 90, chunk - 1, chunk, chunk + 1, 3 * chunk + 7] {
            let body: Vec<u8> = (0..=250).cycle().take(length).collect();
            let whole = written(&body);
            assert!(is_sound(Cursor::new(&whole), &NEVER).unwrap(), "{length}");
            for place in [0, length / 2, length.saturating_sub(1)].into_iter().filter(|_| length > 0) {
                let mut damaged = whole.clone();
                damaged[place] ^= 1;
                assert!(!is_sound(Cursor::new(damaged), &NEVER).unwrap(), "{length}, {place}");
            }
            for cut in [1, 4, 8, 20, whole.len() - 3, whole.len()] {
                assert!(
                    !is_sound(Cursor::new(&whole[..whole.len() - cut]), &NEVER).unwrap_or(false),
                    "{length}, {cut}"
                );
            }
        }
    }

    #[test]
    fn what_nobody_has_files_left_for_is_told_from_damage() {
        let run_out = || io::Error::from(Errno::MFILE);
        let engine = TantivyError::OpenReadError(OpenReadError::wrap_io_error(run_out(), "a.store".into()));
        assert!(comes_of_running_out(&ReadError::Engine(Box::new(run_out()))));
        assert!(comes_of_running_out(&ReadError::Engine(Box::new(engine.clone()))));
        assert!(comes_of_running_out(&WriteError::Io(io::Error::other(engine))));
        let other = TantivyError::OpenReadError(OpenReadError::wrap_io_error(Errno::IO.into(), "a.store".into()));
        assert!(!comes_of_running_out(&ReadError::Engine(Box::new(other))));
        assert!(!comes_of_running_out(&ReadError::Corrupt("entry 7".to_owned())));
    }

    /// As a sector is that the disk cannot read: an error where it is read, the end of the process where it is mapped.
    #[test]
    fn what_cannot_be_read_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("a bad sector"))
            }
        }
        let whole = written(&vec![7; 3 << 20]);
        let file = Cursor::new(&whole[..2 << 20]).chain(Broken);
        assert!(is_sound(file, &NEVER).is_err());
    }
}
