//! A disk in memory that remembers in which order it was written to, what of that was synced, and can be cut off from
//! its power at any point of it. It also fails when it is told to.
//!
//! The model is POSIX taken at its word: what a file holds is on disk once the file is synced, that it is there, or is
//! not there any more, once its directory is. And Linux at its own: what a sync was for that failed is read as it was
//! written, and may never get to the disk, though the next sync of the same file succeeds.

#[path = "kept.rs"]
mod kept;

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, Cursor, Read, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use fastrand::Rng;
use kept::Kept;
use rustix::io::Errno;
use tantivy::{
    Directory, HasLen,
    directory::{
        AntiCallToken, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite, WatchCallback, WatchHandle,
        WritePtr,
        error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
    },
};
use xunzhang::engine::tantivy::{Files, IndexName, QuarantineName};

/// What the names of those files of a segment end in that are derived from the others.
pub(crate) const DERIVED: [&str; 5] = ["term", "idx", "pos", "fieldnorm", "fast"];
/// What the others end in.
pub(crate) const STORED: [&str; 2] = ["store", "del"];
/// What is free of a disk that is not full.
const FREE_BYTES: u64 = 1 << 40;

/// A file's name, with its directory.
type Name = (Place, PathBuf);
/// A file, whatever its names.
type File = usize;

/// A directory. Those of indexes, and of what was taken out of them, are entries of the data directory, under their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Data,
    Index(IndexName),
    Quarantine(QuarantineName),
}

impl Place {
    /// The directory of a file, and its name there, by its path within the data directory.
    fn of(path: &Path) -> Name {
        let index = path.parent().and_then(|parent| IndexName::of(parent.to_str()?));
        let file = path.file_name().expect("the path of a file");
        (index.map_or(Self::Data, Self::Index), file.into())
    }
}

/// What of the unsynced survives a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survival {
    /// None of it.
    Nothing,
    /// What came first.
    Prefix,
    /// Any of it, in whatever order it reached the disk.
    Subset,
    /// All of it: the process was killed, the power stayed. It is no more on disk than it was.
    All,
}

impl Survival {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Prefix, Self::Subset, Self::All];
}

/// What is on a disk.
#[derive(Clone, Default)]
pub(crate) struct Image(BTreeMap<Name, Vec<u8>>);

#[derive(Clone)]
enum Operation {
    Write(File, Vec<u8>),
    SyncFile(File),
    /// The sync of a file failed: any of what it was for is on the disk all the same; the rest is in memory only, and no
    /// later sync brings it there.
    LostFile(File),
    Enter(Entry),
    SyncDirectory(Place),
    /// The same of a directory.
    Lost(Place),
}

/// A change of a directory.
#[derive(Clone)]
enum Entry {
    Link(Name, File),
    /// Another name of a file that has one.
    Second(Name, File),
    Rename(Name, Name, File),
    Unlink(Name),
}

/// The disk. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
    unlocked: Arc<Condvar>,
}

#[derive(Default)]
struct State {
    /// What was there at the beginning, all of it synced.
    first: Image,
    log: Vec<Operation>,
    /// How much of that had happened before it was opened last.
    begun: usize,
    entries: BTreeMap<Name, File>,
    contents: Vec<Vec<u8>>,
    locked: HashSet<Name>,
    /// Writes, syncs, renames, creations and deletions so far.
    steps: usize,
    /// Which of these fail, and how.
    failing: Option<(Range<usize>, io::ErrorKind)>,
    /// Syncs of the data directory so far, and which of them fail.
    data_syncs: usize,
    failing_data_syncs: Range<usize>,
    failing_behind: usize,
    /// Syncs of the indexes' directories so far, and which of them fail.
    index_syncs: usize,
    failing_index_syncs: Range<usize>,
    /// How reading files fails, and reading what is mapped of them.
    unreadable: Option<Errno>,
    unmapped: Option<(Errno, Option<&'static str>)>,
    room: Room,
}

/// Whether there is room for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    #[default]
    Enough,
    /// What a merge stores takes all that there is.
    UntilMerged,
    /// There is none until a file is deleted.
    None,
}

impl Disk {
    /// One that holds what another one kept.
    pub(crate) fn new(first: Image) -> Self {
        Self::from(State::with(first))
    }

