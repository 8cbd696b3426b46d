//! What the transport has taken of a body and not yet written to its connection.
//!
//! HTTP/2 lets a peer have windows of any size, and the transport takes whatever fits: several hundred kilobytes for each
//! stream, whether its reader reads or not.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use prost::bytes::Bytes;

use crate::rpc::limits::TRANSPORT_BYTES;

/// Counts the bytes of one body that the transport holds: each chunk until it is dropped, which is when all of it was
/// written or nobody wants it any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Flight(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    /// Of the body that waits for room.
    waiting: Option<Waker>,
}

/// A chunk that the transport holds.
struct Chunk {
    bytes: Bytes,
    flight: Flight,
}

impl Flight {
    /// Waits until the transport holds so little that it may be given another chunk, of any size.
    pub(super) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut held = self.held();
        if held.bytes < TRANSPORT_BYTES {
            return Poll::Ready(());
        }
        held.waiting = Some(context.waker().clone());
        Poll::Pending
    }

    /// Counts a chunk from now on.
    pub(super) fn take_off(&self, bytes: Bytes) -> Bytes {
        self.held().bytes += bytes.len();
        Bytes::from_owner(Chunk { bytes, flight: self.clone() })
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

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(waiting) = self.flight.land(self.bytes.len()) {
            waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn has_room(flight: &Flight) -> bool {
        flight.poll_room(&Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_chunk_counts_until_its_last_part_is_gone() {
        let flight = Flight::default();
        let _short = flight.take_off(Bytes::from_static(b"head"));
        assert!(has_room(&flight));
        let mut first = flight.take_off(vec![7; TRANSPORT_BYTES].into());
        assert!(!has_room(&flight));
        let rest = first.split_off(10);
        drop(first);
        assert!(!has_room(&flight), "the rest is still held");
        assert_eq!(rest, vec![7; TRANSPORT_BYTES - 10]);
        drop(rest);
        assert!(has_room(&flight));
    }

    #[tokio::test]
    async fn who_waits_for_room_is_woken() {
        let flight = Flight::default();
        let chunk = flight.take_off(vec![7; TRANSPORT_BYTES].into());
        let waiting = tokio::spawn(poll_fn({
            let flight = flight.clone();
            move |context| flight.poll_room(context)
        }));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(chunk);
        waiting.await.expect("it does not panic");
    }
}
