//! The services as callers meet them, before there is an index: over a pipe, through every layer.

use std::{num::NonZeroUsize, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tonic::{Code, Request, Status, metadata::AsciiMetadataValue};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt as _;

use crate::{
    ingest::unreadable,
    pool::Pool,
    rpc::{
        Channel, ConnectionPolicy, Opened, Policy, Rpc, TokenKey,
        proto::{
            self, document_service_client::DocumentServiceClient, search_request::QueryForm,
            search_service_client::SearchServiceClient,
        },
    },
    search::Searcher,
    shutdown::{DrainTimes, Shutdown},
    telemetry::Metrics,
};

struct Served {
    rpc: Rpc,
    shutdown: Shutdown,
    metrics: Metrics,
    channel: Channel,
    serving: JoinHandle<()>,
}

async fn served() -> Served {
    served_with(Policy::of_streams(4)).await
}

async fn served_with(policy: Policy) -> Served {
    let (metrics, shutdown) = (Metrics::new(), Shutdown::new());
    let connections = ConnectionPolicy {
        max_concurrent_streams: 64,
        keepalive_interval: Duration::from_secs(30),
        keepalive_timeout: Duration::from_secs(10),
        max_age: Duration::from_mins(30),
    };
    let pool = Pool::new(NonZeroUsize::MIN).unwrap();
    let rpc = Rpc::new(pool, metrics.clone(), shutdown.clone(), policy, connections).await;
    let (channel, serving) = rpc.local();
    Served { rpc, shutdown, metrics, channel, serving: tokio::spawn(serving) }
}

impl Served {
    async fn search_fails(&self, request: impl tonic::IntoRequest<proto::SearchRequest>) -> Status {
        let mut client = SearchServiceClient::new(self.channel.clone());
        client.search(request).await.expect_err("there is no index")
    }

    /// Stops, and waits until every connection is closed.
    async fn stop(self) {
        let Self { shutdown, serving, .. } = self;
        let times = DrainTimes { lame_duck: Duration::ZERO, timeout: Duration::from_secs(25) };
        let ended = shutdown.run(times, tokio_stream::once(()), serving).await;
        ended.expect("must end in time").unwrap();
    }
}

fn everything() -> proto::SearchRequest {
    let query = proto::Query { kind: Some(proto::query::Kind::MatchAll(proto::MatchAllQuery {})) };
    proto::SearchRequest { query_form: Some(QueryForm::TypedQuery(query)), ..proto::SearchRequest::default() }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().expect("every status has one").reason.clone()
}

#[tokio::test]
async fn without_an_index_calls_are_told_so() {
    let served = served().await;
    let status = served.search_fails(everything()).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "INDEX_OPENING"));
    // A request that cannot be taken is said so at once.
    let status = served.search_fails(proto::SearchRequest { limit: 10_001, ..everything() }).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
}

/// The status of a search whose message never comes, over a socket.
async fn unfinished(served: &Served, timeout_header: &str) -> Status {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(served.rpc.serve_tcp(listener));
    let connection = TcpStream::connect(address).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(connection).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{address}/xunzhang.v1.SearchService/Search"));
    let request = request.header("content-type", "application/grpc").header("grpc-timeout", timeout_header);
    let (response, _sending) = requests.send_request(request.body(()).unwrap(), false).unwrap();
    let answer = timeout(Duration::from_secs(10), response).await.expect("the rest is not waited for").unwrap();
    Status::from_header_map(answer.headers()).expect("it is refused in its head")
}

#[tokio::test]
async fn a_call_that_is_refused_unread_does_not_wait_for_the_rest_of_it() {
    let served = served_with(Policy { max_waiting: 0, ..Policy::of_streams(4) }).await;
    let status = unfinished(&served, "1H").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    served.stop().await;
}

#[tokio::test]
async fn a_deadline_ends_a_call_whose_message_does_not_come() {
    let served = served().await;
    let status = unfinished(&served, "100m").await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE"));
    served.stop().await;
}

#[tokio::test]
async fn a_call_keeps_its_name() {
    let served = served().await;
    let mut request = Request::new(everything());
    request.metadata_mut().insert("x-request-id", AsciiMetadataValue::from_static("desk-7"));
    let status = served.search_fails(request).await;
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "desk-7");
    assert_eq!(status.get_error_details().error_info().unwrap().metadata["request_id"], "desk-7");
    let status = served.search_fails(everything()).await;
    assert!(!status.metadata().get("x-request-id").unwrap().is_empty());
}

