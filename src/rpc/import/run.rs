//! The three steps, put together.

use std::{
    future::Future,
    sync::{Arc, atomic::AtomicBool},
};

use tokio::sync::{mpsc, watch};
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
    /// Its id, as the caller wrote it; cut if it is too long to be one.
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
        let under_way = watch::Sender::new(0);
        let ingest = self.ingest.clone();
        let prepare = Arc::new(move |document, stop: &AtomicBool| ingest.prepare(document, stop));
        let reader =
            Reader::new(self.call.clone(), requests, prepare, self.core.pool.clone(), chunks, under_way.clone());
        // Boxed: what each step holds while it waits adds up to 17 KiB.
        Box::pin(joined(
            reader.run(self.core.shutdown.stopping()),
            queue(&self.ingest, prepared, pending),
            acknowledge(&self.call, queued, &outlet, &under_way),
        ))
        .await
    }
}

/// Runs the steps to their ends. A step that fails ends the ones before it, as its queue is closed, while what it
/// passed on before is still acknowledged; if that fails there is nothing more to say, and all are dropped.
async fn joined<R, Q, A>(read: R, queue: Q, acknowledge: A) -> Result<(), Failure>
where
    R: Future<Output = Result<(), Failure>>,
    Q: Future<Output = Result<(), Failure>>,
    A: Future<Output = Result<(), Failure>>,
{
    let (read, queued, ()) = tokio::try_join!(async { Ok(read.await) }, async { Ok(queue.await) }, acknowledge)?;
    // In this order: reading fails, too, when queueing has.
    queued.and(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_queued_is_acknowledged_though_queueing_failed() {
        let (pending, mut queued) = mpsc::channel(8);
        let (chunks, prepared) = mpsc::channel::<()>(8);
        let read = async {
            chunks.closed().await;
            Err(Failure::Cancelled)
        };
        let queue = async {
            pending.send(7).await.unwrap();
            drop((pending, prepared));
            Err(Failure::Draining)
        };
        let mut acknowledged = Vec::new();
        let acknowledge = async {
            while let Some(number) = queued.recv().await {
                tokio::task::yield_now().await;
                acknowledged.push(number);
            }
            Ok(())
        };
        assert_eq!(joined(read, queue, acknowledge).await.unwrap_err().reason(), "SERVER_DRAINING");
        assert_eq!(acknowledged, [7]);
    }
}
