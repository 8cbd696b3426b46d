//! What an export does where the index makes no sense.

use super::*;
use crate::{
    document::{DocumentId, Etag, Layout, Metadata},
    engine::tantivy::TantivyEngine,
    engine::{Change, IndexedDocument, Upkeep},
    text::Segmenter,
};

/// Each part of it makes sense by itself.
#[test]
fn a_match_at_the_place_of_a_record_leaves_no_note() {
    let (directory, never) = (tempfile::tempdir().unwrap(), Arc::default());
    let engine = TantivyEngine::open(directory.path(), &Segmenter::new()).unwrap();
    let mut writer = engine.writer().unwrap();
    let text = "部署防汛工作".to_owned();
    let document = IndexedDocument {
        id: DocumentId::try_from("甲".to_owned()).unwrap(),
        metadata: Metadata::default(),
        recognized: Vec::new(),
        etag: Etag(7),
        edge_lines: Vec::new(),
        paragraphs: vec![Paragraph { text, heading_path: Vec::new(), source_ranges: Vec::new() }],
        layout: Layout::default(),
    };
    writer.write(Change::Put { sequence: 1, document: Box::new(document), replaces: None }).unwrap();
    writer.commit(Upkeep::Usual).unwrap();
    drop(writer);
    let snapshot = engine.snapshot();
    let mut walk = snapshot.walk(&Expression::All, &Filter::default(), None, &never).unwrap();
    let (place, address) = walk.next(1, &never).unwrap()[0];
    let fetch = |position: Position| {
        let highlighter = Arc::new(Highlighter::new(&Expression::All));
        let (snapshot, reader, matches) = (Arc::clone(&snapshot), snapshot.reader(), [(position, address)].into());
        Portion { snapshot, matches, reader, highlighter }.fetch(BatchBound { hits: 1, bytes: 1 }, &never, |_| ())
    };
    let note = directory.path().join("clean");
    assert_eq!(fetch(place).unwrap().unwrap().hits, 1);
    engine.close().unwrap();
    assert!(note.exists());
    let met = fetch(Position::record(1));
    assert!(matches!(met, Err(SearchError::Read(ReadError::Corrupt(_)))), "{met:?}");
    assert!(!note.exists());
}
