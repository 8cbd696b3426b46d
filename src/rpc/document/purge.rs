//! `PurgeDocuments`: every document that a filter lets through, deleted in groups.

use std::{
    future::pending,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    document::DocumentId,
    ingest::{Ingest, IngestError},
    query::Filter,
    rpc::{
        call::Call,
        convert::{Purge, purge_request, purge_response},
        core::{Core, Opened},
        failure::Failure,
        limits::{PURGE_GROUP, PURGE_SAMPLE},
        proto,
    },
    search::{DocumentVersion, Generation, PurgeScope, Searcher},
};

/// Answers one call. Holds the ids of one group at a time.
pub(super) async fn purge(
    core: &Core,
    call: &Call,
    request: proto::PurgeDocumentsRequest,
) -> Result<proto::PurgeDocumentsResponse, Failure> {
    let Purge { filter, validate_only } = purge_request(request)?;
    let Opened { searcher, ingest, token_key: _ } = core.opened()?.clone();
    core.admit_document_call(call)?;
    let (looking, conditions) = (searcher.clone(), filter.clone());
    let scope = core.in_turn(call, move |stop| looking.purge_scope(&conditions, stop)).await??;
    let mut purging = Purging { core, searcher, ingest, filter, scope, after: None };
    if validate_only {
        let sample = purging.next(PURGE_SAMPLE).await?;
        return Ok(purge_response(scope.documents, ids(sample), scope.generation));
    }
    let Purged { documents, sample, generation } = purging.run().await?;
    Ok(purge_response(documents, sample, generation))
}

/// A purge under way.
struct Purging<'a> {
    core: &'a Core,
    searcher: Searcher,
    ingest: Ingest,
    filter: Filter,
    scope: PurgeScope,
    /// The sequence of the last version that was looked at.
    after: Option<u64>,
}

/// What was deleted so far.
struct Purged {
    documents: u64,
    sample: Vec<DocumentId>,
    /// A state of the index without them.
    generation: Generation,
}

impl Purging<'_> {
    /// Deletes group by group, until nothing is left or the service stops.
    async fn run(mut self) -> Result<Purged, Failure> {
        let mut purged = Purged { documents: 0, sample: Vec::new(), generation: self.scope.generation };
        let stopping = self.core.shutdown.stopping();
        let deleting = async {
            loop {
                let group = self.next(PURGE_GROUP).await?;
                if group.is_empty() {
                    return Ok(());
                }
                purged.delete(&self.ingest, group).await?;
            }
        };
        tokio::select! {
            biased;
            done = deleting => done.map(|()| purged),
            () = stopping => Err(Failure::Draining),
        }
    }

    /// The next versions to delete, none when there are no more.
    async fn next(&mut self, count: usize) -> Result<Vec<DocumentVersion>, Failure> {
        let (searcher, filter) = (self.searcher.clone(), self.filter.clone());
        let (after, through) = (self.after, self.scope.through);
        let read = move |stop: &Arc<AtomicBool>| searcher.purge_versions(&filter, after, through, count, stop);
        let found = self.core.pool.go_on(pending(), read).await??;
        self.after = found.last().map(|version| version.sequence).or(self.after);
        Ok(found)
    }
}

impl Purged {
    /// Deletes some versions with one commit. What was replaced or deleted meanwhile is left alone.
    async fn delete(&mut self, ingest: &Ingest, group: Vec<DocumentVersion>) -> Result<(), Failure> {
        let mut pending = Vec::with_capacity(group.len());
        for DocumentVersion { id, sequence } in group {
            pending.push((id.clone(), ingest.queue_delete(id, sequence).await?));
        }
        ingest.flush().await?;
        for (id, pending) in pending {
            match pending.receipt().await {
                Ok(deleted) => self.count(id, deleted.generation),
                Err(IngestError::EtagMismatch(_) | IngestError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn count(&mut self, id: DocumentId, generation: Generation) {
        self.documents += 1;
        self.generation = generation;
        if self.sample.len() < PURGE_SAMPLE {
            self.sample.push(id);
        }
    }
}

fn ids(versions: Vec<DocumentVersion>) -> Vec<DocumentId> {
    versions.into_iter().map(|version| version.id).collect()
}
