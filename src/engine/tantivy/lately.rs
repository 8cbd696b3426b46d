//! What was read lately and is likely to be read again, shared by all snapshots: segments do not change but by deletions.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use tantivy::{
    DocId, SegmentReader, Term as IndexTerm,
    index::SegmentId,
    postings::{BlockSegmentPostings, TermInfo},
    schema::IndexRecordOption,
};

use crate::{
    engine::{
        TermField,
        tantivy::{entry_set::EntrySet, filter::Lists},
    },
    query::Days,
};

/// How many counts are remembered: about 150 bytes each.
const FREQUENCIES: usize = 16_384;
/// Longer terms are not counted again: nobody asks for them twice.
const LONGEST_TERM: usize = 64;

/// How many stored entries are remembered: a kilobyte each at most times, 64 MiB altogether at the very most.
const ENTRIES: usize = 16_384;
/// Larger entries are not remembered, in bytes.
const LARGEST_ENTRY: usize = 4 << 10;

/// How many places of lists are remembered: about 200 bytes each.
const LISTS: usize = 32_768;

/// How much memory sets of entries may take that are remembered, in bytes. One takes a bit for each entry: 12 MiB for a
/// hundred million.
const SETS: usize = 64 << 20;
/// What a set takes beside its bits, about, in bytes.
const SET: usize = 256;
/// What was asked for with longer conditions is not remembered, in bytes of all their values: they are lists of ids.
const LONGEST_CONDITIONS: usize = 4 << 10;

/// How many days that were asked for are remembered.
const DAYS: usize = 1_024;

/// What is remembered.
pub(super) struct Lately {
    /// Where the lists of terms lie in a segment, if it has them. One search asks for the same ones several times, and the
    /// next one for some of them again.
    lists: Cache<(SegmentId, IndexTerm), Option<TermInfo>>,
    /// In how many entries of a segment terms stand that no list of the index counts.
    ///
    /// To count a sequence of three characters or more is to walk through its bigrams, which takes milliseconds where
    /// these are common. Every answer says how common its terms are, and the common ones are those that are asked for
    /// again and again.
    frequencies: Cache<TermIn, u64>,
    /// Entries as they are stored: to unpack a block of them costs more than to find one.
    entries: Cache<(SegmentId, DocId), Arc<[u8]>>,
    /// What filters select: to go through their lists for each query costs as much as the query.
    sets: Cache<(SegmentId, SetOf), Arc<EntrySet>>,
    /// A set of days costs more than to ask a few dates, so that it pays from the second query on.
    days: Cache<Days, ()>,
}

/// Values, those that were not asked for longest given up first.
struct Cache<K: Hash + Eq, V> {
    kept: Mutex<Kept<K, V>>,
    /// How much all of them may weigh.
    room: usize,
    weigh: fn(&K, &V) -> usize,
}

struct Kept<K: Hash + Eq, V> {
    values: LruCache<K, V>,
    weight: usize,
}

/// Which entries of a segment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum SetOf {
    /// The first entry of each document, and tombstones.
    Heads,
    /// The paragraphs of documents that meet a condition.
    ParagraphsOf(Condition),
}

/// On a document.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Condition {
    /// Its record is in one list of each group.
    Listed(Lists),
    /// It was published, or may have been, on one of these days.
    Published(Days),
}

#[derive(PartialEq, Eq, Hash)]
struct TermIn {
    segment: SegmentId,
    deleted: DocId,
    field: TermField,
    characters: Box<str>,
}

impl Default for Lately {
    fn default() -> Self {
        Self {
            lists: Cache::of_number(LISTS),
            frequencies: Cache::of_number(FREQUENCIES),
            entries: Cache::of_number(ENTRIES),
            days: Cache::of_number(DAYS),
            sets: Cache::new(SETS, |(_, of), set| SET + of.bytes() + set.bytes()),
        }
    }
}

impl Lately {
    /// Where the list of a term lies in a segment; `None` where it has none.
    pub(super) fn list(&self, segment: &SegmentReader, term: &IndexTerm) -> tantivy::Result<Option<TermInfo>> {
        let is_short = term.serialized_value_bytes().len() <= LONGEST_TERM;
        let look_up = || Ok(segment.inverted_index(term.field())?.get_term_info(term)?);
        self.lists.get_or((segment.segment_id(), term.clone()), |_| is_short, look_up)
    }

    /// The list of a term in a segment; `None` where it has none.
    pub(super) fn postings(
        &self,
        segment: &SegmentReader,
        term: &IndexTerm,
        option: IndexRecordOption,
    ) -> tantivy::Result<Option<BlockSegmentPostings>> {
        let Some(list) = self.list(segment, term)? else { return Ok(None) };
        let index = segment.inverted_index(term.field())?;
        Ok(Some(index.read_block_postings_from_terminfo(&list, option)?))
    }

