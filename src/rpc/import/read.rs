//! The reading side of an import: checks what comes in and has it prepared, some documents at a time, in order.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, Streaming};
use tracing::Instrument as _;

use crate::{
    document::{Content, Document},
    ingest::{PrepareError, Prepared},
    pool::{Pool, PoolError},
    rpc::{
        call::Call,
        convert::{Invalid, Received, document, duplicate_warning, echo, prepare_warning},
        failure::Failure,
        import::{repeated::RecentIds, run::Item},
        limits::{IMPORT_CHUNK_BYTES, IMPORT_CHUNK_DOCUMENTS, IMPORT_PATIENCE, IMPORT_RECENT_IDS},
        proto,
    },
};

/// A chunk that is being prepared; dropping it stops the work.
pub(super) type Preparing = AbortOnDropHandle<Vec<Item<Prepared>>>;

/// How a document is prepared, until it is told to stop.
pub(super) type Prepare = Arc<dyn Fn(Document, &AtomicBool) -> Result<Prepared, PrepareError> + Send + Sync>;

/// Reads one import.
pub(super) struct Reader {
    call: Call,
    requests: Streaming<proto::ImportDocumentsRequest>,
    prepare: Prepare,
    pool: Pool,
    chunks: mpsc::Sender<Preparing>,
    /// Documents that are not acknowledged yet.
    under_way: watch::Sender<usize>,
    last_number: Option<u64>,
    recent_ids: RecentIds,
}

/// Documents that are prepared in one go.
#[derive(Default)]
struct Chunk {
    items: Vec<Item<Document>>,
    bytes: usize,
}

/// What the input gave: a message, its end, or why it broke.
type Incoming = Result<Option<proto::ImportDocumentsRequest>, Status>;

impl Reader {
    /// Reads from `requests`, which `call` hears of, has documents prepared by `prepare` on `pool`, and puts them into
    /// `chunks`, counting them as under way.
    pub(super) fn new(
        call: Call,
        requests: Streaming<proto::ImportDocumentsRequest>,
        prepare: Prepare,
        pool: Pool,
        chunks: mpsc::Sender<Preparing>,
        under_way: watch::Sender<usize>,
    ) -> Self {
        let recent_ids = RecentIds::new(IMPORT_RECENT_IDS);
        Self { call, requests, prepare, pool, chunks, under_way, last_number: None, recent_ids }
    }

