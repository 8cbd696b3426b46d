//! What the services share.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    select,
    sync::{Semaphore, watch},
    time::{Instant, sleep},
};
use tokio_util::task::TaskTracker;
use tonic::{Response, Status};

use crate::{
    ingest::Ingest,
    pool::Pool,
    rpc::{
        admission::{Admission, Admitted, Queued},
        call::{Call, StreamState},
        failure::Failure,
        limits::QUEUE_PATIENCE,
        operations::Operations,
        streams::Streams,
        token::{TokenKey, Tokens},
    },
    search::Searcher,
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// The index, once it is open.
#[derive(Clone)]
pub struct Opened {
    /// Answers reads.
    pub searcher: Searcher,
    /// Takes changes.
    pub ingest: Ingest,
    /// Seals what callers carry from one call to the next.
    pub token_key: TokenKey,
}

/// What the services are held to.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Streams of searches and exports at once; further ones are refused.
    pub max_streams: usize,
    /// Those of one caller.
    pub max_streams_per_caller: usize,
    /// Calls that wait for a core to begin; further ones are refused.
    pub max_waiting: usize,
    /// The longest that one may be expected to wait; further ones are refused.
    pub max_wait: Duration,
    /// How long a reader may take nothing before its stream is given up.
    pub reader_patience: Duration,
    /// Whether the access line of a call has its query.
    pub log_queries: bool,
    /// Names how this program repairs, splits, folds and segments text.
    pub fingerprint: String,
    /// What the list of synonyms calls its version.
    pub synonyms_version: String,
}

#[cfg(test)]
impl Policy {
    /// One for so many streams.
    pub(crate) fn of_streams(max_streams: usize) -> Self {
        Self {
            max_streams,
            max_streams_per_caller: max_streams,
            max_waiting: 64,
            max_wait: Duration::from_secs(1),
            reader_patience: Duration::from_secs(30),
            log_queries: false,
            fingerprint: String::new(),
            synonyms_version: String::new(),
        }
    }
}

/// What the services share.
pub(crate) struct Core {
    /// Empty until the index is open: the services are there before it.
    pub(crate) index: OnceLock<Opened>,
    /// Why there will be none, or nothing of it is served any more.
    pub(crate) damage: OnceLock<String>,
    /// Tells that damage was found.
    pub(crate) is_damaged: watch::Sender<bool>,
    /// Held by whoever copies or reads all files of the index, or builds it anew.
    pub(crate) maintenance: Arc<Semaphore>,
    /// What was begun by a call and goes on behind it.
    pub(crate) operations: Operations,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
    pub(crate) policy: Policy,
    /// Owns the tasks that produce streams.
    pub(crate) tasks: TaskTracker,
    /// The streams that run, for operators.
    pub(crate) streams: Arc<Streams>,
    admission: Admission,
}

impl Core {
    /// Before the index is open.
    pub(crate) fn new(pool: Pool, metrics: Metrics, shutdown: Shutdown, policy: Policy) -> Self {
        Self {
            index: OnceLock::new(),
            damage: OnceLock::new(),
            is_damaged: watch::Sender::new(false),
            maintenance: Arc::new(Semaphore::new(1)),
            operations: Operations::default(),
            streams: Arc::default(),
            admission: Admission::new(&policy, metrics.clone()),
            tasks: TaskTracker::new(),
            pool,
            metrics,
            shutdown,
            policy,
        }
    }

    /// The index, if it is open.
    pub(crate) fn opened(&self) -> Result<&Opened, Failure> {
        match self.damage.get() {
            Some(damage) => Err(Failure::Corrupt(damage.as_str().into())),
            None => self.index.get().ok_or(Failure::Opening),
        }
    }

    /// Ends the serving of the index: it is damaged.
    pub(crate) fn damaged(&self, damage: String) {
        let _known_before = self.damage.set(damage);
        self.is_damaged.send_replace(true);
    }

