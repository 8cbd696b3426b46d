//! Index structures that are damaged, and are made anew from what is stored before anything is served.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use fastrand::Rng;

use super::{
    harness::{Index, NEVER, quoted, segmenter},
    told::{DERIVED, contents, copy, files, full, left, open, told, whole},
};
use crate::{
    engine::{
        Change, Engine as _, Expression, Filter, Given, IndexedDocument, OpenError, Position, Recovered, Removed,
        Upkeep,
        tantivy::{
            TantivyEngine,
            check::{self, Known},
            directory::DataDirectory,
            index::make_index,
            recover::recover,
        },
    },
    text::{Segmenter, UserDictionary},
};

/// Places in files of each kind that are damaged.
const PLACES: usize = 24;

fn damage(path: &Path, rng: &mut Rng) {
    let mut bytes = fs::read(path).unwrap();
    let place = rng.usize(..bytes.len());
    match rng.u8(..8) {
        0 => return fs::remove_file(path).unwrap(),
        1 => bytes.truncate(place),
        _ => bytes[place] ^= 1 << rng.u8(..8),
    }
    fs::write(path, bytes).unwrap();
}

fn is_sound(engine: &TantivyEngine) -> bool {
    engine.verify(&AtomicBool::new(false)).unwrap().damaged.is_empty()
}

#[test]
fn whatever_is_damaged_of_an_index_structure_it_answers_as_before() {
    let whole = whole();
    let expected = told(&open(whole.path()).unwrap());
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (mut rng, mut recovered) = (Rng::with_seed(seed), 0);
    for kind in DERIVED {
        for place in 0..PLACES {
            let directory = copy(whole.path());
            let files = files(directory.path(), kind);
            damage(&files[rng.usize(..files.len())], &mut rng);
            let engine = open(directory.path()).unwrap_or_else(|error| panic!("{kind}, {place}: {error}"));
            // A file ends with the version of the program that wrote it, by which nothing is read.
            recovered += engine.recovered().segments;
            assert_eq!(told(&engine), expected, "{kind}, {place}");
            assert!(is_sound(&engine));
            // It goes on like any other, and what was damaged goes.
            drop(engine.writer().unwrap());
            engine.close().unwrap();
            drop(engine);
            let again = open(directory.path()).unwrap();
            assert_eq!((told(&again), again.recovered()), (expected.clone(), Recovered::default()));
        }
    }
    println!("{recovered} segments made anew");
    assert!(recovered > 4 * PLACES as u64);
}

