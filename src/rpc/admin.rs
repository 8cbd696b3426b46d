//! `AdminService`: what runs here, what the index holds, and whether it is sound.

use std::{path::Path, sync::Arc, time::Duration};

use tonic::{Request, Response, Status};

use crate::{
    document::{MAX_ID_BYTES, MAX_READY_PARAGRAPHS, MAX_TEXT_BYTES},
    query::{MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH, MAX_TREE_CHARACTERS},
    rpc::{
        call::Call,
        convert::{
            backup_request, backup_response, cancel_operation_request, cancel_streams_request, get_operation_request,
            operation, reindex_request, running_stream, statistics_response, verification_response,
        },
        core::Core,
        failure::Failure,
        limits,
        proto::{self, admin_service_server::AdminService},
        reindex,
    },
    search::{BackupError, LEASE, MAX_FACET_VALUE_BYTES, MAX_FACET_VALUES, MAX_LEASES, ReadError},
    shutdown::Phase,
};

/// The service.
pub(crate) struct Admin {
    core: Arc<Core>,
}

impl Admin {
    /// Serves what `core` holds.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    async fn statistics(&self) -> Result<proto::GetIndexStatsResponse, Failure> {
        let searcher = self.core.opened()?.searcher.clone();
        let (generation, statistics) = self.core.pool.run(move |_| searcher.statistics()).await??;
        Ok(statistics_response(generation, statistics, &self.core.policy.fingerprint))
    }

    async fn back_up(&self, request: proto::CreateBackupRequest) -> Result<proto::CreateBackupResponse, Failure> {
        let target = backup_request(request)?;
        let searcher = self.core.opened()?.searcher.clone();
        let _alone = self.core.maintenance.try_acquire().map_err(|_| Failure::MaintenanceRuns)?;
        let directory = target.clone();
        let stopping = self.core.shutdown.stopping();
        let made =
            self.core.pool.run_aside(stopping, move |stop| searcher.back_up(Path::new(&directory), stop)).await?;
        if let Err(BackupError::Read(ReadError::Corrupt(files))) = &made {
            self.damaged(files);
        }
        Ok(backup_response(target, &made.map_err(|error| self.ended_with(error))?))
    }

    async fn verify(&self) -> Result<proto::VerifyIndexResponse, Failure> {
        let searcher = self.core.opened()?.searcher.clone();
        let _alone = self.core.maintenance.try_acquire().map_err(|_| Failure::MaintenanceRuns)?;
        let verified =
            self.core.pool.run_aside(self.core.shutdown.stopping(), move |stop| searcher.verify(stop)).await?;
        let verification = verified.map_err(|error| self.ended_with(error))?;
        if !verification.damaged.is_empty() {
            self.damaged(&verification.damaged.join(", "));
        }
        Ok(verification_response(verification))
    }

    /// Why work aside came to nothing: when the service stops, it ends, and takes away what it has made of a backup.
    fn ended_with(&self, error: impl Into<Failure>) -> Failure {
        if self.core.shutdown.phase() < Phase::Stopping { error.into() } else { Failure::Draining }
    }

    fn damaged(&self, files: &str) {
        tracing::error!(files, "the index is damaged: nothing of it is served any more");
        self.core.damaged(format!("damaged files: {files}"));
    }

    async fn start_reindex(&self, request: proto::StartReindexRequest) -> Result<proto::StartReindexResponse, Failure> {
        let begun = reindex::start(&self.core, reindex_request(request)).await?;
        Ok(proto::StartReindexResponse { operation: Some(operation(&begun)) })
    }

    fn get_operation(&self, request: proto::GetOperationRequest) -> Result<proto::GetOperationResponse, Failure> {
        let found = self.core.operations.find(&get_operation_request(request))?;
        Ok(proto::GetOperationResponse { operation: Some(operation(&found)) })
    }

    async fn cancel_operation(
        &self,
        request: proto::CancelOperationRequest,
    ) -> Result<proto::CancelOperationResponse, Failure> {
        let found = self.core.operations.find(&cancel_operation_request(request)?)?;
        found.cancel().await;
        Ok(proto::CancelOperationResponse { operation: Some(operation(&found)) })
    }

    fn cancel_stream(&self, request: proto::CancelStreamRequest) -> Result<proto::CancelStreamResponse, Failure> {
        let request_id = cancel_streams_request(request)?;
        match self.core.streams.cancel(&request_id) {
            0 => Err(Failure::StreamNotFound(request_id)),
            cancelled => Ok(proto::CancelStreamResponse { cancelled: saturated(cancelled) }),
        }
    }

    fn limits(&self) -> proto::Limits {
        proto::Limits {
            query_characters: saturated(MAX_CHARACTERS),
            query_clauses: saturated(MAX_CLAUSES),
            query_depth: saturated(MAX_DEPTH),
            search_limit: limits::SEARCH_LIMIT,
            default_search_limit: limits::DEFAULT_SEARCH_LIMIT,
            context_paragraphs: limits::CONTEXT_PARAGRAPHS,
            document_bytes: MAX_TEXT_BYTES as u64,
            document_id_bytes: saturated(MAX_ID_BYTES),
            original_bytes: limits::DOCUMENT_PAGE_BYTES,
            streams: saturated(self.core.policy.max_streams),
            query_tree_characters: saturated(MAX_TREE_CHARACTERS),
            filter_values: saturated(limits::FILTER_VALUES),
            filter_value_bytes: saturated(limits::FIELD_BYTES),
            facet_values: saturated(MAX_FACET_VALUES),
            facet_value_bytes: saturated(MAX_FACET_VALUE_BYTES),
            list_page_size: limits::LIST_PAGE,
            default_list_page_size: limits::DEFAULT_LIST_PAGE,
            list_page_bytes: saturated(limits::LIST_PAGE_BYTES),
            purge_sample: saturated(limits::PURGE_SAMPLE),
            metadata_field_bytes: saturated(limits::FIELD_BYTES),
            labels: saturated(limits::LABELS),
            label_bytes: saturated(limits::LABEL_BYTES),
            attributes: saturated(limits::LABELS),
            attribute_key_bytes: saturated(limits::LABEL_BYTES),
            ready_paragraphs: saturated(MAX_READY_PARAGRAPHS),
            ready_paragraph_bytes: saturated(limits::READY_PARAGRAPH_BYTES),
            ready_headings: saturated(limits::READY_HEADINGS),
            ready_heading_bytes: saturated(limits::READY_HEADING_BYTES),
            document_request_bytes: saturated(limits::DOCUMENT_REQUEST_BYTES),
            request_bytes: saturated(limits::REQUEST_BYTES),
            calls: saturated(limits::DOCUMENT_CALLS),
            calls_per_caller: saturated(limits::DOCUMENT_CALLS_PER_CALLER),
            imports: saturated(limits::IMPORTS),
            imports_per_caller: saturated(limits::IMPORTS_PER_CALLER),
            reader_patience_ms: milliseconds(self.core.policy.reader_patience),
            import_patience_ms: milliseconds(limits::IMPORT_PATIENCE),
            streams_per_caller: saturated(self.core.policy.max_streams_per_caller),
            waiting_calls: saturated(self.core.policy.max_waiting),
            max_wait_ms: milliseconds(self.core.policy.max_wait),
            leases: saturated(MAX_LEASES),
            lease_ms: milliseconds(LEASE),
        }
    }
}

