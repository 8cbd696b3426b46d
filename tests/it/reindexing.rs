//! An index that is built anew while it is read and written, as operators and callers meet it.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, SystemTime},
};

use fastrand::Rng;
use tempfile::NamedTempFile;
use tonic::{Code, Response, Status};
use xunzhang::{
    config::Config,
    document::{self as documents, Content, Metadata},
    engine::{Engine as _, ReadError, tantivy::TantivyEngine},
    ingest::{GroupCommit, Ingest, ReindexError, Retention},
    rpc::proto::{
        CancelOperationRequest, CreateBackupRequest, Document, ExportRequest, GetOperationRequest,
        ListDocumentsRequest, ListedDocument, Operation, OperationState, SearchRequest, StartReindexRequest,
        VerifyIndexRequest,
    },
    text::Segmenter,
};

use crate::support::{
    Follower, Server, Service, Whole, check_refused, document, exported, file_of_segment, hit_ids, limited, poll,
    ready, searched, within,
};

impl Service {
    async fn try_reindex(&self, force: bool) -> Result<Operation, Status> {
        let begun = within("an answer", self.admin().start_reindex(StartReindexRequest { force })).await;
        begun.map(|begun| begun.into_inner().operation.expect("it has one"))
    }

    async fn operation(&self, name: &str) -> Operation {
        let request = GetOperationRequest { name: name.to_owned() };
        let found = within("an answer", self.admin().get_operation(request)).await.expect("it is known");
        found.into_inner().operation.expect("it has one")
    }

    /// Builds the index anew, and waits until it is.
    async fn reindex(&self, force: bool) -> Operation {
        let begun = self.try_reindex(force).await.expect("it begins");
        poll("the end of a reindex", async || {
            let operation = self.operation(&begun.name).await;
            (operation.state() != OperationState::Running).then_some(operation)
        })
        .await
    }

    async fn cancel(&self, name: &str) -> Result<Operation, Status> {
        let request = CancelOperationRequest { name: name.to_owned() };
        let ended = within("an answer", self.admin().cancel_operation(request)).await.map(Response::into_inner);
        ended.map(|ended| ended.operation.expect("it has one"))
    }
}

/// The directories of indexes in a data directory.
fn indexes(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data).expect("a data directory").map(|entry| entry.expect("readable").file_name());
    let names = entries.map(|name| name.into_string().expect("our own names"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with("index")).collect();
    names.sort();
    names
}

/// What a site shows of a document, between the site's own lines.
fn shown(body: &str) -> String {
    format!("云溪网上服务平台\n关于{body}的通知\n{body}的工作要抓紧抓实，确保取得成效。\n云溪网与您同行\n")
}

fn page(id: &str, body: &str) -> Document {
    Document { source: "云溪网".to_owned(), ..document(id, &shown(body)) }
}

/// What is the same about documents whatever the text chain makes of them.
async fn lasting(service: &Service) -> Vec<(String, String, u64)> {
    let listed = service.list_all(ListDocumentsRequest::default()).await;
    let lasting =
        |ListedDocument { document, etag, sequence, .. }| (document.expect("listed whole").id, etag, sequence);
    listed.into_iter().map(lasting).collect()
}

