//! Copies of an index that is being written.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    harness::{Index, NEVER, document, quoted, segmenter, words},
    told::DERIVED,
};
use crate::{
    engine::{
        BackupError, BadTarget, Change, Engine as _, Expression, Generation, OpenError, Position, ReadError, Snapshot,
        Upkeep, WriteError,
        tantivy::{TantivyEngine, check, files::OnDisk, manifest, schema},
    },
    query::Filter,
};

/// Words that texts are made of and queries ask for.
const WORDS: [&str; 10] = ["优化", "营商环境", "防汛", "抗旱", "安全生产", "人才", "乡村振兴", "问题", "责任", "干部"];
/// Queries whose answers are compared.
const QUERIES: usize = 200;
/// The least number of copies that are made while documents are written.
const COPIES: usize = 12;
/// The least number of states that the index goes through meanwhile.
const STATES: usize = 20;

fn text(rng: &mut fastrand::Rng) -> String {
    (0..rng.usize(3..30)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect()
}

/// What a state of an index says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Digest {
    /// All paragraphs with their places.
    paragraphs: blake3::Hash,
    /// Scores count what was deleted until it is merged away, and merging does not wait for a commit.
    entries: u64,
    /// What queries rank.
    ranked: blake3::Hash,
}

impl Digest {
    fn of(snapshot: &dyn Snapshot) -> Self {
        let (mut paragraphs, everything) = (blake3::Hasher::new(), Filter::default());
        let mut walk = snapshot.walk(&Expression::All, &everything, None, &NEVER).unwrap();
        let (positions, addresses): (Vec<Position>, Vec<_>) =
            walk.next(usize::MAX, &NEVER).unwrap().into_iter().unzip();
        for (position, stored) in positions.into_iter().zip(snapshot.paragraphs(&addresses).unwrap()) {
            paragraphs.update(&position.to_u64().to_le_bytes()).update(stored.paragraph.text.as_bytes());
        }
        let (mut ranked, mut rng) = (blake3::Hasher::new(), fastrand::Rng::with_seed(3));
        for number in 0..QUERIES {
            let mut word = || WORDS[rng.usize(..WORDS.len())];
            let query = if number % 2 == 0 { words(&[word(), word()]) } else { quoted(&(word().to_owned() + word())) };
            for hit in snapshot.rank(&query, &everything, 20, &NEVER).unwrap().hits {
                ranked.update(&hit.position.to_u64().to_le_bytes()).update(&hit.score.to_bits().to_le_bytes());
            }
        }
        Self { paragraphs: paragraphs.finalize(), entries: snapshot.entries(), ranked: ranked.finalize() }
    }
}

/// Sets a flag when it is dropped, in a panic too.
struct Sets<'a>(&'a AtomicBool);

impl Drop for Sets<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn open(directory: &Path) -> Result<TantivyEngine, OpenError> {
    TantivyEngine::open(directory, &segmenter())
}

/// Copies a copy to where it is opened, as the documentation has it.
fn copied_back(backup: &Path) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("index")).unwrap();
    for entry in walkdir::WalkDir::new(backup).into_iter().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), directory.path().join(entry.path().strip_prefix(backup).unwrap())).unwrap();
    }
    directory
}

