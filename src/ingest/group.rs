//! A group of changes that share a commit, and the log of versions that decides what each of them does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant, UNIX_EPOCH},
};

use tokio::sync::{oneshot, watch};

use crate::{
    document::{DocumentId, Etag},
    engine::{Change, Engine, Generation, IndexedDocument, ReadError, Removal, Upkeep, Version, WriteError, Writer},
    ingest::{
        Deleted, GroupCommit, IngestError, Outcome, Rebuilt, Receipt, ReindexError, Retention, company::Company,
        writer::Urgency,
    },
};

/// How long after a commit merged segments are first looked for; small merges take less.
const FIRST_REFRESH_AFTER: Duration = Duration::from_secs(1);
/// How long after the start: whoever goes on with a search from before it finds the index as it was, deleted entries
/// included, for as long as without a restart.
const REFRESH_AFTER_START: Duration = Duration::from_mins(5);
/// A commit that begins so soon after the last one: changes follow each other closely.
const CLOSELY: Duration = Duration::from_millis(100);
/// How long at most between two looks; old segments stay on disk until then.
const LAST_REFRESH_AFTER: Duration = Duration::from_mins(1);

type Reply<T> = oneshot::Sender<Result<T, IngestError>>;
/// Told how long a commit took, whether it succeeded or not.
pub(super) type OnCommit = Box<dyn Fn(Duration) + Send>;
/// An answer that waits for the commit.
type Answer = Box<dyn FnOnce(Result<Generation, IngestError>) + Send>;

/// What the stored version has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// Any, or none.
    Any,
    /// One with this content.
    Content(Etag),
    /// The one that was written as this change.
    Version(u64),
}

impl Expected {
    /// What has this etag, or anything without one.
    pub(super) fn content(etag: Option<Etag>) -> Self {
        etag.map_or(Self::Any, Self::Content)
    }

    fn check(self, current: Option<Version>) -> Result<(), IngestError> {
        let is_met = match self {
            Self::Any => true,
            Self::Content(etag) => current.is_some_and(|version| version.etag == etag),
            Self::Version(sequence) => current.is_some_and(|version| version.sequence == sequence),
        };
        if is_met { Ok(()) } else { Err(IngestError::EtagMismatch(current.map(|version| version.etag))) }
    }
}

/// Changes that share a commit.
pub(super) struct Group {
    limits: GroupCommit,
    began: Instant,
    changes: usize,
    bytes: usize,
    /// Who else may be about to send a change.
    company: Company,
    /// Whether it waits for nobody.
    is_due: bool,
    /// The versions that the group has written, `None` for deleted.
    versions: HashMap<DocumentId, Option<Version>>,
    answers: Vec<Answer>,
    /// Whether there is anything to commit.
    written: bool,
    /// Why the group cannot be committed.
    failure: Option<IngestError>,
}

impl Group {
    pub(super) fn new(limits: GroupCommit, company: Company, now: Instant) -> Self {
        Self {
            limits,
            began: now,
            changes: 0,
            bytes: 0,
            company,
            is_due: false,
            versions: HashMap::new(),
            answers: Vec::new(),
            written: false,
            failure: None,
        }
    }

    /// Counts a change that is about to be taken.
    pub(super) fn count(&mut self, bytes: usize, urgency: Urgency) {
        self.changes += 1;
        self.bytes += bytes;
        if urgency == Urgency::Now {
            self.company.comes();
        }
    }

    /// Has it committed as soon as nothing else is in the queue.
    pub(super) fn hurry(&mut self) {
        self.is_due = true;
    }

    /// How long the group may still wait for more, when nothing is in the queue.
    pub(super) fn rest(&mut self, now: Instant) -> Duration {
        if self.is_due {
            return Duration::ZERO;
        }
        let waits = self.company.patience().map_or(self.limits.linger, |patience| patience.min(self.limits.linger));
        waits.saturating_sub(now.saturating_duration_since(self.began))
    }

    pub(super) fn is_full(&self) -> bool {
        self.changes >= self.limits.changes || self.bytes >= self.limits.bytes || self.failure.is_some()
    }
}

/// The versions of all documents, and the engine's writer.
pub(super) struct Log {
    engine: Arc<dyn Engine>,
    /// `None` after an error, until a new one could be had.
    writer: Option<Box<dyn Writer>>,
    /// The newest number given out.
    sequence: u64,
    /// When the last commit ended.
    ended: Option<Instant>,
    /// When merged segments were taken up last.
    refreshed: Instant,
    /// How long after that they are again.
    refresh_after: Duration,
    retention: Retention,
    /// Whether removals are kept although their time is over. It is locked while a commit is made that minds it.
    is_rebuilding: Arc<Mutex<bool>>,
    /// Told how long each commit took.
    on_commit: OnCommit,
    /// The newest number that snapshots show, for those who follow.
    committed: watch::Sender<u64>,
}

