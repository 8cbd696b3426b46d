//! The files of a data directory, as tantivy reads and writes them.

use std::{
    fmt,
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use tantivy::{
    Directory,
    directory::{
        MmapDirectory,
        error::{DeleteError, OpenDirectoryError},
    },
};

use crate::engine::tantivy::{directory::LOCK, durable::MANAGED, format::IndexName, quarantine::QuarantineName};

/// How the names begin under which files are written that are renamed when they are whole.
pub(super) const UNFINISHED: &str = ".tmp";

/// A data directory and the directories of indexes in it. Nobody else may use them.
pub trait Files: fmt::Debug + Send + Sync {
    /// The data directory itself.
    ///
    /// # Errors
    /// When it cannot be read.
    fn data(&self) -> Result<Box<dyn Directory>, OpenDirectoryError>;

    /// Makes an index's directory, if it is not there. When this returns its entry is on disk.
    ///
    /// # Errors
    /// When it cannot be made.
    fn make(&self, index: IndexName) -> io::Result<()>;

    /// An index's directory, without what a process that was killed left to no purpose.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    fn open(&self, index: IndexName) -> Result<Box<dyn Directory>, OpenDirectoryError>;

    /// The indexes that have a directory.
    ///
    /// # Errors
    /// When the data directory cannot be read.
    fn indexes(&self) -> io::Result<Vec<IndexName>>;

    /// The names of the files in an index's directory.
    ///
    /// # Errors
    /// When it cannot be read.
    fn names(&self, index: IndexName) -> io::Result<Vec<PathBuf>>;

    /// Has a file of an index's directory take another one's name and place.
    ///
    /// # Errors
    /// When it has not.
    fn rename(&self, index: IndexName, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes an index's directory with all that is in it.
    ///
    /// # Errors
    /// When it is not gone; a part of it may be.
    fn remove(&self, index: IndexName) -> io::Result<()>;

    /// Reads a file from its beginning, by its path within the data directory. What cannot be read is an error there,
    /// and not, as where files are mapped, the end of the process.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    fn read(&self, path: &Path) -> io::Result<Box<dyn Read>>;

    /// Has on disk what a file holds that somebody else wrote, by its path within the data directory. That it is there
    /// is on disk once its directory is synced.
    ///
    /// # Errors
    /// When it is not there, or that cannot be made sure.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Bytes of a file, by its path within the data directory.
    ///
    /// # Errors
    /// When it is not there, or cannot be looked at.
    fn bytes(&self, path: &Path) -> io::Result<u64>;

    /// Bytes that are free for this process.
    ///
    /// # Errors
    /// When the disk does not say.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Makes the directory of what is taken out of an index, if it is not there, and opens it. When this returns its entry is
    /// on disk.
    ///
    /// # Errors
    /// When it cannot be made.
    fn quarantine(&self, name: QuarantineName) -> io::Result<Box<dyn Directory>>;

    /// Gives a file of an index's directory a second name there, or copies it where that cannot be. The copy is whole, and
    /// what it holds is on disk, once it has its name; that is on disk when the directory is synced.
    ///
    /// # Errors
    /// When it has none.
    fn set_aside(&self, index: IndexName, file: &Path, name: QuarantineName) -> io::Result<()>;

    /// Says no when it is not the data directory any more that was opened: it is gone, or another one has its place.
    ///
    /// # Errors
    /// Then nothing may be written to it.
    fn check_place(&self) -> io::Result<()> {
        Ok(())
    }

    /// Told before each step of a backup, which is taken outside of the data directory.
    ///
    /// # Errors
    /// Then the step is not taken, and has failed so.
    fn before(&self, _: BackupStep) -> io::Result<()> {
        Ok(())
    }
}

/// What a backup does to the disk that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupStep {
    /// Makes a directory.
    MakeDirectory,
    /// Gives a file of the index a second name, in the backup.
    Link,
    /// Creates a file of its own.
    Create,
    /// Writes a part of one.
    Write,
    /// Has one on disk.
    Sync,
    /// Has a directory's entries on disk.
    SyncDirectory,
    /// Gives the backup its name.
    Rename,
}

/// Those of a file system, in the data directory at a path.
#[derive(Debug)]
pub struct OnDisk {
    path: PathBuf,
    /// Tells the file that is locked there from others, where one is.
    lock: Option<FileId>,
}

/// The device and the number of a file there.
type FileId = (u64, u64);

impl OnDisk {
    /// Those in a directory that nobody else uses: it is not locked.
    pub fn at(directory: PathBuf) -> Self {
        Self { path: directory, lock: None }
    }

    /// Those in a directory in which this process has locked a file.
    pub(super) fn locked(directory: PathBuf, lock: &File) -> io::Result<Self> {
        Ok(Self { path: directory, lock: Some(id_of(&lock.metadata()?)) })
    }

    fn path(&self, index: IndexName) -> PathBuf {
        self.path.join(index.to_string())
    }
}

impl Files for OnDisk {
    fn data(&self) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        Ok(Box::new(MmapDirectory::open(&self.path)?))
    }

    fn make(&self, index: IndexName) -> io::Result<()> {
        create_directory(&self.path(index))
    }

    fn open(&self, index: IndexName) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        let path = self.path(index);
        let files = MmapDirectory::open(&path)?;
        remove_unfinished(&path).map_err(|error| OpenDirectoryError::wrap_io_error(error, path))?;
        Ok(Box::new(files))
    }

    fn indexes(&self) -> io::Result<Vec<IndexName>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>()?;
        Ok(names.iter().filter_map(|name| IndexName::of(name.to_str()?)).collect())
    }

    fn names(&self, index: IndexName) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(self.path(index))?.map(|entry| Ok(entry?.file_name().into())).collect()
    }

    fn rename(&self, index: IndexName, from: &Path, to: &Path) -> io::Result<()> {
        let path = self.path(index);
        fs::rename(path.join(from), path.join(to))
    }

    fn remove(&self, index: IndexName) -> io::Result<()> {
        fs::remove_dir_all(self.path(index))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(self.path.join(path))?))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(self.path.join(path))?.sync_all()
    }

    fn bytes(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(self.path.join(path))?.len())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        free_bytes(&self.path)
    }

    fn check_place(&self) -> io::Result<()> {
        let Some(lock) = self.lock else { return Ok(()) };
        let gone = |what| {
            let path = self.path.display();
            io::Error::other(format!("`{path}` {what}: put back what was there, or start the service anew"))
        };
        match fs::metadata(self.path.join(LOCK)) {
            Ok(found) if id_of(&found) == lock => Ok(()),
            Ok(_) => Err(gone("is another data directory than the one that was opened")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(gone("is gone, or its file `lock` is")),
            Err(error) => Err(error),
        }
    }

    fn quarantine(&self, name: QuarantineName) -> io::Result<Box<dyn Directory>> {
        let path = self.path.join(name.to_string());
        create_directory(&path)?;
        Ok(Box::new(MmapDirectory::open(&path).map_err(io::Error::other)?))
    }

    fn set_aside(&self, index: IndexName, file: &Path, name: QuarantineName) -> io::Result<()> {
        let (source, aside) = (self.path(index).join(file), self.path.join(name.to_string()));
        let target = aside.join(file);
        match fs::hard_link(&source, &target) {
            // It has its name when it is whole.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(_) => copy_whole(&source, &target, &aside.join(format!("{UNFINISHED}-{}", file.display()))),
            Ok(()) => Ok(()),
        }
    }
}

