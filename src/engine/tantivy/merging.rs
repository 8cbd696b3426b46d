//! Which segments become one, and when.
//!
//! Every merge takes time from writing, but a query looks its terms up in every segment, so few are better. The smallest
//! segments are merged once all of them together are several times as large as the largest of them: each of their
//! entries then is in a segment so much larger, which is how seldom an entry is written again, however little is
//! written at a time. How many times as large, depends on what else is to be done. While changes follow each other
//! closely, small segments wait until there are many: their merges would take as much of the processor as the changes.
//! Once nothing is written any more, segments are merged until each that is left is far larger than all smaller ones
//! together.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tantivy::{
    SegmentMeta,
    index::SegmentId,
    indexer::{MergeCandidate, MergePolicy},
};

use crate::engine::{Upkeep, tantivy::room::Room};

/// The share of a segment's entries that may be deleted before it is written again without them.
const DELETED_BEFORE_MERGE: f64 = 0.3;

/// A segment of fewer entries counts as one of so many while there is something to write: to merge it costs as much.
const LEAST: u64 = 64;

/// A segment of so many entries is not merged with others: it would take long, and looking its terms up costs little beside
/// reading their postings.
const LARGEST: u64 = 10_000_000;

/// Segments are merged once they are together so many times as large as the largest of them, in halves: while changes
/// come now and then,
const USUAL_HALVES: u64 = 2 * 8;
/// while they follow each other closely, up to a size: what is larger is few, and searches wait for its merges,
const DEFERRED_HALVES: u64 = 2 * 32;
const DEFERRED_BELOW: u64 = 8_192;
/// and while nothing is written.
const IDLE_HALVES: u64 = 3;

/// Chooses what is merged, and remembers what no merge is at work on.
#[derive(Clone, Debug)]
pub(super) struct Merging {
    room: Room,
    is_deferred: Arc<AtomicBool>,
    /// The segments that could have been merged when tantivy asked last, less those that are since; `None` before.
    at_rest: Arc<Mutex<Option<BTreeSet<SegmentId>>>>,
}

impl Merging {
    /// For one writer, and as much as there is room for.
    pub(super) fn new(room: Room) -> Self {
        Self { room, is_deferred: Arc::default(), at_rest: Arc::default() }
    }

    /// Does as much beside writing as this says, from now on.
    pub(super) fn keep_up(&self, upkeep: Upkeep) {
        self.is_deferred.store(upkeep == Upkeep::Deferred, Relaxed);
    }

    /// The segments to merge into one while nothing is written; none while a merge is going on, none where that would gain
    /// little, and none where there is no room. `committed` are all that there are. What is given is taken for being
    /// merged from now on.
    pub(super) fn when_idle(&self, committed: &[SegmentMeta]) -> Vec<SegmentId> {
        let mut at_rest = self.at_rest.lock().unwrap_or_else(PoisonError::into_inner);
        let at_rest = at_rest.get_or_insert_with(|| committed.iter().map(SegmentMeta::id).collect());
        if !committed.iter().all(|segment| at_rest.contains(&segment.id())) {
            return Vec::new();
        }
        let (merged, _) = apart(committed, 1, |_| IDLE_HALVES);
        let fitting = self.room.fitting((!merged.is_empty()).then_some(merged));
        fitting.iter().flatten().filter_map(|segment| at_rest.take(&segment.id())).collect()
    }
}

/// The segments that become one, and those that are left; of which size is which, see [`worth_merging`].
fn apart(segments: &[SegmentMeta], least: u64, halves: impl Fn(u64) -> u64) -> (Vec<&SegmentMeta>, Vec<&SegmentMeta>) {
    let (large, mut ascending): (Vec<_>, Vec<_>) = segments.iter().partition(|segment| entries(segment) >= LARGEST);
    ascending.sort_by_key(|segment| (entries(segment), segment.id()));
    let sizes = ascending.iter().map(|segment| entries(segment).max(least));
    let left = ascending.split_off(worth_merging(sizes, halves));
    (ascending, [left, large].concat())
}

/// How many of the smallest segments are merged, by their sizes, ascending: so many that they are together so many halves
/// of the largest of them as `halves` says for its size.
fn worth_merging(sizes: impl Iterator<Item = u64>, halves: impl Fn(u64) -> u64) -> usize {
    let (mut all, mut merged) = (0, 0);
    for (index, size) in sizes.enumerate() {
        all += size;
        if all * 2 >= size * halves(size) {
            merged = index + 1;
        }
    }
    merged
}

