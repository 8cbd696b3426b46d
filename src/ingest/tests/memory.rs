//! An engine in memory that fails when told to.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use crate::{
    document::{DocumentId, Layout},
    engine::{
        Address, Backup, BackupError, Branch, Change, Counts, DocumentRecord, Engine, Explanation, Expression,
        FacetField, Filter, Generation, Occurrences, Position, Ranking, ReadError, Reader, Rebuild, Removals, Snapshot,
        SourceLine, Statistics, StoredParagraph, Term, Token, TokenStatistics, Upkeep, Verification, Version, Walk,
        WeighedToken, WriteError, Writer,
    },
};

/// Versions in memory; what is committed is a copy.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    committed: Arc<Mutex<State>>,
    /// Makes the next commit fail.
    pub(super) is_failing: Arc<AtomicBool>,
    /// Makes the next commit panic.
    pub(super) is_panicking: Arc<AtomicBool>,
    /// Leaves no room for documents, until a writer that has failed is opened anew.
    pub(super) is_full: Arc<AtomicBool>,
    /// Makes the writer fail beside what it is asked for.
    pub(super) has_failed: Arc<AtomicBool>,
    /// Whether merged segments have been taken up.
    pub(super) is_refreshed: Arc<AtomicBool>,
    /// How many writers there have been.
    pub(super) writers: Arc<AtomicUsize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) commit: u64,
    pub(super) sequence: u64,
    /// Until when removals were to be forgotten with the last commit.
    pub(super) forgotten_until: u64,
    pub(super) versions: BTreeMap<String, Version>,
    lines: BTreeMap<String, Vec<SourceLine>>,
}

impl Memory {
    pub(super) fn state(&self) -> State {
        self.committed.lock().expect("no test panics while it holds it").clone()
    }
}

impl Engine for Memory {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        Arc::new(self.state())
    }

    fn close(&self) -> Result<(), WriteError> {
        Ok(())
    }

    fn is_damaged(&self) -> bool {
        false
    }

    fn back_up(&self, _: &Path, _: &AtomicBool) -> Result<Backup, BackupError> {
        unreachable!("writing does not copy")
    }

    fn verify_slowly(&self, _: &dyn Fn(usize), _: &AtomicBool) -> Result<Verification, ReadError> {
        unreachable!("writing does not verify")
    }

    fn is_unchecked(&self) -> bool {
        unreachable!("writing does not ask")
    }

    fn is_doubted(&self) -> bool {
        false
    }

    fn check_room(&self) -> Result<(), WriteError> {
        if self.is_full.load(Relaxed) { Err(WriteError::Io(io::ErrorKind::StorageFull.into())) } else { Ok(()) }
    }

    fn rebuild(&self) -> Result<Box<dyn Rebuild>, WriteError> {
        unreachable!("nothing is built anew in memory")
    }

    fn writer(&self) -> Result<Box<dyn Writer>, WriteError> {
        if self.has_failed.swap(false, Relaxed) {
            self.is_full.store(false, Relaxed);
        }
        self.writers.fetch_add(1, Relaxed);
        Ok(Box::new(MemoryWriter { memory: self.clone(), open: self.state() }))
    }
}

struct MemoryWriter {
    memory: Memory,
    open: State,
}

impl Writer for MemoryWriter {
    fn write(&mut self, change: Change) -> Result<(), WriteError> {
        let sequence = match change {
            Change::Put { sequence, document, replaces } => {
                if let Some(removal) = replaces {
                    assert!(removal.sequence > self.open.sequence && removal.sequence < sequence);
                }
                let version = Version { sequence, etag: document.etag, paragraphs: 1, searchable: 1 };
                self.open.lines.insert(document.id.to_string(), document.edge_lines);
                self.open.versions.insert(document.id.to_string(), version);
                sequence
            }
            Change::Remember(_) => unreachable!("nothing is built anew in memory"),
            Change::Delete { id, removes } => {
                self.open.lines.remove(id.as_str());
                self.open.versions.remove(id.as_str());
                removes.sequence
            }
        };
        assert!(sequence > self.open.sequence, "sequences grow");
        self.open.sequence = sequence;
        Ok(())
    }

    fn forget(&mut self, until: u64) -> Result<(), WriteError> {
        self.open.forgotten_until = until;
        Ok(())
    }

    fn commit(&mut self, _: Upkeep) -> Result<Generation, WriteError> {
        if self.memory.is_failing.swap(false, Relaxed) {
            return Err(WriteError::Io(io::Error::other("the disk is gone")));
        }
        assert!(!self.memory.is_panicking.swap(false, Relaxed), "made to panic");
        self.open.commit += 1;
        *self.memory.committed.lock().expect("no test panics while it holds it") = self.open.clone();
        Ok(self.open.generation())
    }

