//! A part of a job that another thread may do meanwhile.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{Queued, guarded};

/// Work that whoever wants its result does itself, unless another thread has begun it by then. Dropping it leaves out
/// what has not begun.
#[must_use = "it is left out when this is dropped"]
pub struct Forked<T> {
    part: Arc<Part<T>>,
    /// As long as another thread may begin it.
    queued: Option<Queued>,
}

/// What both threads know of it.
pub(super) struct Part<T> {
    progress: Mutex<Progress<T>>,
    ended: Condvar,
}

enum Progress<T> {
    Waits(Box<dyn FnOnce() -> T + Send>),
    Runs,
    /// `None` when it panicked.
    Ended(Option<T>),
    /// Nobody wants it any more.
    Gone,
}

impl<T> Forked<T> {
    /// `enqueue` gives it to the thread that may do it.
    pub(super) fn new(work: impl FnOnce() -> T + Send + 'static, enqueue: impl FnOnce(Arc<Part<T>>) -> Queued) -> Self {
        let part = Arc::new(Part { progress: Mutex::new(Progress::Waits(Box::new(work))), ended: Condvar::new() });
        Self { queued: Some(enqueue(Arc::clone(&part))), part }
    }

    /// The result: waits for the thread that has begun it, or does it here.
    ///
    /// # Panics
    ///
    /// If the work panicked.
    pub fn join(mut self) -> T {
        drop(self.queued.take());
        self.part.run();
        let runs = |progress: &mut Progress<T>| matches!(progress, Progress::Runs);
        let mut progress = self.part.ended.wait_while(self.part.lock(), runs).unwrap_or_else(PoisonError::into_inner);
        match mem::replace(&mut *progress, Progress::Gone) {
            Progress::Ended(Some(result)) => result,
            _ => panic!("a part of the work panicked"),
        }
    }
}

impl<T> Drop for Forked<T> {
    fn drop(&mut self) {
        drop(self.queued.take());
        let mut progress = self.part.lock();
        if let Progress::Waits(_) = *progress {
            *progress = Progress::Gone;
        }
    }
}

impl<T> Part<T> {
    /// Does it, unless it has begun or nobody wants it.
    pub(super) fn run(&self) {
        let work = match &mut *self.lock() {
            progress @ Progress::Waits(_) => mem::replace(progress, Progress::Runs),
            _ => return,
        };
        if let Progress::Waits(work) = work {
            let result = guarded(work).ok();
            *self.lock() = Progress::Ended(result);
            self.ended.notify_one();
        }
    }

    /// Nothing that is done under the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Progress<T>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
