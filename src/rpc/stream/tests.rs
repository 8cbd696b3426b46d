//! Streams whose readers take their time, or leave.

use std::{num::NonZeroUsize, time::Duration};

use prost::bytes::Buf as _;
use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use tonic::Code;

use super::*;
use crate::{
    pool::Pool,
    rpc::{core::Policy, flight::Chunk},
    shutdown::{DrainTimes, Shutdown},
    telemetry::Metrics,
};

/// The patience of [`Policy::of_streams`].
const PATIENCE: Duration = Duration::from_secs(30);

fn core() -> Core {
    let pool = Pool::new(NonZeroUsize::MIN).unwrap();
    Core::new(pool, Metrics::new(), Shutdown::new(), Policy::of_streams(1))
}

fn call(timeout: Option<Duration>) -> Call {
    Call::new("desk-7".to_owned(), "Search", None, timeout)
}

/// Starts a stream that sends numbers, from 0, until it may not, and then waits.
fn numbers(core: &Core, call: &Call, count: u32) -> Answers<u32> {
    start(core, call, core.admit_stream(call).unwrap(), AtShutdown::Ends, |outlet| async move {
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
    let mut answers = start(&core, &call(None), core.admit_stream(&call(None)).unwrap(), AtShutdown::Ends, work);
    assert_eq!(answers.next().await.unwrap().unwrap(), 7);
    assert_eq!(code(&mut answers).await, Some(Code::ResourceExhausted));
    assert!(answers.next().await.is_none());
}

/// What comes first, and after how many milliseconds the response is there, of a stream whose work ends after some.
async fn response(timeout: Option<u64>, ends_after: u64, end: Result<u32, Failure>) -> (Result<u32, Code>, u128) {
    let (core, call, begun) = (core(), call(timeout.map(Duration::from_millis)), Instant::now());
    let work = |outlet: Outlet<u32>| async move {
        tokio::time::sleep(Duration::from_millis(ends_after)).await;
        outlet.room().await?.send(end?);
        Ok(())
    };
    let answers = start(&core, &call, core.admit_stream(&call).unwrap(), AtShutdown::Ends, work);
    let mut answers = answers.begun().await;
    let waited = begun.elapsed().as_millis();
    let first = answers.next().await.unwrap();
    assert!(answers.next().await.is_none());
    (first.map_err(|status| status.code()), waited)
}

#[tokio::test(start_paused = true)]
async fn a_response_waits_a_moment_for_what_comes_first() {
    assert_eq!(response(None, 5, Ok(7)).await, (Ok(7), 5));
    assert_eq!(response(None, 5, Err(Failure::Overloaded)).await, (Err(Code::ResourceExhausted), 5));
    assert_eq!(response(None, 300, Ok(7)).await, (Ok(7), 20));
    assert_eq!(response(Some(10), 300, Ok(7)).await, (Err(Code::DeadlineExceeded), 5));
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
    assert_eq!(core.admit_stream(&call(None)).unwrap_err().reason(), "TOO_MANY_STREAMS");
    drop(answers);
    core.admit_stream(&call(None)).unwrap();
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
    assert_eq!(begun.elapsed(), PATIENCE);
    core.admit_stream(&call).expect("the place was given back, though the body is still there");
    assert_eq!(code(&mut answers).await, Some(Code::ResourceExhausted));
    assert_eq!(call.stats().reason(), Some("SLOW_CONSUMER"));
}

/// A stream whose reader takes nothing of what is left when it ends.
async fn check_left_behind(timeout: Option<Duration>, end: Result<(), Failure>, expected: (Code, &'static str)) {
    let core = core();
    let (call, begun) = (call(timeout), Instant::now());
    let work = |outlet: Outlet<u32>| async move {
        outlet.room().await?.send(7);
        if timeout.is_some() { std::future::pending().await } else { end }
    };
    let mut answers = start(&core, &call, core.admit_stream(&call).unwrap(), AtShutdown::Ends, work);
    core.tasks.close();
    core.tasks.wait().await;
    assert_eq!(begun.elapsed(), timeout.unwrap_or_default() + PATIENCE);
    core.admit_stream(&call).expect("the place was given back, though the body is still there");
    assert_eq!(code(&mut answers).await, Some(expected.0));
    assert_eq!(call.stats().reason(), Some(expected.1));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_ended_holds_no_place_for_a_reader_that_takes_nothing() {
    let slow = (Code::ResourceExhausted, "SLOW_CONSUMER");
    check_left_behind(None, Ok(()), slow).await;
    check_left_behind(None, Err(Failure::Opening), (Code::Unavailable, "INDEX_OPENING")).await;
    let late = (Code::DeadlineExceeded, "DEADLINE");
    check_left_behind(Some(Duration::from_secs(1)), Ok(()), late).await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_what_is_left_in_its_own_time_gets_all_of_it() {
    let core = core();
    let work = |outlet: Outlet<u32>| async move {
        for number in 0..2 {
            outlet.room().await?.send(number);
        }
        Ok(())
    };
    let mut answers = start(&core, &call(None), core.admit_stream(&call(None)).unwrap(), AtShutdown::Ends, work);
    for number in 0..2 {
        tokio::time::sleep(PATIENCE.mul_f64(0.9)).await;
        assert_eq!(answers.next().await.unwrap().unwrap(), number);
    }
    tokio::time::sleep(PATIENCE.mul_f64(0.9)).await;
    assert!(answers.next().await.is_none());
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
async fn a_stream_ends_when_an_operator_wants_it() {
    let core = core();
    let mut answers = numbers(&core, &call(None), 1);
    assert_eq!(answers.next().await.unwrap().unwrap(), 0);
    assert_eq!((core.streams.list().len(), core.streams.cancel("desk-7")), (1, 1));
    assert_eq!(code(&mut answers).await, Some(Code::Aborted));
    drop(answers);
    assert!(core.streams.list().is_empty());
}

#[tokio::test]
async fn a_stream_that_has_ended_ends_for_its_reader_when_an_operator_wants_it() {
    let (core, call) = (core(), call(None));
    let work = |outlet: Outlet<u32>| async move {
        for number in 0..3 {
            outlet.room().await?.send(number);
        }
        Ok(())
    };
    let mut answers = start(&core, &call, core.admit_stream(&call).unwrap(), AtShutdown::Ends, work);
    while call.stats().state() != StreamState::Ended {
        tokio::task::yield_now().await;
    }
    assert_eq!(core.streams.cancel("desk-7"), 1);
    core.tasks.close();
    core.tasks.wait().await;
    assert!(core.streams.list().is_empty());
    core.admit_stream(&call).expect("the place was given back, though the body is still there");
    assert_eq!(code(&mut answers).await, Some(Code::Aborted));
    assert_eq!(call.stats().reason(), Some("STREAM_CANCELLED"));
    assert!(answers.next().await.is_none());
}

/// A reader that takes not one answer as a whole within the patience, but some of it.
#[tokio::test(start_paused = true)]
async fn a_reader_that_is_sent_byte_after_byte_is_waited_for() {
    let (core, call) = (core(), call(None));
    let work = |outlet: Outlet<u32>| async move {
        // The last one has to wait for room.
        for number in 0..=u32::try_from(ANSWERS_WAITING).unwrap() {
            outlet.room().await?.send(number);
        }
        Ok(())
    };
    let mut answers = start(&core, &call, core.admit_stream(&call).unwrap(), AtShutdown::Ends, work);
    let mut sent = Chunk::new(vec![7; 100].into(), &call);
    let send_slowly = async |sent: &mut Chunk| {
        for _ in 0..9 {
            tokio::time::sleep(PATIENCE.mul_f64(0.9)).await;
            sent.advance(1);
        }
    };
    send_slowly(&mut sent).await;
    assert_eq!(call.stats().state(), StreamState::Blocked);
    assert_eq!(answers.next().await.unwrap().unwrap(), 0);
    send_slowly(&mut sent).await;
    assert_eq!(call.stats().state(), StreamState::Ended);
    send_slowly(&mut sent).await;
    for number in 1..=u32::try_from(ANSWERS_WAITING).unwrap() {
        assert_eq!(answers.next().await.unwrap().unwrap(), number);
    }
    assert!(answers.next().await.is_none(), "it ended well");
}

#[tokio::test]
async fn a_task_that_panics_is_no_success() {
    let core = core();
    let work = |_: Outlet<u32>| async { panic!("a bug") };
    let mut answers = start(&core, &call(None), core.admit_stream(&call(None)).unwrap(), AtShutdown::Ends, work);
    assert_eq!(code(&mut answers).await, Some(Code::Internal));
}
