//! What callers meet when the disk is full, and when it is not any more.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xunzhang::rpc::proto::{ImportDocumentsRequest, Outcome, PutDocumentRequest, StartReindexRequest};

use crate::{
    commands::{check_failed, write},
    support::{Server, Service, Whole, document, poll, ready, reason, searched, sent},
};

/// Of a disk that is soon full.
const SMALL: &str = "size=4m";
const LARGER: &str = "size=64m";

/// A small disk of the test's own; taken away at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where the test may not mount one.
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(path).expect("there is room for a directory");
        if Self::ask("mount", &["-t", "tmpfs", "-o", size, "tmpfs"], path) {
            return Some(Self(path.to_owned()));
        }
        eprintln!("skipped: a small disk can be mounted by root only");
        None
    }

    fn grow(&self, size: &str) {
        assert!(Self::ask("mount", &["-o", &format!("remount,{size}")], &self.0), "it was mounted before");
    }

    fn ask(program: &str, arguments: &[&str], path: &Path) -> bool {
        let output = Command::new(program).args(arguments).arg(path).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Self::ask("umount", &["--lazy"], &self.0);
    }
}

/// A text of characters that repeat as little as they can.
fn rare(rng: &mut fastrand::Rng, bytes: usize) -> String {
    (0..bytes / 3).map(|_| rng.char('\u{4e00}'..'\u{9000}')).collect()
}

fn put(id: &str, text: &str) -> PutDocumentRequest {
    PutDocumentRequest { document: Some(document(id, text)), etag: String::new() }
}

async fn reindex(service: &Service) -> Result<(), Status> {
    service.admin().start_reindex(StartReindexRequest { force: true }).await.map(|_| ())
}

fn check_full(status: &Status) {
    assert_eq!((status.code(), reason(status).as_str()), (Code::ResourceExhausted, "STORAGE_FULL"), "{status:?}");
    let retry = status.get_error_details().retry_info().and_then(|retry| retry.retry_delay);
    assert_eq!(retry, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_disk_that_is_full_refuses_writes_and_nothing_else_until_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&directory.path().join("disk"), SMALL) else { return };
    let service = Service::start_with(|config| {
        config.data_dir = disk.0.join("data");
        config.ingest.min_free_disk = 0;
    })
    .await;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut text = |bytes| rare(&mut rng, bytes);
    let mut acknowledged = Vec::new();
    let refused = loop {
        let (id, text) = (format!("d{}", acknowledged.len()), text(60_000));
        match service.try_put(put(&id, &text)).await {
            Ok(_) => acknowledged.push((id, text)),
            Err(status) => break status,
        }
    };
    check_full(&refused);
    assert!(acknowledged.len() > 3, "{}", acknowledged.len());
    // Again and again: what failed leaves nothing that takes the room of what may still be written.
    for _ in 0..5 {
        check_full(&service.try_put(put("large", &text(600_000))).await.expect_err("it is full"));
    }
    let all_there = async || {
        for (id, text) in &acknowledged {
            assert_eq!(&Whole::read(&service, id).await.original, text, "{id}");
        }
        assert_eq!(service.stats().await.documents, acknowledged.len() as u64);
    };
    // There is no room for a second index, nor for a part of it.
    check_full(&reindex(&service).await.expect_err("it is full"));
    all_there().await;
    let quoted: String = acknowledged[0].1.chars().skip(20).take(6).collect();
    assert_eq!(service.search(searched(&format!("\"{quoted}\""))).await.hits.len(), 1);

    disk.grow(LARGER);
    service.put(document("after", "有了空间。")).await;
    service.try_delete("after", "").await.unwrap();
    all_there().await;
    let service = service.restart().await;
    assert_eq!(service.stats().await.documents, acknowledged.len() as u64);
    service.stop().await;
}

#[tokio::test]
async fn documents_are_refused_before_the_disk_is_full() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    service.put(ready("乙", &["部署防火工作"])).await;
    let service = service.stop().await.start_with(|config| config.ingest.min_free_disk = u64::MAX).await;
    let refused = service.try_put(put("丙", "又一份")).await.expect_err("less is free");
    check_full(&refused);
    check_full(&reindex(&service).await.expect_err("less is free"));
    assert_eq!(service.search(searched("防汛")).await.hits.len(), 1);
    // What takes no room, or gives some back, is done.
    assert_eq!(service.put(ready("甲", &["部署防汛工作"])).await.outcome(), Outcome::Unchanged);
    service.try_delete("乙", "").await.unwrap();
    let service = service.stop().await.start_with(|config| config.ingest.min_free_disk = 1).await;
    poll("the put", async || service.try_put(put("丙", "又一份")).await.ok()).await;
    service.stop().await;
}

