//! A service for tests: it answers over an in-memory pipe, from memory.

use std::{
    collections::{HashSet, VecDeque},
    pin::Pin,
    sync::Mutex,
};

use hyper_util::rt::TokioIo;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Code, Request, Response, Status, Streaming,
    transport::{Channel, Endpoint, Server},
};

use super::connection::REQUEST_BYTES;
use crate::rpc::proto::{
    AnalyzeRequest, AnalyzeResponse, CountRequest, CountResponse, DeleteDocumentRequest, DeleteDocumentResponse,
    Document, DocumentWarning, ExplainRequest, ExplainResponse, ExportRequest, ExportResponse, GetDocumentRequest,
    GetDocumentResponse, Hit, HitBatch, ImportDocumentsRequest, ImportDocumentsResponse, ImportFailure, ImportWarning,
    ListDocumentsRequest, ListDocumentsResponse, PurgeDocumentsRequest, PurgeDocumentsResponse, PutDocumentRequest,
    PutDocumentResponse, SearchHeader, SearchRequest, SearchResponse, SearchSummary, document::Content,
    document_service_server, search_request::QueryForm, search_response::Event, search_service_server,
};

/// Pipes hold this many bytes: few, so that messages cross it in parts.
const PIPE_BYTES: usize = 16 * 1024;

/// Documents that are acknowledged together.
const RUN: u64 = 3;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What the service was sent and how it behaves.
#[derive(Debug, Default)]
pub(super) struct FakeService {
    /// The ids of the documents that it has.
    pub(super) ids: Mutex<HashSet<String>>,
    /// Whether it ends an import before the last acknowledgement.
    pub(super) cuts_imports: bool,
    /// With what it refuses the next imports.
    pub(super) refusals: Mutex<VecDeque<Status>>,
}

/// Serves over a pipe and connects to it.
pub(super) async fn channel(service: FakeService) -> Channel {
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let service = std::sync::Arc::new(service);
    let documents = document_service_server::DocumentServiceServer::from_arc(std::sync::Arc::clone(&service))
        .max_decoding_message_size(REQUEST_BYTES);
    let searches = search_service_server::SearchServiceServer::from_arc(service);
    let router = Server::builder().add_service(documents).add_service(searches);
    tokio::spawn(router.serve_with_incoming(tokio_stream::once(Ok::<_, std::io::Error>(far))));
    let mut near = Some(TokioIo::new(near));
    let connector = tower::service_fn(move |_| {
        let pipe = near.take().ok_or(std::io::ErrorKind::NotConnected);
        async move { pipe.map_err(std::io::Error::from) }
    });
    Endpoint::from_static("http://pipe").connect_with_connector(connector).await.expect("the pipe is there")
}

#[tonic::async_trait]
impl document_service_server::DocumentService for FakeService {
    type ImportDocumentsStream = Answers<ImportDocumentsResponse>;

    async fn put_document(&self, _: Request<PutDocumentRequest>) -> Result<Response<PutDocumentResponse>, Status> {
        Err(Status::unimplemented("no client command needs it"))
    }

    /// Refuses ids with `坏`, warns of empty texts.
    async fn import_documents(
        &self,
        request: Request<Streaming<ImportDocumentsRequest>>,
    ) -> Result<Response<Self::ImportDocumentsStream>, Status> {
        let refusal = self.refusals.lock().expect("no test panics with it").pop_front();
        refusal.map_or(Ok(()), Err)?;
        let mut requests = request.into_inner();
        let mut answers = vec![ImportDocumentsResponse::default()];
        // All is answered at the end, which a client has to bear.
        while let Some(ImportDocumentsRequest { sequence_number, document }) = requests.message().await? {
            if sequence_number % RUN == 1 && sequence_number > 1 {
                answers.push(ImportDocumentsResponse::default());
            }
            let answer = answers.last_mut().expect("there is one");
            self.take(sequence_number, document.unwrap_or_default(), answer);
        }
        if self.cuts_imports {
            answers.pop();
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(answers).map(Ok))))
    }

    /// Sends one paragraph or three bytes a call; `变` is replaced between two calls.
    async fn get_document(
        &self,
        request: Request<GetDocumentRequest>,
    ) -> Result<Response<GetDocumentResponse>, Status> {
        let GetDocumentRequest { document_id, original_offset, .. } = request.into_inner();
        let original = "第一条";
        let start = usize::try_from(original_offset).expect("small");
        let next = if start + 3 < original.len() { original_offset + 3 } else { 0 };
        let etag = if document_id == "变" { format!("e{start}") } else { "e".to_owned() };
        Ok(Response::new(GetDocumentResponse {
            etag,
            original: original[start..start + 3].to_owned(),
            next_original_offset: next,
            ..GetDocumentResponse::default()
        }))
    }

    async fn delete_document(
        &self,
        _: Request<DeleteDocumentRequest>,
    ) -> Result<Response<DeleteDocumentResponse>, Status> {
        Err(Status::not_found("no such document"))
    }

    async fn list_documents(
        &self,
        _: Request<ListDocumentsRequest>,
    ) -> Result<Response<ListDocumentsResponse>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }

    async fn purge_documents(
        &self,
        _: Request<PurgeDocumentsRequest>,
    ) -> Result<Response<PurgeDocumentsResponse>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }
}

