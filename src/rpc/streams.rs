//! The streams that run: what operators see of them, and how they end one.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use crate::rpc::call::Call;

/// The streams that run, in the order in which they began.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    running: Mutex<BTreeMap<u64, Running>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Running {
    call: Call,
    cancelled: CancellationToken,
}

/// A stream on the list, until this is dropped.
#[derive(Debug)]
pub(crate) struct Listed {
    streams: Arc<Streams>,
    number: u64,
}

impl Streams {
    /// Puts a stream on the list; the token says when it has to end.
    pub(crate) fn enter(streams: &Arc<Self>, call: Call) -> (Listed, CancellationToken) {
        let number = streams.next.fetch_add(1, Ordering::Relaxed);
        let cancelled = CancellationToken::new();
        streams.lock().insert(number, Running { call, cancelled: cancelled.clone() });
        (Listed { streams: Arc::clone(streams), number }, cancelled)
    }

    /// The calls of all streams, the oldest first.
    pub(crate) fn list(&self) -> Vec<Call> {
        self.lock().values().map(|running| running.call.clone()).collect()
    }

    /// Ends the streams with a name; says how many there were.
    pub(crate) fn cancel(&self, request_id: &str) -> usize {
        let running = self.lock();
        let named = running.values().filter(|running| running.call.request_id() == request_id);
        named.map(|running| running.cancelled.cancel()).count()
    }

    /// Nothing that is done under the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.streams.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_on_the_list_while_it_runs() {
        let streams = Arc::new(Streams::default());
        let enter = |name: &str| Streams::enter(&streams, Call::new(name.to_owned(), "Search", None, None));
        let names = || streams.list().iter().map(|call| call.request_id().to_owned()).collect::<Vec<_>>();
        let ((one, _), (two, two_ends), (three, three_ends)) = (enter("a"), enter("b"), enter("b"));
        assert_eq!(names(), ["a", "b", "b"]);
        assert_eq!((streams.cancel("b"), streams.cancel("c")), (2, 0));
        assert!(two_ends.is_cancelled() && three_ends.is_cancelled());
        drop((one, three));
        assert_eq!(names(), ["b"]);
        drop(two);
        assert!(names().is_empty());
    }
}