#[test]
fn a_copy_that_is_taken_while_documents_are_written_answers_as_the_index_did() {
    let mut index = Index::with(&[("first", &["持续优化营商环境"])]);
    let engine = index.engine.clone();
    let digests: Mutex<HashMap<Generation, Digest>> = Mutex::default();
    let keep = |snapshot: &dyn Snapshot| {
        digests.lock().unwrap().insert(snapshot.generation(), Digest::of(snapshot));
    };
    keep(index.snapshot().as_ref());
    let (has_ended, place, mut copies) = (AtomicBool::new(false), TempDir::new().unwrap(), Vec::new());
    thread::scope(|scope| {
        let _ends = Sets(&has_ended);
        scope.spawn(|| {
            let mut rng = fastrand::Rng::new();
            while !has_ended.load(Relaxed) {
                let id = format!("d{}", rng.usize(..60));
                let texts: Vec<String> = (0..rng.usize(1..4)).map(|_| text(&mut rng)).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let version = index.version(&id);
                index.put(document(&id, "2024", &texts), version);
                index.commit();
                keep(index.snapshot().as_ref());
            }
        });
        while copies.len() < COPIES || digests.lock().unwrap().len() < STATES {
            let target = place.path().join(copies.len().to_string());
            let backup = engine.back_up(&target, &NEVER).unwrap();
            assert!(backup.files > 3 && backup.linked_files > 0 && backup.bytes > 0, "{backup:?}");
            let restored = open(copied_back(&target).path()).unwrap().snapshot();
            assert_ne!(restored.generation().index, backup.generation.index, "it has a name of its own");
            copies.push((backup.generation, Digest::of(restored.as_ref())));
        }
    });
    let (digests, mut same_entries) = (digests.into_inner().unwrap(), 0);
    for (generation, found) in &copies {
        let expected = digests[generation];
        assert_eq!(found.paragraphs, expected.paragraphs, "{generation}");
        if found.entries == expected.entries {
            assert_eq!(found.ranked, expected.ranked, "{generation}");
            same_entries += 1;
        }
    }
    assert!(same_entries * 4 > copies.len(), "{same_entries} of {}", copies.len());
    // Once nothing is written and merged any more, nothing else can differ.
    let began = Instant::now();
    loop {
        index.writer().refresh().unwrap();
        let expected = Digest::of(index.snapshot().as_ref());
        let target = place.path().join("last");
        engine.back_up(&target, &NEVER).unwrap();
        let found = Digest::of(open(copied_back(&target).path()).unwrap().snapshot().as_ref());
        if found.entries == expected.entries {
            assert_eq!(found, expected);
            break;
        }
        fs::remove_dir_all(target).unwrap();
        assert!(began.elapsed() < Duration::from_mins(1), "it is merged for ever");
    }
    // What is linked does not change with the index, nor the index with it.
    drop(engine);
    open(&place.path().join("0")).unwrap();
}

/// Nothing is linked there; the machine may have no other disk.
#[test]
fn a_copy_on_another_disk_is_whole() {
    let index = Index::with(&[("甲", &["持续优化营商环境"])]);
    let Ok(place) = TempDir::new_in("/dev/shm") else { return };
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    if device(place.path()) == device(index.directory.path()) {
        return;
    }
    let target = place.path().join("copy");
    let backup = index.engine.back_up(&target, &NEVER).unwrap();
    assert!(backup.files > 3 && backup.linked_files == 0, "{backup:?}");
    let restored = open(copied_back(&target).path()).unwrap().snapshot();
    assert_eq!(Digest::of(restored.as_ref()), Digest::of(index.snapshot().as_ref()));
}

