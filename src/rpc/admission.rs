//! How much is taken on at once: permits that are held until a call's body has ended, and places to wait in.
//!
//! What comes beyond is refused at once, so that it can try another server, or later: a call whose answer would come too
//! late costs as much as one whose answer helps.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    pool::{Place, Pool},
    rpc::{
        call::Call,
        core::Policy,
        failure::Failure,
        limits::{DOCUMENT_CALLS, DOCUMENT_CALLS_PER_CALLER, IMPORTS, IMPORTS_PER_CALLER},
    },
    telemetry::{Counted, Metrics},
};

/// Gives out permits.
pub(crate) struct Admission {
    streams: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    document_calls: Arc<Semaphore>,
    /// For calls that wait for a core to begin.
    queue: Arc<Semaphore>,
    /// The longest that one may be expected to wait.
    max_wait: Duration,
    callers: Arc<Callers>,
    importers: Arc<Callers>,
    document_callers: Arc<Callers>,
    metrics: Metrics,
}

/// The right to run one stream: given back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    _permit: OwnedSemaphorePermit,
    _of_caller: OfCaller,
    _counted: Counted,
}

/// The right to answer once, most often about a document: given back when dropped.
#[derive(Debug)]
pub(crate) struct AnswerPlace {
    _permit: OwnedSemaphorePermit,
    _of_caller: OfCaller,
}

/// The right to wait for a core: given back when dropped.
pub(crate) struct Queued {
    /// Where in the queue.
    pub(crate) place: Place,
    pub(crate) held: Held,
}

/// What is held while a call waits.
pub(crate) struct Held {
    _permit: OwnedSemaphorePermit,
    _counted: Counted,
}

impl Admission {
    pub(crate) fn new(policy: &Policy, metrics: Metrics) -> Self {
        let room = |places: usize| Semaphore::new(places.min(Semaphore::MAX_PERMITS));
        Self {
            streams: Arc::new(room(policy.max_streams)),
            imports: Arc::new(room(IMPORTS)),
            document_calls: Arc::new(room(DOCUMENT_CALLS)),
            queue: Arc::new(room(policy.max_waiting)),
            max_wait: policy.max_wait,
            callers: Callers::new(policy.max_streams_per_caller),
            importers: Callers::new(IMPORTS_PER_CALLER),
            document_callers: Callers::new(DOCUMENT_CALLS_PER_CALLER),
            metrics,
        }
    }

    /// Admits a search, an export or an explanation, or refuses it at once.
    pub(crate) fn stream(&self, call: &Call) -> Result<Admitted, Failure> {
        let of_caller = Callers::admit(&self.callers, call.peer()).map_err(Failure::TooManyOfCaller)?;
        self.admit(&self.streams, of_caller)
    }

    /// Admits an import, or refuses it at once.
    pub(crate) fn import(&self, call: &Call) -> Result<Admitted, Failure> {
        let of_caller = Callers::admit(&self.importers, call.peer()).map_err(Failure::TooManyOfCaller)?;
        self.admit(&self.imports, of_caller)
    }

    /// Admits a call that answers once, most of them about a document, or refuses it at once.
    pub(crate) fn document_call(&self, call: &Call) -> Result<AnswerPlace, Failure> {
        let of_caller =
            Callers::admit(&self.document_callers, call.peer()).map_err(Failure::TooManyDocumentCallsOfCaller)?;
        let permit = Arc::clone(&self.document_calls).try_acquire_owned().map_err(|_| Failure::Overloaded)?;
        Ok(AnswerPlace { _permit: permit, _of_caller: of_caller })
    }

