//! Which segments become one, and when.
//!
//! While much is written, segments are merged by levels, many of a size at a time, because every merge takes time from
//! writing. But a query looks its terms up in every segment, so few are better: once nothing is written any more, small
//! segments are merged with larger ones until each that is left is far larger than all smaller ones together. An entry
//! is so merged again only when its segment grows by half: a number of times that grows with the logarithm of the
//! index, however little is written at a time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tantivy::{
    SegmentMeta,
    index::SegmentId,
    indexer::{LogMergePolicy, MergeCandidate, MergePolicy},
};

/// The share of a segment's entries that may be deleted before it is merged. tantivy's default is never.
const DELETED_BEFORE_MERGE: f32 = 0.3;

/// Segments of fewer entries count as equally large, so that a level of them is merged into one of the next. tantivy's
/// default of 10,000 has a segment that is nearly so large merged again with every seven single documents: most of the
/// processor's time goes there while clients put one document after the other.
const SMALLEST_LEVEL: u32 = 64;

/// A segment of so many entries is not merged again: it would take long, and looking its terms up costs little beside
/// reading their postings.
const LARGEST: u32 = 10_000_000;

/// A segment is merged with all smaller ones once it is at most so many times as large as they are together.
const AT_MOST_TIMES: u64 = 2;

/// Merges by levels, and remembers what no merge is at work on.
#[derive(Clone, Debug)]
pub(super) struct Merging {
    levels: LogMergePolicy,
    /// The segments that could have been merged when tantivy asked last, less those that are since; `None` before.
    at_rest: Arc<Mutex<Option<BTreeSet<SegmentId>>>>,
}

impl Merging {
    pub(super) fn new() -> Self {
        let mut levels = LogMergePolicy::default();
        levels.set_min_layer_size(SMALLEST_LEVEL);
        levels.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGE);
        Self { levels, at_rest: Arc::default() }
    }

    /// The segments to merge into one while nothing is written; none while a merge is going on, and none where that
    /// would gain little. `committed` are all that there are. What is given is taken for being merged from now on.
    pub(super) fn when_idle(&self, committed: &[SegmentMeta]) -> Vec<SegmentId> {
        let mut at_rest = self.at_rest.lock().unwrap_or_else(PoisonError::into_inner);
        let at_rest = at_rest.get_or_insert_with(|| committed.iter().map(SegmentMeta::id).collect());
        if !committed.iter().all(|segment| at_rest.contains(&segment.id())) {
            return Vec::new();
        }
        let mut sizes: Vec<_> = committed.iter().map(|segment| (segment.num_docs(), segment.id())).collect();
        sizes.retain(|(entries, _)| *entries < LARGEST);
        sizes.sort_unstable();
        sizes.truncate(worth_merging(sizes.iter().map(|(entries, _)| u64::from(*entries))));
        sizes.into_iter().filter_map(|(_, id)| at_rest.take(&id)).collect()
    }
}

/// How many of the smallest segments are merged, by their sizes, ascending.
fn worth_merging(sizes: impl Iterator<Item = u64>) -> usize {
    let (mut smaller, mut merged) = (0, 0);
    for (index, size) in sizes.enumerate() {
        if index > 0 && smaller * AT_MOST_TIMES >= size {
            merged = index + 1;
        }
        smaller += size;
    }
    merged
}

impl MergePolicy for Merging {
    /// tantivy asks twice: what is not committed first, what is last.
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let candidates = self.levels.compute_merge_candidates(segments);
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
    use tantivy::{Index, schema::Schema};

    use super::*;

    #[test]
    fn single_documents_are_merged_with_each_other_and_not_with_a_large_segment() {
        let index = Index::create_in_ram(Schema::builder().build());
        let check = |sizes: &[u32], expected: &[Vec<u32>]| {
            let meta = |&entries: &u32| index.new_segment_meta(SegmentId::generate_random(), entries);
            let segments: Vec<_> = sizes.iter().map(meta).collect();
            let size = |id: &SegmentId| segments.iter().find(|segment| segment.id() == *id).unwrap().max_doc();
            let candidates = Merging::new().compute_merge_candidates(&segments);
            let merged: Vec<Vec<_>> =
                candidates.iter().map(|MergeCandidate(ids)| ids.iter().map(size).collect()).collect();
            assert_eq!(merged, expected, "{sizes:?}");
        };
        check(&[5_000, 2, 2, 2, 20, 2, 2, 2], &[]);
        check(&[5_000, 2, 2, 2, 20, 2, 2, 2, 2], &[vec![20, 2, 2, 2, 2, 2, 2, 2]]);
        check(&[5_000, 300, 300, 300, 300, 300, 300, 300, 300], &[vec![300; 8]]);
    }

    #[test]
    fn segments_are_merged_that_make_up_half_of_the_largest_of_them() {
        let check = |sizes: &[u64], merged| assert_eq!(worth_merging(sizes.iter().copied()), merged, "{sizes:?}");
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
        let (mut sizes, mut work) = (Vec::<u64>::new(), 0);
        for _ in 0..100_000 {
            sizes.push(1);
            sizes.sort_unstable();
            let merged: u64 = sizes.drain(..worth_merging(sizes.iter().copied())).sum();
            if merged > 0 {
                work += merged;
                sizes.push(merged);
            }
        }
        assert!(sizes.len() < 12, "{sizes:?}");
        assert!(work < 100_000 * 20, "{work} entries written again");
    }
}
