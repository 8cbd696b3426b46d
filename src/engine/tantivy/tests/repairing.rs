//! Segments that are lost, and are left out: the rest is as it was, and nothing is said to be lost that is not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{
    harness::{Index, NEVER, document, quoted},
    told::{copy, files, full, left, open, whole},
};
use crate::engine::{
    Backup, Engine as _, Expression, Filter, Given, Position, RepairError, Repaired, Repairing,
    tantivy::{TantivyEngine, repair},
};

/// Changes the first bytes of files.
fn damage<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) {
    for path in paths {
        let mut bytes = fs::read(path).unwrap();
        bytes[0] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

/// All files in a directory.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().is_file() && !entry.path().ends_with("lock"));
    files.map(|file| (file.path().to_owned(), fs::read(file.path()).unwrap())).collect()
}

/// What is stored of the segments, that which has most first.
fn stores(directory: &Path) -> Vec<PathBuf> {
    let mut stores = files(directory, "store");
    stores.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().len()));
    stores
}

/// The files of one segment.
fn of_segment(store: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    kinds.iter().map(|kind| store.with_extension(kind)).collect()
}

/// Looks at an index that is damaged.
fn look(directory: &Path) -> Repaired {
    let mut before = contents(directory);
    let found = repair(directory, Repairing::Look).unwrap();
    // The next start is not to take it for sound.
    before.retain(|(path, _)| !path.ends_with("clean"));
    assert!(contents(directory) == before, "nothing else is changed");
    assert_eq!(found.quarantine, None);
    found
}

/// Leaves out what was found to be lost.
fn leave_out(directory: &Path) -> Repaired {
    let found = look(directory);
    let repaired = repair(directory, Repairing::LeaveOut).unwrap();
    assert_eq!(Repaired { quarantine: None, ..repaired.clone() }, found);
    repaired
}

/// The documents that are found, with their numbers.
fn documents(engine: &TantivyEngine) -> BTreeSet<(String, u64)> {
    let records = engine.snapshot().documents(&Filter::default(), None, usize::MAX, &NEVER).unwrap();
    records.into_iter().map(|record| (record.id.as_str().to_owned(), record.version.sequence)).collect()
}

fn ids(repaired: &Repaired) -> Vec<&str> {
    repaired.lost.iter().map(|lost| lost.document_id.as_str()).collect()
}

/// Five segments, in the first two of which documents were deleted and replaced.
fn replaced() -> TempDir {
    let mut index = Index::new();
    for number in 0..12 {
        index.put(full(number, 1), None);
        if number % 6 == 5 {
            index.commit();
        }
    }
    for number in [0, 3, 7] {
        let version = index.version(&format!("d{number}"));
        index.put(full(number, 2), version);
    }
    index.commit();
    for id in ["d1", "d8", "d9"] {
        index.delete(id);
    }
    index.commit();
    left(index)
}

#[test]
fn what_is_lost_is_what_is_not_left() {
    let directory = replaced();
    let engine = open(directory.path()).unwrap();
    let (before, commit) = (documents(&engine), engine.shared().index_commit().unwrap());
    assert_eq!(before.len(), 9);
    drop(engine);
    let mut lost_documents = 0;
    for (number, store) in files(directory.path(), "store").iter().enumerate() {
        let directory = copy(directory.path());
        let store = directory.path().join("index").join(store.file_name().unwrap());
        let segment = store.file_stem().unwrap().to_str().unwrap().to_owned();
        damage([&store]);
        let list = fs::read(directory.path().join("index/meta.json")).unwrap();
        let repaired = leave_out(directory.path());
        assert_eq!(repaired.damaged, [format!("{segment}.store")]);
        assert_eq!((&repaired.lost_segments, repaired.derivable_segments), (&vec![segment.clone()], 0));
        assert!(repaired.lost.iter().all(|lost| !lost.may_have_been_deleted));

        let engine = open(directory.path()).unwrap();
        assert_eq!(engine.recovered().segments, 0);
        let after = documents(&engine);
        let gone: BTreeSet<_> = before.difference(&after).map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids(&repaired), Vec::from_iter(gone), "{number}");
        assert!(after.is_subset(&before));
        let told = (repaired.lost_documents, repaired.unnamed_documents(), repaired.deleted_documents());
        assert_eq!(told, (ids(&repaired).len() as u64, 0, Some(0)));
        lost_documents += repaired.lost_documents;

        let statistics = engine.snapshot().statistics().unwrap();
        let everything = engine.snapshot().walk(&Expression::All, &Filter::default(), None, &NEVER).unwrap();
        let paragraphs = { everything }.next(usize::MAX, &NEVER).unwrap().len() as u64;
        assert_eq!((repaired.documents, repaired.paragraphs), (after.len() as u64, paragraphs));
        assert_eq!((statistics.documents, statistics.paragraphs), (repaired.documents, repaired.paragraphs));
        assert_eq!(statistics.tombstones, removals(&engine));
        assert_eq!(statistics.sequence, commit.sequence);
        assert!(engine.verify(&NEVER).unwrap().damaged.is_empty());

        let quarantine = repaired.quarantine.as_ref().unwrap();
        assert!(quarantine.starts_with(directory.path().join("quarantine")));
        assert_eq!(fs::read(quarantine.join("meta.json")).unwrap(), list);
        let aside = names(quarantine);
        for kind in ["store", "term", "idx", "pos", "fieldnorm", "fast"] {
            assert!(aside.contains(&format!("{segment}.{kind}")), "{aside:?}");
        }
        assert!(names(&directory.path().join("index")).iter().all(|name| !name.starts_with(&segment)));
        let mut lines = Vec::new();
        Repaired { quarantine: None, ..repaired.clone() }.write_lines(&mut lines).unwrap();
        assert_eq!(fs::read(quarantine.join("lost.jsonl")).unwrap(), lines);
    }
    assert!(lost_documents >= 9);
}

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn removals(engine: &TantivyEngine) -> u64 {
    let given = Given { up_to: u64::MAX, whatever_up_to: u64::MAX };
    let everything = engine.snapshot().removals(&Expression::All, &Filter::default(), Position::record(0), &NEVER);
    { everything.unwrap() }.next(usize::MAX, given, &NEVER).unwrap().len() as u64
}

