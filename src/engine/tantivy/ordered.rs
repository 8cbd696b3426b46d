//! A segment of entries that come in order of their position, written by whoever adds them.
//!
//! tantivy's own threads put entries in order afterwards, for which they write what is stored twice.

use tantivy::{
    Index, Segment, SegmentMeta, TantivyDocument,
    indexer::{AddOperation, SegmentWriter},
};

/// Memory that tantivy is told to use for a segment: its table of terms takes a third of that, and grows.
const LEAST_BYTES: usize = 64 << 10;

/// A segment that is being written. Until a list of segments names it, its files are nothing.
pub(super) struct OrderedSegment {
    segment: Segment,
    entries: SegmentWriter,
}

impl OrderedSegment {
    /// With room for terms in so many bytes; more is found when it is needed.
    pub(super) fn begin(index: &Index, bytes: usize) -> tantivy::Result<Self> {
        let mut index = index.clone();
        // They are in order. This is not what the index's own settings say, which stay.
        index.settings_mut().sort_by_field = None;
        index.settings_mut().docstore_compress_dedicated_thread = false;
        let segment = index.new_segment();
        let entries = SegmentWriter::for_segment(LEAST_BYTES + bytes, segment.clone())?;
        Ok(Self { segment, entries })
    }

    /// Adds an entry behind the last one.
    pub(super) fn add(&mut self, document: TantivyDocument) -> tantivy::Result<()> {
        // Nobody asks when it came: a deletion knows what it reaches.
        self.entries.add_document(AddOperation { opstamp: 0, document })
    }

    /// Roughly the memory that it takes until it is written.
    pub(super) fn memory_bytes(&self) -> usize {
        self.entries.mem_usage()
    }

    /// Writes it; how a list of segments names it.
    pub(super) fn finish(self) -> tantivy::Result<SegmentMeta> {
        let Self { segment, entries } = self;
        let count = entries.max_doc();
        entries.finalize()?;
        let segment = segment.with_max_doc(count);
        segment.meta().untrack_temp_docstore();
        Ok(segment.meta().clone())
    }
}
