//! Listing documents, page by page.

use std::sync::{Arc, atomic::AtomicBool};

use serde::{Deserialize, Serialize};

use crate::{
    engine::{DocumentRecord, Generation, Snapshot},
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

/// A place in a list: behind a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPlace {
    /// Names the index: one that was restored from a backup gives out the same numbers anew.
    index: u32,
    sequence: u64,
}

impl ListPlace {
    /// The sequence behind which may be what was not listed: none that another history gave out.
    fn within(self, snapshot: &dyn Snapshot) -> Result<u64, SearchError> {
        let common = snapshot.in_common(self.index).ok_or(SearchError::PageExpired)?;
        Ok(self.sequence.min(common.sequence))
    }
}

/// Documents in order of arrival.
#[derive(Clone, Debug)]
pub struct DocumentPage {
    /// The state of the index that they are read from.
    pub generation: Generation,
    /// Their records.
    pub documents: Vec<DocumentRecord>,
    /// Where the next page begins; `None` when there is nothing more.
    pub next: Option<ListPlace>,
}

impl Searcher {
    /// The first documents that a filter lets through whose versions came behind the place `after`.
    ///
    /// A page shows the newest state: a document that is replaced between two pages comes once more, with the
    /// sequence of its new version.
    ///
    /// # Errors
    /// When the place is one of another index, the index cannot be read, or on `stop`.
    pub fn documents(
        &self,
        filter: &Filter,
        after: Option<ListPlace>,
        bound: PageBound,
        stop: &Arc<AtomicBool>,
    ) -> Result<DocumentPage, SearchError> {
        let snapshot = self.engine.snapshot();
        let (generation, page_index) = (snapshot.generation(), snapshot.generation().index);
        let mut page = DocumentPage { generation, documents: Vec::new(), next: None };
        let place = |sequence| ListPlace { index: page_index, sequence };
        let (mut last, mut bytes) = (after.map(|after| after.within(snapshot.as_ref())).transpose()?, 0);
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
                    page.next = last.map(place);
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