    /// What is left of it when the process is killed after so much has happened: all of it, in memory as before.
    pub(crate) fn killed(&self, length: usize) -> Self {
        let state = self.state();
        let mut left = State::with(state.first.clone());
        state.log[..length].iter().for_each(|operation| left.repeat(operation));
        left.begun = length;
        Self::from(left)
    }

    /// The engine's view of it.
    pub(crate) fn files(&self) -> Box<dyn Files> {
        Box::new(Directories(self.clone()))
    }

    fn at(&self, place: Place) -> Box<dyn Directory> {
        Box::new(At { disk: self.clone(), place })
    }

    /// Makes steps fail, counted from now on.
    pub(crate) fn fail(&self, steps: Range<usize>, kind: io::ErrorKind) {
        let mut state = self.state();
        let now = state.steps;
        state.failing = Some((now + steps.start..now.saturating_add(steps.end), kind));
    }

    /// Makes syncs of the data directory fail, counted from now on, and so many steps behind each.
    pub(crate) fn fail_data_syncs(&self, syncs: Range<usize>, steps: usize) {
        let mut state = self.state();
        let now = state.data_syncs;
        state.failing_data_syncs = now + syncs.start..now + syncs.end;
        state.failing_behind = steps;
    }

    /// Makes syncs of the indexes' directories fail, counted from now on.
    pub(crate) fn fail_index_syncs(&self, syncs: Range<usize>) {
        let mut state = self.state();
        let now = state.index_syncs;
        state.failing_index_syncs = now + syncs.start..now + syncs.end;
    }

    /// Makes files fail to be read, or has them read again.
    pub(crate) fn fail_reads(&self, error: Option<Errno>) {
        self.state().unreadable = error;
    }

    /// Makes small files fail to be read, and what is mapped of others, also of those that are open, or only small files of
    /// one name; or has them read again.
    /// A file system's would end the process where it is mapped; what the engine does about it, it does about whatever else
    /// fails where it reads.
    pub(crate) fn fail_mapped(&self, error: Option<Errno>, only: Option<&'static str>) {
        self.state().unmapped = error.map(|error| (error, only));
    }

    /// Has the next merge take all the room that there is, or leaves none at once; until a file is deleted.
    pub(crate) fn fill(&self, by_merging: bool) {
        self.state().room = if by_merging { Room::UntilMerged } else { Room::None };
    }

    /// Whether there has been no room since.
    pub(crate) fn was_filled(&self) -> bool {
        self.state().room != Room::UntilMerged
    }

    /// Whether one of the steps that are to fail has been asked for.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state();
        state.failing.as_ref().is_some_and(|(steps, _)| state.steps > steps.start)
    }

    /// How much has happened so far.
    pub(crate) fn length(&self) -> usize {
        self.state().log.len()
    }

    /// A moment for the power to go since it was opened: any, or, every other time, just behind a file's renaming, before
    /// that is on disk; every fourth time that of a file in the data directory, of which there are few.
    pub(crate) fn moment(&self, rng: &mut Rng) -> usize {
        let state = self.state();
        let mut behind: Vec<_> = (state.begun + 1..).zip(&state.log[state.begun..]).collect();
        let among = rng.u8(..4);
        behind.retain(|(_, operation)| match operation {
            Operation::Enter(Entry::Rename(_, (place, _), _)) => among > 0 || *place == Place::Data,
            _ => false,
        });
        let renamed = if among < 2 { rng.choice(behind).map(|(length, _)| length) } else { None };
        renamed.unwrap_or_else(|| rng.usize(state.begun..=state.log.len()))
    }

    /// What is left when the power goes after so much has happened, or, where all survives, the process is killed.
    pub(crate) fn cut(&self, length: usize, survival: Survival, rng: &mut Rng) -> Self {
        if survival == Survival::All {
            return self.killed(length);
        }
        let state = self.state();
        let mut kept = Kept::new(&state.first);
        state.log[..length].iter().for_each(|operation| kept.take(operation, rng));
        Self::new(kept.image(survival, rng))
    }

    /// A disk that holds what this one does, all of it synced, where files of these kinds of one segment or more have rotted
    /// since; that the index was closed in order, it does not know.
    pub(crate) fn rotten(&self, kinds: &[&str], rng: &mut Rng) -> Self {
        let state = self.state();
        let kept = |(name, file): (&Name, &File)| (name.clone(), state.contents[*file].clone());
        let mut image = Image(state.entries.iter().map(kept).collect());
        image.0.remove(&(Place::Data, "clean".into()));
        let lists = image.0.iter().filter(|((_, name), _)| *name == *"meta.json");
        let lists: String = lists.map(|(_, list)| String::from_utf8_lossy(list).replace('-', "")).collect();
        let segment =
            |name: &Path| name.to_str().and_then(|name| name.split('.').next()).unwrap_or_default().to_owned();
        let is_meant = |name: &Path| {
            let is_one = name.extension().is_some_and(|kind| kinds.iter().any(|meant| kind == *meant));
            is_one && lists.contains(&segment(name))
        };
        let meant = |(place, name): &&Name| matches!(place, Place::Index(_)) && is_meant(name);
        let meant: Vec<_> = image.0.keys().filter(meant).cloned().collect();
        let first = rng.choice(&meant);
        for (name, content) in &mut image.0 {
            if Some(name) == first || meant.contains(name) && rng.u8(..4) == 0 {
                // Not at the end of a file, which says which version wrote it.
                let place = rng.usize(..content.len().div_ceil(2));
                content[place] ^= 1 << rng.u8(..8);
            }
        }
        Self::new(image)
    }

    /// The files that were put aside.
    pub(crate) fn put_aside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let aside = state.entries.iter().filter(|((place, _), _)| matches!(place, Place::Quarantine(_)));
        aside.map(|((_, name), file)| (name.clone(), state.contents[*file].clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds it")
    }
}

