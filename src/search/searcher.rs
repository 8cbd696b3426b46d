//! The entry to all reads.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use crate::{
    document::{DocumentId, ParagraphId},
    engine::{Backup, BackupError, Engine, Generation, ReadError, Snapshot, Statistics, Verification},
    query::Query,
    search::{Rescoring, Resume, SnapshotDigest, leases::Leases},
    text::{Segmenter, Synonyms},
};

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The index has not reached the generation asked for, or it is another index's.
    #[error("this index is at generation `{0}`")]
    GenerationNotReached(Generation),
    /// The state of the index to go on in is gone.
    #[error("the state of the index that was read from is gone")]
    SnapshotExpired,
    /// No such document.
    #[error("there is no document `{0}`")]
    DocumentNotFound(DocumentId),
    /// The document is there and does not have such a paragraph.
    #[error("there is no paragraph `{0}`")]
    ParagraphNotFound(ParagraphId),
    /// The offset lies behind the end of the original, or within a character.
    #[error("`{0}` is not the start of a character of the original")]
    BadOffset(u64),
    /// The place to go on from in a list is one of another index.
    #[error("the index that was listed is another one")]
    PageExpired,
    /// Removals that an export has to go on with are not remembered any more.
    #[error("what was removed since is not remembered any more")]
    RemovalsForgotten,
    /// Reading failed, or nobody waits any more.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Answers reads. Cheap to clone. All calls are CPU and disk work: run them on the pool.
#[derive(Clone)]
pub struct Searcher {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) segmenter: Segmenter,
    synonyms: Synonyms,
    pub(super) rescoring: Rescoring,
    pub(super) leases: Arc<Leases>,
}

impl Searcher {
    /// Reads from `engine`, cutting queries into words with `segmenter`.
    pub fn new(engine: Arc<dyn Engine>, segmenter: Segmenter) -> Self {
        let (synonyms, rescoring) = (Synonyms::default(), Rescoring::default());
        Self { engine, segmenter, synonyms, rescoring, leases: Arc::default() }
    }

    /// The same with a second stage of another size.
    #[must_use]
    pub fn rescoring(self, rescoring: Rescoring) -> Self {
        Self { rescoring, ..self }
    }

    /// The same with another list of synonyms.
    #[must_use]
    pub fn knowing(self, synonyms: Synonyms) -> Self {
        Self { synonyms, ..self }
    }

    /// The list of synonyms.
    pub fn synonyms(&self) -> &Synonyms {
        &self.synonyms
    }

    /// A query as it is answered: without question and function words that stand beside a part of another kind, and with
    /// the other names of what it names, unless it does without.
    #[must_use]
    pub fn understood(&self, query: Query, synonyms: bool) -> Query {
        let says_nothing = |text: &str| !self.segmenter.query_words(text).iter().any(|word| word.content);
        let query = query.without_empty_words(&says_nothing);
        if synonyms { query.with_synonyms(&|text| self.synonyms.find(text, &self.segmenter)) } else { query }
    }

    /// What the index holds, and its generation.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn statistics(&self) -> Result<(Generation, Statistics), SearchError> {
        let snapshot = self.engine.snapshot();
        Ok((snapshot.generation(), snapshot.statistics()?))
    }

    /// Copies what is on disk now into a directory that does not exist, while writes go on. Runs long.
    ///
    /// # Errors
    /// When the directory cannot be used or written, a file of the index is damaged, or on `stop`.
    pub fn back_up(&self, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError> {
        self.engine.back_up(target, stop)
    }

    /// Compares every file of the index with its checksum. Runs long.
    ///
    /// # Errors
    /// When files cannot be looked at, or on `stop`.
    pub fn verify(&self, stop: &AtomicBool) -> Result<Verification, ReadError> {
        self.engine.verify(stop)
    }

    /// The same beside other work: `pace` is told of the bytes that were read, and may wait.
    ///
    /// # Errors
    /// When files cannot be looked at, or on `stop`.
    pub fn verify_slowly(&self, pace: &dyn Fn(usize), stop: &AtomicBool) -> Result<Verification, ReadError> {
        self.engine.verify_slowly(pace, stop)
    }

    /// Whether the index was opened because it was noted as closed in order, and no file was compared with its checksum
    /// since.
    pub fn is_unchecked(&self) -> bool {
        self.engine.is_unchecked()
    }

    /// The newest snapshot, if it has reached a generation.
    pub(super) fn snapshot(&self, min_generation: Option<Generation>) -> Result<Arc<dyn Snapshot>, SearchError> {
        reached(self.engine.snapshot(), min_generation)
    }

    /// The snapshot to go on in, and whether it is another one than before.
    pub(super) fn snapshot_to_resume(
        &self,
        resume: &Resume,
        min_generation: Option<Generation>,
    ) -> Result<(Arc<dyn Snapshot>, bool), SearchError> {
        let (newest, wanted) = (self.engine.snapshot(), resume.place.snapshot);
        let (snapshot, is_changed) = if self.digest(newest.as_ref()) == wanted {
            (newest, false)
        } else {
            match self.leases.find(wanted, resume.now) {
                Some(held) => (held, false),
                None if resume.allow_snapshot_change => (newest, true),
                None => return Err(SearchError::SnapshotExpired),
            }
        };
        Ok((reached(snapshot, min_generation)?, is_changed))
    }

    /// Names what the order of hits in a snapshot depends on.
    pub(super) fn digest(&self, snapshot: &dyn Snapshot) -> SnapshotDigest {
        let lists = [self.segmenter.fingerprint(), self.synonyms.fingerprint()];
        SnapshotDigest::new(snapshot, lists, self.rescoring)
    }

    /// Gives up the states of the index that nobody read for [`super::LEASE`].
    pub fn expire_leases(&self, now: Instant) {
        self.leases.expire(now);
    }

    /// How many states of the index are kept for those who may come back, the newest not counted.
    pub fn leases(&self) -> usize {
        self.leases.older_than(self.digest(self.engine.snapshot().as_ref()))
    }
}

/// A snapshot, if it has reached a generation.
fn reached(snapshot: Arc<dyn Snapshot>, min_generation: Option<Generation>) -> Result<Arc<dyn Snapshot>, SearchError> {
    let has = |wanted: Generation| snapshot.in_common(wanted.index).is_some_and(|branch| branch.has(wanted));
    if min_generation.is_none_or(has) {
        Ok(snapshot)
    } else {
        Err(SearchError::GenerationNotReached(snapshot.generation()))
    }
}
