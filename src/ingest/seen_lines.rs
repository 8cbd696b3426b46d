//! Which lines the documents of a source begin and end with: what three of them share is the site's, not theirs.
//!
//! The index knows the documents that are committed; those on their way to it are remembered here, so that an import
//! does not have to wait for its own commits. While an index is built anew, the old one and the new one are asked.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    mem,
    sync::{Mutex, PoisonError},
};

use crate::{
    document::DocumentId,
    engine::{ReadError, Snapshot, SourceLine},
    text::{EdgeLine, MIN_DOCUMENTS_WITH_LINE, RepeatedLines},
};

/// How many lines are remembered before the older half of them is forgotten: those of several times as many documents
/// as wait for the writer. A line takes some 100 bytes.
const REMEMBERED: usize = 1 << 16;

/// The lines seen. Shared by all that prepare documents.
#[derive(Debug, Default)]
pub(super) struct SeenLines {
    keys: RandomState,
    remembered: Mutex<Remembered>,
}

/// The documents that are known to have a line; what is asked for moves to the newer half.
#[derive(Debug, Default)]
struct Remembered {
    newer: HashMap<SourceLine, Documents>,
    older: HashMap<SourceLine, Documents>,
    /// The documents of which it is not known any more which lines they have, by the number of changes until then.
    changed: HashMap<u64, u64>,
    changes: u64,
}

/// The documents that have a line.
#[derive(Clone, Debug, Default)]
struct Documents {
    /// By a hash of their ids, with the number of changes until each was added; no more than make a line a repeated one.
    keys: Vec<(u64, u64)>,
    /// Whether they are all that the index has, as far as it matters.
    are_all: bool,
}

