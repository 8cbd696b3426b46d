//! What the transport has taken of an answer and not yet written to its connection.
//!
//! HTTP/2 lets a peer have windows of any size, and the transport takes whatever fits: several hundred kilobytes for each
//! stream, whether its reader reads or not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use prost::bytes::{Buf, Bytes};
use tokio::time::{Instant, sleep_until};

use crate::rpc::{call::Call, limits::TRANSPORT_BYTES};

/// Knows what the transport holds of one answer, and when the last byte of it left.
#[derive(Debug)]
pub(crate) struct Flight(Mutex<Held>);

#[derive(Debug)]
struct Held {
    /// Of chunks that are not gone as a whole.
    bytes: usize,
    /// When a byte left last, or when the first of these was taken off.
    moved: Instant,
    /// Whether it has not asked for more since it was given something. It asks at once when it has handed that on: else it
    /// waits for its peer's window with it, and asks for nothing.
    is_kept: bool,
    is_given_up: bool,
    /// Of the body that waits for room.
    waiting: Option<Waker>,
}

/// Nothing more of an answer is sent: its reader took nothing for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GivenUp;

/// A part of an answer that the transport holds: until it is dropped, which is when all of it was written or nobody wants
/// it any more.
#[derive(Debug)]
pub(crate) struct Chunk {
    rest: Bytes,
    size: usize,
    call: Call,
}

impl Flight {
    /// One of which nothing is held.
    pub(crate) fn new() -> Self {
        let moved = Instant::now();
        Self(Mutex::new(Held { bytes: 0, moved, is_kept: false, is_given_up: false, waiting: None }))
    }

    /// Waits until the transport holds so little that it may be given another chunk, of any size.
    pub(crate) fn poll_room(&self, context: &Context<'_>) -> Poll<Result<(), GivenUp>> {
        let mut held = self.held();
        held.is_kept = false;
        if held.is_given_up {
            Poll::Ready(Err(GivenUp))
        } else if held.bytes < TRANSPORT_BYTES {
            Poll::Ready(Ok(()))
        } else {
            held.waiting = Some(context.waker().clone());
            Poll::Pending
        }
    }

    /// When the last byte left, if the transport waits for more of them to leave.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        let held = self.held();
        (held.is_kept || held.bytes >= TRANSPORT_BYTES).then_some(held.moved)
    }

    /// Waits until no byte has left for so long, from now on.
    pub(crate) async fn stands_still(&self, patience: Duration) {
        let mut until = Instant::now() + patience;
        loop {
            sleep_until(until).await;
            let later = self.held().moved + patience;
            if later <= until {
                return;
            }
            until = later;
        }
    }

    /// Has nothing more be sent.
    pub(crate) fn give_up(&self) {
        self.held().is_given_up = true;
    }

    /// Whether nothing more is sent.
    pub(crate) fn is_given_up(&self) -> bool {
        self.held().is_given_up
    }

    fn take_off(&self, bytes: usize) {
        let mut held = self.held();
        if held.bytes == 0 {
            held.moved = Instant::now();
        }
        held.bytes += bytes;
        held.is_kept = true;
    }

    fn moved(&self) {
        self.held().moved = Instant::now();
    }

    fn land(&self, bytes: usize) -> Option<Waker> {
        let mut held = self.held();
        held.bytes -= bytes;
        if held.bytes < TRANSPORT_BYTES { held.waiting.take() } else { None }
    }

    /// Nothing that is done under the lock can panic half-way.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunk {
    /// A part of the answer to a call, which counts from now on.
    pub(crate) fn new(bytes: Bytes, call: &Call) -> Self {
        let size = bytes.len();
        call.flight().take_off(size);
        Self { rest: bytes, size, call: call.clone() }
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.rest
    }

    fn advance(&mut self, count: usize) {
        self.rest.advance(count);
        self.call.flight().moved();
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(waiting) = self.call.flight().land(self.size) {
            waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use tokio::time::{advance, timeout};

    use super::*;

    fn call() -> Call {
        Call::new(String::new(), "Export", None, None)
    }

    fn has_room(call: &Call) -> bool {
        call.flight().poll_room(&Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_chunk_counts_until_all_of_it_is_gone() {
        let call = call();
        let _short = Chunk::new(Bytes::from_static(b"head"), &call);
        assert!(has_room(&call));
        let mut chunk = Chunk::new(vec![7; TRANSPORT_BYTES].into(), &call);
        assert!(!has_room(&call));
        chunk.advance(10);
        assert_eq!((chunk.remaining(), chunk.chunk().len()), (TRANSPORT_BYTES - 10, TRANSPORT_BYTES - 10));
        chunk.advance(chunk.remaining() - 1);
        assert!(!has_room(&call), "the last byte is still held");
        drop(chunk);
        assert!(has_room(&call));
    }

    #[tokio::test]
    async fn who_waits_for_room_is_woken() {
        let call = call();
        let chunk = Chunk::new(vec![7; TRANSPORT_BYTES].into(), &call);
        let waiting = tokio::spawn(poll_fn({
            let call = call.clone();
            move |context| call.flight().poll_room(context)
        }));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(chunk);
        assert_eq!(waiting.await.expect("it does not panic"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_when_not_a_byte_leaves() {
        let (call, patience) = (call(), Duration::from_secs(30));
        let mut chunk = Chunk::new(vec![7; TRANSPORT_BYTES].into(), &call);
        let mut still = pin!(call.flight().stands_still(patience));
        for _ in 0..9 {
            timeout(patience.mul_f64(0.9), still.as_mut()).await.expect_err("one has just left");
            chunk.advance(1);
        }
        let begun = Instant::now();
        still.await;
        assert_eq!(begun.elapsed(), patience);
    }

    #[tokio::test(start_paused = true)]
    async fn the_transport_waits_when_it_holds_much_or_asks_for_nothing() {
        let (call, begun) = (call(), Instant::now());
        let since = || call.flight().waiting_since();
        assert_eq!(since(), None);
        let small = Chunk::new(Bytes::from_static(b"head"), &call);
        assert_eq!(since(), Some(begun), "it keeps the chunk");
        assert!(has_room(&call));
        assert_eq!(since(), None, "it has handed it on");
        advance(Duration::from_secs(1)).await;
        let mut large = Chunk::new(vec![7; TRANSPORT_BYTES].into(), &call);
        assert!(!has_room(&call));
        assert_eq!(since(), Some(begun), "nothing of the first one has left");
        large.advance(1);
        assert_eq!(since(), Some(begun + Duration::from_secs(1)));
        drop((small, large));
        assert_eq!(since(), None);
    }
}
