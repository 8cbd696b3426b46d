//! `AdminService`: what runs here and what the index holds.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    document::{MAX_ID_BYTES, MAX_TEXT_BYTES},
    query::{MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH},
    rpc::{
        call::Call,
        convert::statistics_response,
        core::Core,
        failure::Failure,
        limits::{CONTEXT_PARAGRAPHS, DEFAULT_SEARCH_LIMIT, DOCUMENT_PAGE_BYTES, SEARCH_LIMIT},
        proto::{self, admin_service_server::AdminService},
    },
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

    fn limits(&self) -> proto::Limits {
        proto::Limits {
            query_characters: saturated(MAX_CHARACTERS),
            query_clauses: saturated(MAX_CLAUSES),
            query_depth: saturated(MAX_DEPTH),
            search_limit: SEARCH_LIMIT,
            default_search_limit: DEFAULT_SEARCH_LIMIT,
            context_paragraphs: CONTEXT_PARAGRAPHS,
            document_bytes: MAX_TEXT_BYTES as u64,
            document_id_bytes: saturated(MAX_ID_BYTES),
            original_bytes: DOCUMENT_PAGE_BYTES,
            streams: saturated(self.core.policy.max_streams),
        }
    }
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
}
