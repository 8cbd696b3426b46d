//! What made no sense to somebody who read it, and reindexes.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use xunzhang::{
    document::{Content, Document, Metadata},
    engine::{
        Backup, BackupError, Engine, ReadError, Rebuild, Snapshot, Verification, WriteError, Writer,
        tantivy::TantivyEngine,
    },
    ingest::{GroupCommit, Ingest, ReindexError, Retention},
    text::Segmenter,
};

/// An index of which something makes no sense behind each of the first comparisons, as many as this.
struct Doubtful {
    engine: TantivyEngine,
    comparisons: AtomicUsize,
}

impl Engine for Doubtful {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.engine.snapshot()
    }

    fn check_room(&self) -> Result<(), WriteError> {
        self.engine.check_room()
    }

    fn close(&self) -> Result<(), WriteError> {
        self.engine.close()
    }

    fn is_damaged(&self) -> bool {
        self.engine.is_damaged()
    }

    fn back_up(&self, target: &Path, stop: &AtomicBool) -> Result<Backup, BackupError> {
        self.engine.back_up(target, stop)
    }

    fn verify_slowly(&self, pace: &dyn Fn(usize), stop: &AtomicBool) -> Result<Verification, ReadError> {
        let found = self.engine.verify_slowly(pace, stop);
        let left = self.comparisons.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            meet(&self.engine);
        }
        found
    }

    fn is_unchecked(&self) -> bool {
        self.engine.is_unchecked()
    }

    fn is_doubted(&self) -> bool {
        self.engine.is_doubted()
    }

    fn writer(&self) -> Result<Box<dyn Writer>, WriteError> {
        self.engine.writer()
    }

    fn rebuild(&self) -> Result<Box<dyn Rebuild>, WriteError> {
        self.engine.rebuild()
    }
}

fn meet(engine: &TantivyEngine) {
    let _told = engine.snapshot().doubt("an entry that is not there");
}

/// An index with a document, which is met after so many comparisons.
async fn written(comparisons: usize) -> (TempDir, TantivyEngine, Ingest) {
    let (place, segmenter) = (tempfile::tempdir().expect("there is room for a directory"), Segmenter::new());
    let engine = TantivyEngine::open(place.path(), &segmenter).expect("it opens");
    let group = GroupCommit { changes: 1, bytes: 1, linger: Duration::ZERO };
    let retention = Retention { removals: Duration::from_hours(1), now: SystemTime::now };
    let doubtful = Doubtful { engine: engine.clone(), comparisons: comparisons.into() };
    let ingest = Ingest::start(Arc::new(doubtful), segmenter, group, retention, |_| {}).expect("it can be written");
    let content = Content::Text("部署防汛工作".to_owned());
    let document =
        Document { id: "甲".to_owned().try_into().expect("a good id"), metadata: Metadata::default(), content };
    let prepared = ingest.prepare(document, &AtomicBool::new(false)).expect("a small document can be prepared");
    ingest.put(prepared, None).await.expect("nothing fails");
    (place, engine, ingest)
}

async fn reindex(ingest: &Ingest) -> Result<(), ReindexError> {
    let mut rebuilt = ingest.begin_rebuild(Arc::default())?;
    ingest.bring_up(&mut rebuilt, &Arc::default())?;
    ingest.take_over(rebuilt, Arc::default()).await.map(|_| ())
}

/// An entry that was written wrong has a checksum that is right: a reindex is what helps.
#[tokio::test]
async fn what_was_met_before_a_reindex_that_finds_everything_as_it_was_written_does_not_refuse_it() {
    // None is met by it, and one while it reads, which it compares everything for once more.
    for met_meanwhile in [0, 1] {
        let (place, engine, ingest) = written(met_meanwhile).await;
        meet(&engine);
        reindex(&ingest).await.unwrap();
        assert_eq!(engine.snapshot().rebuilt(), 1);
        ingest.close().await;
        // Nothing of the new one was met.
        assert!(place.path().join("clean").exists());
    }
}

/// It may be damage of what was read since.
#[tokio::test]
async fn what_is_met_behind_its_last_comparison_refuses_a_reindex_and_not_the_next_one() {
    let (_place, engine, ingest) = written(2).await;
    let refused = reindex(&ingest).await;
    assert!(matches!(refused, Err(ReindexError::Write(WriteError::Read(ReadError::Corrupt(_))))), "{refused:?}");
    assert_eq!(engine.snapshot().rebuilt(), 0);
    reindex(&ingest).await.unwrap();
    assert_eq!(engine.snapshot().rebuilt(), 1);
    ingest.close().await;
}
