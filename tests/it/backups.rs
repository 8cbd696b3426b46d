//! Backups as operators make and restore them, and what callers carry across.

use std::{fs, path::Path};

use tonic::{Code, Response, Status};
use xunzhang::rpc::proto::{
    CreateBackupRequest, CreateBackupResponse, ExportRequest, ListDocumentsRequest, PutDocumentRequest, SearchRequest,
    VerifyIndexRequest,
};

use crate::support::{
    Follower, Server, Service, check_refused, copy_directory, export_ids, exported, file_of_segment, hit_ids, limited,
    listed_ids, poll, ready, run, searched, status_of, within,
};

async fn try_back_up(service: &Service, directory: &Path) -> Result<CreateBackupResponse, Status> {
    let request = CreateBackupRequest { directory: directory.to_str().expect("it is UTF-8").to_owned() };
    within("a backup", service.admin().create_backup(request)).await.map(Response::into_inner)
}

fn following(token: &str, allow_snapshot_change: bool) -> ExportRequest {
    ExportRequest { follow: true, resume_token: token.to_owned(), allow_snapshot_change, ..exported("") }
}

#[tokio::test]
async fn what_callers_carry_goes_on_from_before_a_backup_and_not_from_after_it() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let before = service.put(ready("乙", &["防汛抗旱"])).await.generation;
    let (mut early, mut late) =
        (Follower::start(&service, exported("")).await, Follower::start(&service, exported("")).await);
    early.catches_up().await;
    let place = tempfile::tempdir().unwrap();
    let backup = try_back_up(&service, &place.path().join("monday")).await.unwrap();
    assert_eq!(backup.generation, before);
    let list =
        |page_token: String| ListDocumentsRequest { page_size: 1, page_token, ..ListDocumentsRequest::default() };
    let early_page = service.list(list(String::new())).await.next_page_token;
    let after = service.put(ready("丙", &["只在备份之后"])).await.generation;
    let late_page = service.list(list(service.list(list(early_page.clone())).await.next_page_token)).await;
    assert_eq!(listed_ids(&late_page.documents), ["丙"]);
    service.try_delete("甲", "").await.unwrap();
    late.catches_up().await;
    late.agrees(&service).await;
    service.stop().await;

    let restored = Service::start_on(&place.path().join("monday")).await;
    assert_eq!(export_ids(&restored.export(exported("")).await), ["甲#0", "乙#0"]);
    let from = |min_generation: &str| SearchRequest { min_generation: min_generation.to_owned(), ..searched("防汛") };
    assert_eq!(hit_ids(&restored.search(from(&before)).await).len(), 2);
    let refuse_later = async || {
        let refused = restored.try_search(from(&after)).await.map(|_| ());
        check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("min_generation"));
        let expired = Follower::start_at(restored.addresses.service, following(&late.token, false)).await.map(|_| ());
        check_refused(expired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    };
    refuse_later().await;
    assert_eq!(listed_ids(&restored.list(list(early_page.clone())).await.documents), ["乙"]);
    early.go_on(&restored).await;
    // The numbers that were given out after the backup are given out anew: what is behind them is another history.
    for number in 0..5 {
        restored.put(ready(&format!("d{number}"), &["恢复之后"])).await;
    }
    refuse_later().await;
    early.agrees(&restored).await;
    assert_eq!(early.texts().len(), 7);
    // Whoever insists is told that removals may be missing, and misses nothing that came.
    let mut insisting = Follower::start_at(restored.addresses.service, following(&late.token, true)).await.unwrap();
    assert_eq!(insisting.header.warnings[0].reason, "REMOVALS_MISSING");
    insisting.catches_up().await;
    assert_eq!(insisting.texts().len(), 5, "{:?}", insisting.texts());
    // A token of the restored index, and a backup of it.
    let mut anew = Follower::start(&restored, exported("")).await;
    anew.catches_up().await;
    try_back_up(&restored, &place.path().join("tuesday")).await.unwrap();
    restored.stop().await;
    let again = Service::start_on(&place.path().join("tuesday")).await;
    for follower in [&mut early, &mut anew] {
        follower.go_on(&again).await;
    }
    again.put(ready("丁", &["又一次"])).await;
    for follower in [&mut early, &mut anew] {
        follower.agrees(&again).await;
    }
    again.stop().await;
}

