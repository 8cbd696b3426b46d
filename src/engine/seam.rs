//! The traits that an engine implements.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    document::{DocumentId, Layout, Paragraph},
    engine::{
        Address, Backup, BackupError, Branch, Change, Counts, DocumentRecord, DocumentView, Explanation, Expression,
        FacetField, Generation, Occurrences, Position, Ranking, ReadError, Removed, SourceLine, Statistics,
        StoredParagraph, Term, Token, TokenStatistics, Upkeep, Verification, Version, WeighedToken, WriteError,
    },
    query::Filter,
};

/// An index that can be read and written. Cheap to share; one process holds it.
pub trait Engine: Send + Sync + 'static {
    /// The newest committed state. What it shows never changes.
    fn snapshot(&self) -> Arc<dyn Snapshot>;

    /// Says no while no document is to be added because the disk is as good as full. Changes that free room may be
    /// written all the same.
    ///
    /// # Errors
    /// An I/O error of the kind `StorageFull`.
    fn check_room(&self) -> Result<(), WriteError>;

    /// Notes that the last writer ended in order, so that what is on disk need not be checked when it is opened again.
    ///
    /// # Errors
    /// When the note cannot be written; then it is checked.
    fn close(&self) -> Result<(), WriteError>;

    /// Whether damage was found since it was opened, by whatever looks at whole files. Nothing is written then.
    fn is_damaged(&self) -> bool;

    /// Copies what is on disk now into a directory that does not exist, while writes go on. When this returns all of
    /// it is on disk; opened as a data directory, it answers the same. Runs long.
    ///
    /// # Errors
    /// When the directory cannot be used or written, a file of the index is damaged, or on `stop`. Nothing is left
    /// there then.
    fn back_up(&self, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError>;

    /// Compares every file with its checksum, while writes go on. An index that is found damaged, here or by a backup, a
    /// merge or a commit, is not written any more and is checked when it is opened again. Runs long.
    ///
    /// # Errors
    /// When files cannot be looked at, or on `stop`.
    fn verify(&self, stop: &AtomicBool) -> Result<Verification, ReadError> {
        self.verify_slowly(&|_| (), stop)
    }

    /// The same beside other work: `pace` is told of the bytes that were read, and may wait.
    ///
    /// # Errors
    /// When files cannot be looked at, or on `stop`.
    fn verify_slowly(&self, pace: &dyn Fn(usize), stop: &AtomicBool) -> Result<Verification, ReadError>;

    /// Whether it was opened because it was noted as closed in order, and no file was compared with its checksum since.
    fn is_unchecked(&self) -> bool;

    /// Whether something made no sense to whoever read it, and no comparison has found since that every file is what was
    /// written.
    fn is_doubted(&self) -> bool;

    /// The one writer. A second one while the first lives is an error. It begins from what is on disk, which every
    /// new snapshot shows from then on.
    ///
    /// # Errors
    /// When there is a writer already, or the engine cannot make one.
    fn writer(&self) -> Result<Box<dyn Writer>, WriteError>;

    /// Begins to build an index that is to take the place of this one, which is read and written meanwhile. One at a
    /// time, and not while it is copied or verified.
    ///
    /// # Errors
    /// When there is no room for a second index, an I/O error of the kind `StorageFull`, it cannot be made, or this one is
    /// damaged.
    fn rebuild(&self) -> Result<Box<dyn Rebuild>, WriteError>;
}

/// An index that is built to take the place of another one. Nobody else reads it until it does; dropping it, or the end
/// of the process, leaves nothing of it.
pub trait Rebuild: Send {
    /// Takes in what the other index has, in order of the numbers, which stay. What is removed has to be committed.
    ///
    /// # Errors
    /// When the engine cannot take it; then it has to be dropped.
    fn write(&mut self, change: Change) -> Result<(), WriteError>;

    /// Puts on disk what was written, and shows it.
    ///
    /// # Errors
    /// When that could not be made sure; then it has to be dropped.
    fn commit(&mut self) -> Result<Arc<dyn Snapshot>, WriteError>;

