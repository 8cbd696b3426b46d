//! Readers that are slow but steady, and those that let nothing be sent to them.

use std::time::Duration;

use h2::Reason;
use tonic::Code;
use xunzhang::rpc::proto::{
    CancelStreamRequest, DocumentView, GetDocumentRequest, ListStreamsRequest, RunningStream, StreamState,
};

use crate::support::{
    Peer, Server, Service, Stuck, check_refused, document, exported, framed, metric, poll, ready, within,
};

const EXPORT: &str = "/xunzhang.v1.SearchService/Export";
const GET: &str = "/xunzhang.v1.DocumentService/GetDocument";
/// What HTTP/2 lets a peer send before its reader has made room.
const WINDOW: u32 = 65_535;
/// Calls about documents that one caller may have under way.
const CALLS_PER_CALLER: usize = 64;

const LINE: &str = "统筹推进防汛抗旱和安全生产工作，压实各级责任。";

async fn patient_for(patience: Duration) -> Service {
    Service::start_with(|config| config.admission.reader_patience = patience).await
}

/// Paragraphs of a kilobyte and a half each.
async fn fill(service: &Service, paragraphs: usize) {
    service.put(ready("长", &vec![LINE.repeat(20).as_str(); paragraphs])).await;
}

fn original_of(id: &str) -> GetDocumentRequest {
    GetDocumentRequest { document_id: id.to_owned(), view: DocumentView::Original.into(), ..Default::default() }
}

