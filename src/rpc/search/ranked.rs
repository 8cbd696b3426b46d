//! Searches: the best matches, batch by batch, each with a token to go on behind it.

use std::sync::{Arc, atomic::AtomicBool};

use tokio::time::Instant;
use tracing::info_span;

use crate::{
    rpc::{
        admission::Queued,
        call::Call,
        convert::{self, Asked, SearchOrder, Unit, tree},
        core::Core,
        failure::Failure,
        limits::{BEST_BATCH, LATER_BATCH},
        proto,
        search::{
            produce::{Producer, Sent, send},
            summary::{count, micros, search_summary, term_stats},
        },
        served::{SearchEvent as Event, SearchResponse},
        stream::Outlet,
        token::{For, Kind, Tokens},
    },
    search::{BatchBound, Place, RankRequest, Ranked, ReadError, Resume, SearchError},
};

/// A search that may begin: its token was good.
pub(super) struct Begun {
    request: RankRequest,
    unit: Unit,
    /// When it has to end with what it has.
    enough: Option<Instant>,
    tokens: Tokens,
    /// What its tokens are good for.
    stream: For,
}

impl Begun {
    /// Opens the token of an order.
    pub(super) fn new(core: &Core, call: &Call, order: SearchOrder) -> Result<Self, Failure> {
        let SearchOrder { mut request, unit, token, allow_snapshot_change, time_budget, stream } = order;
        let (tokens, stream) = (core.tokens()?, For::new(Kind::Search, "resume_token", &stream, call.caller()));
        request.resume = tokens.open(&stream, &token)?.map(|place: Place| Resume {
            place,
            allow_snapshot_change,
            now: Instant::now().into_std(),
        });
        let enough = time_budget.and_then(|budget| call.time_after(budget));
        Ok(Self { request, unit, enough, tokens, stream })
    }
}

impl Producer {
    /// Sends the best matches.
    pub(super) async fn search(
        mut self,
        asked: Asked<Begun>,
        queued: Queued,
        outlet: Outlet<SearchResponse>,
    ) -> Result<(), Failure> {
        let Asked { request: begun, warnings, written: _, synonyms } = asked;
        let Begun { mut request, unit, enough, tokens, stream } = begun;
        self.enough = enough;
        let (limit, searcher) = (request.limit, self.searcher.clone());
        let before = request.resume.map_or(0, |resume| resume.place.rank());
        // The first hits with the ranking: to hand them over one by one would take longer than to fetch them.
        let ranking = self.begin(queued, info_span!("rank"), move |stop| {
            request.query = searcher.understood(request.query, synonyms);
            let mut ranked = searcher.rank(&request, stop)?;
            let begun = Instant::now();
            let first = Batch::next(&mut ranked, BEST_BATCH, stop, unit);
            Ok::<_, SearchError>((ranked, tree(&request.query), first, begun.elapsed()))
        });
        let ranking = ranking.await?;
        let mut timings = ranking.timings();
        let (ranked, parsed, first, fetch) = ranking.result?;
        timings.search_micros = timings.search_micros.saturating_sub(micros(fetch));
        send(&outlet, event, Event::Header(self.search_header(&ranked, parsed, limit, warnings))).await?;
        let mut sent = Sent { hits: 0, fetch };
        let sending = Sending { outlet: &outlet, unit, tokens, stream };
        let (ranked, is_cut) = self.send_hits(ranked, first, &sending, &mut sent).await?;
        sent.note(&mut timings, &self.call);
        let summary = search_summary(&ranked, (before, sent.hits), is_cut, timings);
        send(&outlet, event, Event::Summary(summary)).await
    }

    fn search_header(
        &self,
        ranked: &Ranked,
        parsed: proto::Query,
        limit: usize,
        mut warnings: Vec<proto::Warning>,
    ) -> proto::SearchHeader {
        if ranked.is_changed() {
            warnings.push(proto::Warning {
                reason: "SNAPSHOT_CHANGED".to_owned(),
                message: "the state of the index that the stream began in is gone: what follows is of the newest one, \
                          and what came in or was scored otherwise since may be missing or come twice"
                    .to_owned(),
                field: "resume_token".to_owned(),
            });
        }
        proto::SearchHeader {
            request_id: self.call.request_id().to_owned(),
            generation: ranked.generation().to_string(),
            parsed: Some(parsed),
            terms: term_stats(ranked),
            effective_limit: count(limit),
            warnings,
        }
    }

    /// Sends the hits, each batch but the first fetched only when there is room for it. When the time is up before
    /// anything was sent, one batch still is: the best so far. Says whether hits are missing because it was up.
    async fn send_hits(
        &mut self,
        mut ranked: Ranked,
        first: Result<Batch, SearchError>,
        sending: &Sending<'_>,
        sent: &mut Sent,
    ) -> Result<(Ranked, bool), Failure> {
        let (mut first, mut is_last) = (Some(first), false);
        while first.is_some() || !ranked.is_over() && !is_last {
            let room = sending.outlet.room().await?;
            let batch = if let Some(first) = first.take() {
                first
            } else {
                if self.is_out_of_time() {
                    if sent.hits > 0 {
                        return Ok((ranked, true));
                    }
                    (self.enough, is_last) = (None, true);
                }
                let unit = sending.unit;
                let fetched = self.timed(info_span!("fetch"), move |stop| {
                    let batch = Batch::next(&mut ranked, LATER_BATCH, stop, unit);
                    (ranked, batch)
                });
                let fetched = fetched.await?;
                sent.fetch += fetched.took;
                let batch;
                (ranked, batch) = fetched.result;
                batch
            };
            let Batch { hits, place } = match batch {
                Err(SearchError::Read(ReadError::Stopped)) => continue, // The time is up.
                batch => batch?,
            };
            if hits.hits() == 0 {
                break;
            }
            sent.hits += hits.hits() as u64;
            self.call.stats().count_hits(hits.hits(), self.call.elapsed());
            self.core.metrics.leases(self.searcher.leases() as u64);
            room.send(event(Event::Hits(hits.ended(&sending.token(place)))));
        }
        let is_cut = ranked.is_cut() || is_last && !ranked.is_over();
        Ok((ranked, is_cut))
    }

    fn is_out_of_time(&self) -> bool {
        self.enough.is_some_and(|enough| enough <= Instant::now())
    }
}

/// What the batches of a stream have in common.
struct Sending<'a> {
    outlet: &'a Outlet<SearchResponse>,
    unit: Unit,
    tokens: Tokens,
    stream: For,
}

impl Sending<'_> {
    /// The token to go on with behind a place.
    fn token(&self, place: Option<Place>) -> String {
        place.map_or_else(String::new, |place| self.tokens.seal(&self.stream, &place))
    }
}

/// Hits as they are sent, and the place behind them.
struct Batch {
    hits: convert::Batch,
    place: Option<Place>,
}

impl Batch {
    /// Fetches and writes the next hits, and keeps the state of the index for whoever goes on behind them. Which may free
    /// the files of another state: in a job, not where connections are served.
    fn next(ranked: &mut Ranked, bound: BatchBound, stop: &Arc<AtomicBool>, unit: Unit) -> Result<Self, SearchError> {
        let hits = ranked.next_batch(bound, stop)?;
        if !hits.is_empty() {
            ranked.renew_lease(Instant::now().into_std());
        }
        let place = hits.last().and_then(|last| ranked.place(last));
        Ok(Self { hits: convert::Batch::of(&hits, unit), place })
    }
}

fn event(event: Event) -> SearchResponse {
    SearchResponse { event: Some(event) }
}