impl From<State> for Disk {
    fn from(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)), unlocked: Arc::default() }
    }
}

impl State {
    /// That of a disk on which something is.
    fn with(first: Image) -> Self {
        let mut state = Self::default();
        for (name, content) in &first.0 {
            state.entries.insert(name.clone(), state.contents.len());
            state.contents.push(content.clone());
        }
        Self { first, ..state }
    }

    /// Does again what another one did.
    fn repeat(&mut self, operation: &Operation) {
        match operation {
            Operation::Write(file, bytes) => self.contents[*file].extend_from_slice(bytes),
            Operation::Enter(entry) => {
                if let Entry::Link(..) = entry {
                    self.contents.push(Vec::new());
                }
                entry.enter(&mut self.entries);
            }
            // What a failed sync has lost for the disk is in memory still.
            Operation::SyncFile(_) | Operation::LostFile(_) | Operation::SyncDirectory(_) | Operation::Lost(_) => {}
        }
        self.log.push(operation.clone());
    }

    /// Counts a step; the error if it fails.
    fn step(&mut self) -> io::Result<()> {
        let step = self.steps;
        self.steps += 1;
        match &self.failing {
            Some((steps, kind)) if steps.contains(&step) => Err(io::Error::new(*kind, "made to fail")),
            _ => Ok(()),
        }
    }

    fn create(&mut self, name: Name) -> File {
        let file = self.contents.len();
        self.contents.push(Vec::new());
        self.log.push(Operation::Enter(Entry::Link(name.clone(), file)));
        self.entries.insert(name, file);
        file
    }

    /// Writes half of it when it fails.
    fn write(&mut self, file: File, is_merged: bool, bytes: &[u8]) -> io::Result<()> {
        let result = self.step().and_then(|()| self.take_room(is_merged));
        let written = if result.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        self.contents[file].extend_from_slice(written);
        self.log.push(Operation::Write(file, written.to_vec()));
        result
    }

