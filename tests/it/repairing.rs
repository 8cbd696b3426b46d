//! Parts of an index that are lost: an operator without a backup leaves them out, and the rest goes on.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tonic::Code;
use xunzhang::rpc::proto::{
    CreateBackupRequest, ExportRequest, ListDocumentsRequest, SearchRequest, StartReindexRequest, VerifyIndexRequest,
};

use crate::{
    commands::{check_failed, objects},
    support::{
        Ended, Follower, Found, Server, Service, check_refused, export_ids, exported, file_of_segment, hit_ids,
        limited, ready, run, searched, within,
    },
};

/// Changes the first byte of what is stored in a segment; which one it is.
fn damage(data: &Path) -> PathBuf {
    let path = file_of_segment(&data.join("index"), "store");
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[0] ^= 4;
    fs::write(&path, bytes).expect("it can be written");
    path
}

fn repair(data: &Path, arguments: &[&str]) -> Ended {
    let data = data.to_str().expect("it is UTF-8");
    run(&[&["repair", "--data-dir", data], arguments].concat())
}

/// All paragraphs, in order of arrival.
async fn exported_ids(service: &Service) -> Vec<String> {
    export_ids(&service.export(exported("")).await).into_iter().map(str::to_owned).collect()
}

/// The documents of paragraphs.
fn documents(paragraphs: &[String]) -> BTreeSet<&str> {
    paragraphs.iter().map(|id| id.rsplit_once('#').map_or(id.as_str(), |(id, _)| id)).collect()
}

/// What callers carry of an index.
struct Carried {
    generation: String,
    follower: Follower,
    page_token: String,
    found: Found,
}

fn page_of(page_token: &str) -> ListDocumentsRequest {
    ListDocumentsRequest { page_size: 2, page_token: page_token.to_owned(), ..ListDocumentsRequest::default() }
}

impl Carried {
    async fn of(service: &Service, generation: String) -> Self {
        let mut follower = Follower::start(service, exported("")).await;
        follower.catches_up().await;
        let page_token = service.list(page_of("")).await.next_page_token;
        let found = service.search(limited(40, searched("防汛"))).await;
        Self { generation, follower, page_token, found }
    }

