//! What operators rely on: health, probes, reflection, listeners, the data directory.

use std::{fs, io::Write as _, net::TcpListener, time::Duration};

use tonic::{Code, Streaming};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_client::HealthClient,
};
use xunzhang::{
    app::{App, Ending},
    config::Config,
    rpc::{
        Channel,
        proto::{
            GetDocumentRequest, GetIndexStatsRequest, GetServerInfoRequest, GetServerInfoResponse, Limits, Outcome,
            PutDocumentRequest, StartReindexRequest,
        },
    },
};

use crate::support::{
    Server, Service, any_port, check_refused, config_in, copy_directory, counted, exported, file_of_segment, get,
    hit_ids, metric, poll, ready, searched, status_of, within,
};

/// Every name that health knows; the empty one is the whole process.
const NAMES: [&str; 4] = ["", "xunzhang.v1.SearchService", "xunzhang.v1.DocumentService", "xunzhang.v1.AdminService"];

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

/// What health says of every service, when it says the same of all.
async fn health(channel: &Channel) -> ServingStatus {
    let mut client = HealthClient::new(channel.clone());
    let mut said = Vec::new();
    for name in NAMES {
        said.push(within("health", client.check(of(name))).await.expect("it is known").into_inner().status());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    said[0]
}

async fn next(watch: &mut Streaming<HealthCheckResponse>) -> ServingStatus {
    within("news of health", watch.message()).await.expect("it is told").expect("it goes on").status()
}

#[tokio::test]
async fn before_the_index_is_open_everyone_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut app = App::bind(config_in(directory.path())).await.unwrap();
    let addresses = app.addresses();
    let (channel, http) = (Service::connect(addresses.service).await, addresses.http.unwrap());
    let admin_channel = Service::connect(addresses.admin.unwrap()).await;
    let mut searches = xunzhang::rpc::proto::search_service_client::SearchServiceClient::new(channel.clone());
    let mut documents = xunzhang::rpc::proto::document_service_client::DocumentServiceClient::new(channel.clone());
    let mut admin = xunzhang::rpc::proto::admin_service_client::AdminServiceClient::new(admin_channel.clone());
    let mut watches = Vec::new();
    for name in NAMES {
        let mut watch = HealthClient::new(channel.clone()).watch(of(name)).await.unwrap().into_inner();
        assert_eq!(next(&mut watch).await, ServingStatus::NotServing);
        watches.push(watch);
    }
    assert_eq!(
        (health(&channel).await, health(&admin_channel).await),
        (ServingStatus::NotServing, ServingStatus::NotServing)
    );
    assert_eq!((status_of(http, "/livez").await, status_of(http, "/readyz").await), (200, 503));
    let opening = |result| check_refused::<()>(result, Code::Unavailable, "INDEX_OPENING", None);
    opening(searches.search(searched("干部")).await.map(|_| ()));
    opening(searches.export(exported("")).await.map(|_| ()));
    let put = PutDocumentRequest { document: Some(ready("甲", &["一"])), etag: String::new() };
    opening(documents.put_document(put.clone()).await.map(|_| ()));
    opening(admin.get_index_stats(GetIndexStatsRequest {}).await.map(|_| ()));
    // A request that cannot be taken is said so at once; what needs no index is answered.
    let bad = xunzhang::rpc::proto::SearchRequest { limit: 10_001, ..searched("干部") };
    let refused = searches.search(bad).await.map(|_| ());
    check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("limit"));
    admin.get_server_info(GetServerInfoRequest {}).await.unwrap();
    // Open, but not ready: whoever starts the service may bring documents in first.
    app.open().await.unwrap();
    documents.put_document(put).await.unwrap();
    assert_eq!((health(&channel).await, status_of(http, "/readyz").await), (ServingStatus::NotServing, 503));
    app.ready().await;
    for watch in &mut watches {
        assert_eq!(next(watch).await, ServingStatus::Serving);
    }
    assert_eq!((health(&channel).await, status_of(http, "/readyz").await), (ServingStatus::Serving, 200));
}

