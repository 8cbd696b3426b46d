//! The write path over an engine in memory that fails when told to.

mod memory;

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use self::memory::{Memory, State};
use crate::{
    document::{Content, Document, DocumentId, Etag, Metadata, MetadataField},
    engine::{IndexedDocument, ReadError},
    ingest::{GroupCommit, Ingest, IngestError, Outcome, PrepareError, Prepared, Retention, seen_lines::SeenLines},
    text::Segmenter,
};

/// A group that only closes when someone is in a hurry.
const PATIENT: GroupCommit = GroupCommit { changes: 1_000, bytes: 1 << 20, linger: Duration::from_hours(1) };

/// How long removals are remembered.
const KEPT: Duration = Duration::from_hours(1);

/// It is always two hours after 1970 began.
fn now() -> SystemTime {
    UNIX_EPOCH + 2 * KEPT
}

fn start(group: GroupCommit) -> (Memory, Ingest) {
    let memory = Memory::default();
    let ingest = open(&memory, group);
    (memory, ingest)
}

/// An engine that panics when it is searched, and what it takes to serve it.
pub(crate) fn unreadable() -> (Arc<Memory>, Segmenter, Ingest) {
    let (memory, ingest) = start(PATIENT);
    (Arc::new(memory), SEGMENTER.clone(), ingest)
}

static NEVER: AtomicBool = AtomicBool::new(false);

static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

fn open(memory: &Memory, group: GroupCommit) -> Ingest {
    let retention = Retention { removals: KEPT, now };
    Ingest::start(Arc::new(memory.clone()), SEGMENTER.clone(), group, retention, |_| {}).expect("memory gives a writer")
}

/// Prepares a document that is the first one.
fn prepare(document: Document) -> Result<Prepared, PrepareError> {
    super::prepare::prepare(document, &SeenLines::default(), &[&State::default()], &NEVER)
}

fn document(id: &str, text: &str) -> Prepared {
    prepare(found("", id, text)).expect("small")
}

/// A text as it was found at a source.
fn found(source: &str, id: &str, text: &str) -> Document {
    let metadata = Metadata { source: source.to_owned(), ..Metadata::default() };
    Document { id: self::id(id), metadata, content: Content::Text(text.to_owned()) }
}

fn id(id: &str) -> DocumentId {
    DocumentId::try_from(id.to_owned()).expect("a good id")
}

#[tokio::test]
async fn equal_content_changes_nothing_and_costs_no_commit() {
    let (memory, ingest) = start(PATIENT);
    let first = ingest.put(document("a", "一"), None).await.expect("written");
    let again = ingest.put(document("a", "一"), None).await.expect("known");
    let other = ingest.put(document("a", "二"), None).await.expect("written");
    assert_eq!(
        [first.outcome, again.outcome, other.outcome],
        [Outcome::Created, Outcome::Unchanged, Outcome::Replaced]
    );
    assert_eq!((first.etag, first.generation), (again.etag, again.generation));
    assert_ne!(first.etag, other.etag);
    assert_eq!(memory.state().commit, 2);
}

#[tokio::test]
async fn deletions_of_many_share_a_commit_and_leave_other_versions_alone() {
    let (memory, ingest) = start(PATIENT);
    for name in ["a", "b", "c", "d"] {
        ingest.put(document(name, "一"), None).await.expect("written");
    }
    let version = |name| memory.state().versions[name].sequence;
    let versions = ["a", "b", "c", "d"].map(|name| (name, version(name)));
    ingest.put(document("b", "二"), None).await.expect("written");
    // The same content, and yet a document that came later.
    ingest.delete(id("d"), None).await.expect("deleted");
    ingest.put(document("d", "一"), None).await.expect("written");
    let commits = memory.state().commit;
    let mut pending = Vec::new();
    for (name, sequence) in versions {
        pending.push(ingest.queue_delete(id(name), sequence).await.expect("room"));
    }
    ingest.flush().await.expect("open");
    let mut deleted = Vec::new();
    for pending in pending {
        deleted.push(pending.receipt().await);
    }
    let another = |deleted: &_| matches!(deleted, Err(IngestError::EtagMismatch(Some(_))));
    assert!(matches!(&deleted[..], [Ok(_), b, Ok(_), d] if another(b) && another(d)), "{deleted:?}");
    assert_eq!(memory.state().commit, commits + 1);
    assert_eq!(memory.state().versions.keys().collect::<Vec<_>>(), ["b", "d"]);
}

