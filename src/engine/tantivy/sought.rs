//! A list of the index that is asked about one entry after the other.

use tantivy::{DocId, postings::BlockSegmentPostings};

/// Where it stands. Entries have to be asked for in ascending order.
pub(super) struct Sought {
    postings: BlockSegmentPostings,
    /// Its place in a block. Behind the last entry stands tantivy's mark of the end, which is greater than any.
    at: usize,
}

impl Sought {
    /// Begins at the first entry of a list.
    pub(super) fn new(postings: BlockSegmentPostings) -> Self {
        Self { postings, at: 0 }
    }

    /// Whether an entry is in the list.
    pub(super) fn has(&mut self, entry: DocId) -> bool {
        if self.postings.doc(self.at) < entry {
            self.at = self.postings.seek(entry);
        }
        self.postings.doc(self.at) == entry
    }

    /// How often the entry that was found last has the term; once where the list was not read with frequencies.
    pub(super) fn frequency(&self) -> u32 {
        self.postings.freq(self.at)
    }
}
