//! The client commands that are about many documents: conditions, counts, lists, purges.

use serde_json::Value;

use crate::{
    commands::{check_failed, objects, write},
    support::{Ended, Server, run},
};

/// A service with documents of two sources and three dates.
fn served() -> (Server, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let lines = concat!(
        r#"{"id":"甲","title":"防汛通知","source":"红星网","date":"2024-03-05","type":"通知","labels":["防汛","应急"],"text":"部署防汛工作。"}"#,
        "\n",
        r#"{"id":"乙 1","source":"人民日报","date":"2023-06","labels":["防汛"],"paragraphs":["加强防汛值守","落实防汛责任"]}"#,
        "\n",
        r#"{"id":"丙","source":"人民日報","date":"2023","level":"省级","text":"宣传防汛知识。"}"#,
        "\n",
    );
    let file = write(directory.path(), "documents.jsonl", lines);
    let server = Server::start(&directory.path().join("data"), &["--import", &file]);
    (server, directory)
}

/// The documents of hits; a search without any prints its summary instead.
fn ids(lines: &str) -> Vec<String> {
    let id = |hit: &Value| hit["document_id"].as_str().expect("a hit has it").to_owned();
    let mut ids: Vec<String> = objects(lines).iter().filter(|line| line.get("summary").is_none()).map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn conditions_of_searches_and_exports() {
    let (server, directory) = served();
    let queries = write(directory.path(), "queries.tsv", "一\t防汛\n");
    for (conditions, expected) in [
        (&["--filter", "source=人民日报"][..], &["丙", "乙 1"][..]),
        (&["--filter", "source=人民日报", "--filter", "source=紅星網"], &["丙", "乙 1", "甲"]),
        (&["--filter", "label=防汛", "--filter", "label=应急"], &["甲"]),
        (&["--filter", "from=2023-06-15", "--filter", "to=2023-07"], &["丙", "乙 1"]),
        (&["--filter", "id=乙 1"], &["乙 1"]),
        (&["--exclude", "label=应急", "--exclude", "level=省级"], &["乙 1"]),
        (&["--filter", "source=人民日报", "--exclude", "label=防汛"], &["丙"]),
        (&["--filter", "collection=无"], &[]),
    ] {
        let of = |command: &[&str]| ids(&server.answer(&[command, conditions, &["--json"]].concat()));
        assert_eq!(of(&["search", "防汛"]), expected, "{conditions:?}");
        assert_eq!(of(&["export"]), expected, "{conditions:?}");
        assert_eq!(of(&["search", "--queries", &queries]), expected, "{conditions:?}");
        let counted = &objects(&server.answer(&[&["count", "--json"], conditions].concat()))[0];
        assert_eq!(counted["documents"], expected.len(), "{conditions:?}");
    }
    let all = ids(&server.answer(&["export", "防汛 责任", "--match", "all", "--json"]));
    assert_eq!(all, ["乙 1"]);
}

#[test]
fn counts_for_people_and_for_programs() {
    let (server, _directory) = served();
    let shown = server.answer(&["count", "防汛", "--facet", "source", "--facet", "year"]);
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), "4 paragraphs in 3 documents");
    for expected in [["3", "2", "人民日报"], ["1", "1", "红星网"], ["3", "2", "2023"], ["1", "1", "2024"]] {
        assert!(lines.iter().any(|line| line == &expected), "no {expected:?} in {shown}");
    }
    let counted = &objects(&server.answer(&["count", "“防汛責任”", "--facet", "label", "--json"]))[0];
    assert_eq!((&counted["paragraphs"], &counted["documents"]), (&Value::from(1), &Value::from(1)));
    let facet = &counted["facets"][0];
    assert_eq!((&facet["field"], &facet["further_values"]), (&Value::from("FACET_FIELD_LABEL"), &Value::from(0)));
    assert_eq!(facet["values"][0], serde_json::json!({"value": "防汛", "paragraphs": 1, "documents": 1}));
    assert!(counted["generation"].is_string() && counted["warnings"].is_array(), "{counted}");
    assert!(server.answer(&["count"]).starts_with("4 paragraphs in 3 documents\n"));
    let warned = server.ask(&["count", "“防汛"]);
    assert!(warned.code == Some(0) && warned.stderr.contains("UNCLOSED_QUOTE"), "{warned:?}");
}

