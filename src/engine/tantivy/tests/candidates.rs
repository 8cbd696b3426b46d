//! Candidates against the walk over everything that matches.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::harness::{Index, NEVER, document, words};
use crate::{
    engine::{Clause, Expression, IndexedDocument, Ranking, Token, TokenField, WeighedToken},
    query::Filter,
};

fn token(characters: &str, title: bool, weight: u8) -> WeighedToken {
    let field = if title { TokenField::TitleGram } else { TokenField::Gram };
    WeighedToken { token: Token { field, characters: characters.to_owned() }, weight: f32::from(weight) }
}

fn titled(id: &str, title: &str, paragraphs: &[&str]) -> IndexedDocument {
    let mut document = document(id, "", paragraphs);
    title.clone_into(&mut document.metadata.title);
    document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn candidates_are_matches_and_all_of_them_where_there_is_room(
        documents in prop::collection::vec(("[甲乙丙]{0,3}", prop::collection::vec("[甲乙丙丁]{1,6}", 1..4)), 1..12),
        wanted in prop::collection::vec("[甲乙丙]{1,3}", 1..4),
        tokens in prop::collection::vec(("[甲乙丙丁]{2}", any::<bool>(), 1..4_u8), 0..6),
        count in 1..12_usize,
    ) {
        let mut index = Index::new();
        for (number, (title, paragraphs)) in documents.iter().enumerate() {
            let paragraphs: Vec<_> = paragraphs.iter().map(String::as_str).collect();
            index.put(titled(&format!("d{number}"), title, &paragraphs), None);
            if number % 5 == 4 {
                index.commit();
            }
        }
        index.commit();
        let expression = words(&wanted.iter().map(String::as_str).collect::<Vec<_>>());
        let tokens: Vec<_> = tokens.iter().map(|(gram, title, weight)| token(gram, *title, *weight)).collect();
        let found = |count: usize| {
            let ranking = index.snapshot().candidates(&expression, &tokens, &Filter::default(), count, &NEVER);
            ranking.expect("readable")
        };
        let Ranking { hits, exhausted, stopped } = found(count);
        prop_assert!(!stopped && hits.len() <= count);
        prop_assert!(hits.is_sorted_by(|first, next| first.score >= next.score));
        let matches: BTreeSet<_> = index.walked(&expression).into_iter().collect();
        let positions: BTreeSet<_> = hits.iter().map(|hit| hit.position).collect();
        prop_assert_eq!(positions.len(), hits.len(), "none comes twice");
        if exhausted {
            prop_assert_eq!(&positions, &matches);
        } else {
            prop_assert!(hits.len() == count && matches.len() > count && positions.is_subset(&matches));
        }
        prop_assert_eq!(found(count).hits, hits, "the same is found for the same");
    }
}

#[test]
fn what_counts_twice_comes_first() {
    let index = Index::with(&[("a", &["甲乙丙丁", "丙丁戊己"]), ("b", &["戊己庚辛"])]);
    let first = |weights: [u8; 2]| {
        // With room for more, all that matches would be ranked.
        let tokens = [token("甲乙", false, weights[0]), token("庚辛", false, weights[1])];
        let ranking = index.snapshot().candidates(&words(&["甲乙", "庚辛"]), &tokens, &Filter::default(), 1, &NEVER);
        ranking.expect("readable").hits[0].position.sequence()
    };
    assert_eq!((first([2, 1]), first([1, 2])), (1, 2));
}

/// Long rows of entries, so that whole windows are passed over, and short ones.
#[test]
fn what_a_filter_selects_of_the_candidates_is_found_in_their_order() {
    let mut index = Index::new();
    let rows =
        [("甲", "2020", 2_500), ("乙", "2021", 5_000), ("丙", "2022", 70), ("乙", "", 40), ("甲", "2021", 2_600)];
    let texts = ["甲乙", "丙丁甲乙", "戊己", "甲乙甲乙丙", "己庚丙丁"];
    for (number, (source, date, length)) in (0..).zip(rows) {
        let paragraphs: Vec<_> = texts.iter().copied().cycle().skip(number).take(length).collect();
        let mut document = document(&format!("d{number}"), date, &paragraphs);
        source.clone_into(&mut document.metadata.source);
        index.put(document, None);
    }
    index.commit();
    let snapshot = index.snapshot();
    let expression = words(&["甲乙", "丙丁"]);
    let tokens = [token("甲乙", false, 1), token("丙丁", false, 2)];
    let found = |filter: &Filter, count| {
        let ranking = snapshot.candidates(&expression, &tokens, filter, count, &NEVER).expect("readable");
        ranking.hits.into_iter().map(|hit| (hit.score.to_bits(), hit.position)).collect::<Vec<_>>()
    };
    let all = found(&Filter::default(), 20_000);
    let sources = |sources: &[&str]| Filter {
        sources: sources.iter().map(|&source| source.to_owned()).collect(),
        ..Filter::default()
    };
    let since = |year: u32| Filter { published_from: Some(year * 10_000), ..Filter::default() };
    let but = |excluded: Filter, filter: Filter| Filter { none_of: vec![excluded], ..filter };
    let check = |filter: &Filter, documents: &[u64]| {
        let selected = all.iter().filter(|(_, position)| documents.contains(&position.sequence()));
        let selected: Vec<_> = selected.copied().collect();
        // Days that are asked for again are found another way.
        for count in [5, 5, 300, 20_000] {
            assert_eq!(found(filter, count), selected[..count.min(selected.len())], "{count} of {filter:?}");
        }
    };
    check(&sources(&["甲"]), &[1, 5]);
    check(&sources(&["乙"]), &[2, 4]);
    check(&sources(&["丙"]), &[3]);
    check(&but(sources(&["乙"]), Filter::default()), &[1, 3, 5]);
    check(&but(sources(&["乙"]), since(2020)), &[1, 3, 5]);
    check(&since(2021), &[2, 3, 5]);
    check(&but(since(2022), Filter::default()), &[1, 2, 4, 5]);
    check(&but(since(2022), sources(&["甲", "丙"])), &[1, 5]);
    check(&but(but(sources(&["甲"]), since(2021)), since(2020)), &[1, 5]);
}

/// Lists of many blocks, and entries behind the last one of each.
#[test]
fn what_has_all_required_parts_is_found() {
    let texts: Vec<String> = (0..2_000_u32)
        .map(|number| {
            let parts = [(2, "甲乙"), (3, "丙丁"), (5, "戊己庚"), (7, "戊庚己")];
            let parts = parts.iter().filter(|(every, _)| number % every == 0 && number < 2_000 - 100 * every);
            parts.map(|(_, part)| *part).chain(["辛"]).collect::<Vec<_>>().join("，")
        })
        .collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let index = Index::with(&[("a", &texts[..700]), ("b", &texts[700..])]);
    for required in
        [&["甲乙", "丙丁"][..], &["丙丁", "甲乙", "戊己庚"], &["戊己庚", "戊庚己"], &["甲乙", "壬癸"], &["辛", "丙丁"]]
    {
        let parts = required.iter().map(|part| Clause::Must(words(&[part]))).collect();
        let expression = Expression::Combined(parts);
        let ranking = index.snapshot().rank(&expression, &Filter::default(), 2_000, &NEVER).expect("readable");
        let found: BTreeSet<_> = ranking.hits.iter().map(|hit| hit.position).collect();
        assert_eq!(found, index.walked(&expression).into_iter().collect(), "{required:?}");
        assert_eq!(ranking.hits.len(), found.len(), "none comes twice");
    }
}
