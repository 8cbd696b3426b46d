//! A reader that follows, and what it has by now.

use std::{collections::BTreeMap, net::SocketAddr};

use tonic::{Status, Streaming};
use xunzhang::rpc::proto::{
    ExportHeader, ExportRequest, ExportResponse, Hit, Removed, export_response::Event,
    search_service_client::SearchServiceClient,
};

use super::{Exported, Service, stream::EXPORT_BATCH_HITS, within};

/// A reader that adds what comes and drops what goes.
pub(crate) struct Follower {
    request: ExportRequest,
    stream: Streaming<ExportResponse>,
    pub(crate) header: ExportHeader,
    /// The texts of the paragraphs that it has, by (sequence, ordinal).
    has: BTreeMap<(u64, u32), Hit>,
    /// The documents that it was told are gone.
    pub(crate) removed: Vec<String>,
    /// The place of what it was told last.
    last: (u64, u32),
    /// Goes on behind that.
    pub(crate) token: String,
}

impl Follower {
    /// One that has nothing yet.
    pub(crate) async fn start(service: &Service, request: ExportRequest) -> Self {
        Self::start_at(service.addresses.service, request).await.expect("it is answered")
    }

    /// The same, if the service agrees.
    pub(crate) async fn start_at(address: SocketAddr, request: ExportRequest) -> Result<Self, Status> {
        let request = ExportRequest { follow: true, ..request };
        let (stream, header) = open(address, request.clone()).await?;
        let (has, removed, last, token) = (BTreeMap::new(), Vec::new(), (0, 0), request.resume_token.clone());
        Ok(Self { request, stream, header, has, removed, last, token })
    }

    /// Goes on behind what it has, with a service that may be another one.
    pub(crate) async fn go_on(&mut self, service: &Service) {
        let request = ExportRequest { resume_token: self.token.clone(), ..self.request.clone() };
        (self.stream, self.header) = open(service.addresses.service, request).await.expect("it is answered");
    }

    /// Takes one message.
    pub(crate) async fn take(&mut self) -> Result<Event, Status> {
        let message =
            within("something new", self.stream.message()).await?.expect("it does not end as if it were whole");
        let event = message.event.expect("every message has one");
        match &event {
            Event::Hits(batch) => self.add(&batch.hits, &batch.resume_token),
            Event::Removed(batch) => self.remove(&batch.removed, &batch.resume_token),
            Event::Progress(progress) => self.token.clone_from(&progress.resume_token),
            other => panic!("not while it follows: {other:?}"),
        }
        assert!(!self.token.is_empty(), "{event:?} can be gone on from");
        Ok(event)
    }

    /// Takes messages until it has exactly what an export of the same finds.
    pub(crate) async fn agrees(&mut self, service: &Service) {
        let request = ExportRequest { follow: false, resume_token: String::new(), ..self.request.clone() };
        let Exported { hits, .. } = service.export(request).await;
        while !self.has.values().eq(&hits) {
            self.take().await.expect("it goes on");
        }
    }

    /// Takes messages until it is told that all there is was sent.
    pub(crate) async fn catches_up(&mut self) {
        while !matches!(self.take().await.expect("it goes on"), Event::Progress(_)) {}
    }

    /// Takes what still comes; how it ended.
    pub(crate) async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.take().await {
                return status;
            }
        }
    }

    /// The texts that it has, in order of arrival.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.has.values().map(|hit| hit.text.as_str()).collect()
    }

    fn add(&mut self, hits: &[Hit], token: &str) {
        assert!((1..=EXPORT_BATCH_HITS).contains(&hits.len()));
        for hit in hits {
            self.advance((hit.sequence, hit.ordinal + 1));
            self.has.insert((hit.sequence, hit.ordinal), hit.clone());
        }
        token.clone_into(&mut self.token);
    }

    fn remove(&mut self, removed: &[Removed], token: &str) {
        assert!(!removed.is_empty());
        for Removed { document_id, sequence } in removed {
            self.advance((*sequence, 0));
            self.has.retain(|_, hit| hit.document_id != *document_id);
            self.removed.push(document_id.clone());
        }
        token.clone_into(&mut self.token);
    }

    /// Everything comes in one order, which goes on behind each token.
    fn advance(&mut self, place: (u64, u32)) {
        assert!(self.last < place, "{place:?} comes after {:?}", self.last);
        self.last = place;
    }
}

async fn open(
    address: SocketAddr,
    request: ExportRequest,
) -> Result<(Streaming<ExportResponse>, ExportHeader), Status> {
    let mut client = SearchServiceClient::new(Service::connect(address).await);
    let mut stream = within("an export", client.export(request)).await?.into_inner();
    let first = within("a header", stream.message()).await?.and_then(|message| message.event);
    let Some(Event::Header(header)) = first else { panic!("it begins with its header, not {first:?}") };
    Ok((stream, header))
}
