//! Filters, conditions on metadata, counts and lists.

use super::harness::{Index, NEVER, document, quoted};
use crate::{
    document::{Metadata, Paragraph},
    engine::{
        Clause, Expression, Facet, FacetField, FacetValue, IndexedDocument, MAX_FACET_VALUES, MetadataTerm, Tally,
    },
    query::{Filter, MetadataKey},
};

fn with(id: &str, metadata: Metadata, paragraphs: &[&str]) -> IndexedDocument {
    IndexedDocument { metadata, ..document(id, "", paragraphs) }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

/// Four documents in two segments; the third begins with paragraphs that cannot be found.
fn index() -> Index {
    let mut index = Index::new();
    let metadata = |source: &str, agency: &str, number: &str, date: &str, labels: &[&str]| Metadata {
        source: source.to_owned(),
        agency: agency.to_owned(),
        document_number: number.to_owned(),
        publish_date: date.parse().ok(),
        labels: texts(labels),
        ..Metadata::default()
    };
    let paper = metadata("人民日報", "国务院", "国办发〔2024〕1号", "2024-03-05", &["人事", "人 事", "机密"]);
    index.put(with("a", paper, &["甲一", "甲二", "乙三"]), None);
    index.put(with("b", metadata("红星网", "", "", "2023", &[]), &["甲四"]), None);
    index.commit();
    index.put(
        with("c", metadata("人民日报", "《》", "", "2023-06", &["人事"]), &["——", "……", "甲五", "——", "甲六"]),
        None,
    );
    index.put(with("d", Metadata::default(), &["甲七", "——"]), None);
    index.commit();
    index
}

/// What a filter leaves of all paragraphs, however it is asked for.
#[track_caller]
fn check(index: &Index, filter: &Filter, expected: &[&str]) {
    let snapshot = index.snapshot();
    let texts = |addresses: &[_]| -> Vec<String> {
        snapshot.paragraphs(addresses).expect("readable").into_iter().map(|stored| stored.paragraph.text).collect()
    };
    let mut walk = snapshot.walk(&Expression::All, filter, None, &NEVER).expect("readable");
    let walked: Vec<_> =
        walk.next(usize::MAX, &NEVER).expect("readable").into_iter().map(|(_, address)| address).collect();
    assert_eq!(texts(&walked), expected, "walked: {filter:?}");
    // What is asked for again is found another way.
    for round in 1..=2 {
        let ranking = snapshot.rank(&Expression::All, filter, 10, &NEVER).expect("readable");
        let mut ranked = texts(&ranking.hits.iter().map(|hit| hit.address).collect::<Vec<_>>());
        ranked.sort_unstable_by_key(|text| expected.iter().position(|wanted| wanted == text));
        assert_eq!(ranked, expected, "ranked for the {round}. time: {filter:?}");
    }
    let counts = snapshot.count(&Expression::All, filter, &[], &NEVER).expect("readable");
    assert_eq!(counts.total.paragraphs, expected.len() as u64, "counted: {filter:?}");
}

#[test]
fn a_filter_leaves_the_paragraphs_of_documents_that_meet_its_conditions() {
    let index = index();
    let all = Filter::default;
    let (a, b, c, d) = (["甲一", "甲二", "乙三"], ["甲四"], ["甲五", "甲六"], ["甲七"]);
    check(&index, &all(), &[&a[..], &b, &c, &d].concat());
    check(&index, &Filter { sources: texts(&["人民 日报"]), ..all() }, &[&a[..], &c].concat());
    check(&index, &Filter { sources: texts(&["紅星網", "人民日报"]), ..all() }, &[&a[..], &b, &c].concat());
    check(&index, &Filter { sources: texts(&["人民"]), ..all() }, &[]);
    check(&index, &Filter { agencies: texts(&["《》"]), ..all() }, &c);
    check(&index, &Filter { agencies: texts(&["《"]), ..all() }, &[]);
    check(&index, &Filter { labels: texts(&["人事"]), ..all() }, &[&a[..], &c].concat());
    check(&index, &Filter { labels: texts(&["人事", "機密"]), ..all() }, &a);
    check(&index, &Filter { document_ids: texts(&["c", "d", "z"]), ..all() }, &[&c[..], &d].concat());
    check(&index, &Filter { published_from: Some(20_230_700), ..all() }, &[&a[..], &b].concat());
    check(&index, &Filter { published_to: Some(20_230_630), ..all() }, &[&b[..], &c].concat());
    check(
        &index,
        &Filter { published_from: Some(20_230_615), published_to: Some(20_230_615), ..all() },
        &[b[0], c[0], c[1]],
    );
    let papers = Filter { sources: texts(&["人民日报"]), ..all() };
    check(&index, &Filter { published_to: Some(20_231_231), ..papers.clone() }, &c);
    check(&index, &Filter { published_from: Some(20_240_000), labels: texts(&["人事"]), ..papers.clone() }, &a);
    let none_of = |filter: Filter| Filter { none_of: vec![filter], ..all() };
    check(&index, &none_of(papers.clone()), &[&b[..], &d].concat());
    check(&index, &none_of(none_of(papers.clone())), &[&a[..], &c].concat());
    check(&index, &none_of(all()), &[]);
    let recent = Filter { published_from: Some(20_240_000), ..all() };
    check(&index, &none_of(recent.clone()), &[&b[..], &c, &d].concat());
    check(&index, &Filter { none_of: vec![recent.clone()], ..papers.clone() }, &c);
    check(&index, &Filter { none_of: vec![recent, papers], ..all() }, &[&b[..], &d].concat());
}

#[test]
fn conditions_on_metadata_stand_anywhere_in_a_query() {
    let index = index();
    let metadata = |key, value: &str, score| Expression::Metadata(MetadataTerm { key, value: value.to_owned(), score });
    let paper = || metadata(MetadataKey::Source, "人民日报", 0);
    let check = |expression: Expression, expected: &[&str]| {
        assert_eq!(index.texts(&expression), expected, "{expression:?}");
        assert_eq!(index.ranked(&expression, 10).len(), expected.len(), "{expression:?}");
    };
    check(paper(), &["甲一", "甲二", "乙三", "甲五", "甲六"]);
    check(
        Expression::Combined(vec![Clause::Must(paper()), Clause::Must(quoted("甲"))]),
        &["甲一", "甲二", "甲五", "甲六"],
    );
    check(Expression::Combined(vec![Clause::MustNot(paper())]), &["甲四", "甲七"]);
    check(
        Expression::Combined(vec![Clause::Should(paper()), Clause::Should(quoted("四"))]),
        &["甲一", "甲二", "乙三", "甲四", "甲五", "甲六"],
    );
    check(metadata(MetadataKey::Author, "人民日报", 0), &[]);
}

#[test]
fn a_document_named_by_its_number_comes_first() {
    let index = index();
    let number = MetadataTerm { key: MetadataKey::DocumentNumber, value: "國辦發(2024)1号".to_owned(), score: 100 };
    let expression =
        Expression::Combined(vec![Clause::Should(Expression::Metadata(number)), Clause::Should(quoted("甲"))]);
    let ranked = index.ranked(&expression, 10);
    assert_eq!(ranked.len(), 7);
    assert!(ranked[..3].iter().all(|(score, position)| *score >= 100.0 && position.sequence() == 1), "{ranked:?}");
    assert!(ranked[3..].iter().all(|(score, _)| *score < 100.0), "{ranked:?}");
    // What has the words too comes before what has the number only.
    assert_eq!(ranked[2].1.ordinal(), Some(2));
}

fn value(value: &str, paragraphs: u64, documents: u64) -> FacetValue {
    FacetValue { value: value.to_owned(), tally: Tally { paragraphs, documents } }
}

#[test]
fn facets_count_paragraphs_and_documents_of_every_value() {
    let index = index();
    let fields = [FacetField::Source, FacetField::Year, FacetField::Label, FacetField::Level];
    let counts = index.snapshot().count(&quoted("甲"), &Filter::default(), &fields, &NEVER).expect("readable");
    assert_eq!(counts.total, Tally { paragraphs: 6, documents: 4 });
    let facet = |field, values| Facet { field, values, further_values: 0, further_paragraphs: 0 };
    assert_eq!(
        counts.facets,
        [
            // Equal values count together, under one spelling: of two with as many paragraphs the first in order.
            facet(FacetField::Source, vec![value("人民日報", 4, 2), value("红星网", 1, 1)]),
            facet(FacetField::Year, vec![value("2023", 3, 2), value("2024", 2, 1)]),
            facet(FacetField::Label, vec![value("人事", 4, 2), value("机密", 2, 1)]),
            facet(FacetField::Level, vec![]),
        ]
    );
}

#[test]
fn a_facet_lists_the_values_of_most_paragraphs_and_adds_up_the_rest() {
    let mut index = Index::new();
    let values = MAX_FACET_VALUES + 3;
    for number in 0..values {
        let metadata = Metadata { level: format!("{number:03}"), ..Metadata::default() };
        let paragraphs = if number == values - 1 { &["甲", "甲"][..] } else { &["甲"] };
        index.put(with(&format!("d{number}"), metadata, paragraphs), None);
    }
    index.commit();
    let all = Filter::default();
    let counts = index.snapshot().count(&Expression::All, &all, &[FacetField::Level], &NEVER).expect("readable");
    let Facet { values: listed, further_values, further_paragraphs, .. } = &counts.facets[0];
    assert_eq!((listed.len(), *further_values, *further_paragraphs), (MAX_FACET_VALUES, 3, 3));
    assert_eq!(listed[0], value(&format!("{:03}", values - 1), 2, 1));
    assert_eq!(listed[1], value("000", 1, 1));
}

#[test]
fn long_values_are_found_whole() {
    let mut index = Index::new();
    let long = "长".repeat(30_000);
    let paragraph = Paragraph { text: "甲".to_owned(), heading_path: Vec::new(), source_ranges: Vec::new() };
    for (id, source) in [("a", format!("{long}一")), ("b", format!("{long}二"))] {
        let metadata = Metadata { source, ..Metadata::default() };
        index.put(IndexedDocument { paragraphs: vec![paragraph.clone()], ..with(id, metadata, &[]) }, None);
    }
    index.commit();
    let filter = Filter { sources: vec![format!("{long} 一")], ..Filter::default() };
    let counts = index.snapshot().count(&Expression::All, &filter, &[FacetField::Source], &NEVER).expect("readable");
    assert_eq!(counts.total, Tally { paragraphs: 1, documents: 1 });
    assert_eq!(counts.facets[0].values.len(), 1);
}

#[test]
fn documents_are_listed_in_order_of_arrival() {
    let mut index = index();
    let listed = |index: &Index, filter: &Filter, after, count| -> Vec<(u64, String)> {
        let documents = index.snapshot().documents(filter, after, count, &NEVER).expect("readable");
        if after.is_none() && documents.len() < count {
            let number = index.snapshot().number_of_documents(filter, &NEVER).expect("readable");
            assert_eq!(number, documents.len() as u64, "{filter:?}");
        }
        documents.into_iter().map(|record| (record.version.sequence, record.id.to_string())).collect()
    };
    let of = |sequence, id: &str| (sequence, id.to_owned());
    let all = Filter::default();
    assert_eq!(listed(&index, &all, None, 9), [of(1, "a"), of(2, "b"), of(3, "c"), of(4, "d")]);
    assert_eq!(listed(&index, &all, Some(1), 2), [of(2, "b"), of(3, "c")]);
    assert_eq!(listed(&index, &all, Some(4), 2), []);
    let papers = Filter { sources: texts(&["人民日报"]), ..Filter::default() };
    assert_eq!(listed(&index, &papers, None, 1), [of(1, "a")]);
    assert_eq!(listed(&index, &papers, Some(1), 9), [of(3, "c")]);
    let version = index.version("a");
    index.put(document("a", "", &["新"]), version);
    index.delete("b");
    index.put(document("e", "", &["——"]), None);
    index.commit();
    assert_eq!(listed(&index, &all, None, 9), [of(3, "c"), of(4, "d"), of(6, "a"), of(8, "e")]);
    let ids = Filter { document_ids: texts(&["a", "b", "e"]), ..Filter::default() };
    assert_eq!(listed(&index, &ids, None, 9), [of(6, "a"), of(8, "e")]);
}
