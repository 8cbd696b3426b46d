//! Exports: every match, batch by batch; with `follow`, what later commits add and remove, as long as anyone reads.

use std::sync::{Arc, atomic::AtomicBool};

use tokio::time::{Instant, sleep_until};
use tracing::info_span;

use crate::{
    pool::Pool,
    query::Query,
    rpc::{
        admission::Queued,
        call::Call,
        convert::{Asked, Batch, ExportOrder, Unit, removed, tree},
        core::Core,
        failure::Failure,
        limits::{EXPORT_BATCH, FIRST_BATCH, LATER_BATCH, PROGRESS_INTERVAL},
        proto,
        search::{
            produce::{Producer, Sent, send},
            summary::total_hits,
        },
        served::{ExportEvent as Event, ExportResponse},
        stream::{JobOutlet, Outlet},
        token::{For, Kind, Tokens},
    },
    search::{BatchBound, Export, ExportRequest, Exported, Generation, Reached, SearchError, Total},
};

/// An export that may begin: its token was good.
pub(super) struct Begun {
    request: ExportRequest,
    unit: Unit,
    sealing: Sealing,
}

/// Makes the tokens of one export.
#[derive(Clone)]
struct Sealing {
    tokens: Tokens,
    /// What they are good for.
    stream: For,
}

impl Sealing {
    /// The token to go on with behind a place.
    fn token(&self, place: Option<Reached>) -> String {
        place.map_or_else(String::new, |place| self.tokens.seal(&self.stream, &place))
    }
}

impl Begun {
    /// Opens the token of an order.
    pub(super) fn new(core: &Core, call: &Call, order: ExportOrder, synonyms: bool) -> Result<Self, Failure> {
        let ExportOrder { mut request, unit, token, stream } = order;
        let (tokens, mut stream) = (core.tokens()?, For::new(Kind::Export, "resume_token", &stream, call.caller()));
        // With another list something else matches: what was exported before would not go with what comes now.
        if synonyms && request.query != Query::MatchAll {
            stream = stream.depending_on(core.opened()?.searcher.synonyms().fingerprint());
        }
        request.after = tokens.open(&stream, &token)?;
        Ok(Self { request, unit, sealing: Sealing { tokens, stream } })
    }
}

impl Producer {
    /// Sends every match, and with `follow` what comes later.
    pub(super) async fn export(
        self,
        asked: Asked<Begun>,
        queued: Queued,
        outlet: Outlet<ExportResponse>,
    ) -> Result<(), Failure> {
        let Asked { request: begun, warnings, written: _, synonyms } = asked;
        let (mut request, searcher) = (begun.request.clone(), self.searcher.clone());
        let opened = self.begin(queued, info_span!("rank"), move |stop| {
            request.query = searcher.understood(request.query, synonyms);
            searcher.export(&request, stop).map(|export| (export, tree(&request.query)))
        });
        let opened = opened.await?;
        let timings = opened.timings();
        let (export, parsed) = opened.result?;
        let export = Box::new(export);
        send(&outlet, event, Event::Header(self.export_header(parsed, &export, warnings))).await?;
        let bound = FIRST_BATCH;
        let (sent, told) = (Sent::default(), (begun.request.after, Instant::now()));
        let mut stream = Stream { producer: self, begun, outlet, bound, sent, told };
        let export = stream.pass(export).await?;
        if stream.begun.request.follow { stream.follow(export).await } else { stream.finish(timings).await }
    }

    fn export_header(
        &self,
        parsed: proto::Query,
        export: &Export,
        mut warnings: Vec<proto::Warning>,
    ) -> proto::ExportHeader {
        if export.is_missing_removals() {
            warnings.push(proto::Warning {
                reason: "REMOVALS_MISSING".to_owned(),
                message: "what was removed since may not be told, as it is not remembered any more".to_owned(),
                field: "resume_token".to_owned(),
            });
        }
        if export.repeats_document() {
            warnings.push(proto::Warning {
                reason: "DOCUMENT_REPEATED".to_owned(),
                message: "the index was built anew since: the document of the last hit before the token, which may be \
                          split otherwise now, is sent again whole, if it is there and matches"
                    .to_owned(),
                field: "resume_token".to_owned(),
            });
        }
        proto::ExportHeader {
            request_id: self.call.request_id().to_owned(),
            generation: export.generation().to_string(),
            parsed: Some(parsed),
            warnings,
        }
    }
}

/// An export whose header is sent.
struct Stream {
    producer: Producer,
    begun: Begun,
    outlet: Outlet<ExportResponse>,
    bound: BatchBound,
    sent: Sent,
    /// The place of the newest token that was sent, and when.
    told: (Option<Reached>, Instant),
}

