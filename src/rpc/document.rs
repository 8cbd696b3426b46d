//! `DocumentService`: documents in, documents out.

mod list;
mod purge;

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use crate::{
    document::DocumentId,
    ingest::Ingest,
    rpc::{
        call::Call,
        convert::{
            ReadView, Received, delete_response, document, document_id, etag, get_request, metadata_response,
            original_response, paragraphs_response, prepare_warning, put_response,
        },
        core::Core,
        failure::Failure,
        import::Import,
        limits::DOCUMENT_PAGE_BYTES,
        proto::{self, document_service_server::DocumentService},
        stream::{Answers, AtShutdown, start},
    },
    search::{SearchError, Searcher},
};

/// The service.
pub(crate) struct Documents {
    core: Arc<Core>,
}

impl Documents {
    /// Serves what `core` holds.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    async fn put(
        &self,
        call: &Call,
        request: proto::PutDocumentRequest,
    ) -> Result<proto::PutDocumentResponse, Failure> {
        let proto::PutDocumentRequest { document: sent, etag: expected } = request;
        let Received { document, mut warnings } = document(sent)?;
        let expected = etag(&expected)?;
        let ingest = self.ingest()?;
        self.core.admit_document_call(call)?;
        let id = document.id.clone();
        let preparing = ingest.clone();
        let prepared = self.core.in_turn(call, move |stop| preparing.prepare(document, stop)).await??;
        warnings.extend(prepared.warnings.iter().copied().map(prepare_warning));
        let receipt = ingest.put(prepared, expected).await?;
        Ok(put_response(&id, &receipt, warnings))
    }

    async fn get(
        &self,
        call: &Call,
        request: proto::GetDocumentRequest,
    ) -> Result<proto::GetDocumentResponse, Failure> {
        let (id, view) = get_request(request)?;
        let searcher = self.core.opened()?.searcher.clone();
        self.core.admit_document_call(call)?;
        Ok(self.core.in_turn(call, move |_| read(&searcher, &id, &view)).await??)
    }

    async fn delete(
        &self,
        call: &Call,
        request: proto::DeleteDocumentRequest,
    ) -> Result<proto::DeleteDocumentResponse, Failure> {
        let proto::DeleteDocumentRequest { document_id: id, etag: expected } = request;
        let (id, expected) = (document_id("document_id", id)?, etag(&expected)?);
        let ingest = self.ingest()?;
        self.core.admit_document_call(call)?;
        let deleted = ingest.delete(id, expected).await?;
        Ok(delete_response(&deleted))
    }

    fn start_import(
        &self,
        call: &Call,
        requests: Streaming<proto::ImportDocumentsRequest>,
    ) -> Result<Answers<proto::ImportDocumentsResponse>, Failure> {
        let ingest = self.ingest()?;
        let admitted = self.core.admit_import(call)?;
        let import = Import::new(&self.core, call, ingest);
        // An import that the service's end cuts short still acknowledges what it gave to the writer.
        Ok(start(&self.core, call, admitted, AtShutdown::Decides, |outlet| import.run(requests, outlet)))
    }

    fn ingest(&self) -> Result<Ingest, Failure> {
        Ok(self.core.opened()?.ingest.clone())
    }
}

/// Reads as much of a document as the view says. Disk work: run it on the pool.
fn read(searcher: &Searcher, id: &DocumentId, view: &ReadView) -> Result<proto::GetDocumentResponse, SearchError> {
    match *view {
        ReadView::Metadata => Ok(metadata_response(&searcher.document(id)?)),
        ReadView::Paragraphs { first } => {
            Ok(paragraphs_response(searcher.paragraphs(id, first, DOCUMENT_PAGE_BYTES as usize)?))
        }
        ReadView::Original { offset, bytes } => Ok(original_response(searcher.original(id, offset, bytes as usize)?)),
    }
}

#[tonic::async_trait]
impl DocumentService for Documents {
    type ImportDocumentsStream = Answers<proto::ImportDocumentsResponse>;

    async fn put_document(
        &self,
        request: Request<proto::PutDocumentRequest>,
    ) -> Result<Response<proto::PutDocumentResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.put(&call, request.into_inner())).await
    }

    async fn import_documents(
        &self,
        request: Request<Streaming<proto::ImportDocumentsRequest>>,
    ) -> Result<Response<Self::ImportDocumentsStream>, Status> {
        let call = Call::of(&request);
        let answers = self.start_import(&call, request.into_inner());
        answers.map(Response::new).map_err(|failure| call.status(failure))
    }

    async fn get_document(
        &self,
        request: Request<proto::GetDocumentRequest>,
    ) -> Result<Response<proto::GetDocumentResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.get(&call, request.into_inner())).await
    }

    async fn list_documents(
        &self,
        request: Request<proto::ListDocumentsRequest>,
    ) -> Result<Response<proto::ListDocumentsResponse>, Status> {
        let call = Call::of(&request);
        self.core.answer(&call, list::list(&self.core, &call, request.into_inner())).await
    }

    async fn delete_document(
        &self,
        request: Request<proto::DeleteDocumentRequest>,
    ) -> Result<Response<proto::DeleteDocumentResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.delete(&call, request.into_inner())).await
    }

    async fn purge_documents(
        &self,
        request: Request<proto::PurgeDocumentsRequest>,
    ) -> Result<Response<proto::PurgeDocumentsResponse>, Status> {
        let call = Call::of(&request);
        self.core.answer(&call, purge::purge(&self.core, &call, request.into_inner())).await
    }
}
