//! The one place where async code waits for CPU work.
//!
//! A [`Pool`] has its own threads, and a queue of which whoever asks bounds how long it gets: it knows how long one more
//! would wait. A job whose caller has left leaves the queue, or is told to stop when it already runs. The module does
//! not know what the work is.

mod fork;
mod queue;

use std::{
    any::Any,
    future::{Future, pending},
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{select, sync::oneshot};
use tracing::{Span, error};

use self::queue::{Job, Pace, Queue, Ticket};

pub use self::{fork::Forked, queue::Precedence};

/// Threads for CPU and disk work. Cheap to clone; clones share threads and queue.
#[derive(Clone)]
pub struct Pool {
    workers: Arc<Workers>,
    pace: Arc<Mutex<Pace>>,
    waiting: Gauge,
    /// Those of them that begin work.
    beginning: Gauge,
    running: Gauge,
    stopped: Observer,
}

/// Told how long a job went on that nobody wanted any more.
type Observer = Arc<dyn Fn(Duration) + Send + Sync>;

/// Why a job gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The work panicked. The pool goes on; the panic has been logged.
    #[error("the work panicked; the log has the message")]
    Panicked,
    /// The system gives no thread for it.
    #[error("the system gives no thread; the log says why")]
    NoThread,
}

/// A place in the queue, for a job that begins work.
#[must_use = "it is given up when this is dropped"]
pub struct Place {
    came: Instant,
    /// Places before it.
    ahead: usize,
    _counted: Counted,
}

impl Pool {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: NonZeroUsize) -> io::Result<Self> {
        Ok(Self {
            workers: Arc::new(Workers::start(threads)?),
            pace: Arc::default(),
            waiting: Gauge::default(),
            beginning: Gauge::default(),
            running: Gauge::default(),
            stopped: Arc::new(|_| ()),
        })
    }

    /// The same, telling `observe` of each job that was told to stop how long it went on after that.
    #[must_use]
    pub fn observed(self, observe: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { stopped: Arc::new(observe), ..self }
    }

    /// How long a job that begins work would wait now, about: as long as each one that waits took to get on, times their
    /// number, and not less than the first of them has been waiting. Nothing when none waits.
    pub fn expected_wait(&self) -> Duration {
        match self.beginning.get() {
            0 => Duration::ZERO,
            ahead => lock(&self.pace).wait(ahead).max(self.workers.0.lock().queue.longest_wait(Precedence::Beginning)),
        }
    }

    /// Takes a place in the queue for a job that begins work, which is to come soon.
    pub fn place(&self) -> Place {
        let ahead = self.beginning.get();
        Place { came: Instant::now(), ahead, _counted: self.beginning.count_one() }
    }

    /// Runs `work` that begins on a thread of the pool, in the caller's tracing span, and waits for what it returns.
    /// Work that has not ended by the time that `enough` resolves finds its argument `true`, and what it returns then is
    /// waited for.
    ///
    /// Dropping the future is the way to cancel: work that has not begun never does, and work that runs finds its
    /// argument `true`; long work looks at it now and then.
    pub async fn begin<T, W>(&self, place: Place, enough: impl Future<Output = ()>, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        let (came, learnt) = (place.came, Arc::clone(&self.pace));
        let begun = move || {
            lock(&learnt).learn(came.elapsed(), place.ahead);
            drop(place);
        };
        self.run_job(Precedence::Beginning, came, enough, begun, work).await
    }

    /// The same with the next part of work already begun.
    pub async fn go_on<T, W>(&self, enough: impl Future<Output = ()>, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        self.run_job(Precedence::Continuing, Instant::now(), enough, || (), work).await
    }

    /// The same with work that others go before.
    pub async fn run<T, W>(&self, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        self.run_job(Precedence::Background, Instant::now(), pending(), || (), work).await
    }

    /// Queues a job and waits for it; `begun` is called when it has its turn.
    async fn run_job<T, W>(
        &self,
        precedence: Precedence,
        came: Instant,
        enough: impl Future<Output = ()>,
        begun: impl FnOnce() + Send + 'static,
        work: W,
    ) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        let mut caller = Caller::default();
        let waiting = self.waiting.count_one();
        let (send, mut receive) = oneshot::channel();
        let (wishes, running, span) = (Arc::clone(&caller.wishes), self.running.clone(), Span::current());
        let observe = Arc::clone(&self.stopped);
        caller.queued = Some(self.enqueue(precedence, came, move || {
            drop(waiting);
            // Else it left in this moment: it is no work, and nobody learns from it how long work waits.
            if !wishes.left.load(Ordering::Relaxed) {
                begun();
                let (counted, begun) = (running.count_one(), Instant::now());
                let result = span.in_scope(|| guarded(|| work(&wishes.stop)));
                if let Some(told) = wishes.told.get() {
                    observe(told.elapsed().min(begun.elapsed()));
                }
                // Given back before the caller goes on, so that it sees a pool without its job.
                drop(counted);
                let _ = send.send(result); // Fails when the caller has left, who wants nothing then.
            }
        }));
        let answered = select! {
            biased;
            answered = &mut receive => answered,
            () = enough => {
                caller.wishes.tell_to_stop();
                receive.await
            }
        };
        caller.has_begun();
        answered.expect("a job that is not cancelled always answers")
    }

    /// Lets another thread do a part of a job meanwhile, if one has nothing else to do. It waits no longer than the job
    /// wants it, so that there are no more of them than jobs have.
    pub fn fork<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Forked<T> {
        Forked::new(work, |part| {
            self.enqueue(Precedence::Background, Instant::now(), move || {
                part.run();
            })
        })
    }

    /// Puts a job into the queue, and has a thread take the one that is next then. Whoever drops what is returned takes
    /// it out again, if it still waits.
    fn enqueue(&self, precedence: Precedence, came: Instant, job: impl FnOnce() + Send + 'static) -> Queued {
        let shared = Arc::clone(&self.workers.0);
        let ticket = shared.lock().queue.push(precedence, came, Box::new(job));
        shared.arrived.notify_one();
        Queued { shared, ticket: Some(ticket) }
    }

    /// Runs `work` that takes minutes, most of them waiting for a disk, on a thread of its own, so that the pool's are
    /// left to others. Whoever asks bounds how many there are. Dropping the future tells the work to stop; so does the end
    /// of `ending`, and then it is waited for.
    pub async fn run_aside<T, W>(&self, ending: impl Future<Output = ()>, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&AtomicBool) -> T + Send + 'static,
    {
        let caller = Caller::default();
        let (send, mut receive) = oneshot::channel();
        let (wishes, running, span) = (Arc::clone(&caller.wishes), self.running.clone(), Span::current());
        let started = thread::Builder::new().name("aside".to_owned()).spawn(move || {
            let counted = running.count_one();
            let result = span.in_scope(|| guarded(|| work(&wishes.stop)));
            drop(counted);
            let _ = send.send(result); // Fails when the caller has left.
        });
        started.map_err(|error| {
            error!(%error, "the system gives no thread");
            PoolError::NoThread
        })?;
        let result = tokio::select! {
            biased;
            result = &mut receive => result,
            () = ending => {
                caller.wishes.tell_to_stop();
                receive.await
            }
        };
        result.expect("a job always answers")
    }

    /// Jobs that have been asked for and have not begun.
    pub fn waiting(&self) -> usize {
        self.waiting.get()
    }

    /// Tells, whenever it is asked, how many jobs wait and how many run. Does not keep the pool.
    pub fn jobs(&self) -> impl Fn() -> (usize, usize) + Send + 'static {
        let (waiting, running) = (self.waiting.clone(), self.running.clone());
        move || (waiting.get(), running.get())
    }
}