#[tokio::test]
async fn what_the_text_chain_makes_of_documents_is_made_anew_and_the_rest_stays() {
    let service = Service::start().await;
    let bodies = ["防汛", "抗旱", "救灾"];
    for (number, body) in bodies.iter().enumerate() {
        service.put(page(&format!("页{number}"), body)).await;
    }
    service.put(ready("甲", &["成立工作专班", "另有安排"])).await;
    service.put(ready("乙", &["旧的"])).await;
    service.put(ready("乙", &["成立防汛工作专班"])).await;
    service.put(document("空", "")).await;
    let last = service.try_delete("甲", "").await.unwrap().generation;
    let words = NamedTempFile::new().unwrap();
    fs::write(words.path(), "工作专班\n").unwrap();
    let change = |config: &mut Config| config.text.user_dictionary = Some(words.path().to_owned());
    let service = service.stop().await.start_with(change).await;
    let (before, stats) = (lasting(&service).await, service.stats().await);
    assert!(!stats.text_chain_current);
    assert!(Whole::read(&service, "页0").await.edits.is_empty(), "nobody knew the line then");

    let done = service.reindex(false).await;
    assert_eq!((done.state(), done.documents, done.total_documents), (OperationState::Succeeded, 5, 5), "{done:?}");
    let after = service.stats().await;
    assert!(after.text_chain_current);
    assert_eq!(after.generation, done.generation);
    assert_eq!(
        (after.documents, after.sequence, after.tombstones),
        (stats.documents, stats.sequence, stats.tombstones)
    );
    assert_eq!(lasting(&service).await, before);
    for (number, body) in bodies.iter().enumerate() {
        let whole = Whole::read(&service, &format!("页{number}")).await;
        assert_eq!(whole.original, shown(body));
        assert_eq!(whole.edits.len(), 2, "page {number} has lost the lines of its site: {:?}", whole.edits);
    }
    assert_eq!(hit_ids(&service.search(searched("“工作专班”")).await), ["乙#0"]);
    let from = |min_generation: &str| SearchRequest { min_generation: min_generation.to_owned(), ..searched("防汛") };
    for generation in [last.as_str(), &stats.generation, &after.generation] {
        assert_eq!(hit_ids(&service.search(from(generation)).await).len(), 2, "{generation}");
    }
    // Equal content is equal still.
    let put = service.put(page("页1", bodies[1])).await;
    assert_eq!(put.generation, after.generation);
    // There is nothing more to do, unless it is asked for.
    assert_eq!(service.reindex(false).await.documents, 0);
    let again = service.reindex(true).await;
    assert_eq!((again.state(), again.documents), (OperationState::Succeeded, 5));
    let stopped = service.stop().await;
    assert_eq!(indexes(stopped.data_dir()), ["index-3"]);
    let service = stopped.start().await;
    assert_eq!(lasting(&service).await, before);
    assert_eq!(service.stats().await.generation, again.generation);
    service.stop().await;
}

