//! The service itself, on a disk on which nothing happens any more from one step on: whoever started it kills it there.
//!
//! Every step on the files of the data directory, and of backups, is counted by the work that it belongs to. At the one
//! that was chosen the process says so, and neither that thread nor any other that would take a step goes on: what
//! is on the disk is what a kill at that step leaves.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use tantivy::{
    Directory,
    directory::{
        AntiCallToken, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
    },
};
use xunzhang::{
    app::App,
    config::Config,
    engine::tantivy::{BackupStep, Files, IndexName, OnDisk, QuarantineName, TantivyEngine},
};

use super::failpoint::{Failpoint, Moment, Step, Work};

/// How the line begins that says that the step was reached.
pub(crate) const REACHED: &str = "stopped at ";

/// The list of segments, and the next one until it takes that one's place.
const LIST: &str = "meta.json";
const NEXT_LIST: &str = ".tmp-meta.json";
/// Names the index that is used.
const FORMAT: &str = "format.json";

/// Serves a data directory on such a disk, until it is killed; prints where, as the program does.
pub(crate) async fn serve(directory: PathBuf, failpoint: Failpoint) -> anyhow::Result<()> {
    let mut config = Config { data_dir: directory.clone(), ..Config::default() };
    config.server.listen.set_port(0);
    config.server.admin_listen = Some(config.server.listen);
    config.server.http_listen = None;
    config.ingest.commit_linger = std::time::Duration::from_millis(2);
    let files = Failing(Arc::new(State {
        disk: OnDisk::at(directory.clone()),
        directory,
        failpoint,
        steps: AtomicUsize::new(0),
        phase: Mutex::new(Phase { serves: false, building: None, switches: false, list: Work::Commit }),
        passes: Mutex::new(true),
    }));
    let (mut app, opened) = (App::bind(config).await?, files.clone());
    app.open_by(move |directory, segmenter| TantivyEngine::open_on(directory, Box::new(opened), segmenter)).await?;
    files.phase().serves = true;
    app.ready().await;
    let addresses = app.addresses();
    if let Some(admin) = addresses.admin {
        say(&format!("admin listening on {admin}"))?;
    }
    say(&format!("listening on {}", addresses.service))?;
    app.run_until(tokio_stream::pending()).await;
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    // What a test's harness has begun to print may have no end.
    writeln!(stdout, "\n{line}")?;
    stdout.flush()
}

/// The files of a data directory. Clones are the same ones.
#[derive(Clone, Debug)]
struct Failing(Arc<State>);

#[derive(Debug)]
struct State {
    disk: OnDisk,
    directory: PathBuf,
    failpoint: Failpoint,
    /// Those of the kind and the work that were chosen, so far.
    steps: AtomicUsize,
    phase: Mutex<Phase>,
    /// Whether steps are taken still; locked for a moment before each.
    passes: Mutex<bool>,
}

/// What is going on.
#[derive(Debug)]
struct Phase {
    serves: bool,
    /// The index that is built beside the one that is used.
    building: Option<IndexName>,
    /// Whether it is taking that one's place.
    switches: bool,
    /// Whether the last list of segments was a commit's or a merge's.
    list: Work,
}

impl Failing {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.0.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a step belongs to that this thread takes in an index's directory, or in the data directory.
    fn work(&self, index: Option<IndexName>) -> Work {
        let phase = self.phase();
        match index {
            _ if !phase.serves => Work::Start,
            None if phase.switches => Work::Switch,
            _ if phase.building.is_some() && (index.is_none() || index == phase.building) => Work::Reindex,
            _ => match thread::current().name() {
                Some(name) if name.starts_with("merge_thread") => Work::Merge,
                Some("segment_updater") => phase.list,
                _ => Work::Commit,
            },
        }
    }