    /// Takes the place of the other index, which has no writer and of which everything was written here: afterwards
    /// that is on disk, and every new snapshot is of this one, one commit on. What is read from the other one can be
    /// read to the end. It has a writer, as nobody else.
    ///
    /// # Errors
    /// When this has not all that the other one has, something of that made no sense since it was compared with its
    /// checksums, or this could not take its place for sure. The other one is used then.
    fn take_over(self: Box<Self>) -> Result<Box<dyn Writer>, WriteError>;
}

/// Writes changes in batches.
///
/// After an error the batch is in doubt, and the writer has to be dropped: no snapshot shows it before the next writer
/// has found out whether it is on disk, and then it is there whole or not at all.
pub trait Writer: Send {
    /// Takes one change into the open batch.
    ///
    /// # Errors
    /// When the engine cannot take it.
    fn write(&mut self, change: Change) -> Result<(), WriteError>;

    /// Takes into the open batch that removals made until a time, in seconds since 1970, are forgotten: the oldest
    /// ones first, as many as one batch bears. They have to be committed already.
    ///
    /// # Errors
    /// When the engine cannot take it.
    fn forget(&mut self, until: u64) -> Result<(), WriteError>;

    /// Closes the batch: afterwards it is on disk, directory entries included, and every new snapshot shows it. What is
    /// done beside, now or later, is as much as `upkeep` says.
    ///
    /// # Errors
    /// When any of that could not be made sure.
    fn commit(&mut self, upkeep: Upkeep) -> Result<Generation, WriteError>;

    /// Whether it has failed beside what it was asked for, as in merging, and has to be dropped: what it takes of the disk
    /// to no purpose is given back by the next one.
    fn has_failed(&self) -> bool;

    /// Takes up what merging did to the committed state since: same content, fewer parts; has more merged if that would
    /// make searches faster. To be called when idle, and again later.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn refresh(&mut self) -> Result<(), WriteError>;
}

