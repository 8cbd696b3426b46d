//! Scores taken apart, against rankings and against a count in memory.

use std::sync::{Arc, atomic::AtomicBool};

use proptest::prelude::*;

use super::harness::{Index, NEVER, document, document_id, quoted, words};
use crate::{
    document::{Metadata, Paragraph},
    engine::{
        Address, Bm25, Clause, Evidence, Explanation, Expression, IndexedDocument, ReadError, Snapshot, Term,
        TermField, Verbatim, Verdict,
    },
    query::Filter,
};

fn term(characters: &str, field: TermField, word: bool) -> Expression {
    Expression::Term(Term { characters: characters.to_owned(), field, word })
}

fn explained(snapshot: &dyn Snapshot, expression: &Expression, paragraph: Address) -> Explanation {
    snapshot.explain(expression, &Filter::default(), paragraph, &NEVER).expect("readable")
}

/// The values of all parts that count, in order.
fn values(expression: &Expression, verdict: &Verdict) -> Vec<f32> {
    let own = verdict.parts.iter().map(|part| part.value);
    let Expression::Combined(clauses) = expression else { return own.collect() };
    let inner = clauses.iter().zip(&verdict.clauses).flat_map(|(clause, part)| match clause {
        Clause::Must(inner) | Clause::Should(inner) if part.matches => values(inner, part),
        Clause::Must(_) | Clause::Should(_) | Clause::MustNot(_) => Vec::new(),
    });
    own.chain(inner).collect()
}

/// Every paragraph's explanation says what a ranking says, and its parts add up to that.
fn check(index: &Index, expression: &Expression) {
    let snapshot = index.snapshot();
    let ranking = snapshot.rank(expression, &Filter::default(), 1_000, &NEVER).expect("readable");
    let mut walk = snapshot.walk(&Expression::All, &Filter::default(), None, &NEVER).expect("readable");
    for (_, paragraph) in walk.next(usize::MAX, &NEVER).expect("readable") {
        let explanation = explained(snapshot.as_ref(), expression, paragraph);
        let ranked = ranking.hits.iter().find(|hit| hit.address == paragraph).map(|hit| hit.score);
        assert_eq!(explanation.score.map(f32::to_bits), ranked.map(f32::to_bits), "{expression:?}");
        assert_eq!(explanation.verdict.matches, ranked.is_some(), "{expression:?}");
        let Some(score) = ranked else { continue };
        let values = values(expression, &explanation.verdict);
        let sum = values.into_iter().fold(0.0, |sum, value| sum + f64::from(value));
        assert!((sum - f64::from(score)).abs() <= f64::from(score) * 1e-7, "{sum} {score} {expression:?}");
    }
}

#[test]
fn deleted_paragraphs_count_as_they_do_in_rankings() {
    let mut index = Index::new();
    for round in 0..8 {
        index.put(document(&format!("large{round}"), "", &["党建引领"; 20]), None);
        index.put(document(&format!("small{round}"), "", &["党建引领，以党建促治理。"]), None);
        index.commit();
    }
    (0..8).for_each(|round| index.delete(&format!("large{round}")));
    index.commit();
    for expression in [quoted("党建"), quoted("党建引领"), quoted("党"), words(&["党建", "治理", "人才"])]
    {
        check(&index, &expression);
    }
}

#[test]
fn occurrences_are_counted_where_they_overlap_and_at_the_end() {
    let text = "党党党建，党建党党党";
    let index = Index::with(&[("a", &["前言", text, "结语"]), ("b", &[text])]);
    let snapshot = index.snapshot();
    let record = snapshot.document(&document_id("a")).expect("readable").expect("it is there").0;
    let paragraph = snapshot.siblings(record, 1, 1).expect("readable")[0];
    for (characters, expected) in
        [("党", 7), ("党党", 4), ("党党党", 2), ("党建党", 2), ("建", 2), ("党党党建党建党党党", 1)]
    {
        let explanation = explained(snapshot.as_ref(), &term(characters, TermField::Text, false), paragraph);
        let [part] = explanation.verdict.parts.as_slice() else { panic!("{explanation:?}") };
        let frequency = match &part.evidence {
            Evidence::Sequence(Bm25 { frequency, .. }) | Evidence::Character { frequency, .. } => *frequency,
            Evidence::Word(_) | Evidence::Document => panic!("{part:?}"),
        };
        assert_eq!(frequency, expected, "{characters}");
    }
}

#[test]
fn what_a_filter_keeps_out_or_nothing_finds_is_told_apart() {
    let mut index = Index::new();
    let metadata = Metadata { source: "云溪网".to_owned(), ..Metadata::default() };
    index.put(IndexedDocument { metadata, ..document("a", "", &["——", "党建"]) }, None);
    index.put(document("b", "", &["党建"]), None);
    index.commit();
    let snapshot = index.snapshot();
    let filter = Filter { sources: vec!["云溪网".to_owned()], ..Filter::default() };
    for (id, ordinal, searchable, admitted) in [("a", 0, false, true), ("a", 1, true, true), ("b", 0, true, false)] {
        let record = snapshot.document(&document_id(id)).expect("readable").expect("it is there").0;
        let paragraph = snapshot.siblings(record, ordinal, 1).expect("readable")[0];
        let explanation = snapshot.explain(&Expression::All, &filter, paragraph, &NEVER).expect("readable");
        assert_eq!((explanation.searchable, explanation.admitted), (searchable, admitted), "{id}#{ordinal}");
        assert_eq!(explanation.score.is_some(), searchable && admitted, "{id}#{ordinal}");
        let stopped = snapshot.explain(&Expression::All, &filter, paragraph, &Arc::new(AtomicBool::new(true)));
        assert!(matches!(stopped, Err(ReadError::Stopped)));
    }
}

fn any_term() -> impl Strategy<Value = Expression> {
    let field = prop::sample::select(vec![TermField::Text, TermField::Title, TermField::TextOrTitle]);
    ("[党建人]{1,3}", field, any::<bool>()).prop_map(|(characters, field, word)| term(&characters, field, word))
}

fn any_expression() -> impl Strategy<Value = Expression> {
    let verbatim =
        "，?[党建人]{1,2}，?".prop_map(|text| Expression::Verbatim(Verbatim::new(&text).expect("it has a letter")));
    let leaf = prop_oneof![6 => any_term(), 3 => verbatim, 1 => Just(Expression::All), 1 => Just(Expression::Nothing)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let clause = prop_oneof![
            3 => inner.clone().prop_map(Clause::Should),
            2 => inner.clone().prop_map(Clause::Must),
            1 => inner.prop_map(Clause::MustNot)
        ];
        prop::collection::vec(clause, 1..4).prop_map(Expression::Combined)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_explanation_is_that_of_a_ranking(
        documents in prop::collection::vec(("[党建人]{0,4}", prop::collection::vec("[党建人，]{1,12}", 1..4)), 1..6),
        expressions in prop::collection::vec(any_expression(), 8),
    ) {
        let mut index = Index::new();
        for (number, (title, texts)) in documents.into_iter().enumerate() {
            let metadata = Metadata { title, ..Metadata::default() };
            let paragraphs: Vec<Paragraph> = texts
                .into_iter()
                .map(|text| Paragraph { text, heading_path: Vec::new(), source_ranges: Vec::new() })
                .collect();
            index.put(IndexedDocument { metadata, paragraphs, ..document(&format!("d{number}"), "", &[]) }, None);
            if number % 2 == 1 {
                index.commit();
            }
        }
        index.commit();
        for expression in &expressions {
            check(&index, expression);
        }
    }
}
