//! Listing documents, page by page.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    engine::{DocumentRecord, Generation},
    query::Filter,
    search::{SearchError, Searcher},
};

/// How many records are read at once: each may have some hundred KiB.
const READ_AT_ONCE: usize = 64;
/// What a record takes beside its texts, in bytes, roughly.
const RECORD_BYTES: usize = 1 << 10;

/// How much of a list is read at most, but at least one document.
#[derive(Clone, Copy, Debug)]
pub struct PageBound {
    /// Documents; at least 1.
    pub documents: usize,
    /// Bytes of what is known about them.
    pub bytes: usize,
}

/// Documents in order of arrival.
#[derive(Clone, Debug)]
pub struct DocumentPage {
    /// The state of the index that they are read from.
    pub generation: Generation,
    /// Their records.
    pub documents: Vec<DocumentRecord>,
    /// The sequence after which the next page begins; `None` when there is nothing more.
    pub next: Option<u64>,
}

impl Searcher {
    /// The first documents that a filter lets through whose versions came after the sequence `after`.
    ///
    /// A page shows the newest state: a document that is replaced between two pages comes once more, with the
    /// sequence of its new version.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn documents(
        &self,
        filter: &Filter,
        after: Option<u64>,
        bound: PageBound,
        stop: &Arc<AtomicBool>,
    ) -> Result<DocumentPage, SearchError> {
        let snapshot = self.engine.snapshot();
        let mut page = DocumentPage { generation: snapshot.generation(), documents: Vec::new(), next: None };
        let (mut last, mut bytes) = (after, 0);
        // Nothing comes after the newest sequence, whatever number a caller has.
        while last.is_none_or(|last| last < snapshot.sequence()) {
            // One more than wanted, to know whether there are more.
            let count = READ_AT_ONCE.min(bound.documents.saturating_add(1) - page.documents.len());
            let read = snapshot.documents(filter, last, count, stop)?;
            let is_end = read.len() < count;
            for document in read {
                bytes += weight_bytes(&document);
                let is_full = page.documents.len() >= bound.documents || bytes > bound.bytes;
                if is_full && !page.documents.is_empty() {
                    page.next = last;
                    return Ok(page);
                }
                last = Some(document.version.sequence);
                page.documents.push(document);
            }
            if is_end {
                break;
            }
        }
        Ok(page)
    }
}

fn weight_bytes(document: &DocumentRecord) -> usize {
    RECORD_BYTES + document.id.as_str().len() + document.metadata.text_bytes()
}
