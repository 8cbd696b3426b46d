//! Five real documents, as they were found, where they are to be had.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Server;

#[test]
fn what_was_asked_of_real_documents_is_found() {
    let seeds = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/seeds"));
    if !seeds.is_dir() {
        println!("skipped: there is no {}", seeds.display());
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--import", seeds.to_str().unwrap()]);
    for (query, expected) in [
        ("“两个确立”", &["002", "003"][..]),
        ("\"组织工作高质量发展\"", &["000", "003"]),
        ("\"群众路线是我们党的生命线\"", &["001"]),
        ("\"習近平總書記\"", &["002", "004"]),
    ] {
        let lines = server.answer(&["search", query, "--limit", "1000", "--json"]);
        let hits = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut documents: Vec<String> = hits.map(|hit| hit["document_id"].as_str().unwrap()[..3].to_owned()).collect();
        documents.sort_unstable();
        documents.dedup();
        for document in expected {
            assert!(documents.iter().any(|found| found == document), "{query}: {document} is not in {documents:?}");
        }
    }
    for entry in std::fs::read_dir(&seeds).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(server.answer(&["get", name, "--view", "original"]), std::fs::read_to_string(&path).unwrap());
    }
    assert_eq!(server.terminate().code, Some(0));
}
