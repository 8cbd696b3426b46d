//! The most work that one call may ask for, of many kinds.

use xunzhang::rpc::proto::{
    BooleanQuery, CountRequest, ExplainRequest, ExportRequest, FacetField, Filter, ListDocumentsRequest, PhraseQuery,
    Query, SearchRequest, SubstringQuery, TextQuery, count_request, explain_request, export_request, query::Kind,
    search_request::QueryForm,
};

/// The most parts of a tree.
const PARTS: usize = 255;

/// A call and what it asks.
#[derive(Clone)]
pub(crate) enum Asked {
    Search(SearchRequest),
    Count(CountRequest),
    Export(ExportRequest),
    Explain(ExplainRequest),
    List(ListDocumentsRequest),
}

/// Characters and pairs of them, the most frequent first, and texts: what queries are made of.
pub(crate) struct Vocabulary {
    pub(crate) characters: Vec<String>,
    pub(crate) pairs: Vec<String>,
    /// Long runs of characters that stand somewhere.
    pub(crate) runs: Vec<String>,
    /// Some paragraph.
    pub(crate) paragraph_id: String,
}

/// Every kind of call, with a name.
pub(crate) fn all(vocabulary: &Vocabulary) -> Vec<(String, Asked)> {
    let mut calls = Vec::new();
    for (name, query) in trees(vocabulary) {
        let search =
            SearchRequest { query_form: Some(QueryForm::TypedQuery(query.clone())), ..SearchRequest::default() };
        let deep = SearchRequest { limit: 10_000, context_before: 5, context_after: 5, ..search.clone() };
        let collapsed = SearchRequest { limit: 10_000, collapse: true, ..search.clone() };
        let filtered = SearchRequest { filter: Some(nothing_published()), ..search.clone() };
        let wide = SearchRequest { filter: Some(almost_everything()), ..search.clone() };
        for (way, request) in
            [("", search), (", all", deep), (", collapsed", collapsed), (", none", filtered), (", most", wide)]
        {
            calls.push((format!("Search {name}{way}"), Asked::Search(request)));
        }
        let form = Some(count_request::QueryForm::TypedQuery(query.clone()));
        let count = CountRequest { query_form: form, facets: facets(), ..CountRequest::default() };
        let none = CountRequest { filter: Some(nothing_published()), ..count.clone() };
        calls.push((format!("Count {name}"), Asked::Count(count)));
        calls.push((format!("Count {name}, none"), Asked::Count(none)));
        let form = Some(export_request::QueryForm::TypedQuery(query.clone()));
        let export = ExportRequest { query_form: form, ..ExportRequest::default() };
        let none = ExportRequest { filter: Some(nothing_published()), ..export.clone() };
        calls.push((format!("Export {name}"), Asked::Export(export)));
        calls.push((format!("Export {name}, none"), Asked::Export(none)));
        let form = Some(explain_request::QueryForm::TypedQuery(query));
        let paragraph_id = vocabulary.paragraph_id.clone();
        calls.push((
            format!("Explain {name}"),
            Asked::Explain(ExplainRequest { query_form: form, paragraph_id, ..ExplainRequest::default() }),
        ));
    }
    for (way, filter) in [("", None), (", most", Some(almost_everything())), (", none", Some(nothing_published()))] {
        let list = ListDocumentsRequest { page_size: 1_000, filter, ..ListDocumentsRequest::default() };
        calls.push((format!("ListDocuments{way}"), Asked::List(list)));
    }
    calls
}

fn trees(vocabulary: &Vocabulary) -> Vec<(&'static str, Query)> {
    let Vocabulary { characters, pairs, runs, paragraph_id: _ } = vocabulary;
    let each = |parts: &[String], make: fn(&str) -> Query| -> Vec<Query> {
        parts.iter().cycle().take(PARTS).map(|part| make(part)).collect()
    };
    let singles: Vec<String> = characters.iter().take(PARTS).cloned().collect();
    // Sixteen characters after each other that are frequent and hardly ever stand so.
    let strange: Vec<String> = characters[..200].chunks(4).map(|four| four.concat().repeat(2)).collect();
    let repeated: Vec<String> = pairs.iter().take(PARTS).map(|pair| pair.repeat(2)).collect();
    let sentence = runs.concat().chars().take(1_000).collect::<String>();
    let long: Vec<String> = runs.iter().take(16).cloned().collect();
    vec![
        ("255 characters", any(each(&singles, phrase))),
        ("255 characters, all required", all_of(each(&singles, phrase))),
        ("255 characters, none allowed", none(each(&singles, phrase))),
        ("255 pairs", any(each(pairs, phrase))),
        ("255 pairs, all required", all_of(each(pairs, phrase))),
        ("255 words", any(each(pairs, text))),
        (
            "two groups",
            all_of(
                vec![any(each(&pairs[..127], phrase)), any(each(&pairs[127..254], phrase))]
                    .into_iter()
                    .map(shrunk)
                    .collect(),
            ),
        ),
        ("255 sequences that are rare", any(each(&repeated, phrase))),
        ("50 long sequences that are nowhere", any(strange.iter().map(|sequence| phrase(sequence)).collect())),
        ("one sequence that is nowhere", phrase(&strange[0])),
        ("16 long texts", any(long.iter().map(|run| text(run)).collect())),
        ("16 long sequences", any(long.iter().map(|run| phrase(run)).collect())),
        ("1000 characters", text(&sentence)),
        ("255 exact pairs", any(each(pairs, substring))),
        ("255 exact characters", any(each(&singles, substring))),
        ("exact and nowhere", all_of(vec![substring(&singles[0]), substring(&format!("{}。，", singles[1]))])),
    ]
}

/// Within what a tree may have: two groups share its parts.
fn shrunk(query: Query) -> Query {
    match query.kind {
        Some(Kind::Boolean(BooleanQuery { should, .. })) => any(should.into_iter().take(120).collect()),
        kind => Query { kind },
    }
}

fn facets() -> Vec<i32> {
    use FacetField::{Agency, Collection, DocumentType, Label, Level, Source, Year};
    [Year, Source, Agency, DocumentType, Level, Collection, Label].map(i32::from).to_vec()
}

fn nothing_published() -> Filter {
    let (published_from, published_to) = ("1801-01-01".to_owned(), "1801-12-31".to_owned());
    Filter { published_from, published_to, ..Filter::default() }
}

fn almost_everything() -> Filter {
    Filter { none_of: Some(Box::new(nothing_published())), ..Filter::default() }
}

fn query(kind: Kind) -> Query {
    Query { kind: Some(kind) }
}

fn phrase(text: &str) -> Query {
    query(Kind::Phrase(PhraseQuery { text: text.to_owned(), ..PhraseQuery::default() }))
}

fn text(text: &str) -> Query {
    query(Kind::Text(TextQuery { text: text.to_owned(), ..TextQuery::default() }))
}

fn substring(text: &str) -> Query {
    query(Kind::Substring(SubstringQuery { text: text.to_owned() }))
}

fn any(should: Vec<Query>) -> Query {
    query(Kind::Boolean(BooleanQuery { should, ..BooleanQuery::default() }))
}

fn all_of(must: Vec<Query>) -> Query {
    query(Kind::Boolean(BooleanQuery { must, ..BooleanQuery::default() }))
}

fn none(must_not: Vec<Query>) -> Query {
    query(Kind::Boolean(BooleanQuery { must_not, ..BooleanQuery::default() }))
}
