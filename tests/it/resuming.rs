//! Searches that go on where they broke off, and those that may not.

use tonic::Code;
use xunzhang::rpc::proto::{
    Filter, FinishReason, SearchRequest, document_service_client::DocumentServiceClient,
    search_service_client::SearchServiceClient,
};

use crate::support::{
    Found, Server, Service, check_refused, everything, exported, hit_ids, later, limited, ready, searched, typed,
    within,
};

const INVALID: Code = Code::InvalidArgument;

/// Documents whose paragraphs match more or less, some of them equal, some near copies.
async fn fill(service: &Service) {
    for document in 0..12 {
        let paragraph = |number: usize| {
            let words = ["防汛", "抗旱", "应急", "预案", "责任", "物资"];
            let chosen: Vec<_> = (0..3).map(|step| words[(number * 7 + document + step * number) % 6]).collect();
            format!("第{}项：{}工作要抓紧抓实，做好{}准备。", number / 3, chosen.join("和"), "各项".repeat(number % 5))
        };
        let paragraphs: Vec<_> = (0..20).map(paragraph).collect();
        let texts: Vec<_> = paragraphs.iter().map(String::as_str).collect();
        service.put(ready(&format!("文{document}"), &texts)).await;
    }
}

async fn filled() -> Service {
    let service = Service::start().await;
    fill(&service).await;
    service
}

/// Requests of every kind whose streams have several batches.
fn requests() -> Vec<SearchRequest> {
    let level = Filter {
        none_of: Some(Filter { document_ids: vec!["文3".to_owned()], ..Filter::default() }.into()),
        ..Filter::default()
    };
    vec![
        limited(100, searched("防汛 抗旱")),
        limited(10_000, searched("防汛 抗旱 应急 责任")),
        limited(70, typed(everything())),
        limited(200, SearchRequest { filter: Some(level), ..searched("预案") }),
        SearchRequest { collapse: true, name_folded: true, ..limited(60, searched("防汛 物资")) },
        SearchRequest { collapse: true, ..limited(10_000, searched("责任")) },
        SearchRequest {
            context_before: 1, context_after: 2, highlight_unit: 2, ..limited(40, searched("“应急和”"))
        },
    ]
}

/// The rest of a stream, from each of its tokens, is what it was.
async fn check_rest(service: &Service, request: &SearchRequest, whole: &Found) {
    for (behind, token) in &whole.tokens {
        let rest = service.resume(request.clone(), &whole.hits[..*behind], token).await;
        assert_eq!(rest.hits, whole.hits[*behind..], "{request:?}");
        assert_eq!(rest.header.generation, whole.header.generation);
        assert_eq!((&rest.header.terms, &rest.header.parsed), (&whole.header.terms, &whole.header.parsed));
        assert_eq!((rest.total(), rest.summary.finish_reason), (whole.total(), whole.summary.finish_reason));
        // The tokens of what follows are as good.
        assert_eq!(
            rest.tokens.last().map(|(_, token)| token),
            whole.tokens.last().map(|(_, token)| token).filter(|_| *behind < whole.hits.len())
        );
    }
}

async fn streams(service: &Service) -> Vec<(SearchRequest, Found)> {
    let mut streams = Vec::new();
    for request in requests() {
        let whole = service.search(request.clone()).await;
        assert!(whole.tokens.len() > 1 && whole.tokens.iter().all(|(_, token)| !token.is_empty()), "{request:?}");
        streams.push((request, whole));
    }
    streams
}

