//! Files that are not what was written, found before anything of them is served.

use std::{
    collections::BTreeMap,
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tempfile::TempDir;

use super::{
    harness::{Index, NEVER, document, document_id, segmenter},
    told::copy,
};
use crate::{
    document::Layout,
    engine::{
        Change, Engine, Expression, IndexedDocument, OpenError, ReadError, WriteError, all_paragraphs, original,
        tantivy::{
            TantivyEngine,
            check::{self, Known},
            directory::DataDirectory,
            doubt::Doubt,
            index::make_index,
        },
    },
    query::Filter,
};

/// Places that are damaged, in each kind of file.
const PLACES: usize = 63;

/// An index of several segments, with deletions, that was not closed in order.
fn files() -> (TempDir, Vec<String>) {
    let mut index = Index::new();
    for number in 0..24 {
        index.put(document(&format!("d{number}"), "2024", &["持续优化营商环境", "部署防汛工作"]), None);
        if number % 6 == 5 {
            index.commit();
        }
    }
    index.delete("d3");
    index.commit();
    let texts = index.texts(&Expression::All);
    let Index { engine, writer, directory, .. } = index;
    drop((writer, engine));
    (directory, texts)
}

/// The files of the segments, and the list of these.
fn living(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let index = fs::read_dir(directory.join("index")).unwrap().map(|entry| entry.unwrap().path());
    let list = fs::read_to_string(directory.join("index/meta.json")).unwrap().replace('-', "");
    index.filter(move |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name == "meta.json" || list.contains(name.split('.').next().unwrap()) && !name.starts_with('.')
    })
}

/// One file of each kind: what it is called behind the name of its segment.
fn kinds(directory: &Path) -> BTreeMap<String, PathBuf> {
    let kind = |path: PathBuf| (path.extension().unwrap().to_str().unwrap().to_owned(), path);
    living(directory).filter(|path| fs::metadata(path).unwrap().len() > 0).map(kind).collect()
}

fn open(directory: &Path) -> Result<TantivyEngine, OpenError> {
    TantivyEngine::open(directory, &segmenter())
}

/// A file cut off or with a bit changed, and where.
fn damaged(whole: &[u8], number: usize, rng: &mut fastrand::Rng) -> (Vec<u8>, usize) {
    let (mut damaged, place) = (whole.to_vec(), rng.usize(..whole.len()));
    if number.is_multiple_of(4) {
        damaged.truncate(place);
    } else {
        damaged[place] ^= 1 << rng.u8(..8);
    }
    (damaged, place)
}

fn texts(engine: TantivyEngine) -> Vec<String> {
    Index { engine, writer: None, sequence: 0, directory: TempDir::new().unwrap() }.texts(&Expression::All)
}

/// The files that are found damaged.
fn found(directory: &Path) -> Vec<String> {
    match check::look(&DataDirectory::open(directory, make_index).unwrap()).unwrap() {
        Known::Damaged(files) => files,
        Known::Noted => panic!("it was not closed in order"),
    }
}

#[test]
fn a_changed_bit_or_a_missing_end_is_found_in_every_kind_of_file() {
    let (directory, expected) = files();
    assert_eq!(texts(open(directory.path()).unwrap()), expected);
    let kinds = kinds(directory.path());
    assert_eq!(kinds.keys().collect::<Vec<_>>(), ["del", "fast", "fieldnorm", "idx", "json", "pos", "store", "term"]);
    let mut rng = fastrand::Rng::new();
    let (mut met, mut harmless) = (0, 0);
    for (kind, path) in kinds {
        let whole = fs::read(&path).unwrap();
        for number in 0..PLACES {
            let (damaged, place) = damaged(&whole, number, &mut rng);
            fs::write(&path, &damaged).unwrap();
            match found(directory.path()).as_slice() {
                // A file ends with the version of the program that wrote it, by which nothing is read.
                [] => {
                    assert!(whole.len() - place < 120, "{kind}, {place} of {}", whole.len());
                    assert_eq!(texts(open(directory.path()).unwrap()), expected);
                    harmless += 1;
                }
                [file] => {
                    assert!(path.ends_with(file), "{file}, and it is {}", path.display());
                    met += 1;
                }
                files => panic!("{kind}, {place}: {files:?}"),
            }
        }
        fs::write(&path, &whole).unwrap();
    }
    println!("{met} places found, {harmless} without a meaning");
    assert!(met > PLACES * 7);
    open(directory.path()).unwrap();
}