#[test]
fn where_there_can_be_no_copy() {
    let index = Index::with(&[("甲", &["持续优化营商环境"])]);
    let place = TempDir::new().unwrap();
    let check = |target: &Path, expected: BadTarget| match index.engine.back_up(target, &NEVER) {
        Err(BackupError::Target(wrong)) => assert_eq!(wrong, expected),
        other => panic!("{}: {other:?}", target.display()),
    };
    check(Path::new("copy"), BadTarget::Relative);
    check(Path::new("/"), BadTarget::Relative);
    check(place.path(), BadTarget::Exists);
    check(&index.directory.path().join("copy"), BadTarget::WithinData);
    check(&index.directory.path().join("index/copy"), BadTarget::WithinData);
    check(&place.path().join("no/copy"), BadTarget::Unusable(std::io::ErrorKind::NotFound));
    fs::write(place.path().join("file"), "").unwrap();
    check(&place.path().join("file/copy"), BadTarget::Unusable(std::io::ErrorKind::NotADirectory));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_copy_that_is_given_up_or_fails_leaves_nothing() {
    let index = Index::with(&[("甲", &["持续优化营商环境"])]);
    let place = TempDir::new().unwrap();
    let target = place.path().join("copy");
    let stopped = index.engine.back_up(&target, &AtomicBool::new(true)).unwrap_err();
    assert!(matches!(stopped, BackupError::Read(ReadError::Stopped)), "{stopped:?}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);

    let store = file_of(&index.directory.path().join("index"), "store");
    let mut bytes = fs::read(&store).unwrap();
    bytes[3] ^= 1;
    fs::write(&store, bytes).unwrap();
    let damaged = index.engine.back_up(&target, &NEVER).unwrap_err();
    assert!(matches!(damaged, BackupError::Read(ReadError::Corrupt(_))), "{damaged:?}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "what is damaged is not kept as if it were whole");
    // Nor is it written to, or noted as closed in order.
    check_ended(index, "store");
}

/// The index was found damaged in such a file: nothing is written any more, and it is checked when it is opened again.
fn check_ended(mut index: Index, kind: &str) {
    let change = document("丙", "", &["防汛"]);
    index.sequence += 1;
    let put = Change::Put { sequence: index.sequence, document: Box::new(change), replaces: None };
    let written = index.writer().write(put).and_then(|()| index.writer().commit(Upkeep::Usual).map(drop));
    assert!(matches!(written, Err(WriteError::Read(ReadError::Corrupt(_)))), "{written:?}");
    assert!(index.writer().has_failed());
    index.writer = None;
    let opened = index.engine.writer().map(drop);
    assert!(matches!(opened, Err(WriteError::Read(ReadError::Corrupt(_)))), "{opened:?}");
    index.engine.close().unwrap();
    assert!(!index.directory.path().join("clean").exists());
    assert!(matches!(open(index.directory.path()), Err(OpenError::InUse(_))));
    let Index { engine, directory, .. } = index;
    drop(engine);
    match open(directory.path()) {
        Ok(engine) => assert!(DERIVED.contains(&kind) && engine.recovered().segments > 0, "{kind}"),
        Err(error) => {
            assert!(!DERIVED.contains(&kind) && matches!(error, OpenError::Damaged { .. }), "{kind}: {error}");
        }
    }
}

/// A file of a segment; those of one that is begun ahead are empty.
fn file_of(index: &Path, kind: &str) -> std::path::PathBuf {
    let files = fs::read_dir(index).unwrap().map(|entry| entry.unwrap().path());
    let mut files = files.filter(|path| path.extension().is_some_and(|extension| extension == kind));
    files.find(|path| fs::metadata(path).unwrap().len() > 0).unwrap()
}

#[test]
fn a_copy_is_looked_at_before_it_is_served() {
    let index = Index::with(&[("甲", &["持续优化营商环境"]), ("乙", &["防汛"])]);
    fs::write(index.directory.path().join("token.key"), [7; 32]).unwrap();
    let place = TempDir::new().unwrap();
    let target = place.path().join("copy");
    index.engine.back_up(&target, &NEVER).unwrap();
    let mut names = Vec::new();
    for entry in walkdir::WalkDir::new(&target).into_iter().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        names.push(entry.path().strip_prefix(&target).unwrap().to_owned());
    }
    assert!(names.len() > 8 && names.contains(&"token.key".into()) && !names.contains(&"format.json".into()));
    for name in names {
        let directory = copied_back(&target);
        let path = directory.path().join(&name);
        let whole = fs::read(&path).unwrap();
        if whole.is_empty() {
            continue;
        }
        let mut damaged = whole.clone();
        damaged[fastrand::usize(..whole.len())] ^= 1 << fastrand::u8(..8);
        for damage in [Some(damaged), Some(whole[..whole.len() - 1].to_vec()), None] {
            match damage {
                Some(damage) => fs::write(&path, damage).unwrap(),
                None if name == Path::new("backup.json") => continue,
                None => fs::remove_file(&path).unwrap(),
            }
            match open(directory.path()) {
                Err(OpenError::Damaged { files, .. }) => {
                    assert_eq!(files, [name.to_str().unwrap()]);
                }
                Err(error) => panic!("{}: {error}", name.display()),
                Ok(_) => panic!("{} is damaged", name.display()),
            }
            assert!(!directory.path().join("format.json").exists(), "it is still a copy");
        }
        fs::write(&path, whole).unwrap();
        open(directory.path()).unwrap();
    }
}

#[test]
fn a_copy_in_another_format_is_refused_and_stays_as_it_is() {
    let index = Index::with(&[("甲", &["防汛"])]);
    let place = TempDir::new().unwrap();
    let target = place.path().join("copy");
    index.engine.back_up(&target, &NEVER).unwrap();
    let written = fs::read_to_string(target.join("backup.json")).unwrap();
    let (values, _checksum) = written.rsplit_once(",\n").unwrap();
    for other in [schema::FORMAT - 1, schema::FORMAT + 1] {
        let directory = copied_back(&target);
        let format = |number: u32| format!("\"format\": {number}");
        let changed = values.replacen(&format(schema::FORMAT), &format(other), 1) + "\n}\n";
        let manifest = directory.path().join("backup.json");
        fs::write(&manifest, check::sealed(changed.as_bytes()).unwrap()).unwrap();
        match open(directory.path()).map(drop) {
            Err(OpenError::UnknownFormat { found, .. }) => assert_eq!(found, other.to_string()),
            opened => panic!("{opened:?}"),
        }
        assert!(manifest.exists() && !directory.path().join("format.json").exists(), "it is still a copy");
    }
}

#[test]
fn a_copy_is_opened_once_however_often_that_is_cut_off() {
    let mut index = Index::with(&[("甲", &["持续优化营商环境"])]);
    let place = TempDir::new().unwrap();
    let target = place.path().join("copy");
    let backup = index.engine.back_up(&target, &NEVER).unwrap();
    let directory = copied_back(&target);
    // It was cut off before the copy's list was taken away.
    let (path, list) = (directory.path(), fs::read(target.join("backup.json")).unwrap());
    let format = manifest::restored(path, &OnDisk::at(path.to_owned()), &list, 7).unwrap();
    fs::write(path.join("format.json"), format.to_text()).unwrap();
    let first = open(path).unwrap().snapshot();
    assert_eq!(first.generation().index, 7);
    assert!(!path.join("backup.json").exists());
    let second = open(path).unwrap().snapshot();
    assert_eq!(first.generation(), second.generation());
    // The same copy on top of it, or another one, is no index and no copy.
    fs::write(path.join("backup.json"), list).unwrap();
    assert!(matches!(open(path), Err(OpenError::Mixed(_))));
    index.put(document("乙", "", &["防汛"]), None);
    index.commit();
    let later = place.path().join("later");
    index.engine.back_up(&later, &NEVER).unwrap();
    fs::copy(later.join("backup.json"), directory.path().join("backup.json")).unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::Mixed(_))));

    // What was given out before the copy is known to it, what came after is not.
    let common = second.in_common(backup.generation.index).unwrap();
    assert_eq!((common.commit, common.sequence), (backup.generation.commit, 1));
    assert!(common.has(backup.generation) && !common.has(index.snapshot().generation()));
    let restored_anew = open(copied_back(&target).path()).unwrap().snapshot();
    assert!(restored_anew.in_common(second.generation().index).is_none(), "each has a history of its own");
}

