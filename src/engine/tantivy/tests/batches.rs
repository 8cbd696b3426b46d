//! Batches of any size: what is written by whoever commits, and by tantivy's threads.

use std::{fs, path::PathBuf, sync::Arc};

use tantivy::SegmentReader;

use super::harness::{Index, document, document_id, quoted};
use crate::{
    document::Layout,
    engine::{
        Change, Expression, IndexedDocument, Position, Version,
        tantivy::{check, durable::LIST, schema::column},
    },
};

/// Every document weighs so many bytes more than its text.
#[track_caller]
fn check(weight_bytes: usize) {
    let mut index = Index::with(&[("old", &["甲文"]), ("gone", &["乙文"])]);
    let old = index.version("old");
    let put = |index: &mut Index, id: &str, text: &str, replaces| {
        let layout = Layout { remains: " ".repeat(weight_bytes), ..Layout::default() };
        let document = IndexedDocument { layout, ..document(id, "", &[text]) };
        let etag = document.etag;
        Version { sequence: index.put(document, replaces), etag, paragraphs: 1, searchable: 1 }
    };
    index.delete("gone");
    let a = put(&mut index, "a", "甲文", None);
    let b = put(&mut index, "b", "乙文", None);
    let first = put(&mut index, "old", "丙文", old);
    let second = put(&mut index, "a", "丁文", Some(a));
    let removes = index.removal(b);
    index.writer().write(Change::Delete { id: document_id("b"), removes }).unwrap();
    let c = put(&mut index, "c", "戊文", None);
    let third = put(&mut index, "a", "己文", Some(second));
    let back = put(&mut index, "b", "庚文", None);
    let last = put(&mut index, "old", "辛文", Some(first));
    index.commit();
    let index = index.reopen();
    let sequence = |id| index.version(id).map(|version| version.sequence);
    let expected = [third, back, c, last].map(|version| Some(version.sequence));
    assert_eq!(["a", "b", "c", "old"].map(sequence), expected);
    assert_eq!(sequence("gone"), None);
    let paragraphs = [c, third, back, last].map(|version| Position::paragraph(version.sequence, 0));
    assert_eq!(index.walked(&Expression::All), paragraphs);
    assert_eq!(index.texts(&quoted("文")), ["戊文", "己文", "庚文", "辛文"]);
    let statistics = index.snapshot().statistics().unwrap();
    assert_eq!((statistics.documents, statistics.paragraphs), (4, 4));
    for segment in index.engine.shared().newest().segments().readers() {
        let positions = segment.fast_fields().u64(column::POSITION).unwrap();
        assert!((0..segment.max_doc()).map(|entry| positions.first(entry)).is_sorted());
    }
}

#[test]
fn a_small_batch_is_as_it_was_written() {
    check(0);
}

/// Where there are several cores.
#[test]
fn a_batch_that_is_written_as_several_segments_is_as_it_was_written() {
    check(20_000);
}

/// The first documents were kept when tantivy's threads get all.
#[test]
fn a_batch_that_grows_large_is_as_it_was_written() {
    check(100_000);
}

/// It is begun for a batch as large as the last one, and any other may come. A writer that ends leaves one, and the next
/// takes its files away.
#[test]
fn a_segment_that_is_begun_ahead_takes_every_batch() {
    let mut index = Index::new();
    let weights = [0, 0, 300_000, 0, 2_000_000, 0, 300_000];
    for (number, weight) in (1..).zip(weights) {
        let layout = Layout { remains: " ".repeat(weight), ..Layout::default() };
        index.put(IndexedDocument { layout, ..document(&number.to_string(), "", &["文"]) }, None);
        index.commit();
        assert_eq!(index.texts(&quoted("文")).len(), number);
    }
    let index = index.reopen();
    assert_eq!(index.texts(&quoted("文")).len(), weights.len());
    let shared = index.engine.shared();
    let names = fs::read_dir(shared.directory.path()).unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name()));
    let is_of_segment = |name: &PathBuf| !name.starts_with(LIST) && !name.to_string_lossy().starts_with('.');
    let mut found: Vec<_> = names.filter(is_of_segment).collect();
    found.sort();
    assert_eq!(found, check::files_of(&shared.index).unwrap());
}

/// What was looked up in it stays looked up. One of which something was deleted is another one.
#[test]
fn a_segment_that_is_as_it_was_stays_open() {
    let mut index = Index::with(&[("a", &["甲"]), ("b", &["乙"])]);
    let opened = |index: &Index| {
        let (shared, newest) = (index.engine.shared(), index.engine.shared().newest());
        let look_up = |segment: &SegmentReader| {
            let grams = segment.inverted_index(shared.fields.grams).unwrap();
            (segment.segment_id(), segment.num_docs(), grams)
        };
        newest.segments().readers().iter().map(look_up).collect::<Vec<_>>()
    };
    let before = opened(&index);
    let [(first, entries, grams)] = &before[..] else { panic!("there is one segment") };
    index.put(document("c", "", &["丙"]), None);
    index.commit();
    let found = opened(&index).into_iter().find(|(segment, ..)| segment == first).unwrap();
    assert!(Arc::ptr_eq(&found.2, grams));
    assert_eq!(index.texts(&quoted("丙")), ["丙"]);
    index.delete("a");
    index.commit();
    let found = opened(&index).into_iter().find(|(segment, ..)| segment == first).unwrap();
    assert!(!Arc::ptr_eq(&found.2, grams));
    assert!(found.1 < *entries);
    assert!(index.texts(&quoted("甲")).is_empty());
}
