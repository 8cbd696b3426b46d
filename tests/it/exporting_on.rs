//! Exports that go on behind a token.

use tonic::Code;
use xunzhang::rpc::proto::{
    ExportRequest, Filter, OffsetUnit, PutDocumentRequest, document_service_client::DocumentServiceClient,
    search_service_client::SearchServiceClient, total_hits::Relation,
};

use crate::support::{
    Exported, Server, Service, check_refused, export_ids, exported, later, ready, searched, send_signal, within,
};

const INVALID: Code = Code::InvalidArgument;

/// Three batches: one hit, 32, the rest.
async fn served() -> Service {
    let service = Service::start().await;
    let lines: Vec<String> = (0..20).map(|number| format!("第{number}项重点任务")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for id in ["甲", "乙", "丙"] {
        service.put(ready(id, &lines)).await;
    }
    service
}

fn behind(token: &str, request: ExportRequest) -> ExportRequest {
    ExportRequest { resume_token: token.to_owned(), ..request }
}

/// Checks that what comes behind each token is what came behind it in the whole stream.
async fn check_every_token(service: &Service, request: &ExportRequest, whole: &Exported) {
    assert!(whole.tokens.len() > 1, "{:?}", whole.tokens);
    for (hits, token) in &whole.tokens {
        let rest = service.export(behind(token, request.clone())).await;
        assert_eq!(rest.hits, whole.hits[*hits..]);
        let total = rest.summary.total_hits.expect("every summary has it");
        assert_eq!((total.value, total.relation()), (rest.hits.len() as u64, Relation::AtLeast));
    }
}

#[tokio::test]
async fn every_token_gives_the_rest_also_after_a_restart() {
    let service = served().await;
    for request in [exported(""), exported("重点任务"), exported("“第1”")] {
        let whole = service.export(request.clone()).await;
        check_every_token(&service, &request, &whole).await;
    }
    let whole = service.export(exported("")).await;
    let service = service.restart().await;
    check_every_token(&service, &exported(""), &whole).await;
    service.stop().await;
}

#[tokio::test]
async fn a_token_stays_good_while_the_index_changes() {
    let service = served().await;
    let whole = service.export(exported("")).await;
    let (hits, token) = whole.tokens[1].clone();
    assert_eq!(hits, 33, "within the second document");
    service.put(ready("甲", &["换了"])).await;
    service.try_delete("丙", "").await.unwrap();
    service.put(ready("丁", &["新来"])).await;
    let rest = service.export(behind(&token, exported(""))).await;
    let expected: Vec<String> = (13..20).map(|ordinal| format!("乙#{ordinal}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).chain(["甲#0", "丁#0"]).collect();
    assert_eq!(export_ids(&rest), expected);
    let last = &rest.tokens.last().unwrap().1;
    let nothing = service.export(behind(last, exported(""))).await;
    assert_eq!((nothing.hits.len(), nothing.summary.hits_sent), (0, 0));
    service.stop().await;
}

/// With threads of their own for the connections: waiting for a process blocks.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_outlives_a_process_that_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Server::start(directory.path(), &[]);
    let connect = async |server: &Server| Service::connect(server.address("listening on").parse().unwrap()).await;
    let export = async |channel, request| {
        let stream = within("an export", SearchServiceClient::new(channel).export(request)).await.unwrap();
        Exported::read(stream.into_inner()).await.unwrap()
    };
    let server = start();
    let channel = connect(&server).await;
    let put = PutDocumentRequest { document: Some(ready("甲", &["任务"; 70])), etag: String::new() };
    within("an answer to a put", DocumentServiceClient::new(channel.clone()).put_document(put)).await.unwrap();
    let whole = export(channel, exported("任务")).await;
    send_signal("KILL", server.id());
    assert_eq!(server.end().code, None);
    let server = start();
    let channel = connect(&server).await;
    for (hits, token) in &whole.tokens {
        let rest = export(channel.clone(), behind(token, exported("任务"))).await;
        assert_eq!(rest.hits, whole.hits[*hits..]);
    }
}

#[tokio::test]
async fn tokens_that_are_no_good() {
    let service = served().await;
    let token = service.export(exported("任务")).await.tokens[1].1.clone();
    let refused = async |request, reason| {
        check_refused(service.try_export(request).await, INVALID, reason, Some("resume_token"));
    };
    for damaged in [&token[1..], &token[..token.len() - 1], "t", "页", &later(&token)] {
        refused(behind(damaged, exported("任务")), "TOKEN_INVALID").await;
    }
    for at in 0..token.len() {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let damaged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        refused(behind(&damaged, exported("任务")), "TOKEN_INVALID").await;
    }
    let filter = Some(Filter { levels: vec!["省级".to_owned()], ..Filter::default() });
    for other in [
        exported("重点"),
        exported(""),
        ExportRequest { filter, ..exported("任务") },
        ExportRequest { highlight_unit: OffsetUnit::Utf16.into(), ..exported("任务") },
        ExportRequest { r#match: 2, ..exported("任务") },
    ] {
        refused(behind(&token, other), "TOKEN_MISMATCH").await;
    }
    let of_search = service.search(searched("任务")).await.tokens[0].1.clone();
    refused(behind(&of_search, exported("任务")), "TOKEN_MISMATCH").await;
    let others = served().await;
    let foreign = others.export(exported("任务")).await.tokens[1].1.clone();
    refused(behind(&foreign, exported("任务")), "TOKEN_INVALID").await;
    others.stop().await;
    // What does not change the stream may change.
    let free = ExportRequest { allow_snapshot_change: true, ..behind(&token, exported("任务")) };
    assert_eq!(service.export(free).await.hits.len(), 27);
    service.stop().await;
}