    fn take_room(&mut self, is_merged: bool) -> io::Result<()> {
        if self.room == Room::UntilMerged && is_merged {
            self.room = Room::None;
        }
        if self.room == Room::None { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync_file(&mut self, file: File) -> io::Result<()> {
        let result = self.step();
        self.log.push(if result.is_ok() { Operation::SyncFile(file) } else { Operation::LostFile(file) });
        result
    }

    fn sync_directory(&mut self, place: Place) -> io::Result<()> {
        let mut result = self.step();
        if place == Place::Data {
            if self.failing_data_syncs.contains(&self.data_syncs) {
                result = Err(io::Error::other("made to fail"));
                if self.failing_behind > 0 {
                    self.failing = Some((self.steps..self.steps + self.failing_behind, io::ErrorKind::Other));
                }
            }
            self.data_syncs += 1;
        } else {
            if self.failing_index_syncs.contains(&self.index_syncs) {
                result = Err(io::Error::other("made to fail"));
            }
            self.index_syncs += 1;
        }
        let done = Operation::SyncDirectory(place);
        self.log.push(if result.is_ok() { done } else { Operation::Lost(place) });
        result
    }

    fn replace(&mut self, name: Name, content: &[u8]) -> io::Result<()> {
        self.step()?;
        let draft = (name.0, PathBuf::from(format!(".tmp{}", self.contents.len())));
        let file = self.create(draft.clone());
        self.write(file, false, content)?;
        self.sync_file(file)?;
        self.rename(draft, name)
    }

    fn rename(&mut self, from: Name, to: Name) -> io::Result<()> {
        self.step()?;
        let file = self.entries.remove(&from).ok_or(io::ErrorKind::NotFound)?;
        self.log.push(Operation::Enter(Entry::Rename(from, to.clone(), file)));
        self.entries.insert(to, file);
        Ok(())
    }
}

impl Entry {
    fn place(&self) -> Place {
        match self {
            Self::Link((place, _), _)
            | Self::Second((place, _), _)
            | Self::Rename((place, _), ..)
            | Self::Unlink((place, _)) => *place,
        }
    }

    fn enter(&self, entries: &mut BTreeMap<Name, File>) {
        match self {
            Self::Link(name, file) | Self::Second(name, file) => {
                entries.insert(name.clone(), *file);
            }
            Self::Rename(from, to, file) => {
                entries.remove(from);
                entries.insert(to.clone(), *file);
            }
            Self::Unlink(name) => {
                entries.remove(name);
            }
        }
    }
}

/// The index whose directory an entry is.
fn index_of((place, name): &Name) -> Option<IndexName> {
    (*place == Place::Data).then(|| IndexName::of(name.to_str()?)).flatten()
}

/// The directories of a disk.
#[derive(Clone)]
struct Directories(Disk);

impl std::fmt::Debug for Directories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("simulated directories")
    }
}

impl Files for Directories {
    fn data(&self) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        Ok(self.0.at(Place::Data))
    }

    fn make(&self, index: IndexName) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let name = (Place::Data, PathBuf::from(index.to_string()));
        if !state.entries.contains_key(&name) {
            state.create(name);
        }
        state.sync_directory(Place::Data)
    }

    fn open(&self, index: IndexName) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        Ok(self.0.at(Place::Index(index)))
    }

    fn indexes(&self) -> io::Result<Vec<IndexName>> {
        Ok(self.0.state().entries.keys().filter_map(index_of).collect())
    }

    fn names(&self, index: IndexName) -> io::Result<Vec<PathBuf>> {
        let state = self.0.state();
        Ok(state.entries.keys().filter(|name| name.0 == Place::Index(index)).map(|name| name.1.clone()).collect())
    }

    fn rename(&self, index: IndexName, from: &Path, to: &Path) -> io::Result<()> {
        let [from, to] = [from, to].map(|path| (Place::Index(index), path.to_owned()));
        self.0.state().rename(from, to)
    }

    fn remove(&self, index: IndexName) -> io::Result<()> {
        let mut state = self.0.state();
        let is_within = |name: &&Name| name.0 == Place::Index(index) || index_of(name) == Some(index);
        // The directory itself comes first in the order of names, and goes last.
        let gone: Vec<_> = state.entries.keys().filter(is_within).cloned().collect();
        for name in gone.into_iter().rev() {
            state.step()?;
            state.entries.remove(&name);
            state.log.push(Operation::Enter(Entry::Unlink(name)));
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        let state = self.0.state();
        if let Some(error) = state.unreadable {
            return Err(error.into());
        }
        let file = *state.entries.get(&Place::of(path)).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(state.contents[file].clone())))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.state();
        let file = *state.entries.get(&Place::of(path)).ok_or(io::ErrorKind::NotFound)?;
        state.sync_file(file)
    }

    fn bytes(&self, path: &Path) -> io::Result<u64> {
        let state = self.0.state();
        let file = *state.entries.get(&Place::of(path)).ok_or(io::ErrorKind::NotFound)?;
        Ok(state.contents[file].len() as u64)
    }

    fn quarantine(&self, name: QuarantineName) -> io::Result<Box<dyn Directory>> {
        let mut state = self.0.state();
        state.step()?;
        let entry = (Place::Data, PathBuf::from(name.to_string()));
        if !state.entries.contains_key(&entry) {
            state.create(entry);
        }
        state.sync_directory(Place::Data)?;
        Ok(self.0.at(Place::Quarantine(name)))
    }

    fn set_aside(&self, index: IndexName, file: &Path, name: QuarantineName) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let [from, to] = [Place::Index(index), Place::Quarantine(name)].map(|place| (place, file.to_owned()));
        let file = *state.entries.get(&from).ok_or(io::ErrorKind::NotFound)?;
        if !state.entries.contains_key(&to) {
            state.log.push(Operation::Enter(Entry::Second(to.clone(), file)));
            state.entries.insert(to, file);
        }
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(if self.0.state().room == Room::None { 0 } else { FREE_BYTES })
    }
}

