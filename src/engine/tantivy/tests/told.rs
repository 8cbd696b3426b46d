//! An index with all that there is something of in one, the files that it consists of, and all that it says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::harness::{Index, NEVER, document, quoted, segmenter, words};
use crate::{
    document::{Etag, Layout, Metadata, MetadataField, Paragraph},
    engine::{
        Clause, Engine as _, Expression, FacetField, Filter, Given, IndexedDocument, OpenError, Position, SourceLine,
        Term, TermField, Token, TokenField, all_paragraphs, original, tantivy::TantivyEngine,
    },
    text::{EdgeLine, searchable},
};

/// The files of a segment that are derived, by what they end in.
pub(super) const DERIVED: [&str; 5] = ["term", "idx", "pos", "fieldnorm", "fast"];

fn line(number: u64) -> SourceLine {
    SourceLine::new("澄江日报", EdgeLine::from(number))
}

/// A document with all that an index has something of; only the version of its text differs from others of its number.
pub(super) fn full(number: u64, version: u64) -> IndexedDocument {
    let agencies = ["国务院办公厅", "澄江市人民政府", ""];
    let index = usize::try_from(number).unwrap();
    let original = format!(
        "  持续优化营商环境，第{number}号。\n页眉\n为了做好防汛工作，现就第{version}次汛情安排如下。\n——\n联系电话：{number}{number}\n"
    );
    let parts = ["持续优化营商环境，", "为了做好防汛工作", "——", "联系电话："];
    let offset = |offset: usize| u32::try_from(offset).unwrap();
    let paragraph = |part: &str| {
        let start = original.find(part).unwrap();
        let end = start + original[start..].find('\n').unwrap();
        Paragraph {
            text: original[start..end].to_owned(),
            heading_path: vec!["一、总体要求".into(), format!("（{}）安排", number % 3).into()],
            source_ranges: std::iter::once(offset(start)..offset(end)).collect(),
        }
    };
    let paragraphs: Vec<_> = parts.map(paragraph).into();
    IndexedDocument {
        metadata: Metadata {
            title: format!("关于优化营商环境的第{number}号通知"),
            source: ["澄江日报", "红星网"][index % 2].to_owned(),
            agency: agencies[index % 3].to_owned(),
            document_number: format!("澄政发〔2024〕{number}号"),
            publish_date: ["2024-03-05", "2023", ""][index % 3].parse().ok(),
            labels: vec!["防汛".to_owned(), "营商 环境".to_owned(), "營商環境".to_owned(), "长".repeat(700)],
            attributes: [("page".to_owned(), number.to_string())].into(),
            ..Metadata::default()
        },
        recognized: vec![MetadataField::Title],
        etag: Etag(u128::MAX / (7 + u128::from(number * 100 + version))),
        edge_lines: (0..number % 4).map(|other| line(number % 5 + other)).collect(),
        layout: Layout::new(&original, &paragraphs, Vec::new()),
        paragraphs,
        ..document(&format!("d{number}"), "", &[])
    }
}

/// An index of several segments, not closed in order: nothing in it is deleted, though two documents went.
pub(super) fn whole() -> TempDir {
    let mut index = Index::new();
    for number in 0..24 {
        index.put(full(number, 1), None);
        if number % 6 == 5 {
            index.commit();
        }
    }
    for id in ["gone", "left"] {
        index.put(document(id, "", &["部署防汛工作"]), None);
    }
    index.commit();
    index.delete("gone");
    index.delete("left");
    index.commit();
    left(index)
}

/// Leaves an index as a process does that is killed.
pub(super) fn left(index: Index) -> TempDir {
    let Index { engine, writer, directory, .. } = index;
    drop((writer, engine));
    directory
}

pub(super) fn open(directory: &Path) -> Result<TantivyEngine, OpenError> {
    TantivyEngine::open(directory, &segmenter())
}

pub(super) fn copy(of: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    fs::create_dir(copy.path().join("index")).unwrap();
    for name in ["", "index"] {
        for entry in fs::read_dir(of.join(name)).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), copy.path().join(name).join(entry.file_name())).unwrap();
            }
        }
    }
    copy
}

/// The files of the segments that the list names, which end in this.
pub(super) fn files(directory: &Path, kind: &str) -> Vec<PathBuf> {
    let list = fs::read_to_string(directory.join("index/meta.json")).unwrap().replace('-', "");
    let files = fs::read_dir(directory.join("index")).unwrap().map(|entry| entry.unwrap().path());
    let is_named = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        list.contains(name.split('.').next().unwrap()) && name.ends_with(&format!(".{kind}"))
    };
    let mut files: Vec<_> = files.filter(is_named).collect();
    files.sort();
    files
}