impl SeenLines {
    /// Those of the lines that repeat in other documents of a source than `id`. Copies of one text are one document; the
    /// first of the lines names what the text says.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn repeated(
        &self,
        indexes: &[&dyn Snapshot],
        id: Option<&DocumentId>,
        source: &str,
        lines: &[EdgeLine],
    ) -> Result<RepeatedLines, ReadError> {
        let key = id.map(|id| self.key(id));
        let Some((&body, lines)) = lines.split_first() else { return Ok(RepeatedLines::default()) };
        let others = |line| Ok(self.documents(indexes, SourceLine::new(source, line))?.others(key));
        // A copy is counted with the others.
        let counted: usize = usize::from(others(body)? == 0);
        let is_repeated =
            |line| others(line).map(|others| (others + counted >= MIN_DOCUMENTS_WITH_LINE).then_some(line));
        lines.iter().filter_map(|&line| is_repeated(line).transpose()).collect()
    }

    /// Remembers that a document has these lines, the first of which names what it says. Takes the others away if it is
    /// a copy of another one, which counts for them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn remember(
        &self,
        indexes: &[&dyn Snapshot],
        id: &DocumentId,
        lines: &mut Vec<SourceLine>,
    ) -> Result<(), ReadError> {
        let key = self.key(id);
        let Some(&body) = lines.first() else { return Ok(()) };
        if !self.add(indexes, body, key)? {
            lines.truncate(1);
        }
        for &line in &lines[1..] {
            self.add(indexes, line, key)?;
        }
        Ok(())
    }

    /// Adds a document to those that are known to have a line; tells whether it is the first.
    fn add(&self, indexes: &[&dyn Snapshot], line: SourceLine, key: u64) -> Result<bool, ReadError> {
        self.documents(indexes, line)?;
        Ok(self.with(|remembered| {
            let changes = remembered.changes;
            let documents = remembered.entry(line);
            documents.add(key, changes);
            documents.keys.first().is_some_and(|&(first, _)| first == key)
        }))
    }

    /// Forgets which lines a document has: some that were remembered are not, or no longer, in the index, which knows the
    /// rest.
    pub(super) fn forget(&self, id: &DocumentId) {
        let key = self.key(id);
        self.with(|remembered| remembered.forget(key));
    }

    /// Forgets everything: there is another index, which knows all but what is on its way to it.
    pub(super) fn clear(&self) {
        self.with(|remembered| *remembered = Remembered::default());
    }

    /// The documents known to have a line. The indexes are asked about one that is not remembered.
    fn documents(&self, indexes: &[&dyn Snapshot], line: SourceLine) -> Result<Documents, ReadError> {
        if let Some(known) = self.with(|remembered| remembered.get(line)) {
            return Ok(known);
        }
        // Not under the lock: the disk may be slow.
        let mut found = Vec::new();
        for index in indexes {
            found.extend(index.documents_with_line(line, MIN_DOCUMENTS_WITH_LINE)?);
        }
        Ok(self.with(|remembered| {
            let changes = remembered.changes;
            let documents = remembered.entry(line);
            for id in &found {
                documents.add(self.key(id), changes);
            }
            documents.are_all = true;
            documents.clone()
        }))
    }

    fn key(&self, id: &DocumentId) -> u64 {
        self.keys.hash_one(id)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Remembered) -> T) -> T {
        act(&mut self.remembered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Remembered {
    /// The documents that have a line, unless the index has to be asked.
    fn get(&mut self, line: SourceLine) -> Option<Documents> {
        if let Some(documents) = self.older.remove(&line) {
            self.newer.insert(line, documents);
        }
        let documents = self.newer.get_mut(&line)?;
        let known = documents.keys.len();
        let is_unchanged = |&(key, added): &(u64, u64)| self.changed.get(&key).is_none_or(|&changed| added >= changed);
        documents.keys.retain(is_unchanged);
        documents.are_all &= documents.keys.len() == known;
        documents.are_all.then(|| documents.clone())
    }

    fn entry(&mut self, line: SourceLine) -> &mut Documents {
        if self.newer.len() >= REMEMBERED / 2 {
            self.older = mem::take(&mut self.newer);
        }
        let older = &mut self.older;
        self.newer.entry(line).or_insert_with(|| older.remove(&line).unwrap_or_default())
    }

    fn forget(&mut self, key: u64) {
        if self.changed.len() >= REMEMBERED {
            *self = Self::default(); // The index knows all but what is on its way to it.
        }
        self.changes += 1;
        self.changed.insert(key, self.changes);
    }
}

impl Documents {
    fn add(&mut self, key: u64, changes: u64) {
        if self.keys.len() < MIN_DOCUMENTS_WITH_LINE && self.keys.iter().all(|&(known, _)| known != key) {
            self.keys.push((key, changes));
        }
    }

    /// How many there are but for one.
    fn others(&self, key: Option<u64>) -> usize {
        self.keys.iter().filter(|&&(other, _)| Some(other) != key).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> SourceLine {
        SourceLine::new("source", EdgeLine::from(number))
    }

    #[test]
    fn documents_are_counted_once_and_up_to_as_many_as_matter() {
        let mut documents = Documents::default();
        for key in [1, 1, 2, 3, 4] {
            documents.add(key, 0);
        }
        assert_eq!((documents.others(None), documents.others(Some(1)), documents.others(Some(4))), (3, 2, 3));
    }

    #[test]
    fn what_is_not_asked_for_is_forgotten() {
        let mut remembered = Remembered::default();
        let add = |remembered: &mut Remembered, number| {
            let documents = remembered.entry(line(number));
            documents.add(7, 0);
            documents.are_all = true;
        };
        add(&mut remembered, 0);
        for number in 1..=REMEMBERED as u64 {
            assert_eq!(remembered.get(line(0)).map(|documents| documents.others(None)), Some(1), "{number}");
            add(&mut remembered, number);
        }
        assert!(remembered.get(line(1)).is_none());
        assert!(remembered.newer.len() + remembered.older.len() <= REMEMBERED);
    }
    #[test]
    fn what_one_document_had_is_forgotten_alone() {
        let mut remembered = Remembered::default();
        for (number, keys) in [(1, [7, 8].as_slice()), (2, &[8])] {
            let documents = remembered.entry(line(number));
            for &key in keys {
                documents.add(key, 0);
            }
            documents.are_all = true;
        }
        remembered.forget(7);
        assert!(remembered.get(line(1)).is_none(), "the index is asked again");
        assert_eq!(remembered.entry(line(1)).others(None), 1, "beside what is on its way to it");
        assert_eq!(remembered.get(line(2)).map(|documents| documents.others(None)), Some(1));
        let changes = remembered.changes;
        let documents = remembered.entry(line(1));
        documents.add(7, changes);
        documents.are_all = true;
        assert_eq!(remembered.get(line(1)).map(|documents| documents.others(None)), Some(2));
    }
}