fn id_of(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// Copies a file under another name, which it changes when it is whole and on disk.
fn copy_whole(source: &Path, target: &Path, draft: &Path) -> io::Result<()> {
    let copied =
        fs::copy(source, draft).and_then(|_| File::open(draft)?.sync_all()).and_then(|()| fs::rename(draft, target));
    copied.inspect_err(|_| {
        // What is left of it is in nobody's way.
        let _gone = fs::remove_file(draft);
    })
}

/// Makes a directory with all above it that are missing; when this returns their entries are on disk, and that of the one
/// that they are in: a process that was killed may have made that.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.exists() && **path != *"";
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    let there = path.ancestors().nth(missing.len()).filter(|there| **there != *"");
    match there.map(sync_entry) {
        // Whoever may not list a directory has made nothing in it.
        Some(Err(error)) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
        _ => {}
    }
    for directory in missing.into_iter().rev() {
        match fs::create_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        sync_entry(directory)?;
    }
    Ok(())
}

/// Has on disk that a directory is there.
fn sync_entry(directory: &Path) -> io::Result<()> {
    match directory.parent() {
        Some(parent) if *parent == *"" => File::open(".")?.sync_all(),
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Puts a small file on disk as it was read: that it could be read says nothing of that. A process that was killed may
/// have left its renaming in memory only, and a sync that failed may have lost it there for good. A full disk has no
/// room for it a second time; then it is synced where it is.
pub(super) fn keep(directory: &dyn Directory, name: &str, content: &[u8]) -> io::Result<()> {
    match directory.atomic_write(Path::new(name), content) {
        Err(error) if is_full(error.kind()) => {}
        written => written?,
    }
    directory.sync_directory()
}

/// Deletes a small file; whether it was there.
///
/// # Errors
/// As the disk said, of its kind.
pub(super) fn delete_if_there(directory: &dyn Directory, name: &str) -> io::Result<bool> {
    match directory.delete(Path::new(name)) {
        Ok(()) => Ok(true),
        Err(DeleteError::FileDoesNotExist(_)) => Ok(false),
        Err(DeleteError::IoError { io_error, .. }) => Err(io::Error::new(io_error.kind(), io_error)),
    }
}

/// Whether a disk that fails so is full, or as good as full for this process.
pub(super) fn is_full(error: io::ErrorKind) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error, StorageFull | QuotaExceeded | FileTooLarge)
}

