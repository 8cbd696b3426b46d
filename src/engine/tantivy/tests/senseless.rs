//! What is stored and makes no sense, though its checksums are right: nothing can be derived from it.

use std::{fs, io::Write as _, path::Path};

use tantivy::{
    BitSet, Directory as _, SegmentMeta, TantivyDocument, directory::TerminatingWrite as _,
    fastfield::write_alive_bitset, index::SegmentComponent,
};
use tempfile::TempDir;

use super::{
    harness::{Index, document_id},
    told::{contents, full, left, open},
};
use crate::engine::{
    OpenError, Removed,
    tantivy::{check, durable::LIST, entries, index::Commit, ordered::OrderedSegment, schema::Fields},
};

/// Numbers that were given out.
const NEWEST: u64 = 9;

fn version(sequence: u64) -> Vec<TantivyDocument> {
    entries::of_document(sequence, full(sequence, 1), &Fields::new()).collect()
}

fn removal(sequence: u64) -> Vec<TantivyDocument> {
    let removed = Removed { id: document_id("gone"), sequence, removed_sequence: 1, at: 7 };
    vec![entries::of_removal(removed, &Fields::new())]
}

/// Entries of which only this is stored.
fn stored(of: impl FnOnce(&mut TantivyDocument, &Fields)) -> Vec<TantivyDocument> {
    let mut entry = TantivyDocument::default();
    of(&mut entry, &Fields::new());
    vec![entry]
}

/// An index of one segment with these entries, an index structure of which is gone. `delete` says how the list names it.
fn index(entries: Vec<TantivyDocument>, delete: impl FnOnce(SegmentMeta, &tantivy::Index) -> SegmentMeta) -> TempDir {
    let mut index = Index::new();
    index.writer = None;
    let shared = index.engine.shared();
    let mut segment = OrderedSegment::begin(&shared.index, 1 << 20).unwrap();
    for entry in entries {
        segment.add(entry).unwrap();
    }
    let segment = delete(segment.finish().unwrap(), &shared.index);
    let mut list = shared.index.load_metas().unwrap();
    let gone = segment.relative_path(SegmentComponent::Postings);
    list.segments = vec![segment];
    list.payload = Some(Commit { sequence: NEWEST, ..shared.index_commit().unwrap() }.to_payload());
    let mut text = serde_json::to_vec_pretty(&list).unwrap();
    text.push(b'\n');
    drop((list, shared));
    let directory = left(index);
    let files = directory.path().join("index");
    fs::write(files.join(LIST), check::sealed(&text).unwrap()).unwrap();
    fs::remove_file(files.join(gone)).unwrap();
    directory
}

/// Whether the index opens.
fn opens(directory: &Path) -> bool {
    let before = contents(directory);
    match open(directory) {
        Ok(engine) => {
            assert_eq!(engine.recovered().segments, 1);
            true
        }
        Err(OpenError::Damaged { files, .. }) => {
            assert!(files.len() == 1 && files[0].contains(".idx"), "{files:?}");
            let kept = contents(directory);
            assert!(before.iter().all(|file| kept.contains(file) || file.0.ends_with(".managed.json")));
            assert!(kept.len() <= before.len(), "nothing is left of the attempt");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn entries_that_do_not_belong_together_are_damage() {
    let check = |is_sound: bool, entries: &[&[TantivyDocument]]| {
        let directory = index(entries.concat(), |segment, _| segment);
        assert_eq!(opens(directory.path()), is_sound, "{} entries", entries.concat().len());
    };
    let (one, two, gone) = (version(1), version(2), removal(3));
    check(true, &[&one, &two, &gone, &version(7), &removal(NEWEST)]);
    // A paragraph too few or too many, or without a record.
    check(false, &[&one[1..]]);
    check(false, &[&one[..4]]);
    check(false, &[&one[..2], &two]);
    check(false, &[&one[..4], &gone]);
    check(false, &[&one, &one[1..2], &two]);
    check(false, &[&gone, &version(4)[1..]]);
    let mut odd = one[1].clone();
    odd.add_bytes(Fields::new().layout, &[0, 0, 0]);
    check(false, &[&one[..1], &[odd], &one[2..]]);
    // Numbers that were given out otherwise.
    check(false, &[&two, &one]);
    check(false, &[&one, &one]);
    check(false, &[&one, &removal(1)]);
    check(false, &[&one, &version(NEWEST + 1)]);
    check(false, &[&removal(NEWEST + 1)]);
    check(false, &[&version(0)]);
    // Bytes that say nothing.
    check(false, &[&stored(|_, _| {})]);
    check(false, &[&stored(|entry, fields| entry.add_bytes(fields.stored, &[7]))]);
    check(false, &[&stored(|entry, fields| entry.add_bytes(fields.tombstone, &[7])), &one]);
    check(false, &[&stored(|entry, fields| entry.add_bytes(fields.tombstone, &[1, b'a', 1, 1, 1, 0]))]);
    check(
        false,
        &[&stored(|entry, fields| {
            entry.add_bytes(fields.layout, &[0, 0, 0]);
            entry.add_bytes(fields.stored, &[0xFF; 40]);
        })],
    );
}

#[test]
fn deletions_that_make_no_sense_are_damage() {
    let entries = || [version(1), version(2), removal(3)].concat();
    let all = u32::try_from(entries().len()).unwrap();
    let check = |is_sound: bool, deleted: u32, content: &dyn Fn() -> Vec<u8>| {
        let directory = index(entries(), |segment, index| {
            let segment = segment.with_delete_meta(deleted, 5);
            let path = segment.relative_path(SegmentComponent::Delete);
            let mut file = index.directory().open_write(&path).unwrap();
            file.write_all(&content()).unwrap();
            file.terminate().unwrap();
            segment
        });
        assert_eq!(opens(directory.path()), is_sound, "{deleted}, {:?}", content());
    };
    let alive = |entries: u32, deleted: &[u32]| {
        let mut alive = BitSet::with_max_value_and_full(entries);
        for &entry in deleted {
            alive.remove(entry);
        }
        let mut content = Vec::new();
        write_alive_bitset(&alive, &mut content).unwrap();
        content
    };
    let first = [0, 1, 2, 3, 4];
    check(true, 5, &|| alive(all, &first));
    check(true, 6, &|| alive(all, &[5, 6, 7, 8, 9, 10]));
    check(true, all, &|| alive(all, &(0..all).collect::<Vec<_>>()));
    // Parts of documents.
    check(false, 4, &|| alive(all, &first[1..]));
    check(false, 4, &|| alive(all, &first[..4]));
    check(false, 1, &|| alive(all, &[7]));
    // Another number of entries.
    check(false, 4, &|| alive(all, &first));
    check(false, 5, &|| alive(all + 64, &first));
    check(false, 5, &|| alive(all, &first)[..9].to_vec());
    check(false, 5, &Vec::new);
}
