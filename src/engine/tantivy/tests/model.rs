//! The engine against a scan in memory: random corpora, expressions and filters.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet, HashMap},
};

use proptest::prelude::*;

use super::harness::{Index, NEVER, document, document_id};
use crate::{
    document::{Metadata, PublishDate},
    engine::{
        Change, Clause, Expression, Facet, FacetField, FacetValue, IndexedDocument, MetadataTerm, Position, Ranked,
        Ranking, Tally, Term, TermField, Token, TokenField, Verbatim, Version, WeighedToken,
    },
    query::{Filter, MetadataKey, comparable},
    text::searchable,
};

/// Spellings of which some are equal.
const VALUES: [&str; 5] = ["日报", "日報", "网", "《》", "甲"];
const DATES: [&str; 6] = ["", "2022", "2023", "2023-06", "2023-06-15", "2024-01-01"];
const BOUNDS: [u32; 6] = [20_220_000, 20_230_000, 20_230_600, 20_230_614, 20_230_615, 20_240_000];
const FACETS: [FacetField; 3] = [FacetField::Year, FacetField::Source, FacetField::Label];

#[derive(Clone, Debug)]
struct Put {
    id: usize,
    metadata: Metadata,
    paragraphs: Vec<String>,
}

#[derive(Clone, Debug)]
enum Step {
    Put(Box<Put>),
    Delete(usize),
    Commit,
    /// Lets segments be merged; when they are is up to the index.
    Idle,
}

/// What the index should hold: documents by their sequences.
#[derive(Default)]
struct Model(BTreeMap<u64, Put>);

/// A paragraph of the model, and where it should be.
struct Entry<'a> {
    position: Position,
    put: &'a Put,
    /// As it is shown.
    shown: &'a str,
    /// Its letters and digits.
    text: String,
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(&VALUES[..]).prop_map(str::to_owned)
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let source = prop_oneof![Just(String::new()), value()];
    (source, prop::sample::select(&DATES[..]), prop::collection::vec(value(), 0..3), "[甲乙]{0,3}").prop_map(
        |(source, date, labels, title)| Metadata {
            source,
            labels,
            title,
            publish_date: date.parse().ok(),
            ..Metadata::default()
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let paragraphs = prop::collection::vec("[甲乙丙丁黨党，]{1,6}|—", 0..5);
    let put = (0..6_usize, metadata(), paragraphs);
    prop_oneof![
        6 => put.prop_map(|(id, metadata, paragraphs)| Step::Put(Box::new(Put { id, metadata, paragraphs }))),
        1 => (0..6_usize).prop_map(Step::Delete),
        2 => Just(Step::Commit),
        1 => Just(Step::Idle),
    ]
}

fn leaf() -> impl Strategy<Value = Expression> {
    let field = prop::sample::select(vec![TermField::Text, TermField::Title, TermField::TextOrTitle]);
    let term = ("[甲乙丙党]{1,3}", field, any::<bool>())
        .prop_map(|(characters, field, word)| Expression::Term(Term { characters, field, word }));
    let verbatim = "，?[甲乙黨党][，甲]?[乙黨党]?，?"
        .prop_map(|text| Expression::Verbatim(Verbatim::new(&text).expect("it has a letter")));
    let key = prop::sample::select(vec![MetadataKey::Source, MetadataKey::Label]);
    let metadata = (key, value(), 0..3_u16)
        .prop_map(|(key, value, score)| Expression::Metadata(MetadataTerm { key, value, score: score * 50 }));
    prop_oneof![6 => term, 4 => verbatim, 2 => metadata, 1 => Just(Expression::All), 1 => Just(Expression::Nothing)]
}

fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(2, 8, 4, |part| {
        let clause = prop_oneof![
            part.clone().prop_map(Clause::Must),
            part.clone().prop_map(Clause::Should),
            part.prop_map(Clause::MustNot),
        ];
        prop::collection::vec(clause, 1..4).prop_map(Expression::Combined)
    })
}

/// Bigrams that count once each, so that they score what the same as terms do.
fn tokens() -> impl Strategy<Value = Vec<WeighedToken>> {
    let field = prop::sample::select(vec![TokenField::Gram, TokenField::TitleGram]);
    let token = ("[甲乙丙党]{2}", field)
        .prop_map(|(characters, field)| WeighedToken { token: Token { field, characters }, weight: 1.0 });
    prop::collection::vec(token, 0..5)
}

