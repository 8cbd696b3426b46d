//! An index that is built anew from what another one has stored of its documents.
//!
//! It is brought up to one state of the other index after the other, by the numbers of versions and removals, which
//! stay: what is behind the last number reached is all that is new.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use crate::{
    document::{Content, Document, Paragraph, ReadyParagraph},
    engine::{
        Change, DocumentRecord, Engine, Expression, Filter, Given, IndexedDocument, Position, ReadError, Rebuild,
        Removal, Removals, Removed, Snapshot, WriteError, Writer, all_paragraphs, original,
    },
    ingest::{PrepareError, ReindexError, prepare::prepare, reindex::Exclusive, seen_lines::SeenLines},
};

/// When what was written is committed, so that memory stays flat: bytes of memory that documents take until then, and
/// documents, whose lines are remembered only so long.
const BATCH_BYTES: usize = 64 << 20;
const BATCH_DOCUMENTS: usize = 2_048;

/// Records and removals that are read at once.
const READ_AT_ONCE: usize = 64;

/// How far a reindex is. Whoever began it looks at it from time to time.
#[derive(Debug, Default)]
pub struct Progress {
    documents: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Documents that were read anew so far.
    pub fn documents(&self) -> u64 {
        self.documents.load(Relaxed)
    }

    /// Documents to read, as far as it is known: those that are replaced meanwhile are read once more.
    pub fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }
}

/// An index built anew, as far as it is. Dropping it leaves nothing of it.
pub struct Rebuilt {
    engine: Arc<dyn Engine>,
    rebuild: Box<dyn Rebuild>,
    /// What it shows.
    built: Arc<dyn Snapshot>,
    seen: SeenLines,
    /// Everything of the other index up to this number is in it.
    reached: u64,
    /// What was written since the last commit.
    batch: (usize, usize),
    progress: Arc<Progress>,
    _exclusive: Exclusive,
}

impl Rebuilt {
    pub(super) fn begin(
        engine: Arc<dyn Engine>,
        progress: Arc<Progress>,
        exclusive: Exclusive,
    ) -> Result<Self, WriteError> {
        let mut rebuild = engine.rebuild()?;
        let built = rebuild.commit()?;
        let seen = SeenLines::default();
        Ok(Self { engine, rebuild, built, seen, reached: 0, batch: (0, 0), progress, _exclusive: exclusive })
    }

    /// Everything up to this number is in it.
    pub(super) fn reached(&self) -> u64 {
        self.reached
    }

    /// Brings it up to a state of the other index.
    pub(super) fn catch_up(&mut self, snapshot: &dyn Snapshot, stop: &Arc<AtomicBool>) -> Result<(), ReindexError> {
        let left = snapshot.number_of_documents(&Filter::default(), stop)?;
        if self.reached == 0 {
            self.progress.total.store(left, Relaxed);
        }
        let mut entries = Entries::behind(self.reached, snapshot, stop)?;
        while let Some(entry) = entries.next(stop)? {
            match entry {
                Entry::Document(record) => self.put(snapshot, &record, stop)?,
                Entry::Removed(removed) => self.remove(removed)?,
            }
        }
        self.commit()?;
        self.reached = snapshot.sequence();
        Ok(())
    }

    /// Has it take the place of the other index.
    pub(super) fn take_over(self) -> Result<Box<dyn Writer>, WriteError> {
        self.rebuild.take_over()
    }

    fn put(&mut self, snapshot: &dyn Snapshot, record: &DocumentRecord, stop: &AtomicBool) -> Result<(), ReindexError> {
        let document = self.read(snapshot, record, stop)?;
        self.batch = (self.batch.0 + 1, self.batch.1 + document.weight_bytes());
        let sequence = record.version.sequence;
        self.rebuild.write(Change::Put { sequence, document: Box::new(document), replaces: None })?;
        let done = self.progress.documents.fetch_add(1, Relaxed) + 1;
        self.progress.total.fetch_max(done, Relaxed);
        if self.batch.0 >= BATCH_DOCUMENTS || self.batch.1 >= BATCH_BYTES { self.commit() } else { Ok(()) }
    }

    /// Reads a document as it was sent. Its etag stays: it names what was sent.
    fn read(
        &self,
        snapshot: &dyn Snapshot,
        record: &DocumentRecord,
        stop: &AtomicBool,
    ) -> Result<IndexedDocument, ReindexError> {
        let sent = stored(snapshot, record)?;
        let prepared =
            prepare(sent, &self.seen, &[snapshot, self.built.as_ref()], stop).map_err(|error| match error {
                PrepareError::Read(error) => ReindexError::Read(error),
                source => ReindexError::Document { id: record.id.clone(), source },
            })?;
        Ok(IndexedDocument { etag: record.version.etag, ..prepared.document })
    }

