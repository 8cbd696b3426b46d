//! Removals: whom they are told, and when they are forgotten.

use super::harness::{Index, NEVER, document, quoted};
use crate::{
    engine::{Expression, Given, Position, tantivy::writer::TantivyWriter},
    query::Filter,
};

/// When all removals of these tests were made, in seconds since 1970.
const MADE: u64 = 1_700_000_000;

/// Three documents of one segment, the second and third of which went.
fn index() -> Index {
    let mut index = Index::new();
    index.writer = None;
    let writer = TantivyWriter::new(index.engine.shared(), 1).expect("the other one is gone");
    index.writer = Some(Box::new(writer));
    let texts: [(&str, &[&str]); 3] = [("a", &["防汛工作"]), ("b", &["人才工作", "防汛责任"]), ("c", &["人才工作"])];
    for (id, paragraphs) in texts {
        index.put(document(id, "", paragraphs), None);
    }
    index.commit();
    index.delete("c");
    let b = index.version("b").expect("there");
    index.put(document("b", "", &["另有安排"]), Some(b));
    index.commit();
    index
}

/// The removals that are told to whoever has everything up to a place, with their sequences.
fn check(index: &Index, expression: &Expression, after: Position, expected: &[(&str, u64)]) {
    let mut removals = index.snapshot().removals(expression, &Filter::default(), after, &NEVER).expect("readable");
    let mut found = Vec::new();
    loop {
        let given = Given { up_to: after.sequence(), whatever_up_to: 0 };
        let part = removals.next(1, given, &NEVER).expect("readable");
        if part.is_empty() {
            break;
        }
        found.extend(part.into_iter().map(|removed| (removed.id.to_string(), removed.sequence)));
    }
    let expected: Vec<_> = expected.iter().map(|(id, sequence)| ((*id).to_owned(), *sequence)).collect();
    assert_eq!(found, expected, "{expression:?} after {after:?}");
}

#[test]
fn removals_are_of_versions_that_were_seen_and_matched() {
    let index = index();
    let end = Position::end_of;
    check(&index, &Expression::All, end(3), &[("c", 4), ("b", 5)]);
    check(&index, &quoted("防汛"), end(3), &[("b", 5)]);
    check(&index, &quoted("人才"), end(3), &[("c", 4), ("b", 5)]);
    check(&index, &quoted("另有"), end(3), &[]);
    // Versions that come behind the place were not seen, tombstones before it were.
    check(&index, &Expression::All, Position::paragraph(2, 0), &[("b", 5)]);
    check(&index, &Expression::All, end(4), &[("b", 5)]);
    check(&index, &Expression::All, end(6), &[]);
}

#[test]
fn what_is_not_known_any_more_counts_as_a_match() {
    let mut index = Index::with(&[("a", &["防汛工作"])]);
    // All of its segment goes, and with it what the version said.
    index.delete("a");
    index.commit();
    check(&index, &quoted("人才"), Position::end_of(1), &[("a", 2)]);
}

#[test]
fn removals_are_forgotten_when_they_are_old_and_committed() {
    let mut index = index();
    let forget = |index: &mut Index, until| {
        index.writer().forget(until).expect("a change is written");
        index.commit();
    };
    let left = |index: &Index| {
        let snapshot = index.snapshot();
        (snapshot.statistics().expect("readable").tombstones, snapshot.forgotten())
    };
    forget(&mut index, MADE - 1);
    assert_eq!(left(&index), (2, 0));
    // One that is made in the same batch is not committed yet.
    index.delete("a");
    forget(&mut index, MADE);
    assert_eq!(left(&index), (1, 5));
    check(&index, &Expression::All, Position::end_of(3), &[("a", 7)]);
    // It outlives the process.
    let mut index = index.reopen();
    assert_eq!(left(&index), (1, 5));
    forget(&mut index, MADE);
    assert_eq!(left(&index), (0, 7));
    forget(&mut index, MADE);
    assert_eq!((left(&index), index.walked(&Expression::All).len()), ((0, 7), 1));
}
