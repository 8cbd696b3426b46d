//! The answering side of an import: waits for commits in order, and acknowledges all that is ready at once.

use std::{future::ready, pin::pin};

use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    watch,
};

use crate::{
    ingest::{Outcome, Pending, Receipt},
    rpc::{call::Call, failure::Failure, import::run::Item, limits::IMPORT_REMARKS, proto, stream::Outlet},
};

/// Acknowledges what `queued` brings, until it has no more; that is then no longer `under_way`.
///
/// A document's own failure is listed; a failure to write ends the stream, for what comes after would fail too.
pub(super) async fn acknowledge(
    call: &Call,
    mut queued: mpsc::Receiver<Item<Pending>>,
    outlet: &Outlet<proto::ImportDocumentsResponse>,
    under_way: &watch::Sender<usize>,
) -> Result<(), Failure> {
    let mut run = Run { call, outlet, under_way, response: proto::ImportDocumentsResponse::default(), documents: 0 };
    let mut next = queued.recv().await;
    while let Some(item) = next {
        let settled = run.settle(item).await?;
        match settled.state {
            Err(failure) if concerns_all(&failure) => {
                run.send().await?;
                return Err(failure);
            }
            _ => run.add(settled),
        }
        if run.is_full() {
            run.send().await?;
        }
        next = match queued.try_recv() {
            Ok(item) => Some(item),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                run.send().await?;
                queued.recv().await
            }
        };
    }
    run.send().await
}

/// Whether a failure is not of one document but of whatever is written.
fn concerns_all(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Draining
            | Failure::StorageFull(_)
            | Failure::EngineUnavailable(_)
            | Failure::Forbidden(_)
            | Failure::Corrupt(_)
            | Failure::Cancelled
    )
}

/// A run of documents that one answer acknowledges.
struct Run<'a> {
    call: &'a Call,
    outlet: &'a Outlet<proto::ImportDocumentsResponse>,
    under_way: &'a watch::Sender<usize>,
    response: proto::ImportDocumentsResponse,
    documents: usize,
}

impl Run<'_> {
    /// Waits for a document's commit; sends what the run has if that takes any time.
    async fn settle(&mut self, item: Item<Pending>) -> Result<Item<Receipt>, Failure> {
        let Item { sequence_number, document_id, warnings, state } = item;
        let state = match state {
            Ok(pending) => {
                let mut receipt = pin!(pending.receipt());
                let receipt = tokio::select! {
                    biased;
                    receipt = &mut receipt => receipt,
                    () = ready(()) => {
                        self.send().await?;
                        receipt.await
                    }
                };
                receipt.map_err(Failure::from)
            }
            Err(failure) => Err(failure),
        };
        Ok(Item { sequence_number, document_id, warnings, state })
    }

    fn add(&mut self, item: Item<Receipt>) {
        let Item { sequence_number, document_id, warnings, state } = item;
        self.documents += 1;
        self.response.acknowledged_through = sequence_number;
        match state {
            Ok(receipt) => {
                self.count(&receipt);
                let warnings = warnings.into_iter().map(|warning| proto::ImportWarning {
                    sequence_number,
                    document_id: document_id.clone(),
                    warning: Some(warning),
                });
                self.response.warnings.extend(warnings);
            }
            Err(failure) => self.response.failures.push(proto::ImportFailure {
                sequence_number,
                document_id,
                status: Some(failure.into_item_status(self.call.request_id())),
            }),
        }
    }

    fn count(&mut self, receipt: &Receipt) {
        match receipt.outcome {
            Outcome::Created => self.response.created += 1,
            Outcome::Replaced => self.response.replaced += 1,
            Outcome::Unchanged => self.response.unchanged += 1,
        }
        self.response.generation = receipt.generation.to_string();
    }

    fn is_full(&self) -> bool {
        self.response.failures.len() + self.response.warnings.len() >= IMPORT_REMARKS
    }

    /// Sends the run, if there is one, and begins the next. The generation stays: a run of failures has that of the
    /// last success.
    async fn send(&mut self) -> Result<(), Failure> {
        if self.documents == 0 {
            return Ok(());
        }
        let room = self.outlet.room().await?;
        let generation = self.response.generation.clone();
        let next = proto::ImportDocumentsResponse { generation, ..proto::ImportDocumentsResponse::default() };
        room.send(std::mem::replace(&mut self.response, next));
        let sent = std::mem::take(&mut self.documents);
        self.under_way.send_modify(|under_way| *under_way -= sent);
        Ok(())
    }
}