/// Whoever starts it again when it ends would do so for ever, and nobody could read.
#[test]
fn what_a_service_begins_with_does_not_keep_it_from_serving_on_a_full_disk() {
    const FULL: (&str, &str) = ("XUNZHANG_INGEST__MIN_FREE_DISK", "1000000TiB");
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let [before, more] = [("before", "部署防汛工作。"), ("more", "部署防火工作。")]
        .map(|(folder, text)| write(&place.path().join(folder), &format!("{folder}.txt"), text));
    assert_eq!(Server::start(&data, &["--import", &before]).terminate().code, Some(0));
    let server = Server::start_with(&data, &["--import", &before, "--import", &more], &[FULL]);
    for (text, paragraphs) in [("防汛", "1 paragraph in 1 document"), ("防火", "0 paragraphs in 0 documents")] {
        let counted = server.answer(&["count", &format!("\"{text}\"")]);
        assert_eq!(counted.lines().next(), Some(paragraphs));
    }
    check_failed(&server.terminate(), 0, &["ERROR", "STORAGE_FULL", "the rest is tried again", "wait=5s"]);
    let server = Server::start(&data, &["--import", &before, "--import", &more]);
    assert_eq!(server.answer(&["count", "防火"]).lines().next(), Some("1 paragraph in 1 document"));
    assert_eq!(server.terminate().code, Some(0));
}

/// What is deleted is in segments with what is not: only a merge gives its room back.
#[tokio::test]
async fn deleting_makes_room_where_documents_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&directory.path().join("disk"), LARGER) else { return };
    let service = Service::start_with(|config| {
        config.data_dir = disk.0.join("data");
        config.ingest.min_free_disk = 40 << 20;
    })
    .await;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut text = || (0..20).map(|_| rare(&mut rng, 2_000)).collect::<Vec<_>>().join("\n\n");
    let mut documents = 0;
    let refused = loop {
        let ids = documents..documents + 10;
        let sending: Vec<_> = ids.map(|number| sent(number + 1, document(&format!("d{number}"), &text()))).collect();
        match imported(&service, sending).await {
            Ok(()) => documents += 10,
            Err(status) => break status,
        }
    };
    check_full(&refused);
    for number in (0..documents).filter(|number| number % 3 > 0) {
        service.try_delete(&format!("d{number}"), "").await.unwrap();
    }
    poll("the put", async || service.try_put(put("after", &text())).await.ok()).await;
    service.stop().await;
}

/// Documents that are sent at once are neighbours on disk, too.
async fn imported(service: &Service, documents: Vec<ImportDocumentsRequest>) -> Result<(), Status> {
    let mut answers = service.documents().import_documents(tokio_stream::iter(documents)).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// As `ulimit -f` sets it: the system would end a process that writes more to a file, unless it says otherwise.
#[test]
fn files_that_may_not_grow_are_a_full_disk() {
    const BLOCKS: u32 = 128;
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let server = Server::start_limited(&data, BLOCKS);
    let import = |server: &Server, name: &str, text: &str| {
        server.ask(&["import", &write(place.path(), &format!("{name}.txt"), text)])
    };
    assert_eq!(import(&server, "before", "部署防汛工作。").code, Some(0));
    let large = rare(&mut fastrand::Rng::with_seed(7), 600_000);
    for _ in 0..2 {
        check_failed(&import(&server, "large", &large), 1, &["STORAGE_FULL"]);
    }
    assert_eq!(server.answer(&["count", "\"防汛\""]).lines().next(), Some("1 paragraph in 1 document"));
    assert_eq!(import(&server, "after", "部署防火工作。").code, Some(0));
    assert_eq!(server.terminate().code, Some(0));
    let server = Server::start(&data, &[]);
    for text in ["防汛", "防火"] {
        let counted = server.answer(&["count", &format!("\"{text}\"")]);
        assert_eq!(counted.lines().next(), Some("1 paragraph in 1 document"));
    }
    assert_eq!(import(&server, "large", &large).code, Some(0));
    assert_eq!(server.terminate().code, Some(0));
}