    fn has_failed(&self) -> bool {
        self.memory.has_failed.load(Relaxed)
    }

    fn refresh(&mut self) -> Result<(), WriteError> {
        self.memory.is_refreshed.store(true, Relaxed);
        Ok(())
    }
}

impl Snapshot for State {
    fn generation(&self) -> Generation {
        Generation { index: 7, commit: self.commit }
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn rebuilt(&self) -> u32 {
        0
    }

    fn in_common(&self, _: u32) -> Option<Branch> {
        unreachable!("writing does not go on")
    }

    fn entries(&self) -> u64 {
        unreachable!("writing does not search")
    }

    fn forgotten(&self) -> u64 {
        unreachable!("writing does not follow")
    }

    fn doubt(&self, _: &str) -> ReadError {
        unreachable!("memory makes sense")
    }

    fn statistics(&self) -> Result<Statistics, ReadError> {
        unreachable!("writing does not count")
    }

    fn version(&self, id: &DocumentId) -> Result<Option<Version>, ReadError> {
        Ok(self.versions.get(id.as_str()).copied())
    }

    fn frequency(&self, _: &Term, _: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        unreachable!("writing does not search")
    }

    fn rank(&self, _: &Expression, _: &Filter, _: usize, _: &Arc<AtomicBool>) -> Result<Ranking, ReadError> {
        unreachable!("writing does not search")
    }

    fn candidates(
        &self,
        _: &Expression,
        _: &[WeighedToken],
        _: &Filter,
        _: usize,
        _: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError> {
        unreachable!("writing does not search")
    }

    fn token_statistics(&self, _: &[Token], _: &Arc<AtomicBool>) -> Result<TokenStatistics, ReadError> {
        unreachable!("writing does not search")
    }

    fn occurrences(&self, _: &[Token], _: &[Address], _: &Arc<AtomicBool>) -> Result<Occurrences, ReadError> {
        unreachable!("writing does not search")
    }

    fn scores(&self, _: &Expression, _: &[Address], _: &Arc<AtomicBool>) -> Result<Vec<Option<f32>>, ReadError> {
        unreachable!("writing does not search")
    }

    fn explain(&self, _: &Expression, _: &Filter, _: Address, _: &Arc<AtomicBool>) -> Result<Explanation, ReadError> {
        unreachable!("writing does not search")
    }

    fn walk(
        &self,
        _: &Expression,
        _: &Filter,
        _: Option<Position>,
        _: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Walk>, ReadError> {
        unreachable!("writing does not search")
    }

    fn removals(
        &self,
        _: &Expression,
        _: &Filter,
        _: Position,
        _: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Removals>, ReadError> {
        unreachable!("writing does not follow")
    }

    fn count(&self, _: &Expression, _: &Filter, _: &[FacetField], _: &Arc<AtomicBool>) -> Result<Counts, ReadError> {
        unreachable!("writing does not search")
    }

    fn documents(
        &self,
        _: &Filter,
        _: Option<u64>,
        _: usize,
        _: &Arc<AtomicBool>,
    ) -> Result<Vec<DocumentRecord>, ReadError> {
        unreachable!("writing does not search")
    }

    fn number_of_documents(&self, _: &Filter, _: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        unreachable!("writing does not search")
    }

    fn paragraphs(&self, _: &[Address]) -> Result<Vec<StoredParagraph>, ReadError> {
        unreachable!("writing does not fetch")
    }

    fn record(&self, _: Address) -> Result<DocumentRecord, ReadError> {
        unreachable!("writing does not fetch")
    }

    fn reader(&self) -> Box<dyn Reader> {
        unreachable!("writing does not fetch")
    }

    fn siblings(&self, _: Address, _: u32, _: u32) -> Result<Vec<Address>, ReadError> {
        unreachable!("writing does not fetch")
    }

    fn document(&self, _: &DocumentId) -> Result<Option<(Address, DocumentRecord)>, ReadError> {
        unreachable!("writing does not fetch")
    }

    fn layout(&self, _: Address) -> Result<Layout, ReadError> {
        unreachable!("writing does not fetch")
    }

    fn documents_with_line(&self, line: SourceLine, count: usize) -> Result<Vec<DocumentId>, ReadError> {
        let with_line = self.lines.iter().filter(|(_, lines)| lines.contains(&line));
        Ok(with_line.take(count).map(|(id, _)| super::id(id)).collect())
    }
}
