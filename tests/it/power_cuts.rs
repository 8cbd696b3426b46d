//! What a power cut and a failing disk leave of what was acknowledged, on a simulated disk.

#[path = "../../examples/power_cut/disk.rs"]
pub(crate) mod disk;
mod restoring;
#[path = "../../examples/power_cut/trial.rs"]
pub(crate) mod trial;
mod unreadable;

use std::{io, sync::LazyLock};

use disk::{Disk, Image, Survival};
use fastrand::Rng;
use trial::History;
use xunzhang::{
    engine::Engine as _,
    ingest::{Ingest, IngestError, WriteError},
    text::Segmenter,
};

pub(crate) static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

/// Rounds of writing, each begun with what a cut has left.
const ROUNDS: usize = 10;
/// Power cuts in one round.
const CUTS: usize = 50;

pub(crate) fn start(disk: &Disk) -> Ingest {
    let engine = trial::open(disk, &SEGMENTER).expect("it opens");
    trial::start(engine, &SEGMENTER).expect("it can be written")
}

/// What is left after a cut, where what was acknowledged before it has to be.
fn cut(disk: &Disk, length: usize, survival: Survival, history: &History, rng: &mut Rng) -> (Disk, History) {
    let left = disk.cut(length, survival, rng);
    let seen = trial::reopen(&left, (length, survival), history, &SEGMENTER, rng);
    (left, seen.unwrap_or_else(|lost| panic!("cut after {length}, {survival:?}: {lost}")))
}