/// What has one of the tokens.
fn any_of(tokens: &[WeighedToken]) -> Expression {
    let term = |WeighedToken { token: Token { field, characters }, .. }: &WeighedToken| {
        let field = if *field == TokenField::Gram { TermField::Text } else { TermField::Title };
        Clause::Should(Expression::Term(Term { characters: characters.clone(), field, word: false }))
    };
    Expression::Combined(tokens.iter().map(term).collect())
}

fn filter() -> impl Strategy<Value = Filter> {
    let bound = || prop_oneof![3 => Just(None), 1 => prop::sample::select(&BOUNDS[..]).prop_map(Some)];
    let values = || prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(value(), 1..3)];
    let ids = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec((0..7_usize).prop_map(name), 1..4)];
    let plain = (bound(), bound(), values(), values(), ids).prop_map(
        |(published_from, published_to, sources, labels, document_ids)| Filter {
            published_from,
            published_to,
            sources,
            labels,
            document_ids,
            ..Filter::default()
        },
    );
    plain.prop_recursive(2, 6, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 1..3)).prop_map(|(filter, none_of)| Filter { none_of, ..filter })
    })
}

fn name(id: usize) -> String {
    format!("d{id}")
}

/// Does the steps in an index and in the model.
fn built(steps: &[Step]) -> (Index, Model) {
    let (mut index, mut model) = (Index::new(), Model::default());
    for step in steps {
        match step {
            Step::Commit => index.commit(),
            Step::Idle => {
                index.commit();
                index.writer().refresh().expect("readable");
            }
            Step::Put(put) => {
                let replaced = model.take(put.id);
                model.0.insert(index.put(indexed(put), replaced), put.as_ref().clone());
            }
            Step::Delete(id) => {
                if let Some(version) = model.take(*id) {
                    let removes = index.removal(version);
                    let change = Change::Delete { id: document_id(&name(*id)), removes };
                    index.writer().write(change).expect("a change is written");
                }
            }
        }
    }
    index.commit();
    (index, model)
}

fn indexed(put: &Put) -> IndexedDocument {
    let paragraphs: Vec<_> = put.paragraphs.iter().map(String::as_str).collect();
    IndexedDocument { metadata: put.metadata.clone(), ..document(&name(put.id), "", &paragraphs) }
}

impl Model {
    /// Takes a document away and tells which version it was.
    fn take(&mut self, id: usize) -> Option<Version> {
        let sequence = *self.0.iter().find(|(_, put)| put.id == id)?.0;
        let document = indexed(&self.0.remove(&sequence)?);
        let paragraphs = u32::try_from(document.paragraphs.len()).expect("a few");
        Some(Version { sequence, etag: document.etag, paragraphs, searchable: document.searchable() })
    }

    /// The paragraphs that can be found, in order.
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.0.iter().flat_map(|(&sequence, put)| {
            let paragraphs = (0..).zip(&put.paragraphs).map(move |(ordinal, shown)| Entry {
                position: Position::paragraph(sequence, ordinal),
                put,
                shown,
                text: searchable(shown),
            });
            paragraphs.filter(|entry| !entry.text.is_empty())
        })
    }

    fn matches(&self, expression: &Expression, filter: &Filter) -> Vec<Entry<'_>> {
        self.entries().filter(|entry| passes(filter, entry.put) && entry.matches(expression)).collect()
    }
}

