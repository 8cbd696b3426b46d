//! Copies of an index that is being written: segments never change, so a copy shares them with the index where the
//! file system lets it.
//!
//! A copy is made under another name, checked, and renamed when it is whole and on disk.

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use tantivy::{Directory as _, Index, directory::RamDirectory};

use crate::engine::{
    Backup, BackupError, BadTarget, Branch, Generation, ReadError,
    tantivy::{
        check,
        directory::{DataDirectory, IndexDirectory},
        durable::LIST,
        files::{BackupStep, Files, OnDisk, is_full},
        format::IndexName,
        founding::random,
        index::{self, Commit, Shared},
        manifest::{Content, CopiedFile, MANIFEST, Manifest},
        record::read_error,
    },
};

/// Bytes that are written at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Copies what is on disk now.
pub(super) fn back_up(shared: &Shared, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError> {
    let data = &shared.directory.data;
    check_target(data.path(), target)?;
    let copy = Unfinished::create(target, &data.files)?;
    let Copied { commit, files, linked } = copy.copy_index(shared, stop)?;
    copy.check(&files, shared, stop)?;
    let names = files.iter().map(|file| file.display().to_string()).chain([LIST.to_owned()]);
    let mut paths: Vec<_> = names.map(|name| format!("{}/{name}", IndexName::FIRST)).collect();
    paths.extend(copy.copy_beside(data)?);
    let (copied, mut files) = (OnDisk::at(copy.path.clone()), Vec::with_capacity(paths.len()));
    for path in paths {
        files.push(CopiedFile::of(&copied, &path, stop).map_err(failed)?);
    }
    let generation = Generation { index: data.index_id, commit: commit.number };
    let branch = Branch { index: generation.index, commit: commit.number, sequence: commit.sequence };
    let content = Content {
        generation: generation.to_string(),
        documents: commit.documents,
        paragraphs: commit.paragraphs,
        history: [data.history.as_slice(), &[branch]].concat(),
    };
    let (count, bytes) = (files.len() as u64 + 1, files.iter().map(|file| file.bytes).sum());
    let manifest = Manifest::new(content, files).to_text().map_err(BackupError::Write)?;
    copy.finish(&manifest, target).map_err(failed)?;
    Ok(Backup { generation, files: count, linked_files: linked, bytes })
}

/// What cannot be right is said before anything is copied.
fn check_target(data: &Path, target: &Path) -> Result<(), BadTarget> {
    let unusable = |error: io::Error| BadTarget::Unusable(error.kind());
    let (true, Some(parent), Some(_)) = (target.is_absolute(), target.parent(), target.file_name()) else {
        return Err(BadTarget::Relative);
    };
    match fs::symlink_metadata(target) {
        Ok(_) => return Err(BadTarget::Exists),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(error)),
    }
    let parent = fs::canonicalize(parent).map_err(unusable)?;
    if parent.starts_with(fs::canonicalize(data).map_err(unusable)?) {
        return Err(BadTarget::WithinData);
    }
    Ok(())
}

/// What was copied of an index.
struct Copied {
    commit: Commit,
    /// Those of the segments.
    files: Vec<PathBuf>,
    linked: u64,
}

/// A copy that is not whole yet; dropping it takes it away.
struct Unfinished {
    path: PathBuf,
    index: PathBuf,
    /// Those of the index, which are told of each step.
    told: Arc<dyn Files>,
}

impl Unfinished {
    /// Beside the target, so that it can be renamed.
    fn create(target: &Path, told: &Arc<dyn Files>) -> Result<Self, BackupError> {
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = target.with_file_name(format!("{name}.unfinished-{:08x}", random()));
        let unusable = |error: io::Error| match error.kind() {
            kind if is_full(kind) => BackupError::Write(error),
            kind => BadTarget::Unusable(kind).into(),
        };
        told.before(BackupStep::MakeDirectory).and_then(|()| fs::create_dir(&path)).map_err(unusable)?;
        let copy = Self { index: path.join(IndexName::FIRST.to_string()), path, told: Arc::clone(told) };
        copy.step(BackupStep::MakeDirectory, || fs::create_dir(&copy.index)).map_err(BackupError::Write)?;
        Ok(copy)
    }

    fn step<T>(&self, step: BackupStep, take: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.told.before(step)?;
        take()
    }

    /// Copies the index as its list of segments on disk has it. While the list stays, so do the files that it names; commits
    /// wait meanwhile, so nothing is done then on any disk but the index's own.
    fn copy_index(&self, shared: &Shared, stop: &AtomicBool) -> Result<Copied, BackupError> {
        let source = shared.directory.path();
        let may_link = is_on_one_disk(&source, &self.index).map_err(failed)?;
        let (list, commit, files, unlinked) = shared.list.while_it_stays(|list| {
            let index = listed(list).map_err(read_error)?;
            let commit = index::last_commit(&index, shared.fingerprint()).map_err(read_error)?;
            let files = check::files_of(&index).map_err(read_error)?;
            let mut unlinked = Vec::new();
            for file in &files {
                let link = || fs::hard_link(source.join(file), self.index.join(file));
                if !may_link || self.step(BackupStep::Link, link).is_err() {
                    let slice = shared.directory.files.open_read(file).map_err(|error| read_error(error.into()))?;
                    unlinked.push((file.clone(), slice.read_bytes().map_err(|error| read_error(error.into()))?));
                }
            }
            Ok::<_, BackupError>((list.to_owned(), commit, files, unlinked))
        })?;
        self.write(&self.index.join(LIST), &list).map_err(failed)?;
        let linked = (files.len() - unlinked.len()) as u64;
        let IndexDirectory { data, name, .. } = &shared.directory;
        for (file, mapped) in unlinked {
            let source: io::Result<Box<dyn Read>> = match data.files.read(&name.path_of(&file)) {
                // It was merged away since. What is mapped stays, but could not be read on a disk that fails.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(mapped)),
                source => source,
            };
            self.copy_slowly(&file, source, &self.index.join(&file), stop)?;
        }
        Ok(Copied { commit, files, linked })
    }