impl FakeService {
    fn take(&self, sequence_number: u64, document: Document, answer: &mut ImportDocumentsResponse) {
        answer.acknowledged_through = sequence_number;
        let document_id = document.id;
        if document_id.contains('坏') {
            let status = tonic_types::Status {
                code: Code::InvalidArgument.into(),
                message: "bad".into(),
                ..tonic_types::Status::default()
            };
            answer.failures.push(ImportFailure { sequence_number, document_id, status: Some(status) });
            return;
        }
        if document.content == Some(Content::Text(String::new())) {
            let warning = DocumentWarning {
                reason: "EMPTY_TEXT".into(),
                message: "nothing".into(),
                ..DocumentWarning::default()
            };
            let document_id = document_id.clone();
            answer.warnings.push(ImportWarning { sequence_number, document_id, warning: Some(warning) });
        }
        if self.ids.lock().expect("no test panics with it").insert(document_id) {
            answer.created += 1;
        } else {
            answer.unchanged += 1;
        }
    }
}

#[tonic::async_trait]
impl search_service_server::SearchService for FakeService {
    type SearchStream = Answers<SearchResponse>;
    type ExportStream = Answers<ExportResponse>;

    /// Finds the query itself, `limit` times; `断` is cut, `错` is refused.
    async fn search(&self, request: Request<SearchRequest>) -> Result<Response<Self::SearchStream>, Status> {
        let SearchRequest { query_form, limit, resume_token, .. } = request.into_inner();
        let Some(QueryForm::Query(query)) = query_form else { return Err(Status::invalid_argument("no query")) };
        if query == "错" {
            return Err(Status::invalid_argument("wrong query"));
        }
        let hit = |rank| Hit { rank, document_id: query.clone(), text: query.clone(), ..Hit::default() };
        // The stream of `续` breaks behind each hit, and can be gone on with there.
        let breaks = query == "续";
        let token = |rank: u32| if breaks { rank.to_string() } else { String::new() };
        let batch = |rank| Event::Hits(HitBatch { hits: vec![hit(rank)], resume_token: token(rank) });
        let first = resume_token.parse().map_or(1, |rank: u32| rank + 1);
        let mut events = vec![Event::Header(SearchHeader::default())];
        events.extend((first..=limit).map(batch).take(if breaks { 1 } else { usize::MAX }));
        if query != "断" {
            events.push(Event::Summary(SearchSummary::default()));
        }
        let mut answers: Vec<_> = events.into_iter().map(|event| Ok(SearchResponse { event: Some(event) })).collect();
        if breaks && first <= limit {
            answers.pop();
            answers.push(Err(Status::unavailable("gone for a moment")));
        }
        let answers = answers.into_iter();
        Ok(Response::new(Box::pin(tokio_stream::iter(answers.collect::<Vec<_>>()))))
    }

    async fn export(&self, _: Request<ExportRequest>) -> Result<Response<Self::ExportStream>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }

    async fn count(&self, _: Request<CountRequest>) -> Result<Response<CountResponse>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }

    async fn explain(&self, _: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }

    async fn analyze(&self, _: Request<AnalyzeRequest>) -> Result<Response<AnalyzeResponse>, Status> {
        Err(Status::unimplemented("tested against the real service"))
    }
}
