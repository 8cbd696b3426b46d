//! Produces streams: one job to match, then one for each batch when there is room for it.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use crate::{
    rpc::{
        admission::Queued,
        call::{Call, StreamState},
        core::{Core, reached},
        failure::Failure,
        proto,
        search::summary::micros,
        stream::Outlet,
    },
    search::Searcher,
};

/// Produces one stream.
pub(super) struct Producer {
    pub(super) core: Arc<Core>,
    pub(super) searcher: Searcher,
    pub(super) call: Call,
    /// When its jobs are told to stop with what they have; `None` for never.
    pub(super) enough: Option<Instant>,
}

impl Producer {
    /// Runs the first job of a stream, unless it does not get its turn for too long.
    pub(super) async fn begin<T: Send + 'static>(
        &self,
        queued: Queued,
        span: Span,
        job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<Timed<T>, Failure> {
        self.core.begin(&self.call, queued, self.enough, timed(&self.call, job)).instrument(span).await
    }

    /// Runs a later job in the pool, before others' first ones, in a span of its own, and says how long it waited and worked.
    pub(super) async fn timed<T: Send + 'static>(
        &self,
        span: Span,
        job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<Timed<T>, Failure> {
        Ok(self.core.pool.go_on(reached(self.enough), timed(&self.call, job)).instrument(span).await?)
    }
}

fn timed<T>(
    call: &Call,
    job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
) -> impl FnOnce(&Arc<AtomicBool>) -> Timed<T> + Send + 'static {
    let call = call.clone();
    move |stop| {
        call.stats().set_state(StreamState::Running);
        let (begun_after, begun) = (call.elapsed(), Instant::now());
        let result = job(stop);
        Timed { result, begun_after, took: begun.elapsed() }
    }
}

/// What a job gave, and its times.
pub(super) struct Timed<T> {
    pub(super) result: T,
    /// From the arrival of the request until the job began.
    begun_after: Duration,
    pub(super) took: Duration,
}

impl<T> Timed<T> {
    pub(super) fn timings(&self) -> proto::Timings {
        let (queue_micros, search_micros) = (micros(self.begun_after), micros(self.took));
        proto::Timings { queue_micros, search_micros, ..proto::Timings::default() }
    }
}

/// What was sent of a source, and how long fetching it took.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) hits: u64,
    pub(super) fetch: Duration,
}

impl Sent {
    pub(super) fn note(&self, timings: &mut proto::Timings, call: &Call) {
        timings.fetch_micros = micros(self.fetch);
        timings.total_micros = micros(call.elapsed());
    }
}

/// Sends one message, once there is room for it.
pub(super) async fn send<T, E>(outlet: &Outlet<T>, response: impl FnOnce(E) -> T, event: E) -> Result<(), Failure> {
    outlet.room().await?.send(response(event));
    Ok(())
}
