//! The reading side of an import: checks what comes in and has it prepared, some documents at a time, in order.

use std::{
    future::Future,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Code, Status, Streaming};
use tracing::Instrument as _;

use crate::{
    document::{Content, Document},
    ingest::{Prepared, prepare},
    pool::{Pool, PoolError},
    rpc::{
        convert::{Invalid, Received, document, prepare_warning},
        failure::Failure,
        import::run::Item,
        limits::{IMPORT_CHUNK_BYTES, IMPORT_CHUNK_DOCUMENTS},
        proto,
    },
};

/// A chunk that is being prepared; dropping it stops the work.
pub(super) type Preparing = AbortOnDropHandle<Vec<Item<Prepared>>>;

/// Reads one import.
pub(super) struct Reader {
    requests: Streaming<proto::ImportDocumentsRequest>,
    pool: Pool,
    chunks: mpsc::Sender<Preparing>,
    last_number: Option<u64>,
}

/// Documents that are prepared in one go.
#[derive(Default)]
struct Chunk {
    items: Vec<Item<Document>>,
    text_bytes: usize,
}

/// What the input gave: a message, its end, or why it broke.
type Incoming = Result<Option<proto::ImportDocumentsRequest>, Status>;

impl Reader {
    /// Reads from `requests` and puts what is being prepared into `chunks`.
    pub(super) fn new(
        requests: Streaming<proto::ImportDocumentsRequest>,
        pool: Pool,
        chunks: mpsc::Sender<Preparing>,
    ) -> Self {
        Self { requests, pool, chunks, last_number: None }
    }

    /// Reads until the caller has no more, something is wrong with the stream itself, or the service stops.
    pub(super) async fn run(mut self, stopping: impl Future<Output = ()>) -> Result<(), Failure> {
        let mut stopping = pin!(stopping);
        loop {
            let first = tokio::select! {
                biased;
                () = &mut stopping => return Err(Failure::Draining),
                incoming = self.requests.message() => incoming,
            };
            let mut chunk = Chunk::default();
            let end = self.fill(&mut chunk, first).await;
            self.prepare(chunk).await?;
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Fills a chunk with what is there already, and says so if the input ends.
    async fn fill(&mut self, chunk: &mut Chunk, first: Incoming) -> Option<Result<(), Failure>> {
        let mut next = Some(first);
        while let Some(incoming) = next {
            match incoming {
                Ok(Some(request)) => match self.take(request) {
                    Ok(item) => chunk.push(item),
                    Err(invalid) => return Some(Err(invalid.into())),
                },
                Ok(None) => return Some(Ok(())),
                Err(status) => return Some(Err(broken(&status))),
            }
            next = if chunk.is_full() { None } else { self.ready().await };
        }
        None
    }

    /// The next message, if it has arrived.
    async fn ready(&mut self) -> Option<Incoming> {
        tokio::select! {
            biased;
            incoming = self.requests.message() => Some(incoming),
            () = std::future::ready(()) => None,
        }
    }

    /// Takes one message. A bad document is its own affair, a number that does not grow the whole stream's: what an
    /// acknowledgement covers would be in doubt.
    fn take(&mut self, request: proto::ImportDocumentsRequest) -> Result<Item<Document>, Invalid> {
        let proto::ImportDocumentsRequest { sequence_number, document: sent } = request;
        if let Some(last) = self.last_number.filter(|last| *last >= sequence_number) {
            let message = format!("is `{sequence_number}` after `{last}`; give each document a greater one");
            return Err(Invalid::new("sequence_number", message));
        }
        self.last_number = Some(sequence_number);
        let document_id = sent.as_ref().map(|document| document.id.clone()).unwrap_or_default();
        Ok(match document(sent) {
            Ok(Received { document, warnings }) => Item { sequence_number, document_id, warnings, state: Ok(document) },
            Err(invalid) => Item { sequence_number, document_id, warnings: Vec::new(), state: Err(invalid.into()) },
        })
    }

    /// Has a chunk prepared, waiting while as many as may are under way.
    async fn prepare(&self, chunk: Chunk) -> Result<(), Failure> {
        if chunk.items.is_empty() {
            return Ok(());
        }
        let room = self.chunks.reserve().await.map_err(|_| Failure::Cancelled)?;
        let work = prepare_chunk(self.pool.clone(), chunk.items);
        room.send(AbortOnDropHandle::new(tokio::spawn(work.in_current_span())));
        Ok(())
    }
}

impl Chunk {
    fn push(&mut self, item: Item<Document>) {
        self.text_bytes += item.state.as_ref().map_or(0, |document| text_bytes(&document.content));
        self.items.push(item);
    }

    fn is_full(&self) -> bool {
        self.items.len() >= IMPORT_CHUNK_DOCUMENTS || self.text_bytes >= IMPORT_CHUNK_BYTES
    }
}

fn text_bytes(content: &Content) -> usize {
    match content {
        Content::Text(text) => text.len(),
        Content::Ready(paragraphs) => paragraphs.iter().map(|paragraph| paragraph.text.len()).sum(),
    }
}

/// Why the input broke: the caller left, or sent what is no message.
fn broken(status: &Status) -> Failure {
    match status.code() {
        Code::Internal | Code::OutOfRange => Failure::Message(status.message().to_owned()),
        _ => Failure::Cancelled,
    }
}

/// Prepares documents. One whose preparation panics is refused, together with those of its chunk.
async fn prepare_chunk(pool: Pool, items: Vec<Item<Document>>) -> Vec<Item<Prepared>> {
    let names: Vec<_> = items.iter().map(|item| (item.sequence_number, item.document_id.clone())).collect();
    let prepared = pool.run(|stop| items.into_iter().map(|item| prepare_item(item, stop)).collect()).await;
    prepared.unwrap_or_else(|error| names.into_iter().map(|name| panicked(name, error)).collect())
}

fn prepare_item(item: Item<Document>, stop: &AtomicBool) -> Item<Prepared> {
    let Item { sequence_number, document_id, mut warnings, state } = item;
    let state = state.and_then(|document| {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        Ok(prepare(document)?)
    });
    if let Ok(prepared) = &state {
        warnings.extend(prepared.warnings.iter().copied().map(prepare_warning));
    }
    Item { sequence_number, document_id, warnings, state }
}

fn panicked((sequence_number, document_id): (u64, String), error: PoolError) -> Item<Prepared> {
    Item { sequence_number, document_id, warnings: Vec::new(), state: Err(error.into()) }
}
