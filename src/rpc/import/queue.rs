//! The middle of an import: hands prepared documents to the writer, in order.

use tokio::{sync::mpsc, time::timeout};

use crate::{
    ingest::{Ingest, Pending, Prepared},
    rpc::{
        failure::Failure,
        import::{read::Preparing, run::Item},
        limits::IMPORT_IDLE,
    },
};

/// Queues what `prepared` brings and passes what it waits for to `pending`; has it committed without waiting for
/// more when the input pauses or ends.
pub(super) async fn queue(
    ingest: &Ingest,
    mut prepared: mpsc::Receiver<Preparing>,
    pending: mpsc::Sender<Item<Pending>>,
) -> Result<(), Failure> {
    let mut is_flushed = true;
    loop {
        let next = if is_flushed { Some(prepared.recv().await) } else { in_time(&mut prepared).await };
        match next {
            Some(Some(chunk)) => {
                queue_chunk(ingest, chunk, &pending).await?;
                is_flushed = false;
            }
            Some(None) => break,
            None => {
                ingest.flush().await?;
                is_flushed = true;
            }
        }
    }
    Ok(ingest.flush().await?)
}

/// The next chunk, or `None` when the input pauses.
async fn in_time(prepared: &mut mpsc::Receiver<Preparing>) -> Option<Option<Preparing>> {
    timeout(IMPORT_IDLE, prepared.recv()).await.ok()
}

async fn queue_chunk(ingest: &Ingest, chunk: Preparing, pending: &mpsc::Sender<Item<Pending>>) -> Result<(), Failure> {
    for item in chunk.await.map_err(|error| Failure::Internal(error.into()))? {
        let item = queue_item(ingest, item).await;
        pending.send(item).await.map_err(|_| Failure::Cancelled)?;
    }
    Ok(())
}

async fn queue_item(ingest: &Ingest, item: Item<Prepared>) -> Item<Pending> {
    let Item { sequence_number, document_id, warnings, state } = item;
    let state = match state {
        Ok(prepared) => ingest.queue(prepared).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    Item { sequence_number, document_id, warnings, state }
}
