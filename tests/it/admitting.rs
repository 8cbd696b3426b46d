//! How much is taken on, from whom, and what operators see of it.

use std::time::Duration;

use h2::Reason;
use tokio::task::{JoinHandle, JoinSet};
use tonic::{Code, Request, metadata::AsciiMetadataValue};
use xunzhang::rpc::proto::{
    AnalyzeRequest, CancelStreamRequest, CountRequest, ExportRequest, ListStreamsRequest, RunningStream, SearchRequest,
    StreamState, count_request::QueryForm as CountForm, export_response::Event,
};

use crate::support::{
    Service, Stuck, Unread, check_refused, check_status, exported, limited, metric, poll, ready, searched, status_of,
    within,
};

/// Much more text than lies between a service and a reader that takes nothing.
async fn fill(service: &Service) {
    let text = "统筹推进防汛抗旱和安全生产工作，压实各级责任。".repeat(20);
    service.put(ready("长", &vec![text.as_str(); 1_000])).await;
}

async fn streams(service: &Service) -> Vec<RunningStream> {
    let listed = within("the list", service.admin().list_streams(ListStreamsRequest {})).await;
    listed.expect("it is given").into_inner().streams
}

fn named<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-request-id", AsciiMetadataValue::from_static(name));
    request
}

#[tokio::test]
async fn one_caller_has_only_so_many_streams() {
    let service = Service::start_with(|config| {
        config.admission.max_streams_per_caller = 2.try_into().unwrap();
    })
    .await;
    fill(&service).await;
    let stuck = (Stuck::export(service.addresses.service).await, Stuck::export(service.addresses.service).await);
    let refused = service.try_search(searched("防汛")).await;
    assert!(refused.as_ref().is_err_and(|status| status.message().contains("one caller")), "{refused:?}");
    check_refused(refused, Code::ResourceExhausted, "TOO_MANY_STREAMS", None);
    assert_eq!(status_of(service.addresses.http.unwrap(), "/readyz").await, 200, "health does not mind");
    drop(stuck);
    assert_eq!(service.search_when_there_is_room(limited(1, searched("防汛"))).await.hits.len(), 1);
    service.stop().await;
}

#[tokio::test]
async fn operators_see_streams_and_end_them() {
    let service = Service::start_with(|config| config.log.queries = true).await;
    fill(&service).await;
    let mut client = Service::connect_narrow(service.addresses.service).await;
    let stream = within("an export", client.export(named("desk-7", exported("防汛")))).await.unwrap();
    let mut stream = stream.into_inner();
    let stuck = poll("the reader to be waited for", async || {
        let listed = streams(&service).await;
        listed.into_iter().find(|stream| stream.state() == StreamState::Blocked)
    })
    .await;
    let RunningStream { request_id, method, caller, peer, query, hits_sent, .. } = stuck;
    assert_eq!(
        (request_id.as_str(), method.as_str(), caller.as_str(), peer.as_str(), query.as_str()),
        ("desk-7", "Export", "", "127.0.0.1", "防汛")
    );
    assert!(hits_sent > 0);
    let cancel = |request_id: &str| {
        let request = CancelStreamRequest { request_id: request_id.to_owned() };
        let mut admin = service.admin();
        async move { admin.cancel_stream(request).await.map(tonic::Response::into_inner) }
    };
    check_refused(cancel("").await, Code::InvalidArgument, "INVALID_FIELD", Some("request_id"));
    check_refused(cancel("desk-8").await, Code::NotFound, "STREAM_NOT_FOUND", None);
    assert_eq!(cancel("desk-7").await.unwrap().cancelled, 1);
    let status = loop {
        match within("the end", stream.message()).await {
            Ok(message) => {
                let event = message.expect("it does not end as if it were whole").event;
                assert!(matches!(event, Some(Event::Header(_) | Event::Hits(_))), "{event:?}");
            }
            Err(status) => break status,
        }
    };
    check_status(&status, Code::Aborted, "STREAM_CANCELLED", None);
    poll("the list to be empty", async || streams(&service).await.is_empty().then_some(())).await;
    service.stop().await;
}

