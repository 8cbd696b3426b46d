//! The segments of one committed state, opened.
//!
//! tantivy's searcher opens all segments anew for each commit: that takes longer the more there are, and what was looked
//! up in them before is looked up again. Here a segment that is as it was stays open from one state to the next.

use std::sync::Arc;

use tantivy::{
    Index, ReloadPolicy, Searcher, Segment, SegmentReader,
    index::SegmentId,
    query::{Bm25StatisticsProvider, EnableScoring},
};

use crate::engine::tantivy::doubt::Doubt;

/// Segments in the order of their list. Cheap to clone.
#[derive(Clone)]
pub(super) struct Segments {
    index: Index,
    readers: Arc<[SegmentReader]>,
    doubt: Doubt,
    /// Of an empty index with the same fields: tantivy wants a searcher for each query that is scored, and looks at nothing
    /// but its fields.
    fields: Searcher,
}

impl Segments {
    /// Opens those of an index as it is on disk. What makes no sense in them raises `doubt`.
    pub(super) fn open(index: &Index, doubt: Doubt) -> tantivy::Result<Self> {
        let empty = Index::create_in_ram(index.schema()).reader_builder().reload_policy(ReloadPolicy::Manual);
        let fields = empty.try_into()?.searcher();
        let readers = index.searchable_segments()?.iter().map(SegmentReader::open).collect::<tantivy::Result<_>>()?;
        Ok(Self { index: index.clone(), readers, doubt, fields })
    }

    /// Opens those that the index has by now. No file that its list names may go until this returns.
    pub(super) fn reopen(&self) -> tantivy::Result<Self> {
        let open = |segment: &Segment| {
            let (id, deletions) = (segment.id(), segment.meta().delete_opstamp());
            let is_same = |known: &&SegmentReader| known.segment_id() == id && known.delete_opstamp() == deletions;
            self.readers.iter().find(is_same).map_or_else(|| SegmentReader::open(segment), |known| Ok(known.clone()))
        };
        let readers = self.index.searchable_segments()?.iter().map(open).collect::<tantivy::Result<_>>()?;
        Ok(Self { readers, ..self.clone() })
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    pub(super) fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    pub(super) fn readers(&self) -> &[SegmentReader] {
        &self.readers
    }

    /// The one with a place in the order.
    pub(super) fn at(&self, ordinal: u32) -> &SegmentReader {
        &self.readers[ordinal as usize]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = SegmentId> {
        self.readers.iter().map(SegmentReader::segment_id)
    }

    /// For queries that only match.
    pub(super) fn unscored(&self) -> EnableScoring<'_> {
        EnableScoring::disabled_from_schema(self.fields.schema())
    }

    /// For queries that are scored by some statistics.
    pub(super) fn scored<'a>(&'a self, statistics: &'a dyn Bm25StatisticsProvider) -> EnableScoring<'a> {
        EnableScoring::enabled_from_statistics_provider(statistics, &self.fields)
    }
}
