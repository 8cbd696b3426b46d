//! `xunzhang bench`, against a service that runs.

use serde_json::Value;

use crate::{
    commands::{check_failed, objects, write},
    support::Server,
};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

/// The figures of a load of three queries, of which two are of the default kinds and one is too long.
fn figures(flags: &[&str]) -> Value {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(&directory.path().join("data"), &["--import", SAMPLES]);
    let long = "长".repeat(1_025);
    let lines = format!(
        "{{\"qid\":0,\"kind\":\"term\",\"q\":\"营商环境\"}}\n{{\"qid\":1,\"kind\":\"phrase\",\"q\":\"营商环境\"}}\n1\t{long}\n"
    );
    let file = write(directory.path(), "queries", lines);
    let answer = server.answer(&[&["bench", "--json", "--queries", &file], flags].concat());
    let mut answer = objects(&answer);
    assert_eq!(answer.len(), 1, "{answer:?}");
    answer.remove(0)
}

#[track_caller]
fn check(flags: &[&str], queries: u64, errors: u64) {
    let figures = figures(flags);
    assert_eq!((&figures["queries"], &figures["errors"]), (&queries.into(), &errors.into()), "{figures}");
    for (less, more) in [("best_p50_ms", "p50_ms"), ("p50_ms", "p99_ms"), ("first_hit_p50_ms", "p99_ms")] {
        let [less, more] = [less, more].map(|name| figures[name].as_f64().expect("a number"));
        assert!(0.0 < less && less <= more, "{figures}");
    }
    for rate in ["qps", "best_qps", "paragraphs_per_s"] {
        assert!(figures[rate].as_f64().expect("a number") > 0.0, "{rate}: {figures}");
    }
}

#[test]
fn a_closed_load_sends_each_query_as_often_as_asked() {
    check(&["--repeat", "3", "--clients", "2", "--limit", "3"], 6, 3);
    check(&["--kind", "phrase"], 2, 1);
}

#[test]
fn an_open_load_sends_each_query_as_often_as_asked() {
    check(&["--repeat", "4", "--rate", "200", "--kind", "term", "--kind", "phrase"], 12, 4);
}

#[test]
fn an_export_is_a_load_too() {
    check(&["--export"], 2, 1);
}

#[test]
fn a_load_that_cannot_be_says_why() {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(&directory.path().join("data"), &[]);
    let queries = write(directory.path(), "queries", "{\"kind\":\"term\",\"q\":\"甲\"}\n");
    let wrong = [
        (vec!["bench", "--queries", "none.jsonl"], 2, "none.jsonl"),
        (vec!["bench", "--queries", &queries, "--kind", "trad"], 2, "--kind"),
        (vec!["bench", "--queries", &queries, "--rate", "0"], 2, "--rate"),
        (vec!["bench", "--queries", &queries, "--limit", "10001"], 1, "no request was answered"),
    ];
    for (arguments, code, part) in wrong {
        check_failed(&server.ask(&arguments), code, &[part]);
    }
}
