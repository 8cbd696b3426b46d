//! Compares an index with its checksums that was opened without that, in the background.
//!
//! What rots on a disk between a stop in order and the next start, nobody else would find before it is merged, copied or
//! verified.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::{Duration, Instant},
};

use tokio::{select, time::sleep};

use crate::{
    pool::Pool,
    rpc::Rpc,
    search::{ReadError, Searcher, Verification},
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// Bytes that are read between two pauses.
const PORTION_BYTES: usize = 1 << 20;
/// How long each takes: 32 MiB a second, a small part of what a disk and a core can do.
const PAUSE: Duration = Duration::from_millis(31);
/// How much longer it gets while others wait for a core.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// What is sent to somebody who only waits for nobody being left who could send anything.
const NOTHING: usize = 0;
/// How often it is looked whether they do.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// After how long it is tried again where files could not be looked at.
const AGAIN_AFTER: Duration = Duration::from_mins(1);

/// Ends when every file was compared or the service stops.
pub(super) async fn check(searcher: Searcher, rpc: Rpc, pool: Pool, metrics: Metrics, shutdown: Shutdown) {
    tracing::info!("the index was closed in order: it is served, and compared with its checksums meanwhile");
    // Somebody else may have done it by then.
    while searcher.is_unchecked() {
        let (began, searching, others) = (Instant::now(), searcher.clone(), pool.clone());
        let (going, goes) = sync_channel(NOTHING);
        // Whoever stops waits for it: the index is given up behind that.
        let stopping = async {
            shutdown.stopping().await;
            drop(going);
        };
        let compared = pool.run_aside(stopping, move |stop| verify(&searching, &others, &goes, stop)).await;
        match compared {
            Ok(Err(ReadError::Stopped)) => return,
            Ok(Ok(found)) => tell(&found, began.elapsed(), &rpc),
            Ok(Err(error)) => tracing::warn!(%error, "the index could not be compared with its checksums"),
            Err(error) => tracing::warn!(%error, "the index could not be compared with its checksums"),
        }
        if searcher.is_unchecked() {
            select! {
                () = sleep(AGAIN_AFTER) => {}
                () = shutdown.stopping() => return,
            }
        }
    }
    metrics.index_unchecked(false);
}

/// Reads everything, slowly, until `stop`; no pause outlasts the other end of `goes`.
fn verify(searcher: &Searcher, pool: &Pool, goes: &Receiver<()>, stop: &AtomicBool) -> Result<Verification, ReadError> {
    let unpaused = AtomicUsize::new(0);
    let pace = |bytes| {
        if unpaused.fetch_add(bytes, Relaxed) + bytes >= PORTION_BYTES {
            unpaused.store(0, Relaxed);
            pause(|| pool.waiting() > 0, goes);
        }
    };
    searcher.verify_slowly(&pace, stop)
}

/// Waits for as long as it is to; longer while others wait.
fn pause(do_others_wait: impl Fn() -> bool, goes: &Receiver<()>) {
    let began = Instant::now();
    while !is_enough(began.elapsed(), do_others_wait()) {
        if goes.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

fn is_enough(paused: Duration, do_others_wait: bool) -> bool {
    paused >= if do_others_wait { LONGEST_PAUSE } else { PAUSE }
}

fn tell(found: &Verification, took: Duration, rpc: &Rpc) {
    let Verification { generation: _, files, bytes, damaged } = found;
    if damaged.is_empty() {
        tracing::info!(files, bytes, ?took, "the index is as it was when it was closed");
        return;
    }
    let damaged = damaged.join(", ");
    tracing::error!(files = damaged, "the index is damaged: nothing of it is served any more");
    rpc.damaged(format!("damaged files: {damaged}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_gets_longer_while_others_wait_and_ends_with_the_service() {
        for (paused, do_others_wait, expected) in
            [(Duration::ZERO, false, false), (PAUSE, false, true), (PAUSE, true, false), (LONGEST_PAUSE, true, true)]
        {
            assert_eq!(is_enough(paused, do_others_wait), expected, "{paused:?} {do_others_wait}");
        }
        let (began, (going, goes)) = (Instant::now(), sync_channel(NOTHING));
        drop(going);
        pause(|| true, &goes);
        assert!(began.elapsed() < LONGEST_PAUSE);
    }
}
