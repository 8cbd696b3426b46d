//! The one place where async code waits for CPU work.
//!
//! A [`Pool`] has its own threads and a bounded number of jobs. A job whose caller has left is skipped, or told to
//! stop when it already runs. The module does not know what the work is.

use std::{
    any::Any,
    future::{Future, pending},
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::{
    select,
    sync::{Semaphore, oneshot},
};
use tracing::{Span, error};

/// Threads for CPU and disk work. Cheap to clone; clones share threads and bounds.
#[derive(Clone)]
pub struct Pool {
    threads: Arc<ThreadPool>,
    /// One permit for each job that waits for a thread or runs.
    places: Arc<Semaphore>,
    waiting: Gauge,
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

impl Pool {
    /// Starts `threads` threads. At most `capacity` jobs wait for a thread or run; further callers wait, in order,
    /// until there is a place.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: NonZeroUsize, capacity: NonZeroUsize) -> io::Result<Self> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("pool-{index}"))
            // For panics outside the work, such as in dropping a result that nobody took: rayon would abort.
            .panic_handler(|panic| error!(panic = message(panic.as_ref()), "a job of the pool panicked"))
            .build()
            .map_err(io::Error::other)?;
        let places = Semaphore::new(capacity.get().min(Semaphore::MAX_PERMITS));
        Ok(Self {
            threads: Arc::new(threads),
            places: Arc::new(places),
            waiting: Gauge::default(),
            running: Gauge::default(),
            stopped: Arc::new(|_| ()),
        })
    }

    /// The same, telling `observe` of each job that was told to stop how long it went on after that.
    #[must_use]
    pub fn observed(self, observe: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { stopped: Arc::new(observe), ..self }
    }

    /// Runs `work` on a thread of the pool, in the caller's tracing span, and waits for what it returns.
    ///
    /// Dropping the future is the way to cancel: work that has not begun never does, and work that runs finds its
    /// argument `true`; long work looks at it now and then.
    pub async fn run<T, W>(&self, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        self.run_until(pending(), work).await
    }

    /// The same, but work that has not ended by the time that `enough` resolves finds its argument `true`, and what it
    /// returns then is waited for.
    pub async fn run_until<T, W>(&self, enough: impl Future<Output = ()>, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    {
        let caller = Caller::default();
        let waiting = self.waiting.count_one();
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        let (send, mut receive) = oneshot::channel();
        let (wishes, running, span) = (Arc::clone(&caller.wishes), self.running.clone(), Span::current());
        let observe = Arc::clone(&self.stopped);
        self.threads.spawn_fifo(move || {
            drop(waiting);
            if !wishes.left.load(Ordering::Relaxed) {
                let (counted, begun) = (running.count_one(), Instant::now());
                let result = span.in_scope(|| guarded(|| work(&wishes.stop)));
                if let Some(told) = wishes.told.get() {
                    observe(told.elapsed().min(begun.elapsed()));
                }
                // Given back before the caller goes on, so that it sees a pool without its job.
                drop((counted, place));
                let _ = send.send(result); // Fails when the caller has left, who wants nothing then.
            }
        });
        let answered = select! {
            biased;
            answered = &mut receive => answered,
            () = enough => {
                caller.wishes.tell_to_stop();
                receive.await
            }
        };
        answered.expect("a job that is not cancelled always answers")
    }

    /// Runs `work` that takes minutes, most of them waiting for a disk, on a thread of its own, so that the pool's are
    /// left to others. Whoever asks bounds how many there are. Dropping the future tells the work to stop.
    pub async fn run_aside<T, W>(&self, work: W) -> Result<T, PoolError>
    where
        T: Send + 'static,
        W: FnOnce(&AtomicBool) -> T + Send + 'static,
    {
        let caller = Caller::default();
        let (send, receive) = oneshot::channel();
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
        receive.await.expect("a job always answers")
    }

    /// Jobs that have been asked for and have not begun.
    pub fn waiting(&self) -> usize {
        self.waiting.get()
    }

    /// Jobs that run.
    pub fn running(&self) -> usize {
        self.running.get()
    }
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

/// Tells a job to stop when its caller leaves; harmless once it is done.
#[derive(Default)]
struct Caller {
    wishes: Arc<Wishes>,
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

impl Drop for Caller {
    fn drop(&mut self) {
        self.wishes.left.store(true, Ordering::Relaxed);
        self.wishes.tell_to_stop();
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
mod tests {
    use std::{
        future::ready,
        pin::{Pin, pin},
        sync::{Mutex, mpsc},
    };

    use tracing::{Instrument as _, Subscriber, info_span, instrument::WithSubscriber as _, span::Id};
    use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

    use super::*;

    fn pool(threads: usize, capacity: usize) -> Pool {
        let [threads, capacity] = [threads, capacity].map(|number| NonZeroUsize::new(number).unwrap());
        Pool::new(threads, capacity).unwrap()
    }

    /// A job that has begun, and runs until what is returned is dropped.
    async fn occupy(pool: &Pool) -> mpsc::SyncSender<()> {
        let (release, released) = mpsc::sync_channel(0);
        let (start, started) = oneshot::channel();
        let work = move |_: &Arc<AtomicBool>| {
            start.send(()).unwrap();
            let _ = released.recv();
        };
        let pool = pool.clone();
        tokio::spawn(async move { pool.run(work).await });
        started.await.unwrap();
        release
    }

    async fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>) {
        select! {
            biased;
            _ = future => panic!("it was to wait"),
            () = ready(()) => {}
        }
    }

    #[tokio::test]
    async fn work_gives_its_result() {
        assert_eq!(pool(1, 1).run(|_| 6 * 7).await, Ok(42));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_pool_goes_on() {
        let pool = pool(1, 1);
        assert_eq!(pool.run(|_| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
        assert_eq!(pool.run(|_| 1).await, Ok(1));
        assert_eq!((pool.waiting(), pool.running()), (0, 0));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_skipped() {
        let pool = pool(1, 8);
        let release = occupy(&pool).await;
        let begun = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&begun);
        let mut job = Box::pin(pool.run(move |_| mark.store(true, Ordering::SeqCst)));
        poll_once(job.as_mut()).await;
        assert_eq!((pool.waiting(), pool.running()), (1, 1));
        drop(job);
        drop(release);
        pool.run(|_| ()).await.unwrap(); // The only thread takes jobs in order.
        assert!(!begun.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn running_work_is_told_to_stop() {
        let (observe, observed) = mpsc::sync_channel(2);
        let pool = pool(1, 1).observed(move |went_on| observe.send(went_on).unwrap());
        let (start, started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let mut job = Box::pin(pool.run(move |stop| {
            start.send(()).unwrap();
            while !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            end.send(()).unwrap();
        }));
        select! {
            _ = &mut job => panic!("it was to run until told to stop"),
            result = started => result.unwrap(),
        }
        drop(job);
        ended.await.unwrap();
        observed.recv().expect("it is told how long that took");
        pool.run(|_| ()).await.unwrap();
        assert!(observed.try_recv().is_err(), "only of what is told to stop");
    }

    #[tokio::test]
    async fn work_that_is_told_to_stop_gives_what_it_has() {
        let pool = pool(1, 1);
        let (start, started) = oneshot::channel();
        let begun = async { started.await.unwrap() };
        let work = move |stop: &Arc<AtomicBool>| {
            start.send(()).unwrap();
            while !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            "what it has"
        };
        assert_eq!(pool.run_until(begun, work).await, Ok("what it has"));
        // Also when it was enough before it began.
        assert_eq!(pool.run_until(ready(()), |_| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_full_pool_makes_callers_wait() {
        let pool = pool(2, 1);
        let release = occupy(&pool).await;
        let mut job = pin!(pool.run(|_| "done"));
        poll_once(job.as_mut()).await;
        assert_eq!((pool.waiting(), pool.running()), (1, 1)); // Although a thread is free.
        drop(release);
        assert_eq!(job.await, Ok("done"));
    }

    /// Notes the threads on which spans are entered.
    struct EnteredOn(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for EnteredOn {
        fn on_enter(&self, _: &Id, _: Context<'_, S>) {
            self.0.lock().unwrap().extend(thread::current().name().map(str::to_owned));
        }
    }

    #[tokio::test]
    async fn the_span_is_carried_over() {
        let threads = Arc::default();
        let subscriber = tracing_subscriber::registry().with(EnteredOn(Arc::clone(&threads)));
        let pool = pool(1, 1);
        let call = async { pool.run(|_| ()).instrument(info_span!("call")).await };
        call.with_subscriber(subscriber).await.unwrap();
        assert!(threads.lock().unwrap().contains(&"pool-0".to_owned()));
    }
}