impl Entry<'_> {
    fn matches(&self, expression: &Expression) -> bool {
        match expression {
            Expression::All => true,
            Expression::Nothing => false,
            Expression::Term(Term { characters, field, word: _ }) => {
                let text = || self.text.contains(characters);
                let title = || searchable(&self.put.metadata.title).contains(characters);
                match field {
                    TermField::Text => text(),
                    TermField::Title => title(),
                    TermField::TextOrTitle => text() || title(),
                }
            }
            Expression::Verbatim(verbatim) => self.shown.contains(verbatim.text()),
            Expression::Metadata(MetadataTerm { key, value, score: _ }) => match key {
                MetadataKey::Source => comparable(value) == comparable(&self.put.metadata.source),
                _ => is_one_of(value, &self.put.metadata.labels),
            },
            Expression::Combined(clauses) => {
                let with = |wanted: fn(&Clause) -> Option<&Expression>| {
                    clauses.iter().filter_map(wanted).map(|part| self.matches(part)).collect::<Vec<_>>()
                };
                let must = with(|clause| if let Clause::Must(part) = clause { Some(part) } else { None });
                let should = with(|clause| if let Clause::Should(part) = clause { Some(part) } else { None });
                let must_not = with(|clause| if let Clause::MustNot(part) = clause { Some(part) } else { None });
                must.iter().all(|&part| part)
                    && !must_not.contains(&true)
                    && (!must.is_empty() || should.is_empty() || should.contains(&true))
            }
        }
    }

    fn date(&self) -> u32 {
        self.put.metadata.publish_date.map_or(0, PublishDate::to_u32)
    }

    /// The values that it counts for.
    fn values(&self, field: FacetField) -> BTreeSet<String> {
        let Metadata { source, labels, .. } = &self.put.metadata;
        let values = match field {
            FacetField::Year => vec![format!("{:04}", self.date() / 10_000)],
            FacetField::Source => vec![comparable(source)],
            _ => labels.iter().map(|label| comparable(label)).collect(),
        };
        values.into_iter().filter(|value| !value.is_empty() && value != "0000").collect()
    }
}

fn is_one_of(value: &str, values: &[String]) -> bool {
    values.iter().any(|other| comparable(other) == comparable(value))
}

fn passes(filter: &Filter, put: &Put) -> bool {
    let Metadata { source, labels, publish_date, .. } = &put.metadata;
    let one_of = |wanted: &[String]| wanted.is_empty() || is_one_of(source, wanted);
    // Every day of the years that dates and bounds are of, valid or not, so that intervals are plain to see.
    let days = |date: u32| {
        let day = move |day: &u32| match (date / 100 % 100, date % 100) {
            (0, _) => day / 10_000 == date / 10_000,
            (_, 0) => day / 100 == date / 100,
            _ => *day == date,
        };
        (20_210_101..20_250_101).filter(day)
    };
    let first = filter.published_from.map_or(0, |from| days(from).next().expect("a day"));
    let last = filter.published_to.map_or(u32::MAX, |to| days(to).next_back().expect("a day"));
    let published = || match publish_date {
        Some(date) => days(date.to_u32()).any(|day| (first..=last).contains(&day)),
        None => filter.published_from.or(filter.published_to).is_none(),
    };
    one_of(&filter.sources)
        && filter.labels.iter().all(|label| is_one_of(label, labels))
        && (filter.document_ids.is_empty() || filter.document_ids.contains(&name(put.id)))
        && published()
        && !filter.none_of.iter().any(|none_of| passes(none_of, put))
}