/// Documents are replaced and deleted in every segment, by a writer that goes on behind it.
#[test]
fn what_was_deleted_in_damaged_segments_is_left_out_and_nothing_else() {
    let mut index = Index::new();
    let mut living = Vec::new();
    for number in 0..20 {
        index.put(full(number, 1), None);
        if number % 7 == 6 {
            index.commit();
        }
    }
    index.commit();
    for number in 0..20 {
        let version = index.version(&format!("d{number}"));
        match number % 4 {
            0 => index.delete(&format!("d{number}")),
            1 => drop(index.put(full(number, 2), version)),
            _ => {}
        }
    }
    index.commit();
    let snapshot = index.snapshot();
    for record in snapshot.documents(&Filter::default(), None, usize::MAX, &NEVER).unwrap() {
        let number: u64 = record.id.as_str()[1..].parse().unwrap();
        living.push((record.version.sequence, full(number, 1 + u64::from(number % 4 == 1))));
    }
    let mut removals = snapshot.removals(&Expression::All, &Filter::default(), Position::record(0), &NEVER).unwrap();
    let given = Given { up_to: u64::MAX, whatever_up_to: u64::MAX };
    let removed = removals.next(usize::MAX, given, &NEVER).unwrap();
    assert_eq!((living.len(), removed.len()), (15, 10));
    drop((removals, snapshot));
    let commit = index.engine.shared().index_commit().unwrap();
    let directory = left(index);
    assert!(files(directory.path(), "del").len() > 1);

    let segments = files(directory.path(), "store").len();
    for kind in DERIVED {
        let directory = copy(directory.path());
        for path in files(directory.path(), kind) {
            let mut bytes = fs::read(&path).unwrap();
            bytes[0] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
        let engine = open(directory.path()).unwrap();
        assert_eq!(engine.recovered(), Recovered { segments: segments as u64, documents: 15, paragraphs: 45 });
        assert_eq!(engine.shared().index_commit().unwrap(), commit);
        assert_eq!(told(&engine)[1..], told(&written(&living, &removed).engine)[1..], "{kind}");
        assert!(is_sound(&engine) && files(directory.path(), "del").is_empty());
        let mut index = Index { writer: Some(engine.writer().unwrap()), engine, sequence: commit.sequence, directory };
        let version = index.version("d2");
        index.put(full(2, 3), version);
        index.delete("d3");
        index.commit();
        assert_eq!(index.walked(&quoted("第3次")).len(), 1);
        assert_eq!(index.version("d3"), None);
    }
}

/// An index in which nothing else ever was.
fn written(living: &[(u64, IndexedDocument)], removed: &[Removed]) -> Index {
    let put = |(sequence, document): &(u64, IndexedDocument)| {
        (*sequence, Change::Put { sequence: *sequence, document: Box::new(document.clone()), replaces: None })
    };
    let remember = |removed: &Removed| (removed.sequence, Change::Remember(removed.clone()));
    let mut changes: Vec<_> = living.iter().map(put).chain(removed.iter().map(remember)).collect();
    changes.sort_by_key(|(sequence, _)| *sequence);
    let mut index = Index::new();
    for (_, change) in changes {
        index.writer().write(change).unwrap();
    }
    index.writer().commit(Upkeep::Usual).unwrap();
    index
}

#[test]
fn what_cannot_be_derived_is_damage_and_stays_as_it_is() {
    let mut index = Index::new();
    for number in 0..12 {
        index.put(full(number, 1), None);
        if number % 6 == 5 {
            index.commit();
        }
    }
    index.delete("d3");
    index.commit();
    let directory = left(index);
    let mut rng = Rng::new();
    for kind in ["store", "del"] {
        for _ in 0..PLACES {
            let directory = copy(directory.path());
            // Beside others that could be derived, of its own segment and of another one.
            for path in files(directory.path(), "term") {
                fs::remove_file(path).unwrap();
            }
            let path = files(directory.path(), kind).pop().unwrap();
            let mut bytes = fs::read(&path).unwrap();
            // A file ends with a hundred bytes that say what wrote it.
            let place = rng.usize(..=bytes.len() / 16);
            bytes[place] ^= 1;
            fs::write(&path, bytes).unwrap();
            let left = contents(directory.path());
            for _ in 0..2 {
                match open(directory.path()).map(drop) {
                    Err(OpenError::Damaged { files, .. }) => {
                        assert!(
                            files.iter().any(|file| path.ends_with(file)),
                            "{files:?}, and it is {}",
                            path.display()
                        );
                    }
                    other => panic!("{kind}, {place}: {other:?}"),
                }
                assert!(contents(directory.path()) == left, "{kind}, {place}");
            }
        }
    }
    for list in ["", "{}\n", "[1"] {
        fs::write(directory.path().join("index/meta.json"), list).unwrap();
        assert!(matches!(open(directory.path()), Err(OpenError::Damaged { files, .. }) if files == ["meta.json"]));
    }
}

/// Whoever put or deleted the newer one had looked into an index structure that was damaged already.
#[test]
fn a_version_that_a_newer_change_had_not_found_is_left_out() {
    let mut index = Index::new();
    for number in 0..3 {
        index.put(full(number, 1), None);
    }
    index.commit();
    let older = index.engine.shared().newest().segments().ids().next().unwrap().uuid_string();
    let newest = index.put(full(0, 2), None);
    index.sequence += 1;
    let (id, sequence) = ("d1".to_owned().try_into().unwrap(), index.sequence);
    let removed = Removed { id, sequence, removed_sequence: newest, at: 7 };
    index.writer().write(Change::Remember(removed)).unwrap();
    index.commit();
    let directory = left(index);
    let all = files(directory.path(), "fast");
    let broken: Vec<_> = all.iter().filter(|file| file.to_str().unwrap().contains(&older)).cloned().collect();
    assert_eq!((all.len(), broken.len()), (2, 1));
    for broken in [&broken, &all] {
        let directory = copy(directory.path());
        for file in broken {
            fs::remove_file(directory.path().join("index").join(file.file_name().unwrap())).unwrap();
        }
        let engine = open(directory.path()).unwrap();
        let snapshot = engine.snapshot();
        let records = snapshot.documents(&Filter::default(), None, usize::MAX, &NEVER).unwrap();
        let documents: Vec<_> =
            records.iter().map(|record| (record.id.as_str(), record.version.sequence == newest)).collect();
        assert_eq!(documents, [("d2", false), ("d0", true)]);
        let (statistics, paragraphs) = (snapshot.statistics().unwrap(), records.iter().map(|r| r.version.searchable));
        assert_eq!((statistics.documents, statistics.paragraphs), (2, paragraphs.map(u64::from).sum()));
        assert!(is_sound(&engine));
    }
}

/// A segment is written when it takes the memory that there is for it.
#[test]
fn a_large_segment_becomes_several_between_its_documents() {
    let mut index = Index::new();
    for number in 0..120 {
        index.put(full(number, 1), None);
    }
    index.commit();
    let expected = told(&index.engine);
    let directory = left(index);
    // Several, where there are several cores.
    let before = files(directory.path(), "store").len();
    for file in files(directory.path(), "fast") {
        fs::remove_file(file).unwrap();
    }
    let place = DataDirectory::open(directory.path(), make_index).unwrap();
    let Known::Damaged(damaged) = check::look(&place).unwrap() else { panic!("it was not closed in order") };
    let recovered = recover(&place, &segmenter(), &damaged, 3 << 20).unwrap();
    assert_eq!(recovered, Recovered { segments: before as u64, documents: 120, paragraphs: 360 });
    drop(place);
    let segments = files(directory.path(), "store").len();
    assert!(segments > before, "{segments}");
    let engine = open(directory.path()).unwrap();
    assert_eq!((told(&engine), engine.recovered()), (expected, Recovered::default()));
}

/// Its other segments go on to be cut as they were: it says so, and whoever follows is told that texts match otherwise.
#[test]
fn what_is_made_anew_by_another_text_chain_matches_otherwise() {
    let directory = whole();
    let ours = |words: &str| Segmenter::with(&UserDictionary::parse(words.as_bytes()).unwrap());
    let before = open(directory.path()).unwrap().shared().index_commit().unwrap();
    fs::remove_file(files(directory.path(), "idx").pop().unwrap()).unwrap();
    let engine = TantivyEngine::open(directory.path(), &ours("汛情研判会")).unwrap();
    assert_eq!(engine.recovered().segments, 1);
    let commit = engine.shared().index_commit().unwrap();
    assert_eq!((commit.number, commit.rebuilt), (before.number + 1, before.rebuilt + 1));
    assert_eq!((&commit.fingerprint, commit.sequence), (&before.fingerprint, before.sequence));
    assert_eq!(engine.snapshot().rebuilt(), 1);
}

/// Not all is read then: what does not open is looked at, and its note is not believed any more.
#[test]
fn what_was_cut_off_since_it_was_closed_in_order_is_made_anew() {
    let directory = whole();
    let engine = open(directory.path()).unwrap();
    let expected = told(&engine);
    engine.close().unwrap();
    drop(engine);
    assert!(directory.path().join("clean").exists());
    fs::write(files(directory.path(), "term").pop().unwrap(), "").unwrap();
    let engine = open(directory.path()).unwrap();
    assert_eq!((engine.recovered().segments, told(&engine)), (1, expected));
    assert!(!directory.path().join("clean").exists());
}

/// Nothing is deleted that is no file of a segment, nor what an attempt before has left otherwise.
#[test]
fn what_attempts_have_left_goes_before_anything_is_written() {
    let directory = whole();
    let index = directory.path().join("index");
    let left = index.join("0123456789abcdef0123456789abcdef.store");
    fs::write(&left, "half a segment").unwrap();
    fs::write(index.join("notes.txt"), "ours").unwrap();
    fs::remove_file(files(directory.path(), "pos").pop().unwrap()).unwrap();
    assert_eq!(open(directory.path()).unwrap().recovered().segments, 1);
    assert!(!left.exists() && index.join("notes.txt").exists());
}
