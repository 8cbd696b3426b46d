//! Whether the disk has room for what merges write: a merge that fills it takes the room of what is acknowledged.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tantivy::{SegmentMeta, index::SegmentComponent};

use crate::engine::tantivy::{files::Files, format::IndexName};

/// The files of a segment that others are merged into.
const MERGED: [SegmentComponent; 6] = [
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FastFields,
    SegmentComponent::FieldNorms,
    SegmentComponent::Terms,
    SegmentComponent::Store,
];

/// The room for merges of one index, for all its writers. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// Not the data directory itself, which a thread that merges would hold after its writer.
    files: Arc<dyn Files>,
    index: IndexName,
    /// Bytes that are left free.
    floor: Arc<AtomicU64>,
    tried: Arc<Mutex<Tried>>,
}

/// What became of merges.
#[derive(Debug, Default)]
struct Tried {
    /// The largest one of those that were begun last.
    begun: Option<Attempt>,
    /// One for which there was no room after all.
    failed: Option<Attempt>,
}

/// A merge that was begun.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// What it was expected to write.
    bytes: u64,
    /// Bytes that were free.
    free: u64,
}

impl Room {
    pub(super) fn new(files: Arc<dyn Files>, index: IndexName, floor: Arc<AtomicU64>) -> Self {
        Self { files, index, floor, tried: Arc::default() }
    }

    /// Those of some merges for which there is room above the floor, all together, each of segments that become one. What
    /// there was no room for before, though it was expected, is not tried again until so much more is free.
    pub(super) fn fitting<'a>(
        &self,
        merges: impl IntoIterator<Item = Vec<&'a SegmentMeta>>,
    ) -> Vec<Vec<&'a SegmentMeta>> {
        let mut merges = merges.into_iter().peekable();
        if merges.peek().is_none() {
            return Vec::new();
        }
        // Where nobody can say how much is free, whoever writes finds out.
        let free = self.files.free_bytes().unwrap_or(u64::MAX);
        let mut room = free.saturating_sub(self.floor.load(Relaxed));
        let mut tried = self.lock();
        let is_in_vain = |failed: &Attempt| free < failed.free.saturating_add(failed.bytes);
        tried.failed = tried.failed.filter(is_in_vain);
        let (most, mut largest) = (tried.failed.map_or(u64::MAX, |failed| failed.bytes), None);
        let fits = |segments: &Vec<&SegmentMeta>| {
            let bytes = segments.iter().map(|segment| self.bytes(segment)).sum();
            let fits = bytes <= room && bytes < most;
            if fits {
                room -= bytes;
                largest = largest.max(Some(bytes));
            }
            fits
        };
        let fitting = merges.filter(fits).collect();
        tried.begun = largest.map(|bytes| Attempt { bytes, free }).or(tried.begun);
        fitting
    }

    /// There was no room for a merge that was begun.
    pub(super) fn was_not_there(&self) {
        let mut tried = self.lock();
        tried.failed = tried.begun;
    }

    /// Bytes of what is left of a segment; those of its files, less what is deleted.
    fn bytes(&self, segment: &SegmentMeta) -> u64 {
        let path = |kind| self.index.path_of(&segment.relative_path(kind));
        let bytes: u64 = MERGED.into_iter().map(|kind| self.files.bytes(&path(kind)).unwrap_or(0)).sum();
        let (left, all) = (u128::from(segment.num_docs()), u128::from(segment.max_doc()).max(1));
        u64::try_from(u128::from(bytes) * left / all).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Tried> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tantivy::{Index, index::SegmentId, schema::Schema};

    use super::*;
    use crate::engine::tantivy::files::{OnDisk, free_bytes};

    /// More than anybody else writes while this test runs, and less than a disk has.
    const MARGIN: u64 = 1 << 30;

    #[test]
    fn a_merge_is_begun_if_what_it_writes_stays_above_the_floor_and_not_again_if_there_was_no_room() {
        let place = tempfile::tempdir().unwrap();
        let index = Index::create_in_ram(Schema::builder().build());
        let directory = place.path().join("index");
        fs::create_dir(&directory).unwrap();
        let segment = |bytes: u64, deleted| {
            let id = SegmentId::generate_random();
            let file = fs::File::create(directory.join(format!("{}.store", id.uuid_string()))).unwrap();
            file.set_len(bytes).unwrap();
            index.new_segment_meta(id, 100).with_delete_meta(deleted, 1)
        };
        let (large, small) = (segment(8 * MARGIN, 50), segment(MARGIN, 0));
        let floor = Arc::new(AtomicU64::new(0));
        let room = Room::new(Arc::new(OnDisk(place.path().to_owned())), IndexName::FIRST, Arc::clone(&floor));
        let fitting = |merges: &[&[&SegmentMeta]]| -> Vec<usize> {
            room.fitting(merges.iter().map(|merged| merged.to_vec())).iter().map(Vec::len).collect()
        };
        let free = || free_bytes(place.path()).unwrap();
        assert_eq!(fitting(&[]), [0; 0]);
        floor.store(free().saturating_sub(3 * MARGIN), Relaxed);
        assert_eq!(fitting(&[&[&large], &[&small]]), [1], "half of the large one is too much");
        assert_eq!(fitting(&[&[&small; 2], &[&small; 2]]), [2], "they are written at the same time");
        floor.store(free().saturating_sub(7 * MARGIN), Relaxed);
        assert_eq!(fitting(&[&[&large, &small]]), [2], "what is deleted takes no room");

        room.was_not_there();
        assert_eq!(fitting(&[&[&large, &small], &[&large]]), [1]);
        assert_eq!(fitting(&[&[&large, &small]]), [0; 0], "and no more is free");
        room.lock().failed.as_mut().unwrap().free -= 7 * MARGIN;
        assert_eq!(fitting(&[&[&large, &small]]), [2], "much more is free");
    }
}
