//! The service stops while streams are open.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};
use xunzhang::{
    app::Ending,
    rpc::proto::{PutDocumentRequest, document_service_client::DocumentServiceClient},
};

use super::{EXPORT, PARAGRAPHS, begun, begun_at, fill, long, rest, wait_for_active, wait_for_end};
use crate::support::{Server, Service, Stuck, check_status, exported, ready, searched, send_signal, sent, within};

#[tokio::test]
async fn stopping_ends_streams_and_is_told_by_metrics() {
    let service = Service::start_with(|config| config.drain.timeout = Duration::from_mins(2)).await;
    fill(&service).await;
    let read = begun(&service, Request::new(exported(""))).await;
    let stuck = Stuck::export(service.addresses.service).await;
    wait_for_active(&service, 2).await;
    service.ask_to_stop().await;
    let (hits, status) = rest(read).await;
    check_status(&status, Code::Unavailable, "SERVER_DRAINING", None);
    assert!(hits < PARAGRAPHS);
    // The other reader is waited for, so that there still is a page of metrics.
    wait_for_end(&service, EXPORT, "UNAVAILABLE", 1).await;
    drop(stuck);
    let (ending, _) = service.stopped().await;
    assert_eq!(ending, Ending::Stopped);
}

/// With threads of their own for the connections: waiting for a process blocks.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_streams_and_then_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let address = server.address("listening on").parse().unwrap();
    let put = PutDocumentRequest { document: Some(long()), etag: String::new() };
    let mut documents = DocumentServiceClient::new(Service::connect(address).await);
    within("an answer to a put", documents.put_document(put)).await.unwrap();
    drop(documents);
    let stream = begun_at(address, Request::new(exported(""))).await;
    send_signal("TERM", server.id());
    let (hits, status) = rest(stream).await;
    check_status(&status, Code::Unavailable, "SERVER_DRAINING", None);
    assert!(hits < PARAGRAPHS);
    assert_eq!(server.end().code, Some(0));
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let service = Service::start_with(|config| config.drain.timeout = Duration::from_secs(10)).await;
    fill(&service).await;
    let stuck = Stuck::export(service.addresses.service).await;
    service.ask_to_stop().await;
    let (ending, stopped) = service.stopped().await;
    assert_eq!(ending, Ending::Stopped, "a reader that never takes the end is left, and nothing is lost");
    drop(stuck);
    // What was written is there all the same.
    let service = stopped.start().await;
    assert_eq!(service.stats().await.documents, 1);
    service.stop().await;
}

#[tokio::test]
async fn a_second_request_to_stop_is_now() {
    let service = Service::start_with(|config| config.drain.timeout = Duration::from_hours(1)).await;
    fill(&service).await;
    let stuck = Stuck::export(service.addresses.service).await;
    service.ask_to_stop().await;
    service.ask_to_stop().await;
    let (ending, _) = service.stopped().await;
    assert_eq!(ending, Ending::Forced);
    drop(stuck);
}

#[tokio::test]
async fn an_import_that_the_end_cuts_short_says_what_is_in() {
    let service = Service::start().await;
    let (requests, outgoing) = mpsc::channel(4);
    let mut documents = service.documents();
    let answers = documents.import_documents(ReceiverStream::new(outgoing));
    let mut answers = within("the import", answers).await.unwrap().into_inner();
    requests.send(sent(1, ready("甲", &["部署防汛工作"]))).await.unwrap();
    let first = within("an acknowledgement", answers.message()).await.unwrap().unwrap();
    assert_eq!((first.acknowledged_through, first.created), (1, 1));
    drop(documents);
    service.ask_to_stop().await;
    let status = within("the end", answers.message()).await.expect_err("it was cut short");
    check_status(&status, Code::Unavailable, "SERVER_DRAINING", None);
    drop((requests, answers));
    let (ending, stopped) = service.stopped().await;
    assert_eq!(ending, Ending::Stopped);
    let service = stopped.start().await;
    assert_eq!(service.search(searched("防汛")).await.hits.len(), 1);
    service.stop().await;
}