/// What is left of a segment.
fn entries(segment: &SegmentMeta) -> u64 {
    u64::from(segment.num_docs())
}

/// Whether a segment is written again by itself, to give back the room of what is deleted. A small one soon goes into
/// another one anyhow.
fn is_worn(segment: &SegmentMeta) -> bool {
    let (all, deleted) = (segment.max_doc(), segment.num_deleted_docs());
    u64::from(all) >= LEAST && f64::from(deleted) > f64::from(all) * DELETED_BEFORE_MERGE
}

/// Those that are written again, each by itself.
fn worn<'a>(segments: &[&'a SegmentMeta]) -> impl Iterator<Item = Vec<&'a SegmentMeta>> {
    segments.iter().filter(|segment| is_worn(segment)).map(|segment| vec![*segment])
}

impl MergePolicy for Merging {
    /// tantivy asks twice: what is not committed first, what is last.
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let is_deferred = self.is_deferred.load(Relaxed);
        let halves = |size| if is_deferred && size < DEFERRED_BELOW { DEFERRED_HALVES } else { USUAL_HALVES };
        let (together, left) = apart(segments, LEAST, halves);
        let mut merged = self.room.fitting(worn(&left).chain((!together.is_empty()).then(|| together.clone())));
        // Where there is no room for all of them, some may give room back.
        if merged.iter().all(|segments| segments.len() == 1) {
            merged.extend(self.room.fitting(worn(&together)));
        }
        let ids = |segments: Vec<&SegmentMeta>| segments.into_iter().map(SegmentMeta::id).collect();
        let candidates: Vec<_> = merged.into_iter().map(|segments| MergeCandidate(ids(segments))).collect();
        let mut at_rest: BTreeSet<_> = segments.iter().map(SegmentMeta::id).collect();
        for MergeCandidate(merged) in &candidates {
            at_rest.retain(|id| !merged.contains(id));
        }
        *self.at_rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(at_rest);
        candidates
    }
}

#[cfg(test)]
mod tests {
    use std::{iter, sync::atomic::AtomicU64};

    use tantivy::{Index, schema::Schema};

    use super::*;
    use crate::engine::tantivy::{files::OnDisk, format::IndexName};

    #[test]
    fn segments_are_merged_that_are_several_times_as_large_together() {
        let index = Index::create_in_ram(Schema::builder().build());
        let check = |upkeep, sizes: &[(u32, usize)], expected: &[&[(u32, usize)]]| {
            let all = |sizes: &[(u32, usize)]| -> Vec<u32> {
                sizes.iter().flat_map(|&(size, count)| iter::repeat_n(size, count)).collect()
            };
            let meta = |entries| index.new_segment_meta(SegmentId::generate_random(), entries);
            let segments: Vec<_> = all(sizes).into_iter().map(meta).collect();
            let size = |id: &SegmentId| segments.iter().find(|segment| segment.id() == *id).unwrap().max_doc();
            let disk = Arc::new(OnDisk::at(std::env::temp_dir()));
            let merging = Merging::new(Room::new(disk, IndexName::FIRST, Arc::default()));
            merging.keep_up(upkeep);
            let candidates = merging.compute_merge_candidates(&segments);
            let merged: Vec<Vec<_>> =
                candidates.iter().map(|MergeCandidate(ids)| ids.iter().map(size).collect()).collect();
            assert_eq!(merged, expected.iter().map(|sizes| all(sizes)).collect::<Vec<_>>(), "{upkeep:?} {sizes:?}");
        };
        let usual = |sizes: &[_], expected: &[&[_]]| check(Upkeep::Usual, sizes, expected);
        usual(&[], &[]);
        usual(&[(5_000, 1)], &[]);
        // Single documents, of a few entries each, go together and not into a large segment.
        usual(&[(5_000, 1), (2, 6), (20, 1)], &[]);
        usual(&[(5_000, 1), (2, 7), (20, 1)], &[&[(2, 7), (20, 1)]]);
        usual(&[(5_000, 1), (300, 8)], &[&[(300, 8)]]);
        // Those of different sizes do too, and what is merged of them is as large again as what it is merged with.
        usual(&[(40, 2), (100, 2), (200, 4)], &[]);
        usual(&[(40, 2), (100, 2), (200, 4), (250, 4)], &[&[(40, 2), (100, 2), (200, 4), (250, 4)]]);
        usual(&[(300, 8), (350, 8), (5_000, 1)], &[&[(300, 8), (350, 8), (5_000, 1)][..2]]);
        usual(&[(9_000_000, 8)], &[&[(9_000_000, 8)]]);
        usual(&[(10_000_000, 8)], &[]);
        let deferred = |sizes: &[_], expected: &[&[_]]| check(Upkeep::Deferred, sizes, expected);
        deferred(&[(2, 31)], &[]);
        deferred(&[(2, 32)], &[&[(2, 32)]]);
        deferred(&[(300, 31)], &[]);
        deferred(&[(300, 32)], &[&[(300, 32)]]);
        deferred(&[(9_000, 8)], &[&[(9_000, 8)]]);
    }