/// The threads, which end with what waits when this is dropped.
///
/// They sleep while nothing waits. A pool that steals work looks around for a while before it does, on cores that a
/// search of half a millisecond shares with the transport.
struct Workers(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    queue: Queue,
    is_closed: bool,
}

impl Workers {
    fn start(threads: NonZeroUsize) -> io::Result<Self> {
        let workers = Self(Arc::default());
        for index in 0..threads.get() {
            let shared = Arc::clone(&workers.0);
            thread::Builder::new().name(format!("pool-{index}")).spawn(move || {
                while let Some(job) = shared.next() {
                    // Only dropping a result that nobody took can panic: the work itself is guarded.
                    let _ = guarded(job);
                }
            })?;
        }
        Ok(workers)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.arrived.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }

    /// Waits for the next job; `None` once there is none and there will be none.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            match waiting.queue.pop() {
                None if !waiting.is_closed => {
                    waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                next => return next,
            }
        }
    }
}

/// Nothing that is done under the locks can panic half-way.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, PoolError> {
    // Nothing of a job outlives its panic but what it shares with others, and locks there say that they are poisoned.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        error!(panic = message(panic.as_ref()), "work in the pool panicked");
        PoolError::Panicked
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// A job in the queue, which leaves it when this is dropped: with it go its place and all that it holds.
struct Queued {
    shared: Arc<Shared>,
    /// `None` once it is known that it does not wait any more.
    ticket: Option<Ticket>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        // What it holds is dropped without the lock.
        let _unwanted = self.ticket.and_then(|ticket| self.shared.lock().queue.remove(ticket));
    }
}

/// Tells a job to stop when its caller leaves; harmless once it is done.
#[derive(Default)]
struct Caller {
    wishes: Arc<Wishes>,
    /// As long as it may wait.
    queued: Option<Queued>,
}

/// What a job's caller wants of it.
#[derive(Default)]
struct Wishes {
    /// Nothing any more: it need not begin.
    left: AtomicBool,
    /// That it ends, with what it has.
    stop: Arc<AtomicBool>,
    /// When it was told so.
    told: OnceLock<Instant>,
}

impl Wishes {
    fn tell_to_stop(&self) {
        self.told.get_or_init(Instant::now);
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Caller {
    /// Its job does not wait any more.
    fn has_begun(&mut self) {
        if let Some(mut queued) = self.queued.take() {
            queued.ticket = None;
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.wishes.left.store(true, Ordering::Relaxed);
        self.wishes.tell_to_stop();
        drop(self.queued.take());
    }
}

/// A number of jobs.
#[derive(Clone, Debug, Default)]
struct Gauge {
    count: Arc<AtomicUsize>,
}

/// One job in a [`Gauge`].
struct Counted {
    count: Arc<AtomicUsize>,
}

impl Gauge {
    fn count_one(&self) -> Counted {
        self.count.fetch_add(1, Ordering::Relaxed);
        Counted { count: Arc::clone(&self.count) }
    }

    fn get(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
