//! Documents and requests, in few words.

use xunzhang::rpc::proto::{
    BooleanQuery, Document, ExportRequest, ImportDocumentsRequest, MatchAllQuery, PhraseQuery, Query, ReadyParagraph,
    ReadyParagraphs, SearchRequest, TextQuery, document::Content, export_request, query::Kind, search_request,
};

/// A document with a text as it was found.
pub(crate) fn document(id: &str, text: &str) -> Document {
    Document { id: id.to_owned(), content: Some(Content::Text(text.to_owned())), ..Document::default() }
}

/// A document that its sender split.
pub(crate) fn ready(id: &str, paragraphs: &[&str]) -> Document {
    let paragraph = |text: &&str| ReadyParagraph { text: (*text).to_owned(), heading_path: Vec::new() };
    let paragraphs = ReadyParagraphs { paragraphs: paragraphs.iter().map(paragraph).collect() };
    Document { id: id.to_owned(), content: Some(Content::Paragraphs(paragraphs)), ..Document::default() }
}

/// The same with a date.
pub(crate) fn dated(date: &str, document: Document) -> Document {
    Document { publish_date: date.to_owned(), ..document }
}

/// One document of an import.
pub(crate) fn sent(sequence_number: u64, document: Document) -> ImportDocumentsRequest {
    ImportDocumentsRequest { sequence_number, document: Some(document) }
}

/// A search for what people write.
pub(crate) fn searched(query: &str) -> SearchRequest {
    SearchRequest { query_form: Some(search_request::QueryForm::Query(query.to_owned())), ..SearchRequest::default() }
}

/// A search with a limit.
pub(crate) fn limited(limit: u32, request: SearchRequest) -> SearchRequest {
    SearchRequest { limit, ..request }
}

/// A search for a tree.
pub(crate) fn typed(query: Query) -> SearchRequest {
    SearchRequest { query_form: Some(search_request::QueryForm::TypedQuery(query)), ..SearchRequest::default() }
}

/// An export of what people write; of everything if that is nothing.
pub(crate) fn exported(query: &str) -> ExportRequest {
    ExportRequest { query_form: Some(export_request::QueryForm::Query(query.to_owned())), ..ExportRequest::default() }
}

fn node(kind: Kind) -> Query {
    Query { kind: Some(kind) }
}

/// Words wanted.
pub(crate) fn text(words: &str) -> Query {
    node(Kind::Text(TextQuery { text: words.to_owned(), ..TextQuery::default() }))
}

/// A character sequence.
pub(crate) fn phrase(characters: &str) -> Query {
    node(Kind::Phrase(PhraseQuery { text: characters.to_owned(), ..PhraseQuery::default() }))
}

/// Every paragraph.
pub(crate) fn everything() -> Query {
    node(Kind::MatchAll(MatchAllQuery {}))
}

/// All of these, and better with more of those.
pub(crate) fn all_of(must: &[Query], should: &[Query]) -> Query {
    node(Kind::Boolean(BooleanQuery { must: must.to_vec(), should: should.to_vec(), must_not: Vec::new() }))
}

/// One of these.
pub(crate) fn any_of(should: &[Query]) -> Query {
    all_of(&[], should)
}

/// What has `must`, if there is any, and none of `must_not`.
pub(crate) fn nothing_of(must: &[Query], must_not: &[Query]) -> Query {
    node(Kind::Boolean(BooleanQuery { must: must.to_vec(), should: Vec::new(), must_not: must_not.to_vec() }))
}
