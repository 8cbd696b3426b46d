//! Backups that are copied back, of which nothing is on disk yet.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::atomic::AtomicBool,
};

use fastrand::Rng;
use rustix::io::Errno;
use xunzhang::engine::{
    Engine as _, OpenError,
    tantivy::{IndexName, TantivyEngine},
};

use super::{
    SEGMENTER,
    disk::{Disk, Image, Survival},
    start, trial,
};

/// A backup of an index with one document, in a directory of its own.
async fn backed_up() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("there is room");
    let engine = TantivyEngine::open(&place.path().join("data"), &SEGMENTER).expect("it opens");
    let ingest = trial::start(engine.clone(), &SEGMENTER).expect("it can be written");
    trial::put(&ingest, 0, 1).await.expect("nothing fails");
    engine.back_up(&place.path().join("backup"), &AtomicBool::new(false)).expect("it can be copied");
    ingest.close().await;
    place
}

/// A disk that it was copied to, without a sync.
fn copied(place: &tempfile::TempDir) -> Disk {
    let (backup, disk) = (place.path().join("backup"), Disk::new(Image::default()));
    let files = disk.files();
    files.make(IndexName::FIRST).expect("nothing fails");
    for entry in walkdir::WalkDir::new(&backup).into_iter().map(|entry| entry.expect("readable")) {
        if entry.file_type().is_file() {
            let content = std::fs::read(entry.path()).expect("readable");
            let is_beside = entry.path().parent() == Some(&backup);
            let directory = if is_beside { files.data() } else { files.open(IndexName::FIRST) };
            let file = directory.expect("readable").open_write(Path::new(entry.file_name()));
            let mut file = file.expect("it is not there");
            file.write_all(&content).and_then(|()| file.flush()).expect("nothing fails");
        }
    }
    disk
}

/// Whoever copies a backup back leaves it to the system when to write that: nothing of it is synced.
#[tokio::test]
async fn a_copy_that_is_opened_is_on_disk_before_anything_is_acknowledged() {
    let (disk, mut rng) = (copied(&backed_up().await), Rng::new());
    let copied = disk.length();
    // Nothing is wrong with it because too many files are open.
    disk.fail_reads(Some(Errno::MFILE));
    let opened = TantivyEngine::open_on(Path::new("simulated"), disk.files(), &SEGMENTER).map(drop);
    assert!(matches!(opened, Err(OpenError::Io { .. })), "{opened:?}");
    disk.fail_reads(Some(Errno::IO));
    let opened = TantivyEngine::open_on(Path::new("simulated"), disk.files(), &SEGMENTER).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged { .. })), "{opened:?}");
    disk.fail_reads(None);
    let ingest = start(&disk);
    let restored = disk.length();
    trial::put(&ingest, 1, 2).await.expect("nothing fails");
    for survival in Survival::ALL {
        let left = disk.cut(disk.length(), survival, &mut rng);
        let found = trial::open(&left, &SEGMENTER).and_then(|engine| trial::found(&engine));
        assert_eq!(found, Ok([(0, 1), (1, 2)].into()), "{survival:?}");
    }
    // Before it was known to be whole it is a copy, or what is left of one, and no index.
    for length in copied..restored {
        let left = disk.cut(length, Survival::All, &mut rng);
        let found = trial::open(&left, &SEGMENTER).and_then(|engine| trial::found(&engine));
        assert_eq!(found, Ok([(0, 1)].into()), "{length}");
    }
    ingest.close().await;
}

/// What a failed sync has lost is read all the same when it is opened again, and the next sync of it succeeds.
#[tokio::test]
async fn a_copy_that_a_failing_disk_has_not_taken_is_written_anew_before_anything_is_acknowledged() {
    let (backup, mut rng, mut failed) = (backed_up().await, Rng::new(), 0);
    for first in 0.. {
        let disk = copied(&backup);
        disk.fail(first..if first % 2 == 0 { first + 1 } else { usize::MAX }, io::ErrorKind::Other);
        let opened = TantivyEngine::open_on(Path::new("simulated"), disk.files(), &SEGMENTER).map(drop);
        let is_over = !disk.has_failed();
        disk.fail(0..0, io::ErrorKind::Other);
        failed += usize::from(opened.is_err());
        let ingest = start(&disk);
        trial::put(&ingest, 1, 2).await.expect("nothing fails any more");
        ingest.close().await;
        for survival in Survival::ALL {
            let left = disk.cut(disk.length(), survival, &mut rng);
            let found = trial::open(&left, &SEGMENTER).and_then(|engine| trial::found(&engine));
            assert_eq!(found, Ok([(0, 1), (1, 2)].into()), "step {first}, {survival:?}");
        }
        if is_over {
            break;
        }
    }
    assert!(failed > 10, "{failed}");
}
