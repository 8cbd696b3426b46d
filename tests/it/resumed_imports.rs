//! Imports that were cut off and go on.

use std::{fs, path::Path, thread};

use crate::support::{Ended, Server, poll, run};

/// Few documents share a commit, so that there is something acknowledged soon.
const SMALL_GROUPS: [(&str, &str); 1] = [("XUNZHANG_INGEST__COMMIT_CHANGES", "40")];
const DOCUMENTS: usize = 4_000;

fn write_documents(path: &Path) {
    let line = |number: usize| {
        let text = "持续优化营商环境，部署防汛抗旱工作。".repeat(1 + number % 7);
        format!("{{\"id\":\"d{number}\",\"text\":\"第{number}号文件。{text}\"}}\n")
    };
    fs::write(path, (0..DOCUMENTS).map(line).collect::<String>()).expect("there is room for a file");
}

/// Imports a file and notes in another how far it is.
fn import(server: &Server, documents: &Path, journal: &Path) -> impl FnOnce() -> Ended + Send + use<> {
    let endpoint = format!("http://{}", server.address("listening on"));
    let [documents, journal] = [documents, journal].map(|path| path.to_str().expect("it is UTF-8").to_owned());
    move || run(&["import", &documents, "--resume", &journal, "--json", "--endpoint", &endpoint])
}

fn summary(ended: &Ended) -> serde_json::Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.stdout).expect("it is a summary")
}

#[tokio::test]
async fn what_was_acknowledged_before_the_service_was_killed_is_not_sent_again() {
    let place = tempfile::tempdir().unwrap();
    let [data, documents, journal] = ["data", "documents.jsonl", "journal"].map(|name| place.path().join(name));
    write_documents(&documents);
    let server = Server::start_with(&data, &[], &SMALL_GROUPS);
    let importing = thread::spawn(import(&server, &documents, &journal));
    poll("acknowledgements", async || {
        // An acknowledgement may be noted in parts, so that the number of notes says nothing.
        let journal = fs::read_to_string(&journal).unwrap_or_default();
        // Behind each is its checksum.
        let notes = journal.lines().filter_map(|line| line.split('\t').next());
        let notes = notes.filter_map(|note| serde_json::from_str::<serde_json::Value>(note).ok());
        notes.filter_map(|note| note["through"].as_u64()).any(|line| line >= 80).then_some(())
    })
    .await;
    server.kill();
    let cut = importing.join().unwrap();
    assert!(cut.code == Some(1) && cut.stderr.contains("run it again to go on"), "{cut:?}");

    let server = Server::start(&data, &[]);
    let went_on = summary(&import(&server, &documents, &journal)());
    let [resumed, sent] =
        ["resumed", "documents"].map(|name| usize::try_from(went_on[name].as_u64().unwrap()).unwrap());
    assert!(resumed >= 80, "{went_on}");
    assert_eq!(resumed + sent, DOCUMENTS, "{went_on}");
    assert!(!journal.exists(), "all is done");
    let stats = server.answer(&["stats", "--json"]);
    assert!(stats.contains(&format!("\"documents\":{DOCUMENTS}")), "{stats}");
    assert_eq!(server.terminate().code, Some(0));
}

#[tokio::test]
async fn what_another_index_acknowledged_is_sent_to_this_one() {
    let place = tempfile::tempdir().unwrap();
    let [documents, journal] = ["documents.jsonl", "journal"].map(|name| place.path().join(name));
    write_documents(&documents);
    let first = Server::start_with(&place.path().join("first"), &[], &SMALL_GROUPS);
    let importing = thread::spawn(import(&first, &documents, &journal));
    poll("acknowledgements", async || {
        fs::read_to_string(&journal).is_ok_and(|noted| noted.contains("generation")).then_some(())
    })
    .await;
    first.kill();
    assert_eq!(importing.join().unwrap().code, Some(1));

    let second = Server::start(&place.path().join("second"), &[]);
    let whole = summary(&import(&second, &documents, &journal)());
    assert_eq!((whole["resumed"].as_u64(), whole["created"].as_u64()), (Some(0), Some(DOCUMENTS as u64)));
    assert_eq!(second.terminate().code, Some(0));
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let documents = place.path().join("documents.jsonl");
    write_documents(&documents);
    let path = documents.to_str().unwrap();
    let before = fs::read(&documents).unwrap();
    let refused = run(&["import", path, "--resume", path]);
    assert!(refused.code == Some(2) && refused.stderr.contains("--resume"), "{refused:?}");
    assert_eq!(fs::read(&documents).unwrap(), before);
}