#[tokio::test]
async fn an_older_copy_of_a_data_directory_is_told_from_what_came_of_it() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let stopped = service.stop().await;
    let place = tempfile::tempdir().unwrap();
    copy_directory(stopped.data_dir(), &place.path().join("older"));
    let service = stopped.start().await;
    service.put(ready("乙", &["只在后来"])).await;
    let mut follower = Follower::start(&service, exported("")).await;
    follower.catches_up().await;
    service.stop().await;

    let older = Service::start_on(&place.path().join("older")).await;
    let address = older.addresses.service;
    let expired = Follower::start_at(address, following(&follower.token, false)).await.map(|_| ());
    check_refused(expired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    // A place that it has not reached is none of it: whoever goes on all the same gets what comes next.
    let mut insisting = Follower::start_at(address, following(&follower.token, true)).await.unwrap();
    assert_eq!(insisting.header.warnings[0].reason, "REMOVALS_MISSING");
    older.put(ready("丙", &["接着来的"])).await;
    while insisting.texts().is_empty() {
        insisting.take().await.unwrap();
    }
    assert_eq!(insisting.texts(), ["接着来的"]);
    older.stop().await;
}

#[tokio::test]
async fn a_directory_that_cannot_take_a_backup_is_named() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let place = tempfile::tempdir().unwrap();
    let check = async |directory: &str, words: &str| {
        let refused = try_back_up(&service, Path::new(directory)).await.map(|_| ());
        let message = refused.as_ref().map_err(|status| status.message().to_owned()).unwrap_err();
        assert!(message.contains(words), "{message}");
        check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("directory"));
    };
    check("", "must not be empty").await;
    check("backups/monday", "an absolute path").await;
    check(place.path().to_str().unwrap(), "exists already").await;
    check(place.path().join("no/monday").to_str().unwrap(), "cannot be made").await;
    check("/proc/monday", "cannot be made").await;
    check(&"/长".repeat(2_000), "is longer than").await;
    let stopped = service.stop().await;
    let within_data = stopped.data_dir().join("monday");
    let service = stopped.start().await;
    let refused = try_back_up(&service, &within_data).await.map(|_| ());
    check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("directory"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    service.stop().await;
}

#[tokio::test]
async fn an_index_that_is_found_damaged_is_not_served_any_more() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let sound = within("an answer", service.admin().verify_index(VerifyIndexRequest {})).await.unwrap().into_inner();
    assert!(sound.damaged_files.is_empty() && sound.files > 3, "{sound:?}");
    let stopped = service.stop().await;
    let index = stopped.data_dir().join("index");
    let service = stopped.start().await;
    let store = file_of_segment(&index, "store");
    let mut bytes = fs::read(&store).unwrap();
    bytes[3] ^= 1;
    fs::write(&store, bytes).unwrap();
    let found = within("an answer", service.admin().verify_index(VerifyIndexRequest {})).await.unwrap().into_inner();
    assert_eq!(found.damaged_files, [store.file_name().unwrap().to_str().unwrap()]);
    let damaged = |result| check_refused::<()>(result, Code::DataLoss, "INDEX_CORRUPT", None);
    damaged(service.try_search(searched("防汛")).await.map(|_| ()));
    damaged(try_back_up(&service, &index.with_file_name("copy")).await.map(|_| ()));
    let http = service.addresses.http.unwrap();
    poll("readiness to end", async || (status_of(http, "/readyz").await == 503).then_some(())).await;
    // It is looked at when it is opened again.
    let service = service.restart().await;
    damaged(service.try_search(searched("防汛")).await.map(|_| ()));
    service.stop().await;
}

/// What was closed in order is served at once, and is not left at that: nobody asks for it.
#[tokio::test]
async fn what_rots_under_a_service_that_was_stopped_in_order_is_found_when_it_serves_again() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    let stopped = service.stop().await;
    let (note, index) = (stopped.data_dir().join("clean"), stopped.data_dir().join("index"));
    assert!(note.exists());
    let positions = file_of_segment(&index, "pos");
    let mut bytes = fs::read(&positions).unwrap();
    bytes[3] ^= 1;
    fs::write(&positions, bytes).unwrap();
    // It says by now what is damaged.
    let service = stopped.start().await;
    let damaged = |result| check_refused::<()>(result, Code::DataLoss, "INDEX_CORRUPT", None);
    damaged(service.try_search(searched("防汛")).await.map(|_| ()));
    let put = PutDocumentRequest { document: Some(ready("乙", &["部署防火工作"])), etag: String::new() };
    damaged(service.try_put(put).await.map(|_| ()));
    let http = service.addresses.http.unwrap();
    poll("readiness to end", async || (status_of(http, "/readyz").await == 503).then_some(())).await;
    let stopped = service.stop().await;
    assert!(!note.exists());
    // It can be made anew, and is.
    let service = stopped.start().await;
    service.try_search(searched("防汛")).await.expect("it is served");
    service.stop().await;
}