#[tokio::test]
async fn while_it_drains_it_says_so_and_still_answers() {
    let service = Service::start_with(|config| {
        config.drain.lame_duck = Duration::from_mins(30);
        config.drain.timeout = Duration::from_hours(1);
    })
    .await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let mut client = HealthClient::new(service.channel());
    let mut watch = within("a watch", client.watch(of(""))).await.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, ServingStatus::Serving);
    service.ask_to_stop().await;
    assert_eq!(next(&mut watch).await, ServingStatus::NotServing);
    assert_eq!(health(&service.channel()).await, ServingStatus::NotServing);
    let http = service.addresses.http.unwrap();
    poll("readiness to end", async || (status_of(http, "/readyz").await == 503).then_some(())).await;
    assert_eq!(status_of(http, "/livez").await, 200);
    // Until load balancers have noticed, whoever comes is served, on new connections too.
    assert_eq!(service.search(searched("防汛")).await.hits.len(), 1);
    Service::connect(service.addresses.service).await;
    service.ask_to_stop().await;
    let (ending, _) = service.stopped().await;
    assert_eq!(ending, Ending::Forced);
}

#[tokio::test]
async fn a_service_that_health_does_not_know() {
    let service = Service::start().await;
    let mut client = HealthClient::new(service.channel());
    let status = client.check(of("xunzhang.v1.NoService")).await.expect_err("there is none");
    assert_eq!(status.code(), Code::NotFound);
    // A watch goes on, and the end of the service ends it.
    let mut watch = client.watch(of("xunzhang.v1.SearchService")).await.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, ServingStatus::Serving);
    service.ask_to_stop().await;
    assert_eq!(next(&mut watch).await, ServingStatus::NotServing);
    let end = within("the end", watch.message()).await.expect_err("it never ends by itself");
    assert_eq!(end.code(), Code::Unavailable);
    drop((client, watch));
    assert_eq!(service.stopped().await.0, Ending::Stopped);
}

/// The limits of a service that has so many streams at once.
fn limits_of_streams(streams: u32) -> Limits {
    Limits {
        query_characters: 1_024,
        query_clauses: 256,
        query_depth: 16,
        search_limit: 10_000,
        default_search_limit: 10,
        context_paragraphs: 5,
        document_bytes: 16 << 20,
        document_id_bytes: 512,
        original_bytes: 2 << 20,
        streams,
        query_tree_characters: 16_384,
        filter_values: 256,
        filter_value_bytes: 4 << 10,
        facet_values: 100,
        facet_value_bytes: 1 << 10,
        list_page_size: 1_000,
        default_list_page_size: 50,
        list_page_bytes: 2 << 20,
        purge_sample: 100,
        metadata_field_bytes: 4 << 10,
        labels: 64,
        label_bytes: 256,
        attributes: 64,
        attribute_key_bytes: 256,
        ready_paragraphs: 1_000_000,
        ready_paragraph_bytes: 256 << 10,
        ready_headings: 16,
        ready_heading_bytes: 4 << 10,
        document_request_bytes: 20 << 20,
        request_bytes: 256 << 10,
        calls: 96,
        calls_per_caller: 64,
        imports: 8,
        reader_patience_ms: 30_000,
        import_patience_ms: 60_000,
        streams_per_caller: 128,
        waiting_calls: 64,
        leases: 16,
        lease_ms: 300_000,
        max_wait_ms: 200,
        imports_per_caller: 4,
    }
}

#[tokio::test]
async fn what_operators_ask() {
    let service = Service::start_with(|config| {
        config.admission = Config::default().admission;
        config.admission.max_streams = 7.try_into().unwrap();
    })
    .await;
    let info = within("the answer", service.admin().get_server_info(GetServerInfoRequest {})).await;
    let GetServerInfoResponse { version, text_chain_fingerprint, limits, synonyms_version } =
        info.unwrap().into_inner();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert_eq!(synonyms_version, xunzhang::text::Synonyms::default().version());
    assert_eq!(limits, Some(limits_of_streams(7)));
    let empty = service.stats().await;
    assert_eq!((empty.documents, empty.paragraphs, empty.sequence, empty.tombstones), (0, 0, 0, 0));
    service.put(ready("甲", &["一", "二", "……"])).await;
    service.put(ready("乙", &["三"])).await;
    service.put(ready("甲", &["四"])).await;
    service.try_delete("乙", "").await.unwrap();
    let stats = service.stats().await;
    assert_eq!((stats.documents, stats.paragraphs, stats.tombstones), (1, 1, 2));
    assert!(stats.sequence >= 3 && stats.segments > 0 && stats.disk_bytes > 0 && stats.generation != empty.generation);
    assert!(stats.text_chain_current && stats.text_chain_fingerprint == text_chain_fingerprint);
    service.stop().await;
}

