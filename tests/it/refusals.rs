//! What bad input gets: a code, a reason, the path of the field; and everything else goes on.

use std::collections::HashMap;

use tonic::Code;
use xunzhang::rpc::proto::{
    CountRequest, DeleteDocumentRequest, Document, DocumentNumberQuery, DocumentView, ExplainRequest, ExportRequest,
    GetDocumentRequest, GetServerInfoRequest, NamedDocumentQuery, PhraseQuery, PutDocumentRequest, Query,
    ReadyParagraph, ReadyParagraphs, SearchRequest, SubstringQuery, TextQuery,
    admin_service_client::AdminServiceClient, count_request::QueryForm as CountForm, document::Content,
    explain_request::QueryForm as ExplainForm, export_request::QueryForm as ExportForm, query::Kind,
    search_service_client::SearchServiceClient,
};

use crate::support::{
    Service, any_of, check_refused, everything, exported, phrase, ready, searched, text, typed, within,
};

const INVALID: Code = Code::InvalidArgument;

fn kind(kind: Kind) -> Query {
    Query { kind: Some(kind) }
}

/// A tree of so many levels.
fn nested(levels: usize) -> Query {
    (1..levels).fold(text("干部"), |inner, _| any_of(&[inner]))
}

/// A tree of so many nodes.
fn wide(nodes: usize) -> Query {
    any_of(&vec![phrase("干部"); nodes - 1])
}

