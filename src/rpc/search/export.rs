//! Exports: every match, batch by batch; with `follow`, what later commits add and remove, as long as anyone reads.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicBool},
};

use tokio::time::{Instant, sleep_until};
use tracing::info_span;

use crate::{
    pool::{Forked, Pool},
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
    search::{
        BatchBound, Export, ExportRequest, Fetched, Generation, PORTIONS, Portion, Reached, Removed, Resumption,
        SearchError, Total,
    },
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
        send(&outlet, event, Event::Header(self.export_header(parsed, &export, warnings))).await?;
        let bound = FIRST_BATCH;
        let (sent, told) = (Sent::default(), (begun.request.after, Instant::now()));
        let mut stream = Stream { producer: self, begun, outlet, bound, sent, told };
        let exporting = stream.pass(Box::new(Exporting::new(export))).await?;
        if stream.begun.request.follow { stream.follow(exporting).await } else { stream.finish(timings).await }
    }

    fn export_header(
        &self,
        parsed: proto::Query,
        export: &Export,
        mut warnings: Vec<proto::Warning>,
    ) -> proto::ExportHeader {
        let Resumption { misses_removals, matches_otherwise, repeats_document } = export.resumption();
        if misses_removals {
            warnings.push(proto::Warning {
                reason: "REMOVALS_MISSING".to_owned(),
                message: "what was removed since may not be told, as it is not remembered any more".to_owned(),
                field: "resume_token".to_owned(),
            });
        }
        if repeats_document {
            warnings.push(proto::Warning {
                reason: "DOCUMENT_REPEATED".to_owned(),
                message: "the index was built anew since: the document of the last hit before the token, which may be \
                          split otherwise now, is sent again whole, if it is there and matches"
                    .to_owned(),
                field: "resume_token".to_owned(),
            });
        }
        if matches_otherwise {
            warnings.push(proto::Warning {
                reason: "MATCHED_OTHERWISE".to_owned(),
                message: "the index was built anew since, or words are cut otherwise: what was sent before may not \
                          match any more, and what was left out may match now; begin anew for exactly what matches"
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
    async fn pass(&mut self, mut exporting: Box<Exporting>) -> Result<Box<Exporting>, Failure> {
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
            let went = self.producer.timed(info_span!("fetch"), move |stop| batches.send(exporting, stop)).await?;
            self.sent.fetch += went.took;
            let (hits, told, is_over);
            Went { exporting, hits, told, is_over, bound: self.bound } = went.result?;
            self.sent.hits += hits;
            if told.is_some() {
                self.told = (told, Instant::now());
            }
            if is_over {
                return Ok(exporting);
            }
        }
    }

    /// Goes on with every commit that brings something. Between two of them it holds no snapshot.
    async fn follow(mut self, mut exporting: Box<Exporting>) -> Result<(), Failure> {
        let mut commits = self.producer.core.opened()?.ingest.committed();
        self.tell_progress(exporting.export.reached(), exporting.export.generation()).await?;
        loop {
            if exporting.export.is_behind(*commits.borrow_and_update()) {
                exporting = self.pass(exporting).await?;
                continue;
            }
            let (place, generation) = (exporting.export.reached(), exporting.export.generation());
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

/// An export, and what of it is being fetched.
struct Exporting {
    export: Export,
    /// In order.
    portions: VecDeque<Fetching>,
    /// As many matches as a batch has room for, nearly.
    fitting: usize,
}

/// A portion.
enum Fetching {
    Here(Gathered),
    /// Another thread makes a batch of it.
    There(Forked<Result<Gathered, SearchError>>),
}

/// What is left of a portion, and the batch before that, if it is made.
struct Gathered {
    portion: Portion,
    made: Option<Made>,
}

impl Fetching {
    fn gathered(self) -> Result<Gathered, SearchError> {
        match self {
            Self::Here(gathered) => Ok(gathered),
            Self::There(forked) => forked.join(),
        }
    }
}

/// A batch that is not sent yet.
struct Made {
    batch: Batch,
    fetched: Fetched,
}

impl Made {
    /// Makes a batch of a portion; `None` when nothing is left of it.
    fn of(
        portion: &mut Portion,
        bound: BatchBound,
        unit: Unit,
        stop: &AtomicBool,
    ) -> Result<Option<Self>, SearchError> {
        // With what protobuf adds: a vector that grew would hold twice as much while it waits for the reader.
        let room = if bound.hits == EXPORT_BATCH.hits { bound.bytes / 4 * 5 } else { 0 };
        let mut batch = Batch::new(unit, room);
        let fetched = portion.fetch(bound, stop, |hit| batch.push(hit))?;
        Ok(fetched.map(|fetched| Self { batch, fetched }))
    }
}

/// What an export has next.
enum Next {
    Hits(Made),
    Removed(Vec<Removed>),
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
    exporting: Box<Exporting>,
    hits: u64,
    /// The place of the last token, if any was sent.
    told: Option<Reached>,
    /// Whether the newest snapshot has no more.
    is_over: bool,
    /// Of the batch that is next.
    bound: BatchBound,
}

/// Batches grow: whoever reads the first ones can begin.
fn next_bound(bound: BatchBound) -> BatchBound {
    if bound.hits < LATER_BATCH.hits { LATER_BATCH } else { EXPORT_BATCH }
}

impl Batches {
    /// Goes on while the reader has room, and no other job waits: to hand each batch over by itself takes a quarter of
    /// the time.
    fn send(mut self, mut exporting: Box<Exporting>, stop: &Arc<AtomicBool>) -> Result<Went, SearchError> {
        exporting.export.go_on(stop)?;
        let (mut hits, mut told, mut is_over) = (0, None, false);
        while self.outlet.room() > 0 {
            let Some(next) = self.next(&mut exporting, stop)? else {
                is_over = true;
                break;
            };
            told = exporting.export.reached();
            let resume_token = self.sealing.token(told);
            self.outlet.send(event(match next {
                Next::Hits(Made { batch, fetched }) => {
                    hits += fetched.hits as u64;
                    self.call.stats().count_hits(fetched.hits, self.call.elapsed());
                    Event::Hits(batch.ended(&resume_token))
                }
                Next::Removed(gone) => {
                    let removed = gone.into_iter().map(removed).collect();
                    Event::Removed(proto::RemovedBatch { removed, resume_token })
                }
            }));
            self.bound = next_bound(self.bound);
            if self.pool.waiting() > 0 {
                break;
            }
        }
        exporting.gather()?;
        Ok(Went { exporting, hits, told, is_over, bound: self.bound })
    }

    /// What comes next; `None` when the snapshot has no more.
    fn next(&self, exporting: &mut Exporting, stop: &Arc<AtomicBool>) -> Result<Option<Next>, SearchError> {
        loop {
            let (portion, made) = match exporting.portions.pop_front().map(Fetching::gathered).transpose()? {
                Some(Gathered { mut portion, made: None }) => {
                    let made = Made::of(&mut portion, self.bound, self.unit, stop)?;
                    (portion, made)
                }
                Some(Gathered { portion, made }) => (portion, made),
                None if self.take_portions(exporting, stop)? => continue,
                None => return Ok(exporting.export.removed(stop)?.map(Next::Removed)),
            };
            if portion.is_empty() {
                exporting.export.take_back(portion);
            } else {
                exporting.portions.push_front(Fetching::Here(Gathered { portion, made: None }));
            }
            if let Some(made) = made {
                exporting.given(&made.fetched, self.bound);
                return Ok(Some(Next::Hits(made)));
            }
        }
    }

    /// Takes matches to be fetched here and, where there is much to be fetched and nothing else to be done, by another
    /// thread meanwhile. Says whether there are any.
    fn take_portions(&self, exporting: &mut Exporting, stop: &Arc<AtomicBool>) -> Result<bool, SearchError> {
        let grown = self.bound.hits == EXPORT_BATCH.hits;
        let count = if grown { exporting.fitting } else { self.bound.hits };
        let Some(portion) = exporting.export.portion(count, stop)? else { return Ok(false) };
        let is_full = portion.len() == count;
        exporting.portions.push_back(Fetching::Here(Gathered { portion, made: None }));
        if grown
            && is_full
            && self.outlet.room() >= PORTIONS
            && self.pool.waiting() == 0
            && let Some(mut portion) = exporting.export.portion(count, stop)?
        {
            let (bound, unit, stop) = (self.bound, self.unit, Arc::clone(stop));
            exporting.portions.push_back(Fetching::There(self.pool.fork(move || {
                let made = Made::of(&mut portion, bound, unit, &stop)?;
                Ok(Gathered { portion, made })
            })));
        }
        Ok(true)
    }
}

impl Exporting {
    fn new(export: Export) -> Self {
        Self { export, portions: VecDeque::new(), fitting: LATER_BATCH.hits }
    }

    /// Notes that a batch is given, and learns how many matches fit one: a little less than fill it, so that no few are
    /// left over.
    fn given(&mut self, fetched: &Fetched, bound: BatchBound) {
        self.export.given(fetched.last);
        let fitting = fetched.hits * (bound.bytes - bound.bytes / 8) / fetched.bytes.max(1);
        self.fitting = fitting.clamp(1, bound.hits.max(LATER_BATCH.hits));
    }

    /// Waits for other threads: what they do is of the job that ends.
    fn gather(&mut self) -> Result<(), SearchError> {
        let gathered = self.portions.drain(..).map(|fetching| fetching.gathered().map(Fetching::Here));
        self.portions = gathered.collect::<Result<_, _>>()?;
        Ok(())
    }
}

fn event(event: Event) -> ExportResponse {
    ExportResponse { event: Some(event) }
}
