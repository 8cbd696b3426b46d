//! Compares the files of an index that is open, and may be written to, with their checksums.

use std::{
    collections::HashSet,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tantivy::Index;

use crate::engine::{
    Generation, ReadError, Verification,
    tantivy::{
        check, directory::IndexDirectory, durable::LIST, embedded::TantivyEngine, format::FORMAT_FILE, index::Shared,
        record::read_error,
    },
};

/// The list of segments, and the format.
pub(super) const OTHER_FILES: u64 = 2;

/// A file of which somebody is told how much is read.
struct Paced<'a> {
    file: Box<dyn Read>,
    pace: &'a dyn Fn(usize),
}

impl Read for Paced<'_> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        self.file.read(chunk).inspect(|read| (self.pace)(*read))
    }
}

/// Looks at every file of the index that is used; `pace` is told of all that is read, and may wait. Where everything is
/// what was written, that settles what made no sense before.
pub(super) fn verify(
    engine: &TantivyEngine,
    pace: &dyn Fn(usize),
    stop: &AtomicBool,
) -> Result<Verification, ReadError> {
    loop {
        let shared = engine.shared();
        let times = shared.doubt.times();
        let compared = compare(&shared, pace, stop);
        ReadError::check(stop)?;
        // Else another one has taken its place, and it is removed.
        if Arc::ptr_eq(&shared, &engine.shared()) {
            return compared.inspect(|found| {
                if found.damaged.is_empty() {
                    shared.doubt.settle(times);
                } else {
                    shared.found_damaged();
                }
                shared.is_unchecked.store(false, Relaxed);
            });
        }
    }
}

/// Looks at every file that the newest state needs, as it is read now and not as it was when it was mapped. Without its list
/// the rest is not looked at.
fn compare(shared: &Shared, pace: &dyn Fn(usize), stop: &AtomicBool) -> Result<Verification, ReadError> {
    let (mut files, mut bytes) = (OTHER_FILES, 0);
    let (commit, damaged) = shared.list.while_it_stays(|_| (shared.newest().commit().number, damaged_lists(shared)));
    let mut damaged = damaged.map_err(|error| ReadError::Engine(Box::new(error)))?;
    if damaged.is_empty() {
        let IndexDirectory { data, name, files: written } = &shared.directory;
        let index = Index::open(written.box_clone()).map_err(read_error)?;
        let paths = check::files_of(&index).map_err(read_error)?;
        files += paths.len() as u64;
        bytes = paths.iter().filter_map(|path| data.files.bytes(&name.path_of(path)).ok()).sum();
        let read = |path: &Path| Ok(Paced { file: data.files.read(&name.path_of(path))?, pace });
        // What merging has taken away since is not missing.
        let needed = || check::files_of(&index).map(HashSet::<_>::from_iter);
        // At once: what comes behind it takes long, and may be given up.
        let meets = |path: &Path| {
            if needed().is_ok_and(|needed| needed.contains(path)) {
                shared.found_damaged();
            }
        };
        let found = check::damaged_as_read(read, paths, meets, stop)?;
        if !found.is_empty() {
            let needed = needed().map_err(read_error)?;
            damaged.extend(found.iter().filter(|path| needed.contains(*path)).map(|path| path.display().to_string()));
        }
    }
    let generation = Generation { index: shared.directory.data.index_id, commit };
    Ok(Verification { generation, files, bytes, damaged })
}

/// Those of the list of segments and the format that are not what was written.
fn damaged_lists(shared: &Shared) -> io::Result<Vec<String>> {
    let list = check::read_small(shared.directory.files.as_ref(), LIST)?;
    let lists = [
        (LIST, list.is_some_and(|list| check::is_sealed(&list))),
        (FORMAT_FILE, shared.directory.data.is_format_sound()?),
    ];
    Ok(lists.into_iter().filter(|(_, is_sound)| !is_sound).map(|(name, _)| name.to_owned()).collect())
}