    /// A small segment is not, by itself.
    #[test]
    fn what_is_mostly_deleted_is_written_again() {
        let index = Index::create_in_ram(Schema::builder().build());
        let check = |entries, deleted, expected| {
            let segment = index.new_segment_meta(SegmentId::generate_random(), entries).with_delete_meta(deleted, 1);
            assert_eq!(is_worn(&segment), expected, "{deleted} of {entries}");
        };
        check(1_000, 300, false);
        check(1_000, 301, true);
        check(63, 62, false);
    }

    #[test]
    fn what_is_mostly_deleted_is_merged_however_large_and_alone_where_there_is_no_room_for_more() {
        let index = Index::create_in_ram(Schema::builder().build());
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("index")).unwrap();
        let floor = Arc::new(AtomicU64::new(0));
        let disk = Arc::new(OnDisk::at(place.path().to_owned()));
        let merging = Merging::new(Room::new(disk, IndexName::FIRST, Arc::clone(&floor)));
        let add = |entries, deleted, bytes| {
            let id = SegmentId::generate_random();
            let file = place.path().join(format!("index/{}.store", id.uuid_string()));
            std::fs::File::create(file).unwrap().set_len(bytes).unwrap();
            index.new_segment_meta(id, entries).with_delete_meta(deleted, 1)
        };
        let merged = |segments: &[SegmentMeta]| -> Vec<Vec<_>> {
            let place = |id: &SegmentId| segments.iter().position(|segment| segment.id() == *id).unwrap();
            let candidates = merging.compute_merge_candidates(segments);
            candidates.iter().map(|MergeCandidate(ids)| ids.iter().map(place).collect()).collect()
        };
        let large = [add(30_000_000, 8_000_000, 1 << 20), add(30_000_000, 15_000_000, 1 << 20)];
        assert_eq!(merged(&large), [[1]]);
        let mut small: Vec<_> = (0..8).map(|_| add(300, 0, 1 << 30)).collect();
        small.push(add(300, 200, 1 << 30));
        assert_eq!(merged(&small).concat().len(), 9);
        floor.store(crate::engine::tantivy::files::free_bytes(place.path()).unwrap(), Relaxed);
        assert_eq!(merged(&small), [[8]]);
    }

    #[test]
    fn when_idle_segments_are_merged_that_make_up_half_of_the_largest_of_them() {
        let check = |sizes: &[u64], merged| {
            assert_eq!(worth_merging(sizes.iter().copied(), |_| IDLE_HALVES), merged, "{sizes:?}");
        };
        check(&[], 0);
        check(&[7], 0);
        check(&[1, 1], 2);
        check(&[1, 2], 2);
        check(&[1, 3], 0);
        check(&[1, 1, 1, 1_000], 3);
        check(&[1, 100, 1_000], 0);
        check(&[10, 20, 60, 170], 4);
        check(&[10, 21, 300], 0);
    }

    /// However little is written at a time: each entry is merged a few times, and few segments are left.
    #[test]
    fn an_entry_is_merged_as_often_as_its_segment_grows() {
        let check = |halves, least: u64, most_segments, most_times: u64| {
            let (mut sizes, mut work) = (Vec::<u64>::new(), 0);
            for _ in 0..100_000 {
                sizes.push(1);
                sizes.sort_unstable();
                let clipped = sizes.iter().map(|size| *size.max(&least));
                let merged: u64 = sizes.drain(..worth_merging(clipped, |_| halves)).sum();
                if merged > 0 {
                    work += merged;
                    sizes.push(merged);
                }
                assert!(sizes.len() <= most_segments, "{halves} {sizes:?}");
            }
            assert!(work < 100_000 * most_times, "{halves}: {work} entries written again");
        };
        check(IDLE_HALVES, 1, 12, 20);
        check(USUAL_HALVES, LEAST, 40, 10);
        check(DEFERRED_HALVES, LEAST, 100, 6);
    }
}
