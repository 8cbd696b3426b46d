//! In how many entries of each segment terms stand that no list of the index counts.
//!
//! To count a sequence of three characters or more is to walk through its bigrams, which takes milliseconds where these
//! are common. Every answer says how common its terms are, and the common ones are those that are asked for again and
//! again; segments do not change but by deletions.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;
use tantivy::{DocId, SegmentReader, index::SegmentId};

use crate::engine::TermField;

/// How many counts are remembered: about 150 bytes each.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16_384).expect("it is not zero");

/// Longer terms are not remembered: they are rare, and nobody asks for them twice.
const LONGEST_BYTES: usize = 64;

/// Counts of the terms that were asked for last.
pub(super) struct Frequencies(Mutex<LruCache<Key, u64>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    segment: SegmentId,
    deleted: DocId,
    field: TermField,
    characters: Box<str>,
}

impl Default for Frequencies {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Frequencies {
    /// In how many entries of a segment a term stands: as remembered, or else as `count` says.
    pub(super) fn get_or_count<E>(
        &self,
        segment: &SegmentReader,
        field: TermField,
        characters: &str,
        count: impl FnOnce() -> Result<u64, E>,
    ) -> Result<u64, E> {
        if characters.len() > LONGEST_BYTES {
            return count();
        }
        let (id, deleted) = (segment.segment_id(), segment.num_deleted_docs());
        let key = Key { segment: id, deleted, field, characters: characters.into() };
        if let Some(known) = self.lock().get(&key) {
            return Ok(*known);
        }
        let counted = count()?;
        self.lock().put(key, counted);
        Ok(counted)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<Key, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
