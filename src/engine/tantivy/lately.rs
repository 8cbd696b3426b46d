//! What was read lately and is likely to be read again, shared by all snapshots: segments do not change but by deletions.

use std::{
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use tantivy::{
    DocId, SegmentReader, Term as IndexTerm,
    index::SegmentId,
    postings::{BlockSegmentPostings, TermInfo},
    schema::IndexRecordOption,
};

use crate::engine::TermField;

/// How many counts are remembered: about 150 bytes each.
const FREQUENCIES: NonZeroUsize = NonZeroUsize::new(16_384).expect("it is not zero");
/// Longer terms are not counted again: nobody asks for them twice.
const LONGEST_TERM: usize = 64;

/// How many stored entries are remembered: a kilobyte each at most times, 64 MiB altogether at the very most.
const ENTRIES: NonZeroUsize = NonZeroUsize::new(16_384).expect("it is not zero");
/// Larger entries are not remembered, in bytes.
const LARGEST_ENTRY: usize = 4 << 10;

/// How many places of lists are remembered: about 200 bytes each.
const LISTS: NonZeroUsize = NonZeroUsize::new(32_768).expect("it is not zero");

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
}

struct Cache<K: Hash + Eq, V>(Mutex<LruCache<K, V>>);

#[derive(PartialEq, Eq, Hash)]
struct TermIn {
    segment: SegmentId,
    deleted: DocId,
    field: TermField,
    characters: Box<str>,
}

impl Default for Lately {
    fn default() -> Self {
        Self { lists: Cache::new(LISTS), frequencies: Cache::new(FREQUENCIES), entries: Cache::new(ENTRIES) }
    }
}

impl Lately {
    /// Where the list of a term lies in a segment; `None` where it has none.
    pub(super) fn list(&self, segment: &SegmentReader, term: &IndexTerm) -> tantivy::Result<Option<TermInfo>> {
        let is_short = term.serialized_value_bytes().len() <= LONGEST_TERM;
        let look_up = || Ok(segment.inverted_index(term.field())?.get_term_info(term)?);
        self.lists.get_or((segment.segment_id(), term.clone()), |_| is_short, look_up)
    }

    /// The list of a term in a segment, with frequencies; `None` where it has none.
    pub(super) fn postings(
        &self,
        segment: &SegmentReader,
        term: &IndexTerm,
    ) -> tantivy::Result<Option<BlockSegmentPostings>> {
        let Some(list) = self.list(segment, term)? else { return Ok(None) };
        let index = segment.inverted_index(term.field())?;
        Ok(Some(index.read_block_postings_from_terminfo(&list, IndexRecordOption::WithFreqs)?))
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
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    fn new(size: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(size)))
    }

    /// What is remembered, or else what `make` gives, which is remembered if it is worth it. Two that ask for the same at
    /// once may both make it.
    fn get_or<E>(
        &self,
        key: K,
        is_worth_it: impl FnOnce(&V) -> bool,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        let cache = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(&key) {
            return Ok(known.clone());
        }
        let value = make()?;
        if is_worth_it(&value) {
            cache().put(key, value.clone());
        }
        Ok(value)
    }
}