    /// Takes a step, unless it is the one that was chosen, or behind it.
    fn step<T>(&self, work: Work, step: Step, what: &Path, take: impl FnOnce() -> T) -> T {
        let is_chosen = self.is_chosen(work, step);
        if is_chosen && self.0.failpoint.moment == Moment::Before {
            self.stop(what);
        }
        self.pass();
        let taken = take();
        if is_chosen {
            self.stop(what);
        }
        taken
    }

    /// Writes, or half of it.
    fn write(&self, work: Work, what: &Path, file: &mut dyn Write, bytes: &[u8]) -> io::Result<usize> {
        let is_chosen = self.is_chosen(work, Step::Write);
        self.pass();
        if is_chosen {
            if self.0.failpoint.moment == Moment::Behind {
                file.write_all(&bytes[..bytes.len() / 2])?;
            }
            self.stop(what);
        }
        file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn is_chosen(&self, work: Work, step: Step) -> bool {
        let Failpoint { work: chosen, step: kind, number, moment: _ } = self.0.failpoint;
        (work, step) == (chosen, kind) && self.0.steps.fetch_add(1, Relaxed) + 1 == number
    }

    /// Does not return once the step was reached.
    fn pass(&self) {
        if !*self.0.passes.lock().unwrap_or_else(PoisonError::into_inner) {
            rest();
        }
    }

    fn stop(&self, what: &Path) -> ! {
        *self.0.passes.lock().unwrap_or_else(PoisonError::into_inner) = false;
        let _nobody_listens = say(&format!("{REACHED}{}, {}", self.0.failpoint, what.display()));
        rest()
    }
}

/// Whether a list of segments is a commit's, as its numbers say, or a merge's, which has those of the list before.
fn work_of_list(directory: &dyn Directory, list: &[u8]) -> Work {
    let numbers = |list: &[u8]| serde_json::from_slice::<serde_json::Value>(list).ok()?.get("payload").cloned();
    let before = directory.atomic_read(Path::new(LIST)).ok().and_then(|before| numbers(&before));
    if numbers(list) == before { Work::Merge } else { Work::Commit }
}

/// Until the process is killed.
fn rest() -> ! {
    loop {
        thread::park();
    }
}

impl Files for Failing {
    fn data(&self) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        let (directory, files) = (self.0.directory.clone(), self.0.disk.data()?);
        Ok(Box::new(At { failing: self.clone(), index: None, directory, files }))
    }

    fn make(&self, index: IndexName) -> io::Result<()> {
        {
            let mut phase = self.phase();
            phase.building = phase.serves.then_some(index);
        }
        let work = self.work(Some(index));
        self.step(work, Step::Create, Path::new(&index.to_string()), || self.0.disk.make(index))
    }

    fn open(&self, index: IndexName) -> Result<Box<dyn Directory>, OpenDirectoryError> {
        let (directory, files) = (self.0.directory.join(index.to_string()), self.0.disk.open(index)?);
        Ok(Box::new(At { failing: self.clone(), index: Some(index), directory, files }))
    }

    fn indexes(&self) -> io::Result<Vec<IndexName>> {
        self.0.disk.indexes()
    }

    fn names(&self, index: IndexName) -> io::Result<Vec<PathBuf>> {
        self.0.disk.names(index)
    }

    fn rename(&self, index: IndexName, from: &Path, to: &Path) -> io::Result<()> {
        self.step(self.work(Some(index)), Step::Rename, to, || self.0.disk.rename(index, from, to))
    }

    /// One file after the other, as the system does.
    fn remove(&self, index: IndexName) -> io::Result<()> {
        let work = self.work(None);
        let directory = self.0.directory.join(index.to_string());
        for entry in fs::read_dir(&directory)? {
            let file = entry?.path();
            self.step(work, Step::Delete, &file, || fs::remove_file(&file))?;
        }
        self.step(work, Step::Delete, &directory, || fs::remove_dir(&directory))?;
        let mut phase = self.phase();
        (phase.building, phase.switches) = (None, false);
        Ok(())
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        self.0.disk.read(path)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(self.work(None), Step::Sync, path, || self.0.disk.sync(path))
    }