#[tokio::test]
async fn the_http_listener() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let http = service.addresses.http.unwrap();
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404), ("/metrics/x", 404)] {
        assert_eq!(status_of(http, path).await, status, "{path}");
    }
    service.search(searched("防汛")).await;
    let put = r#"grpc_server_handled_total{service="xunzhang.v1.DocumentService",method="PutDocument",code="OK"}"#;
    poll("the put to be counted", async || (metric(&service, put).await == 1).then_some(())).await;
    let page = get(http, "/metrics").await.unwrap();
    for name in ["xunzhang_build_info", "xunzhang_index_documents", "xunzhang_first_hit_seconds", "# EOF"] {
        assert!(page.contains(name), "no {name} in {page}");
    }
    assert!(!page.contains("防汛"), "metrics have no query text");
    service.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind(any_port()).unwrap();
    let address = taken.local_addr().unwrap();
    for listener in ["server.listen", "server.admin_listen", "server.http_listen"] {
        let mut config = config_in(directory.path());
        match listener {
            "server.listen" => config.server.listen = address,
            "server.admin_listen" => config.server.admin_listen = Some(address),
            _ => config.server.http_listen = Some(address),
        }
        let Err(error) = App::bind(config).await else { panic!("{address} is in use") };
        let message = error.to_string();
        let flag = format!("--{}", listener.trim_start_matches("server.").replace('_', "-"));
        for part in [address.to_string().as_str(), listener, &flag] {
            assert!(message.contains(part), "no {part} in {message}");
        }
    }
    // Nothing was begun: not even the directory is there.
    assert!(!directory.path().join("data").exists());
}

#[tokio::test]
async fn another_user_dictionary_is_seen_in_what_operators_look_at() {
    let words = tempfile::NamedTempFile::new().unwrap();
    fs::write(words.path(), "# 本单位的说法\n工作专班\n").unwrap();
    let service = Service::start().await;
    service.put(ready("甲", &["成立工作专班"])).await;
    let before = service.stats().await;
    assert!(before.text_chain_current);

    let change = |config: &mut Config| config.text.user_dictionary = Some(words.path().to_owned());
    let service = service.stop().await.start_with(change).await;
    let after = service.stats().await;
    assert!(!after.text_chain_current, "the index was made without these words");
    assert_eq!(after.text_chain_fingerprint, before.text_chain_fingerprint);
    let info = service.admin().get_server_info(GetServerInfoRequest {}).await.unwrap().into_inner();
    assert_ne!(info.text_chain_fingerprint, before.text_chain_fingerprint);
    let stale = async || (metric(&service, "xunzhang_text_chain_stale").await == 1).then_some(());
    poll("the metric to say so", stale).await;
    // It is searched all the same, and the words divide queries: the whole is looked for, not its parts.
    assert_eq!(hit_ids(&service.search(searched("工作专班")).await), ["甲#0"]);

    let service = service.stop().await.start_with(|config| config.text.user_dictionary = None).await;
    assert!(service.stats().await.text_chain_current);
    service.stop().await;
}

#[tokio::test]
async fn a_user_dictionary_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let words = directory.path().join("words.txt");
    fs::write(&words, "工作专班\n工作 专班\n").unwrap();
    let mut config = config_in(directory.path());
    config.text.user_dictionary = Some(words.clone());
    let Err(error) = App::bind(config).await else { panic!("the file is wrong") };
    let message = error.to_string();
    for part in [words.to_str().unwrap(), "line 2", "`text.user_dictionary`"] {
        assert!(message.contains(part), "no {part} in {message}");
    }
    assert!(!directory.path().join("data").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_data_directory_in_use_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = App::bind(config_in(directory.path())).await.unwrap();
    first.open().await.unwrap();
    let mut second = App::bind(config_in(directory.path())).await.unwrap();
    let message = second.open().await.expect_err("the first one has it").to_string();
    assert!(message.contains("in use") && message.contains(directory.path().to_str().unwrap()), "{message}");
    assert!(message.contains("--data-dir"), "{message}");
    // It is free when the first one has ended.
    first.ready().await;
    assert_eq!(within("the end", first.run_until(tokio_stream::once(()))).await, Ending::Stopped);
    // A program that another test is about to start may have it open for a moment more.
    poll("the directory to be free", async || second.open().await.ok()).await;
}

