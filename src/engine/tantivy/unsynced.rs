//! Files that are whole and not on disk yet, and how they get there all at once.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use tantivy::{Directory, directory::TerminatingWrite};

/// The most files that are synced at once. What a file system has to do for all of them it then does once.
const AT_ONCE: usize = 16;
/// Files that wait for each thread; whoever brings more waits, too.
const WAITING: usize = 1;

/// A file to which everything is written; ending it syncs it.
pub(super) type Written = Box<dyn TerminatingWrite + Send + Sync>;

/// The files of a directory that are whole and not synced. Clones are the same ones.
#[derive(Clone, Default)]
pub(super) struct Unsynced(Arc<Mutex<Vec<(PathBuf, Written)>>>);

impl Unsynced {
    pub(super) fn add(&self, path: &Path, file: Written) {
        self.lock().push((path.to_owned(), file));
    }

    /// A file that was deleted needs no sync.
    pub(super) fn forget(&self, path: &Path) {
        self.lock().retain(|(name, _)| name != path);
    }

    /// Those that a list of segments may name. What a segment is only made from is left.
    pub(super) fn take(&self) -> Vec<Written> {
        let is_kept = |name: &Path| name.extension().is_none_or(|extension| extension != "temp");
        self.lock().extract_if(.., |(name, _)| is_kept(name)).map(|(_, file)| file).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(PathBuf, Written)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads that sync files, each begun when it is needed for the first time: to begin them for every commit would take
/// longer than the syncs. Clones are the same ones; they end with the last of these.
#[derive(Clone, Default)]
pub(super) struct Syncing(Arc<Mutex<Vec<SyncSender<Task>>>>);

struct Task {
    file: Written,
    synced: SyncSender<io::Result<()>>,
}

impl Syncing {
    /// Syncs files and the directory's entries. When this returns they are on disk, or it is an error; nothing is being
    /// synced any more.
    pub(super) fn sync_at_once(&self, files: Vec<Written>, directory: &dyn Directory) -> io::Result<()> {
        let count = files.len();
        let (synced, outcomes) = sync_channel(count);
        let tasks = files.into_iter().map(|file| Task { file, synced: synced.clone() });
        let begun = tasks.enumerate().try_for_each(|(index, task)| self.begin(index % AT_ONCE, task));
        drop(synced);
        let entries = directory.sync_directory();
        let outcomes: Vec<_> = outcomes.iter().collect();
        begun.and(entries)?;
        if outcomes.len() < count {
            return Err(ended());
        }
        outcomes.into_iter().collect()
    }

    fn begin(&self, thread: usize, task: Task) -> io::Result<()> {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if thread == threads.len() {
            let (tasks, begun) = sync_channel::<Task>(WAITING);
            let sync = move || begun.iter().for_each(Task::run);
            thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
            threads.push(tasks);
        }
        threads[thread].send(task).map_err(|_| ended())
    }
}

impl Task {
    fn run(self) {
        let Self { file, synced } = self;
        // Whoever began it waits for all of them.
        let _heard = synced.send(file.terminate());
    }
}

fn ended() -> io::Error {
    io::Error::other("a thread that syncs panicked")
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use tantivy::directory::{AntiCallToken, RamDirectory};

    use super::*;

    /// Counts the syncs, of which some fail.
    struct Counted {
        synced: Arc<AtomicUsize>,
        fails: bool,
    }

    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl TerminatingWrite for Counted {
        fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
            self.synced.fetch_add(1, Relaxed);
            if self.fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    #[test]
    fn all_files_are_synced_and_the_failure_of_one_is_that_of_all() {
        let (syncing, directory) = (Syncing::default(), RamDirectory::create());
        let check = |count: usize, failing: Option<usize>| {
            let synced = Arc::<AtomicUsize>::default();
            let file = |index| Counted { synced: Arc::clone(&synced), fails: failing == Some(index) };
            let files = (0..count).map(|index| Box::new(file(index)) as Written).collect();
            let outcome = syncing.sync_at_once(files, &directory).map_err(|error| error.kind());
            assert_eq!(synced.load(Relaxed), count);
            assert_eq!(outcome, failing.map_or(Ok(()), |_| Err(io::ErrorKind::StorageFull)), "{count} {failing:?}");
        };
        check(0, None);
        check(7, None);
        check(2 * AT_ONCE + 1, None);
        check(7, Some(0));
        check(2 * AT_ONCE + 1, Some(2 * AT_ONCE));
        check(7, None);
    }
}