    /// Removals may be lost: nobody goes on without being told so.
    async fn check_refused(self, service: &Service) {
        let Self { generation, follower, page_token, found } = self;
        let follow = |allow_snapshot_change| ExportRequest {
            resume_token: follower.token.clone(),
            allow_snapshot_change,
            ..exported("")
        };
        let expired = Follower::start_at(service.addresses.service, follow(false)).await.map(|_| ());
        check_refused(expired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
        let insisting = Follower::start_at(service.addresses.service, follow(true)).await.expect("it is answered");
        assert_eq!(insisting.header.warnings[0].reason, "REMOVALS_MISSING");
        let since = SearchRequest { min_generation: generation, ..searched("防汛") };
        let refused = service.try_search(since).await.map(|_| ());
        check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("min_generation"));
        let (passed, token) = &found.tokens[0];
        let resumed =
            service.try_resume(limited(40, searched("防汛")), &found.hits[..*passed], token).await.map(|_| ());
        check_refused(resumed, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
        let listed = within("a page", service.documents().list_documents(page_of(&page_token))).await.map(|_| ());
        check_refused(listed, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("page_token"));
    }
}

#[tokio::test]
async fn what_is_left_goes_on_and_nobody_goes_on_from_what_was() {
    let service = Service::start().await;
    for number in 0..9 {
        service.put(ready(&format!("d{number}"), &["部署防汛工作", "落实防汛责任"])).await;
    }
    service.put(ready("d4", &["部署抗旱工作"])).await;
    let generation = service.try_delete("d7", "").await.unwrap().generation;
    let all = exported_ids(&service).await;
    let carried = Carried::of(&service, generation).await;
    let stopped = service.stop().await;
    let data = stopped.data_dir().to_owned();
    // The note that it was closed in order is nobody's word for what is there now.
    damage(&data);
    let told = repair(&data, &[]);
    check_failed(&told, 1, &["is damaged, 1 of", "nothing was left out", "--leave-out-damaged", "restore a backup"]);
    let lost: BTreeSet<&str> = told.stdout.lines().collect();
    assert!(!data.join("clean").exists(), "it is not taken for sound any more");
    let service = stopped.start().await;
    let refused = service.try_search(searched("防汛")).await.map(|_| ());
    check_refused(refused, Code::DataLoss, "INDEX_CORRUPT", None);
    let stopped = service.stop().await;

    let repaired = repair(&data, &["--leave-out-damaged"]);
    assert_eq!((repaired.code, &repaired.stdout), (Some(0), &told.stdout), "{repaired:?}");
    assert!(
        repaired.stderr.contains("quarantine/") && !repaired.stderr.contains("nothing was left out"),
        "{repaired:?}"
    );
    let service = stopped.start().await;
    let kept: Vec<_> = all.iter().filter(|id| !lost.contains(id.split('#').next().unwrap())).cloned().collect();
    assert_eq!(documents(&all).len(), documents(&kept).len() + lost.len());
    assert_eq!(exported_ids(&service).await, kept);
    let mut expected: Vec<_> = hit_ids(&carried.found);
    expected.retain(|id| kept.iter().any(|kept| kept == id));
    let found_again = service.search(limited(40, searched("防汛"))).await;
    let mut hits = hit_ids(&found_again);
    for ids in [&mut hits, &mut expected] {
        ids.sort_unstable();
    }
    assert_eq!(hits, expected);
    let stats = service.stats().await;
    assert_eq!((stats.documents, stats.paragraphs), (documents(&kept).len() as u64, kept.len() as u64));
    assert!(sound(&service).await);

    for id in &lost {
        service.put(ready(id, &["部署防汛工作", "落实防汛责任"])).await;
    }
    assert_eq!(service.stats().await.documents, documents(&all).len() as u64);
    let again = exported_ids(&service).await;
    assert!(again.starts_with(&kept) && documents(&again) == documents(&all), "numbers go on: {again:?}");
    carried.check_refused(&service).await;
    let mut follower = Follower::start(&service, exported("")).await;
    follower.agrees(&service).await;
    service.stop().await;
}

async fn sound(service: &Service) -> bool {
    let verified = within("an answer", service.admin().verify_index(VerifyIndexRequest {})).await;
    verified.expect("it is answered").into_inner().damaged_files.is_empty()
}

/// What was put aside is in the way of nothing that is done with the rest.
#[tokio::test]
async fn what_was_put_aside_stays_beside_the_index() {
    let service = Service::start().await;
    for number in 0..5 {
        service.put(ready(&format!("d{number}"), &["部署防汛工作"])).await;
    }
    let stopped = service.stop().await;
    let (data, place) = (stopped.data_dir().to_owned(), tempfile::tempdir().unwrap());
    let store = damage(&data);
    let damaged = fs::read(&store).unwrap();
    let repaired = repair(&data, &["--leave-out-damaged", "--json"]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    let lines = objects(&repaired.stdout);
    let summary = &lines.last().unwrap()["summary"];
    let aside = PathBuf::from(summary["quarantine"].as_str().unwrap());
    assert!(fs::read(aside.join(store.file_name().unwrap())).unwrap() == damaged && !store.exists());
    let listed = objects(&fs::read_to_string(aside.join("lost.jsonl")).unwrap());
    assert_eq!(listed[..listed.len() - 1], lines[..lines.len() - 1]);
    assert_eq!(summary["lost_documents"], lines.len() as u64 - 1);
    assert_eq!(summary["documents"], 5 - (lines.len() as u64 - 1));

    let service = stopped.start().await;
    let left = exported_ids(&service).await;
    let backup = place.path().join("backup");
    let directory = backup.to_str().unwrap().to_owned();
    within("a backup", service.admin().create_backup(CreateBackupRequest { directory })).await.unwrap();
    assert!(!backup.join("quarantine").exists());
    let reindexed = within("an answer", service.admin().start_reindex(StartReindexRequest { force: true })).await;
    reindexed.unwrap();
    let service = service.restart().await;
    assert_eq!(exported_ids(&service).await, left);
    assert!(sound(&service).await && aside.join(store.file_name().unwrap()).exists());
    let stopped = service.stop().await;
    let restored = Service::start_on(&backup).await;
    assert_eq!(exported_ids(&restored).await, left);
    restored.stop().await;
    let restored = Service::start_on(stopped.data_dir()).await;
    assert_eq!(exported_ids(&restored).await, left);
    restored.stop().await;
}

/// A killed process, as people meet it.
#[test]
fn a_damaged_index_is_repaired_from_the_command_line() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    check_failed(&repair(&data, &[]), 1, &["holds no index", "--data-dir"]);
    assert!(!data.exists());
    let server = Server::start(&data, &["--import", "samples"]);
    check_failed(&repair(&data, &["--leave-out-damaged"]), 1, &["in use by another process"]);
    server.kill();
    let sound = repair(&data, &["--leave-out-damaged"]);
    assert_eq!((sound.code, sound.stdout.as_str()), (Some(0), ""), "{sound:?}");
    assert!(sound.stderr.contains("is sound") && !data.join("quarantine").exists(), "{sound:?}");

    damage(&data);
    let server = Server::start(&data, &[]);
    assert_eq!(server.ask(&["search", "营商环境"]).code, Some(1));
    let said = server.terminate().stderr;
    assert!(said.contains("xunzhang repair"), "{said}");
    let told = repair(&data, &["--json"]);
    check_failed(&told, 1, &["--leave-out-damaged"]);
    let summary = objects(&told.stdout).pop().unwrap()["summary"].clone();
    assert!(summary["lost_documents"].as_u64() > Some(0) && summary["unnamed_documents"] == 0, "{summary}");
    let repaired = repair(&data, &["--leave-out-damaged"]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    // What is lost is brought in again, and nothing else.
    let server = Server::start(&data, &["--import", "samples"]);
    assert!(server.answer(&["verify"]).contains("is sound"));
    let found = server.answer(&["search", "“两个确立”"]);
    assert!(found.contains("work-report-rural-revitalization.md#"), "{found}");
    for id in repaired.stdout.lines() {
        server.answer(&["get", id]);
    }
    assert_eq!(server.terminate().code, Some(0));
    for list in ["format.json", "index/meta.json"] {
        let (path, kept) = (data.join(list), fs::read(data.join(list)).unwrap());
        fs::write(&path, &kept[1..]).unwrap();
        check_failed(&repair(&data, &["--leave-out-damaged"]), 1, &["cannot be repaired", "restore a backup"]);
        fs::write(&path, kept).unwrap();
    }
    check_failed(&repair(&data, &["--leave-out"]), 2, &["--leave-out-damaged"]);
    check_failed(&run(&["repair", "--config", "/no/such.toml"]), 2, &["/no/such.toml"]);
}