impl Stream {
    /// Sends all that the newest snapshot has. A job begins when there is room for a batch.
    async fn pass(&mut self, mut export: Box<Export>) -> Result<Box<Export>, Failure> {
        loop {
            drop(self.outlet.room().await?);
            let batches = Batches {
                outlet: self.outlet.for_job(),
                sealing: self.begun.sealing.clone(),
                unit: self.begun.unit,
                bound: self.bound,
                pool: self.producer.core.pool.clone(),
                call: self.producer.call.clone(),
            };
            let went = self.producer.timed(info_span!("fetch"), move |stop| batches.send(export, stop)).await?;
            self.sent.fetch += went.took;
            let (hits, told, is_over);
            Went { export, hits, told, is_over, bound: self.bound } = went.result?;
            self.sent.hits += hits;
            if told.is_some() {
                self.told = (told, Instant::now());
            }
            if is_over {
                return Ok(export);
            }
        }
    }

    /// Goes on with every commit that brings something. Between two of them it holds no snapshot.
    async fn follow(mut self, mut export: Box<Export>) -> Result<(), Failure> {
        let mut commits = self.producer.core.opened()?.ingest.committed();
        self.tell_progress(export.reached(), export.generation()).await?;
        loop {
            if export.is_behind(*commits.borrow_and_update()) {
                export = self.pass(export).await?;
                continue;
            }
            let (place, generation) = (export.reached(), export.generation());
            let (told, when) = self.told;
            tokio::select! {
                // Its sender is the writer's, which ends with the service.
                changed = commits.changed() => changed.map_err(|_| Failure::Draining)?,
                () = sleep_until(when + PROGRESS_INTERVAL), if told != place => {
                    self.tell_progress(place, generation).await?;
                }
            }
        }
    }

    /// Says that everything up to a place was sent.
    async fn tell_progress(&mut self, place: Option<Reached>, generation: Generation) -> Result<(), Failure> {
        let progress =
            proto::ExportProgress { resume_token: self.begun.sealing.token(place), generation: generation.to_string() };
        send(&self.outlet, event, Event::Progress(progress)).await?;
        self.told = (place, Instant::now());
        Ok(())
    }

    async fn finish(self, mut timings: proto::Timings) -> Result<(), Failure> {
        let Self { producer, begun, outlet, sent, .. } = self;
        sent.note(&mut timings, &producer.call);
        // What came before the place to go on from was not looked at.
        let total = if begun.request.after.is_some() { Total::AtLeast(sent.hits) } else { Total::Exact(sent.hits) };
        let summary = proto::ExportSummary {
            finish_reason: proto::FinishReason::Exhausted.into(),
            hits_sent: sent.hits,
            total_hits: Some(total_hits(total)),
            timings: Some(timings),
        };
        send(&outlet, event, Event::Summary(summary)).await
    }
}

/// Makes batches and sends them, in a job.
struct Batches {
    outlet: JobOutlet<ExportResponse>,
    sealing: Sealing,
    unit: Unit,
    /// Of the first of them.
    bound: BatchBound,
    pool: Pool,
    call: Call,
}

/// How far that went.
struct Went {
    export: Box<Export>,
    hits: u64,
    /// The place of the last token, if any was sent.
    told: Option<Reached>,
    /// Whether the newest snapshot has no more.
    is_over: bool,
    /// Of the batch that is next.
    bound: BatchBound,
}

/// Batches grow: whoever reads the first ones can begin.
fn next(bound: BatchBound) -> BatchBound {
    if bound.hits < LATER_BATCH.hits { LATER_BATCH } else { EXPORT_BATCH }
}

impl Batches {
    /// Goes on while the reader has room, and no other job waits: to hand each batch over by itself takes a quarter of
    /// the time.
    fn send(self, mut export: Box<Export>, stop: &Arc<AtomicBool>) -> Result<Went, SearchError> {
        export.go_on(stop)?;
        let (mut hits, mut told, mut bound) = (0, None, self.bound);
        while self.outlet.has_room() {
            // With what protobuf adds: a vector that grew would hold twice as much while it waits for the reader.
            let room = if bound.hits == EXPORT_BATCH.hits { bound.bytes / 4 * 5 } else { 0 };
            let mut batch = Batch::new(self.unit, room);
            let Some(found) = export.next_batch(bound, stop, |hit| batch.push(hit))? else {
                return Ok(Went { export, hits, told, is_over: true, bound });
            };
            told = export.reached();
            let resume_token = self.sealing.token(told);
            self.outlet.send(event(match found {
                Exported::Hits(found) => {
                    hits += found as u64;
                    self.call.stats().count_hits(found, self.call.elapsed());
                    Event::Hits(batch.ended(&resume_token))
                }
                Exported::Removed(gone) => {
                    let removed = gone.into_iter().map(removed).collect();
                    Event::Removed(proto::RemovedBatch { removed, resume_token })
                }
            }));
            bound = next(bound);
            if self.pool.waiting() > 0 {
                break;
            }
        }
        Ok(Went { export, hits, told, is_over: false, bound })
    }
}

fn event(event: Event) -> ExportResponse {
    ExportResponse { event: Some(event) }
}