#[tokio::test]
async fn who_reads_goes_on_across_it() {
    let service = Service::start().await;
    let lines: Vec<String> = (0..40).map(|number| format!("第{number}项防汛任务")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for id in ["甲", "乙", "丙"] {
        service.put(ready(id, &lines)).await;
    }
    service.try_delete("丙", "").await.unwrap();
    let mut follower = Follower::start(&service, exported("")).await;
    follower.catches_up().await;
    let whole = service.export(exported("防汛")).await;
    let search = limited(50, searched("防汛任务"));
    let found = service.search(search.clone()).await;
    let (behind, token) = found.tokens[1].clone();

    assert_eq!(service.reindex(true).await.state(), OperationState::Succeeded);
    // A search goes on in the state in which it began, for as long as that is kept.
    assert_eq!(service.resume(search.clone(), &found.hits[..behind], &token).await.hits, found.hits[behind..]);
    // An export goes on in the new one, with the document in which it was, as a whole.
    let (hits, token) = whole.tokens[1].clone();
    assert_eq!((hits, whole.hits[hits - 1].document_id.as_str()), (33, "甲"));
    let resumed = |token: &str| ExportRequest { resume_token: token.to_owned(), ..exported("防汛") };
    let rest = service.export(resumed(&token)).await;
    assert_eq!(rest.header.warnings[0].reason, "DOCUMENT_REPEATED");
    assert_eq!(rest.hits, whole.hits);
    // One that stands behind a document has nothing to repeat, and the tokens of now have neither.
    follower.go_on(&service).await;
    assert!(follower.header.warnings.is_empty(), "{:?}", follower.header.warnings);
    let rest = service.export(resumed(&rest.tokens[1].1)).await;
    assert!(rest.header.warnings.is_empty() && rest.hits == whole.hits[33..], "{:?}", rest.header.warnings);
    service.put(ready("丁", &["新来的防汛任务"])).await;
    service.try_delete("甲", "").await.unwrap();
    follower.agrees(&service).await;
    assert_eq!(follower.removed.last().map(String::as_str), Some("甲"));
    let service = service.restart().await;
    let expired = service.try_resume(search, &found.hits[..behind], &found.tokens[1].1).await.map(|_| ());
    check_refused(expired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    service.stop().await;
}

#[tokio::test]
async fn what_matched_before_it_is_removed_all_the_same() {
    let service = Service::start().await;
    for (number, body) in ["防汛", "抗旱", "救灾"].iter().enumerate() {
        service.put(page(&format!("页{number}"), body)).await;
    }
    let standing = exported("“云溪网与您同行”");
    let mut follower = Follower::start(&service, standing.clone()).await;
    follower.catches_up().await;
    assert_eq!(follower.texts().len(), 2, "the third one's line was known: {:?}", follower.texts());
    // The line is cut from all three now.
    assert_eq!(service.reindex(true).await.state(), OperationState::Succeeded);
    assert!(service.export(standing.clone()).await.hits.is_empty());
    let token = follower.token.clone();
    for id in ["页0", "页2", "页1"] {
        service.try_delete(id, "").await.unwrap();
    }
    while follower.removed.last().is_none_or(|last| last != "页1") {
        follower.take().await.unwrap();
    }
    // What may have been given is told, and what came later than that is not.
    assert!(follower.texts().is_empty() && follower.removed.first().is_some_and(|first| first == "页0"));
    let resumed = ExportRequest { resume_token: token, ..standing };
    let mut late = Follower::start_at(service.addresses.service, resumed).await.unwrap();
    assert_eq!(late.header.warnings[0].reason, "MATCHED_OTHERWISE");
    late.catches_up().await;
    assert_eq!(late.removed, follower.removed);
    service.stop().await;
}

/// Writers and followers do not notice; what each writer was told last is what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_meanwhile_is_kept() {
    let service = Arc::new(Service::start().await);
    for number in 0..60 {
        service.put(document(&format!("d{number}"), &format!("第{number}号文件，持续优化营商环境。"))).await;
    }
    let mut follower = Follower::start(&service, exported("")).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let (service, is_over) = (Arc::clone(&service), Arc::clone(&is_over));
            tokio::spawn(async move { write(&service, writer, &is_over).await })
        })
        .collect();
    for _ in 0..6 {
        let done = service.reindex(true).await;
        assert_eq!(done.state(), OperationState::Succeeded, "{done:?}");
    }
    is_over.store(true, Relaxed);
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for writer in writers {
        expected.extend(writer.await.unwrap());
    }
    follower.agrees(&service).await;
    let check = async |service: &Service| {
        let mut found = BTreeMap::new();
        for hit in service.export(exported("“专班”")).await.hits {
            assert!(found.insert(hit.document_id, hit.text).is_none(), "each document has one paragraph");
        }
        assert_eq!(found, expected);
    };
    check(&service).await;
    let service = Arc::into_inner(service).expect("the writers are done").restart().await;
    check(&service).await;
    follower.go_on(&service).await;
    follower.agrees(&service).await;
    service.stop().await;
}

/// Puts, replaces and deletes documents of its own; what is there at the end.
async fn write(service: &Service, writer: usize, is_over: &AtomicBool) -> BTreeMap<String, String> {
    let (mut there, mut rng, mut version) = (BTreeMap::new(), Rng::new(), 0);
    while !is_over.load(Relaxed) {
        let id = format!("w{writer}/{}", rng.usize(..5));
        version += 1;
        if rng.u8(..4) == 0 && there.remove(&id).is_some() {
            service.try_delete(&id, "").await.expect("it is there");
        } else {
            let text = format!("{id}成立专班，第{version}版。");
            service.put(document(&id, &text)).await;
            there.insert(id, text);
        }
    }
    there
}

/// Enough for a reindex that takes a while.
async fn fill(service: &Service) {
    let sentence = "各地区各部门要持续优化营商环境，部署防汛抗旱工作，抓好安全生产。";
    for number in 0..24 {
        service.put(document(&format!("d{number}"), &format!("第{number}号。{}", sentence.repeat(600)))).await;
    }
}

