//! A stream of answers: a task that produces them, a short queue, a body that is sent.
//!
//! Every wait of the task has an end: the caller's deadline, the caller's leaving, the reader's patience, the end of
//! the service. Its final status always reaches the body, however full the queue is.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::Stream;
use tonic::Status;
use tracing::Instrument as _;

use crate::rpc::{
    call::Call,
    core::{Admitted, Core},
    failure::Failure,
    limits::{BATCHES_WAITING, READER_PATIENCE},
};

/// Where a task puts its answers.
pub(crate) struct Outlet<T> {
    sender: mpsc::Sender<T>,
}

/// Room for one answer.
pub(crate) type Room<'a, T> = mpsc::Permit<'a, T>;

impl<T> Outlet<T> {
    /// Waits until the reader has made room for one more answer.
    ///
    /// Taken before an answer is made, so that a slow reader holds neither a thread nor an answer too many.
    pub(crate) async fn room(&self) -> Result<Room<'_, T>, Failure> {
        let room = timeout(READER_PATIENCE, self.sender.reserve()).await.map_err(|_| Failure::SlowConsumer)?;
        room.map_err(|_| Failure::Cancelled)
    }
}

/// The answers of one call, for the transport to send. Dropping it ends the task.
pub(crate) struct Answers<T> {
    queue: Arc<Mutex<Option<Queue<T>>>>,
    /// How the task ended; `None` once that was said.
    end: Option<oneshot::Receiver<Result<(), Status>>>,
    call: Call,
}

/// What a stream holds while it lives.
struct Queue<T> {
    receiver: mpsc::Receiver<T>,
    _admitted: Admitted,
}

/// When a stream that could go on has to end.
pub(crate) enum AtShutdown {
    /// As soon as the service stops.
    Ends,
    /// When its task says so, which watches for the stop itself.
    Decides,
}

/// Starts the task of a stream. Its work is dropped, which also stops its job in the pool, when the caller leaves or
/// the deadline passes.
pub(crate) fn start<T, W, F>(
    core: &Core,
    call: &Call,
    admitted: Admitted,
    at_shutdown: AtShutdown,
    work: W,
) -> Answers<T>
where
    T: Send + 'static,
    W: FnOnce(Outlet<T>) -> F,
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
    let (end, ended) = oneshot::channel();
    let queue = Arc::new(Mutex::new(Some(Queue { receiver, _admitted: admitted })));
    let task = Task { sender: sender.clone(), queue: Arc::downgrade(&queue), end, call: call.clone() };
    let work = work(Outlet { sender });
    let stopping = core.shutdown.stopping();
    let stopping = async move {
        match at_shutdown {
            AtShutdown::Ends => stopping.await,
            AtShutdown::Decides => std::future::pending().await,
        }
    };
    core.tasks.spawn(task.run(work, stopping).in_current_span());
    Answers { queue, end: Some(ended), call: call.clone() }
}

/// What watches over the work of a stream.
struct Task<T> {
    sender: mpsc::Sender<T>,
    /// Weak, so that the reader's leaving closes the queue.
    queue: Weak<Mutex<Option<Queue<T>>>>,
    end: oneshot::Sender<Result<(), Status>>,
    call: Call,
}

impl<T> Task<T> {
    async fn run(self, work: impl Future<Output = Result<(), Failure>>, stopping: impl Future<Output = ()>) {
        let done = tokio::select! {
            biased;
            () = self.sender.closed() => return,
            () = self.call.deadline() => Err(Failure::Deadline),
            () = stopping => Err(Failure::Draining),
            done = work => done,
        };
        if matches!(done, Err(Failure::SlowConsumer)) {
            self.give_up();
        }
        // Nobody listens when the reader has left.
        let _ = self.end.send(done.map_err(|failure| self.call.status(failure)));
    }

    /// Gives back what a reader that takes nothing holds: the transport keeps its body for as long as it likes.
    fn give_up(&self) {
        if let Some(queue) = self.queue.upgrade() {
            drop(lock(&queue).take());
        }
    }
}

impl<T> Stream for Answers<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match lock(&self.queue).as_mut() {
            Some(queue) => queue.receiver.poll_recv(context),
            None => Poll::Ready(None),
        };
        match next {
            Poll::Ready(Some(answer)) => Poll::Ready(Some(Ok(answer))),
            Poll::Ready(None) => self.poll_end(context),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> Answers<T> {
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        let Some(end) = self.end.as_mut() else {
            return Poll::Ready(None);
        };
        let end = std::task::ready!(Pin::new(end).poll(context));
        self.end = None;
        Poll::Ready(match end {
            Ok(Ok(())) => None,
            Ok(Err(status)) => Some(Err(status)),
            // Never OK: the caller would take what it has for all there is.
            Err(panicked) => Some(Err(self.call.status(Failure::Internal(panicked.into())))),
        })
    }
}