/// The process is killed and begun anew. When the power goes then, what it has found is there, and what it has written.
async fn cut_after_a_kill(disk: &Disk, length: usize, history: &History, rng: &mut Rng) {
    let (left, mut history) = cut(disk, length, Survival::All, history, rng);
    for rounds in [0, 1] {
        let ingest = start(&left);
        trial::work(&left, &ingest, &mut history, rounds, rng).await;
        for survival in Survival::ALL {
            cut(&left, left.length(), survival, &history, rng);
        }
        ingest.close().await;
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (mut rng, mut disk, mut history) = (Rng::with_seed(seed), Disk::new(Image::default()), History::default());
    for _ in 0..ROUNDS {
        let before = history.acknowledged();
        let ingest = start(&disk);
        let rebuilding = tokio::spawn(trial::reindex(ingest.clone()));
        trial::work(&disk, &ingest, &mut history, 16, &mut rng).await;
        rebuilding.await.expect("it does not panic").expect("nothing fails");
        ingest.close().await;
        assert!(history.acknowledged() > before + 10);
        let (mut left, kept) = (None, rng.usize(..CUTS));
        for number in 0..CUTS {
            let survival = Survival::ALL[number % Survival::ALL.len()];
            let length = disk.moment(&mut rng);
            let cut = cut(&disk, length, survival, &history, &mut rng);
            if number == kept {
                left = Some(cut);
            }
        }
        (disk, history) = left.expect("it is one of them");
    }
}

/// Any step of writing fails, once or for a while: what is acknowledged is there all the same, even if the power goes
/// and failed syncs have lost what they were for, and the service goes on by itself.
#[tokio::test]
async fn nothing_is_acknowledged_that_a_failing_disk_did_not_take() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let mut failed = 0;
    for first in 1..=200 {
        let disk = Disk::new(Image::default());
        let ingest = start(&disk);
        let mut history = History::default();
        trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
        let kind = if first % 2 == 0 { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
        disk.fail(first..first + rng.usize(1..4), kind);
        trial::work(&disk, &ingest, &mut history, 8, &mut rng).await;
        let before = history.acknowledged();
        failed += usize::from(history.refused() > 0);
        for _ in 0..3 {
            let length = rng.usize(..=disk.length());
            cut(&disk, length, Survival::ALL[rng.usize(..3)], &history, &mut rng);
        }
        disk.fail(0..0, kind);
        // What failed in the background may be found out only now; then it goes on.
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        assert!(history.acknowledged() > before, "it goes on");
        ingest.close().await;
        let length = disk.length();
        for survival in Survival::ALL {
            cut(&disk, length, survival, &history, &mut rng);
        }
    }
    assert!(failed > 100, "{failed} of 200 failures were met by a client");
}

/// A version that a failed sync may have lost is not there: who sends it again is not told that nothing has changed.
#[tokio::test]
async fn what_failed_half_way_is_taken_back_before_anything_is_decided_on_it() {
    let (mut rng, mut refused) = (Rng::new(), 0);
    // A commit has some 60 steps; the last of them sync.
    for first in 1..=80 {
        let disk = Disk::new(Image::default());
        let ingest = start(&disk);
        trial::put(&ingest, 0, 1).await.expect("nothing fails yet");
        disk.fail(first..first + 1, io::ErrorKind::Other);
        refused += usize::from(trial::put(&ingest, 0, 2).await.is_err());
        disk.fail(0..0, io::ErrorKind::Other);
        let again = trial::put(&ingest, 0, 2).await;
        // What failed in the background is met by the next change.
        if again.is_err() {
            trial::put(&ingest, 0, 2).await.expect("nothing fails any more");
        }
        let left = disk.cut(disk.length(), Survival::Nothing, &mut rng);
        let found = trial::open(&left, &SEGMENTER).and_then(|engine| trial::found(&engine));
        assert_eq!(found, Ok([(0, 2)].into()), "step {first} failed");
        ingest.close().await;
    }
    assert!(refused > 40, "{refused}");
}

/// Whatever step of a reindex is the last one, the old index is there or the new one, whole, and nothing beside it.
#[tokio::test]
async fn a_reindex_that_is_cut_off_leaves_one_index() {
    let (mut rng, mut history) = (Rng::new(), History::default());
    let disk = Disk::new(Image::default());
    let ingest = start(&disk);
    trial::work(&disk, &ingest, &mut history, 6, &mut rng).await;
    let began = disk.length();
    trial::reindex(ingest.clone()).await.expect("nothing fails");
    let ended = disk.length();
    let mut rebuilt = [0, 0];
    for length in (began..=ended).filter(|length| length % 3 == 0 || ended - length < 24) {
        for survival in Survival::ALL {
            let left = disk.cut(length, survival, &mut rng);
            let engine =
                trial::open(&left, &SEGMENTER).unwrap_or_else(|error| panic!("{length}, {survival:?}: {error}"));
            let found = trial::found(&engine).unwrap_or_else(|error| panic!("{length}, {survival:?}: {error}"));
            history.check(&found, length).unwrap_or_else(|lost| panic!("{length}, {survival:?}: {lost}"));
            assert_eq!(left.files().indexes().expect("readable").len(), 1, "{length}, {survival:?}");
            rebuilt[usize::from(engine.snapshot().rebuilt() == 1)] += 1;
        }
    }
    assert!(rebuilt[0] > 20 && rebuilt[1] > 20, "{rebuilt:?} of {} steps", ended - began);
    ingest.close().await;
}

/// The commit may be on disk whose sync has failed, and what took it back may not be, however it reads.
#[tokio::test]
async fn a_commit_that_is_taken_back_in_vain_is_taken_back_again() {
    let mut rng = Rng::new();
    // A commit syncs the directory twice; the third sync is that of what takes it back.
    for failing in [1..2, 1..3, 1..4] {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let ingest = start(&disk);
        trial::work(&disk, &ingest, &mut history, 2, &mut rng).await;
        let began = disk.length();
        disk.fail_index_syncs(failing.clone());
        trial::work(&disk, &ingest, &mut history, 5, &mut rng).await;
        assert!(history.refused() > 0, "{failing:?}");
        ingest.close().await;
        for length in began..=disk.length() {
            for survival in [Survival::Nothing, Survival::Subset] {
                cut(&disk, length, survival, &history, &mut rng);
            }
        }
    }
}

/// What a process reads when it begins may be in memory only, whatever the last step was of the one before.
#[tokio::test]
async fn what_is_found_after_a_kill_is_on_disk_before_anything_rests_on_it() {
    let (mut rng, mut history) = (Rng::new(), History::default());
    let disk = Disk::new(Image::default());
    let ingest = start(&disk);
    // The making of the index, and the first writer's beginning.
    for length in 0..=disk.length() {
        cut_after_a_kill(&disk, length, &history, &mut rng).await;
    }
    trial::work(&disk, &ingest, &mut history, 2, &mut rng).await;
    trial::reindex(ingest.clone()).await.expect("nothing fails");
    let switched = disk.length();
    for length in switched - 24..=switched {
        cut_after_a_kill(&disk, length, &history, &mut rng).await;
    }
    ingest.close().await;
}

/// Nor does a process know what a sync has lost that failed for the one before.
#[tokio::test]
async fn what_a_failed_sync_has_lost_is_on_disk_when_a_killed_process_has_begun_anew() {
    let (mut rng, mut refused) = (Rng::new(), 0);
    for first in 1..=80 {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let ingest = start(&disk);
        trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
        disk.fail(first..usize::MAX, io::ErrorKind::Other);
        trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
        refused += usize::from(history.refused() > 0);
        cut_after_a_kill(&disk, disk.length(), &history, &mut rng).await;
        ingest.close().await;
    }
    assert!(refused > 40, "{refused}");
}

/// Any step of a reindex fails, once or for a while: the old index goes on or the new one, and later both can be had.
#[tokio::test]
async fn a_reindex_on_a_failing_disk_loses_nothing() {
    let mut rng = Rng::new();
    let (mut first, mut tried, mut failed) = (1, 0, 0);
    loop {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let ingest = start(&disk);
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        disk.fail(first..first + rng.usize(1..4), io::ErrorKind::Other);
        let rebuilt = trial::reindex(ingest.clone()).await;
        let is_over = !disk.has_failed();
        disk.fail(0..0, io::ErrorKind::Other);
        (tried, failed) = (tried + 1, failed + usize::from(rebuilt.is_err()));
        for survival in Survival::ALL {
            cut(&disk, disk.length(), survival, &history, &mut rng);
        }
        // What failed in the background may be found out only now; then it goes on.
        let before = history.acknowledged();
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        assert!(history.acknowledged() > before, "step {first}: it goes on");
        trial::reindex(ingest.clone()).await.unwrap_or_else(|error| panic!("step {first}: {error}"));
        trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
        ingest.close().await;
        for survival in Survival::ALL {
            let (left, _) = cut(&disk, disk.length(), survival, &history, &mut rng);
            assert!(trial::open(&left, &SEGMENTER).is_ok_and(|engine| engine.snapshot().rebuilt() > 0));
        }
        if is_over {
            break;
        }
        first += rng.usize(1..=3);
    }
    // What fails in the clearing up behind it does not end it.
    assert!(failed > 20 && failed * 3 > tried * 2, "{failed} of {tried} failures ended it");
}

/// Where it is in doubt which index is used after a restart, nothing is written until that is settled.
#[tokio::test]
async fn a_switch_that_may_not_be_on_disk_is_taken_back() {
    let mut rng = Rng::new();
    // The first sync is for the directory of the new index, the second for the switch, the third takes that back.
    for failing in [0..1, 1..2, 1..3, 1..6] {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let ingest = start(&disk);
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        disk.fail_data_syncs(failing.clone(), 0);
        trial::reindex(ingest.clone()).await.expect_err("a sync fails");
        cut_after_a_kill(&disk, disk.length(), &history, &mut rng).await;
        for _ in 0..3 {
            trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
            for survival in Survival::ALL {
                cut(&disk, disk.length(), survival, &history, &mut rng);
            }
        }
        assert_eq!(history.refused() > 0, failing.end > 3, "{failing:?}");
        trial::work(&disk, &ingest, &mut history, 4, &mut rng).await;
        trial::reindex(ingest.clone()).await.expect("nothing fails any more");
        ingest.close().await;
        for survival in Survival::ALL {
            cut(&disk, disk.length(), survival, &history, &mut rng);
        }
    }
}

/// As a file system is that the system makes read-only when its disk fails, and somebody mounts anew.
#[tokio::test]
async fn what_may_not_be_written_for_a_while_is_told_and_loses_nothing() {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let mut rng = Rng::new();
    for (first, kind) in (1..=80).zip([PermissionDenied, ReadOnlyFilesystem].into_iter().cycle()) {
        let (disk, mut history) = (Disk::new(Image::default()), History::default());
        let engine = trial::open(&disk, &SEGMENTER).expect("it opens");
        let ingest = trial::start(engine.clone(), &SEGMENTER).expect("it can be written");
        trial::work(&disk, &ingest, &mut history, 2, &mut rng).await;
        disk.fail(first..usize::MAX, kind);
        while history.refused() == 0 {
            trial::work(&disk, &ingest, &mut history, 1, &mut rng).await;
        }
        for _ in 0..3 {
            let refused = trial::put(&ingest, 0, 999).await.expect_err("it may not be written");
            let IngestError::Write(cause) = &refused else { panic!("step {first}: {refused:?}") };
            assert!(matches!(&**cause, WriteError::Io(error) if error.kind() == kind), "step {first}: {refused:?}");
        }
        trial::found(&engine).expect("reads go on");
        assert!(!engine.is_doubted(), "step {first}: it is no damage");
        disk.fail(0..0, kind);
        let before = history.acknowledged();
        trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
        assert!(history.acknowledged() > before, "step {first}: it goes on");
        ingest.close().await;
        for survival in Survival::ALL {
            cut(&disk, disk.length(), survival, &history, &mut rng);
        }
    }
}

/// What it has written by then is deleted, though no document is let in before.
#[tokio::test]
async fn a_merge_that_fills_the_disk_gives_its_room_back() {
    let disk = Disk::new(Image::default());
    let engine = trial::open(&disk, &SEGMENTER).expect("it opens").keeping_free(1);
    let ingest = trial::start(engine, &SEGMENTER).expect("it can be written");
    let (mut version, mut refused) = (0, 0);
    let mut put = async |ingest: &Ingest| {
        version += 1;
        trial::put(ingest, version as usize % 12, version).await
    };
    disk.fill(true);
    while !disk.was_filled() {
        refused += usize::from(put(&ingest).await.is_err());
    }
    for _ in 0..20 {
        refused += usize::from(put(&ingest).await.is_err());
    }
    assert!(refused < 3, "{refused} were refused");
    ingest.close().await;
}

/// What it stores it writes on a thread of its own.
#[tokio::test]
async fn a_merge_that_has_filled_the_disk_is_not_tried_again_at_once() {
    let disk = Disk::new(Image::default());
    let ingest = start(&disk);
    let (mut filled, mut refused) = (0, 0);
    disk.fill(true);
    for version in 1..=120 {
        refused += usize::from(trial::put(&ingest, version as usize % 12, version).await.is_err());
        if disk.was_filled() {
            filled += 1;
            disk.fill(true);
        }
    }
    ingest.close().await;
    // Those of what is deleted from a segment and those of small segments are not of one size.
    assert!((1..6).contains(&filled) && refused < 6, "{filled} merges have filled it, {refused} were refused");
}

/// The list that is taken back needs room, and what was begun gives some.
#[tokio::test]
async fn a_disk_that_is_full_when_a_commit_fails_does_not_stay_full() {
    let mut refused = 0;
    for first in 1..=80 {
        let disk = Disk::new(Image::default());
        let ingest = start(&disk);
        trial::put(&ingest, 0, 1).await.expect("nothing fails yet");
        disk.fail(first..first + 1, io::ErrorKind::StorageFull);
        if trial::put(&ingest, 0, 2).await.is_ok() {
            continue;
        }
        refused += 1;
        disk.fill(false);
        let mut tries = 0;
        while trial::put(&ingest, 0, 3).await.is_err() {
            tries += 1;
            assert!(tries < 3, "step {first}: it is full for ever");
        }
        ingest.close().await;
    }
    assert!(refused > 40, "{refused}");
}

/// The index that the format file may name is not taken for one that nobody uses.
#[tokio::test]
async fn a_reindex_begins_when_it_is_known_which_index_is_used() {
    let (mut rng, mut history) = (Rng::new(), History::default());
    let disk = Disk::new(Image::default());
    let ingest = start(&disk);
    trial::work(&disk, &ingest, &mut history, 3, &mut rng).await;
    // The sync for the switch, and both times that it is to be taken back.
    disk.fail_data_syncs(1..2, 2);
    trial::reindex(ingest.clone()).await.expect_err("the switch fails");
    let in_doubt = disk.length();
    trial::reindex(ingest.clone()).await.expect("nothing fails any more");
    let mut rebuilt = [0, 0];
    for length in in_doubt..=disk.length() {
        let (left, _) = cut(&disk, length, Survival::All, &history, &mut rng);
        let engine = trial::open(&left, &SEGMENTER).expect("it opened before");
        rebuilt[usize::from(engine.snapshot().rebuilt() == 1)] += 1;
    }
    assert!(rebuilt[0] > 0 && rebuilt[1] > 1, "{rebuilt:?}");
    ingest.close().await;
}

/// An index of which something has rotted that can be made anew, and what is to be found in it.
async fn rotten(rng: &mut Rng) -> (Disk, History) {
    let (disk, mut history) = (Disk::new(Image::default()), History::default());
    let ingest = start(&disk);
    trial::work(&disk, &ingest, &mut history, 12, rng).await;
    ingest.close().await;
    (disk.rotten(&disk::DERIVED, rng), history.synced())
}

/// The damaged segments are there or those in their place, whatever step is the last one, and again when it is repeated.
#[tokio::test]
async fn what_is_made_anew_is_whole_however_often_that_is_cut_off() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let (disk, history) = rotten(&mut rng).await;
    let engine = trial::open(&disk, &SEGMENTER).expect("it opens");
    assert!(engine.recovered().segments > 0);
    let ended = disk.length();
    let (mut tried, mut again) = (0, 0);
    for length in (0..=ended).filter(|length| length % 12 == 0 || ended - length < 16) {
        for survival in Survival::ALL {
            let left = disk.cut(length, survival, &mut rng);
            let engine = trial::open(&left, &SEGMENTER)
                .unwrap_or_else(|error| panic!("cut after {length}, {survival:?}: {error}"));
            (tried, again) = (tried + 1, again + usize::from(engine.recovered().segments > 0));
            for length in [rng.usize(..=left.length()), left.length()] {
                cut(&left, length, Survival::ALL[rng.usize(..3)], &history, &mut rng);
            }
        }
    }
    assert!(again * 2 > tried && again < tried, "{again} times of {tried}");
}