    /// Reads until the caller has no more or sends nothing for too long, something is wrong with the stream itself,
    /// the next step has ended, or the service stops.
    pub(super) async fn run(mut self, stopping: impl Future<Output = ()>) -> Result<(), Failure> {
        let mut stopping = pin!(stopping);
        loop {
            let first = tokio::select! {
                biased;
                () = &mut stopping => return Err(Failure::Draining),
                () = self.chunks.closed() => return Err(Failure::Cancelled),
                incoming = self.requests.message() => incoming,
                () = idle(&self.call, self.under_way.subscribe()) => return Err(Failure::IdleImport),
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
                Err(status) => return Some(Err(Failure::of_transport(&status))),
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
        let document_id = sent.as_ref().map(|document| echo(&document.id).to_owned()).unwrap_or_default();
        Ok(match document(sent) {
            Ok(Received { document, mut warnings }) => {
                if self.recent_ids.repeats(&document_id) {
                    warnings.push(duplicate_warning());
                }
                Item { sequence_number, document_id, warnings, state: Ok(document) }
            }
            Err(invalid) => Item { sequence_number, document_id, warnings: Vec::new(), state: Err(invalid.into()) },
        })
    }

    /// Has a chunk prepared, waiting while as many as may are under way.
    async fn prepare(&self, chunk: Chunk) -> Result<(), Failure> {
        if chunk.items.is_empty() {
            return Ok(());
        }
        let room = self.chunks.reserve().await.map_err(|_| Failure::Cancelled)?;
        self.under_way.send_modify(|under_way| *under_way += chunk.items.len());
        let work = prepare_chunk(self.pool.clone(), Arc::clone(&self.prepare), chunk.items);
        room.send(AbortOnDropHandle::new(tokio::spawn(work.in_current_span())));
        Ok(())
    }
}

impl Chunk {
    fn push(&mut self, item: Item<Document>) {
        self.bytes += item.state.as_ref().map_or(0, |document| content_bytes(&document.content));
        self.items.push(item);
    }

    fn is_full(&self) -> bool {
        self.items.len() >= IMPORT_CHUNK_DOCUMENTS || self.bytes >= IMPORT_CHUNK_BYTES
    }
}

/// What a content takes in memory, about. A million empty paragraphs are not nothing.
fn content_bytes(content: &Content) -> usize {
    match content {
        Content::Text(text) => text.len(),
        Content::Ready(paragraphs) => {
            let texts = paragraphs.iter().map(|paragraph| paragraph.text.len()).sum::<usize>();
            texts + size_of_val(paragraphs.as_slice())
        }
    }
}

/// Waits until all is acknowledged and not a byte more has come for too long.
async fn idle(call: &Call, mut under_way: watch::Receiver<usize>) {
    // An error means that the import is over, so that nobody waits for this.
    let _ = under_way.wait_for(|under_way| *under_way == 0).await;
    call.hears_nothing(IMPORT_PATIENCE).await;
}

/// Prepares documents. One whose preparation panics is refused, together with those of its chunk.
async fn prepare_chunk(pool: Pool, prepare: Prepare, items: Vec<Item<Document>>) -> Vec<Item<Prepared>> {
    let names: Vec<_> = items.iter().map(|item| (item.sequence_number, item.document_id.clone())).collect();
    let work = move |stop: &Arc<AtomicBool>| items.into_iter().map(|item| prepare_item(item, &prepare, stop)).collect();
    let prepared = pool.run(work).await;
    prepared.unwrap_or_else(|error| names.into_iter().map(|name| panicked(name, error)).collect())
}

fn prepare_item(item: Item<Document>, prepare: &Prepare, stop: &AtomicBool) -> Item<Prepared> {
    let Item { sequence_number, document_id, mut warnings, state } = item;
    let state = state.and_then(|document| {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        Ok(prepare(document, stop)?)
    });
    if let Ok(prepared) = &state {
        warnings.extend(prepared.warnings.iter().copied().map(prepare_warning));
    }
    Item { sequence_number, document_id, warnings, state }
}

fn panicked((sequence_number, document_id): (u64, String), error: PoolError) -> Item<Prepared> {
    Item { sequence_number, document_id, warnings: Vec::new(), state: Err(error.into()) }
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroUsize,
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use http_body::{Body as HttpBody, Frame};
    use prost::{Message as _, bytes::Bytes};
    use tokio::time::{Instant, Sleep, sleep};
    use tokio_stream::{Stream, StreamExt as _};
    use tonic::{
        body::Body,
        codec::{Codec as _, EncodeBody},
    };
    use tonic_prost::ProstCodec;

    use super::*;
    use crate::rpc::{layers::Arriving, limits::DOCUMENT_REQUEST_BYTES};

    type Request = proto::ImportDocumentsRequest;

    fn request(sequence_number: u64, id: &str) -> Request {
        let document = proto::Document { id: id.to_owned(), ..proto::Document::default() };
        Request { sequence_number, document: Some(document) }
    }

    /// A reader of what `requests` brings, where its chunks come out, and how much is under way.
    fn reader(
        requests: impl Stream<Item = Request> + Send + 'static,
    ) -> (Reader, mpsc::Receiver<Preparing>, watch::Sender<usize>) {
        let encoder = ProstCodec::<Request, Request>::default().encoder();
        reader_of(Body::new(EncodeBody::new_client(encoder, requests.map(Ok), None, None)))
    }

    fn reader_of(body: Body) -> (Reader, mpsc::Receiver<Preparing>, watch::Sender<usize>) {
        let call = Call::new(String::new(), "ImportDocuments", None, None);
        let decoder = ProstCodec::<Request, Request>::default().decoder();
        let body = Arriving::noted(body, &call);
        let requests = Streaming::new_request(decoder, body, None, Some(DOCUMENT_REQUEST_BYTES));
        let (chunks, prepared) = mpsc::channel(8);
        let pool = Pool::new(NonZeroUsize::MIN).unwrap();
        let under_way = watch::Sender::new(0);
        let prepare: Prepare = Arc::new(|_, _| Err(PrepareError::TooHeavy(7)));
        (Reader::new(call, requests, prepare, pool, chunks, under_way.clone()), prepared, under_way)
    }

    #[tokio::test]
    async fn a_refused_id_is_not_echoed_whole() {
        let (reader, mut prepared, _) =
            reader(tokio_stream::iter([request(1, &"字".repeat(2 << 20)), request(2, "a")]));
        reader.run(std::future::pending()).await.unwrap();
        let mut items = Vec::new();
        while let Some(chunk) = prepared.recv().await {
            items.extend(chunk.await.unwrap());
        }
        let shown =
            |item: &Item<Prepared>| (item.document_id.len(), item.state.as_ref().map(|_| ()).unwrap_err().to_string());
        let shown: Vec<_> = items.iter().map(shown).collect();
        assert!(
            matches!(&shown[..], [(510, id), (1, weight)] if id.contains("document.id") && weight.contains("`7`")),
            "{shown:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_that_sends_nothing_is_ended_but_not_while_something_is_under_way() {
        let (reader, _prepared, under_way) = reader(tokio_stream::once(request(1, "a")).chain(tokio_stream::pending()));
        let begun = Instant::now();
        let acknowledging = async {
            sleep(IMPORT_PATIENCE * 3).await;
            under_way.send_modify(|under_way| *under_way -= 1);
        };
        let (ended, ()) = tokio::join!(reader.run(std::future::pending()), acknowledging);
        assert_eq!(ended.unwrap_err().reason(), "IDLE_IMPORT");
        assert_eq!(begun.elapsed(), IMPORT_PATIENCE * 4);
    }

    /// A body of which a byte comes now and then.
    struct Slow {
        left: Bytes,
        pause: Pin<Box<Sleep>>,
    }

    impl HttpBody for Slow {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            ready!(self.pause.as_mut().poll(context));
            self.pause.as_mut().reset(Instant::now() + IMPORT_PATIENCE.mul_f64(0.9));
            let byte = (!self.left.is_empty()).then(|| self.left.split_to(1));
            Poll::Ready(byte.map(|byte| Ok(Frame::data(byte))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_takes_long_to_come_is_no_silence() {
        let message = request(1, "一份长文件").encode_to_vec();
        let framed = [&[0], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat();
        let slow = Slow { left: framed.into(), pause: Box::pin(sleep(IMPORT_PATIENCE.mul_f64(0.9))) };
        let (reader, mut prepared, _) = reader_of(Body::new(slow));
        let acknowledging = async { prepared.recv().await.expect("it comes").await.unwrap().len() };
        let (ended, documents) = tokio::join!(reader.run(std::future::pending()), acknowledging);
        assert_eq!((ended.is_ok(), documents), (true, 1));
    }

    #[tokio::test]
    async fn reading_ends_with_the_next_step() {
        let (reader, prepared, _) = reader(tokio_stream::pending());
        drop(prepared);
        assert_eq!(reader.run(std::future::pending()).await.unwrap_err().reason(), "CANCELLED");
    }

    #[test]
    fn empty_paragraphs_count() {
        let empty = crate::document::ReadyParagraph { text: String::new(), heading_path: Vec::new() };
        assert!(content_bytes(&Content::Ready(vec![empty; 100_000])) > IMPORT_CHUNK_BYTES);
    }
}