#[tokio::test]
async fn documents_of_an_import_share_a_commit_and_the_last_of_an_id_wins() {
    let (memory, ingest) = start(PATIENT);
    let mut pending = Vec::new();
    for (name, text) in [("a", "一"), ("b", "一"), ("a", "二"), ("a", "二")] {
        pending.push(ingest.queue(document(name, text)).await.expect("room"));
    }
    ingest.flush().await.expect("open");
    let mut outcomes = Vec::new();
    for pending in pending {
        outcomes.push(pending.receipt().await.expect("written").outcome);
    }
    assert_eq!(outcomes, [Outcome::Created, Outcome::Created, Outcome::Replaced, Outcome::Unchanged]);
    assert_eq!((memory.state().commit, memory.state().versions.len()), (1, 2));
}

#[tokio::test]
async fn each_commit_forgets_old_removals_and_tells_who_follows() {
    let (memory, ingest) = start(PATIENT);
    let mut committed = ingest.committed();
    assert_eq!(*committed.borrow_and_update(), 0);
    ingest.put(document("a", "一"), None).await.expect("written");
    assert_eq!(memory.state().forgotten_until, KEPT.as_secs(), "two hours after 1970 began, one hour is kept");
    assert_eq!(*committed.borrow_and_update(), 1);
    // What changes nothing wakes nobody.
    ingest.put(document("a", "一"), None).await.expect("known");
    assert!(!committed.has_changed().expect("the writer lives"));
    ingest.delete(id("a"), None).await.expect("there");
    assert_eq!(*committed.borrow_and_update(), 2);
    ingest.close().await;
    committed.changed().await.expect_err("the writer has ended");
}

/// What is refused for want of room is tried again and again, until a merge has given some.
#[tokio::test]
async fn merged_segments_are_taken_up_while_nothing_comes_of_what_comes() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    memory.is_full.store(true, Relaxed);
    let begun = Instant::now();
    while !memory.is_refreshed.load(Relaxed) {
        ingest.put(document("b", "一"), None).await.expect_err("there is no room");
        assert!(begun.elapsed() < Duration::from_mins(1), "the writer is never idle for a second");
    }
    ingest.close().await;
}

#[tokio::test]
async fn a_group_closes_when_it_is_large_or_old_enough() {
    let (memory, ingest) = start(GroupCommit { changes: 2, ..PATIENT });
    let first = ingest.queue(document("a", "一")).await.expect("room");
    let second = ingest.queue(document("b", "一")).await.expect("room");
    first.receipt().await.expect("written");
    second.receipt().await.expect("written");
    assert_eq!(memory.state().commit, 1);

    let (memory, ingest) = start(GroupCommit { linger: Duration::from_millis(1), ..PATIENT });
    ingest.queue(document("a", "一")).await.expect("room").receipt().await.expect("written");
    assert_eq!(memory.state().commit, 1);
}

#[tokio::test]
async fn the_expected_etag_has_to_be_the_stored_one() {
    let (memory, ingest) = start(PATIENT);
    let stored = ingest.put(document("a", "一"), None).await.expect("written").etag;
    let wrong = Etag(stored.0 ^ 1);
    let refused = ingest.put(document("a", "二"), Some(wrong)).await;
    assert!(matches!(refused, Err(IngestError::EtagMismatch(Some(etag))) if etag == stored), "{refused:?}");
    let refused = ingest.put(document("b", "二"), Some(wrong)).await;
    assert!(matches!(refused, Err(IngestError::EtagMismatch(None))), "{refused:?}");
    let refused = ingest.delete(id("a"), Some(wrong)).await;
    assert!(matches!(refused, Err(IngestError::EtagMismatch(Some(_)))), "{refused:?}");
    assert_eq!(memory.state().commit, 1);
    ingest.put(document("a", "二"), Some(stored)).await.expect("the etag fits");
}

#[tokio::test]
async fn a_deleted_document_is_gone_and_cannot_be_deleted_again() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    let deleted = ingest.delete(id("a"), None).await.expect("deleted");
    assert_eq!((deleted.generation.commit, memory.state().versions.len()), (2, 0));
    let again = ingest.delete(id("a"), None).await;
    assert!(matches!(again, Err(IngestError::NotFound(_))), "{again:?}");
}

#[tokio::test]
async fn a_failed_commit_acknowledges_nothing_and_writing_goes_on_anew() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    memory.is_failing.store(true, Relaxed);
    let lost = ingest.queue(document("b", "一")).await.expect("room");
    let replaced = ingest.put(document("a", "二"), None).await;
    assert!(matches!(replaced, Err(IngestError::Write(_))), "{replaced:?}");
    assert!(matches!(lost.receipt().await, Err(IngestError::Write(_))));
    assert_eq!((memory.state().commit, memory.state().versions.len()), (1, 1));

    let outcome = ingest.put(document("a", "二"), None).await.expect("written by a new writer").outcome;
    assert_eq!(outcome, Outcome::Replaced);
    assert_eq!(memory.state().commit, 2);
}

