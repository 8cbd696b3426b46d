//! Work that goes on when the call that began it has been answered: reindexing, of which there is one at a time.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use crate::{ingest::Progress, rpc::failure::Failure, search::Generation};

/// The operation that was begun last.
#[derive(Default)]
pub(crate) struct Operations(Mutex<Option<Arc<Operation>>>);

/// An operation.
pub(crate) struct Operation {
    name: String,
    began: Instant,
    /// How far it is.
    pub(crate) progress: Arc<Progress>,
    /// Tells it to end.
    pub(crate) stop: Arc<AtomicBool>,
    ended: watch::Sender<Option<Ended>>,
}

/// How an operation ended, and how long it took.
#[derive(Clone)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// How an operation ended.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// All of it was done, which led to this state of the index.
    Succeeded(Generation),
    /// It could not be done.
    Failed(tonic_types::Status),
    /// It was told to end.
    Cancelled,
}

impl Operations {
    /// Begins one; the one before is forgotten.
    pub(crate) fn begin(&self, progress: Arc<Progress>) -> Arc<Operation> {
        let name = format!("{:016x}", RandomState::new().build_hasher().finish());
        let (began, stop, ended) = (Instant::now(), Arc::default(), watch::Sender::new(None));
        let operation = Arc::new(Operation { name, began, progress, stop, ended });
        *self.lock() = Some(Arc::clone(&operation));
        operation
    }

    /// The one with a name; the last one if that is empty.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<Operation>, Failure> {
        let last = self.lock().clone().filter(|last| name.is_empty() || last.name == name);
        last.ok_or_else(|| Failure::OperationNotFound(name.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Operation>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operation {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How long it has been running.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// Notes how it ended.
    pub(crate) fn end(&self, result: Result<Generation, Failure>) {
        let outcome = match result {
            Ok(generation) => Outcome::Succeeded(generation),
            Err(Failure::Cancelled | Failure::Draining) => Outcome::Cancelled,
            Err(failure) => Outcome::Failed(failure.into_item_status(&self.name)),
        };
        let took = self.elapsed();
        self.ended.send_replace(Some(Ended { outcome, took }));
    }

    /// Tells it to end, and waits until it has.
    pub(crate) async fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
        let mut ended = self.ended.subscribe();
        // Its sender lives as long as this.
        let _never = ended.wait_for(Option::is_some).await;
    }
}
