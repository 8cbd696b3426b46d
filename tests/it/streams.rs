//! Streams that do not end as they should: readers that vanish, time that is up, a service that stops.

mod stopping;

use std::{net::SocketAddr, time::Duration};

use tonic::{Code, Request, Status, Streaming};
use xunzhang::rpc::proto::{
    Document, ExportRequest, ExportResponse, SearchRequest, export_response, search_response,
    search_service_client::SearchServiceClient,
};

use crate::support::{
    Found, Service, Stuck, any_of, check_refused, check_status, exported, limited, metric, phrase, poll, ready, reason,
    searched, typed, within,
};

/// Paragraphs of the corpus.
const PARAGRAPHS: usize = 1_000;

const EXPORT: &str = r#"service="xunzhang.v1.SearchService",method="Export""#;
const SEARCH: &str = r#"service="xunzhang.v1.SearchService",method="Search""#;
const ACTIVE: &str = "xunzhang_active_streams";

/// Much more text than lies between a service and a reader that takes nothing.
async fn fill(service: &Service) {
    service.put(long()).await;
}

fn long() -> Document {
    let text = "统筹推进防汛抗旱和安全生产工作，压实各级责任。".repeat(20);
    ready("长", &vec![text.as_str(); PARAGRAPHS])
}

async fn filled() -> Service {
    let service = Service::start().await;
    fill(&service).await;
    service
}