/// Whichever step fails, nothing is lost by it, and it is made anew once nothing fails any more.
#[tokio::test]
async fn what_cannot_be_made_anew_on_a_failing_disk_is_later() {
    let mut rng = Rng::new();
    let (rotten, history) = rotten(&mut rng).await;
    let (mut first, mut failed, mut again) = (0, 0, 0);
    loop {
        let disk = rotten.cut(0, Survival::Nothing, &mut rng);
        let kind = if rng.bool() { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
        disk.fail(first..if rng.bool() { usize::MAX } else { first + 1 }, kind);
        let opened = trial::open(&disk, &SEGMENTER);
        let is_over = !disk.has_failed();
        disk.fail(0..0, kind);
        failed += usize::from(opened.is_err());
        for survival in Survival::ALL {
            cut(&disk, disk.length(), survival, &history, &mut rng);
        }
        if let Err(error) = opened {
            let known = ["start again when the disk takes it", "cannot be used", "cannot be opened"];
            assert!(known.iter().any(|known| error.contains(known)), "{error}");
            again += usize::from(start_writing(&disk).await > 0);
        }
        if is_over {
            break;
        }
        first += rng.usize(1..=5);
    }
    // Behind the switch nothing is left to be made.
    assert!(again > 10 && failed - again < 10, "{failed} of {first} failures ended it, {again} times it was made anew");
}

/// There is to be as much room as the damaged segments take; else nothing is begun.
#[tokio::test]
async fn what_there_is_no_room_for_is_not_begun_to_be_made_anew() {
    let mut rng = Rng::new();
    let (disk, mut history) = (Disk::new(Image::default()), History::default());
    for rounds in [12, 0] {
        let ingest = start(&disk);
        trial::work(&disk, &ingest, &mut history, rounds, &mut rng).await;
        // What is begun ahead goes when the next one begins, and would give its room back.
        ingest.close().await;
    }
    let disk = disk.rotten(&disk::DERIVED, &mut rng);
    disk.fill(false);
    let refused = trial::open(&disk, &SEGMENTER).map(drop).expect_err("there is no room");
    assert!(refused.contains("bytes are needed, and 0 are free; start again"), "{refused}");
    let left = disk.killed(disk.length());
    assert!(trial::open(&left, &SEGMENTER).expect("there is room").recovered().segments > 0);
}

/// Opens and writes; how many segments were made anew.
async fn start_writing(disk: &Disk) -> u64 {
    let engine = trial::open(disk, &SEGMENTER).expect("nothing fails any more");
    let recovered = engine.recovered().segments;
    let ingest = trial::start(engine, &SEGMENTER).expect("it can be written");
    trial::put(&ingest, 0, 99).await.expect("nothing fails any more");
    ingest.close().await;
    recovered
}
