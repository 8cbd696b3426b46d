//! Lines that documents begin and end with.

use std::collections::BTreeSet;

use super::harness::{Index, document};
use crate::{
    engine::{IndexedDocument, SourceLine},
    text::EdgeLine,
};

fn line(number: u64) -> SourceLine {
    SourceLine::new("source", EdgeLine::from(number))
}

/// The documents that have a line.
#[track_caller]
fn check(index: &Index, number: u64, expected: &[&str]) {
    let found = |count| index.snapshot().documents_with_line(line(number), count).expect("readable");
    let all: BTreeSet<_> = found(expected.len() + 1).iter().map(ToString::to_string).collect();
    assert!(all.iter().eq(expected), "{all:?}");
    let fewer = expected.len().saturating_sub(1);
    assert_eq!(found(fewer).len(), fewer);
}

#[test]
fn documents_are_found_by_their_lines_while_they_are_there() {
    let mut index = Index::new();
    for (id, lines) in [("a", &[1, 2][..]), ("b", &[1]), ("c", &[1])] {
        let edge_lines = lines.iter().map(|&number| line(number)).collect();
        index.put(IndexedDocument { edge_lines, ..document(id, "", &["文"]) }, None);
        index.commit();
    }
    check(&index, 1, &["a", "b", "c"]);
    check(&index, 2, &["a"]);
    check(&index, 3, &[]);
    index.delete("b");
    let version = index.version("a");
    index.put(document("a", "", &["文"]), version);
    index.commit();
    check(&index, 1, &["c"]);
    check(&index.reopen(), 2, &[]);
}