/// Calls that ended with a code, as the metrics have it.
async fn ended(service: &Service, method: &str, code: &str) -> u64 {
    metric(service, &format!(r#"grpc_server_handled_total{{{method},code="{code}"}}"#)).await
}

/// Waits until as many calls have ended so.
async fn wait_for_end(service: &Service, method: &str, code: &str, calls: u64) {
    poll(&format!("{calls} calls that end {code}"), async || {
        (ended(service, method, code).await >= calls).then_some(())
    })
    .await;
}

async fn wait_for_active(service: &Service, streams: u64) {
    poll(&format!("{streams} active streams"), async || (metric(service, ACTIVE).await == streams).then_some(())).await;
}

/// An export that has begun and whose rest nobody reads yet.
async fn begun(service: &Service, request: Request<ExportRequest>) -> Streaming<ExportResponse> {
    begun_at(service.addresses.service, request).await
}

async fn begun_at(address: SocketAddr, request: Request<ExportRequest>) -> Streaming<ExportResponse> {
    let mut client = Service::connect_narrow(address).await;
    let mut stream = within("an export", client.export(request)).await.expect("it begins").into_inner();
    let first = within("a header", stream.message()).await.expect("it goes on").expect("there is a header");
    assert!(matches!(first.event, Some(export_response::Event::Header(_))), "{first:?}");
    stream
}

/// Reads what is left of a stream that does not end well: how many hits, and how it ended.
async fn rest(stream: Streaming<ExportResponse>) -> (usize, Status) {
    read_at(Duration::from_micros(1), stream).await
}

/// The same, by a reader who takes his time: some 10 seconds for all of it.
async fn paced(stream: Streaming<ExportResponse>) -> (usize, Status) {
    read_at(Duration::from_millis(300), stream).await
}

async fn read_at(pace: Duration, mut stream: Streaming<ExportResponse>) -> (usize, Status) {
    let mut hits = 0;
    let mut ticks = tokio::time::interval(pace);
    loop {
        ticks.tick().await;
        match within("the next message", stream.message()).await {
            Ok(Some(ExportResponse { event: Some(export_response::Event::Hits(batch)) })) => hits += batch.hits.len(),
            Ok(other) => panic!("it must not end as if it were whole: {other:?}"),
            Err(status) => return (hits, status),
        }
    }
}

#[tokio::test]
async fn a_reader_that_vanishes_gives_its_place_back() {
    let service = Service::start_with(|config| config.admission.max_streams = 1.try_into().unwrap()).await;
    fill(&service).await;
    let stream = begun(&service, Request::new(exported(""))).await;
    wait_for_active(&service, 1).await;
    let refused = service.try_search(searched("防汛")).await;
    check_refused(refused, Code::ResourceExhausted, "TOO_MANY_STREAMS", None);
    check_refused(service.try_export(exported("")).await, Code::ResourceExhausted, "TOO_MANY_STREAMS", None);
    // Calls that are no streams go on, and health does not mind.
    service.put(ready("短", &["部署防汛工作"])).await;
    let ready_to_serve = crate::support::status_of(service.addresses.http.unwrap(), "/readyz").await;
    assert_eq!((ready_to_serve, metric(&service, r#"xunzhang_shed_total{reason="TOO_MANY_STREAMS"}"#).await), (200, 2));
    drop(stream);
    assert_eq!(service.search_when_there_is_room(limited(1, searched("防汛"))).await.hits.len(), 1);
    wait_for_active(&service, 0).await;
    wait_for_end(&service, EXPORT, "CANCELLED", 1).await;
    service.stop().await;
}

#[tokio::test]
async fn a_whole_stream_counts_as_ok_and_a_refused_call_as_refused() {
    let service = Service::start().await;
    service.put(ready("短", &["部署防汛工作"])).await;
    service.search(searched("防汛")).await;
    service.export(exported("")).await;
    service.try_search(searched("")).await.expect_err("nothing is asked");
    wait_for_end(&service, SEARCH, "OK", 1).await;
    wait_for_end(&service, EXPORT, "OK", 1).await;
    wait_for_end(&service, SEARCH, "INVALID_ARGUMENT", 1).await;
    wait_for_active(&service, 0).await;
    assert_eq!(metric(&service, &format!("grpc_server_started_total{{{SEARCH}}}")).await, 2);
    service.stop().await;
}

#[tokio::test]
async fn a_search_that_is_left_ends() {
    let service = filled().await;
    let mut client = Service::connect_narrow(service.addresses.service).await;
    let request = limited(10_000, searched("防汛"));
    let mut stream = within("a search", client.search(request)).await.unwrap().into_inner();
    let first = within("a header", stream.message()).await.unwrap().unwrap();
    assert!(matches!(first.event, Some(search_response::Event::Header(_))));
    drop((stream, client));
    wait_for_end(&service, SEARCH, "CANCELLED", 1).await;
    wait_for_active(&service, 0).await;
    service.stop().await;
}

#[tokio::test]
async fn a_deadline_ends_a_stream() {
    let service = filled().await;
    let mut request = Request::new(exported(""));
    // Long enough to begin on a busy machine, too short for whoever reads so slowly.
    request.set_timeout(Duration::from_secs(3));
    let (hits, status) = paced(begun(&service, request).await).await;
    check_status(&status, Code::DeadlineExceeded, "DEADLINE", None);
    assert!(hits < PARAGRAPHS, "{hits}");
    wait_for_end(&service, EXPORT, "DEADLINE_EXCEEDED", 1).await;
    wait_for_active(&service, 0).await;
    service.stop().await;
}

#[tokio::test]
async fn a_deadline_in_the_middle_of_ranking_is_told_as_one() {
    let service = filled().await;
    // The most work there is: each of these characters stands in all paragraphs, and all of them are fetched.
    let characters = "统筹推进防汛抗旱和安全生产工作压实各级责任".chars().cycle().take(250);
    let query = any_of(&characters.map(|character| phrase(&character.to_string())).collect::<Vec<_>>());
    let stopped = async || metric(&service, "xunzhang_job_stopping_seconds_count").await;
    poll("a deadline to pass while a job runs", async || {
        let before = stopped().await;
        for deadline_ms in [5, 10, 20, 40, 80, 160] {
            let mut request = Request::new(limited(10_000, typed(query.clone())));
            request.set_timeout(Duration::from_millis(deadline_ms));
            // Before a stream has begun it is the client's own clock that may end it, which says something else.
            let Ok(stream) = within("a search", service.searches().search(request)).await else { continue };
            let Err(status) = Found::read(stream.into_inner()).await else { continue };
            check_status(&status, Code::DeadlineExceeded, "DEADLINE", None);
            if stopped().await > before {
                return Some(());
            }
        }
        None
    })
    .await;
    wait_for_active(&service, 0).await;
    service.stop().await;
}

#[tokio::test]
async fn a_stream_reads_from_one_state_of_the_index() {
    let service = filled().await;
    let mut stream = begun(&service, Request::new(exported(""))).await;
    // All that it has not sent yet is replaced and gone for everyone else.
    service.put(ready("长", &["另有安排"])).await;
    service.put(ready("新", &["另行通知"])).await;
    assert_eq!(service.export(exported("")).await.hits.len(), 2);
    let mut texts = Vec::new();
    loop {
        match within("the next message", stream.message()).await.unwrap().and_then(|message| message.event) {
            Some(export_response::Event::Hits(batch)) => texts.extend(batch.hits.into_iter().map(|hit| hit.text)),
            Some(export_response::Event::Summary(summary)) => break assert_eq!(summary.hits_sent, PARAGRAPHS as u64),
            other => panic!("{other:?}"),
        }
    }
    assert!(texts.len() == PARAGRAPHS && texts.iter().all(|text| text.starts_with("统筹推进")));
    service.stop().await;
}

#[tokio::test]
async fn a_slow_reader_does_not_hold_up_others() {
    let service = Service::start_with(|config| config.pool.threads = 1.try_into().unwrap()).await;
    fill(&service).await;
    let slow = [(); 3].map(|()| Stuck::export(service.addresses.service));
    let slow = {
        let [one, two, three] = slow;
        (one.await, two.await, three.await)
    };
    for _ in 0..20 {
        assert_eq!(service.search(searched("防汛")).await.hits.len(), 10);
    }
    drop(slow);
    service.stop().await;
}

#[tokio::test]
async fn many_clients_come_and_go() {
    let service = filled().await;
    let client = async |number: u32| {
        let mut searches = SearchServiceClient::new(Service::connect(service.addresses.service).await);
        for turn in 0..8 {
            let request: SearchRequest = limited(500, searched("安全生产"));
            let mut stream = searches.search(request).await.unwrap().into_inner();
            if (turn + number).is_multiple_of(2) {
                let header = within("a header", stream.message()).await.unwrap().unwrap();
                assert!(matches!(header.event, Some(search_response::Event::Header(_))));
            } else {
                assert_eq!(Found::read(stream).await.unwrap().hits.len(), 500);
            }
        }
    };
    tokio::join!(client(0), client(1), client(2), client(3));
    wait_for_active(&service, 0).await;
    wait_for_end(&service, SEARCH, "OK", 16).await;
    assert_eq!(ended(&service, SEARCH, "INTERNAL").await, 0);
    let nothing = service.try_search(searched("")).await.expect_err("nothing is asked");
    assert_eq!(reason(&nothing), "INVALID_FIELD");
    service.stop().await;
}