/// What it has left on the disk goes with the next writer.
#[tokio::test]
async fn a_writer_that_has_failed_is_opened_anew_though_nothing_comes() {
    let (memory, ingest) = start(PATIENT);
    memory.is_failing.store(true, Relaxed);
    ingest.put(document("a", "一"), None).await.expect_err("it fails");
    let opened_anew = async {
        while memory.writers.load(Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), opened_anew).await.expect("soon");
}

#[tokio::test]
async fn without_room_for_documents_the_rest_goes_on() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    let lingering = ingest.queue(document("b", "一")).await.expect("room in the queue");
    // Changes are taken in order: the one before this is taken, too, when this is answered.
    ingest.put(document("a", "一"), None).await.expect("known");
    memory.is_full.store(true, Relaxed);
    let refused = ingest.put(document("a", "二"), None).await;
    assert!(matches!(refused, Err(IngestError::Write(_))), "{refused:?}");
    lingering.receipt().await.expect("taken before");
    assert_eq!(ingest.put(document("a", "一"), None).await.expect("known").outcome, Outcome::Unchanged);
    ingest.delete(id("a"), None).await.expect("a deletion makes room");
    memory.is_full.store(false, Relaxed);
    ingest.put(document("a", "二"), None).await.expect("there is room");
}

#[tokio::test]
async fn closing_commits_what_was_accepted_and_refuses_what_comes_later() {
    let (memory, ingest) = start(PATIENT);
    let accepted = ingest.queue(document("a", "一")).await.expect("room");
    ingest.close().await;
    accepted.receipt().await.expect("committed at the end");
    assert_eq!(memory.state().versions.len(), 1);
    assert!(matches!(ingest.put(document("b", "一"), None).await, Err(IngestError::Closed)));
    ingest.close().await;
}

#[tokio::test]
async fn a_refusal_that_rests_on_a_lost_change_is_lost_with_it() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    memory.is_failing.store(true, Relaxed);
    // Both in one group: the first keeps it open.
    let lingering = ingest.queue(document("b", "一")).await.expect("room");
    let (first, second) = tokio::join!(ingest.delete(id("a"), None), ingest.delete(id("a"), None));
    assert!(matches!(first, Err(IngestError::Write(_))), "{first:?}");
    assert!(matches!(second, Err(IngestError::Write(_)) | Ok(_)), "{second:?}");
    assert!(matches!(lingering.receipt().await, Err(IngestError::Write(_))));
}

#[test]
fn a_document_that_would_take_all_memory_is_refused() {
    let ready = |_| crate::document::ReadyParagraph { text: "一".to_owned(), heading_path: Vec::new() };
    let metadata = Metadata { title: "题".repeat(1_000), ..Metadata::default() };
    let content = Content::Ready((0..100_000).map(ready).collect());
    let refused = prepare(Document { id: id("a"), metadata, content });
    assert!(matches!(refused, Err(PrepareError::TooHeavy(_))), "{:?}", refused.map(|_| ()));
}

/// What is stored of a document is its paragraphs and what they leave: together exactly the original.
#[test]
fn the_original_is_not_stored_twice() {
    let original = "关于防汛工作的通知\n\n一、落实責(zé)任。各地要压实责任，\u{200b}确保安全。\n二、强(qiáng)化值守。要二十四小时值守。\n";
    let IndexedDocument { paragraphs, layout, .. } = document("a", original).document;
    let texts: usize = paragraphs.iter().map(|paragraph| paragraph.text.len()).sum();
    assert!(!paragraphs.is_empty() && !layout.edits.is_empty());
    assert_eq!(texts + layout.remains.len(), original.len());
    assert_eq!(layout.original(&paragraphs).as_deref(), Some(original));
}

#[test]
fn what_is_cut_out_of_a_text_weighs_too() {
    let prepared = document("a", &"。".repeat(100_000));
    assert!(prepared.document.paragraphs.is_empty());
    assert!(prepared.document.weight_bytes() >= 300_000);
}