/// Files are mapped, so a disk that rots is seen by whoever reads, unless what was read is remembered.
#[test]
fn what_does_not_unpack_while_it_is_read_is_damage() {
    let (directory, expected) = files();
    // One segment has a removal only, which nobody reads.
    let stores = living(directory.path()).filter(|path| path.extension().is_some_and(|kind| kind == "store"));
    let path = stores.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let whole = fs::read(&path).unwrap();
    let written = |at: usize, byte: u8| {
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[byte]).unwrap();
    };
    let mut found = 0;
    // From the number of bytes that the first block unpacks to.
    for (at, &byte) in whole.iter().enumerate().take(PLACES) {
        let engine = open(directory.path()).unwrap();
        let snapshot = engine.snapshot();
        let mut walk = snapshot.walk(&Expression::All, &Filter::default(), None, &NEVER).unwrap();
        let addresses: Vec<_> =
            walk.next(usize::MAX, &NEVER).unwrap().into_iter().map(|(_, address)| address).collect();
        written(at, byte ^ 1);
        match snapshot.paragraphs(&addresses) {
            Err(ReadError::Corrupt(_)) => {
                found += 1;
                // It is looked at when it is opened again.
                engine.close().unwrap();
                assert!(!directory.path().join("clean").exists(), "{at}");
            }
            Err(error) => panic!("{at}: {error:?}"),
            // No checksum covers one block.
            Ok(paragraphs) => assert_eq!(paragraphs.len(), expected.len()),
        }
        written(at, byte);
    }
    assert!(found > PLACES / 4, "{found}");
}

#[test]
fn damage_of_what_stands_beside_the_segments_is_found() {
    let (directory, expected) = files();
    let data = directory.path();
    let mut rng = fastrand::Rng::new();
    let path = data.join("format.json");
    let whole = fs::read(&path).unwrap();
    for number in 0..PLACES {
        let (damaged, place) = damaged(&whole, number, &mut rng);
        fs::write(&path, &damaged).unwrap();
        match open(data) {
            Err(OpenError::Damaged { files, .. }) => assert_eq!(files, ["format.json"]),
            other => panic!("{place}: {:?}", other.err()),
        }
    }
    fs::write(&path, &whole).unwrap();
    // The list of files that earlier versions kept means nothing.
    fs::write(data.join("index/.managed.json"), "[").unwrap();
    assert_eq!(texts(open(data).unwrap()), expected);
    fs::rename(data.join("index"), data.join("away")).unwrap();
    assert!(matches!(open(data), Err(OpenError::Damaged { files, .. }) if files == ["index"]));
    assert!(!data.join("index").exists(), "nothing is put in its place");
    fs::rename(data.join("away"), data.join("index")).unwrap();
    assert_eq!(texts(open(data).unwrap()), expected);
}

#[test]
fn what_was_closed_in_order_is_not_read_to_be_opened_until_it_is_written_to() {
    let (directory, expected) = files();
    let engine = open(directory.path()).unwrap();
    drop(engine.writer().unwrap());
    engine.close().unwrap();
    drop(engine);
    let note = directory.path().join("clean");
    assert!(note.exists());
    let engine = open(directory.path()).unwrap();
    assert!(note.exists(), "reading changes nothing");
    let writer = engine.writer().unwrap();
    assert!(!note.exists());
    drop(writer);
    assert_eq!(texts(engine), expected);
}

/// Unless everything was compared since.
#[test]
fn nothing_is_built_of_what_made_no_sense() {
    let Index { engine, writer, directory, .. } = Index::with(&[("甲", &["防汛"])]);
    drop(writer);
    let take_over = || {
        let (mut rebuild, document) = (engine.rebuild().unwrap(), Box::new(document("甲", "", &["防汛"])));
        rebuild.write(Change::Put { sequence: 1, document, replaces: None }).unwrap();
        rebuild.take_over().map(drop)
    };
    let is_refused = |built| matches!(built, Err(WriteError::Read(ReadError::Corrupt(_))));
    let raise = || drop(engine.shared().doubt.raise("an entry that is not there"));
    raise();
    assert!(is_refused(take_over()));
    // What was compared when it was met says nothing of it.
    assert!(engine.verify_slowly(&|_| raise(), &NEVER).unwrap().damaged.is_empty());
    assert!(engine.is_doubted() && is_refused(take_over()));
    assert!(engine.verify(&NEVER).unwrap().damaged.is_empty());
    assert!(!engine.is_doubted());
    engine.close().unwrap();
    assert!(!directory.path().join("clean").exists(), "it is looked at once more");
    take_over().unwrap();
    engine.close().unwrap();
    assert!(directory.path().join("clean").exists(), "nothing of the new one was met");
}

/// A directory that somebody deleted is told of once, and not as what passes.
#[test]
fn a_list_of_segments_that_is_gone_while_nothing_is_written_is_damage() {
    let Index { engine, writer, directory, .. } = Index::with(&[("甲", &["防汛"])]);
    let mut writer = writer.unwrap();
    writer.refresh().unwrap();
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    let refreshed = writer.refresh();
    assert!(matches!(refreshed, Err(WriteError::Read(ReadError::Corrupt(_)))), "{refreshed:?}");
    assert!(engine.is_damaged() && writer.has_failed());
}

