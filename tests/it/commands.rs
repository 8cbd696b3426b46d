//! The client commands, against a service that runs.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{Ended, Server, run};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
/// A sample, as a file and as a document.
const NOTICE: &str = "notice-business-environment.txt";
const GLOSSED: &str = "press-grassroots-glossed.txt";

/// A service with the samples in it, and a directory for files.
fn served() -> (Server, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(&directory.path().join("data"), &["--import", SAMPLES]);
    (server, directory)
}

/// The objects of JSON lines.
pub(crate) fn objects(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

pub(crate) fn write(directory: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().expect("it lies in the directory")).expect("there is room");
    fs::write(&path, bytes).expect("there is room");
    path.to_str().expect("it is UTF-8").to_owned()
}

#[track_caller]
pub(crate) fn check_failed(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    for part in parts {
        assert!(ended.stderr.contains(part), "no `{part}` in {ended:?}");
    }
}

#[test]
fn search_for_people_and_for_programs() {
    let (server, _directory) = served();
    let shown = server.answer(&["search", "优化营商环境", "--limit", "2", "--context", "1"]);
    assert!(shown.starts_with("1. ") && shown.contains("\n2. ") && !shown.contains("\n3. "), "{shown}");
    assert!(shown.contains("营商环境") && shown.contains(" › ") && !shown.contains('\u{1b}'), "{shown}");
    let hits = objects(&server.answer(&["search", "优化营商环境", "--limit", "3", "--json"]));
    assert_eq!(hits.iter().map(|hit| hit["rank"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    for hit in &hits {
        let id = format!("{}#{}", hit["document_id"].as_str().unwrap(), hit["ordinal"]);
        assert_eq!(hit["paragraph_id"], id.as_str());
        // Names of the contract, numbers as numbers, zero fields kept.
        assert!(hit["score"].is_f64() && hit["sequence"].is_u64() && hit["folded_count"] == 0, "{hit}");
        assert!(hit["heading_path"].is_array() && hit["source_ranges"][0]["end"].is_u64(), "{hit}");
    }
    let all = objects(&server.answer(&["search", "营商环境 水源", "--match", "all", "--json"]));
    let any = objects(&server.answer(&["search", "营商环境 水源", "--json"]));
    assert!(all.len() < any.len(), "{} of {}", all.len(), any.len());
    let nothing = server.ask(&["search", "饕餮"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    assert!(nothing.stderr.contains("饕餮"), "{nothing:?}");
    let why = &objects(&server.answer(&["search", "饕餮", "--json"]))[0]["summary"];
    assert_eq!((&why["hits_sent"], &why["diagnosis"]["absent_terms"][0]), (&0.into(), &"饕餮".into()), "{why}");
    check_failed(&server.ask(&["search", ""]), 1, &["INVALID_FIELD", "query"]);
    check_failed(&server.ask(&["search", "甲", "--limit", "10001"]), 1, &["INVALID_FIELD", "limit", "10000"]);
}

#[test]
fn prose_has_no_signs() {
    let (server, directory) = served();
    let query = "“饕餮” -营商环境";
    let found = |flags: &[&str]| {
        let hits = objects(&server.answer(&[&["search", query, "--limit", "3", "--json"], flags].concat()));
        hits.iter().filter_map(|hit| hit["document_id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let counted =
        |query: &[&str]| objects(&server.answer(&[&["count", "--json"], query].concat()))[0]["paragraphs"].clone();
    assert_eq!((found(&[]).len(), found(&["--prose"]).len()), (0, 3));
    assert_eq!(counted(&[query, "--prose"]), counted(&["营商环境"]));
    // Nothing is everything, however it is taken.
    assert_eq!(counted(&["--prose"]), counted(&[]));
    check_failed(&server.ask(&["search", "", "--prose"]), 1, &["INVALID_FIELD", "prose"]);
    let exported = server.answer(&["export", query, "--prose", "--json"]);
    assert_eq!(counted(&["营商环境"]), objects(&exported).len());
    let explained = &objects(&server.answer(&["explain", query, "--prose", "--json"]))[0];
    assert_eq!(explained["warnings"].as_array().map(Vec::len), Some(0), "{explained}");
    let file = write(directory.path(), "queries.tsv", format!("甲\t{query}\n"));
    let lines = server.answer(&["search", "--queries", &file, "--limit", "3", "--prose", "--format", "jsonl"]);
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn many_queries_from_a_file() {
    let (server, directory) = served();
    let file = write(directory.path(), "queries.tsv", "甲\t优化营商环境\n\n乙\t饕餮\n丙 丁\t“两个确立”\n");
    let run_of = |format: &str| server.answer(&["search", "--queries", &file, "--limit", "20", "--format", format]);
    let trec = run_of("trec");
    let mut ranks: Vec<(&str, u32)> = Vec::new();
    for line in trec.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [query, "Q0", _document, rank, score, _tag] = columns[..] else { panic!("{line}") };
        score.parse::<f64>().unwrap();
        ranks.push((query, rank.parse().unwrap()));
    }
    // In the order of the file, each with ranks from 1, no document twice.
    let count = |query: &str| ranks.iter().filter(|(of, _)| *of == query).count();
    assert!(count("甲") > 1 && count("丙%20丁") > 1 && count("甲") + count("丙%20丁") == ranks.len(), "{trec}");
    assert!(ranks.is_sorted_by_key(|(query, rank)| (*query == "丙%20丁", *rank)), "{trec}");
    assert_eq!(ranks[0].1, 1);
    let mut documents: Vec<&str> = trec.lines().map(|line| line.rsplitn(4, ' ').last().unwrap()).collect();
    documents.sort_unstable();
    documents.dedup();
    assert_eq!(documents.len(), ranks.len(), "{trec}");
    let hits = objects(&run_of("jsonl"));
    for hit in &hits {
        let keys: Vec<&String> = hit.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 6, "{hit}");
        assert!(["qid", "document_id", "paragraph_id", "text"].iter().all(|key| hit[key].is_string()), "{hit}");
        assert!(hit["rank"].is_u64() && hit["score"].is_f64(), "{hit}");
    }
    // The same hits as one by one.
    let alone = objects(&server.answer(&["search", "优化营商环境", "--limit", "20", "--json"]));
    let of_file = hits.iter().filter(|hit| hit["qid"] == "甲").map(|hit| &hit["paragraph_id"]);
    assert!(of_file.eq(alone.iter().map(|hit| &hit["paragraph_id"])));
    // A bad line is named and does not stop the rest.
    let bad = write(directory.path(), "bad.tsv", "甲\t优化营商环境\nno tab\n乙\t“两个确立”\n");
    let ended = server.ask(&["search", "--queries", &bad, "--format", "trec"]);
    check_failed(&ended, 1, &["bad.tsv:2"]);
    assert!(ended.stdout.contains("甲 Q0") && ended.stdout.contains("乙 Q0"), "{ended:?}");
    check_failed(&server.ask(&["search", "--queries", "/no/such.tsv"]), 2, &["/no/such.tsv"]);
}

#[test]
fn explain_a_query_and_a_score() {
    let (server, _directory) = served();
    let id = format!("{NOTICE}#1");
    let hits = objects(&server.answer(&["search", "优化营商环境", "--json"]));
    let hit = hits.iter().find(|hit| hit["paragraph_id"] == id.as_str()).expect("it is among the best");
    let explained = &objects(&server.answer(&["explain", "优化营商环境", "--paragraph", &id, "--json"]))[0];
    assert_eq!(explained["paragraph"]["score"], hit["score"], "{explained}");
    assert_eq!(explained["terms"][1]["term"], "营商环境");
    assert_eq!(explained["plan"]["group"]["clauses"][0]["occurrence"], "PLAN_OCCURRENCE_SHOULD");
    let shown = server.answer(&["explain", "什么是营商环境 水", "--match", "all", "--paragraph", &id]);
    for part in [
        "query  什么是营商环境 水",
        "left out",
        "plan",
        "✓ + 营商环境",
        "✗ + 水",
        "does not match",
        "required and not there: 水",
    ] {
        assert!(shown.contains(part), "no `{part}` in {shown}");
    }
    let warned = server.ask(&["explain", "水 “"]);
    assert!(warned.code == Some(0) && warned.stderr.contains("UNCLOSED_QUOTE"), "{warned:?}");
    check_failed(&server.ask(&["explain", "水", "--paragraph", "没有#0"]), 1, &["DOCUMENT_NOT_FOUND", "没有"]);
    check_failed(&server.ask(&["explain", "水", "--paragraph", "没有"]), 1, &["INVALID_FIELD", "paragraph_id"]);
    check_failed(&server.ask(&["explain"]), 2, &["QUERY"]);
}

#[test]
fn export_everything_or_what_matches() {
    let (server, _directory) = served();
    let stats = &objects(&server.answer(&["stats", "--json"]))[0];
    let all = objects(&server.answer(&["export", "--json"]));
    assert_eq!(all.len() as u64, stats["paragraphs"].as_u64().unwrap());
    let arrival = |hit: &Value| (hit["sequence"].as_u64().unwrap(), hit["ordinal"].as_u64().unwrap());
    assert!(all.is_sorted_by(|one, other| arrival(one) < arrival(other)));
    let some = objects(&server.answer(&["export", "“两个确立”", "--json"]));
    // Where nothing in particular is looked for, nothing is highlighted.
    let plain = |hit: &Value| {
        let mut hit = hit.clone();
        let highlights = std::mem::take(&mut hit["highlights"]);
        (hit, highlights.as_array().is_some_and(|ranges| !ranges.is_empty()))
    };
    let all: Vec<_> = all.iter().map(plain).collect();
    assert!(!some.is_empty() && some.iter().all(|hit| plain(hit).1 && all.contains(&(plain(hit).0, false))));
    assert!(server.answer(&["export", "“两个确立”"]).contains("两个确立"));
    assert!(server.answer(&["stats"]).contains("documents"));
}

#[test]
fn get_in_every_view_and_delete() {
    let (server, _directory) = served();
    for sample in [NOTICE, GLOSSED] {
        let original = server.answer(&["get", sample, "--view", "original"]);
        assert_eq!(original, fs::read_to_string(format!("{SAMPLES}/{sample}")).unwrap(), "byte for byte");
    }
    let shown = server.answer(&["get", "press/2024-0301"]);
    assert!(shown.contains("望海日报") && shown.contains("2024-03-01") && !shown.contains("本报讯"), "{shown}");
    let shown = server.answer(&["get", "press/2024-0301", "--view", "paragraphs"]);
    assert!(shown.contains("press/2024-0301#0") && shown.contains("本报讯"), "{shown}");
    let whole = &objects(&server.answer(&["get", GLOSSED, "--view", "original", "--json"]))[0];
    assert_eq!(whole["edits"][0]["rule"], "PINYIN_GLOSS", "{whole}");
    let paragraphs = &objects(&server.answer(&["get", GLOSSED, "--view", "paragraphs", "--json"]))[0];
    assert_eq!(paragraphs["paragraphs"].as_array().unwrap().len() as u64, paragraphs["paragraph_count"]);
    server.answer(&["delete", NOTICE]);
    for command in ["get", "delete"] {
        check_failed(&server.ask(&[command, NOTICE]), 1, &["NOT_FOUND", "DOCUMENT_NOT_FOUND", NOTICE]);
    }
    let left = server.answer(&["export", "--json"]);
    assert!(!left.contains(NOTICE));
}

#[test]
fn import_of_good_and_bad() {
    let (server, directory) = served();
    let folder = directory.path().join("in");
    let lines = concat!(
        "{\"id\": 17, \"text\": \"关于防汛抗旱工作的一号通知\", \"date\": \"2024年6月1日\"}\n",
        "{\"id\": \"坏\", \"text\": 5}\n",
        "不是记录\n",
        "\n",
        "{\"id\": \"分好\", \"paragraphs\": [\"防汛第一段\", {\"text\": \"防汛第二段\", \"heading_path\": [\"一、\"]}]}\n",
        "{\"text\": \"没有编号\"}\n",
        "{\"id\": \"空\", \"text\": \"\", \"date\": \"昨天\"}\n",
    );
    write(&folder, "各地/a b.jsonl", lines);
    write(&folder, "各地/通知.txt", "关于防汛值班的通知");
    write(&folder, "坏.txt", b"\xff\xfe\x00");
    write(&folder, "图.png", "no text");
    let folder = folder.to_str().unwrap();
    let ended = server.ask(&["import", folder, "--json"]);
    check_failed(&ended, 1, &["a b.jsonl:2", "a b.jsonl:3", "a b.jsonl:6", "坏.txt", "UTF-8"]);
    let summary = &objects(&ended.stdout)[0];
    let counted = ["documents", "created", "unchanged", "failed", "skipped"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!(counted, [4, 4, 0, 4, 1], "{summary}");
    let found = objects(&server.answer(&["search", "“防汛”", "--json"]));
    let mut ids: Vec<&str> = found.iter().map(|hit| hit["paragraph_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["17#0", "分好#0", "分好#1", "各地/通知.txt#0"]);
    let of_17 = found.iter().find(|hit| hit["document_id"] == "17").unwrap();
    assert_eq!(of_17["publish_date"], "2024-06-01");
    assert_eq!(objects(&server.answer(&["get", "空", "--json"]))[0]["document"]["attributes"]["publish_date"], "昨天");
    // A file that is named itself goes by its name; nothing that is known is written again.
    let file = format!("{folder}/各地/通知.txt");
    assert_eq!(server.ask(&["import", &file]).code, Some(0));
    server.answer(&["get", "通知.txt"]);
    assert!(server.answer(&["import", SAMPLES]).contains("nothing changed"));
    let ready = server.answer(&["import", "--ready-made", "--collection", "整篇", &file, "--json"]);
    assert_eq!(objects(&ready)[0]["replaced"], 1);
    let got = &objects(&server.answer(&["get", "通知.txt", "--json"]))[0];
    assert_eq!((&got["document"]["collection"], &got["original_bytes"]), (&Value::from("整篇"), &Value::from(0)));
}

#[test]
fn wrong_use_and_nobody_there() {
    check_failed(&run(&["import", "/no/such/folder"]), 2, &["/no/such/folder"]);
    check_failed(&run(&["search"]), 2, &["QUERY"]);
    check_failed(&run(&["search", "甲", "--frobnicate"]), 2, &["--frobnicate"]);
    check_failed(&run(&["search", "甲", "--context", "6"]), 2, &["--context", "6"]);
    check_failed(&run(&["search", "甲", "--endpoint", "https://127.0.0.1:1"]), 2, &["--endpoint"]);
    // Nobody listens there, and nobody else can.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", taken.local_addr().unwrap());
    check_failed(&run(&["search", "甲", "--endpoint", &endpoint]), 1, &[&endpoint, "xunzhang serve"]);
    check_failed(&run(&["stats", "--admin-endpoint", &endpoint]), 1, &["--admin-endpoint"]);
}

#[test]
fn an_export_goes_on_when_its_server_is_killed_and_comes_back() {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let line = |number| format!("第{number}号文件{}。", "要求压实各级责任，统筹推进工作".repeat(20));
    let text = (0..3_000).map(line).collect::<Vec<_>>().join("\n");
    server.answer(&["import", &write(directory.path(), "long.txt", text)]);
    let whole: Vec<Value> = objects(&server.answer(&["export", "--json"]));
    let mut export = server.begin(&["export", "--json"]);
    // Most of it waits behind what nobody has read.
    let mut lines: Vec<String> = (0..10).map(|_| export.line()).collect();
    let address = server.address("listening on").to_owned();
    server.kill();
    let server = Server::start_in_place_of(&data, &address);
    let ended = export.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("going on behind what is here"), "{}", ended.stderr);
    lines.push(ended.stdout);
    let id = |hit: &Value| hit["paragraph_id"].clone();
    let (got, expected) = (objects(&lines.join("\n")), whole);
    assert_eq!(got.iter().map(id).collect::<Vec<_>>(), expected.iter().map(id).collect::<Vec<_>>());
    assert_eq!(server.terminate().code, Some(0));
}
