//! How much is taken on at once: permits that are held until a call's body has ended, and places to wait in.
//!
//! What comes beyond is refused at once, so that it can try another server, or later.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{
    rpc::{
        call::Call,
        core::Policy,
        failure::Failure,
        limits::{DOCUMENT_CALLS, IMPORTS},
    },
    telemetry::{Counted, Metrics},
};

/// Gives out permits.
pub(crate) struct Admission {
    streams: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    document_calls: Semaphore,
    /// For calls that wait for a core to begin.
    queue: Semaphore,
    callers: Arc<Callers>,
    metrics: Metrics,
}

/// The right to run one stream: given back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    _permit: OwnedSemaphorePermit,
    _of_caller: Option<OfCaller>,
    _counted: Counted,
}

/// A place to wait in for a core: given back when dropped.
pub(crate) struct Queued<'a> {
    _permit: SemaphorePermit<'a>,
    _counted: Counted,
}

impl Admission {
    pub(crate) fn new(policy: &Policy, metrics: Metrics) -> Self {
        let room = |places: usize| Semaphore::new(places.min(Semaphore::MAX_PERMITS));
        Self {
            streams: Arc::new(room(policy.max_streams)),
            imports: Arc::new(room(IMPORTS)),
            document_calls: room(DOCUMENT_CALLS),
            queue: room(policy.max_waiting),
            callers: Arc::new(Callers { most: policy.max_streams_per_caller, streams: Mutex::default() }),
            metrics,
        }
    }

    /// Admits a search, an export or an explanation, or refuses it at once.
    pub(crate) fn stream(&self, call: &Call) -> Result<Admitted, Failure> {
        let of_caller = Callers::admit(&self.callers, call.peer())?;
        self.admit(&self.streams, Some(of_caller))
    }

    /// Admits an import, or refuses it at once.
    pub(crate) fn import(&self) -> Result<Admitted, Failure> {
        self.admit(&self.imports, None)
    }

    /// Admits a call that answers once, most of them about a document, until what is returned is dropped, or refuses it
    /// at once.
    pub(crate) fn document_call(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.document_calls.try_acquire().map_err(|_| Failure::Overloaded)
    }

    /// Lets a call wait for a core, or refuses it at once: what stands behind so many others is answered too late.
    pub(crate) fn wait(&self) -> Result<Queued<'_>, Failure> {
        let permit = self.queue.try_acquire().map_err(|_| Failure::Overloaded)?;
        Ok(Queued { _permit: permit, _counted: self.metrics.call_queued() })
    }

    fn admit(&self, room: &Arc<Semaphore>, of_caller: Option<OfCaller>) -> Result<Admitted, Failure> {
        let permit = Arc::clone(room).try_acquire_owned().map_err(|_| Failure::TooManyStreams)?;
        Ok(Admitted { _permit: permit, _of_caller: of_caller, _counted: self.metrics.stream_opened() })
    }
}

/// The streams of each caller. Callers are told apart by their addresses, as long as they have no names.
#[derive(Debug)]
struct Callers {
    /// The most streams of one of them.
    most: usize,
    /// Without those that have none, so that it does not grow.
    streams: Mutex<HashMap<Option<IpAddr>, usize>>,
}

/// One stream of a caller.
#[derive(Debug)]
struct OfCaller {
    callers: Arc<Callers>,
    peer: Option<IpAddr>,
}

impl Callers {
    fn admit(callers: &Arc<Self>, peer: Option<IpAddr>) -> Result<OfCaller, Failure> {
        let mut streams = callers.lock();
        let number = streams.entry(peer).or_default();
        if *number >= callers.most {
            return Err(Failure::TooManyOfCaller(callers.most));
        }
        *number += 1;
        Ok(OfCaller { callers: Arc::clone(callers), peer })
    }

    /// Nothing that is done under the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, usize>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OfCaller {
    fn drop(&mut self) {
        let mut streams = self.callers.lock();
        if let Some(number) = streams.get_mut(&self.peer) {
            *number -= 1;
            if *number == 0 {
                streams.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Admission {
        Admission::new(&Policy { max_streams_per_caller: 2, max_waiting: 1, ..Policy::of_streams(3) }, Metrics::new())
    }

    fn call(peer: &str) -> Call {
        Call::new(String::new(), "Search", Some(peer.parse().unwrap()), None)
    }

    #[test]
    fn a_caller_has_only_so_many_streams_and_all_together_too() {
        let admission = admission();
        let one = [(); 2].map(|()| admission.stream(&call("10.0.0.1")).unwrap());
        let refused = admission.stream(&call("10.0.0.1")).unwrap_err();
        assert_eq!(refused.reason(), "TOO_MANY_STREAMS");
        assert!(refused.to_string().contains("one caller"), "{refused}");
        let other = admission.stream(&call("10.0.0.2")).unwrap();
        assert_eq!(admission.stream(&call("10.0.0.3")).unwrap_err().reason(), "TOO_MANY_STREAMS");
        drop((one, other));
        assert!(admission.callers.lock().is_empty(), "nothing is left of those who left");
        admission.stream(&call("10.0.0.1")).unwrap();
    }

    #[test]
    fn the_queue_is_short() {
        let admission = admission();
        let waiting = admission.wait().unwrap();
        assert_eq!(admission.wait().err().unwrap().reason(), "OVERLOADED");
        drop(waiting);
        admission.wait().unwrap();
    }

    #[test]
    fn calls_about_documents_are_bounded() {
        let admission = admission();
        let mut admitted: Vec<_> = (0..DOCUMENT_CALLS).map(|_| admission.document_call().unwrap()).collect();
        assert_eq!(admission.document_call().unwrap_err().reason(), "OVERLOADED");
        admitted.pop();
        drop(admission.document_call().unwrap());
    }
}