#[test]
fn damage_is_found_while_the_index_is_open_and_not_forgotten() {
    let ids: Vec<String> = (0..40).map(|number| format!("d{number}")).collect();
    let documents: Vec<(&str, &[&str])> = ids.iter().map(|id| (id.as_str(), &["持续优化营商环境"][..])).collect();
    let mut index = Index::with(&documents);
    // One of many: not so many that they are merged away.
    index.delete("d7");
    index.commit();
    let sound = index.engine.verify(&NEVER).unwrap();
    assert!(sound.damaged.is_empty() && sound.files > 8 && sound.bytes > 0, "{sound:?}");
    assert_eq!(sound.generation, index.snapshot().generation());
    assert!(matches!(index.engine.verify(&AtomicBool::new(true)), Err(ReadError::Stopped)));
    let data = index.directory.path().to_owned();
    let paths =
        ["del", "fast", "fieldnorm", "idx", "pos", "store", "term"].map(|kind| file_of(&data.join("index"), kind));
    let lists = ["index/meta.json", "format.json"].map(|name| data.join(name));
    for path in paths.into_iter().chain(lists) {
        let whole = fs::read(&path).unwrap();
        for damage in [[&[whole[0] ^ 8], &whole[1..]].concat(), whole[..whole.len() / 2].to_vec()] {
            // A new file, as the old one is mapped.
            fs::remove_file(&path).unwrap();
            fs::write(&path, damage).unwrap();
            let found = index.engine.verify(&NEVER).unwrap().damaged;
            assert!(found.len() == 1 && path.ends_with(&found[0]), "{found:?}, and it is {}", path.display());
        }
        fs::write(&path, &whole).unwrap();
    }
    let path = file_of(&data.join("index"), "store");
    fs::write(&path, "").unwrap();
    check_ended(index, "store");
}