/// A directory of a disk.
#[derive(Clone)]
struct At {
    disk: Disk,
    place: Place,
}

impl At {
    fn name(&self, path: &Path) -> Name {
        (self.place, path.to_owned())
    }
}

impl std::fmt::Debug for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated {:?}", self.place)
    }
}

impl Directory for At {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        Ok(Arc::new(Mapped { disk: self.disk.clone(), content: OwnedBytes::new(self.atomic_read(path)?) }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let mut state = self.disk.state();
        let failed = |error| DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() };
        state.step().map_err(failed)?;
        let name = self.name(path);
        state.entries.remove(&name).ok_or_else(|| DeleteError::FileDoesNotExist(path.to_owned()))?;
        if state.room == Room::None {
            state.room = Room::Enough;
        }
        state.log.push(Operation::Enter(Entry::Unlink(name)));
        Ok(())
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.disk.state().entries.contains_key(&self.name(path)))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let mut state = self.disk.state();
        state.step().map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        let name = self.name(path);
        if state.entries.contains_key(&name) {
            return Err(OpenWriteError::FileAlreadyExists(path.to_owned()));
        }
        let file = state.create(name);
        // It is begun by the thread that merges, and written by another.
        let is_merging = thread::current().name().is_some_and(|name| name.starts_with("merge_thread"));
        let is_stored = path.extension().is_some_and(|extension| extension == "store");
        let is_merged = is_merging && is_stored;
        Ok(WritePtr::new(Box::new(Writing { disk: self.disk.clone(), file, is_merged })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let state = self.disk.state();
        let is_among = |only: Option<&str>| only.is_none_or(|name| path == Path::new(name));
        if let Some((error, only)) = state.unmapped
            && is_among(only)
        {
            return Err(OpenReadError::wrap_io_error(error.into(), path.to_owned()));
        }
        let file = state.entries.get(&self.name(path));
        let file = *file.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))?;
        Ok(state.contents[file].clone())
    }

    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.disk.state().replace(self.name(path), content)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.state().sync_directory(self.place)
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let mut state = self.disk.state();
        let name = self.name(&lock.filepath);
        while state.locked.contains(&name) {
            if !lock.is_blocking {
                return Err(LockError::LockBusy);
            }
            state = self.disk.unlocked.wait(state).expect("nothing panics while it holds it");
        }
        state.locked.insert(name.clone());
        Ok(DirectoryLock::from(Box::new(Locked { disk: self.disk.clone(), name })))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

/// A file as it is mapped.
struct Mapped {
    disk: Disk,
    content: OwnedBytes,
}

impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} simulated bytes", self.content.len())
    }
}

impl HasLen for Mapped {
    fn len(&self) -> usize {
        self.content.len()
    }
}

impl FileHandle for Mapped {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        match self.disk.state().unmapped {
            Some((error, None)) => Err(error.into()),
            _ => Ok(self.content.slice(range)),
        }
    }
}

/// Held until it is dropped.
struct Locked {
    disk: Disk,
    name: Name,
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.name);
        self.disk.unlocked.notify_all();
    }
}

/// A file that is being written.
struct Writing {
    disk: Disk,
    file: File,
    /// Whether it is what a merge stores.
    is_merged: bool,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.state().write(self.file, self.is_merged, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Writing {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.disk.state().sync_file(self.file)
    }
}
