//! Produces streams: one job to match, then one for each batch when there is room for it.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Instrument as _, Span, info_span};

use crate::{
    rpc::{
        call::Call,
        convert::{Asked, Unit, hit, tree},
        core::{Core, reached},
        failure::Failure,
        limits::{BATCH_HITS, BATCH_TEXT_BYTES, FIRST_BATCH_HITS},
        proto::{self, export_response},
        search::{
            source::Source,
            summary::{micros, total_hits},
        },
        stream::Outlet,
    },
    search::{BatchBound, ExportRequest, SearchError, Searcher, Total},
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
    /// Sends every match.
    pub(super) async fn export(
        self,
        asked: Asked<ExportRequest>,
        outlet: Outlet<proto::ExportResponse>,
    ) -> Result<(), Failure> {
        use export_response::Event;
        let Asked { request, warnings, written: _, unit } = asked;
        let (parsed, searcher) = (tree(&request.query), self.searcher.clone());
        let opened = self.in_turn(info_span!("rank"), move |_| searcher.export(&request)).await?;
        let mut timings = opened.timings();
        let export = opened.result?;
        let header = proto::ExportHeader {
            request_id: self.call.request_id().to_owned(),
            generation: export.generation().to_string(),
            parsed: Some(parsed),
            warnings,
        };
        send(&outlet, export_event, Event::Header(header)).await?;
        let batch = |hits| export_event(Event::Hits(proto::ExportBatch { hits, resume_token: String::new() }));
        let (_, sent) = self.batches(export, unit, &outlet, batch).await?;
        sent.note(&mut timings, &self.call);
        let summary = proto::ExportSummary {
            finish_reason: proto::FinishReason::Exhausted.into(),
            hits_sent: sent.hits,
            total_hits: Some(total_hits(Total::Exact(sent.hits))),
            timings: Some(timings),
        };
        send(&outlet, export_event, Event::Summary(summary)).await
    }

    /// Sends all hits of a source, each batch fetched only when there is room for it.
    async fn batches<S: Source, T>(
        &self,
        mut source: S,
        unit: Unit,
        outlet: &Outlet<T>,
        batch: impl Fn(Vec<proto::Hit>) -> T,
    ) -> Result<(S, Sent), Failure> {
        let mut sent = Sent::default();
        let mut bound = BatchBound { hits: FIRST_BATCH_HITS, text_bytes: BATCH_TEXT_BYTES };
        while !source.is_over(sent.hits) {
            let room = outlet.room().await?;
            let fetched = self.timed(info_span!("fetch"), move |stop| {
                let hits = source.next_batch(bound, stop)?;
                Ok::<_, SearchError>((source, hits.into_iter().map(|found| hit(found, unit)).collect::<Vec<_>>()))
            });
            let fetched = fetched.await?;
            sent.fetch += fetched.took;
            let hits;
            (source, hits) = fetched.result?;
            if hits.is_empty() {
                break;
            }
            sent.hits += hits.len() as u64;
            self.call.stats().count_hits(hits.len(), self.call.elapsed());
            room.send(batch(hits));
            bound.hits = BATCH_HITS;
        }
        Ok((source, sent))
    }

    /// Runs the first job of a stream, unless it does not get its turn for too long.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        span: Span,
        job: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<Timed<T>, Failure> {
        self.core.in_turn_until(self.enough, timed(&self.call, job)).instrument(span).await
    }

    /// Runs a later job in the pool, in a span of its own, and says how long it waited and worked.
    pub(super) async fn timed<T: Send + 'static>(
        &self,
        span: Span,
        job: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<Timed<T>, Failure> {
        Ok(self.core.pool.run_until(reached(self.enough), timed(&self.call, job)).instrument(span).await?)
    }
}

fn timed<T>(
    call: &Call,
    job: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> impl FnOnce(&AtomicBool) -> Timed<T> + Send + 'static {
    let call = call.clone();
    move |stop| {
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

fn export_event(event: export_response::Event) -> proto::ExportResponse {
    proto::ExportResponse { event: Some(event) }
}
