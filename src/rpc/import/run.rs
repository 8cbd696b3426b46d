//! The three steps, put together.

use std::sync::Arc;

use tokio::sync::mpsc;
use tonic::Streaming;

use crate::{
    ingest::Ingest,
    rpc::{
        call::Call,
        core::Core,
        failure::Failure,
        import::{acknowledge::acknowledge, queue::queue, read::Reader},
        limits::{IMPORT_CHUNKS, IMPORT_PENDING},
        proto,
        stream::Outlet,
    },
};

/// One import.
pub(crate) struct Import {
    core: Arc<Core>,
    call: Call,
    ingest: Ingest,
}

/// A document of an import on its way through the steps.
pub(super) struct Item<T> {
    /// The caller's number for it.
    pub(super) sequence_number: u64,
    /// Its id, as the caller wrote it.
    pub(super) document_id: String,
    /// What its sender should know.
    pub(super) warnings: Vec<proto::DocumentWarning>,
    /// As the step before left it, or why it was refused.
    pub(super) state: Result<T, Failure>,
}

impl Import {
    /// An import that writes to `ingest`.
    pub(crate) fn new(core: &Arc<Core>, call: &Call, ingest: Ingest) -> Self {
        Self { core: Arc::clone(core), call: call.clone(), ingest }
    }

    /// Takes in what `requests` brings. Whatever ends the input early, what was queued before is acknowledged first.
    pub(crate) async fn run(
        self,
        requests: Streaming<proto::ImportDocumentsRequest>,
        outlet: Outlet<proto::ImportDocumentsResponse>,
    ) -> Result<(), Failure> {
        let (chunks, prepared) = mpsc::channel(IMPORT_CHUNKS);
        let (pending, queued) = mpsc::channel(IMPORT_PENDING);
        let reader = Reader::new(requests, self.core.pool.clone(), chunks);
        let read = async { Ok(reader.run(self.core.shutdown.stopping()).await) };
        let (input_ended, (), ()) =
            tokio::try_join!(read, queue(&self.ingest, prepared, pending), acknowledge(&self.call, queued, &outlet),)?;
        input_ended
    }
}
