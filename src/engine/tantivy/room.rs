//! Whether the disk has room for what merges write: a merge that fills it takes the room of what is acknowledged. What
//! gives much more back than it takes may reach below the floor that others leave: without it, deleting would make no
//! room on a disk that is full.

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

/// A merge gives much room back when it writes no more of what it reads than so much, in percent.
const MOST_LEFT_PERCENT: u64 = 70;
/// What such a merge leaves of the floor is one in so many.
const FLOOR_SHARE: u64 = 2;

/// How many times merges as large as one that failed are not begun before one is tried again all the same.
const FIRST_PATIENCE: u32 = 64;
const LAST_PATIENCE: u32 = 1_024;

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
    failed: Option<Failed>,
    /// That of the last one, to be doubled; 0 once it is forgotten.
    patience: u32,
}

/// A merge for which there was no room.
#[derive(Clone, Copy, Debug)]
struct Failed {
    bytes: u64,
    /// The least that was free since, what it left given back.
    least_free: u64,
    /// How many more times as much is not begun.
    patience: u32,
}

impl Failed {
    /// Whether merges as large as this one would be begun in vain again: unless so much more is free, as when somebody else
    /// had filled the disk meanwhile. Who it was is not known, so each is tried again at last.
    fn is_in_vain(&mut self, free: u64) -> bool {
        self.least_free = self.least_free.min(free);
        free < self.least_free.saturating_add(self.bytes)
    }
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

impl Tried {
    /// What merges have to stay below for now, if anything.
    fn limit(&mut self, free: u64) -> Option<u64> {
        let failed = self.failed.as_mut()?;
        if !failed.is_in_vain(free) {
            (self.failed, self.patience) = (None, 0);
        } else if failed.patience > 0 {
            return Some(failed.bytes);
        } else {
            self.failed = None;
        }
        None
    }

    /// The largest that are under way were too large.
    fn have_failed(&mut self) {
        let largest = self.under_way.iter().map(|merge| merge.attempt).max_by_key(|attempt| attempt.bytes);
        let Some(Attempt { bytes, free }) = largest else { return };
        self.patience = (self.patience * 2).clamp(FIRST_PATIENCE, LAST_PATIENCE);
        self.failed = Some(Failed { bytes, least_free: free, patience: self.patience });
    }
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
    /// is not tried again until so much more is free, or it was asked for many times. What is given is taken for being under
    /// way.
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
        let mut taken: u64 = tried.under_way.iter().map(|merge| merge.attempt.bytes).sum();
        let (floor, limit) = (self.floor.load(Relaxed), tried.limit(free));
        let mut is_kept_waiting = false;
        merges.retain(|segments| {
            let sizes = segments.iter().map(|segment| self.bytes(segment));
            let (read, bytes) = sizes.fold((0, 0), |(read, left), size| (read + size.0, left + size.1));
            let gives_back = bytes.saturating_mul(100) <= read.saturating_mul(MOST_LEFT_PERCENT);
            let left = if gives_back { floor / FLOOR_SHARE } else { floor };
            let is_in_vain = limit.is_some_and(|limit| bytes >= limit);
            is_kept_waiting |= is_in_vain;
            let fits = !is_in_vain && bytes <= free.saturating_sub(left).saturating_sub(taken);
            if let (true, Some(first)) = (fits, segments.first()) {
                taken += bytes;
                tried.under_way.push(UnderWay {
                    index: self.index,
                    segments: segments.iter().map(|segment| segment.id()).collect(),
                    input: self.index.path_of(&first.relative_path(SegmentComponent::Store)),
                    attempt: Attempt { bytes, free },
                });
            }
            fits
        });
        if let (true, Some(failed)) = (is_kept_waiting, &mut tried.failed) {
            failed.patience -= 1;
        }
        merges
    }

    /// There was no room for the merges that were under way, of either index: the largest of them was too large, whichever
    /// met it.
    pub(super) fn was_not_there(&self) {
        self.lock().have_failed();
    }

    /// The merges of this index that were under way write nothing any more.
    pub(super) fn are_over(&self) {
        self.lock().under_way.retain(|merge| merge.index != self.index);
    }

    /// Bytes of a segment's files, and of what is left of them without what is deleted.
    fn bytes(&self, segment: &SegmentMeta) -> (u64, u64) {
        let path = |kind| self.index.path_of(&segment.relative_path(kind));
        let bytes: u64 = MERGED.into_iter().map(|kind| self.files.bytes(&path(kind)).unwrap_or(0)).sum();
        let (left, all) = (u128::from(segment.num_docs()), u128::from(segment.max_doc()).max(1));
        (bytes, u64::try_from(u128::from(bytes) * left / all).unwrap_or(u64::MAX))
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
            Room::new(Arc::new(OnDisk::at(self.place.path().to_owned())), IndexName::FIRST, Arc::clone(floor))
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
        let (large, small) = (segments.add(6 * MARGIN, 25), segments.add(MARGIN, 0));
        let room = segments.room(&floor);
        let fitting = |merges: &[&[&SegmentMeta]]| fitting(&room, merges);
        let free = || segments.free();
        assert_eq!(fitting(&[]), [0; 0]);
        floor.store(free().saturating_sub(3 * MARGIN), Relaxed);
        assert_eq!(fitting(&[&[&large], &[&small]]), [1], "what is left of the large one is too much");
        assert_eq!(fitting(&[&[&small; 2], &[&small; 2]]), [2], "they are written at the same time");
        floor.store(free().saturating_sub(7 * MARGIN), Relaxed);
        assert_eq!(fitting(&[&[&large, &small]]), [2], "what is deleted takes no room");

        room.was_not_there();
        assert_eq!(fitting(&[&[&large, &small], &[&large]]), [1]);
        assert_eq!(fitting(&[&[&large, &small]]), [0; 0], "and no more is free");
        for round in 0..3 {
            let kept_waiting = (0..1_000).take_while(|_| fitting(&[&[&large, &small]]).is_empty()).count();
            assert!((60..=64 << round).contains(&kept_waiting), "{round}: {kept_waiting}");
            room.was_not_there();
        }
    }

    /// Somebody else filled it, and has gone.
    #[test]
    fn what_failed_is_tried_again_once_as_much_is_free_as_before() {
        let mut failed = Failed { bytes: 100, least_free: 1_000, patience: 1 };
        assert!([1_000, 1_050, 20, 90, 119].iter().all(|free| failed.is_in_vain(*free)));
        assert!(!failed.is_in_vain(120));
        let mut tried = Tried { failed: Some(failed), patience: 512, ..Tried::default() };
        assert_eq!((tried.limit(119), tried.patience), (Some(100), 512));
        assert_eq!((tried.limit(1_000), tried.patience), (None, 0));
        assert_eq!(tried.limit(20), None, "it is forgotten");
    }

    /// A disk that is full of what is deleted.
    #[test]
    fn what_gives_much_room_back_may_take_half_of_what_is_left_to_others() {
        let (segments, floor) = (Segments::new(), Arc::new(AtomicU64::new(0)));
        let room = segments.room(&floor);
        let fits = |deleted| !fitting(&room, &[&[&segments.add(8 * MARGIN, deleted)]]).is_empty();
        floor.store(segments.free() + MARGIN, Relaxed);
        assert!(!fits(29) && fits(30) && fits(100), "nothing is above the floor");
        let half = segments.free() + MARGIN;
        floor.store(2 * half, Relaxed);
        assert!(!fits(50) && !fits(99));
    }
}
