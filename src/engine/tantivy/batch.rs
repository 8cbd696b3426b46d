//! What an open batch adds: kept in memory while it is small, and then written as one segment by whoever commits.
//!
//! tantivy's indexing threads set room for half a million terms aside for each segment, which takes them several times
//! as long as a document does; and since they put entries in order afterwards, they write what is stored twice. What is
//! kept here is in order already. Deletions are not kept: a document that goes before it was written is left out.
//!
//! To begin a segment takes some megabytes of memory set to zero and six files: as long as to write a small document to
//! it. So the next one is begun while the disk is waited for. What many clients put at once is written as several segments
//! at the same time: each takes one core, and all of these clients wait for it.

use std::{
    iter, panic,
    sync::{Mutex, PoisonError},
    thread,
};

use tantivy::{IndexWriter, SegmentMeta, TantivyDocument, indexer::UserOperation};

use crate::{document::DocumentId, engine::tantivy::ordered::OrderedSegment};

/// The most that is kept, in bytes as documents weigh: what a hundred clients put at once, of two kilobytes each. More is
/// for tantivy's threads, which write while more comes.
const KEPT_BYTES: usize = 1 << 20;
/// What an addition counts for beside its weight, so that not too many are kept: each removal looks at all of them.
const ADDITION_BYTES: usize = 256;
/// The least that a segment has which is written beside others: to begin and end one takes as long as some documents do.
const LEAST_PART_BYTES: usize = 32 << 10;
/// Memory for the terms of a segment, by what its documents weigh.
const SEGMENT_BYTES_PER_BYTE: usize = 8;

/// An open batch.
pub(super) struct Batch {
    additions: Additions,
    /// How many segments are written at once.
    threads: usize,
    /// What it is written to if it stays small.
    begun: Vec<OrderedSegment>,
    /// What each segment of the last one had, if it was small.
    last: Vec<usize>,
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
    /// An empty one.
    pub(super) fn new(threads: usize) -> Self {
        Self { additions: Additions::default(), threads, begun: Vec::new(), last: Vec::new() }
    }

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
        self.last.clear();
        match std::mem::take(&mut self.additions) {
            Additions::Kept(kept) if !kept.additions.is_empty() => {
                let parts = kept.divide(self.threads);
                self.last = parts.iter().map(|part| part.bytes).collect();
                self.write(parts, writer)
            }
            Additions::Kept(_) | Additions::Passed => Ok(()),
        }
    }

    /// Begins segments for the next batch, if that can be expected to be as small as the last one.
    pub(super) fn begin_next(&mut self, writer: &IndexWriter) -> tantivy::Result<()> {
        for bytes in &self.last[self.begun.len().min(self.last.len())..] {
            self.begun.push(begin(writer, *bytes)?);
        }
        Ok(())
    }

    /// Writes each part as a segment, all at the same time, or one after the other where the system gives no threads.
    fn write(&mut self, parts: Vec<Kept>, writer: &IndexWriter) -> tantivy::Result<()> {
        let threads = parts.len();
        let begun = iter::from_fn(|| Some(self.begun.pop()));
        let parts = Mutex::new(parts.into_iter().zip(begun));
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        let write = &|| {
            iter::from_fn(next)
                .map(|(part, begun): (Kept, Option<OrderedSegment>)| {
                    let segment = begun.map_or_else(|| begin(writer, part.bytes), Ok)?;
                    part.write(segment)
                })
                .collect::<tantivy::Result<Vec<_>>>()
        };
        let written = thread::scope(|scope| {
            let spawn = |_| thread::Builder::new().spawn_scoped(scope, write).ok();
            let others: Vec<_> = (1..threads).map_while(spawn).collect();
            let here = write();
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
            iter::once(here).chain(others).collect::<tantivy::Result<Vec<_>>>()
        })?;
        written.into_iter().flatten().try_for_each(|segment| writer.add_segment(segment))
    }
}

impl Kept {
    fn add(&mut self, addition: Addition) {
        self.bytes += ADDITION_BYTES + addition.bytes;
        self.additions.push(addition);
    }

    /// As parts of about the same size, in order, as many as are worth it.
    fn divide(self, most: usize) -> Vec<Self> {
        let each = self.bytes.div_ceil((self.bytes / LEAST_PART_BYTES).clamp(1, most.max(1)));
        let mut parts = vec![Self::default()];
        for addition in self.additions {
            if parts.last().is_some_and(|part| part.bytes >= each) {
                parts.push(Self::default());
            }
            if let Some(part) = parts.last_mut() {
                part.add(addition);
            }
        }
        parts
    }

    fn write(self, mut segment: OrderedSegment) -> tantivy::Result<SegmentMeta> {
        self.additions.into_iter().flat_map(|addition| addition.entries).try_for_each(|entry| segment.add(entry))?;
        segment.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_divided_into_parts_that_are_worth_it() {
        let check = |kibibytes: &[usize], most, expected: &[&[usize]]| {
            let mut kept = Kept::default();
            for bytes in kibibytes.iter().map(|kibibytes| (kibibytes << 10) - ADDITION_BYTES) {
                kept.add(Addition { document: None, entries: Vec::new(), bytes });
            }
            let size = |addition: &Addition| (addition.bytes + ADDITION_BYTES) >> 10;
            let parts: Vec<Vec<_>> =
                kept.divide(most).iter().map(|part| part.additions.iter().map(size).collect()).collect();
            assert_eq!(parts, expected, "{kibibytes:?}, {most}");
        };
        check(&[2], 4, &[&[2]]);
        check(&[31, 32], 4, &[&[31, 32]]);
        check(&[32, 32], 4, &[&[32], &[32]]);
        check(&[32, 32], 1, &[&[32, 32]]);
        check(&[16; 8], 2, &[&[16; 4], &[16; 4]]);
        check(&[16; 8], 4, &[&[16; 2], &[16; 2], &[16; 2], &[16; 2]]);
        // In order, whatever their sizes are.
        check(&[1, 90, 1, 1], 2, &[&[1, 90], &[1, 1]]);
        check(&[90, 1, 1, 1], 2, &[&[90], &[1, 1, 1]]);
    }
}