#[tokio::test]
async fn from_every_token_the_rest_is_the_same() {
    let service = filled().await;
    let streams = streams(&service).await;
    for (request, whole) in &streams {
        check_rest(&service, request, whole).await;
    }
    // Also when much of it is replaced and gone for everyone else.
    for document in 0..6 {
        service.put(ready(&format!("文{document}"), &["另行通知"])).await;
    }
    for (request, whole) in &streams {
        check_rest(&service, request, whole).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn a_restart_without_a_commit_makes_no_difference() {
    let mut service = filled().await;
    service.try_delete("文7", "").await.expect("it is there");
    // Behind a start merged segments, which lack what was deleted, are not taken up for a while.
    service = service.restart().await;
    let streams = streams(&service).await;
    for _ in 0..2 {
        service = service.restart().await;
        for (request, whole) in &streams {
            check_rest(&service, request, whole).await;
        }
    }
    service.stop().await;
}

/// With threads of their own for the connections: waiting for a process blocks.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_makes_no_difference() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let channel = Service::connect(server.address("listening on").parse().unwrap()).await;
    let document = ready("长", &vec!["部署防汛工作"; 100]);
    let put = xunzhang::rpc::proto::PutDocumentRequest { document: Some(document), etag: String::new() };
    within("a put", DocumentServiceClient::new(channel.clone()).put_document(put)).await.unwrap();
    let search = async |channel, head: &[_], resume_token: &str| {
        let request = SearchRequest { resume_token: resume_token.to_owned(), ..limited(80, searched("防汛")) };
        let stream = within("a search", SearchServiceClient::new(channel).search(request)).await.unwrap();
        Found::read_behind(head, stream.into_inner()).await.unwrap()
    };
    let whole = search(channel, &[], "").await;
    server.kill();
    let server = Server::start(directory.path(), &[]);
    let channel = Service::connect(server.address("listening on").parse().unwrap()).await;
    for (behind, token) in &whole.tokens {
        let rest = search(channel.clone(), &whole.hits[..*behind], token).await;
        assert_eq!(rest.hits, whole.hits[*behind..]);
    }
    drop(channel);
    assert_eq!(server.terminate().code, Some(0));
}

#[tokio::test]
async fn the_last_token_gives_header_and_summary() {
    let service = filled().await;
    for (limit, reason) in [(5, FinishReason::Limit), (10_000, FinishReason::Exhausted)] {
        let request = limited(limit, searched("防汛"));
        let whole = service.search(request.clone()).await;
        let (behind, token) = whole.tokens.last().unwrap();
        assert_eq!(*behind, whole.hits.len());
        let rest = service.resume(request, &whole.hits, token).await;
        let summary = (rest.summary.hits_sent, rest.summary.last_rank as usize, rest.summary.finish_reason());
        assert_eq!(summary, (0, whole.hits.len(), reason));
        assert!(rest.summary.diagnosis.is_none());
    }
    service.stop().await;
}

#[tokio::test]
async fn a_state_of_the_index_is_not_kept_for_ever() {
    let service = filled().await;
    let request = limited(60, searched("防汛 抗旱"));
    let whole = service.search(request.clone()).await;
    let (behind, token) = &whole.tokens[1];
    let head = &whole.hits[..*behind];
    // Another document, and as many readers of other states as are remembered.
    for number in 0..16 {
        service.put(ready("新", &[format!("第{number}次部署防汛工作").as_str()])).await;
        service.search(limited(1, searched("防汛"))).await;
    }
    let refused = service.try_resume(request.clone(), head, token).await;
    check_refused(refused, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    for collapse in [false, true] {
        // Of one word: the order of what was there before is the same in every state.
        let request = SearchRequest { collapse, ..limited(60, searched("防汛")) };
        let whole = service.search(request.clone()).await;
        let (behind, token) = &whole.tokens[1];
        for number in 0..17 {
            service.put(ready("新", &[format!("再次{number}部署防汛工作").as_str()])).await;
            service.search(limited(1, searched("防汛"))).await;
        }
        let changing = SearchRequest { allow_snapshot_change: true, ..request };
        let head = &whole.hits[..*behind];
        let rest = service.resume(changing, head, token).await;
        assert_ne!(rest.header.generation, whole.header.generation);
        assert!(rest.header.warnings.iter().any(|warning| warning.reason == "SNAPSHOT_CHANGED"));
        // Other copies may lead in another state.
        assert!(collapse || rest.hits.len() + behind == whole.hits.len());
        let sent: Vec<_> = head.iter().map(|hit| hit.paragraph_id.as_str()).collect();
        assert!(hit_ids(&rest).iter().all(|id| !sent.contains(id)), "nothing comes twice");
    }
    service.stop().await;
}

#[tokio::test]
async fn tokens_that_are_no_good() {
    let service = filled().await;
    let request = limited(60, searched("防汛"));
    let token = service.search(request.clone()).await.tokens[1].1.clone();
    let refused = async |request: SearchRequest, token: &str, reason| {
        check_refused(service.try_resume(request, &[], token).await, INVALID, reason, Some("resume_token"));
    };
    for at in 0..token.len() {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        // The first two characters tell the version, which may also be a later one.
        refused(request.clone(), &format!("{}{other}{}", &token[..at], &token[at + 1..]), "TOKEN_INVALID").await;
    }
    refused(request.clone(), &later(&token), "TOKEN_INVALID").await;
    for length in [1, 2, token.len() / 2, token.len() - 1] {
        refused(request.clone(), &token[..length], "TOKEN_INVALID").await;
    }
    for damaged in [format!("{token}A"), format!("{token}="), "页".to_owned(), "t".repeat(10_000)] {
        refused(request.clone(), &damaged, "TOKEN_INVALID").await;
    }
    let others = [
        limited(61, searched("防汛")),
        limited(60, searched("抗旱")),
        SearchRequest { collapse: true, ..request.clone() },
        SearchRequest { context_after: 1, ..request.clone() },
        SearchRequest { highlight_unit: 3, ..request.clone() },
        SearchRequest { r#match: 2, ..request.clone() },
        SearchRequest {
            filter: Some(Filter { levels: vec!["省级".to_owned()], ..Filter::default() }),
            ..request.clone()
        },
    ];
    for other in others {
        refused(other, &token, "TOKEN_MISMATCH").await;
    }
    // What does not shape the stream may change.
    let free = SearchRequest {
        time_budget: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
        allow_snapshot_change: true,
        resume_token: token.clone(),
        ..request.clone()
    };
    let mut stream = service.searches().search(free).await.unwrap().into_inner();
    within("a header", stream.message()).await.unwrap();
    drop(stream);
    // That of another call.
    let of_export = service.export(exported("防汛")).await.tokens[1].1.clone();
    refused(request.clone(), &of_export, "TOKEN_MISMATCH").await;
    // Another server's, with the same documents.
    let other = filled().await;
    let foreign = other.search(request.clone()).await.tokens[1].1.clone();
    refused(request, &foreign, "TOKEN_INVALID").await;
    other.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn a_time_budget_gives_the_best_so_far() {
    let service = filled().await;
    let within_budget = |nanos| SearchRequest {
        time_budget: Some(prost_types::Duration { seconds: 0, nanos }),
        ..limited(200, searched("防汛"))
    };
    let cut = service.search(within_budget(1)).await;
    assert_eq!(cut.summary.finish_reason(), FinishReason::TimeBudget);
    let request =
        SearchRequest { time_budget: Some(prost_types::Duration { seconds: 600, nanos: 0 }), ..within_budget(1) };
    let whole = service.search(request.clone()).await;
    assert_ne!(whole.summary.finish_reason(), FinishReason::TimeBudget);
    // What was ranked whole can be gone on with; what was not, nobody can rank so again.
    for (behind, token) in cut.tokens.iter().filter(|(_, token)| !token.is_empty()) {
        let rest = service.resume(request.clone(), &cut.hits[..*behind], token).await;
        assert_eq!([&cut.hits[..*behind], &rest.hits].concat(), whole.hits);
    }
    // One that goes on has a budget of its own.
    let (behind, token) = &whole.tokens[0];
    let rest = service.resume(within_budget(1), &whole.hits[..*behind], token).await;
    assert_eq!(rest.summary.finish_reason(), FinishReason::TimeBudget);
    service.stop().await;
}