/// Every file of an index, with its content.
pub(super) fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(directory.join("index")).unwrap().map(|entry| entry.unwrap().path());
    let mut contents: Vec<_> = files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    contents.retain(|(path, _)| !path.file_name().unwrap().to_str().unwrap().starts_with(".tantivy"));
    contents.sort();
    contents
}

/// All that an index says, but for what depends on how it is divided into segments.
pub(super) fn told(engine: &TantivyEngine) -> Vec<String> {
    let (snapshot, all, never) = (engine.snapshot(), Filter::default(), &*NEVER);
    let mut told = Vec::new();
    let statistics = snapshot.statistics().unwrap();
    let counts = (statistics.documents, statistics.paragraphs, statistics.sequence, statistics.tombstones);
    told.push(format!("{} {counts:?} {}", snapshot.generation().commit, statistics.fingerprint));
    let mut walk = snapshot.walk(&Expression::All, &all, None, never).unwrap();
    for (_, address) in walk.next(usize::MAX, never).unwrap() {
        told.push(format!("{:?}", snapshot.paragraphs(&[address]).unwrap()));
    }
    for record in snapshot.documents(&all, None, usize::MAX, never).unwrap() {
        let (address, _) = snapshot.document(&record.id).unwrap().unwrap();
        let (layout, paragraphs) =
            (snapshot.layout(address).unwrap(), all_paragraphs(snapshot.as_ref(), address, &record).unwrap());
        let original = original(snapshot.as_ref(), &record, &layout, &paragraphs).unwrap();
        told.push(format!("{record:?} {layout:?} {original}"));
    }
    let mut removals = snapshot.removals(&Expression::All, &all, Position::record(0), never).unwrap();
    let given = Given { up_to: u64::MAX, whatever_up_to: u64::MAX };
    told.push(format!("{:?}", removals.next(usize::MAX, given, never).unwrap()));
    for number in 0..9 {
        let mut ids = snapshot.documents_with_line(line(number), usize::MAX).unwrap();
        ids.sort();
        told.push(format!("{ids:?}"));
    }
    told.extend(matched(engine));
    told
}

/// What queries, filters and facets make of it.
fn matched(engine: &TantivyEngine) -> Vec<String> {
    let (snapshot, all, never) = (engine.snapshot(), Filter::default(), &*NEVER);
    let title = |text| Term { characters: searchable(text), field: TermField::TextOrTitle, word: false };
    let both = vec![Clause::Must(quoted("防汛")), Clause::Should(words(&["汛情", "第3号"]))];
    let queries = [
        words(&["优化", "营商环境", "防汛", "工作"]),
        words(&["通知", "安排"]),
        quoted("号页眉"),
        quoted("3"),
        Expression::Term(title("关于优化")),
        Expression::Combined(both),
    ];
    let of_paper = Filter { sources: vec!["澄江日報".to_owned()], ..Filter::default() };
    let of_year =
        Filter { published_from: Some(20_240_000), labels: vec!["营商环境".to_owned()], ..Filter::default() };
    let mut found = Vec::new();
    for query in queries {
        for filter in [&all, &of_paper, &of_year] {
            let hits = snapshot.rank(&query, filter, 200, never).unwrap().hits;
            let hits: Vec<_> = hits.iter().map(|hit| (hit.score.to_bits(), hit.date, hit.position)).collect();
            found.push(format!("{query:?} {filter:?}: {hits:?}"));
        }
    }
    let facets = [
        FacetField::Year,
        FacetField::Source,
        FacetField::Agency,
        FacetField::DocumentType,
        FacetField::Level,
        FacetField::Collection,
        FacetField::Label,
    ];
    for filter in [&all, &of_paper, &of_year] {
        found.push(format!("{:?}", snapshot.count(&Expression::All, filter, &facets, never).unwrap()));
    }
    let token =
        |(field, characters): &(TokenField, &str)| Token { field: *field, characters: (*characters).to_owned() };
    let tokens = [
        (TokenField::Gram, "防汛"),
        (TokenField::TitleGram, "优化"),
        (TokenField::Word, "安排"),
        (TokenField::TitleWord, "通知"),
        (TokenField::Character, "汛"),
        (TokenField::Cue, "purpose"),
    ];
    let tokens: Vec<_> = tokens.iter().map(token).collect();
    found.push(format!("{:?}", snapshot.token_statistics(&tokens, never).unwrap()));
    found
}