/// One committed state, to be read by any number of threads.
///
/// Long work looks at `stop` now and then and ends with [`ReadError::Stopped`] when it is set.
pub trait Snapshot: Send + Sync + 'static {
    /// Which state this is.
    fn generation(&self) -> Generation;

    /// The newest number given out to a version or a removal.
    fn sequence(&self) -> u64;

    /// How far the history of an index is that of this state too: all of it for this one itself, up to the backup for
    /// one that it was restored from, `None` for others.
    fn in_common(&self, index: u32) -> Option<Branch>;

    /// How many entries it reads, those included that were deleted and are not merged away yet. Statistics behind
    /// scores count these: two states of one generation score alike if they have as many.
    fn entries(&self) -> u64;

    /// The number of the newest removal that was forgotten; 0 when all are remembered.
    fn forgotten(&self) -> u64;

    /// How often the index was built anew: documents may have been split otherwise before.
    fn rebuilt(&self) -> u32;

    /// Has everything checked when the index is opened again: what was read of it makes no sense together. The error that
    /// says so.
    fn doubt(&self, what: &str) -> ReadError;

    /// What it holds.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn statistics(&self) -> Result<Statistics, ReadError>;

    /// In how many paragraphs a term stands, in one of the fields that it is looked for in. Two fields cost a walk over
    /// all that either has.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn frequency(&self, term: &Term, stop: &Arc<AtomicBool>) -> Result<u64, ReadError>;

    /// The best `limit` matches in documents that the filter lets through, in rank order. The first n of any limit
    /// are the same. A filter changes no score. On `stop`, the best that were found so far.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn rank(
        &self,
        expression: &Expression,
        filter: &Filter,
        limit: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError>;

    /// Some `count` matches that are likely to be the best, in documents that the filter lets through: the best ones by
    /// the tokens, of which any may do. In rank order; the same whenever the same is asked. Matches that have none of
    /// the tokens may be missing.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn candidates(
        &self,
        expression: &Expression,
        tokens: &[WeighedToken],
        filter: &Filter,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError>;

    /// How common tokens are.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn token_statistics(&self, tokens: &[Token], stop: &Arc<AtomicBool>) -> Result<TokenStatistics, ReadError>;

    /// What the paragraphs at these addresses, which are ascending, have of tokens.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn occurrences(
        &self,
        tokens: &[Token],
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Occurrences, ReadError>;

    /// What the paragraphs at these addresses, which are ascending, score by an expression; `None` for those that do
    /// not match.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn scores(
        &self,
        expression: &Expression,
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<Option<f32>>, ReadError>;

    /// What an expression and a filter make of one paragraph, its score as [`Snapshot::rank`] gives it, taken apart.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn explain(
        &self,
        expression: &Expression,
        filter: &Filter,
        paragraph: Address,
        stop: &Arc<AtomicBool>,
    ) -> Result<Explanation, ReadError>;

    /// Every match in documents that the filter lets through, in order of position, from the first one after `after`
    /// on.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn walk(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Option<Position>,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Walk>, ReadError>;

    /// The removals that are remembered of versions that matched in documents that the filter let through, in order of
    /// their numbers, from the first one after `after` on. What is not known of a version any more counts as a match.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn removals(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Position,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Removals>, ReadError>;

    /// How many paragraphs match in documents that the filter lets through, and how many of them have which values.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn count(
        &self,
        expression: &Expression,
        filter: &Filter,
        facets: &[FacetField],
        stop: &Arc<AtomicBool>,
    ) -> Result<Counts, ReadError>;

    /// The records of the first `count` documents that the filter lets through, in order of their sequences, from the
    /// first one after the sequence `after` on.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn documents(
        &self,
        filter: &Filter,
        after: Option<u64>,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<DocumentRecord>, ReadError>;

    /// How many documents a filter lets through, those without paragraphs included.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn number_of_documents(&self, filter: &Filter, stop: &Arc<AtomicBool>) -> Result<u64, ReadError>;

    /// The paragraphs kept at these addresses, in the order of the addresses.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn paragraphs(&self, addresses: &[Address]) -> Result<Vec<StoredParagraph>, ReadError>;

    /// The record of the document that a paragraph belongs to.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn record(&self, paragraph: Address) -> Result<DocumentRecord, ReadError>;

    /// Reads paragraphs one after another, in ascending order of their addresses within each segment. What it reads is
    /// not kept for others: whoever reads all there is would drive out what they ask for.
    fn reader(&self) -> Box<dyn Reader>;

    /// Where a document's paragraphs are kept, in document order from `first` on, at most `count` of them.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn siblings(&self, address: Address, first: u32, count: u32) -> Result<Vec<Address>, ReadError>;

    /// A document's record, with the address of the record itself; `None` when there is no such document.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn document(&self, id: &DocumentId) -> Result<Option<(Address, DocumentRecord)>, ReadError>;

    /// What a document's paragraphs leave of its original, from the address of its record.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn layout(&self, record: Address) -> Result<Layout, ReadError>;

    /// Documents that begin or end with a line: all, or any `count` of them.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn documents_with_line(&self, line: SourceLine, count: usize) -> Result<Vec<DocumentId>, ReadError>;

    /// Which version of a document is there.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn version(&self, id: &DocumentId) -> Result<Option<Version>, ReadError>;
}

/// Reads paragraphs one after another.
pub trait Reader: Send {
    /// The paragraph at an address, and its document.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn read(&mut self, address: Address) -> Result<(&Paragraph, DocumentView<'_>), ReadError>;
}

/// Matches in order of position, in flat memory. One that was stopped does not go on.
pub trait Walk: Send {
    /// The next matches, at most `count`; none when there are no more.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn next(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<(Position, Address)>, ReadError>;
}

/// Removals in order of their numbers, in flat memory.
pub trait Removals: Send {
    /// The next removals, at most `count`; none when there are no more. Those of versions that whoever asks was not given
    /// are left out.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    fn next(&mut self, count: usize, given: Given, stop: &Arc<AtomicBool>) -> Result<Vec<Removed>, ReadError>;
}

/// Which versions somebody may have been given, by their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// Those up to this one, if they matched.
    pub up_to: u64,
    /// Those up to this one, whether or not they match as the index is now.
    pub whatever_up_to: u64,
}
