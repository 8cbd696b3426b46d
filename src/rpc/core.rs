//! What the services share.

use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    ingest::Ingest,
    pool::Pool,
    rpc::{failure::Failure, limits::IMPORTS},
    search::Searcher,
    shutdown::Shutdown,
    telemetry::{ActiveStream, Metrics},
};

/// The index, once it is open.
#[derive(Clone)]
pub struct Opened {
    /// Answers reads.
    pub searcher: Searcher,
    /// Takes changes.
    pub ingest: Ingest,
}

/// What the services are held to.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Streams of searches and exports at once; further ones are refused.
    pub max_streams: usize,
    /// Whether the access line of a call has its query.
    pub log_queries: bool,
    /// Names how this program repairs, splits, folds and segments text.
    pub fingerprint: String,
}

/// What the services share.
pub(crate) struct Core {
    /// Empty until the index is open: the services are there before it.
    pub(crate) index: OnceLock<Opened>,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
    pub(crate) policy: Policy,
    /// Owns the tasks that produce streams.
    pub(crate) tasks: TaskTracker,
    streams: Arc<Semaphore>,
    imports: Arc<Semaphore>,
}

/// The right to run one stream: given back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    _permit: OwnedSemaphorePermit,
    _counted: ActiveStream,
}

impl Core {
    /// Before the index is open.
    pub(crate) fn new(pool: Pool, metrics: Metrics, shutdown: Shutdown, policy: Policy) -> Self {
        Self {
            index: OnceLock::new(),
            streams: Arc::new(Semaphore::new(policy.max_streams.min(Semaphore::MAX_PERMITS))),
            imports: Arc::new(Semaphore::new(IMPORTS)),
            tasks: TaskTracker::new(),
            pool,
            metrics,
            shutdown,
            policy,
        }
    }

    /// The index, if it is open.
    pub(crate) fn opened(&self) -> Result<&Opened, Failure> {
        self.index.get().ok_or(Failure::Opening)
    }

    /// Admits a search or an export, or refuses it at once.
    pub(crate) fn admit_stream(&self) -> Result<Admitted, Failure> {
        self.admit(&self.streams)
    }

    /// Admits an import, or refuses it at once.
    pub(crate) fn admit_import(&self) -> Result<Admitted, Failure> {
        self.admit(&self.imports)
    }

    fn admit(&self, room: &Arc<Semaphore>) -> Result<Admitted, Failure> {
        let permit = Arc::clone(room).try_acquire_owned().map_err(|_| Failure::TooManyStreams)?;
        Ok(Admitted { _permit: permit, _counted: self.metrics.stream_opened() })
    }
}
