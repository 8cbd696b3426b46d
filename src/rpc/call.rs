//! What is known about one call while it runs: its name in the logs, its deadline, what it has done so far.

use std::{
    future::Future,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tonic::{Code, Request, Status};

use crate::rpc::{admission::AnswerPlace, core::reached, failure::Failure, flight::Flight};

/// One call. Cheap to clone; the layer around every call puts it into the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Call(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    /// Its method's name, without the service.
    method: &'static str,
    /// The address that it comes from, without the port; `None` for calls from within the process.
    peer: Option<IpAddr>,
    arrived: Instant,
    deadline: Option<Instant>,
    /// When something of its request came last, if that is noted.
    heard: Mutex<Instant>,
    stats: CallStats,
    flight: Flight,
    /// Its place among the calls that answer once, if it took one.
    place: Mutex<Option<AnswerPlace>>,
}

/// What a stream is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamState {
    /// It waits for a core to begin.
    Queued,
    /// It matches, ranks or fetches, or waits for a commit that brings something to go on with.
    Running,
    /// It waits for its reader to make room.
    Blocked,
    /// It has ended; its reader has not taken all of it.
    Ended,
}

/// What a call has done, for its access line and for metrics.
#[derive(Debug, Default)]
pub(crate) struct CallStats {
    hits: AtomicU64,
    first_hit: OnceLock<Duration>,
    query: OnceLock<String>,
    failure: OnceLock<(Code, &'static str)>,
    state: AtomicU8,
}

impl Call {
    /// A call of a method that arrives now from `peer` and may take `timeout`.
    pub(crate) fn new(
        request_id: String,
        method: &'static str,
        peer: Option<IpAddr>,
        timeout: Option<Duration>,
    ) -> Self {
        let arrived = Instant::now();
        // A timeout past the end of time is none.
        let (deadline, stats) = (timeout.and_then(|timeout| arrived.checked_add(timeout)), CallStats::default());
        Self(Arc::new(Inner {
            request_id,
            method,
            peer,
            arrived,
            deadline,
            heard: Mutex::new(arrived),
            stats,
            flight: Flight::new(),
            place: Mutex::default(),
        }))
    }

    /// The call that a request belongs to.
    pub(crate) fn of<T>(request: &Request<T>) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(|| Self::new(String::new(), "", None, None))
    }

    /// The name of the call in logs.
    pub(crate) fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The name of its method, without the service.
    pub(crate) fn method(&self) -> &'static str {
        self.0.method
    }

    /// The address that it comes from, without the port; `None` for calls from within the process.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.0.peer
    }

    /// Who calls, as far as it was authenticated; empty where nobody is.
    #[expect(clippy::unused_self, reason = "callers are not authenticated yet")]
    pub(crate) fn caller(&self) -> &'static str {
        ""
    }

    /// When so much time will have passed since the request arrived; `None` past the end of time.
    pub(crate) fn time_after(&self, duration: Duration) -> Option<Instant> {
        self.0.arrived.checked_add(duration)
    }

    /// The time since the request arrived.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.arrived.elapsed()
    }

    /// What the call has done.
    pub(crate) fn stats(&self) -> &CallStats {
        &self.0.stats
    }

    /// What the transport holds of its answer.
    pub(crate) fn flight(&self) -> &Flight {
        &self.0.flight
    }

    /// Notes that something of its request comes now.
    pub(crate) fn hears(&self) {
        *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Waits until nothing of its request has come for so long, from now on.
    pub(crate) async fn hears_nothing(&self, patience: Duration) {
        let mut until = Instant::now() + patience;
        loop {
            sleep_until(until).await;
            let later = *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner) + patience;
            if later <= until {
                return;
            }
            until = later;
        }
    }

    /// Keeps a place until the whole answer is with the transport, or nobody wants it any more.
    pub(crate) fn keep(&self, place: AnswerPlace) {
        *self.place() = Some(place);
    }

    /// Gives the place back.
    pub(crate) fn leave(&self) {
        *self.place() = None;
    }

    /// Nothing that is done under the lock can panic half-way.
    fn place(&self) -> MutexGuard<'_, Option<AnswerPlace>> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns a failure into what the caller is told, and remembers its reason.
    pub(crate) fn status(&self, failure: Failure) -> Status {
        let reason = failure.reason();
        let status = failure.into_status(self.request_id());
        self.0.stats.fail(status.code(), reason);
        status
    }

    /// The time that is left until the deadline; the longest there is when there is none.
    pub(crate) fn time_left(&self) -> Duration {
        self.0.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits for the deadline; for ever when there is none.
    pub(crate) async fn deadline(&self) {
        reached(self.0.deadline).await;
    }

    /// Does the work of a call that answers once, within its deadline.
    pub(crate) async fn answer<T, F>(&self, work: F) -> Result<tonic::Response<T>, Status>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let done = tokio::select! {
            biased;
            done = work => done,
            () = self.deadline() => Err(Failure::Deadline),
        };
        done.map(tonic::Response::new).map_err(|failure| self.status(failure))
    }
}

impl CallStats {
    /// Counts hits that were handed to the transport `elapsed` after the request arrived.
    pub(crate) fn count_hits(&self, hits: usize, elapsed: Duration) {
        self.first_hit.get_or_init(|| elapsed);
        self.hits.fetch_add(hits as u64, Ordering::Relaxed);
    }

    /// Remembers the query as the caller wrote it.
    pub(crate) fn set_query(&self, query: String) {
        self.query.get_or_init(|| query);
    }

    /// Remembers what the call is doing, if it is a stream.
    pub(crate) fn set_state(&self, state: StreamState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// What the call is doing, if it is a stream.
    pub(crate) fn state(&self) -> StreamState {
        let states = [StreamState::Queued, StreamState::Running, StreamState::Blocked, StreamState::Ended];
        let now = self.state.load(Ordering::Relaxed);
        states.into_iter().find(|state| *state as u8 == now).unwrap_or(StreamState::Running)
    }

    /// Remembers how and why the call failed; the first failure stays.
    pub(crate) fn fail(&self, code: Code, reason: &'static str) {
        self.failure.get_or_init(|| (code, reason));
    }

    /// Hits sent so far.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// How long the first hit took.
    pub(crate) fn first_hit(&self) -> Option<Duration> {
        self.first_hit.get().copied()
    }

    /// The query, if the log may have it.
    pub(crate) fn query(&self) -> Option<&str> {
        self.query.get().map(String::as_str)
    }

    /// Why the call failed.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        self.failure.get().map(|(_, reason)| *reason)
    }

    /// The status with which the call failed, whether its caller took it or not.
    pub(crate) fn code(&self) -> Option<Code> {
        self.failure.get().map(|(code, _)| *code)
    }
}
