//! A stream of answers: a task that produces them, a short queue, a body that is sent.
//!
//! Every wait of the task has an end: the caller's deadline, the caller's leaving, the reader's patience, the end of
//! the service. Its final status always reaches the body, however full the queue is.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::Instrument as _;

use crate::{
    rpc::{
        admission::Admitted,
        call::{Call, StreamState},
        core::Core,
        failure::Failure,
        limits::{ANSWERS_WAITING, FIRST_ANSWER_PATIENCE},
        streams::{Listed, Streams},
    },
    telemetry::{Metrics, ShedReason},
};

/// Where a task puts its answers.
pub(crate) struct Outlet<T> {
    sender: mpsc::Sender<T>,
    call: Call,
    /// How long the reader may take nothing.
    patience: Duration,
}

/// Room for one answer.
pub(crate) type Room<'a, T> = mpsc::Permit<'a, T>;

impl<T> Outlet<T> {
    /// Waits until the reader has made room for one more answer, for as long as bytes of the others leave.
    ///
    /// Taken before an answer is made, so that a slow reader holds neither a thread nor an answer too many.
    pub(crate) async fn room(&self) -> Result<Room<'_, T>, Failure> {
        self.call.stats().set_state(StreamState::Blocked);
        let room = tokio::select! {
            biased;
            room = self.sender.reserve() => room.map_err(|_| Failure::Cancelled),
            () = self.call.flight().stands_still(self.patience) => Err(Failure::SlowConsumer(self.patience)),
        };
        self.call.stats().set_state(StreamState::Running);
        room
    }

    /// The same outlet, for a job that makes several answers.
    pub(crate) fn for_job(&self) -> JobOutlet<T> {
        JobOutlet { sender: self.sender.downgrade() }
    }
}

/// Where a job puts answers while their reader has room for them; it never waits. A job that goes on when its stream has
/// ended does not keep it open.
pub(crate) struct JobOutlet<T> {
    sender: mpsc::WeakSender<T>,
}

impl<T> JobOutlet<T> {
    /// For how many more answers there is room.
    pub(crate) fn room(&self) -> usize {
        self.sender.upgrade().map_or(0, |sender| sender.capacity())
    }

    /// Sends an answer for which there is room; it is lost when the stream has ended.
    pub(crate) fn send(&self, answer: T) {
        let _ended = self.sender.upgrade().map(|sender| sender.try_send(answer));
    }
}

/// The answers of one call, for the transport to send. Dropping it ends the task.
pub(crate) struct Answers<T> {
    /// The first one, or the failure that came instead, if it was waited for.
    first: Option<Result<T, Status>>,
    queue: Arc<Mutex<Waiting<T>>>,
    /// How the task ended; `None` once that was said.
    end: Option<oneshot::Receiver<Result<(), Status>>>,
    call: Call,
    /// How long the reader may take nothing.
    patience: Duration,
    /// Dropped with the rest of it, which tells the task that the reader has left.
    _reading: oneshot::Sender<Infallible>,
}

/// What waits for the reader.
enum Waiting<T> {
    Answers(Queue<T>),
    /// They were thrown away, and a stream that ended well did not after all.
    GivenUp(GivenUp),
}

/// Why answers are thrown away that nobody has read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GivenUp {
    /// The reader took nothing for too long.
    Slow,
    /// An operator wanted it.
    Cancelled,
}

/// What a stream holds while it lives.
struct Queue<T> {
    receiver: mpsc::Receiver<T>,
    _admitted: Admitted,
    _listed: Listed,
}

/// When a stream that could go on has to end.
pub(crate) enum AtShutdown {
    /// As soon as the service stops.
    Ends,
    /// When its task says so, which watches for the stop itself.
    Decides,
}

/// Starts the task of a stream. Its work is dropped, which also stops its job in the pool, when the caller leaves or
/// the deadline passes, or when an operator wants it.
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
    let (sender, receiver) = mpsc::channel(ANSWERS_WAITING);
    let (end, ended) = oneshot::channel();
    let (listed, cancelled) = Streams::enter(&core.streams, call.clone());
    let queue = Arc::new(Mutex::new(Waiting::Answers(Queue { receiver, _admitted: admitted, _listed: listed })));
    let (reading, left) = oneshot::channel();
    let patience = core.policy.reader_patience;
    let (watched, metrics) = (Arc::downgrade(&queue), core.metrics.clone());
    let task = Task { left, cancelled: cancelled.clone(), queue: watched, call: call.clone(), patience, metrics };
    // Some kilobytes, which else are moved several times over.
    let work = Box::pin(work(Outlet { sender, call: call.clone(), patience }));
    let counted = core.metrics.stream_task_started();
    let stopping = core.shutdown.stopping();
    let stopping = async move {
        match at_shutdown {
            AtShutdown::Ends => stopping.await,
            AtShutdown::Decides => std::future::pending().await,
        }
    };
    let ends = async move {
        tokio::select! {
            () = stopping => Failure::Draining,
            () = cancelled.cancelled_owned() => Failure::StreamCancelled,
        }
    };
    let running = async move {
        task.run(work, ends, end).await;
        drop(counted);
    };
    core.tasks.spawn(running.in_current_span());
    Answers { first: None, queue, end: Some(ended), call: call.clone(), patience, _reading: reading }
}