fn tally(entries: &[&Entry<'_>]) -> Tally {
    let documents: BTreeSet<_> = entries.iter().map(|entry| entry.position.sequence()).collect();
    Tally { paragraphs: entries.len() as u64, documents: documents.len() as u64 }
}

/// Facets as they should be, without spellings: values as they are compared.
fn facet(entries: &[Entry<'_>], field: FacetField) -> BTreeMap<String, Tally> {
    let mut by_value: BTreeMap<String, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        for value in entry.values(field) {
            by_value.entry(value).or_default().push(entry);
        }
    }
    by_value.into_iter().map(|(value, entries)| (value, tally(&entries))).collect()
}

/// Checks all ways of asking for the same matches.
fn check(index: &Index, model: &Model, expression: &Expression, filter: &Filter) -> Result<(), TestCaseError> {
    let snapshot = index.snapshot();
    let entries = model.matches(expression, filter);
    let positions: Vec<_> = entries.iter().map(|entry| entry.position).collect();

    let mut walk = snapshot.walk(expression, filter, None, &NEVER).expect("readable");
    let walked: Vec<_> = walk.next(usize::MAX, &NEVER).expect("readable").into_iter().map(|found| found.0).collect();
    prop_assert_eq!(&walked, &positions, "walked");

    // A filter changes no score, so scores are those of the whole ranking; order and set are worked out here.
    let all = snapshot.rank(expression, &Filter::default(), usize::MAX - 1, &NEVER).expect("readable");
    let scores: HashMap<_, _> = all.hits.iter().map(|hit| (hit.position, hit.score)).collect();
    let mut ranked: Vec<_> = entries.iter().map(|entry| (scores[&entry.position], entry)).collect();
    ranked.sort_by(|(a_score, a), (b_score, b)| match b_score.total_cmp(a_score) {
        Ordering::Equal => (Reverse(a.date()), a.position).cmp(&(Reverse(b.date()), b.position)),
        by_score => by_score,
    });
    for limit in [1, 3, 100] {
        let ranking = snapshot.rank(expression, filter, limit, &NEVER).expect("readable");
        let found: Vec<_> = ranking.hits.iter().map(|hit| (hit.score, hit.position)).collect();
        let expected: Vec<_> = ranked.iter().take(limit).map(|(score, entry)| (*score, entry.position)).collect();
        prop_assert_eq!(found, expected, "ranked, limit {}", limit);
        prop_assert_eq!(ranking.exhausted, ranked.len() <= limit);
        for hit in ranking.hits {
            let explained = snapshot.explain(expression, filter, hit.address, &NEVER).expect("readable").score;
            let alone = snapshot.scores(expression, &[hit.address], &NEVER).expect("readable");
            prop_assert_eq!((explained, &alone[..]), (Some(hit.score), &[Some(hit.score)][..]), "{:?}", hit);
        }
    }

    let counts = snapshot.count(expression, filter, &FACETS, &NEVER).expect("readable");
    prop_assert_eq!(counts.total, tally(&entries.iter().collect::<Vec<_>>()));
    for (field, Facet { values, .. }) in FACETS.into_iter().zip(counts.facets) {
        let found = values.iter().map(|FacetValue { value, tally }| (comparable(value), *tally)).collect();
        prop_assert_eq!(facet(&entries, field), found, "{:?}", field);
        let order = |value: &FacetValue| (Reverse(value.tally.paragraphs), value.value.clone());
        prop_assert!(values.is_sorted_by_key(order), "{:?}", values);
    }

    let listed = snapshot.documents(filter, None, usize::MAX, &NEVER).expect("readable");
    let number = snapshot.number_of_documents(filter, &NEVER).expect("readable");
    assert_eq!(number, listed.len() as u64, "{filter:?}");
    let expected =
        model.0.iter().filter(|(_, put)| passes(filter, put)).map(|(&sequence, put)| (sequence, name(put.id)));
    let listed: Vec<_> = listed.into_iter().map(|record| (record.version.sequence, record.id.to_string())).collect();
    prop_assert_eq!(listed, expected.collect::<Vec<_>>(), "listed");
    Ok(())
}

/// Checks that candidates are the best matches by their tokens or, where that leaves some out, as they are ranked.
fn check_candidates(
    index: &Index,
    expression: &Expression,
    filter: &Filter,
    tokens: &[WeighedToken],
) -> Result<(), TestCaseError> {
    let snapshot = index.snapshot();
    let best = |expression: &Expression, filter: &Filter| {
        snapshot.rank(expression, filter, usize::MAX - 1, &NEVER).expect("readable").hits
    };
    let matches = best(expression, filter);
    let are_matches: BTreeSet<_> = matches.iter().map(|hit| hit.position).collect();
    let mut by_tokens = best(&any_of(tokens), &Filter::default());
    by_tokens.retain(|hit| are_matches.contains(&hit.position));
    for count in [1, 2, 5, 100] {
        let found = snapshot.candidates(expression, tokens, filter, count, &NEVER).expect("readable");
        let Ranking { hits, exhausted, stopped } = found;
        prop_assert!(!stopped);
        prop_assert_eq!(exhausted, matches.len() <= count, "candidates, {} of {}", count, matches.len());
        let first = |of: &[Ranked]| of.iter().take(count).copied().collect::<Vec<_>>();
        prop_assert!(hits == first(&matches) || hits == first(&by_tokens), "candidates, {}: {:?}", count, hits);
        prop_assert!(hits.len() == matches.len().min(count), "candidates, {}: {:?}", count, hits);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_engine_answers_like_a_scan_in_memory(
        steps in prop::collection::vec(step(), 1..16),
        questions in prop::collection::vec((expression(), filter(), tokens()), 1..24),
    ) {
        let (index, model) = built(&steps);
        for (expression, filter, tokens) in &questions {
            let everything = Filter::default();
            for (expression, filter) in [(expression, filter), (expression, &everything), (&Expression::All, filter)] {
                check(&index, &model, expression, filter)
                    .and_then(|()| check_candidates(&index, expression, filter, tokens))
                    .map_err(|failure| TestCaseError::fail(format!("{failure}\n{expression:?}\n{filter:?}\n{tokens:?}")))?;
            }
        }
    }
}
