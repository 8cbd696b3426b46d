//! Whether the disk has room for what merges write: a merge that fills it takes the room of what is acknowledged.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tantivy::{
    SegmentMeta,
    index::{SegmentComponent, SegmentId},
};

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

/// The room for merges of one index, for all its writers, on a disk that another one may be built on. Clones are the same
/// one.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// Not the data directory itself, which a thread that merges would hold after its writer.
    files: Arc<dyn Files>,
    index: IndexName,
    /// Bytes that are left free.
    floor: Arc<AtomicU64>,
    /// Those of both indexes.
    tried: Arc<Mutex<Tried>>,
}

/// What became of merges.
#[derive(Debug, Default)]
struct Tried {
    /// Those that were begun and are not known to be over.
    under_way: Vec<UnderWay>,
    /// One for which there was no room after all.
    failed: Option<Attempt>,
}

/// A merge of some segments.
#[derive(Debug)]
struct UnderWay {
    index: IndexName,
    segments: Vec<SegmentId>,
    /// A file of these within the data directory, which goes when it is over.
    input: PathBuf,
    attempt: Attempt,
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

    /// That of an index beside this one: their merges write to the same disk.
    pub(super) fn beside(&self, index: IndexName) -> Self {
        Self { index, ..self.clone() }
    }