#[tokio::test]
async fn what_the_transport_refuses_looks_like_ours() {
    let served = served().await;
    let query_form = Some(QueryForm::Query("党".repeat(100_000)));
    let status = served.search_fails(proto::SearchRequest { query_form, ..everything() }).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "INVALID_MESSAGE"));
    // The operators' service is not on this listener.
    let mut admin = proto::admin_service_client::AdminServiceClient::new(served.channel.clone());
    let status = admin.get_server_info(proto::GetServerInfoRequest {}).await.expect_err("not here");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "UNIMPLEMENTED"));
}

#[tokio::test]
async fn documents_of_the_largest_size_pass_the_transport() {
    let served = served().await;
    let mut client = DocumentServiceClient::new(served.channel.clone());
    let mut put = async |bytes: usize| {
        let content = Some(proto::document::Content::Text("a".repeat(bytes)));
        let document = proto::Document { id: "a".to_owned(), content, ..proto::Document::default() };
        let request = proto::PutDocumentRequest { document: Some(document), etag: String::new() };
        reason(&client.put_document(request).await.expect_err("there is no index"))
    };
    assert_eq!(put(16 << 20).await, "INDEX_OPENING");
    assert_eq!(put((16 << 20) + 1).await, "INVALID_FIELD");
    assert_eq!(put(20 << 20).await, "INVALID_MESSAGE");
}

#[tokio::test]
async fn health_tells_watchers_and_does_not_hold_up_the_end() {
    let served = served().await;
    let mut health = HealthClient::new(served.channel.clone());
    for service in ["", "xunzhang.v1.SearchService", "xunzhang.v1.DocumentService", "xunzhang.v1.AdminService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::NotServing, "{service:?}");
    }
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    served.rpc.set_serving(true).await;
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let metrics = served.metrics.clone();
    served.stop().await;
    let status = watch.message().await.expect_err("the service stopped");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVER_DRAINING"));
    let handled = r#"grpc_server_handled_total{service="grpc.health.v1.Health",method="Watch",code="UNAVAILABLE"} 1"#;
    assert!(metrics.encode().contains(handled), "{}", metrics.encode());
}

#[tokio::test]
async fn reflection_lists_the_services_and_knows_the_details_of_errors() {
    let served = served().await;
    let mut client = ServerReflectionClient::new(served.channel.clone());
    let ask = |message_request| ServerReflectionRequest { host: String::new(), message_request: Some(message_request) };
    let requests = tokio_stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("google.rpc.BadRequest".to_owned())),
        ask(MessageRequest::FileContainingSymbol("google.rpc.Status".to_owned())),
        ask(MessageRequest::FileContainingSymbol("xunzhang.v1.SearchService".to_owned())),
    ]);
    let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
    let listed = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = listed else { panic!("{listed:?}") };
    let mut names: Vec<_> = services.service.into_iter().map(|service| service.name).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "xunzhang.v1.DocumentService",
            "xunzhang.v1.SearchService",
        ]
    );
    while let Some(answer) = answers.message().await.unwrap() {
        let found = answer.message_response;
        assert!(matches!(found, Some(MessageResponse::FileDescriptorResponse(_))), "{found:?}");
    }
}

#[tokio::test]
async fn a_bug_tells_its_caller_a_name_and_nothing_else() {
    let served = served().await;
    let (engine, segmenter, ingest) = unreadable();
    let searcher = Searcher::new(engine, segmenter);
    served.rpc.open(Opened { searcher, ingest, token_key: TokenKey::new([7; 32]) });
    let mut client = SearchServiceClient::new(served.channel.clone());
    // Its work panics, that of the next call too: the service goes on.
    for _ in 0..2 {
        let mut stream = client.search(everything()).await.unwrap().into_inner();
        let in_a_stream = stream.message().await.unwrap_err();
        let in_an_answer = client.count(proto::CountRequest::default()).await.unwrap_err();
        for status in [in_a_stream, in_an_answer] {
            assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
            let told = "something went wrong inside the service; quote the request id to the operators";
            assert_eq!(status.message(), told);
            let details = status.get_error_details();
            let metadata = &details.error_info().unwrap().metadata;
            assert!(metadata.len() == 1 && !metadata["request_id"].is_empty(), "{metadata:?}");
            assert!(
                details.bad_request().is_none() && details.retry_info().is_none() && details.debug_info().is_none()
            );
        }
    }
    drop(client);
    served.stop().await;
}