/// Nothing that is done under the lock can panic half-way.
fn lock<T>(queue: &Mutex<Option<Queue<T>>>) -> MutexGuard<'_, Option<Queue<T>>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroUsize, time::Duration};

    use tokio::time::Instant;
    use tokio_stream::StreamExt as _;
    use tonic::Code;

    use super::*;
    use crate::{
        pool::Pool,
        rpc::core::Policy,
        shutdown::{DrainTimes, Shutdown},
        telemetry::Metrics,
    };

    fn core() -> Core {
        let pool = Pool::new(NonZeroUsize::MIN, NonZeroUsize::MIN).unwrap();
        let policy = Policy { max_streams: 1, log_queries: false, fingerprint: String::new() };
        Core::new(pool, Metrics::new(), Shutdown::new(), policy)
    }

    fn call(timeout: Option<Duration>) -> Call {
        Call::new("desk-7".to_owned(), timeout)
    }

    /// Starts a stream that sends numbers, from 0, until it may not, and then waits.
    fn numbers(core: &Core, call: &Call, count: u32) -> Answers<u32> {
        start(core, call, core.admit_stream().unwrap(), AtShutdown::Ends, |outlet| async move {
            for number in 0..count {
                outlet.room().await?.send(number);
            }
            std::future::pending().await
        })
    }

    async fn code(answers: &mut Answers<u32>) -> Option<Code> {
        answers.next().await.map(|end| end.expect_err("must have ended").code())
    }

    #[tokio::test]
    async fn what_was_sent_comes_before_the_end() {
        let core = core();
        let work = |outlet: Outlet<u32>| async move {
            outlet.room().await?.send(7);
            Err(Failure::Overloaded)
        };
        let mut answers = start(&core, &call(None), core.admit_stream().unwrap(), AtShutdown::Ends, work);
        assert_eq!(answers.next().await.unwrap().unwrap(), 7);
        assert_eq!(code(&mut answers).await, Some(Code::ResourceExhausted));
        assert!(answers.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_ends_a_stream_that_runs() {
        let (core, begun) = (core(), Instant::now());
        let mut answers = numbers(&core, &call(Some(Duration::from_millis(300))), 1);
        assert_eq!(answers.next().await.unwrap().unwrap(), 0);
        assert_eq!(code(&mut answers).await, Some(Code::DeadlineExceeded));
        assert_eq!(begun.elapsed().as_millis(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn the_place_is_held_until_the_body_is_gone() {
        let core = core();
        let answers = numbers(&core, &call(None), 1);
        assert_eq!(core.admit_stream().unwrap_err().reason(), "TOO_MANY_STREAMS");
        drop(answers);
        core.admit_stream().unwrap();
        // The task ends with its reader, though its work would go on.
        core.tasks.close();
        core.tasks.wait().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up() {
        let core = core();
        let (call, begun) = (call(None), Instant::now());
        let mut answers = numbers(&core, &call, u32::MAX);
        core.tasks.close();
        core.tasks.wait().await;
        assert_eq!(begun.elapsed(), READER_PATIENCE);
        core.admit_stream().expect("the place was given back, though the body is still there");
        assert_eq!(code(&mut answers).await, Some(Code::ResourceExhausted));
        assert_eq!(call.stats().reason(), Some("SLOW_CONSUMER"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_the_service_stops() {
        let core = core();
        let mut answers = numbers(&core, &call(None), 0);
        let times = DrainTimes { lame_duck: Duration::from_secs(5), timeout: Duration::from_secs(25) };
        let ended = core.shutdown.run(times, tokio_stream::once(()), code(&mut answers)).await;
        assert_eq!(ended, Some(Some(Code::Unavailable)));
    }

    #[tokio::test]
    async fn a_task_that_panics_is_no_success() {
        let core = core();
        let work = |_: Outlet<u32>| async { panic!("a bug") };
        let mut answers = start(&core, &call(None), core.admit_stream().unwrap(), AtShutdown::Ends, work);
        assert_eq!(code(&mut answers).await, Some(Code::Internal));
    }
}
