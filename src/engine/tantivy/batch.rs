//! What an open batch adds: kept in memory while it is small, and then written as one segment by whoever commits.
//!
//! tantivy's indexing threads set room for half a million terms aside for each segment, which takes them several times
//! as long as a document does; and since they put entries in order afterwards, they write what is stored twice. What is
//! kept here is in order already. Deletions are not kept: a document that goes before it was written is left out.
//!
//! To begin a segment takes some megabytes of memory set to zero and six files: as long as to write a small document to
//! it. So the next one is begun while the disk is waited for.

use tantivy::{IndexWriter, TantivyDocument, indexer::UserOperation};

use crate::{document::DocumentId, engine::tantivy::ordered::OrderedSegment};

/// The most that is kept, in bytes as documents weigh: what a hundred clients put at once, of two kilobytes each. More is
/// for tantivy's threads, which write while more comes.
const KEPT_BYTES: usize = 1 << 20;
/// What an addition counts for beside its weight, so that not too many are kept: each removal looks at all of them.
const ADDITION_BYTES: usize = 256;
/// Memory for the terms of a segment, by what its documents weigh.
const SEGMENT_BYTES_PER_BYTE: usize = 8;

/// An open batch.
#[derive(Default)]
pub(super) struct Batch {
    additions: Additions,
    /// What it is written to if it stays small.
    begun: Option<OrderedSegment>,
    /// What the last one had, if it was small.
    last_bytes: Option<usize>,
}

/// Its additions.
enum Additions {
    /// Nothing is written yet.
    Kept(Kept),
    /// tantivy's threads have what there is, and get what comes.
    Passed,
}

/// Additions, in order of their position.
#[derive(Default)]
struct Kept {
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

impl Default for Additions {
    fn default() -> Self {
        Self::Kept(Kept::default())
    }
}

impl Batch {
    /// Adds entries.
    pub(super) fn add(&mut self, addition: Addition, writer: &IndexWriter) -> tantivy::Result<()> {
        match &mut self.additions {
            Additions::Kept(kept) => {
                kept.add(addition);
                if kept.bytes > KEPT_BYTES {
                    let kept = std::mem::take(kept);
                    self.additions = Additions::Passed;
                    kept.additions.into_iter().try_for_each(|addition| pass(addition, writer))?;
                }
                Ok(())
            }
            Additions::Passed => pass(addition, writer),
        }
    }

    /// Takes a document away that the batch has added, unless a deletion in the index will.
    pub(super) fn remove(&mut self, id: &DocumentId) {
        if let Additions::Kept(kept) = &mut self.additions {
            kept.additions.retain(|addition| addition.document.as_ref() != Some(id));
        }
    }

    /// Gives everything to the next commit; the batch is empty then.
    pub(super) fn finish(&mut self, writer: &IndexWriter) -> tantivy::Result<()> {
        self.last_bytes = None;
        match std::mem::take(&mut self.additions) {
            Additions::Kept(kept) if !kept.additions.is_empty() => {
                self.last_bytes = Some(kept.bytes);
                let begun = self.begun.take().map_or_else(|| begin(writer, kept.bytes), Ok)?;
                kept.write(begun, writer)
            }
            Additions::Kept(_) | Additions::Passed => Ok(()),
        }
    }

    /// Begins a segment for the next batch, if that can be expected to be as small as the last one.
    pub(super) fn begin_next(&mut self, writer: &IndexWriter) -> tantivy::Result<()> {
        if let (None, Some(bytes)) = (&self.begun, self.last_bytes) {
            self.begun = Some(begin(writer, bytes)?);
        }
        Ok(())
    }
}

impl Kept {
    fn add(&mut self, addition: Addition) {
        self.bytes += ADDITION_BYTES + addition.bytes;
        self.additions.push(addition);
    }

    fn write(self, mut segment: OrderedSegment, writer: &IndexWriter) -> tantivy::Result<()> {
        self.additions.into_iter().flat_map(|addition| addition.entries).try_for_each(|entry| segment.add(entry))?;
        writer.add_segment(segment.finish()?)
    }
}

/// Begins a segment for documents that weigh so many bytes.
fn begin(writer: &IndexWriter, bytes: usize) -> tantivy::Result<OrderedSegment> {
    OrderedSegment::begin(writer.index(), bytes * SEGMENT_BYTES_PER_BYTE)
}

/// In one call: they stay together.
fn pass(addition: Addition, writer: &IndexWriter) -> tantivy::Result<()> {
    writer.run(addition.entries.into_iter().map(UserOperation::Add).collect::<Vec<_>>()).map(|_| ())
}
