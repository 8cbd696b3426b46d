//! Listing documents, page by page.

use std::sync::atomic::AtomicBool;

use crate::{
    engine::{DocumentRecord, Generation},
    query::Filter,
    search::{SearchError, Searcher},
};

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
    /// The first `count` documents that a filter lets through whose versions came after the sequence `after`.
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
        count: usize,
        stop: &AtomicBool,
    ) -> Result<DocumentPage, SearchError> {
        let snapshot = self.engine.snapshot();
        // One more than wanted, to know whether there are more.
        let mut documents = snapshot.documents(filter, after, count.saturating_add(1), stop)?;
        let more = documents.len() > count;
        documents.truncate(count);
        let last = documents.last().map(|document| document.version.sequence);
        let next = if more { last.or(after) } else { None };
        Ok(DocumentPage { generation: snapshot.generation(), documents, next })
    }
}