/// Else it would be served, and written through, until the last file was read, and forgotten if none of that came.
#[test]
fn damage_is_minded_as_soon_as_it_is_read() {
    let (directory, _) = files();
    let engine = open(directory.path()).unwrap();
    drop(engine.writer().unwrap());
    engine.close().unwrap();
    drop(engine);
    let store = living(directory.path()).find(|path| path.extension().is_some_and(|kind| kind == "store")).unwrap();
    let mut bytes = fs::read(&store).unwrap();
    bytes[0] ^= 1;
    fs::write(store, bytes).unwrap();
    let engine = open(directory.path()).unwrap();
    assert!(engine.is_unchecked());
    let stop = AtomicBool::new(false);
    let stop_then = |_| stop.store(engine.is_damaged(), Relaxed);
    let verified = engine.verify_slowly(&stop_then, &stop);
    // Where it was in the last of the files.
    assert!(matches!(verified, Err(ReadError::Stopped)) || !verified.unwrap().damaged.is_empty());
    assert!(engine.is_damaged());
    engine.close().unwrap();
    assert!(!directory.path().join("clean").exists());
}

/// Not all is read then: what fails to open is looked at. What can be derived is made anew then.
#[test]
fn what_was_cut_off_since_it_was_closed_in_order_is_damage() {
    let (directory, expected) = files();
    let engine = open(directory.path()).unwrap();
    drop(engine.writer().unwrap());
    engine.close().unwrap();
    drop(engine);
    let (mut refused, mut recovered) = (0, 0);
    for (kind, path) in kinds(directory.path()) {
        let whole = fs::read(&path).unwrap();
        for length in [0, 3, whole.len() / 2, whole.len() - 1] {
            let directory = copy(directory.path());
            let path = directory.path().join("index").join(path.file_name().unwrap());
            fs::write(&path, &whole[..length]).unwrap();
            match open(directory.path()) {
                Err(OpenError::Damaged { files, .. }) => {
                    assert!(files.iter().any(|file| path.ends_with(file)), "{files:?}, and it is {}", path.display());
                    assert!(directory.path().join("clean").exists(), "nothing is changed");
                    refused += 1;
                }
                Err(error) => panic!("{kind}, {length}: {error}"),
                Ok(engine) => {
                    let made = engine.recovered().segments;
                    assert_eq!(directory.path().join("clean").exists(), made == 0, "{kind}, {length}");
                    if made > 0 {
                        assert_eq!(texts(engine), expected, "{kind}, {length}");
                    }
                    recovered += made;
                }
            }
        }
    }
    assert!(refused > 6 && recovered > 6, "{refused} {recovered}");
}

/// Also when it is met by whoever still reads once the index is closed.
#[test]
fn whatever_fails_or_panics_that_is_read_leaves_no_note() {
    let check = |meet: &dyn Fn(&Doubt)| {
        let Index { engine, writer, directory, .. } = Index::with(&[("甲", &["防汛"])]);
        drop(writer);
        let (note, doubt) = (directory.path().join("clean"), engine.shared().doubt.clone());
        engine.close().unwrap();
        assert!(note.exists());
        meet(&doubt);
        assert!(!note.exists());
        engine.close().unwrap();
        assert!(!note.exists());
    };
    check(&|doubt| drop(doubt.watch(|| Err::<(), _>(ReadError::Corrupt("an entry".to_owned())))));
    check(&|doubt| drop(doubt.watch(|| Err::<(), _>(ReadError::Engine("no such block".into())))));
    check(&|doubt| {
        let read = || doubt.watch(|| -> Result<(), ReadError> { panic!("a place that is not there") });
        catch_unwind(AssertUnwindSafe(read)).unwrap_err();
    });

    let doubt = Index::new().engine.shared().doubt.clone();
    doubt.watch(|| Ok(())).unwrap();
    doubt.watch(|| Err::<(), _>(ReadError::Stopped)).unwrap_err();
    assert!(!doubt.is_raised());
}

/// Each part of it makes sense by itself.
#[test]
fn an_original_that_cannot_be_rebuilt_leaves_no_note() {
    let mut index = Index::new();
    let layout = Layout { original_bytes: 7, ..Layout::default() };
    index.put(IndexedDocument { layout, ..document("甲", "", &["防汛"]) }, None);
    index.commit();
    index.writer = None;
    let snapshot = index.snapshot();
    let (address, record) = snapshot.document(&document_id("甲")).unwrap().unwrap();
    let (layout, paragraphs) =
        (snapshot.layout(address).unwrap(), all_paragraphs(snapshot.as_ref(), address, &record).unwrap());
    let rebuilt = original(snapshot.as_ref(), &record, &layout, &paragraphs);
    assert!(matches!(rebuilt, Err(ReadError::Corrupt(_))), "{rebuilt:?}");
    index.engine.close().unwrap();
    assert!(!index.directory.path().join("clean").exists());
}
