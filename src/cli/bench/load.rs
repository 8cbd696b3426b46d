//! The load: clients that ask one after another (closed), or requests that are due at fixed times (open).

use std::{
    cell::Cell,
    rc::Rc,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Builder,
    sync::{Semaphore, mpsc},
    task::{JoinSet, LocalSet},
};
use tonic::transport::Channel;

use crate::{
    cli::{
        arguments::Wording,
        connection::{connect, search_service},
        export,
        failure::Failure,
        search,
    },
    rpc::proto::{
        ExportRequest, Filter, SearchRequest, export_response::Event as ExportEvent,
        search_response::Event as SearchEvent,
    },
};

/// Requests of an open load that are under way at once. Those that are due then wait, and their waiting counts.
const UNDER_WAY: usize = 1_024;

/// What is sent, and how.
pub(super) struct Load {
    pub(super) endpoint: String,
    pub(super) queries: Vec<String>,
    /// How often each query is sent.
    pub(super) repeat: usize,
    /// Connections; in a closed load each has one request under way.
    pub(super) clients: usize,
    pub(super) wording: Wording,
    pub(super) filter: Option<Filter>,
    pub(super) pace: Pace,
    pub(super) call: Call,
}

/// When a request is sent.
pub(super) enum Pace {
    /// As soon as the one before is answered.
    Closed,
    /// At its time, whatever became of the ones before: so many a second.
    Open { rate: f64 },
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Search { limit: u32 },
    Export,
}

/// A query that is asked.
struct Question {
    /// Its number.
    query: usize,
    text: String,
    wording: Wording,
    filter: Option<Filter>,
    call: Call,
}

impl Load {
    /// What is asked with the request of this number.
    fn question(&self, number: usize) -> Question {
        let query = number % self.queries.len();
        let Self { queries, wording, filter, call, .. } = self;
        Question { query, text: queries[query].clone(), wording: *wording, filter: filter.clone(), call: *call }
    }

    /// How many requests there are.
    fn requests(&self) -> usize {
        self.queries.len() * self.repeat
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Which query it was for.
    pub(super) query: usize,
    /// From when it was sent, or due, until its stream ended; of one that was not answered, from when it was sent.
    pub(super) took: Duration,
    /// The same until the first hit; `None` without hits.
    pub(super) first_hit: Option<Duration>,
    pub(super) hits: u64,
    /// Whether its stream ended with its summary.
    pub(super) answered: bool,
}

/// What became of all requests.
pub(super) struct Measured {
    pub(super) samples: Vec<Sample>,
    pub(super) elapsed: Duration,
}

/// Runs a load to its end. All clients share this thread: the other cores are for the service.
///
/// # Errors
///
/// When no connection comes about.
pub(super) fn run(load: Load) -> Result<Measured, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::Output)?;
    runtime.block_on(async {
        let mut channels = Vec::new();
        for _ in 0..load.clients {
            channels.push(connect(&load.endpoint, "--endpoint").await?);
        }
        let begun = Instant::now();
        let samples = match load.pace {
            Pace::Closed => LocalSet::new().run_until(closed(load, channels)).await,
            Pace::Open { rate } => open(&load, &channels, rate).await,
        };
        Ok(Measured { samples, elapsed: begun.elapsed() })
    })
}

/// Every client takes the next query as soon as it has the answer to the last one.
async fn closed(load: Load, channels: Vec<Channel>) -> Vec<Sample> {
    let load = Rc::new(load);
    let next = Rc::new(Cell::new(0));
    let mut clients = JoinSet::new();
    for channel in channels {
        let (load, next) = (Rc::clone(&load), Rc::clone(&next));
        clients.spawn_local(async move {
            let mut samples = Vec::new();
            while next.get() < load.requests() {
                let question = load.question(next.replace(next.get() + 1));
                samples.push(ask(channel.clone(), question, Instant::now()).await);
            }
            samples
        });
    }
    clients.join_all().await.concat()
}

/// Every request is sent when it is due.
async fn open(load: &Load, channels: &[Channel], rate: f64) -> Vec<Sample> {
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    let mut due = due_times(load.requests(), rate);
    let mut requests = JoinSet::new();
    let mut number = 0;
    while let Some(due) = due.recv().await {
        let place = Arc::clone(&room).acquire_owned().await.expect("it is never closed");
        let (channel, question) = (channels[number % channels.len()].clone(), load.question(number));
        requests.spawn(async move {
            let sample = ask(channel, question, due).await;
            drop(place);
            sample
        });
        number += 1;
    }
    requests.join_all().await
}

/// Sends the times at which requests are due as they come. A thread sleeps to a twentieth of a millisecond, the
/// runtime's timer to a whole one.
#[expect(clippy::disallowed_methods, reason = "the thread is there for nothing but sleeping")]
fn due_times(total: usize, rate: f64) -> mpsc::Receiver<Instant> {
    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    thread::spawn(move || {
        let mut due = Instant::now();
        for _ in 0..total {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.blocking_send(due).is_err() {
                return;
            }
            due += Duration::from_secs_f64(rate.recip());
        }
    });
    receiver
}

/// Sends one request and takes all of its answer.
async fn ask(channel: Channel, question: Question, begun: Instant) -> Sample {
    let Question { query, text, wording, filter, call } = question;
    let sent = Instant::now();
    let mut sample = Sample { query, took: Duration::ZERO, first_hit: None, hits: 0, answered: false };
    let count = |hits: usize| {
        sample.first_hit.get_or_insert_with(|| begun.elapsed());
        sample.hits += hits as u64;
    };
    let answer = match call {
        Call::Search { limit } => {
            let request = SearchRequest { filter, ..search::request(text, limit, wording) };
            searched(channel, request, count).await
        }
        Call::Export => exported(channel, ExportRequest { filter, ..export::request(text, wording) }, count).await,
    };
    let answered = answer.is_ok();
    Sample { took: if answered { begun.elapsed() } else { sent.elapsed() }, answered, ..sample }
}

async fn searched(channel: Channel, request: SearchRequest, mut count: impl FnMut(usize)) -> Result<(), Failure> {
    search::receive(channel, request, |event| {
        if let SearchEvent::Hits(batch) = event {
            count(batch.hits.len());
        }
        Ok(())
    })
    .await
}

async fn exported(channel: Channel, request: ExportRequest, mut count: impl FnMut(usize)) -> Result<(), Failure> {
    let mut stream = search_service(channel).export(request).await?.into_inner();
    let mut is_whole = false;
    while let Some(response) = stream.message().await? {
        match response.event {
            Some(ExportEvent::Hits(batch)) => count(batch.hits.len()),
            Some(ExportEvent::Summary(_)) => is_whole = true,
            Some(ExportEvent::Header(_) | ExportEvent::Removed(_) | ExportEvent::Progress(_)) | None => {}
        }
    }
    if is_whole { Ok(()) } else { Err(Failure::Cut) }
}