    /// What was damaged is not copied as if it were whole.
    fn check(&self, files: &[PathBuf], shared: &Shared, stop: &AtomicBool) -> Result<(), BackupError> {
        let wrong = check::damaged(&OnDisk::at(self.path.clone()), IndexName::FIRST, files.to_vec(), stop)?;
        if wrong.is_empty() {
            return Ok(());
        }
        // It may have been copied wrong.
        let IndexDirectory { data, name, .. } = &shared.directory;
        let damaged = check::damaged(data.files.as_ref(), *name, wrong, stop)?;
        if damaged.is_empty() {
            let message = "the copy is not what was read of the index";
            return Err(BackupError::Write(io::Error::new(io::ErrorKind::InvalidData, message)));
        }
        Err(BackupError::damaged(&damaged))
    }

    /// Copies what else lies in the data directory, such as the key of tokens; says what that is.
    fn copy_beside(&self, data: &DataDirectory) -> Result<Vec<String>, BackupError> {
        let beside = data.files_beside().map_err(|error| ReadError::Engine(Box::new(error)))?;
        for name in &beside {
            let copy = self.path.join(name);
            let copied = self.step(BackupStep::Create, || fs::copy(data.path().join(name), &copy));
            copied.and_then(|_| self.step(BackupStep::Sync, || File::open(&copy)?.sync_all())).map_err(failed)?;
        }
        Ok(beside)
    }

    /// Copies a file of the index, which is damaged if it cannot be read, unless that says nothing of it.
    fn copy_slowly(
        &self,
        name: &Path,
        source: io::Result<Box<dyn Read>>,
        target: &Path,
        stop: &AtomicBool,
    ) -> Result<(), BackupError> {
        let damaged = |error| {
            if check::has_run_out(&error) {
                return ReadError::Engine(Box::new(error)).into();
            }
            tracing::error!(file = %name.display(), %error, "a file of the index cannot be read");
            BackupError::damaged(&[name.to_owned()])
        };
        let mut source = source.map_err(damaged)?;
        let created = self.step(BackupStep::Create, || File::create_new(target));
        let (mut file, mut chunk) = (created.map_err(failed)?, Vec::with_capacity(CHUNK_BYTES));
        loop {
            ReadError::check(stop)?;
            chunk.clear();
            source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk).map_err(damaged)?;
            if chunk.is_empty() {
                return self.step(BackupStep::Sync, || file.sync_all()).map_err(failed);
            }
            self.step(BackupStep::Write, || file.write_all(&chunk)).map_err(failed)?;
        }
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = self.step(BackupStep::Create, || File::create_new(path))?;
        self.step(BackupStep::Write, || file.write_all(content))?;
        self.step(BackupStep::Sync, || file.sync_all())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step(BackupStep::SyncDirectory, || File::open(path)?.sync_all())
    }

    /// Gives it its name, once all of it is on disk.
    fn finish(mut self, manifest: &[u8], target: &Path) -> io::Result<()> {
        self.write(&self.path.join(MANIFEST), manifest)?;
        self.sync_directory(&self.index)?;
        self.sync_directory(&self.path)?;
        self.step(BackupStep::Rename, || fs::rename(&self.path, target))?;
        // From here on it is there: if that cannot be made durable, it is taken away under its own name.
        target.clone_into(&mut self.path);
        target.parent().map_or(Ok(()), |parent| self.sync_directory(parent))?;
        self.path.clear();
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished backup could not be removed: delete it");
        }
    }
}

/// An index of which there is the list of segments only.
fn listed(list: &[u8]) -> tantivy::Result<Index> {
    let files = RamDirectory::create();
    files.atomic_write(Path::new(LIST), list)?;
    Index::open(files)
}

fn is_on_one_disk(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(fs::metadata(one)?.dev() == fs::metadata(other)?.dev())
}

fn failed(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::Interrupted => ReadError::Stopped.into(),
        _ => BackupError::Write(error),
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn too_many_open_files_are_no_damage() {
        let place = tempfile::tempdir().unwrap();
        let files: Arc<dyn Files> = Arc::new(OnDisk::at(place.path().to_owned()));
        let copy = Unfinished::create(&place.path().join("monday"), &files).unwrap();
        let copied = |error: Errno| {
            let target = copy.index.join("a.store");
            copy.copy_slowly(Path::new("a.store"), Err(error.into()), &target, &AtomicBool::new(false))
        };
        for error in [Errno::MFILE, Errno::NFILE, Errno::NOMEM] {
            let failed = copied(error);
            assert!(matches!(failed, Err(BackupError::Read(ReadError::Engine(_)))), "{failed:?}");
        }
        for error in [Errno::IO, Errno::NOENT] {
            let failed = copied(error);
            assert!(matches!(failed, Err(BackupError::Read(ReadError::Corrupt(_)))), "{failed:?}");
        }
    }
}