impl Log {
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        retention: Retention,
        is_rebuilding: Arc<Mutex<bool>>,
        on_commit: OnCommit,
    ) -> Result<Self, WriteError> {
        let committed = watch::Sender::new(0);
        let mut log = Self {
            engine,
            writer: None,
            sequence: 0,
            ended: None,
            refreshed: Instant::now(),
            refresh_after: REFRESH_AFTER_START,
            retention,
            is_rebuilding,
            on_commit,
            committed,
        };
        log.reopen()?;
        Ok(log)
    }

    /// Tells the newest number that snapshots show, whenever there is another one.
    pub(super) fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Adds a document, unless the same content is there or another version than expected.
    pub(super) fn put(
        &mut self,
        group: &mut Group,
        document: Box<IndexedDocument>,
        expected: Expected,
        reply: Reply<Receipt>,
    ) {
        let etag = document.etag;
        let change = self.current(group, &document.id).and_then(|current| {
            expected.check(current)?;
            match current {
                Some(version) if version.etag == etag && !self.is_in_doubt() => {
                    Ok((Outcome::Unchanged, version.paragraphs))
                }
                current => self.write_document(group, document, current),
            }
        });
        answer(group, reply, change, move |(outcome, paragraphs), generation| Receipt {
            etag,
            generation,
            paragraphs,
            outcome,
        });
    }

    /// Deletes a document, unless there is none or another version than expected.
    pub(super) fn delete(&mut self, group: &mut Group, id: DocumentId, expected: Expected, reply: Reply<Deleted>) {
        let change = self.current(group, &id).and_then(|current| {
            let version = current.ok_or_else(|| IngestError::NotFound(id.clone()))?;
            expected.check(current)?;
            let removes = self.removal(version);
            self.write(group, Change::Delete { id: id.clone(), removes })?;
            group.versions.insert(id, None);
            Ok(())
        });
        answer(group, reply, change, |(), generation| Deleted { generation });
    }

    /// Commits a group if it changed anything, and answers everyone in it. Who may send the next changes.
    pub(super) fn finish(&mut self, group: Group) -> Company {
        let began = Instant::now();
        let result = match (group.failure, group.written) {
            (Some(failure), _) => Err(failure),
            (None, false) => Ok(self.engine.snapshot().generation()),
            (None, true) => self.commit(),
        };
        if let Err(IngestError::Write(cause)) = &result {
            tracing::error!(error = %cause, "a group of changes was not written; the writer is opened anew");
            self.writer = None;
            // The next one takes away what this one has left, which may have filled the disk.
            self.refreshes_soon(Instant::now());
        }
        for answer in group.answers {
            answer(result.clone());
        }
        group.company.after(began.elapsed())
    }

    /// Has an index that was built anew take the place of this one, with what it lacks. On an error this one goes on.
    pub(super) fn take_over(&mut self, rebuilt: Rebuilt, stop: &Arc<AtomicBool>) -> Result<Generation, ReindexError> {
        let taken = self.switch(rebuilt, stop);
        if taken.is_err()
            && let Err(error) = self.open_writer()
        {
            tracing::error!(%error, "there is no writer; the next change tries again");
        }
        taken
    }

    fn switch(&mut self, mut rebuilt: Rebuilt, stop: &Arc<AtomicBool>) -> Result<Generation, ReindexError> {
        // What failed before may be there after all: then it is shown from here on.
        self.open_writer()?;
        self.writer = None;
        rebuilt.catch_up(self.engine.snapshot().as_ref(), stop)?;
        self.writer = Some(rebuilt.take_over()?);
        self.refreshes_soon(Instant::now());
        self.announce();
        Ok(self.engine.snapshot().generation())
    }

    /// Ends the writer, in order unless it has failed.
    pub(super) fn close(mut self) {
        let Some(writer) = self.writer.take() else { return };
        drop(writer);
        if let Err(error) = self.engine.close() {
            tracing::warn!(%error, "the index could not be noted as closed in order; it is checked when it is opened");
        }
    }

    /// How long until merged segments are to be taken up, whatever comes meanwhile but a commit: while changes are refused
    /// for want of room, that is what gives some.
    pub(super) fn refreshes_in(&self, now: Instant) -> Duration {
        self.refresh_after.saturating_sub(now.saturating_duration_since(self.refreshed))
    }

    fn refreshes_soon(&mut self, now: Instant) {
        (self.refreshed, self.refresh_after) = (now, FIRST_REFRESH_AFTER);
    }

    /// Takes up what merging has done since the last commit. It may go on for long after it, so the next look comes
    /// after twice the time.
    pub(super) fn refresh(&mut self) {
        self.refresh_after = (self.refresh_after * 2).min(LAST_REFRESH_AFTER);
        self.drop_failed();
        if self.writer.is_none()
            && let Err(error) = self.reopen()
        {
            tracing::error!(%error, "there is no writer; the next change tries again");
        }
        if let Some(Err(error)) = self.writer.as_mut().map(|writer| writer.refresh()) {
            tracing::warn!(%error, "merged segments could not be taken up; the next commit will");
        }
        // Not before: changes have their turn between two looks, however long one takes.
        self.refreshed = Instant::now();
    }

    /// Gives up the writer after a panic, and what it was at: nothing of that is acknowledged.
    pub(super) fn give_up(&mut self) {
        self.writer = None;
    }

    fn write_document(
        &mut self,
        group: &mut Group,
        document: Box<IndexedDocument>,
        current: Option<Version>,
    ) -> Result<(Outcome, u32), IngestError> {
        // What is refused here leaves the rest of the group alone.
        self.engine.check_room().map_err(|error| IngestError::Write(Arc::new(error)))?;
        let replaces = current.map(|version| self.removal(version));
        let sequence = self.next_sequence();
        let paragraphs = u32::try_from(document.paragraphs.len()).expect("limited when a document is prepared");
        let version = Version { sequence, etag: document.etag, paragraphs, searchable: document.searchable() };
        let id = document.id.clone();
        self.write(group, Change::Put { sequence, document, replaces })?;
        group.versions.insert(id, Some(version));
        let outcome = if current.is_some() { Outcome::Replaced } else { Outcome::Created };
        Ok((outcome, paragraphs))
    }

    fn write(&mut self, group: &mut Group, change: Change) -> Result<(), IngestError> {
        group.written = true;
        let written = self.open_writer().and_then(|writer| writer.write(change));
        written.map_err(|error| {
            let error = IngestError::Write(Arc::new(error));
            group.failure = Some(error.clone());
            error
        })
    }

    fn commit(&mut self) -> Result<Generation, IngestError> {
        let started = Instant::now();
        let follows_closely = self.ended.is_some_and(|ended| started.saturating_duration_since(ended) < CLOSELY);
        let upkeep = if follows_closely { Upkeep::Deferred } else { Upkeep::Usual };
        let kept_for = self.retention.removals.as_secs();
        // An index that is built anew learns from them what is gone: it begins before this commit, or behind it.
        let is_rebuilding = Arc::clone(&self.is_rebuilding);
        let is_rebuilding = is_rebuilding.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = (!*is_rebuilding).then(|| self.now().saturating_sub(kept_for));
        let committed = self.open_writer().and_then(|writer| {
            forgotten.map_or(Ok(()), |until| writer.forget(until))?;
            writer.commit(upkeep)
        });
        drop(is_rebuilding);
        let ended = Instant::now();
        self.ended = Some(ended);
        (self.on_commit)(ended.saturating_duration_since(started));
        self.refreshes_soon(ended);
        self.announce();
        committed.map_err(|error| IngestError::Write(Arc::new(error)))
    }

    /// The version that a change meets: the group's own, else the committed one.
    fn current(&mut self, group: &Group, id: &DocumentId) -> Result<Option<Version>, IngestError> {
        // What failed in the background, as a merge does, is no failure of changes that come after it.
        if !group.written {
            self.drop_failed();
        }
        // First of all: a new writer may find that what failed before is there after all.
        self.open_writer().map_err(|error| IngestError::Write(Arc::new(error)))?;
        match group.versions.get(id) {
            Some(version) => Ok(*version),
            None => self
                .engine
                .snapshot()
                .version(id)
                .map_err(|error: ReadError| IngestError::Write(Arc::new(error.into()))),
        }
    }

    /// Whether what is there may not be, as damage was met: then the same content is written again.
    fn is_in_doubt(&self) -> bool {
        self.engine.is_doubted() || self.engine.is_damaged()
    }

    fn open_writer(&mut self) -> Result<&mut Box<dyn Writer>, WriteError> {
        if self.writer.is_none() {
            self.reopen()?;
        }
        Ok(self.writer.as_mut().expect("just opened"))
    }

    /// Drops a writer that has failed in the background. Only between groups: with it goes what it was given.
    fn drop_failed(&mut self) {
        if self.writer.as_ref().is_some_and(|writer| writer.has_failed()) {
            tracing::warn!("writing failed in the background; the writer is opened anew");
            self.writer = None;
        }
    }

    fn reopen(&mut self) -> Result<(), WriteError> {
        self.writer = Some(self.engine.writer()?);
        // Never downwards: numbers given out for a group that was lost are not given out again.
        self.sequence = self.sequence.max(self.engine.snapshot().sequence());
        self.announce();
        Ok(())
    }

    /// Wakes those who follow, unless they know of everything.
    fn announce(&self) {
        let newest = self.engine.snapshot().sequence();
        self.committed.send_if_modified(|known| std::mem::replace(known, newest) != newest);
    }

    fn removal(&mut self, version: Version) -> Removal {
        Removal { sequence: self.next_sequence(), version, at: self.now() }
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        (self.retention.now)().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

/// Answers when the group is committed: everything that a change or a refusal was decided on is on disk by then, or
/// the commit's failure is the answer.
fn answer<C: Send + 'static, T: 'static + Send>(
    group: &mut Group,
    reply: Reply<T>,
    change: Result<C, IngestError>,
    receipt: impl FnOnce(C, Generation) -> T + Send + 'static,
) {
    group.answers.push(Box::new(move |committed| {
        let answer = committed.and_then(|generation| Ok(receipt(change?, generation)));
        // Whoever asked may have left.
        let _left = reply.send(answer);
    }));
}