async fn slow_consumers(service: &Service) -> u64 {
    metric(service, r#"xunzhang_shed_total{reason="SLOW_CONSUMER"}"#).await
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_the_patience_arrives_if_its_reader_reads_on() {
    let service = patient_for(Duration::from_secs(1)).await;
    let text = format!("{LINE}\n").repeat(7_000);
    service.put(document("长", &text)).await;
    let mut peer = Peer::connect(service.addresses.service, WINDOW).await;
    let answer = peer.call(GET, &original_of("长")).await;
    // Half a megabyte, 160 KiB a second: more than three seconds for one chunk, of which two are the end.
    let (read, status) = answer.read_at(Duration::from_millis(100), 16 << 10).await.expect("it is not given up");
    assert_eq!(status, "0");
    assert!(read > text.len(), "{read}");
    assert_eq!(slow_consumers(&service).await, 0);
    service.stop().await;
}

#[tokio::test]
async fn a_stream_whose_last_batches_take_longer_than_the_patience_ends_well_if_its_reader_reads_on() {
    let service = patient_for(Duration::from_millis(700)).await;
    fill(&service, 100).await;
    // A batch takes a second and a half.
    let mut peer = Peer::connect(service.addresses.service, 8 << 10).await;
    let answer = peer.call(EXPORT, &exported("")).await;
    let (read, status) = answer.read_at(Duration::from_millis(100), 4 << 10).await.expect("it is not given up");
    assert_eq!(status, "0");
    assert!(read > 100 * 20 * LINE.len(), "{read}");
    assert_eq!(slow_consumers(&service).await, 0);
    service.stop().await;
}

#[tokio::test]
async fn streams_that_wait_for_their_connection_are_reset_too() {
    let service = patient_for(Duration::from_secs(1)).await;
    fill(&service, 1_000).await;
    let mut peer = Peer::connect(service.addresses.service, WINDOW).await;
    let mut first = peer.call(EXPORT, &exported("")).await;
    poll("the first one to wait for its reader", async || {
        let listed = service.admin().list_streams(ListStreamsRequest {}).await.expect("it is given").into_inner();
        listed.streams.iter().any(|stream| stream.state() == StreamState::Blocked).then_some(())
    })
    .await;
    // The first one has used the connection's window up: of the second one not a byte can be sent.
    let mut second = peer.call(EXPORT, &exported("")).await;
    assert_eq!(first.reset().await, Reason::ENHANCE_YOUR_CALM);
    // What came of the first one is not read: its connection has no more room than before.
    assert_eq!(second.reset().await, Reason::CANCEL);
    let ended =
        r#"grpc_server_handled_total{service="xunzhang.v1.SearchService",method="Export",code="RESOURCE_EXHAUSTED"}"#;
    poll("both to have ended", async || (metric(&service, ended).await == 2).then_some(())).await;
    assert_eq!((slow_consumers(&service).await, metric(&service, "xunzhang_active_streams").await), (2, 0));
    service.stop().await;
}

#[tokio::test]
async fn answers_that_nobody_lets_be_sent_are_bounded_and_not_kept_for_ever() {
    let service = patient_for(Duration::from_secs(3)).await;
    service.put(document("短", LINE)).await;
    // Not a byte of any answer may be sent.
    let mut peer = Peer::connect(service.addresses.service, 0).await;
    let begun = (0..CALLS_PER_CALLER).map(|_| {
        let (answer, mut sending) = peer.begin(GET);
        sending.send_data(framed(&original_of("短")), true).expect("there is room for a message");
        answer
    });
    let begun: Vec<_> = begun.collect();
    let mut unread = Vec::new();
    for answer in begun {
        unread.push(within("an answer", answer).await);
    }
    let refused = service.try_get(original_of("短")).await;
    assert!(
        refused.as_ref().is_err_and(|status| status.message().contains(&format!("{CALLS_PER_CALLER} calls"))),
        "{refused:?}"
    );
    check_refused(refused, Code::ResourceExhausted, "OVERLOADED", None);
    for mut answer in unread {
        assert_eq!(answer.reset().await, Reason::CANCEL);
    }
    service.get(original_of("短")).await;
    assert_eq!(slow_consumers(&service).await, CALLS_PER_CALLER as u64);
    service.stop().await;
}

#[tokio::test]
async fn operators_end_a_stream_that_has_ended_but_for_its_reader() {
    let service = Service::start().await;
    fill(&service, 100).await;
    let mut client = Service::connect_narrow(service.addresses.service).await;
    let mut stream = within("an export", client.export(exported(""))).await.expect("it begins").into_inner();
    let listed = async || {
        let listed = within("the list", service.admin().list_streams(ListStreamsRequest {})).await;
        listed.expect("it is given").into_inner().streams
    };
    let ended = |stream: &RunningStream| stream.state() == StreamState::Ended;
    let stuck = poll("its work to have ended", async || listed().await.into_iter().find(ended)).await;
    let request = CancelStreamRequest { request_id: stuck.request_id };
    assert_eq!(service.admin().cancel_stream(request).await.unwrap().into_inner().cancelled, 1);
    poll("its place to be free", async || (metric(&service, "xunzhang_active_streams").await == 0).then_some(())).await;
    assert!(listed().await.is_empty());
    let status = loop {
        match within("the end", stream.message()).await {
            Ok(message) => assert!(message.is_some(), "it does not end as if it were whole"),
            Err(status) => break status,
        }
    };
    check_refused(Err::<(), _>(status), Code::Aborted, "STREAM_CANCELLED", None);
    service.stop().await;
}

#[tokio::test]
async fn the_log_says_who_took_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let environment = [("XUNZHANG_ADMISSION__READER_PATIENCE", "200ms"), ("XUNZHANG_LOG__FORMAT", "json")];
    let server = Server::start_with(&directory.path().join("data"), &[], &environment);
    let file = directory.path().join("long.txt");
    std::fs::write(&file, format!("{}\n", LINE.repeat(20)).repeat(200)).unwrap();
    server.answer(&["import", file.to_str().unwrap()]);
    let stuck = Stuck::export(server.address("listening on").parse().unwrap()).await;
    // Whether it waits for room of ours or of its peer's.
    assert!(matches!(stuck.reset().await, Reason::ENHANCE_YOUR_CALM | Reason::CANCEL));
    let log = server.terminate().stderr;
    let lines: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let told =
        |parts: [&str; 2]| lines.iter().filter(|line| parts.iter().all(|part| line.to_string().contains(part))).count();
    assert_eq!(told(["WARN", "SLOW_CONSUMER: a reader took nothing"]), 1, "{log}");
    assert_eq!(told(["SearchService/Export", "RESOURCE_EXHAUSTED"]), 1, "{log}");
}
