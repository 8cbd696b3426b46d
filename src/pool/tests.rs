use std::{
    future::ready,
    pin::{Pin, pin},
    sync::{Mutex, mpsc},
};

use tracing::{Instrument as _, Subscriber, info_span, instrument::WithSubscriber as _, span::Id};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

use super::*;

fn pool() -> Pool {
    Pool::new(NonZeroUsize::MIN).unwrap()
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
    assert_eq!(pool().run(|_| 6 * 7).await, Ok(42));
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_pool_goes_on() {
    let pool = pool();
    assert_eq!(pool.run(|_| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
    assert_eq!(pool.run(|_| 1).await, Ok(1));
    assert_eq!(pool.jobs()(), (0, 0));
}

#[tokio::test]
async fn work_whose_caller_has_left_gives_its_place_up_at_once() {
    let pool = pool();
    let release = occupy(&pool).await;
    let held = Arc::new(());
    let carried = Arc::clone(&held);
    let mut left = Box::pin(pool.begin(pool.place(), pending(), move |_| drop(carried)));
    poll_once(left.as_mut()).await;
    let mut stays = pin!(pool.begin(pool.place(), pending(), |_| ()));
    poll_once(stays.as_mut()).await;
    assert_eq!((pool.waiting(), pool.beginning.get(), Arc::strong_count(&held)), (2, 2, 2));
    drop(left);
    assert_eq!((pool.waiting(), pool.beginning.get(), Arc::strong_count(&held)), (1, 1, 1));
    assert_eq!(pool.workers.0.lock().queue.len(), 1);
    drop(release);
    stays.await.unwrap();
}

#[tokio::test]
async fn parts_of_jobs_wait_no_longer_than_they_are_wanted() {
    let pool = pool();
    let _release = occupy(&pool).await;
    for number in 0..64 {
        assert_eq!(pool.fork(move || number).join(), number);
        drop(pool.fork(|| panic!("nobody wants it")));
    }
    assert_eq!(pool.workers.0.lock().queue.len(), 0);
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_skipped() {
    let pool = pool();
    let release = occupy(&pool).await;
    let begun = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&begun);
    let mut job = Box::pin(pool.run(move |_| mark.store(true, Ordering::SeqCst)));
    poll_once(job.as_mut()).await;
    assert_eq!(pool.jobs()(), (1, 1));
    drop(job);
    drop(release);
    pool.run(|_| ()).await.unwrap(); // The only thread takes jobs in order.
    assert!(!begun.load(Ordering::SeqCst));
}

#[tokio::test]
async fn running_work_is_told_to_stop() {
    let (observe, observed) = mpsc::sync_channel(2);
    let pool = pool().observed(move |went_on| observe.send(went_on).unwrap());
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
    let pool = pool();
    let (start, started) = oneshot::channel();
    let begun = async { started.await.unwrap() };
    let work = move |stop: &Arc<AtomicBool>| {
        start.send(()).unwrap();
        while !stop.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        "what it has"
    };
    assert_eq!(pool.go_on(begun, work).await, Ok("what it has"));
    // Also when it was enough before it began.
    assert_eq!(pool.go_on(ready(()), |_| 1).await, Ok(1));
}

#[tokio::test]
async fn what_was_begun_goes_before_what_begins() {
    let pool = pool();
    let release = occupy(&pool).await;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let taken = Arc::clone(&taken);
        move |_: &Arc<AtomicBool>| taken.lock().unwrap().push(name)
    };
    let mut background = pin!(pool.run(note("background")));
    let mut beginning = pin!(pool.begin(pool.place(), pending(), note("beginning")));
    let mut continuing = pin!(pool.go_on(pending(), note("continuing")));
    poll_once(background.as_mut()).await;
    poll_once(beginning.as_mut()).await;
    poll_once(continuing.as_mut()).await;
    drop(release);
    tokio::try_join!(background, beginning, continuing).unwrap();
    assert_eq!(*taken.lock().unwrap(), ["continuing", "beginning", "background"]);
}

#[tokio::test]
async fn what_begins_is_expected_to_wait_for_those_before_it() {
    let pool = pool();
    let release = occupy(&pool).await;
    assert_eq!(pool.expected_wait(), Duration::ZERO, "nothing stands before it");
    let mut first = pin!(pool.begin(pool.place(), pending(), |_| ()));
    poll_once(first.as_mut()).await;
    while pool.expected_wait() < Duration::from_millis(2) {
        thread::yield_now(); // The first of them waits longer and longer.
    }
    drop(release);
    first.await.unwrap();
    assert_eq!(pool.expected_wait(), Duration::ZERO);
    let (one, _other) = (pool.place(), pool.place());
    assert!(pool.expected_wait() > Duration::from_micros(250), "as the first one waited");
    drop(one);
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
    let pool = pool();
    let call = async { pool.run(|_| ()).instrument(info_span!("call")).await };
    call.with_subscriber(subscriber).await.unwrap();
    assert!(threads.lock().unwrap().contains(&"pool-0".to_owned()));
}

#[tokio::test]
async fn a_part_of_a_job_is_done_by_another_thread_or_by_whoever_wants_it() {
    let pool = pool();
    let this = thread::current().id();
    let name = || thread::current().id();
    assert_ne!(pool.run(move |_| name()).await, Ok(this));
    let release = occupy(&pool).await;
    assert_eq!(pool.fork(name).join(), this, "nobody else has begun it");
    let (start, started) = mpsc::sync_channel(0);
    let (end, ended) = mpsc::sync_channel(0);
    let part = pool.fork(move || {
        start.send(name()).unwrap();
        ended.recv().unwrap()
    });
    drop(pool.fork(|| panic!("it is dropped before it begins")));
    drop(release);
    assert_ne!(started.recv(), Ok(this), "a thread has time for it");
    end.send(7).unwrap();
    assert_eq!(part.join(), 7);
}

#[tokio::test]
#[should_panic(expected = "a part of the work panicked")]
async fn a_part_that_panics_fails_the_job() {
    pool().fork::<()>(|| panic!("on purpose")).join();
}
