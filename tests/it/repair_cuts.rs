//! Repairs that a power cut or a failing disk cuts off, on a simulated disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use fastrand::Rng;
use xunzhang::engine::{RepairError, Repaired, Repairing, tantivy::repair_on};

use crate::power_cuts::{
    SEGMENTER,
    disk::{Disk, Image, STORED, Survival},
    start,
    trial::{self, History},
};

/// An index of which something is lost.
struct Broken {
    disk: Disk,
    /// What was found before.
    before: BTreeMap<usize, u32>,
    /// What is left.
    left: BTreeMap<usize, u32>,
    /// What is put aside.
    aside: BTreeMap<PathBuf, Vec<u8>>,
    format: Vec<u8>,
}

fn repair(disk: &Disk, repairing: Repairing) -> Result<Repaired, RepairError> {
    repair_on(Path::new("simulated"), disk.files(), repairing)
}

/// What was put aside, but for what tells the documents: they are of another index where it was done again.
fn put_aside(disk: &Disk) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut aside = disk.put_aside();
    if let Some(documents) = aside.get_mut(Path::new("lost.jsonl")) {
        documents.clear();
    }
    aside
}

fn format(disk: &Disk) -> Vec<u8> {
    let data = disk.files().data().expect("readable");
    data.atomic_read(Path::new("format.json")).expect("there is an index")
}

impl Broken {
    async fn of(kind: &str, rng: &mut Rng) -> Self {
        loop {
            let (disk, mut history) = (Disk::new(Image::default()), History::default());
            let ingest = start(&disk);
            trial::work(&disk, &ingest, &mut history, 12, rng).await;
            ingest.close().await;
            let before = trial::open(&disk, &SEGMENTER).and_then(|engine| trial::found(&engine)).expect("it is sound");
            let disk = disk.rotten(&[kind], rng);
            let told = repair(&disk, Repairing::Look).expect("it can be looked at");
            assert_eq!(disk.length(), 0, "nothing is written by that");
            let lost: BTreeSet<usize> =
                told.lost.iter().map(|lost| lost.document_id.as_str().parse().expect("it was sent")).collect();
            let left: BTreeMap<_, _> =
                before.iter().filter(|(id, _)| !lost.contains(id)).map(|(id, version)| (*id, *version)).collect();
            assert_eq!((told.unnamed_documents(), left.len() as u64), (0, told.documents));
            // It has segments of which nothing is there any more, and lists of deletions that none has any more.
            if !lost.is_empty() && !left.is_empty() {
                let repaired = disk.cut(0, Survival::Nothing, rng);
                repair(&repaired, Repairing::LeaveOut).expect("nothing fails");
                let (aside, format) = (put_aside(&repaired), format(&disk));
                return Self { disk, before, left, aside, format };
            }
        }
    }

    /// The same disk, before anything was done to it.
    fn disk(&self, rng: &mut Rng) -> Disk {
        self.disk.cut(0, Survival::Nothing, rng)
    }

    /// Whatever was cut off: it is as it was, or without what is lost, and in the end that. Whether it was by then.
    fn check(&self, disk: &Disk, rng: &mut Rng) -> Result<bool, String> {
        let is_repaired = match trial::open(disk, &SEGMENTER) {
            Ok(engine) => {
                let found = trial::found(&engine)?;
                if found != self.left || format(disk) == self.format {
                    return Err(format!("{found:?} is found, and {:?} is left", self.left));
                }
                if put_aside(disk) != self.aside {
                    return Err(format!("{:?} is put aside", put_aside(disk).keys()));
                }
                true
            }
            Err(damaged) if damaged.contains("`xunzhang repair`") => false,
            Err(error) => return Err(error),
        };
        let left = trial::repair(disk, &self.before, &SEGMENTER)?;
        let kept = disk.cut(disk.length(), Survival::ALL[rng.usize(..3)], rng);
        let found = trial::open(&kept, &SEGMENTER).and_then(|engine| trial::found(&engine))?;
        if left != self.left || found != self.left {
            return Err(format!("{left:?} is left, and then {found:?}, of {:?}", self.left));
        }
        Ok(is_repaired)
    }
}

/// Whatever step is the last one, and again when it is repeated.
#[tokio::test]
async fn a_repair_that_is_cut_off_leaves_the_index_as_it_was_or_repaired() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    for kind in STORED {
        let broken = Broken::of(kind, &mut rng).await;
        let disk = broken.disk(&mut rng);
        repair(&disk, Repairing::LeaveOut).expect("nothing fails");
        let mut repaired = [0, 0];
        for length in 0..=disk.length() {
            for survival in Survival::ALL {
                let left = disk.cut(length, survival, &mut rng);
                let is_repaired = broken.check(&left, &mut rng);
                let is_repaired =
                    is_repaired.unwrap_or_else(|wrong| panic!("{kind}, cut after {length}, {survival:?}: {wrong}"));
                repaired[usize::from(is_repaired)] += 1;
            }
        }
        assert!(repaired[0] > 20 && repaired[1] > 4, "{repaired:?}");
    }
}

/// A step fails: it is as it was, with the same id, or repaired, and is repaired later. All that come behind it fail, too.
#[tokio::test]
async fn a_repair_that_fails_is_taken_back() {
    let mut rng = Rng::new();
    let broken = Broken::of(STORED[0], &mut rng).await;
    let (mut first, mut failed) = (0, 0);
    loop {
        let mut is_over = false;
        for is_for_ever in [false, true] {
            let disk = broken.disk(&mut rng);
            let kind = if rng.bool() { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
            disk.fail(first..if is_for_ever { usize::MAX } else { first + 1 }, kind);
            let outcome = repair(&disk, Repairing::LeaveOut);
            is_over = !disk.has_failed();
            disk.fail(0..0, kind);
            if let Err(error) = outcome {
                failed += 1;
                assert!(error.to_string().contains("nothing of it is gone"), "{error}");
                assert!(is_for_ever || format(&disk) == broken.format, "step {first}: it is another index");
            }
            for survival in Survival::ALL {
                let left = disk.cut(disk.length(), survival, &mut rng);
                broken.check(&left, &mut rng).unwrap_or_else(|wrong| panic!("step {first}, {survival:?}: {wrong}"));
            }
        }
        if is_over {
            break;
        }
        first += 1;
    }
    assert!(failed > 30, "{failed} of {first} failures ended it");
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_changed() {
    let mut rng = Rng::new();
    let broken = Broken::of(STORED[0], &mut rng).await;
    let disk = broken.disk(&mut rng);
    disk.fill(false);
    let full = repair(&disk, Repairing::LeaveOut).expect_err("there is no room");
    assert!(
        matches!(&full, RepairError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull),
        "{full}"
    );
    assert!(format(&disk) == broken.format);
    let left = disk.killed(disk.length());
    assert_eq!(broken.check(&left, &mut rng), Ok(false));
}
