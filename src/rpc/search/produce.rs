//! Produces streams: one job to match, then one for each batch when there is room for it.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use tracing::{Instrument as _, Span, info_span};

use crate::{
    rpc::{
        call::Call,
        convert::{Asked, Unit, hit, tree},
        core::Core,
        failure::Failure,
        limits::{BATCH_HITS, BATCH_TEXT_BYTES, FIRST_BATCH_HITS},
        proto::{self, search_response},
        search::{
            source::{Best, Source},
            summary::{count, micros, search_summary, term_stats},
        },
        stream::Outlet,
    },
    search::{BatchBound, RankRequest, SearchError, Searcher},
};

/// Produces one stream.
pub(super) struct Producer {
    pub(super) core: Arc<Core>,
    pub(super) searcher: Searcher,
    pub(super) call: Call,
}

impl Producer {
    /// Sends the best matches.
    pub(super) async fn search(
        self,
        asked: Asked<RankRequest>,
        outlet: Outlet<proto::SearchResponse>,
    ) -> Result<(), Failure> {
        use search_response::Event;
        let Asked { request, warnings, written: _, unit } = asked;
        let (parsed, limit, searcher) = (tree(&request.query), request.limit, self.searcher.clone());
        let ranking = self.in_turn(info_span!("rank"), move |stop| searcher.rank(&request, stop)).await?;
        let mut timings = ranking.timings();
        let best = Best { ranked: ranking.result?, limit };
        let header = proto::SearchHeader {
            request_id: self.call.request_id().to_owned(),
            generation: best.ranked.generation().to_string(),
            parsed: Some(parsed),
            terms: term_stats(&best.ranked),
            effective_limit: count(limit),
            warnings,
        };
        send(&outlet, search_event, Event::Header(header)).await?;
        let batch = |hits| search_event(Event::Hits(proto::HitBatch { hits, resume_token: String::new() }));
        let (best, sent) = self.batches(best, unit, &outlet, batch).await?;
        sent.note(&mut timings, &self.call);
        let summary = search_summary(&best.ranked, sent.hits, timings);
        send(&outlet, search_event, Event::Summary(summary)).await
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
        self.core.in_turn(timed(&self.call, job)).instrument(span).await
    }

    /// Runs a later job in the pool, in a span of its own, and says how long it waited and worked.
    pub(super) async fn timed<T: Send + 'static>(
        &self,
        span: Span,
        job: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<Timed<T>, Failure> {
        Ok(self.core.pool.run(timed(&self.call, job)).instrument(span).await?)
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

fn search_event(event: search_response::Event) -> proto::SearchResponse {
    proto::SearchResponse { event: Some(event) }
}