#[tokio::test]
async fn one_that_runs_can_be_ended_and_lets_nothing_run_beside_it() {
    let service = Service::start().await;
    fill(&service).await;
    let before = service.stats().await;
    let begun = service.try_reindex(true).await.unwrap();
    assert_eq!(begun.state(), OperationState::Running);
    let busy = |result| check_refused::<()>(result, Code::ResourceExhausted, "OVERLOADED", None);
    busy(service.try_reindex(true).await.map(|_| ()));
    let backup = CreateBackupRequest { directory: "/tmp/never".to_owned() };
    busy(service.admin().create_backup(backup).await.map(|_| ()));
    busy(service.admin().verify_index(VerifyIndexRequest {}).await.map(|_| ()));
    assert_eq!(service.operation("").await.name, begun.name, "the last one");
    let cancelled = service.cancel(&begun.name).await.unwrap();
    assert_eq!((cancelled.state(), cancelled.generation.as_str()), (OperationState::Cancelled, ""));
    assert_eq!(service.stats().await.generation, before.generation);
    let unknown = |result| check_refused::<()>(result, Code::NotFound, "OPERATION_NOT_FOUND", None);
    unknown(service.cancel("monday").await.map(|_| ()));
    let nameless = service.cancel("").await.map(|_| ());
    check_refused(nameless, Code::InvalidArgument, "INVALID_FIELD", Some("name"));
    // The service stops in the midst of another one.
    service.try_reindex(true).await.unwrap();
    let stopped = service.stop().await;
    assert_eq!(indexes(stopped.data_dir()), ["index"]);
    // What one leaves that was killed.
    fs::create_dir(stopped.data_dir().join("index-2")).unwrap();
    fs::write(stopped.data_dir().join("index-2/meta.json"), "{").unwrap();
    let service = stopped.start().await;
    assert_eq!(service.stats().await.generation, before.generation);
    unknown(service.admin().get_operation(GetOperationRequest::default()).await.map(|_| ()));
    assert_eq!(service.reindex(true).await.state(), OperationState::Succeeded);
    assert_eq!(indexes(service.stop().await.data_dir()), ["index-2"]);
}

#[test]
fn a_reindex_from_the_command_line() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(&place.path().join("data"), &[]);
    server.answer(&["import", "samples"]);
    let found = server.answer(&["search", "“两个确立”", "--limit", "50", "--json"]);
    assert!(server.answer(&["reindex"]).starts_with("nothing to do"));
    let said = server.answer(&["reindex", "--force"]);
    assert!(said.starts_with("built anew as generation ") && said.contains(": 13 documents in "), "{said}");
    let said = server.answer(&["reindex", "--force", "--json"]);
    assert!(said.contains(r#""state":"OPERATION_STATE_SUCCEEDED""#) && said.contains(r#""documents":13"#), "{said}");
    assert_eq!(
        server.answer(&["search", "“两个确立”", "--limit", "50", "--json"]).lines().count(),
        found.lines().count()
    );
    assert!(server.answer(&["verify"]).contains("is sound"));
    assert_eq!(server.terminate().code, Some(0));
}

/// Whether commits wait where they ask what time it is, and whether one does.
static HELD: (Mutex<(bool, bool)>, Condvar) = (Mutex::new((false, false)), Condvar::new());

fn hold(is_held: bool) {
    HELD.0.lock().expect("nothing panics").0 = is_held;
    HELD.1.notify_all();
}

/// Waits while it is told to.
fn now() -> SystemTime {
    let mut held = HELD.0.lock().expect("nothing panics");
    held.1 = held.0;
    HELD.1.notify_all();
    let _released = HELD.1.wait_while(held, |held| held.0).expect("nothing panics");
    SystemTime::now()
}

/// It had looked whether the index is being built anew, and had not forgotten yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_reindex_that_begins_while_a_commit_forgets_removals_knows_of_it() {
    let (place, never) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let segmenter = Segmenter::new();
    let engine = Arc::new(TantivyEngine::open(place.path(), &segmenter).unwrap());
    let group = GroupCommit { changes: 1, bytes: 1, linger: Duration::ZERO };
    let retention = Retention { removals: Duration::ZERO, now };
    let ingest = Ingest::start(engine.clone(), segmenter, group, retention, |_| {}).unwrap();
    let prepare = |id: &str| {
        let content = Content::Text("部署防汛工作".to_owned());
        let document =
            documents::Document { id: id.to_owned().try_into().unwrap(), metadata: Metadata::default(), content };
        ingest.prepare(document, &never).unwrap()
    };
    ingest.put(prepare("甲"), None).await.unwrap();
    ingest.put(prepare("乙"), None).await.unwrap();
    ingest.delete("甲".to_owned().try_into().unwrap(), None).await.unwrap();

    hold(true);
    let (committing, prepared) = (ingest.clone(), prepare("丙"));
    let committed = tokio::spawn(async move { committing.put(prepared, None).await });
    let (building, stop) = (ingest.clone(), Arc::clone(&never));
    let (begun, has_begun) = mpsc::sync_channel(1);
    let built = thread::spawn(move || {
        let held = HELD.0.lock().expect("nothing panics");
        drop(HELD.1.wait_while(held, |held| !held.1).expect("nothing panics"));
        let mut rebuilt = building.begin_rebuild(Arc::default()).unwrap();
        building.bring_up(&mut rebuilt, &stop).unwrap();
        begun.send(()).unwrap();
        rebuilt
    });
    // It waits for the commit, or does not.
    let _waits = has_begun.recv_timeout(Duration::from_millis(300));
    hold(false);
    committed.await.unwrap().unwrap();
    ingest.take_over(built.join().unwrap(), Arc::default()).await.unwrap();
    assert_eq!((engine.snapshot().rebuilt(), engine.snapshot().forgotten()), (1, 3));
    ingest.close().await;
}