/// What watches over the work of a stream.
struct Task<T> {
    /// Resolves when the reader has left.
    left: oneshot::Receiver<Infallible>,
    /// Resolves when an operator wants the stream to end.
    cancelled: CancellationToken,
    /// Weak, so that the reader's leaving closes the queue.
    queue: Weak<Mutex<Waiting<T>>>,
    call: Call,
    /// How long the reader may take nothing.
    patience: Duration,
    metrics: Metrics,
}

impl<T> Task<T> {
    /// Sees the work to its end, says that to the reader, and waits until it has taken what is left for it.
    async fn run(
        mut self,
        work: impl Future<Output = Result<(), Failure>>,
        ends: impl Future<Output = Failure>,
        end: oneshot::Sender<Result<(), Status>>,
    ) {
        let done = tokio::select! {
            biased;
            _ = &mut self.left => return,
            () = self.call.deadline() => Err(Failure::Deadline),
            failure = ends => Err(failure),
            done = work => done,
        };
        self.call.stats().set_state(StreamState::Ended);
        let is_slow = matches!(done, Err(Failure::SlowConsumer(_)));
        if is_slow {
            self.give_up(GivenUp::Slow);
        }
        // Nobody listens when the reader has left.
        let _ = end.send(done.map_err(|failure| self.call.status(failure)));
        if is_slow {
            return;
        }
        if let Err(why) = self.reader_leaves().await {
            self.give_up(why);
        }
    }

    /// Waits until the reader leaves, for as long as it takes something now and then and nobody else ends it.
    async fn reader_leaves(&mut self) -> Result<(), GivenUp> {
        loop {
            let waiting = self.waiting();
            tokio::select! {
                biased;
                _ = &mut self.left => return Ok(()),
                () = self.cancelled.cancelled() => return Err(GivenUp::Cancelled),
                () = self.call.flight().stands_still(self.patience) => {
                    if self.waiting() == waiting {
                        return Err(GivenUp::Slow);
                    }
                }
            }
        }
    }

    /// Answers that wait for the reader.
    fn waiting(&self) -> usize {
        let queue = self.queue.upgrade();
        queue.map_or(0, |queue| match &*lock(&queue) {
            Waiting::Answers(queue) => queue.receiver.len(),
            Waiting::GivenUp(_) => 0,
        })
    }

    /// Gives back what a reader that takes nothing holds, and says so: the transport keeps its body for as long as it
    /// likes, and the access line comes with the body's end.
    fn give_up(&self, why: GivenUp) {
        let patience = self.patience;
        self.call.status(why.failure(patience));
        if why == GivenUp::Slow {
            self.metrics.shed(ShedReason::SlowConsumer);
            tracing::warn!(request_id = self.call.request_id(), ?patience, "SLOW_CONSUMER: a reader took nothing");
        }
        if let Some(queue) = self.queue.upgrade() {
            let thrown_away = std::mem::replace(&mut *lock(&queue), Waiting::GivenUp(why));
            drop(thrown_away);
        }
    }
}

impl GivenUp {
    fn failure(self, patience: Duration) -> Failure {
        match self {
            Self::Slow => Failure::SlowConsumer(patience),
            Self::Cancelled => Failure::StreamCancelled,
        }
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for Answers<T> {}

impl<T> Stream for Answers<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let next = match &mut *lock(&self.queue) {
            Waiting::Answers(queue) => queue.receiver.poll_recv(context).map(Ok),
            Waiting::GivenUp(why) => Poll::Ready(Err(*why)),
        };
        match std::task::ready!(next) {
            Ok(Some(answer)) => Poll::Ready(Some(Ok(answer))),
            Ok(None) => self.poll_end(context, None),
            Err(why) => self.poll_end(context, Some(why)),
        }
    }
}

impl<T> Answers<T> {
    /// Waits a moment for the first answer, or for the failure that comes instead.
    ///
    /// A response that is given to the transport before it has answers is sent by itself: its caller is woken for nothing
    /// but headers, while the cores could rank. But a caller whose time is up before it has the headers may call that a
    /// cancel, so that they do not wait for long.
    pub(crate) async fn begun(mut self) -> Self {
        let patience = FIRST_ANSWER_PATIENCE.min(self.call.time_left() / 2);
        self.first = timeout(patience, self.next()).await.unwrap_or_default();
        self
    }

    fn poll_end(&mut self, context: &mut Context<'_>, given_up: Option<GivenUp>) -> Poll<Option<Result<T, Status>>> {
        let Some(end) = self.end.as_mut() else {
            return Poll::Ready(None);
        };
        let end = std::task::ready!(Pin::new(end).poll(context));
        self.end = None;
        Poll::Ready(match end {
            // Answers may have been thrown away.
            Ok(Ok(())) => given_up.map(|why| Err(self.call.status(why.failure(self.patience)))),
            Ok(Err(status)) => Some(Err(status)),
            // Never OK: the caller would take what it has for all there is.
            Err(panicked) => Some(Err(self.call.status(Failure::Internal(panicked.into())))),
        })
    }
}

/// Nothing that is done under the lock can panic half-way.
fn lock<T>(queue: &Mutex<Waiting<T>>) -> MutexGuard<'_, Waiting<T>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