    /// Those of some merges for which there is room above the floor, all together and beside those under way, each of
    /// segments that become one, of which none is being merged. What there was no room for before, though it was expected,
    /// is not tried again until so much more is free. What is given is taken for being under way.
    pub(super) fn fitting<'a>(
        &self,
        merges: impl IntoIterator<Item = Vec<&'a SegmentMeta>>,
    ) -> Vec<Vec<&'a SegmentMeta>> {
        let mut merges: Vec<_> = merges.into_iter().collect();
        if merges.is_empty() {
            return merges;
        }
        // Where nobody can say how much is free, whoever writes finds out.
        let free = self.files.free_bytes().unwrap_or(u64::MAX);
        let mut tried = self.lock();
        // That one is to be merged says that what it was in is over, and has failed.
        let offered: Vec<_> = merges.iter().flatten().map(|segment| segment.id()).collect();
        tried.under_way.retain(|merge| {
            let is_offered = merge.segments.iter().any(|segment| offered.contains(segment));
            !is_offered && self.files.bytes(&merge.input).is_ok()
        });
        let taken = tried.under_way.iter().map(|merge| merge.attempt.bytes).sum();
        let mut room = free.saturating_sub(self.floor.load(Relaxed)).saturating_sub(taken);
        let is_in_vain = |failed: &Attempt| free < failed.free.saturating_add(failed.bytes);
        tried.failed = tried.failed.filter(is_in_vain);
        let most = tried.failed.map_or(u64::MAX, |failed| failed.bytes);
        merges.retain(|segments| {
            let bytes = segments.iter().map(|segment| self.bytes(segment)).sum();
            let fits = bytes <= room && bytes < most;
            if let (true, Some(first)) = (fits, segments.first()) {
                room -= bytes;
                tried.under_way.push(UnderWay {
                    index: self.index,
                    segments: segments.iter().map(|segment| segment.id()).collect(),
                    input: self.index.path_of(&first.relative_path(SegmentComponent::Store)),
                    attempt: Attempt { bytes, free },
                });
            }
            fits
        });
        merges
    }

    /// There was no room for the merges that were under way, of either index: the largest of them was too large, whichever
    /// met it.
    pub(super) fn was_not_there(&self) {
        let mut tried = self.lock();
        let largest = tried.under_way.iter().map(|merge| merge.attempt).max_by_key(|attempt| attempt.bytes);
        tried.failed = largest.or(tried.failed);
    }

    /// The merges of this index that were under way write nothing any more.
    pub(super) fn are_over(&self) {
        self.lock().under_way.retain(|merge| merge.index != self.index);
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

    use tantivy::{Index, schema::Schema};

    use super::*;
    use crate::engine::tantivy::files::{OnDisk, free_bytes};

    /// More than anybody else writes while this test runs, and less than a disk has.
    const MARGIN: u64 = 1 << 30;

    /// An index's directory with segments in it.
    struct Segments {
        index: Index,
        place: tempfile::TempDir,
    }

    impl Segments {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            fs::create_dir(place.path().join("index")).unwrap();
            Self { index: Index::create_in_ram(Schema::builder().build()), place }
        }

        fn file(&self, id: SegmentId) -> PathBuf {
            self.place.path().join(format!("index/{}.store", id.uuid_string()))
        }

        fn add(&self, bytes: u64, deleted: u32) -> SegmentMeta {
            let id = SegmentId::generate_random();
            fs::File::create(self.file(id)).unwrap().set_len(bytes).unwrap();
            self.index.new_segment_meta(id, 100).with_delete_meta(deleted, 1)
        }

        fn room(&self, floor: &Arc<AtomicU64>) -> Room {
            Room::new(Arc::new(OnDisk(self.place.path().to_owned())), IndexName::FIRST, Arc::clone(floor))
        }

        fn free(&self) -> u64 {
            free_bytes(self.place.path()).unwrap()
        }
    }

    fn fitting(room: &Room, merges: &[&[&SegmentMeta]]) -> Vec<usize> {
        room.fitting(merges.iter().map(|merged| merged.to_vec())).iter().map(Vec::len).collect()
    }

    #[test]
    fn merges_under_way_have_their_room_until_they_are_over() {
        let (segments, floor) = (Segments::new(), Arc::new(AtomicU64::new(0)));
        let [first, second, third] = [4, 4, 1].map(|parts| segments.add(parts * MARGIN, 0));
        let room = segments.room(&floor);
        floor.store(segments.free().saturating_sub(6 * MARGIN), Relaxed);
        assert_eq!(fitting(&room, &[&[&first]]), [1]);
        assert_eq!(fitting(&room, &[&[&second]]), [0; 0], "they would be written at the same time");
        assert_eq!(fitting(&room, &[&[&first]]), [1], "it has failed if it is to be merged again");
        fs::remove_file(segments.file(first.id())).unwrap();
        assert_eq!(fitting(&room, &[&[&second]]), [1]);
        assert_eq!(fitting(&room, &[&[&third]]), [1]);

        // Whichever of them met it.
        room.was_not_there();
        room.are_over();
        assert_eq!(fitting(&room, &[&[&second]]), [0; 0]);
        assert_eq!(fitting(&room, &[&[&third]]), [1]);
    }

    /// As while one is built anew.
    #[test]
    fn merges_of_two_indexes_have_their_room_together() {
        let (segments, floor) = (Segments::new(), Arc::new(AtomicU64::new(0)));
        let [first, second] = [4, 4].map(|parts| segments.add(parts * MARGIN, 0));
        let room = segments.room(&floor);
        let beside = room.beside(IndexName::FIRST.next());
        let other = segments.place.path().join("index-2");
        fs::create_dir(&other).unwrap();
        fs::rename(segments.file(second.id()), other.join(segments.file(second.id()).file_name().unwrap())).unwrap();
        floor.store(segments.free().saturating_sub(6 * MARGIN), Relaxed);
        assert_eq!(fitting(&beside, &[&[&second]]), [1]);
        assert_eq!(fitting(&room, &[&[&first]]), [0; 0], "they would be written at the same time");
        room.are_over();
        assert_eq!(fitting(&room, &[&[&first]]), [0; 0], "the other one's goes on");
        beside.are_over();
        assert_eq!(fitting(&room, &[&[&first]]), [1]);
    }

    #[test]
    fn a_merge_is_begun_if_what_it_writes_stays_above_the_floor_and_not_again_if_there_was_no_room() {
        let (segments, floor) = (Segments::new(), Arc::new(AtomicU64::new(0)));
        let (large, small) = (segments.add(8 * MARGIN, 50), segments.add(MARGIN, 0));
        let room = segments.room(&floor);
        let fitting = |merges: &[&[&SegmentMeta]]| fitting(&room, merges);
        let free = || segments.free();
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