#[test]
fn the_etag_depends_on_all_that_was_sent() {
    let metadata = |title: &str| Metadata { title: title.to_owned(), ..Metadata::default() };
    let etag = |title: &str, content: Content| {
        prepare(Document { id: id("a"), metadata: metadata(title), content }).expect("small").document.etag
    };
    let ready = |texts: &[&str]| {
        let ready =
            |text: &&str| crate::document::ReadyParagraph { text: (*text).to_owned(), heading_path: Vec::new() };
        Content::Ready(texts.iter().map(ready).collect())
    };
    let etags = [
        etag("", Content::Text("甲乙".to_owned())),
        etag("题", Content::Text("甲乙".to_owned())),
        etag("", ready(&["甲乙"])),
        etag("", ready(&["甲", "乙"])),
        etag("", ready(&["甲", "", "乙"])),
    ];
    for (index, one) in etags.iter().enumerate() {
        assert!(!etags[..index].contains(one), "{index}");
    }
}

/// A text whose site puts its name above and a slogan below.
fn of_site(body: &str) -> String {
    format!("云溪网上服务平台\n关于{body}的通知\n{body}的工作要抓紧抓实，确保取得成效。\n云溪网与您同行\n")
}

fn texts(prepared: &Prepared) -> Vec<&str> {
    prepared.document.paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect()
}

#[tokio::test]
async fn what_three_documents_of_a_source_begin_and_end_with_is_cut_from_the_third_on() {
    let (memory, ingest) = start(PATIENT);
    let prepare =
        |ingest: &Ingest, source: &str, id: &str| ingest.prepare(found(source, id, &of_site(id)), &NEVER).unwrap();
    for id in ["甲", "乙"] {
        assert!(texts(&prepare(&ingest, "云溪网", id))[0].contains("服务平台"), "{id} is one of the first two");
    }
    assert_eq!(texts(&prepare(&ingest, "云溪网", "丙")), ["关于丙的通知\n丙的工作要抓紧抓实，确保取得成效。"]);
    assert!(!texts(&prepare(&ingest, "云溪网", "甲"))[0].contains("服务平台"), "the others are two now");
    assert!(texts(&prepare(&ingest, "别的网", "丁"))[0].contains("服务平台"), "another source");
    assert!(texts(&prepare(&ingest, "", "戊"))[0].contains("服务平台"), "no source at all");

    // What is committed is known after a restart, and what was only looked at is not.
    for id in ["甲", "乙"] {
        ingest.put(prepare(&ingest, "云溪网", id), None).await.unwrap();
    }
    ingest.close().await;
    let ingest = open(&memory, PATIENT);
    let analysis = ingest.analyze(&of_site("己"), "云溪网", false, &NEVER).unwrap();
    assert_eq!(analysis.paragraphs.len(), 1);
    assert_eq!(analysis.paragraphs[0].text, "关于己的通知\n己的工作要抓紧抓实，确保取得成效。");
    assert!(texts(&prepare(&ingest, "云溪网", "甲"))[0].contains("服务平台"), "one other document only");
}

/// An article that was posted again and again is one document, before a restart and after.
#[tokio::test]
async fn copies_make_no_line_a_repeated_one() {
    let (memory, ingest) = start(PATIENT);
    let copy = |id: &str| found("云溪网", id, "数字政务网新平台\n——青石沟纪实\n张三\n春风拂过大地。\n");
    for id in ["一", "二", "三", "四"] {
        let prepared = ingest.prepare(copy(id), &NEVER).unwrap();
        assert!(texts(&prepared)[0].starts_with("数字政务网新平台"), "{id}");
        ingest.put(prepared, None).await.unwrap();
    }
    ingest.close().await;
    let ingest = open(&memory, PATIENT);
    assert!(texts(&ingest.prepare(copy("五"), &NEVER).unwrap())[0].starts_with("数字政务网新平台"));
    // Others count, and the copies once.
    let other = |id: &str| found("云溪网", id, &format!("数字政务网新平台\n关于{id}的通知\n{id}的工作要抓紧。\n"));
    assert!(texts(&ingest.prepare(other("甲"), &NEVER).unwrap())[0].starts_with("数字"));
    assert!(!texts(&ingest.prepare(other("乙"), &NEVER).unwrap())[0].starts_with("数字"));
}