    /// Lets a call wait for one of the pool's threads, or refuses it at once: when it is expected to wait for too long or
    /// past its deadline, or too many wait already.
    pub(crate) fn queue(&self, call: &Call, pool: &Pool) -> Result<Queued, Failure> {
        self.check_wait(call, pool)?;
        let permit = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Failure::Overloaded)?;
        let held = Held { _permit: permit, _counted: self.metrics.call_queued() };
        Ok(Queued { place: pool.place(), held })
    }

    /// Says no to a call that is expected to wait for one of the pool's threads for too long or past its deadline, or
    /// that finds as many waiting as may.
    pub(crate) fn check_wait(&self, call: &Call, pool: &Pool) -> Result<(), Failure> {
        let is_full = self.queue.available_permits() == 0;
        let is_too_long = || pool.expected_wait() > self.max_wait.min(call.time_left());
        if is_full || is_too_long() { Err(Failure::Overloaded) } else { Ok(()) }
    }

    fn admit(&self, room: &Arc<Semaphore>, of_caller: OfCaller) -> Result<Admitted, Failure> {
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
    fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, streams: Mutex::default() })
    }

    /// Counts one more of a caller; fails with how many may run when as many do.
    fn admit(callers: &Arc<Self>, peer: Option<IpAddr>) -> Result<OfCaller, usize> {
        let mut streams = callers.lock();
        let number = streams.entry(peer).or_default();
        if *number >= callers.most {
            return Err(callers.most);
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
    use std::{future::pending, num::NonZeroUsize, time::Instant};

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
    fn a_caller_has_only_so_many_imports_and_all_together_too() {
        let admission = admission();
        let mut one: Vec<_> = (0..IMPORTS_PER_CALLER).map(|_| admission.import(&call("10.0.0.1")).unwrap()).collect();
        let refused = admission.import(&call("10.0.0.1")).unwrap_err();
        assert_eq!(refused.reason(), "TOO_MANY_STREAMS");
        assert!(refused.to_string().contains("one caller"), "{refused}");
        admission.stream(&call("10.0.0.1")).expect("it may still search");
        let others = (IMPORTS_PER_CALLER..IMPORTS).map(|_| admission.import(&call("10.0.0.2")).unwrap());
        let others: Vec<_> = others.collect();
        assert_eq!(admission.import(&call("10.0.0.3")).unwrap_err().reason(), "TOO_MANY_STREAMS");
        one.pop();
        admission.import(&call("10.0.0.1")).unwrap();
        drop(others);
    }

    #[test]
    fn the_queue_is_short() {
        let (admission, pool) = (admission(), Pool::new(NonZeroUsize::MIN).unwrap());
        let queue = || admission.queue(&call("10.0.0.1"), &pool);
        let waiting = queue().unwrap();
        assert_eq!(queue().err().unwrap().reason(), "OVERLOADED");
        let unread = admission.check_wait(&call("10.0.0.1"), &pool);
        assert_eq!(unread.unwrap_err().reason(), "OVERLOADED", "it need not be read to be refused");
        drop(waiting);
        queue().unwrap();
    }

    #[tokio::test]
    async fn what_would_wait_too_long_is_refused_at_once() {
        let policy = Policy { max_waiting: 64, max_wait: Duration::MAX, ..Policy::of_streams(3) };
        let (admission, pool) = (Admission::new(&policy, Metrics::new()), Pool::new(NonZeroUsize::MIN).unwrap());
        // One that waited for 3 ms is all that is known.
        let place = pool.place();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(3) {
            std::thread::yield_now();
        }
        pool.begin(place, pending(), |_| ()).await.unwrap();
        let within = |millis| {
            let timeout = Some(Duration::from_millis(millis));
            admission.queue(&Call::new(String::new(), "Search", None, timeout), &pool)
        };
        let mut waiting = Vec::new();
        // 50 of them stand for 18 ms.
        for _ in 0..50 {
            waiting.push(within(3_600_000).expect("its time suffices"));
        }
        assert_eq!(within(10).err().unwrap().reason(), "OVERLOADED");
        waiting.clear();
        within(10).expect("nothing stands before it");
    }

    #[test]
    fn calls_about_documents_are_bounded() {
        let admission = admission();
        let admit = |peer| admission.document_call(&call(peer));
        let one: Vec<_> = (0..DOCUMENT_CALLS_PER_CALLER).map(|_| admit("10.0.0.1").unwrap()).collect();
        let refused = admit("10.0.0.1").unwrap_err();
        assert_eq!(refused.reason(), "OVERLOADED");
        assert!(refused.to_string().contains("this caller"), "{refused}");
        let rest = DOCUMENT_CALLS_PER_CALLER..DOCUMENT_CALLS;
        let mut others: Vec<_> = rest.map(|_| admit("10.0.0.2").expect("there is room for others")).collect();
        assert_eq!(admit("10.0.0.3").unwrap_err().reason(), "OVERLOADED");
        others.pop();
        admit("10.0.0.3").unwrap();
        drop(one);
    }
}
