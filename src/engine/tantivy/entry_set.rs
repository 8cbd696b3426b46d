//! Sets of entries of one segment, a bit for each.

use tantivy::{DocId, postings::BlockSegmentPostings};

/// How many entries a word of bits is about.
pub(super) const WORD: DocId = u64::BITS;

/// Some of the entries of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntrySet(Box<[u64]>);

impl EntrySet {
    /// None of so many entries.
    pub(super) fn none_of(entries: DocId) -> Self {
        Self(vec![0; entries.div_ceil(WORD) as usize].into())
    }

    /// Adds what is in a list, from where that stands.
    pub(super) fn add_list(&mut self, mut list: BlockSegmentPostings) {
        while !list.docs().is_empty() {
            self.add(list.docs());
            list.advance();
        }
    }

    /// Adds entries, which are ascending.
    pub(super) fn add(&mut self, entries: &[DocId]) {
        for entries in entries.chunk_by(|a, b| a / WORD == b / WORD) {
            let bits = entries.iter().fold(0, |bits, entry| bits | 1 << (entry % WORD));
            self.0[(entries[0] / WORD) as usize] |= bits;
        }
    }

    /// Keeps what is in another set of the same segment, too.
    pub(super) fn keep(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// What stands behind these, which are heads, up to the next head each.
    ///
    /// To add a bit to a row of bits turns them over, up to the first one behind it: so rows that begin behind a head are
    /// told from others 64 entries at once.
    pub(super) fn behind(mut self, heads: &Self) -> Self {
        let (mut is_begun, mut goes_on) = (0, 0);
        for (word, &heads) in self.0.iter_mut().zip(&heads.0) {
            let (found, others) = (*word, !heads);
            debug_assert_eq!(found & others, 0, "only heads have something behind them");
            let beginnings = (found << 1 | is_begun) & others;
            let (turned, ends_behind) = others.overflowing_add(beginnings);
            let (turned, went_on_behind) = turned.overflowing_add(goes_on);
            (is_begun, goes_on) = (found >> (WORD - 1), u64::from(ends_behind | went_on_behind));
            *word = others & !turned;
        }
        self
    }

    pub(super) fn contains(&self, entry: DocId) -> bool {
        self.word(entry / WORD) >> (entry % WORD) & 1 == 1
    }

    /// The bits of the 64 entries with a place among such rows; none behind the last.
    pub(super) fn word(&self, index: DocId) -> u64 {
        self.0.get(index as usize).copied().unwrap_or(0)
    }

    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(entries: &[bool]) -> EntrySet {
        let mut set = EntrySet::none_of(DocId::try_from(entries.len()).expect("few"));
        let added: Vec<_> = (0..).zip(entries).filter(|(_, is_in)| **is_in).map(|(entry, _)| entry).collect();
        set.add(&added);
        set
    }

    proptest! {
        /// Long rows, and heads beside heads, at the edges of words, too.
        #[test]
        fn behind_a_head_is_what_stands_before_the_next(
            rows in prop::collection::vec((any::<bool>(), prop_oneof![0..4_usize, 58..70_usize, 120..200_usize]), 0..40),
        ) {
            let (mut heads, mut found, mut behind) = (Vec::new(), Vec::new(), Vec::new());
            for &(is_found, length) in &rows {
                heads.push(true);
                found.push(is_found);
                behind.push(false);
                heads.resize(heads.len() + length, false);
                found.resize(heads.len(), false);
                behind.resize(heads.len(), is_found);
            }
            let made = set(&found).behind(&set(&heads));
            for (entry, &expected) in (0..).zip(&behind) {
                prop_assert_eq!(made.contains(entry), expected, "entry {}", entry);
            }
        }
    }
}