/// Writes wait for the last of it: whoever gives it up is heard there, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_reindex_that_is_given_up_at_its_last_step_leaves_the_index_as_it_is() {
    let (place, never) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
    let segmenter = Segmenter::new();
    let engine = Arc::new(TantivyEngine::open(place.path(), &segmenter).unwrap());
    let group = GroupCommit { changes: 1, bytes: 1, linger: Duration::ZERO };
    let retention = Retention { removals: Duration::from_hours(1), now: SystemTime::now };
    let ingest = Ingest::start(engine.clone(), segmenter, group, retention, |_| {}).unwrap();
    let prepare = |id: &str| {
        let (id, content) = (id.to_owned().try_into().unwrap(), Content::Text("部署防汛工作".to_owned()));
        ingest.prepare(documents::Document { id, metadata: Metadata::default(), content }, &never).unwrap()
    };
    ingest.put(prepare("甲"), None).await.unwrap();
    let (building, stop) = (ingest.clone(), Arc::clone(&never));
    let built = thread::spawn(move || {
        let mut rebuilt = building.begin_rebuild(Arc::default()).unwrap();
        building.bring_up(&mut rebuilt, &stop).unwrap();
        rebuilt
    });
    let rebuilt = built.join().unwrap();
    ingest.put(prepare("乙"), None).await.unwrap();
    let given_up = ingest.take_over(rebuilt, Arc::new(AtomicBool::new(true))).await;
    assert!(matches!(given_up, Err(ReindexError::Read(ReadError::Stopped))), "{given_up:?}");
    ingest.put(prepare("丙"), None).await.unwrap();
    assert_eq!((engine.snapshot().rebuilt(), engine.snapshot().statistics().unwrap().documents), (0, 3));
    ingest.close().await;
}

/// The new index would have checksums that are right.
#[tokio::test]
async fn what_is_damaged_is_not_read_anew() {
    let (place, segmenter) = (tempfile::tempdir().unwrap(), Segmenter::new());
    let engine = Arc::new(TantivyEngine::open(place.path(), &segmenter).unwrap());
    let group = GroupCommit { changes: 1, bytes: 1, linger: Duration::ZERO };
    let retention = Retention { removals: Duration::from_hours(1), now: SystemTime::now };
    let ingest = Ingest::start(engine.clone(), segmenter, group, retention, |_| {}).unwrap();
    let content = Content::Text("部署防汛工作".to_owned());
    let document =
        documents::Document { id: "甲".to_owned().try_into().unwrap(), metadata: Metadata::default(), content };
    ingest.put(ingest.prepare(document, &AtomicBool::new(false)).unwrap(), None).await.unwrap();
    let store = file_of_segment(&place.path().join("index"), "store");
    let mut bytes = fs::read(&store).unwrap();
    bytes[3] ^= 1;
    // A new file: what was read of the old one is not changed.
    fs::remove_file(&store).unwrap();
    fs::write(&store, bytes).unwrap();
    let mut rebuilt = ingest.begin_rebuild(Arc::default()).unwrap();
    let built = ingest.bring_up(&mut rebuilt, &Arc::default());
    assert!(matches!(built, Err(ReindexError::Read(ReadError::Corrupt(_)))), "{built:?}");
    assert!(engine.is_damaged());
    drop(rebuilt);
    assert!(matches!(ingest.begin_rebuild(Arc::default()).map(drop), Err(ReindexError::Write(_))));
    ingest.close().await;
}