#[test]
fn lists_for_people_and_for_programs() {
    let (server, _directory) = served();
    let shown = server.ask(&["list"]);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert!(
        lines.len() == 3 && lines[0].starts_with("2024-03-05") && lines[0].contains("甲  防汛通知  红星网"),
        "{shown:?}"
    );
    assert!(shown.stderr.contains("3 documents") && !shown.stderr.contains("more"), "{shown:?}");
    let some = server.ask(&["list", "--limit", "2"]);
    assert!(some.stdout.lines().count() == 2 && some.stderr.contains("2 documents; there are more"), "{some:?}");
    let listed = objects(&server.answer(&["list", "--filter", "source=人民日报", "--json"]));
    let ids: Vec<&Value> = listed.iter().map(|listed| &listed["document"]["id"]).collect();
    assert_eq!(ids, ["乙 1", "丙"]);
    assert!(listed[0]["paragraph_count"] == 2 && listed[0]["etag"].is_string(), "{}", listed[0]);
    assert_eq!(server.answer(&["list", "--filter", "level=市级", "--json"]), "");
}

#[test]
fn a_purge_is_shown_before_it_is_done() {
    let (server, _directory) = served();
    let documents = || objects(&server.answer(&["stats", "--json"]))[0]["documents"].as_u64().expect("a number");
    let shown = server.ask(&["purge", "--filter", "source=人民日报"]);
    assert_eq!(
        (shown.code, shown.stdout.as_str()),
        (Some(0), "2 documents would be deleted\n  乙 1\n  丙\n"),
        "{shown:?}"
    );
    assert!(shown.stderr.contains("--yes"), "{shown:?}");
    assert_eq!(documents(), 3);
    let done = server.answer(&["purge", "--filter", "source=人民日报", "--yes", "--json"]);
    assert_eq!((&objects(&done)[0]["purge_count"], documents()), (&Value::from(2), 1));
    assert_eq!(server.answer(&["purge", "--filter", "source=人民日报", "--yes"]), "deleted 0 documents\n");
    assert_eq!(server.answer(&["purge", "--all", "--yes"]), "deleted 1 document\n");
    assert_eq!(documents(), 0);
}

#[test]
fn conditions_that_are_none() {
    let refused = |arguments: &[&str], parts: &[&str]| {
        let ended: Ended = run(arguments);
        check_failed(&ended, 2, parts);
        assert!(ended.stdout.is_empty(), "{ended:?}");
    };
    let keys = "source, agency, type, level, collection, label, id, from, to";
    refused(&["search", "甲", "--filter", "colour=red"], &["`colour`", keys]);
    refused(&["export", "--exclude", "=甲"], &[keys]);
    refused(&["count", "--filter", "source"], &["KEY=VALUE"]);
    refused(&["list", "--filter", "label="], &["no value"]);
    refused(&["purge", "--filter", "from=去年"], &["YYYY-MM-DD"]);
    refused(&["purge", "--yes"], &["--filter", "--all"]);
    refused(&["count", "甲", "--facet", "title"], &["year", "label"]);
    // What only the service can know.
    let (server, _directory) = served();
    check_failed(&server.ask(&["list", "--filter", "to=2024-02-30"]), 1, &["INVALID_FIELD", "filter.published_to"]);
    check_failed(&server.ask(&["count", "--filter", "to=2023", "--filter", "to=2024"]), 2, &["`--filter to=…`"]);
}

#[test]
fn a_follower_prints_what_imports_add_and_deletions_remove_until_it_is_interrupted() {
    let (server, directory) = served();
    let mut follower = server.begin(&["export", "防汛", "--filter", "source=人民日报", "--follow", "--json"]);
    let mut next = || objects(&follower.line()).remove(0);
    for id in ["乙 1#0", "乙 1#1", "丙#0"] {
        assert_eq!(next()["paragraph_id"], id);
    }
    let lines = concat!(
        r#"{"id":"丁","source":"人民日报","text":"防汛形势平稳。"}"#,
        "\n",
        r#"{"id":"戊","source":"红星网","text":"防汛形势平稳。"}"#,
        "\n",
    );
    server.answer(&["import", &write(directory.path(), "more.jsonl", lines)]);
    assert_eq!(next()["paragraph_id"], "丁#0");
    server.answer(&["delete", "甲"]);
    server.answer(&["delete", "乙 1"]);
    // The first was not its own, which is not known any more once it is merged away: then it is told all the same.
    let removed = next()["removed"]["document_id"].clone();
    assert_eq!(if removed == "甲" { next()["removed"]["document_id"].clone() } else { removed }, "乙 1");
    let ended = follower.interrupt();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{ended:?}");
    assert!(ended.stderr.contains("stopped"), "{ended:?}");
    assert!(server.answer(&["count", "防汛"]).contains('3'), "the service goes on");
}
