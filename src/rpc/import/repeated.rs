//! Which documents of an import have the id of one that came shortly before.

use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher as _,
};

/// The ids that came last, by their hashes: half a megabyte at most, however long they are.
pub(super) struct RecentIds {
    most: usize,
    hashed_by: RandomState,
    /// In the order in which they came.
    hashes: VecDeque<u64>,
    /// How many there are of each.
    counts: HashMap<u64, usize>,
}

impl RecentIds {
    /// None yet, and never more than so many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, hashed_by: RandomState::new(), hashes: VecDeque::new(), counts: HashMap::new() }
    }

    /// Takes the next id. Whether it is one of those before it.
    pub(super) fn repeats(&mut self, id: &str) -> bool {
        let hash = self.hashed_by.hash_one(id);
        self.hashes.push_back(hash);
        let count = self.counts.entry(hash).or_default();
        *count += 1;
        let repeats = *count > 1;
        if self.hashes.len() > self.most
            && let Some(oldest) = self.hashes.pop_front()
        {
            self.forget(oldest);
        }
        repeats
    }

    fn forget(&mut self, hash: u64) {
        if let Some(count) = self.counts.get_mut(&hash) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_for_as_long_as_it_is_recent() {
        let mut recent = RecentIds::new(3);
        let repeated: Vec<bool> = "甲乙甲丙丁甲戊己庚甲甲".chars().map(|id| recent.repeats(&id.to_string())).collect();
        assert_eq!(repeated, [false, false, true, false, false, true, false, false, false, false, true]);
        assert_eq!((recent.hashes.len(), recent.counts.len()), (3, 2));
    }
}