#[tokio::test]
async fn a_directory_that_is_not_ours_is_left_alone() {
    for (file, text, expected) in [
        ("format.json", r#"{"format":4711,"index_id":1}"#, "4711"),
        ("format.json", r#"{"version":"2"}"#, "format"),
        ("format.json", "no json", "format"),
        ("notes.txt", "何时归还？", "no `format.json`"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let config = config_in(directory.path());
        let path = config.data_dir.join(file);
        fs::create_dir(&config.data_dir).unwrap();
        fs::write(&path, text).unwrap();
        let mut app = App::bind(config).await.unwrap();
        let message = app.open().await.expect_err("it is not ours").to_string();
        let advice = message.contains(expected) && message.contains("--data-dir");
        assert!(advice && message.contains(directory.path().to_str().unwrap()), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert!(!path.with_file_name("index").exists(), "nothing was put there");
    }
}

#[tokio::test]
async fn a_damaged_index_is_not_served_and_everyone_is_told() {
    for damaged_file in ["index/*.store", "index/meta.json", "format.json"] {
        let service = Service::start().await;
        service.put(ready("甲", &["部署防汛工作"])).await;
        let stopped = service.stop().await;
        let data = stopped.data_dir();
        fs::remove_file(data.join("clean")).expect("it was stopped in order");
        let path = match damaged_file.strip_prefix("index/*.") {
            Some(kind) => file_of_segment(&data.join("index"), kind),
            None => data.join(damaged_file),
        };
        let mut bytes = fs::read(&path).unwrap();
        bytes[3] ^= 1;
        bytes[0] ^= 1;
        fs::write(&path, bytes).unwrap();

        let service = stopped.start().await;
        assert_eq!(health(&service.channel()).await, ServingStatus::NotServing, "{damaged_file}");
        assert_eq!(status_of(service.addresses.http.unwrap(), "/readyz").await, 503);
        let damaged = |result| check_refused::<()>(result, Code::DataLoss, "INDEX_CORRUPT", None);
        damaged(service.try_search(searched("防汛")).await.map(|_| ()));
        damaged(service.admin().get_index_stats(GetIndexStatsRequest {}).await.map(|_| ()));
        let put = PutDocumentRequest { document: Some(ready("乙", &["一"])), etag: String::new() };
        damaged(service.try_put(put).await.map(|_| ()));
        damaged(service.admin().start_reindex(StartReindexRequest { force: true }).await.map(|_| ()));
        service.admin().get_server_info(GetServerInfoRequest {}).await.unwrap();
        service.stop().await;
    }
}

#[tokio::test]
async fn damage_that_is_met_while_reading_is_told_as_such() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let store = file_of_segment(&service.data_dir().join("index"), "store");
    // How many bytes the first block unpacks to.
    let mut file = fs::OpenOptions::new().write(true).open(&store).unwrap();
    file.write_all(&[0xff; 3]).unwrap();

    let damaged = |result| check_refused::<()>(result, Code::DataLoss, "INDEX_CORRUPT", None);
    damaged(service.try_search(searched("防汛")).await.map(|_| ()));
    damaged(service.try_export(exported("")).await.map(|_| ()));
    let get = GetDocumentRequest { document_id: "甲".to_owned(), ..GetDocumentRequest::default() };
    damaged(service.try_get(get).await.map(|_| ()));
    // What does not need it is answered.
    assert_eq!(service.count(counted("防汛")).await.paragraphs, 1);
    // That it is there already is no answer any more: it is written again.
    assert_eq!(service.put(ready("甲", &["部署防汛工作"])).await.outcome(), Outcome::Replaced);
    assert_eq!(hit_ids(&service.search(searched("防汛")).await), ["甲#0"]);
    service.stop().await;
}

/// As when somebody copies a backup there while the service runs. With threads of their own for the connections: waiting
/// for a process blocks.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_another_one_took_the_place_of_is_not_written() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let (data, aside) = (service.data_dir().to_owned(), service.data_dir().with_extension("aside"));
    let put = async |id| {
        let put = PutDocumentRequest { document: Some(ready(id, &["部署防汛工作"])), etag: String::new() };
        service.try_put(put).await
    };
    fs::rename(&data, &aside).unwrap();
    copy_directory(&aside, &data);
    let server = Server::start(&data, &[]);
    let imported = |server: &Server| server.answer(&["import", concat!(env!("CARGO_MANIFEST_DIR"), "/samples")]);
    imported(&server);
    // By the writer that there was, and then by a new one.
    for _ in 0..2 {
        check_refused(put("乙").await, Code::Unavailable, "ENGINE_UNAVAILABLE", None);
    }
    server.kill();
    let server = Server::start(&data, &[]);
    assert!(imported(&server).contains("nothing changed"));
    assert!(server.answer(&["verify"]).contains("sound"));
    assert_eq!(server.terminate().code, Some(0));
    fs::remove_dir_all(&data).unwrap();
    check_refused(put("乙").await, Code::Unavailable, "ENGINE_UNAVAILABLE", None);
    fs::rename(&aside, &data).unwrap();
    put("乙").await.unwrap();
    assert_eq!(service.count(counted("防汛")).await.documents, 2);
    service.stop().await;
}