    /// In how many entries of all segments a term stands.
    pub(super) fn document_frequency(&self, segments: &[SegmentReader], term: &IndexTerm) -> tantivy::Result<u64> {
        let frequency = |segment| Ok(self.list(segment, term)?.map_or(0, |list| u64::from(list.doc_freq)));
        segments.iter().map(frequency).sum()
    }

    /// In how many entries of a segment a term stands: as remembered, or else as `count` says.
    pub(super) fn frequency<E>(
        &self,
        segment: &SegmentReader,
        field: TermField,
        characters: &str,
        count: impl FnOnce() -> Result<u64, E>,
    ) -> Result<u64, E> {
        let (id, deleted) = (segment.segment_id(), segment.num_deleted_docs());
        let key = TermIn { segment: id, deleted, field, characters: characters.into() };
        self.frequencies.get_or(key, |_| characters.len() <= LONGEST_TERM, count)
    }

    /// A stored entry of a segment: as remembered, or else as `read` says.
    pub(super) fn entry<E>(
        &self,
        segment: SegmentId,
        entry: DocId,
        read: impl FnOnce() -> Result<Arc<[u8]>, E>,
    ) -> Result<Arc<[u8]>, E> {
        self.entries.get_or((segment, entry), |bytes| bytes.len() <= LARGEST_ENTRY, read)
    }

    /// A set of entries of a segment: as remembered, or else as `make` says.
    pub(super) fn set<E>(
        &self,
        segment: &SegmentReader,
        of: SetOf,
        make: impl FnOnce() -> Result<EntrySet, E>,
    ) -> Result<Arc<EntrySet>, E> {
        let is_short = of.bytes() <= LONGEST_CONDITIONS;
        // One that takes all the room leaves none for what it is made of.
        let is_worth_it = |set: &Arc<EntrySet>| is_short && set.bytes() <= SETS / 4;
        self.sets.get_or((segment.segment_id(), of), is_worth_it, || make().map(Arc::new))
    }

    /// Whether days were asked for before.
    pub(super) fn is_known(&self, days: Days) -> bool {
        let mut kept = self.days.kept();
        let is_known = kept.values.get(&days).is_some();
        self.days.keep(&mut kept, days, ());
        is_known
    }
}

impl SetOf {
    fn bytes(&self) -> usize {
        match self {
            Self::Heads | Self::ParagraphsOf(Condition::Published(_)) => 0,
            Self::ParagraphsOf(Condition::Listed(lists)) => {
                lists.iter().flatten().map(|term| term.serialized_value_bytes().len()).sum()
            }
        }
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    fn new(room: usize, weigh: fn(&K, &V) -> usize) -> Self {
        Self { kept: Mutex::new(Kept { values: LruCache::unbounded(), weight: 0 }), room, weigh }
    }

    fn of_number(count: usize) -> Self {
        Self::new(count, |_, _| 1)
    }

    /// What is remembered, or else what `make` gives, which is remembered if it is worth it. Two that ask for the same at
    /// once may both make it.
    fn get_or<E>(
        &self,
        key: K,
        is_worth_it: impl FnOnce(&V) -> bool,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        if let Some(known) = self.kept().values.get(&key) {
            return Ok(known.clone());
        }
        let value = make()?;
        if is_worth_it(&value) {
            self.keep(&mut self.kept(), key, value.clone());
        }
        Ok(value)
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, kept: &mut Kept<K, V>, key: K, value: V) {
        kept.weight += (self.weigh)(&key, &value);
        if let Some((key, value)) = kept.values.push(key, value) {
            kept.weight -= (self.weigh)(&key, &value);
        }
        while kept.weight > self.room
            && let Some((key, value)) = kept.values.pop_lru()
        {
            kept.weight -= (self.weigh)(&key, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_makes_room() {
        let cache = Cache::new(10, |_, value: &Vec<u8>| value.len());
        let asked = |key: &'static str, length: usize| {
            let mut is_made = false;
            let value = cache.get_or(
                key,
                |value| value.len() <= 10,
                || {
                    is_made = true;
                    Ok::<_, Infallible>(vec![0; length])
                },
            );
            assert_eq!(value.map(|value| value.len()), Ok(length));
            assert!(cache.kept().weight <= 10);
            is_made
        };
        assert!(asked("a", 4) && asked("b", 4) && !asked("a", 4));
        assert!(asked("c", 4), "`b` goes for it");
        assert!(!asked("a", 4) && !asked("c", 4) && asked("b", 4));
        assert!(asked("huge", 11) && asked("huge", 11), "all would go for it");
        assert!(!asked("b", 4) && !asked("c", 4));
        assert_eq!(cache.kept().weight, 8);
    }
}