/// A merge does as it reads all of a file, and a backup as it copies it.
#[tokio::test]
async fn damage_that_is_found_beside_ends_the_serving_too() {
    for is_merged in [false, true] {
        let service = Service::start().await;
        service.put(ready("甲", &["部署防汛工作"])).await;
        let stopped = service.stop().await;
        let index = stopped.data_dir().join("index");
        let service = stopped.start().await;
        let store = file_of_segment(&index, "store");
        let mut bytes = fs::read(&store).unwrap();
        bytes[3] ^= 1;
        fs::remove_file(&store).unwrap();
        fs::write(&store, bytes).unwrap();
        let damaged = |result| check_refused::<()>(result, Code::DataLoss, "INDEX_CORRUPT", None);
        if is_merged {
            let put = async |number: u32| {
                let document = Some(ready(&format!("d{number}"), &["部署防火工作"]));
                service.try_put(PutDocumentRequest { document, etag: String::new() }).await.map(|_| ())
            };
            let mut number = 0;
            let refused = async || {
                number += 1;
                put(number).await.err()
            };
            damaged(Err(poll("a merge", refused).await));
        } else {
            let place = tempfile::tempdir().unwrap();
            damaged(try_back_up(&service, &place.path().join("copy")).await.map(|_| ()));
        }
        let http = service.addresses.http.unwrap();
        poll("readiness to end", async || (status_of(http, "/readyz").await == 503).then_some(())).await;
        damaged(service.try_search(searched("防汛")).await.map(|_| ()));
        // It is looked at when it is opened again.
        let service = service.restart().await;
        damaged(service.try_search(searched("防汛")).await.map(|_| ()));
        service.stop().await;
    }
}

/// A backup by the command line in the middle of an import, served and searched.
#[test]
fn a_backup_from_the_command_line_while_documents_come_in() {
    let place = tempfile::tempdir().unwrap();
    let documents = place.path().join("documents.jsonl");
    let line = |number: usize| {
        let text = "持续优化营商环境，部署防汛抗旱工作。".repeat(1 + number % 7);
        format!("{{\"id\":\"d{number}\",\"text\":\"第{number}号文件。{text}\"}}\n")
    };
    fs::write(&documents, (0..3_000).map(line).collect::<String>()).unwrap();
    let server = Server::start(&place.path().join("data"), &[]);
    server.answer(&["import", "samples"]);
    let (backup, data) = (place.path().join("backup"), place.path().join("restored"));
    let endpoint = format!("http://{}", server.address("listening on"));
    let said = std::thread::scope(|scope| {
        let importing = scope.spawn(|| run(&["import", documents.to_str().unwrap(), "--endpoint", &endpoint]));
        let said = server.answer(&["backup", backup.to_str().unwrap()]);
        assert_eq!(importing.join().unwrap().code, Some(0));
        said
    });
    assert!(said.starts_with("backed up generation ") && said.contains("are shared with the index"), "{said}");
    assert!(server.answer(&["verify"]).contains("is sound"));
    let again = server.ask(&["backup", backup.to_str().unwrap()]);
    assert!(again.code == Some(1) && again.stderr.contains("exists already"), "{again:?}");
    let found = |server: &Server| server.answer(&["search", "“两个确立”", "--limit", "50", "--json"]);
    let (expected, stats) = (found(&server), server.answer(&["stats", "--json"]));
    assert!(stats.contains("\"documents\":30"), "{stats}");
    assert_eq!(server.terminate().code, Some(0));

    copy_directory(&backup, &data);
    let restored = Server::start(&data, &[]);
    assert!(restored.answer(&["verify"]).contains("is sound"));
    assert_eq!(ids(&found(&restored)), ids(&expected));
    // What was not in it comes in again, and nothing twice.
    restored.answer(&["import", documents.to_str().unwrap()]);
    let original = Server::start(&place.path().join("data"), &[]);
    assert_eq!(restored.answer(&["count"]), original.answer(&["count"]));
    for server in [original, restored] {
        assert_eq!(server.terminate().code, Some(0));
    }
}

/// The paragraphs of hits, ordered by their ids: how often words are elsewhere decides their ranks.
fn ids(hits: &str) -> Vec<String> {
    let hits = hits.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line is a hit"));
    let mut ids: Vec<String> = hits.map(|hit| hit["paragraph_id"].to_string()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn the_hits_of_a_restored_index_are_the_same_with_their_scores() {
    let service = Service::start().await;
    for (number, words) in ["防汛抗旱", "防汛责任", "抗旱和防汛工作的责任", "其他工作"].into_iter().enumerate()
    {
        service.put(ready(&format!("d{number}"), &[words, "另有安排"])).await;
    }
    service.put(ready("d0", &["防汛和抗旱"])).await;
    let place = tempfile::tempdir().unwrap();
    try_back_up(&service, &place.path().join("monday")).await.unwrap();
    let restored = Service::start_on(&place.path().join("monday")).await;
    for query in ["防汛", "防汛 责任", "“抗旱”", "工作", "没有的话"] {
        let hits = service.search(limited(100, searched(query))).await.hits;
        assert_eq!(restored.search(limited(100, searched(query))).await.hits, hits, "{query}");
    }
    restored.stop().await;
    service.stop().await;
}