    fn bytes(&self, path: &Path) -> io::Result<u64> {
        self.0.disk.bytes(path)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.0.disk.free_bytes()
    }

    fn quarantine(&self, name: QuarantineName) -> io::Result<Box<dyn Directory>> {
        self.0.disk.quarantine(name)
    }

    fn set_aside(&self, index: IndexName, file: &Path, name: QuarantineName) -> io::Result<()> {
        self.0.disk.set_aside(index, file, name)
    }

    fn before(&self, step: BackupStep) -> io::Result<()> {
        let kind = match step {
            BackupStep::MakeDirectory | BackupStep::Link | BackupStep::Create => Step::Create,
            BackupStep::Write => Step::Write,
            BackupStep::Sync => Step::Sync,
            BackupStep::SyncDirectory => Step::SyncDirectory,
            BackupStep::Rename => Step::Rename,
        };
        let name = format!("{step:?}");
        self.step(Work::Backup, kind, Path::new(&name), || ());
        Ok(())
    }
}

/// A directory: an index's, or the data directory.
#[derive(Clone, Debug)]
struct At {
    failing: Failing,
    index: Option<IndexName>,
    directory: PathBuf,
    files: Box<dyn Directory>,
}

impl Directory for At {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.failing.step(self.failing.work(self.index), Step::Delete, path, || self.files.delete(path))
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let work = self.failing.work(self.index);
        let create = || self.files.open_write(path);
        let (file, work) = if path == Path::new(NEXT_LIST) {
            // Whose it is, is known once something is written to it.
            self.failing.pass();
            (create()?, None)
        } else {
            (self.failing.step(work, Step::Create, path, create)?, Some(work))
        };
        let file = file.into_inner().map_err(|error| {
            OpenWriteError::wrap_io_error(io::Error::other(error.error().to_string()), path.to_owned())
        })?;
        Ok(WritePtr::new(Box::new(Writing { at: self.clone(), path: path.to_owned(), work, file: Some(file) })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    /// Step by step, as tantivy does it.
    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if path == Path::new(FORMAT) {
            let mut phase = self.failing.phase();
            phase.switches = phase.building.is_some();
        }
        let (work, failing) = (self.failing.work(self.index), &self.failing);
        let draft = self.directory.join(format!(".tmp.{}", path.display()));
        let mut file = failing.step(work, Step::Create, path, || File::create(&draft))?;
        failing.write(work, path, &mut file, content)?;
        failing.step(work, Step::Sync, path, || file.sync_data())?;
        failing.step(work, Step::Rename, path, || fs::rename(&draft, self.directory.join(path)))
    }

    fn sync_directory(&self) -> io::Result<()> {
        let work = self.failing.work(self.index);
        self.failing.step(work, Step::SyncDirectory, &self.directory, || self.files.sync_directory())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// A file that is being written.
struct Writing {
    at: At,
    path: PathBuf,
    /// `None` for a list of segments to which nothing was written yet.
    work: Option<Work>,
    /// `None` once it is whole.
    file: Option<Box<dyn TerminatingWrite + Send + Sync>>,
}

impl Writing {
    fn file(&mut self) -> io::Result<&mut Box<dyn TerminatingWrite + Send + Sync>> {
        self.file.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    /// The work that the file belongs to; for a list of segments, as what is written there says.
    fn work_with(&mut self, bytes: &[u8]) -> Work {
        let At { failing, index, files, .. } = &self.at;
        *self.work.get_or_insert_with(|| {
            let work = work_of_list(files.as_ref(), bytes);
            let mut phase = failing.phase();
            if phase.building != *index {
                phase.list = work;
            }
            drop(phase);
            failing.work(*index)
        })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (work, failing, path) = (self.work_with(bytes), self.at.failing.clone(), self.path.clone());
        failing.write(work, &path, self.file()?, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl TerminatingWrite for Writing {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let work = self.work.unwrap_or(Work::Commit);
        self.at.failing.clone().step(work, Step::Sync, &self.path, || file.terminate())
    }
}