#[tokio::test]
async fn without_leave_no_query_is_shown() {
    let service = Service::start().await;
    fill(&service).await;
    let stuck = Stuck::export(service.addresses.service).await;
    assert!(streams(&service).await.iter().all(|stream| stream.query.is_empty()));
    drop(stuck);
    service.stop().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_told_so_if_it_reads_again() {
    let service = Service::start_with(|config| config.admission.reader_patience = Duration::from_secs(2)).await;
    fill(&service).await;
    let mut client = Service::connect_narrow(service.addresses.service).await;
    let mut stream = within("an export", client.export(exported(""))).await.unwrap().into_inner();
    poll("the reader to be given up", async || (metric(&service, "xunzhang_active_streams").await == 0).then_some(()))
        .await;
    // Though the reader holds its connection, and its body with it.
    let shed = async || metric(&service, r#"xunzhang_shed_total{reason="SLOW_CONSUMER"}"#).await;
    poll("the metric to say so", async || (shed().await == 1).then_some(())).await;
    let status = loop {
        match within("the end", stream.message()).await {
            Ok(message) => assert!(message.is_some(), "it does not end as if it were whole"),
            Err(status) => break status,
        }
    };
    check_status(&status, Code::ResourceExhausted, "SLOW_CONSUMER", None);
    assert_eq!(shed().await, 1, "only once");
    service.stop().await;
}

#[tokio::test]
async fn the_stream_of_a_reader_that_takes_nothing_is_reset_in_the_end() {
    let service = Service::start_with(|config| config.admission.reader_patience = Duration::from_millis(200)).await;
    fill(&service).await;
    let stuck = Stuck::export(service.addresses.service).await;
    // Others go on.
    assert_eq!(service.search(limited(1, searched("防汛"))).await.hits.len(), 1);
    // Its connection stays, but nothing is kept for it.
    assert_eq!(stuck.reset().await, Reason::ENHANCE_YOUR_CALM);
    service.stop().await;
}

#[tokio::test]
async fn little_is_made_for_a_reader_that_reads_nothing_and_none_of_it_is_kept() {
    let service = Service::start_with(|config| config.admission.reader_patience = Duration::from_millis(200)).await;
    // Three megabytes, which systems and HTTP/2 take between them if they are let.
    let text = "统筹推进防汛抗旱和安全生产工作，压实各级责任。".repeat(20);
    service.put(ready("长", &vec![text.as_str(); 2_000])).await;
    let unread = Unread::export(service.addresses.service).await;
    poll("the reader to be given up", async || (metric(&service, "xunzhang_active_streams").await == 0).then_some(()))
        .await;
    let of_at_most =
        async |hits: &str| metric(&service, &format!(r#"xunzhang_stream_hits_bucket{{le="{hits}"}}"#)).await;
    poll("its body to go, though its connection stays", async || (of_at_most("+Inf").await == 1).then_some(())).await;
    assert_eq!(of_at_most("1024.0").await, 1, "more was made for it");
    assert_eq!(metric(&service, r#"xunzhang_shed_total{reason="SLOW_CONSUMER"}"#).await, 1, "only once");
    drop(unread);
    service.stop().await;
}

#[tokio::test]
async fn operators_see_and_end_long_calls_that_answer_once() {
    let service = Service::start_with(|config| config.pool.threads = 1.try_into().unwrap()).await;
    let mut client = service.searches();
    let text = "各级各部门要结合实际抓好落实，压实责任。\n".repeat(50_000);
    let analyze = AnalyzeRequest { text, ..Default::default() };
    let analyzing = tokio::spawn(async move { client.analyze(named("desk-1", analyze)).await });
    let seen = async |request_id: &str, state| {
        poll("a call to be listed", async || {
            let listed = streams(&service).await;
            listed.into_iter().find(|call| call.request_id == request_id && call.state() == state)
        })
        .await
    };
    assert_eq!(seen("desk-1", StreamState::Running).await.method, "Analyze");
    // Behind it this one waits for the only core.
    let mut client = service.searches();
    let count = CountRequest { query_form: Some(CountForm::Query("防汛".to_owned())), ..Default::default() };
    let counting = tokio::spawn(async move { client.count(named("desk-2", count)).await });
    assert_eq!(seen("desk-2", StreamState::Queued).await.method, "Count");
    let cancel = async |request_id: &str| {
        let request = CancelStreamRequest { request_id: request_id.to_owned() };
        assert_eq!(service.admin().cancel_stream(request).await.unwrap().into_inner().cancelled, 1);
    };
    cancel("desk-2").await;
    check_refused(within("the end", counting).await.unwrap(), Code::Aborted, "STREAM_CANCELLED", None);
    cancel("desk-1").await;
    check_refused(within("the end", analyzing).await.unwrap(), Code::Aborted, "STREAM_CANCELLED", None);
    assert!(streams(&service).await.is_empty());
    service.stop().await;
}

/// Takes the only core for seconds, and as soon as it is free again, until it is aborted.
fn busy(service: &Service) -> JoinHandle<()> {
    let mut searches = service.searches();
    let text = "各级各部门要结合实际抓好落实，压实责任。\n".repeat(50_000);
    let request = AnalyzeRequest { text, ..Default::default() };
    tokio::spawn(async move {
        loop {
            // One that did not get the core in time is refused, and the next one tries.
            let _ = searches.analyze(request.clone()).await;
        }
    })
}

#[tokio::test]
async fn what_does_not_get_a_core_is_refused() {
    let service = Service::start_with(|config| {
        config.pool.threads = 1.try_into().unwrap();
        config.admission.max_waiting = 1.try_into().unwrap();
    })
    .await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let busy = busy(&service);
    poll("the core to be taken", async || {
        let mut request = Request::new(searched("防汛"));
        request.set_timeout(Duration::from_secs(30));
        // Behind the long job a search waits for a second and is refused then; at once when another one waits.
        let refused = match within("an answer", service.searches().search(request)).await {
            Ok(stream) => within("the end", stream.into_inner().message()).await.err(),
            Err(status) => Some(status),
        };
        refused.map(|status| check_status(&status, Code::ResourceExhausted, "OVERLOADED", None))
    })
    .await;
    assert_eq!(status_of(service.addresses.http.unwrap(), "/readyz").await, 200, "health does not mind");
    poll("a search to wait past its deadline", async || {
        let mut request = Request::new(searched("防汛"));
        request.metadata_mut().insert("grpc-timeout", AsciiMetadataValue::from_static("300m"));
        let stream = within("a search", service.searches().search(request)).await;
        let answer = match stream {
            Ok(stream) => within("the end", stream.into_inner().message()).await.err(),
            Err(status) => Some(status),
        };
        // It may also find its place taken by one that waits.
        let late = answer.filter(|status| status.code() == Code::DeadlineExceeded);
        late.map(|status| check_status(&status, Code::DeadlineExceeded, "DEADLINE", None))
    })
    .await;
    busy.abort();
    service.search_when_there_is_room(searched("防汛")).await;
    service.stop().await;
}

/// With the reason, the name and the figures that other calls have; its message, which cannot be taken, is not looked at.
#[tokio::test]
async fn what_would_wait_too_long_is_refused_on_arrival() {
    let service = Service::start_with(|config| {
        config.pool.threads = 1.try_into().unwrap();
        config.admission.max_wait = Duration::from_millis(1);
    })
    .await;
    let busy = busy(&service);
    let mut waiting = JoinSet::new();
    let status = poll("a search to be refused", async || {
        let unfit = named("desk-9", limited(u32::MAX, searched("防汛")));
        let status = within("an answer", service.searches().search(unfit)).await.err();
        // Behind the long job this one waits, by the next glance for longer than any may.
        let mut behind = service.searches();
        let count = CountRequest { query_form: Some(CountForm::Query("防汛".to_owned())), ..Default::default() };
        waiting.spawn(async move { behind.count(count).await });
        status.filter(|status| status.code() == Code::ResourceExhausted)
    })
    .await;
    check_status(&status, Code::ResourceExhausted, "OVERLOADED", None);
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "desk-9");
    let refused =
        r#"grpc_server_handled_total{service="xunzhang.v1.SearchService",method="Search",code="RESOURCE_EXHAUSTED"}"#;
    assert_eq!(metric(&service, refused).await, 1);
    assert!(metric(&service, r#"xunzhang_shed_total{reason="OVERLOADED"}"#).await >= 1);
    busy.abort();
    drop(waiting);
    service.search_when_there_is_room(searched("防汛")).await;
    service.stop().await;
}

#[tokio::test]
async fn many_cancelled_streams_leave_nothing_behind() {
    let service = Service::start().await;
    fill(&service).await;
    for number in 0..200 {
        let mut client = service.searches();
        if number % 2 == 0 {
            let request: SearchRequest = limited(1_000, searched("防汛"));
            let mut stream = client.search(request).await.unwrap().into_inner();
            if number % 4 == 0 {
                within("a header", stream.message()).await.unwrap();
            }
        } else {
            let request: ExportRequest = exported("");
            drop(client.export(request).await.unwrap());
        }
    }
    for gauge in ["xunzhang_active_streams", "xunzhang_stream_tasks", "xunzhang_queued_calls", "xunzhang_leases"] {
        poll(&format!("`{gauge}` to be 0"), async || (metric(&service, gauge).await == 0).then_some(())).await;
    }
    assert!(streams(&service).await.is_empty());
    service.stop().await;
}
