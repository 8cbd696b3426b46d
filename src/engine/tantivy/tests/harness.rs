//! An index in a temporary directory, and what goes into it.

use std::sync::{Arc, LazyLock, atomic::AtomicBool};

use tempfile::TempDir;

use crate::{
    document::{DocumentId, Etag, Layout, Metadata, Paragraph},
    engine::{
        Change, Clause, Engine, Expression, IndexedDocument, Position, Removal, Snapshot, Term, TermField, Upkeep,
        Version, Writer, tantivy::TantivyEngine,
    },
    query::Filter,
    text::{Segmenter, searchable},
};

pub(super) static NEVER: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

pub(super) struct Index {
    pub(super) engine: TantivyEngine,
    pub(super) writer: Option<Box<dyn Writer>>,
    pub(super) sequence: u64,
    pub(super) directory: TempDir,
}

impl Index {
    pub(super) fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let engine = TantivyEngine::open(directory.path(), &segmenter()).expect("an empty directory opens");
        let writer = Some(engine.writer().expect("the first writer"));
        Self { engine, writer, sequence: 0, directory }
    }

    pub(super) fn with(documents: &[(&str, &[&str])]) -> Self {
        let mut index = Self::new();
        for (id, paragraphs) in documents {
            index.put(document(id, "", paragraphs), None);
        }
        index.commit();
        index
    }

    pub(super) fn put(&mut self, document: IndexedDocument, replaces: Option<Version>) -> u64 {
        let replaces = replaces.map(|version| self.removal(version));
        self.sequence += 1;
        let change = Change::Put { sequence: self.sequence, document: Box::new(document), replaces };
        self.writer().write(change).expect("a change is written");
        self.sequence
    }

    pub(super) fn delete(&mut self, id: &str) {
        let version = self.version(id).expect("the document is there");
        let removes = self.removal(version);
        self.writer().write(Change::Delete { id: document_id(id), removes }).expect("a change is written");
    }

    pub(super) fn removal(&mut self, version: Version) -> Removal {
        self.sequence += 1;
        Removal { sequence: self.sequence, version, at: 1_700_000_000 }
    }

    pub(super) fn commit(&mut self) {
        self.writer().commit(Upkeep::Usual).expect("a commit");
    }

    pub(super) fn writer(&mut self) -> &mut Box<dyn Writer> {
        self.writer.as_mut().expect("open")
    }

    pub(super) fn reopen(mut self) -> Self {
        self.writer = None;
        let Self { engine, sequence, directory, .. } = self;
        drop(engine);
        let engine = TantivyEngine::open(directory.path(), &segmenter()).expect("the directory opens again");
        let writer = Some(engine.writer().expect("the first writer"));
        Self { engine, writer, sequence, directory }
    }

    pub(super) fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.engine.snapshot()
    }

    pub(super) fn version(&self, id: &str) -> Option<Version> {
        self.snapshot().version(&document_id(id)).expect("readable")
    }

    pub(super) fn ranked(&self, expression: &Expression, limit: usize) -> Vec<(f32, Position)> {
        let ranking = self.snapshot().rank(expression, &Filter::default(), limit, &NEVER).expect("readable");
        ranking.hits.into_iter().map(|hit| (hit.score, hit.position)).collect()
    }

    pub(super) fn walked(&self, expression: &Expression) -> Vec<Position> {
        let mut walk = self.snapshot().walk(expression, &Filter::default(), None, &NEVER).expect("readable");
        let mut found = Vec::new();
        loop {
            let part = walk.next(7, &NEVER).expect("readable");
            if part.is_empty() {
                return found;
            }
            found.extend(part.into_iter().map(|(position, _)| position));
        }
    }

    pub(super) fn texts(&self, expression: &Expression) -> Vec<String> {
        let snapshot = self.snapshot();
        let mut walk = snapshot.walk(expression, &Filter::default(), None, &NEVER).expect("readable");
        let found = walk.next(usize::MAX, &NEVER).expect("readable");
        let addresses: Vec<_> = found.into_iter().map(|(_, address)| address).collect();
        let paragraphs = snapshot.paragraphs(&addresses).expect("readable");
        paragraphs.into_iter().map(|stored| stored.paragraph.text).collect()
    }
}

pub(super) fn segmenter() -> Segmenter {
    pub(super) static SHARED: std::sync::OnceLock<Segmenter> = std::sync::OnceLock::new();
    SHARED.get_or_init(Segmenter::new).clone()
}

pub(super) fn document_id(id: &str) -> DocumentId {
    DocumentId::try_from(id.to_owned()).expect("a good id")
}

pub(super) fn document(id: &str, date: &str, paragraphs: &[&str]) -> IndexedDocument {
    let paragraph =
        |text: &&str| Paragraph { text: (*text).to_owned(), heading_path: Vec::new(), source_ranges: Vec::new() };
    IndexedDocument {
        id: document_id(id),
        metadata: Metadata { publish_date: date.parse().ok(), ..Metadata::default() },
        recognized: Vec::new(),
        etag: Etag(u128::MAX - paragraphs.len() as u128),
        edge_lines: Vec::new(),
        paragraphs: paragraphs.iter().map(paragraph).collect(),
        layout: Layout::default(),
    }
}

pub(super) fn quoted(text: &str) -> Expression {
    Expression::Term(Term { characters: searchable(text), field: TermField::Text, word: false })
}

pub(super) fn words(words: &[&str]) -> Expression {
    let term = |word: &&str| Term { characters: searchable(word), field: TermField::TextOrTitle, word: true };
    Expression::Combined(words.iter().map(|word| Clause::Should(Expression::Term(term(word)))).collect())
}
