//! Stopping, in order and in bounded time.
//!
//! A [`Shutdown`] goes through its [`Phase`]s once, one way. Whoever serves waits for the phase that concerns it;
//! [`Shutdown::run`] drives the phases and is the only one to do so. The module does not know what is being stopped.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::sleep,
};
use tokio_stream::{Stream, StreamExt as _};
use tracing::{info, warn};

/// The exit code of a process whose stop was forced.
pub const EXIT_FORCED: u8 = 3;

/// How far stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody has asked to stop.
    Running,
    /// The lame duck: not ready any more, but still accepting, until load balancers have noticed.
    Draining,
    /// Nothing is accepted; streams end, and what was accepted is committed.
    Stopping,
    /// The time is up, or a second request came: everything is dropped now.
    Forced,
}

/// How long stopping may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainTimes {
    /// From the request to [`Phase::Stopping`].
    pub lame_duck: Duration,
    /// From the request to [`Phase::Forced`].
    pub timeout: Duration,
}

/// Tells everyone how far stopping has come. Cheap to clone; clones share one phase.
#[derive(Clone, Debug)]
pub struct Shutdown {
    phase: Arc<watch::Sender<Phase>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A service that is running.
    pub fn new() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Running)) }
    }

    /// The phase at this moment.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until [`Phase::Draining`] or later. The futures of this type hold nothing of the handle, and are also
    /// ready when its last clone is gone.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(Phase::Draining)
    }

    /// Waits until [`Phase::Stopping`] or later.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(Phase::Stopping)
    }

    /// Waits until [`Phase::Forced`].
    pub fn forced(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(Phase::Forced)
    }

    /// Runs `service` until it ends by itself, at the latest when stopping is forced.
    ///
    /// The first of `requests` begins the stop, a second one forces it, and so does `times.timeout`. `None` means
    /// forced: the service was dropped where it stood, and the process should exit with [`EXIT_FORCED`].
    pub async fn run<T>(
        &self,
        times: DrainTimes,
        requests: impl Stream<Item = ()>,
        service: impl Future<Output = T>,
    ) -> Option<T> {
        select! {
            biased; // A service that has ended in time has not been forced.
            output = service => Some(output),
            () = self.drive(times, requests) => None,
        }
    }

    async fn drive(&self, times: DrainTimes, requests: impl Stream<Item = ()>) {
        debug_assert!(times.lame_duck <= times.timeout);
        let mut requests = pin!(requests);
        next_request(requests.as_mut()).await;
        info!(lame_duck = ?times.lame_duck, timeout = ?times.timeout, "asked to stop: draining");
        self.enter(Phase::Draining);
        let in_order = async {
            sleep(times.lame_duck).await;
            info!("lame duck is over: stopping");
            self.enter(Phase::Stopping);
            sleep(times.timeout.saturating_sub(times.lame_duck)).await;
            warn!("not everything ended in time: forced");
        };
        select! {
            () = in_order => {}
            () = next_request(requests) => warn!("asked to stop again: forced"),
        }
        self.enter(Phase::Forced);
    }

    fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    fn reached(&self, phase: Phase) -> impl Future<Output = ()> + Send + use<> {
        let mut phases = self.phase.subscribe();
        async move {
            // An error means that no handle is left, so that nobody could ever ask to stop: stop.
            let _ = phases.wait_for(|current| *current >= phase).await;
        }
    }
}

/// The next request; a stream that has ended makes none.
async fn next_request(mut requests: Pin<&mut impl Stream<Item = ()>>) {
    if requests.next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// The requests to stop that the system makes: SIGTERM and SIGINT.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Takes over both signals; from now on they no longer end the process by themselves.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }
}

/// Has a write that would make a file longer than the process may (`ulimit -f`) fail, as it does on a full disk: by itself
/// the system ends the process.
pub fn outlive_file_size_limit() -> io::Result<()> {
    // Who listens once has taken the signal over for good.
    signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}

impl Stream for StopSignals {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        match self.terminate.poll_recv(context) {
            Poll::Ready(received) => Poll::Ready(received),
            Poll::Pending => self.interrupt.poll_recv(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::{sync::mpsc, time::Instant};
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    const TIMES: DrainTimes = DrainTimes { lame_duck: Duration::from_secs(5), timeout: Duration::from_secs(25) };

    /// `count` requests at once, and never another.
    fn requests(count: usize) -> impl Stream<Item = ()> {
        tokio_stream::iter(vec![(); count])
    }

    async fn seconds_until(wait: impl Future<Output = ()>) -> u64 {
        let start = Instant::now();
        wait.await;
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn phases_come_in_time() {
        let shutdown = Shutdown::new();
        let (draining, stopping, forced) = (shutdown.draining(), shutdown.stopping(), shutdown.forced());
        let output = shutdown.run(TIMES, requests(1), pending::<()>());
        let (output, draining, stopping, forced) =
            tokio::join!(output, seconds_until(draining), seconds_until(stopping), seconds_until(forced));
        assert_eq!((output, draining, stopping, forced), (None, 0, 5, 25));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_ends_in_time_is_not_forced() {
        let shutdown = Shutdown::new();
        let stopping = shutdown.stopping();
        let service = async {
            stopping.await;
            sleep(Duration::from_secs(19)).await;
            "clean"
        };
        assert_eq!(shutdown.run(TIMES, requests(1), service).await, Some("clean"));
        assert_eq!(shutdown.phase(), Phase::Stopping);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_request_is_now() {
        let shutdown = Shutdown::new();
        let (ask, asked) = mpsc::channel(1);
        let asking = async {
            for _ in 0..2 {
                sleep(Duration::from_secs(3)).await;
                ask.send(()).await.unwrap();
            }
        };
        let forced = seconds_until(shutdown.forced());
        let run = shutdown.run(TIMES, ReceiverStream::new(asked), pending::<()>());
        let (output, (), forced) = tokio::join!(run, asking, forced);
        assert_eq!((output, forced), (None, 6));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_asks() {
        let shutdown = Shutdown::new();
        let service = async {
            sleep(Duration::from_hours(1)).await;
            shutdown.phase()
        };
        assert_eq!(shutdown.run(TIMES, requests(0), service).await, Some(Phase::Running));
    }

    #[tokio::test(start_paused = true)]
    async fn an_orphan_stops() {
        let shutdown = Shutdown::new();
        let stopping = shutdown.stopping();
        drop(shutdown);
        stopping.await;
    }
}
