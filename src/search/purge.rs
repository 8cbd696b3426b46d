//! Documents to be deleted: which ones, as far as they were there at one moment.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    document::DocumentId,
    engine::Generation,
    query::Filter,
    search::{SearchError, Searcher},
};

/// How many records are read at once: each may have some hundred KiB.
const READ_AT_ONCE: usize = 64;

/// What a purge is about: what its filter let through at one moment.
#[derive(Clone, Copy, Debug)]
pub struct PurgeScope {
    /// The state of the index at that moment.
    pub generation: Generation,
    /// The newest sequence that there was: what came later is not meant.
    pub through: u64,
    /// How many documents.
    pub documents: u64,
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentVersion {
    /// The document.
    pub id: DocumentId,
    /// The number of the version.
    pub sequence: u64,
}

impl Searcher {
    /// What a purge that begins now is about.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn purge_scope(&self, filter: &Filter, stop: &Arc<AtomicBool>) -> Result<PurgeScope, SearchError> {
        let snapshot = self.engine.snapshot();
        let documents = snapshot.number_of_documents(filter, stop)?;
        Ok(PurgeScope { generation: snapshot.generation(), through: snapshot.sequence(), documents })
    }

    /// The first `count` versions that a filter lets through, from the one after the sequence `after` up to the one with
    /// the sequence `through`, as far as they are still there.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn purge_versions(
        &self,
        filter: &Filter,
        after: Option<u64>,
        through: u64,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<DocumentVersion>, SearchError> {
        let snapshot = self.engine.snapshot();
        let (mut found, mut last) = (Vec::new(), after);
        while found.len() < count {
            let wanted = READ_AT_ONCE.min(count - found.len());
            let read = snapshot.documents(filter, last, wanted, stop)?;
            let is_end = read.len() < wanted;
            for record in read {
                let sequence = record.version.sequence;
                if sequence > through {
                    return Ok(found);
                }
                last = Some(sequence);
                found.push(DocumentVersion { id: record.id, sequence });
            }
            if is_end {
                break;
            }
        }
        Ok(found)
    }
}