/// Bytes that are free, for this process, on the disk that a directory is on.
pub(super) fn free_bytes(directory: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(directory)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes of all files in a directory that holds no others; none when it is gone, as that of an index is whose place
/// another one took.
pub(super) fn disk_bytes(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        // A file may go between listing and looking: merges remove them.
        if let Ok(metadata) = entry?.metadata() {
            bytes += metadata.len();
        }
    }
    Ok(bytes)
}

/// Removes what a process that was killed was about to rename, and the list of files that nobody keeps any more.
fn remove_unfinished(index: &Path) -> io::Result<()> {
    for entry in fs::read_dir(index)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) || entry.file_name() == MANAGED {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_stays_and_what_is_there_is_not_written_again() {
        let place = tempfile::tempdir().unwrap();
        let files = OnDisk::at(place.path().to_owned());
        files.make(IndexName::FIRST).unwrap();
        let (name, file) = (QuarantineName::of(b"a list"), Path::new("a.store"));
        let (source, aside) = (place.path().join("index/a.store"), place.path().join(name.to_string()));
        fs::write(&source, "stored").unwrap();
        files.quarantine(name).unwrap();
        for _ in 0..2 {
            files.set_aside(IndexName::FIRST, file, name).unwrap();
        }
        fs::remove_file(&source).unwrap();
        assert_eq!(fs::read(aside.join(file)).unwrap(), b"stored");
        assert!(files.set_aside(IndexName::FIRST, Path::new("b.store"), name).is_err());
        assert_eq!(fs::read_dir(&aside).unwrap().count(), 1, "nothing is left of what fails");
    }

    #[test]
    fn where_there_are_no_links_it_is_copied() {
        let place = tempfile::tempdir().unwrap();
        let [source, target, draft] = ["source", "target", ".tmp-target"].map(|name| place.path().join(name));
        fs::write(&source, "stored").unwrap();
        copy_whole(&source, &target, &draft).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"stored");
        assert!(source.exists() && !draft.exists());
        assert!(copy_whole(&place.path().join("none"), &target, &draft).is_err() && !draft.exists());
    }
}