    /// Takes a version away that may be in it: those that came behind the last state, and went before this one, are not.
    fn remove(&mut self, removed: Removed) -> Result<(), ReindexError> {
        let version = if removed.removed_sequence <= self.reached { self.built.version(&removed.id)? } else { None };
        let change = match version.filter(|version| version.sequence == removed.removed_sequence) {
            Some(version) => {
                self.seen.forget(&removed.id);
                let Removed { id, sequence, removed_sequence: _, at } = removed;
                Change::Delete { id, removes: Removal { sequence, version, at } }
            }
            None => Change::Remember(removed),
        };
        Ok(self.rebuild.write(change)?)
    }

    fn commit(&mut self) -> Result<(), ReindexError> {
        // The last of the disk is left to what is acknowledged.
        self.engine.check_room()?;
        // Removals look at what it shows: it shows all that came before the states that they are behind.
        self.built = self.rebuild.commit()?;
        self.batch = (0, 0);
        Ok(())
    }
}

/// What a document's sender sent, from what is stored of it. What was found in its text is found anew.
fn stored(snapshot: &dyn Snapshot, record: &DocumentRecord) -> Result<Document, ReadError> {
    let lost = || snapshot.doubt(&format!("document `{}` is listed and not there", record.id));
    let (address, _) = snapshot.document(&record.id)?.ok_or_else(lost)?;
    let paragraphs = all_paragraphs(snapshot, address, record)?;
    let mut metadata = record.metadata.clone();
    for field in &record.recognized {
        field.clear(&mut metadata);
    }
    let content = if record.original_bytes == 0 && !paragraphs.is_empty() {
        let ready = |Paragraph { text, heading_path, source_ranges: _ }| ReadyParagraph {
            text,
            heading_path: heading_path.iter().map(ToString::to_string).collect(),
        };
        Content::Ready(paragraphs.into_iter().map(ready).collect())
    } else {
        Content::Text(original(snapshot, record, &snapshot.layout(address)?, &paragraphs)?)
    };
    Ok(Document { id: record.id.clone(), metadata, content })
}

/// A version or a removal.
enum Entry {
    Document(Box<DocumentRecord>),
    Removed(Removed),
}

/// The versions and the removals of an index behind a number, in order of their numbers.
struct Entries<'a> {
    snapshot: &'a dyn Snapshot,
    documents: VecDeque<DocumentRecord>,
    /// Behind which number further documents are read; `None` when there are no more.
    further: Option<u64>,
    removals: Box<dyn Removals>,
    removed: VecDeque<Removed>,
}

impl<'a> Entries<'a> {
    fn behind(reached: u64, snapshot: &'a dyn Snapshot, stop: &Arc<AtomicBool>) -> Result<Self, ReadError> {
        let behind = Position::end_of(reached);
        let removals = snapshot.removals(&Expression::All, &Filter::default(), behind, stop)?;
        let (documents, removed) = (VecDeque::new(), VecDeque::new());
        Ok(Self { snapshot, documents, further: Some(reached), removals, removed })
    }

    fn next(&mut self, stop: &Arc<AtomicBool>) -> Result<Option<Entry>, ReadError> {
        self.fill(stop)?;
        let document = self.documents.front().map(|record| record.version.sequence);
        let removed = self.removed.front().map(|removed| removed.sequence);
        let is_removal_next = removed.is_some_and(|removed| document.is_none_or(|document| removed < document));
        Ok(if is_removal_next {
            self.removed.pop_front().map(Entry::Removed)
        } else {
            self.documents.pop_front().map(|record| Entry::Document(Box::new(record)))
        })
    }

    fn fill(&mut self, stop: &Arc<AtomicBool>) -> Result<(), ReadError> {
        if self.documents.is_empty()
            && let Some(behind) = self.further
        {
            self.documents = self.snapshot.documents(&Filter::default(), Some(behind), READ_AT_ONCE, stop)?.into();
            self.further = self.documents.back().map(|record| record.version.sequence);
        }
        if self.removed.is_empty() {
            let everything = Given { up_to: u64::MAX, whatever_up_to: u64::MAX };
            self.removed = self.removals.next(READ_AT_ONCE, everything, stop)?.into();
        }
        ReadError::check(stop)
    }
}