/// Removals may be lost: nobody goes on from what the index was before, and numbers are not given out twice.
#[test]
fn what_is_left_is_an_index_of_its_own() {
    let directory = replaced();
    let before = open(directory.path()).unwrap().snapshot().generation();
    let sequence = open(directory.path()).unwrap().shared().index_commit().unwrap().sequence;
    damage(stores(directory.path()).last());
    let (found, format) = (look(directory.path()), directory.path().join("format.json"));
    assert_eq!(found.generation, before);
    // One that has a history.
    let text = fs::read(&format).unwrap();
    leave_out(directory.path());
    assert_ne!(fs::read(format).unwrap(), text);
    let engine = open(directory.path()).unwrap();
    let snapshot = engine.snapshot();
    assert_ne!(snapshot.generation().index, before.index);
    assert!(snapshot.in_common(before.index).is_none());
    let mut index = Index { writer: Some(engine.writer().unwrap()), engine, sequence, directory };
    let number = index.put(document("new", "", &["防汛"]), None);
    index.commit();
    assert_eq!(index.version("new").unwrap().sequence, number);
    assert!(documents(&index.engine).iter().all(|(id, other)| id == "new" || *other < number));
}

/// Of a backup that was restored: what was given by the index before the backup is not gone on from either.
#[test]
fn a_restored_index_that_is_repaired_forgets_where_it_comes_from() {
    let mut index = Index::with(&[("甲", &["防汛"])]);
    index.put(document("乙", "", &["抗旱"]), None);
    index.commit();
    let first = index.snapshot().generation();
    let place = TempDir::new().unwrap();
    let target = place.path().join("copy");
    let Backup { generation, .. } = index.engine.back_up(&target, &NEVER).unwrap();
    assert_eq!(generation, first);
    let restored = open(&target).unwrap();
    assert!(restored.snapshot().in_common(first.index).is_some());
    drop(restored);
    damage(&stores(&target)[..1]);
    leave_out(&target);
    let engine = open(&target).unwrap();
    assert!(engine.snapshot().in_common(first.index).is_none());
}

/// Which of its entries were deleted, is known of those of which something newer is.
#[test]
fn where_deletions_are_damaged_what_is_stored_says_what_may_be_lost() {
    for is_forgotten in [false, true] {
        let mut index = Index::new();
        for id in ["甲", "乙", "丙", "丁"] {
            index.put(document(id, "", &["部署防汛工作"]), None);
        }
        index.commit();
        index.put(document("戊", "", &["另有安排"]), None);
        index.commit();
        let version = index.version("乙");
        index.put(document("乙", "", &["部署抗旱工作"]), version);
        index.delete("丙");
        index.commit();
        if is_forgotten {
            index.writer().forget(u64::MAX).unwrap();
            index.commit();
        }
        let directory = left(index);
        damage([&deletions(directory.path())]);
        let repaired = leave_out(directory.path());
        let engine = open(directory.path()).unwrap();
        let left: Vec<_> = documents(&engine).into_iter().map(|(id, _)| id).collect();
        // Those of the damaged segment: 丙 was deleted, and nobody remembers it where that is forgotten.
        let mut expected = vec!["丁", "丙", "甲"];
        expected.retain(|id| *id != "丙" || is_forgotten);
        assert_eq!(ids(&repaired), expected, "{left:?}");
        assert!(repaired.lost.iter().all(|lost| lost.may_have_been_deleted));
        assert_eq!((repaired.lost_documents, repaired.deleted_documents()), (2, Some(u64::from(is_forgotten))));
        assert_eq!(left, ["乙", "戊"]);
    }
}