    /// Makes tokens and takes them back, once the index is open, with which their key is kept.
    pub(crate) fn tokens(&self) -> Result<Tokens, Failure> {
        Ok(Tokens::new(self.opened()?.token_key.clone()))
    }

    /// Admits a search, an export or an explanation, or refuses it at once.
    pub(crate) fn admit_stream(&self, call: &Call) -> Result<Admitted, Failure> {
        self.admission.stream(call)
    }

    /// Admits an import, or refuses it at once.
    pub(crate) fn admit_import(&self, call: &Call) -> Result<Admitted, Failure> {
        self.admission.import(call)
    }

    /// Admits a call that answers once, most of them about a document, or refuses it at once.
    /// Its place is kept until its answer is with the transport: answers are as large as documents, and readers may be
    /// slow.
    pub(crate) fn admit_document_call(&self, call: &Call) -> Result<(), Failure> {
        call.keep(self.admission.document_call(call)?);
        Ok(())
    }

    /// Says no to a call that would wait too long for a core, as [`Core::queue`] does; before anything is done for it.
    pub(crate) fn check_wait(&self, call: &Call) -> Result<(), Failure> {
        self.admission.check_wait(call, &self.pool)
    }

    /// Lets a call wait for a core, or refuses it at once if that would take too long.
    pub(crate) fn queue(&self, call: &Call) -> Result<Queued, Failure> {
        self.admission.queue(call, &self.pool)
    }

    /// Runs the one job of a call in the pool, or refuses it.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        call: &Call,
        job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.begin(call, self.queue(call)?, None, job).await
    }

    /// Runs the first job of a call in the pool, unless it does not get its turn for too long after all; it is told to
    /// stop at `enough`, with what it has by then.
    pub(crate) async fn begin<T: Send + 'static>(
        &self,
        call: &Call,
        queued: Queued,
        enough: Option<Instant>,
        job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (Queued { place, held }, call) = (queued, call.clone());
        let has_begun = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&has_begun);
        let mut work = pin!(self.pool.begin(place, reached(enough), move |stop| {
            begins.store(true, Ordering::Relaxed);
            drop(held);
            call.stats().set_state(StreamState::Running);
            job(stop)
        }));
        select! {
            biased;
            done = &mut work => Ok(done?),
            () = sleep(QUEUE_PATIENCE) => {
                if has_begun.load(Ordering::Relaxed) { Ok(work.await?) } else { Err(Failure::Overloaded) }
            }
        }
    }

    /// Does the work of a call that answers once, within its deadline, and where operators see it and can end it.
    pub(crate) async fn answer<T, F>(&self, call: &Call, work: F) -> Result<Response<T>, Status>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (_listed, cancelled) = Streams::enter(&self.streams, call.clone());
        let work = async {
            select! {
                biased;
                done = work => done,
                () = cancelled.cancelled() => Err(Failure::StreamCancelled),
            }
        };
        call.answer(work).await
    }
}

/// Waits for a time; for ever when there is none.
pub(crate) async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroUsize, sync::mpsc};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_job_waits_for_its_turn_only_so_long_and_then_runs_as_long_as_it_takes() {
        let (core, call) = (core(), Call::new(String::new(), "Search", None, None));
        let (release, released) = mpsc::sync_channel::<()>(0);
        let (start, started) = oneshot::channel();
        let running = core.in_turn(&call, move |_| {
            start.send(()).unwrap();
            let _ = released.recv();
        });
        let waiting = async {
            started.await.unwrap();
            tokio::time::pause();
            let begun = Instant::now();
            assert_eq!(core.in_turn(&call, |_| ()).await.unwrap_err().reason(), "OVERLOADED");
            assert_eq!(begun.elapsed().as_secs(), QUEUE_PATIENCE.as_secs());
            drop(release);
        };
        let (running, ()) = tokio::join!(running, waiting);
        running.unwrap();
    }

    fn core() -> Core {
        let pool = Pool::new(NonZeroUsize::MIN).unwrap();
        Core::new(pool, Metrics::new(), Shutdown::new(), Policy::of_streams(1))
    }
}
