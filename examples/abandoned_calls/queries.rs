//! The most work that one call may ask for, of many kinds.

use xunzhang::rpc::proto::{
    AnalyzeRequest, BooleanQuery, CountRequest, ExplainRequest, ExportRequest, FacetField, Filter,
    ListDocumentsRequest, MatchAllQuery, MatchMode, MetadataField, MetadataQuery, NamedDocumentQuery, PhraseQuery,
    PurgeDocumentsRequest, Query, SearchRequest, SubstringQuery, TextQuery, count_request, explain_request,
    export_request, query::Kind, search_request::QueryForm,
};

/// The most parts of a tree.
const PARTS: usize = 255;
/// The most values of a filter.
const VALUES: usize = 256;
/// The most bytes of a text that is analyzed.
const TEXT_BYTES: usize = 16 << 20;

/// A call and what it asks.
#[derive(Clone)]
pub(crate) enum Asked {
    Search(SearchRequest),
    Count(CountRequest),
    Export(ExportRequest),
    Explain(ExplainRequest),
    List(ListDocumentsRequest),
    Purge(PurgeDocumentsRequest),
    Analyze(AnalyzeRequest),
}

/// Characters and pairs of them, the most frequent first, and texts: what queries are made of.
pub(crate) struct Vocabulary {
    pub(crate) characters: Vec<String>,
    pub(crate) pairs: Vec<String>,
    /// Long runs of characters that stand somewhere.
    pub(crate) runs: Vec<String>,
    /// Some paragraph.
    pub(crate) paragraph_id: String,
    /// Documents, and what they are called.
    pub(crate) document_ids: Vec<String>,
    pub(crate) titles: Vec<String>,
    /// Paragraphs as they stand, one a line.
    pub(crate) text: String,
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
        let required = SearchRequest { r#match: MatchMode::All.into(), ..search.clone() };
        let named = SearchRequest { filter: Some(named_documents(vocabulary)), ..search.clone() };
        for (way, request) in
            [("", search), (", all", deep), (", collapsed", collapsed), (", none", filtered), (", most", wide)]
        {
            calls.push((format!("Search {name}{way}"), Asked::Search(request)));
        }
        if name.contains("texts") || name.contains("words") {
            for (way, request) in [(", each word required", required), (", 256 documents", named)] {
                calls.push((format!("Search {name}{way}"), Asked::Search(request)));
            }
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
    calls.extend(texts_and_lists(vocabulary));
    calls
}

/// Calls that ask with a text, list documents, or have a text analyzed.
fn texts_and_lists(vocabulary: &Vocabulary) -> Vec<(String, Asked)> {
    let mut calls = Vec::new();
    let written = |text: String| SearchRequest { query_form: Some(QueryForm::Query(text)), ..SearchRequest::default() };
    let prose = |text: String| SearchRequest { query_form: Some(QueryForm::Prose(text)), ..SearchRequest::default() };
    let quoted = vocabulary.pairs.iter().take(PARTS).flat_map(|pair| ["“", pair, "”"]).collect::<String>();
    let sentence = &vocabulary.runs[0];
    for (name, request) in [
        ("a text of 1,000 characters", written(sentence.clone())),
        ("prose of 1,000 characters", prose(sentence.clone())),
        ("prose, quoted", prose(quoted.clone())),
        ("255 quoted pairs", written(quoted)),
    ] {
        let all = SearchRequest { limit: 10_000, collapse: true, ..request.clone() };
        calls.push((format!("Search {name}"), Asked::Search(request)));
        calls.push((format!("Search {name}, all, collapsed"), Asked::Search(all)));
    }
    for (way, filter) in [
        ("", None),
        (", most", Some(almost_everything())),
        (", none", Some(nothing_published())),
        (", 256 documents", Some(named_documents(vocabulary))),
    ] {
        let list = ListDocumentsRequest { page_size: 1_000, filter: filter.clone(), ..ListDocumentsRequest::default() };
        calls.push((format!("ListDocuments{way}"), Asked::List(list)));
        let all = filter.is_none();
        calls.push((
            format!("PurgeDocuments, validated{way}"),
            Asked::Purge(PurgeDocumentsRequest { filter, all, validate_only: true }),
        ));
    }
    for (name, text) in long_texts(vocabulary) {
        calls.push((format!("Analyze {name}"), Asked::Analyze(AnalyzeRequest { text, ..AnalyzeRequest::default() })));
    }
    calls
}

/// Texts of the largest size: paragraphs, one line, short lines, characters and words that nothing divides.
fn long_texts(Vocabulary { characters, text, .. }: &Vocabulary) -> Vec<(&'static str, String)> {
    let filled = |part: &str| part.repeat(TEXT_BYTES / part.len());
    vec![
        ("16 MiB of paragraphs", filled(text)),
        ("16 MiB in one line", filled(&text.replace('\n', ""))),
        ("16 MiB of short lines", filled(&format!("{}\n", characters[0]))),
        ("16 MiB of one character", filled(&characters[0])),
        ("16 MiB of Latin words", filled("the act of it ")),
        ("16 MiB of a Latin letter", filled("a")),
        ("16 MiB of full stops", filled(".")),
    ]
}

fn trees(vocabulary: &Vocabulary) -> Vec<(&'static str, Query)> {
    let Vocabulary { characters, pairs, runs, titles, .. } = vocabulary;
    let each = |parts: &[String], make: fn(&str) -> Query| -> Vec<Query> {
        parts.iter().cycle().take(PARTS).map(|part| make(part)).collect()
    };
    let singles: Vec<String> = characters.iter().take(PARTS).cloned().collect();
    // Sixteen characters after each other that are frequent and hardly ever stand so.
    let strange: Vec<String> = characters[..200].chunks(4).map(|four| four.concat().repeat(2)).collect();
    let repeated: Vec<String> = pairs.iter().take(PARTS).map(|pair| pair.repeat(2)).collect();
    let sentence = runs.concat().chars().take(1_000).collect::<String>();
    let long: Vec<String> = runs.iter().take(16).cloned().collect();
    let equal = characters[0].repeat(1_000);
    let alike: Vec<String> = characters.iter().take(16).map(|character| character.repeat(1_000)).collect();
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
        ("16 long texts, all required", all_of(long.iter().map(|run| text(run)).collect())),
        ("16 long texts, none allowed", none(long.iter().map(|run| text(run)).collect())),
        ("16 long exact texts", any(long.iter().map(|run| substring(run)).collect())),
        ("1000 equal characters", text(&equal)),
        ("1000 equal characters in sequence", phrase(&equal)),
        ("16 times 1000 equal characters in sequence", any(alike.iter().map(|run| phrase(run)).collect())),
        ("16 times 1000 equal exact characters", any(alike.iter().map(|run| substring(run)).collect())),
        ("255 titles", any(each(titles, named))),
        ("255 sources", any(each(titles, source))),
        ("16 levels", nested(pairs)),
        ("everything", query(Kind::MatchAll(MatchAllQuery {}))),
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

/// As many ids as a filter may have.
fn named_documents(vocabulary: &Vocabulary) -> Filter {
    let document_ids = vocabulary.document_ids.iter().take(VALUES).cloned().collect();
    Filter { document_ids, ..Filter::default() }
}

/// What is required of what is wanted of what is required, as deep as a tree may be.
fn nested(pairs: &[String]) -> Query {
    (0..14).fold(any(pairs.iter().take(8).map(|pair| text(pair)).collect()), |inner, level| {
        let beside = pairs[8 * level..].iter().take(8).map(|pair| text(pair));
        let parts = [inner].into_iter().chain(beside).collect();
        if level % 2 == 0 { any(parts) } else { all_of(parts) }
    })
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

fn named(title: &str) -> Query {
    query(Kind::NamedDocument(NamedDocumentQuery { title: title.to_owned() }))
}

fn source(value: &str) -> Query {
    let field = MetadataField::Source.into();
    query(Kind::Metadata(MetadataQuery { field, value: value.to_owned() }))
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