/// An index that nobody writes is noted as closed in order all the while.
#[test]
fn what_is_found_damaged_is_not_noted_as_closed_in_order_any_more() {
    let Index { engine, writer, directory, .. } = Index::with(&[("甲", &["防汛"])]);
    drop(writer);
    engine.close().unwrap();
    let note = directory.path().join("clean");
    assert!(note.exists());
    fs::remove_file(file_of(&directory.path().join("index"), "pos")).unwrap();
    assert_eq!(engine.verify(&NEVER).unwrap().damaged.len(), 1);
    assert!(!note.exists());
}

/// A merge would write it again, with a checksum that is right.
#[test]
fn what_is_damaged_is_not_merged() {
    for kind in DERIVED.into_iter().chain(["store"]) {
        let index = Index::with(&[("甲", &["持续优化营商环境"])]);
        damage(&file_of(&index.directory.path().join("index"), kind), 0);
        check_merging_ends(index, kind);
    }
}

/// It is damage for a verification, too, and when the index is opened.
#[test]
fn what_a_merge_cannot_read_is_damage() {
    let index = Index::with(&[("甲", &["持续优化营商环境"])]);
    fs::remove_file(file_of(&index.directory.path().join("index"), "store")).unwrap();
    check_merging_ends(index, "store");
}

/// A commit adds what it deletes to what is deleted, and writes all of that again.
#[test]
fn deletions_that_are_damaged_are_not_added_to() {
    let ids: Vec<String> = (0..40).map(|number| format!("d{number}")).collect();
    let documents: Vec<(&str, &[&str])> = ids.iter().map(|id| (id.as_str(), &["持续优化营商环境"][..])).collect();
    let mut index = Index::with(&documents);
    index.delete("d7");
    index.commit();
    // Behind how many entries there are. It says that the first ones are deleted.
    damage(&file_of(&index.directory.path().join("index"), "del"), 4);
    index.delete("d8");
    let committed = index.writer().commit(Upkeep::Usual);
    assert!(matches!(committed, Err(WriteError::Read(ReadError::Corrupt(_)))), "{committed:?}");
    check_ended(index, "del");
}

/// Changes some bits of a byte, in a new file, as the old one is mapped.
fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 8;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes so much that what is there is merged: that ends the writing.
fn check_merging_ends(mut index: Index, kind: &str) {
    let shared = index.engine.shared();
    for number in 0..64 {
        index.put(document(&format!("d{number}"), "", &["防汛"]), None);
        // Enough of them are merged behind one of these.
        if index.writer().commit(Upkeep::Usual).is_err() {
            break;
        }
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while !shared.list.stays() {
        assert!(Instant::now() < deadline, "it was merged, or is tried again and again");
        thread::yield_now();
    }
    drop(shared);
    check_ended(index, kind);
}
