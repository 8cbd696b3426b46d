//! Synonyms: what a query names is found by its other names, unless the caller does without.

use std::fs;

use tonic::Code;
use xunzhang::rpc::proto::{
    CountRequest, ExplainRequest, ExplainedTermKind, ExportRequest, GetServerInfoRequest, MatchMode, Query,
    SearchRequest, Synonym, TextQuery, explain_request::QueryForm, query::Kind,
};

use crate::support::{
    Service, check_refused, counted, export_ids, exported, hit_ids, limited, ready, searched, within,
};

const WITH_OTHER_NAME: &str = "国家发展和改革委员会印发通知";
const WITH_THE_NAME: &str = "发改委负责审批通知";
const WITH_ITS_WORDS: &str = "国家的改革与发展，委员会的审批";

async fn served() -> Service {
    let service = Service::start().await;
    for (id, text) in [("甲", WITH_OTHER_NAME), ("乙", WITH_THE_NAME), ("丙", WITH_ITS_WORDS), ("丁", "干部教育")]
    {
        service.put(ready(id, &[text])).await;
    }
    service
}

fn without(request: SearchRequest) -> SearchRequest {
    SearchRequest { no_synonyms: true, ..request }
}

fn every_word(request: SearchRequest) -> SearchRequest {
    SearchRequest { r#match: MatchMode::All.into(), ..request }
}

/// The documents that a search finds, in order of their ids.
async fn found(service: &Service, request: SearchRequest) -> String {
    let found = service.search(request).await;
    let mut documents: Vec<_> = found.hits.iter().map(|hit| hit.document_id.as_str()).collect();
    documents.sort_unstable();
    documents.join(" ")
}

#[tokio::test]
async fn a_name_is_found_by_its_other_names() {
    let service = served().await;
    let check = async |request: SearchRequest, expected: &str| {
        assert_eq!(found(&service, request.clone()).await, expected, "{request:?}");
    };
    check(searched("发改委"), "乙 甲").await;
    check(without(searched("发改委")), "乙").await;
    check(searched("發改委"), "乙 甲").await;
    check(every_word(searched("发改委 通知")), "乙 甲").await;
    check(every_word(searched("发改委 审批")), "乙").await;
    check(every_word(searched("国家发展改革委通知")), "乙 甲").await;
    check(every_word(without(searched("发改委 通知"))), "乙").await;
    check(searched("+发改委 干部"), "乙 甲").await;
    // What is quoted or excluded is what is written.
    check(searched("“发改委”"), "乙").await;
    check(searched("通知 -发改委"), "甲").await;
    // What is quoted and nowhere is told, though it is another name, too; others are not.
    let absent = service.search(searched("发改委 “国家发改委”")).await.summary.diagnosis.unwrap().absent_terms;
    assert_eq!(absent, ["国家发改委"]);

    let tree = Query { kind: Some(Kind::Text(TextQuery { text: "发改委".to_owned(), ..TextQuery::default() })) };
    check(crate::support::typed(tree), "乙 甲").await;
    service.stop().await;
}

#[tokio::test]
async fn an_answer_says_which_other_names_it_looked_for() {
    let service = served().await;
    let found = service.search(searched("发改委的通知")).await;
    let parsed = |query: &Query| match &query.kind {
        Some(Kind::Text(text)) => text.synonyms.clone(),
        other => panic!("{other:?} is no text"),
    };
    let names = ["国家发展和改革委员会", "国家发展改革委", "国家发改委", "发展改革委"];
    let synonym = Synonym { written: "发改委".to_owned(), others: names.map(str::to_owned).to_vec() };
    assert_eq!(parsed(found.header.parsed.as_ref().unwrap()), [synonym]);
    assert!(found.header.terms.iter().any(|term| term.term == names[0] && term.document_frequency == 1));
    let other = found.hits.iter().find(|hit| hit.document_id == "甲").unwrap();
    let marked: Vec<_> =
        other.highlights.iter().map(|range| &other.text[range.start as usize..range.end as usize]).collect();
    assert_eq!(marked, ["国家发展和改革委员会", "通知"]);

    let found = service.search(without(searched("发改委的通知"))).await;
    assert_eq!(parsed(found.header.parsed.as_ref().unwrap()), []);

    let query_form = Some(QueryForm::Query("发改委".to_owned()));
    let explain = ExplainRequest { query_form, paragraph_id: "甲#0".to_owned(), ..ExplainRequest::default() };
    let explained = within("an explanation", service.searches().explain(explain)).await.unwrap().into_inner();
    let kinds: Vec<_> = explained.terms.iter().map(|term| (term.term.as_str(), term.kind())).collect();
    assert_eq!(kinds[0], ("发改委", ExplainedTermKind::Word));
    assert_eq!(kinds[1..], names.map(|name| (name, ExplainedTermKind::Synonym)));
    let hits = service.search(searched("发改委")).await.hits;
    let hit = hits.iter().find(|hit| hit.document_id == "甲").unwrap();
    assert_eq!(explained.paragraph.unwrap().score.to_bits(), hit.score.to_bits());

    let info = service.admin().get_server_info(GetServerInfoRequest {}).await.unwrap().into_inner();
    assert!(!info.synonyms_version.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn counts_and_exports_have_what_searches_have() {
    let service = served().await;
    for (no_synonyms, expected) in [(false, &["甲#0", "乙#0"][..]), (true, &["乙#0"])] {
        let export = service.export(ExportRequest { no_synonyms, ..exported("发改委") }).await;
        assert_eq!(export_ids(&export), expected);
        let count = service.count(CountRequest { no_synonyms, ..counted("发改委") }).await;
        assert_eq!(count.paragraphs, expected.len() as u64);
    }
    service.stop().await;
}

#[tokio::test]
async fn another_name_ranks_as_what_is_written_does() {
    let service = Service::start().await;
    for (id, text) in [("甲", WITH_ITS_WORDS), ("乙", "国家发改委通知"), ("丙", "国家发展和改革委员会通知")]
    {
        service.put(ready(id, &[text])).await;
    }
    let found = service.search(searched("国家发改委通知")).await;
    assert_eq!(hit_ids(&found)[..2], ["乙#0", "丙#0"]);
    // What joins the name and the next word is missing, no more.
    assert!(found.hits[1].score > 0.75 * found.hits[0].score, "{:?}", found.hits);
    let found = service.search(without(searched("国家发改委通知"))).await;
    assert!(found.hits[1].score < 0.5 * found.hits[0].score, "{:?}", found.hits);
    service.stop().await;
}

#[tokio::test]
async fn an_operator_can_name_another_list() {
    let list = tempfile::NamedTempFile::new().unwrap();
    fs::write(list.path(), "version = \"云溪 1\"\ngroups = [[\"干部\", \"发改委\"]]").unwrap();
    let service = served().await;
    let request = limited(2, searched("通知 发改委 教育"));
    let first = service.search(request.clone()).await;
    let token = first.tokens.last().unwrap().1.clone();
    let export = service.export(exported("发改委")).await;
    let everything = service.export(exported("")).await;
    let path = list.path().to_owned();
    let service = service.stop().await.start_with(|config| config.search.synonyms = Some(path)).await;
    assert_eq!(found(&service, searched("发改委")).await, "丁 乙");
    let info = service.admin().get_server_info(GetServerInfoRequest {}).await.unwrap().into_inner();
    assert_eq!(info.synonyms_version, "云溪 1");
    // With another list the order is another one, and so is what matches.
    let resumed = service.try_search(SearchRequest { resume_token: token, ..request }).await;
    check_refused(resumed, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    let behind = |token: &str, query: &str| ExportRequest { resume_token: token.to_owned(), ..exported(query) };
    let refused = service.try_export(behind(&export.tokens.last().unwrap().1, "发改委")).await;
    check_refused(refused, Code::InvalidArgument, "TOKEN_MISMATCH", Some("resume_token"));
    assert_eq!(export_ids(&service.export(behind(&everything.tokens.last().unwrap().1, "")).await), Vec::<&str>::new());
    service.stop().await;
}