fn milliseconds(limit: Duration) -> u32 {
    u32::try_from(limit.as_millis()).unwrap_or(u32::MAX)
}

fn saturated(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_server_info(
        &self,
        request: Request<proto::GetServerInfoRequest>,
    ) -> Result<Response<proto::GetServerInfoResponse>, Status> {
        let proto::GetServerInfoRequest {} = request.into_inner();
        Ok(Response::new(proto::GetServerInfoResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            text_chain_fingerprint: self.core.policy.fingerprint.clone(),
            limits: Some(self.limits()),
            synonyms_version: self.core.policy.synonyms_version.clone(),
        }))
    }

    async fn get_index_stats(
        &self,
        request: Request<proto::GetIndexStatsRequest>,
    ) -> Result<Response<proto::GetIndexStatsResponse>, Status> {
        let call = Call::of(&request);
        let proto::GetIndexStatsRequest {} = request.into_inner();
        call.answer(self.statistics()).await
    }

    async fn create_backup(
        &self,
        request: Request<proto::CreateBackupRequest>,
    ) -> Result<Response<proto::CreateBackupResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.back_up(request.into_inner())).await
    }

    async fn verify_index(
        &self,
        request: Request<proto::VerifyIndexRequest>,
    ) -> Result<Response<proto::VerifyIndexResponse>, Status> {
        let call = Call::of(&request);
        let proto::VerifyIndexRequest {} = request.into_inner();
        call.answer(self.verify()).await
    }

    async fn start_reindex(
        &self,
        request: Request<proto::StartReindexRequest>,
    ) -> Result<Response<proto::StartReindexResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.start_reindex(request.into_inner())).await
    }

    async fn get_operation(
        &self,
        request: Request<proto::GetOperationRequest>,
    ) -> Result<Response<proto::GetOperationResponse>, Status> {
        let call = Call::of(&request);
        let found = self.get_operation(request.into_inner());
        found.map(Response::new).map_err(|failure| call.status(failure))
    }

    async fn cancel_operation(
        &self,
        request: Request<proto::CancelOperationRequest>,
    ) -> Result<Response<proto::CancelOperationResponse>, Status> {
        let call = Call::of(&request);
        call.answer(self.cancel_operation(request.into_inner())).await
    }

    async fn list_streams(
        &self,
        request: Request<proto::ListStreamsRequest>,
    ) -> Result<Response<proto::ListStreamsResponse>, Status> {
        let proto::ListStreamsRequest {} = request.into_inner();
        let streams = self.core.streams.list().iter().map(running_stream).collect();
        Ok(Response::new(proto::ListStreamsResponse { streams }))
    }

    async fn cancel_stream(
        &self,
        request: Request<proto::CancelStreamRequest>,
    ) -> Result<Response<proto::CancelStreamResponse>, Status> {
        let call = Call::of(&request);
        let cancelled = self.cancel_stream(request.into_inner());
        cancelled.map(Response::new).map_err(|failure| call.status(failure))
    }
}
