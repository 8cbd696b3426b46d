//! What an open batch adds: kept in memory while it is small, and then written as one segment by whoever commits.
//!
//! tantivy's indexing threads set room for half a million terms aside for each segment, which takes them several times
//! as long as a document does; and since they put entries in order afterwards, they write what is stored twice. What is
//! kept here is in order already. Deletions are not kept: a document that goes before it was written is left out.

use tantivy::{
    IndexWriter, TantivyDocument,
    indexer::{AddOperation, SegmentWriter, UserOperation},
};

use crate::document::DocumentId;

/// The most that is kept, in bytes as documents weigh: what a hundred clients put at once, of two kilobytes each. More is
/// for tantivy's threads, which write while more comes.
const KEPT_BYTES: usize = 1 << 20;
/// What an addition counts for beside its weight, so that not too many are kept: each removal looks at all of them.
const ADDITION_BYTES: usize = 256;
/// Memory that tantivy is told to use for a segment: its table of terms takes a third of that, and grows.
const LEAST_SEGMENT_BYTES: usize = 64 << 10;
const SEGMENT_BYTES_PER_BYTE: usize = 8;

/// The additions of an open batch.
pub(super) enum Batch {
    /// Nothing is written yet.
    Kept(Kept),
    /// tantivy's threads have what there is, and get what comes.
    Passed,
}

/// Additions, in order of their position.
#[derive(Default)]
pub(super) struct Kept {
    additions: Vec<Addition>,
    bytes: usize,
}

/// Entries that stay together in one segment.
pub(super) struct Addition {
    /// Whose they are; `None` for what no deletion reaches.
    pub(super) document: Option<DocumentId>,
    pub(super) entries: Vec<TantivyDocument>,
    /// What the document weighs.
    pub(super) bytes: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self::Kept(Kept::default())
    }
}

impl Batch {
    /// Adds entries.
    pub(super) fn add(&mut self, addition: Addition, writer: &IndexWriter) -> tantivy::Result<()> {
        match self {
            Self::Kept(kept) => {
                kept.add(addition);
                if kept.bytes > KEPT_BYTES {
                    let kept = std::mem::take(kept);
                    *self = Self::Passed;
                    kept.additions.into_iter().try_for_each(|addition| pass(addition, writer))?;
                }
                Ok(())
            }
            Self::Passed => pass(addition, writer),
        }
    }

    /// Takes a document away that the batch has added, unless a deletion in the index will.
    pub(super) fn remove(&mut self, id: &DocumentId) {
        if let Self::Kept(kept) = self {
            kept.additions.retain(|addition| addition.document.as_ref() != Some(id));
        }
    }

    /// Gives everything to the next commit; the batch is empty then.
    pub(super) fn finish(&mut self, writer: &IndexWriter) -> tantivy::Result<()> {
        match std::mem::take(self) {
            Self::Kept(kept) if !kept.additions.is_empty() => kept.write(writer),
            Self::Kept(_) | Self::Passed => Ok(()),
        }
    }
}

impl Kept {
    fn add(&mut self, addition: Addition) {
        self.bytes += ADDITION_BYTES + addition.bytes;
        self.additions.push(addition);
    }

    fn write(self, writer: &IndexWriter) -> tantivy::Result<()> {
        let mut index = writer.index().clone();
        // They are in order. This is not what the index's own settings say, which stay.
        index.settings_mut().sort_by_field = None;
        index.settings_mut().docstore_compress_dedicated_thread = false;
        let segment = index.new_segment();
        let memory = LEAST_SEGMENT_BYTES + self.bytes * SEGMENT_BYTES_PER_BYTE;
        let mut entries = SegmentWriter::for_segment(memory, segment.clone())?;
        for document in self.additions.into_iter().flat_map(|addition| addition.entries) {
            // Nobody asks when it came: a deletion knows what it reaches.
            entries.add_document(AddOperation { opstamp: 0, document })?;
        }
        let count = entries.max_doc();
        entries.finalize()?;
        let segment = segment.with_max_doc(count);
        segment.meta().untrack_temp_docstore();
        writer.add_segment(segment.meta().clone())
    }
}

/// In one call: they stay together.
fn pass(addition: Addition, writer: &IndexWriter) -> tantivy::Result<()> {
    writer.run(addition.entries.into_iter().map(UserOperation::Add).collect::<Vec<_>>()).map(|_| ())
}