#[tokio::test]
async fn fields_of_a_search() {
    let service = Service::start().await;
    let of = |change: fn(&mut SearchRequest)| {
        let mut request = searched("干部");
        change(&mut request);
        request
    };
    for (request, field) in [
        (SearchRequest::default(), "query"),
        (searched(""), "query"),
        (searched(&"党".repeat(1_025)), "query"),
        (of(|request| request.limit = 10_001), "limit"),
        (of(|request| request.limit = u32::MAX), "limit"),
        (of(|request| request.context_before = 6), "context_before"),
        (of(|request| request.context_after = 6), "context_after"),
        (of(|request| request.r#match = 3), "match"),
        (of(|request| request.r#match = -1), "match"),
        (of(|request| request.highlight_unit = 4), "highlight_unit"),
        (of(|request| request.name_folded = true), "name_folded"),
        (of(|request| request.min_generation = "newest".to_owned()), "min_generation"),
        (of(|request| request.time_budget = Some(prost_types::Duration { seconds: 0, nanos: 0 })), "time_budget"),
        (of(|request| request.time_budget = Some(prost_types::Duration { seconds: -1, nanos: 0 })), "time_budget"),
        (of(|request| request.time_budget = Some(prost_types::Duration { seconds: 1, nanos: -1 })), "time_budget"),
        (
            of(|request| request.time_budget = Some(prost_types::Duration { seconds: 0, nanos: i32::MAX })),
            "time_budget",
        ),
    ] {
        check_refused(service.try_search(request).await, INVALID, "INVALID_FIELD", Some(field));
    }
    // The largest that is taken.
    let largest =
        SearchRequest { limit: 10_000, context_before: 5, context_after: 5, ..searched(&"党".repeat(1_024)) };
    assert!(service.search(largest).await.hits.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn trees() {
    let service = Service::start().await;
    let text_query = |text: &str, field, r#match| {
        kind(Kind::Text(TextQuery { text: text.to_owned(), field, r#match, ..TextQuery::default() }))
    };
    let phrase_query = |text: &str, field| kind(Kind::Phrase(PhraseQuery { text: text.to_owned(), field }));
    let substring = |text: &str| kind(Kind::Substring(SubstringQuery { text: text.to_owned() }));
    let titled = |title: &str| kind(Kind::NamedDocument(NamedDocumentQuery { title: title.to_owned() }));
    let numbered = |number: &str| kind(Kind::DocumentNumber(DocumentNumberQuery { number: number.to_owned() }));
    let long = "党".repeat(1_025);
    for (query, field) in [
        (Query::default(), "typed_query"),
        (nested(17), "typed_query"),
        (wide(257), "typed_query"),
        (any_of(&[]), "typed_query.boolean"),
        (substring(""), "typed_query.substring.text"),
        (substring(&long), "typed_query.substring.text"),
        // Nothing leads to what has these: every text would have to be read.
        (any_of(&[text("甲"), substring("〔〕")]), "typed_query.boolean.should[1].substring.text"),
        (text_query("", 0, 0), "typed_query.text.text"),
        (text_query(&long, 0, 0), "typed_query.text.text"),
        (text_query("干部", 3, 0), "typed_query.text.field"),
        (text_query("干部", 0, 3), "typed_query.text.match"),
        (phrase_query("", 0), "typed_query.phrase.text"),
        (titled(""), "typed_query.named_document.title"),
        (titled(&long), "typed_query.named_document.title"),
        (numbered(""), "typed_query.document_number.number"),
        (numbered(&long), "typed_query.document_number.number"),
        (any_of(&vec![text(&"党".repeat(1_024)); 17]), "typed_query"),
        (phrase_query(&long, 0), "typed_query.phrase.text"),
        (any_of(&[any_of(&[phrase_query("干部", 9)])]), "typed_query.boolean.should[0].boolean.should[0].phrase.field"),
    ] {
        check_refused(service.try_search(typed(query.clone())).await, INVALID, "INVALID_FIELD", Some(field));
        let form = Some(ExportForm::TypedQuery(query.clone()));
        let export = ExportRequest { query_form: form, ..ExportRequest::default() };
        check_refused(service.try_export(export).await, INVALID, "INVALID_FIELD", Some(field));
        let form = Some(CountForm::TypedQuery(query.clone()));
        let count = CountRequest { query_form: form, ..CountRequest::default() };
        check_refused(service.try_count(count).await, INVALID, "INVALID_FIELD", Some(field));
        let explain = ExplainRequest { query_form: Some(ExplainForm::TypedQuery(query)), ..ExplainRequest::default() };
        let explained = within("an explanation", service.searches().explain(explain)).await;
        check_refused(explained, INVALID, "INVALID_FIELD", Some(field));
    }
    for query in [nested(16), wide(256), everything()] {
        service.search(typed(query)).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn fields_of_an_export() {
    let service = Service::start().await;
    let of = |change: fn(&mut ExportRequest)| {
        let mut request = exported("干部");
        change(&mut request);
        request
    };
    for (request, field) in [
        (exported(&"党".repeat(1_025)), "query"),
        (of(|request| request.r#match = 3), "match"),
        (of(|request| request.highlight_unit = 4), "highlight_unit"),
        (of(|request| request.min_generation = "1".to_owned()), "min_generation"),
    ] {
        check_refused(service.try_export(request).await, INVALID, "INVALID_FIELD", Some(field));
    }
    service.stop().await;
}

/// Ids that are none.
fn bad_ids() -> [String; 5] {
    [String::new(), "a".repeat(513), "章".repeat(171), "行\n二".to_owned(), "a\u{7f}b".to_owned()]
}

#[tokio::test]
async fn ids() {
    let service = Service::start().await;
    for id in bad_ids() {
        let put = PutDocumentRequest { document: Some(ready(&id, &["一"])), etag: String::new() };
        check_refused(service.try_put(put).await, INVALID, "INVALID_FIELD", Some("document.id"));
        let get = GetDocumentRequest { document_id: id.clone(), ..GetDocumentRequest::default() };
        check_refused(service.try_get(get).await, INVALID, "INVALID_FIELD", Some("document_id"));
        check_refused(service.try_delete(&id, "").await, INVALID, "INVALID_FIELD", Some("document_id"));
    }
    service.stop().await;
}

#[tokio::test]
async fn fields_of_a_document() {
    let service = Service::start().await;
    let long = "长".repeat(1_366); // 4,098 bytes.
    let of = |change: &dyn Fn(&mut Document)| {
        let mut document = ready("甲", &["一"]);
        change(&mut document);
        document
    };
    let labelled = |labels: Vec<String>| of(&|document| document.labels.clone_from(&labels));
    let attributed = |attributes: HashMap<String, String>| of(&|document| document.attributes.clone_from(&attributes));
    let many = |count: usize| (0..count).map(|number| (number.to_string(), String::new())).collect();
    for (document, field) in [
        (of(&|document| document.title.clone_from(&long)), "document.title"),
        (of(&|document| document.source.clone_from(&long)), "document.source"),
        (of(&|document| document.author.clone_from(&long)), "document.author"),
        (of(&|document| document.agency.clone_from(&long)), "document.agency"),
        (of(&|document| document.document_number.clone_from(&long)), "document.document_number"),
        (of(&|document| document.document_type.clone_from(&long)), "document.document_type"),
        (of(&|document| document.level.clone_from(&long)), "document.level"),
        (of(&|document| document.collection.clone_from(&long)), "document.collection"),
        (labelled(vec![String::new(); 65]), "document.labels"),
        (labelled(vec!["短".to_owned(), "a".repeat(257)]), "document.labels[1]"),
        (attributed(many(65)), "document.attributes"),
        (attributed(HashMap::from([("键".to_owned(), long.clone())])), "document.attributes[键]"),
        (attributed(HashMap::from([("k".repeat(257), String::new())])), "document.attributes"),
    ] {
        let request = PutDocumentRequest { document: Some(document), etag: String::new() };
        check_refused(service.try_put(request).await, INVALID, "INVALID_FIELD", Some(field));
    }
    let unset = PutDocumentRequest::default();
    check_refused(service.try_put(unset).await, INVALID, "INVALID_FIELD", Some("document"));
    // None that this service can have given out.
    for etag in ["1", "页", &"g".repeat(32), &"0".repeat(33), &"0".repeat(4_096)] {
        let put = PutDocumentRequest { document: Some(ready("甲", &["一"])), etag: (*etag).to_owned() };
        check_refused(service.try_put(put).await, INVALID, "INVALID_FIELD", Some("etag"));
        check_refused(service.try_delete("甲", etag).await, INVALID, "INVALID_FIELD", Some("etag"));
    }
    // The largest that is taken.
    let largest = Document {
        title: "a".repeat(4_096),
        labels: vec!["b".repeat(256); 64],
        attributes: many(64),
        ..ready("甲", &["一"])
    };
    service.put(largest).await;
    assert_eq!(service.stats().await.documents, 1);
    service.stop().await;
}

#[tokio::test]
async fn contents_of_a_document() {
    let service = Service::start().await;
    let with = |content: Content| PutDocumentRequest {
        document: Some(Document { id: "甲".to_owned(), content: Some(content), ..Document::default() }),
        etag: String::new(),
    };
    let over = (16 << 20) + 1;
    let paragraphs = |paragraphs| Content::Paragraphs(ReadyParagraphs { paragraphs });
    let halves = vec![ReadyParagraph { text: "a".repeat(over / 2 + 1), heading_path: vec![] }; 2];
    let below = |heading_path| ReadyParagraph { text: "a".to_owned(), heading_path };
    let deep = below(vec!["一".to_owned(); 17]);
    let wordy = below(vec!["a".repeat(2_049); 2]);
    let long = ReadyParagraph { text: "a".repeat((256 << 10) + 1), heading_path: vec![] };
    for (content, field) in [
        (Content::Text("a".repeat(over)), "document.text"),
        (paragraphs(halves), "document.paragraphs"),
        (paragraphs(vec![ReadyParagraph::default(), deep]), "document.paragraphs.paragraphs[1].heading_path"),
        (paragraphs(vec![wordy]), "document.paragraphs.paragraphs[0].heading_path"),
        (paragraphs(vec![ReadyParagraph::default(), long]), "document.paragraphs.paragraphs[1].text"),
        (paragraphs(vec![ReadyParagraph::default(); 1_000_001]), "document.paragraphs.paragraphs"),
    ] {
        check_refused(service.try_put(with(content)).await, INVALID, "INVALID_FIELD", Some(field));
    }
    assert_eq!(service.stats().await.documents, 0);
    service.stop().await;
}

#[tokio::test]
async fn fields_of_a_read() {
    let service = Service::start().await;
    service.put(ready("甲", &["一"])).await;
    let of = |view: i32, original_limit| GetDocumentRequest {
        document_id: "甲".to_owned(),
        view,
        original_limit,
        ..GetDocumentRequest::default()
    };
    check_refused(service.try_get(of(4, 0)).await, INVALID, "INVALID_FIELD", Some("view"));
    let over = of(DocumentView::Original.into(), (2 << 20) + 1);
    check_refused(service.try_get(over).await, INVALID, "INVALID_FIELD", Some("original_limit"));
    service.try_get(of(DocumentView::Original.into(), 2 << 20)).await.unwrap();
    // Behind the last one there is nothing more.
    for first_ordinal in [1, u32::MAX] {
        let behind = GetDocumentRequest { first_ordinal, ..of(DocumentView::Paragraphs.into(), 0) };
        let got = service.try_get(behind).await.unwrap();
        assert_eq!((got.paragraphs.len(), got.next_ordinal), (0, 0));
    }
    service.stop().await;
}

#[tokio::test]
async fn what_the_transport_refuses_says_as_much() {
    let service = Service::start().await;
    // More bytes than the service takes at all.
    let search = service.try_search(searched(&"党".repeat(100_000))).await;
    check_refused(search, INVALID, "INVALID_MESSAGE", None);
    // Services are on their own listener only.
    let mut admin = AdminServiceClient::new(service.channel());
    let asked = within("an answer", admin.get_server_info(GetServerInfoRequest {})).await;
    check_refused(asked, Code::Unimplemented, "UNIMPLEMENTED", None);
    let mut search = SearchServiceClient::new(service.admin_channel());
    let asked = within("an answer", search.search(searched("干部"))).await.map(|_| ());
    check_refused(asked, Code::Unimplemented, "UNIMPLEMENTED", None);
    let mut documents =
        xunzhang::rpc::proto::document_service_client::DocumentServiceClient::new(service.admin_channel());
    let request = DeleteDocumentRequest { document_id: "甲".to_owned(), etag: String::new() };
    let asked = within("an answer", documents.delete_document(request)).await;
    check_refused(asked, Code::Unimplemented, "UNIMPLEMENTED", None);
    service.stop().await;
}

#[tokio::test]
async fn after_a_refusal_everything_goes_on() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    for _ in 0..3 {
        let bad = SearchRequest { limit: 10_001, ..searched("防汛") };
        check_refused(service.try_search(bad).await, INVALID, "INVALID_FIELD", Some("limit"));
        assert_eq!(service.search(searched("防汛")).await.hits.len(), 1);
    }
    service.stop().await;
}
