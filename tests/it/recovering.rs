//! Index structures that are damaged while the service is down: its callers notice nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tonic::Code;
use xunzhang::rpc::proto::{SearchRequest, VerifyIndexRequest};

use crate::support::{
    Follower, NOTICE, Server, Service, Stopped, Whole, check_refused, document, exported, file_of_segment, limited,
    metric, ready, searched, status_of, within,
};

/// Changes the first byte of a file of a segment.
fn damage(data: &Path, kind: &str) -> PathBuf {
    let path = file_of_segment(&data.join("index"), kind);
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[0] ^= 4;
    fs::write(&path, bytes).expect("it can be written");
    path
}

/// Stops a service as a kill does: that the index was closed in order, nobody knows.
async fn stop_uncleanly(service: Service) -> Stopped {
    let stopped = service.stop().await;
    fs::remove_file(stopped.data_dir().join("clean")).expect("it was closed in order");
    stopped
}

#[tokio::test]
async fn a_service_with_damaged_index_structures_answers_as_before() {
    let mut service = Service::start().await;
    for number in 0..9 {
        service.put(document(&format!("d{number}"), &format!("{NOTICE}\n\n附则{number}：自发布之日起施行。"))).await;
    }
    let mut generation = service.put(ready("乙", &["部署防汛工作", "——", "落实防汛责任"])).await.generation;
    let query = |query: &str| limited(40, searched(query));
    let queries = ["优化营商环境", "“办事指南”", "防汛 责任", "第三项是什么？"];
    let mut follower = Follower::start(&service, exported("营商环境")).await;
    follower.catches_up().await;
    for kind in ["term", "idx", "pos", "fieldnorm", "fast"] {
        let mut before = Vec::new();
        for text in queries {
            before.push(service.search(query(text)).await.hits);
        }
        let first = service.search(query("政务服务")).await;
        let (passed, token) = first.tokens[0].clone();
        let all = service.export(exported("")).await.hits;
        let stopped = stop_uncleanly(service).await;
        damage(stopped.data_dir(), kind);
        service = stopped.start().await;
        for (text, before) in queries.into_iter().zip(before) {
            assert!(service.search(query(text)).await.hits == before, "{kind}: {text}");
        }
        assert!(service.export(exported("")).await.hits == all, "{kind}");
        let whole = Whole::read(&service, "d3").await;
        assert_eq!(whole.original, format!("{NOTICE}\n\n附则3：自发布之日起施行。"));
        assert!(metric(&service, "xunzhang_index_recovered_segments").await > 0, "{kind}");
        let verified = within("an answer", service.admin().verify_index(VerifyIndexRequest {})).await.unwrap();
        assert!(verified.into_inner().damaged_files.is_empty(), "{kind}");
        let same = SearchRequest { min_generation: generation.clone(), ..query("防汛") };
        assert_eq!(service.search(same).await.hits.len(), 2);
        let rest = service.resume(query("政务服务"), &first.hits[..passed], &token).await;
        assert!(rest.hits == first.hits[passed..], "{kind}: a search goes on");
        follower.go_on(&service).await;
        generation = service.put(ready(kind, &["营商环境的又一次部署"])).await.generation;
        follower.agrees(&service).await;
    }
    service.try_delete("d4", "").await.unwrap();
    service.put(ready("d5", &["营商环境的另一次部署"])).await;
    let stopped = stop_uncleanly(service).await;
    damage(stopped.data_dir(), "fast");
    let service = stopped.start().await;
    follower.go_on(&service).await;
    follower.agrees(&service).await;
    assert_eq!(follower.removed, ["d4", "d5"]);
    service.stop().await;
}

/// Beside index structures that could be made anew.
#[tokio::test]
async fn what_is_stored_cannot_be_made_anew() {
    let service = Service::start().await;
    service.put(document("甲", NOTICE)).await;
    let stopped = stop_uncleanly(service).await;
    damage(stopped.data_dir(), "idx");
    let store = damage(stopped.data_dir(), "store");
    let damaged = fs::read(&store).unwrap();
    let service = stopped.start().await;
    let refused = service.try_search(searched("营商环境")).await.map(|_| ());
    check_refused(refused, Code::DataLoss, "INDEX_CORRUPT", None);
    assert_eq!(status_of(service.addresses.http.unwrap(), "/readyz").await, 503);
    let _stopped = service.stop().await;
    assert!(fs::read(&store).unwrap() == damaged, "it is left for whoever looks into it");
}

/// A process that was killed, on a disk that rots.
#[test]
fn a_killed_service_makes_anew_what_is_damaged_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let server = Server::start(&data, &[]);
    server.answer(&["import", "samples"]);
    let ask = |server: &Server| {
        let queries = ["“两个确立”", "营商环境", "安全生产责任"];
        queries.map(|query| server.answer(&["search", query, "--limit", "50", "--json"])).concat()
    };
    let expected = ask(&server);
    server.kill();
    let damaged = ["term", "idx"].map(|kind| damage(&data, kind));
    let server = Server::start(&data, &[]);
    assert_eq!(ask(&server), expected);
    assert!(server.answer(&["verify"]).contains("is sound"));
    let said = server.terminate().stderr;
    for path in &damaged {
        assert!(said.contains(path.file_name().unwrap().to_str().unwrap()), "{said}");
    }
    assert!(said.contains("made anew from what is stored"), "{said}");
    // Closed in order, nothing is said any more.
    let server = Server::start(&data, &[]);
    assert_eq!(ask(&server), expected);
    assert!(!server.terminate().stderr.contains("damaged"));
}