/// What is not, or no longer, in the index is no document of the source.
#[tokio::test]
async fn documents_that_are_not_there_make_no_line_a_repeated_one() {
    let has_banner = |prepared: &Prepared| texts(prepared)[0].contains("服务平台");
    let prepare = |ingest: &Ingest, id: &str| ingest.prepare(found("云溪网", id, &of_site(id)), &NEVER).unwrap();

    let (_, ingest) = start(PATIENT);
    for id in ["甲", "乙"] {
        let refused = ingest.put(prepare(&ingest, id), Some(Etag(1))).await;
        assert!(matches!(refused, Err(IngestError::EtagMismatch(None))), "{refused:?}");
    }
    assert!(has_banner(&prepare(&ingest, "丙")), "refused");

    let (_, ingest) = start(PATIENT);
    for id in ["甲", "乙"] {
        ingest.put(prepare(&ingest, id), None).await.unwrap();
    }
    assert!(!has_banner(&prepare(&ingest, "丙")), "two others are there");
    for id in ["甲", "乙"] {
        ingest.delete(self::id(id), None).await.unwrap();
    }
    assert!(has_banner(&prepare(&ingest, "丁")), "deleted");

    let (_, ingest) = start(PATIENT);
    for id in ["甲", "乙"] {
        ingest.put(prepare(&ingest, id), None).await.unwrap();
        ingest.put(ingest.prepare(found("云溪网", id, "别的。"), &NEVER).unwrap(), None).await.unwrap();
    }
    assert!(has_banner(&prepare(&ingest, "丙")), "replaced");

    let (memory, ingest) = start(PATIENT);
    for id in ["甲", "乙"] {
        memory.is_failing.store(true, Relaxed);
        assert!(ingest.put(prepare(&ingest, id), None).await.is_err());
    }
    assert!(has_banner(&prepare(&ingest, "丙")), "lost");
}

#[test]
fn what_the_sender_left_empty_is_taken_from_the_text() {
    let text = "关于做好防汛工作的通知\n来源：云溪网 时间：2024年5月6日\n各地要压实责任，确保安全。\n";
    let sent =
        Document { metadata: Metadata { title: "通知".to_owned(), ..Metadata::default() }, ..found("", "a", text) };
    let IndexedDocument { metadata, recognized, .. } = prepare(sent).unwrap().document;
    assert_eq!((metadata.title.as_str(), metadata.source.as_str()), ("通知", "云溪网"));
    assert_eq!(metadata.publish_date.map(|date| date.to_string()).as_deref(), Some("2024-05-06"));
    assert_eq!(recognized, [MetadataField::Source, MetadataField::PublishDate]);
}

#[test]
fn what_nobody_waits_for_is_given_up() {
    let (_, ingest) = start(PATIENT);
    let stop = AtomicBool::new(true);
    let prepared = ingest.prepare(found("云溪网", "a", "一句话。"), &stop);
    assert!(matches!(prepared, Err(PrepareError::Read(ReadError::Stopped))));
    assert!(matches!(ingest.analyze("一句话。", "", false, &stop), Err(ReadError::Stopped)));
}

#[test]
fn the_rest_of_an_analysis_is_not_read_anew() {
    let (_, ingest) = start(PATIENT);
    let first = ingest.analyze("一句话。", "", false, &NEVER).unwrap();
    let rest = |text: &str, source: &str| ingest.analyze(text, source, true, &NEVER).unwrap();
    ingest.remember_analysis("一句话。", "", Arc::clone(&first), true);
    assert!(Arc::ptr_eq(&first, &rest("一句话。", "")));
    assert!(!Arc::ptr_eq(&first, &rest("一句话。", "云溪网")));
    assert!(!Arc::ptr_eq(&first, &ingest.analyze("一句话。", "", false, &NEVER).unwrap()));
    ingest.remember_analysis("另一句。", "", rest("另一句。", ""), false);
    assert!(Arc::ptr_eq(&first, &rest("一句话。", "")));
    ingest.remember_analysis("一句话。", "", Arc::clone(&first), false);
    assert!(!Arc::ptr_eq(&first, &rest("一句话。", "")));
}

/// As a merge does that fills the disk.
#[tokio::test]
async fn a_writer_that_has_failed_beside_is_opened_anew_before_anything_is_refused() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    memory.is_full.store(true, Relaxed);
    assert!(matches!(ingest.put(document("b", "一"), None).await, Err(IngestError::Write(_))), "there is no room");
    memory.has_failed.store(true, Relaxed);
    ingest.put(document("b", "一"), None).await.expect("there is room again");
    assert_eq!(memory.state().versions.keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_group_and_no_other() {
    let (memory, ingest) = start(PATIENT);
    ingest.put(document("a", "一"), None).await.expect("written");
    for _ in 0..2 {
        memory.is_panicking.store(true, Relaxed);
        let lost = ingest.put(document("a", "二"), None).await.expect_err("it has panicked");
        assert!(matches!(&lost, IngestError::Write(_)), "{lost:?}");
        let again = ingest.put(document("a", "三"), None).await.expect("it goes on");
        assert_eq!(again.outcome, Outcome::Replaced);
        ingest.put(document("a", "一"), None).await.expect("it goes on");
    }
    ingest.close().await;
    assert!(matches!(ingest.put(document("a", "四"), None).await, Err(IngestError::Closed)));
}