/// Nobody else knows of it, and what it says is stored.
#[test]
fn what_a_lost_removal_says_was_deleted_is_not_lost() {
    let mut index = Index::with(&[("甲", &["防汛"]), ("乙", &["抗旱"])]);
    index.put(document("丙", "", &["防汛抗旱"]), None);
    index.delete("乙");
    index.commit();
    index.delete("丙");
    index.commit();
    let directory = left(index);
    let deletions = files(directory.path(), "del");
    assert_eq!(deletions.len(), 2);
    damage(&deletions);
    let repaired = leave_out(directory.path());
    assert_eq!((ids(&repaired), repaired.lost_documents), (vec!["甲"], 1));
}

/// Which entries of the segment are deleted that has most.
fn deletions(directory: &Path) -> PathBuf {
    let list = fs::read(directory.join("index/meta.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let segments = list["segments"].as_array().unwrap();
    let segment = segments.iter().max_by_key(|segment| segment["max_doc"].as_u64()).unwrap();
    let id = segment["segment_id"].as_str().unwrap().replace('-', "");
    directory.join(format!("index/{id}.{}.del", segment["deletes"]["opstamp"].as_u64().unwrap()))
}

#[test]
fn where_nothing_says_which_documents_are_lost_it_is_said_how_many() {
    for kinds in [&["store", "term"][..], &["store", "idx"], &["store", "fast"], &["store", "term", "fast", "pos"]] {
        let directory = whole();
        let stores = stores(directory.path());
        let before = documents(&open(directory.path()).unwrap());
        damage(&of_segment(&stores[0], kinds));
        let repaired = leave_out(directory.path());
        assert_eq!((ids(&repaired), repaired.unnamed_documents()), (Vec::new(), repaired.lost_documents), "{kinds:?}");
        let left = documents(&open(directory.path()).unwrap());
        assert_eq!(repaired.lost_documents, (before.len() - left.len()) as u64);
    }
    // What is not asked for who is there, may be damaged as well.
    let directory = whole();
    let stores = stores(directory.path());
    damage(&of_segment(&stores[0], &["store", "pos", "fieldnorm"]));
    fs::remove_file(&stores[0]).unwrap();
    let repaired = leave_out(directory.path());
    assert_eq!((ids(&repaired).len() as u64, repaired.unnamed_documents()), (repaired.lost_documents, 0));
}

/// Whoever put the newer one had not found the older one.
#[test]
fn a_document_with_a_newer_version_that_is_left_is_not_lost() {
    let mut index = Index::with(&[("甲", &["防汛"]), ("乙", &["抗旱"])]);
    let older = files(index.directory.path(), "store");
    index.put(document("甲", "", &["防汛抗旱"]), None);
    index.commit();
    let directory = left(index);
    damage(&older);
    let repaired = leave_out(directory.path());
    assert_eq!(ids(&repaired), ["乙"]);
    assert_eq!(documents(&open(directory.path()).unwrap()).len(), 1);
}

/// Beside what is lost: it stays until the index is opened.
#[test]
fn what_can_be_derived_is_made_anew_by_the_next_start() {
    let directory = replaced();
    let stores = stores(directory.path());
    let before = documents(&open(directory.path()).unwrap());
    damage(&of_segment(&stores[0], &["idx"]));
    let found = look(directory.path());
    assert_eq!((found.derivable_segments, found.lost_documents, ids(&found)), (1, 0, Vec::new()));
    let untouched = contents(directory.path());
    assert_eq!(repair(directory.path(), Repairing::LeaveOut).unwrap(), found);
    assert!(contents(directory.path()) == untouched, "nothing is lost");
    damage(&stores[1..2]);
    let repaired = leave_out(directory.path());
    assert_eq!((repaired.derivable_segments, repaired.lost_segments.len()), (1, 1));
    let engine = open(directory.path()).unwrap();
    assert_eq!(engine.recovered().segments, 1);
    let left = documents(&engine);
    assert_eq!(left.len() as u64, repaired.documents);
    assert_eq!(before.difference(&left).count(), ids(&repaired).len());
    assert_eq!(engine.snapshot().statistics().unwrap().documents, repaired.documents);
    assert_eq!(engine.snapshot().statistics().unwrap().tombstones, removals(&engine));
}

#[test]
fn an_index_of_which_all_is_lost_is_empty_and_goes_on() {
    let directory = replaced();
    let before = open(directory.path()).unwrap().shared().index_commit().unwrap();
    damage(&files(directory.path(), "store"));
    let repaired = leave_out(directory.path());
    assert_eq!((repaired.documents, repaired.paragraphs, repaired.lost_documents), (0, 0, 9));
    let engine = open(directory.path()).unwrap();
    let after = engine.shared().index_commit().unwrap();
    assert_eq!((after.sequence, after.documents, after.tombstones), (before.sequence, 0, 0));
    let sequence = after.sequence;
    let mut index = Index { writer: Some(engine.writer().unwrap()), engine, sequence, directory };
    index.put(document("甲", "", &["部署防汛工作"]), None);
    index.commit();
    assert_eq!(index.walked(&quoted("防汛")).len(), 1);
}

#[test]
fn a_sound_index_is_left_as_it_is() {
    let directory = whole();
    let engine = open(directory.path()).unwrap();
    engine.close().unwrap();
    let documents = documents(&engine).len() as u64;
    drop(engine);
    let before = contents(directory.path());
    for repairing in [Repairing::Look, Repairing::LeaveOut] {
        let found = repair(directory.path(), repairing).unwrap();
        assert_eq!((found.damaged.len(), found.documents, found.quarantine), (0, documents, None));
        assert!(contents(directory.path()) == before);
    }
    // Its note is not believed.
    damage(&stores(directory.path())[..1]);
    assert_eq!(look(directory.path()).lost_segments.len(), 1);
}

#[test]
fn what_is_no_index_or_cannot_be_repaired_is_left_as_it_is() {
    let directory = whole();
    let check = |directory: &Path, is_expected: fn(&RepairError) -> bool, says: &str| {
        let before = contents(directory);
        for repairing in [Repairing::Look, Repairing::LeaveOut] {
            let error = repair(directory, repairing).unwrap_err();
            assert!(is_expected(&error) && error.to_string().contains(says), "{error:?}: {error}");
        }
        assert!(contents(directory) == before);
    };
    for list in ["format.json", "index/meta.json"] {
        let directory = copy(directory.path());
        damage([&directory.path().join(list)]);
        fs::write(directory.path().join("lock"), "").unwrap();
        check(directory.path(), |error| matches!(error, RepairError::Beyond { .. }), "restore a backup");
    }
    let empty = TempDir::new().unwrap();
    check(empty.path(), |error| matches!(error, RepairError::NoIndex(_)), "--data-dir");
    let nowhere = empty.path().join("nowhere");
    assert!(matches!(repair(&nowhere, Repairing::LeaveOut), Err(RepairError::NoIndex(_))));
    assert!(!nowhere.exists());
    let engine = open(directory.path()).unwrap();
    let in_use = repair(directory.path(), Repairing::LeaveOut).unwrap_err();
    assert!(in_use.to_string().contains("in use by another process"), "{in_use}");
    let backup = empty.path().join("backup");
    engine.back_up(&backup, &NEVER).unwrap();
    check(&backup, |error| matches!(error, RepairError::Backup(_)), "start the service on it");
}

/// It is no part of the index, and of nothing that is made of that.
#[test]
fn what_was_put_aside_is_in_nobodys_way() {
    let directory = replaced();
    damage(&stores(directory.path())[..1]);
    let aside = leave_out(directory.path()).quarantine.unwrap();
    let kept = names(&aside).len();
    let engine = open(directory.path()).unwrap();
    let place = TempDir::new().unwrap();
    let backup = place.path().join("copy");
    engine.back_up(&backup, &NEVER).unwrap();
    assert!(!backup.join("quarantine").exists());
    let expected = documents(&engine);
    assert_eq!(documents(&open(&backup).unwrap()), expected);
    let mut rebuilt = engine.rebuild().unwrap();
    rebuilt.commit().unwrap();
    drop(rebuilt);
    drop(engine.writer().unwrap());
    engine.close().unwrap();
    drop(engine);
    assert_eq!(names(&aside).len(), kept);
    // Once more: there is room for another.
    damage(&stores(directory.path())[..1]);
    let again = leave_out(directory.path()).quarantine.unwrap();
    assert_ne!(again, aside);
    assert!(documents(&open(directory.path()).unwrap()).is_subset(&expected));
    assert_eq!(names(&aside).len(), kept);
}
