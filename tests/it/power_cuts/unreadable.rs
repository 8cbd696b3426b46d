//! What a disk cannot read, and what cannot be read for other reasons.

use std::{path::Path, sync::atomic::AtomicBool};

use fastrand::Rng;
use rustix::io::Errno;
use xunzhang::{
    app::{App, Ending},
    engine::{Engine as _, OpenError, tantivy::TantivyEngine},
};

use super::{
    SEGMENTER, cut,
    disk::{Disk, Image, Survival},
    start,
    trial::{self, History},
};
use crate::support::config_in;

/// A bad sector is damage. That the process has too many files open, or the system no memory, is none, and passes.
#[tokio::test]
async fn what_cannot_be_read_for_want_of_something_is_not_damaged() {
    for (error, is_damage) in [(Errno::MFILE, false), (Errno::NFILE, false), (Errno::NOMEM, false), (Errno::IO, true)] {
        let disk = Disk::new(Image::default());
        let engine = trial::open(&disk, &SEGMENTER).expect("it opens");
        let ingest = trial::start(engine.clone(), &SEGMENTER).expect("it can be written");
        trial::put(&ingest, 0, 1).await.expect("nothing fails yet");
        let check = |failing: &str| {
            let verified = engine.verify(&AtomicBool::new(false));
            assert_eq!(verified.is_ok_and(|found| !found.damaged.is_empty()), is_damage, "{error}, {failing}");
        };
        disk.fail_reads(Some(error));
        check("files of segments");
        disk.fail_reads(None);
        disk.fail_mapped(Some(error), None);
        check("lists");
        disk.fail_mapped(None, None);
        assert_eq!(engine.is_damaged(), is_damage);
        assert_eq!(trial::put(&ingest, 0, 2).await.is_err(), is_damage, "{error}");
        ingest.close().await;
    }
}

/// So it is with what is read first of all: the service goes on and says so.
#[tokio::test]
async fn a_list_that_the_disk_cannot_read_is_damage_when_it_is_opened() {
    let place = tempfile::tempdir().expect("there is room");
    for name in ["format.json", "meta.json"] {
        let disk = Disk::new(Image::default());
        let ingest = start(&disk);
        trial::put(&ingest, 0, 1).await.expect("nothing fails");
        ingest.close().await;
        disk.fail_mapped(Some(Errno::IO), Some(name));
        let mut app = App::bind(config_in(place.path())).await.expect("the ports are free");
        let files = disk.files();
        let opened = app.open_by(move |name, segmenter| TantivyEngine::open_on(name, files, segmenter)).await;
        assert!(opened.is_ok() && app.is_damaged(), "{name}: {opened:?}");
        assert_eq!(app.run_until(tokio_stream::once(())).await, Ending::Stopped);
    }
    for (error, is_damage) in [(Errno::MFILE, false), (Errno::ACCESS, false), (Errno::IO, true)] {
        let disk = Disk::new(Image::default());
        start(&disk).close().await;
        disk.fail_mapped(Some(error), None);
        let opened = TantivyEngine::open_on(Path::new("simulated"), disk.files(), &SEGMENTER).map(drop);
        assert_eq!(matches!(opened, Err(OpenError::Damaged { .. })), is_damage, "{opened:?}");
    }
}

/// What is mapped fails to be read as it is searched: that is told, nothing panics, and everything is looked at when it is
/// opened again, unless it was for want of memory. What is written meanwhile is refused, or there.
#[tokio::test]
async fn what_cannot_be_read_where_it_is_mapped_is_not_forgotten() {
    let (mut rng, mut told) = (Rng::new(), 0);
    for error in [Errno::IO, Errno::NOMEM] {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let engine = trial::open(&disk, &SEGMENTER).expect("it opens");
        let ingest = trial::start(engine.clone(), &SEGMENTER).expect("it can be written");
        trial::work(&disk, &ingest, &mut history, 6, &mut rng).await;
        assert!(!engine.is_doubted());
        disk.fail_mapped(Some(error), None);
        let found = trial::found(&engine);
        println!("{error}: {found:?}");
        told += usize::from(found.is_err());
        // No memory is left for a moment: that says nothing of what is on disk.
        assert_eq!(engine.is_doubted(), error == Errno::IO && found.is_err());
        trial::work(&disk, &ingest, &mut history, 40, &mut rng).await;
        println!("{error}: {} of {} refused", history.refused(), history.refused() + history.acknowledged());
        disk.fail_mapped(None, None);
        let before = history.acknowledged();
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        assert!(history.acknowledged() > before, "it goes on");
        ingest.close().await;
        let is_noted = disk.files().data().expect("readable").exists(Path::new("clean")).expect("readable");
        assert!(error != Errno::IO || !is_noted);
        for survival in Survival::ALL {
            cut(&disk, disk.length(), survival, &history, &mut rng);
        }
    }
    assert_eq!(told, 2);
}
