//! The program as people start it: what it prints, how it ends, what it refuses.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{Ended, Server, run, run_with, send_signal};

/// Our own documents, both scripts, with all kinds of damage.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

/// A place for data that goes with the test.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a directory")
}

fn import() -> [&'static str; 2] {
    ["--import", SAMPLES]
}

#[track_caller]
fn check_error(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stdout.is_empty(), "errors are for standard error: {ended:?}");
    for part in parts {
        assert!(ended.stderr.contains(part), "no `{part}` in {ended:?}");
    }
}

#[test]
fn serving_says_where_and_nothing_else() {
    let directory = directory();
    let server = Server::start(directory.path(), &import());
    assert_eq!(server.announced.len(), 2, "{:?}", server.announced);
    let lines = server.announced.iter().zip(["admin listening on 127.0.0.1:", "listening on 127.0.0.1:"]);
    for (line, start) in lines {
        let port = line.strip_prefix(start).unwrap_or_else(|| panic!("{line}"));
        assert!(port.parse::<u16>().unwrap() > 0, "{line}");
    }
    // It is ready when it says so: the samples are there.
    let stats: Value = serde_json::from_str(&server.answer(&["stats", "--json"])).unwrap();
    assert!(stats["documents"].as_u64().unwrap() >= 8, "{stats}");
    let found = server.answer(&["search", "“两个确立”"]);
    assert!(found.contains("work-report-rural-revitalization.md#"), "{found}");
    let ended = server.terminate();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended:?}");
}

#[test]
fn a_second_start_changes_nothing_and_says_so() {
    let directory = directory();
    let stats = |server: &Server| server.answer(&["stats", "--json"]);
    let server = Server::start(directory.path(), &import());
    let (before, exported) = (stats(&server), server.answer(&["export", "--json"]));
    let ended = server.terminate();
    assert!(ended.code == Some(0) && !ended.stderr.contains("nothing changed"), "{ended:?}");
    let server = Server::start(directory.path(), &import());
    let generation = |stats: &str| serde_json::from_str::<Value>(stats).unwrap()["generation"].clone();
    assert_eq!(generation(&stats(&server)), generation(&before));
    assert_eq!(server.answer(&["export", "--json"]), exported);
    let ended = server.terminate();
    assert!(ended.stderr.contains("nothing changed"), "{ended:?}");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_it_acknowledged() {
    let directory = directory();
    let server = Server::start(directory.path(), &import());
    let exported = server.answer(&["export", "--json"]);
    send_signal("KILL", server.id());
    assert_eq!(server.end().code, None);
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.answer(&["export", "--json"]), exported);
    send_signal("INT", server.id());
    assert_eq!(server.end().code, Some(0), "SIGINT ends it as SIGTERM does");
}

#[test]
fn a_data_directory_or_port_in_use() {
    let directory = directory();
    let server = Server::start(directory.path(), &[]);
    let data = directory.path().to_str().unwrap();
    let serve = |listen: &str, data: &str| {
        run(&["serve", "--listen", listen, "--admin-listen", "off", "--http-listen", "off", "--data-dir", data])
    };
    check_error(&serve("127.0.0.1:0", data), 1, &["in use by another process", data, "--data-dir"]);
    let address = server.address("listening on");
    let other = directory.path().join("other");
    check_error(&serve(address, other.to_str().unwrap()), 1, &[address, "--listen"]);
    assert_eq!(server.terminate().code, Some(0));
}

#[test]
fn a_folder_to_import_that_is_not_there() {
    let directory = directory();
    let data = directory.path().join("data");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off", "--http-listen", "off"];
    let ended = run(&[&arguments[..], &["--data-dir", data.to_str().unwrap(), "--import", "/no/such/folder"]].concat());
    assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
    assert!(ended.stdout.is_empty() && ended.stderr.contains("/no/such/folder"), "{ended:?}");
}

#[test]
fn flags_and_keys_that_are_wrong() {
    check_error(&run(&["serve", "--lisen", "127.0.0.1:0"]), 2, &["--lisen", "--listen"]);
    check_error(&run(&["serve", "--listen", "localhost"]), 2, &["`server.listen`", "`localhost`"]);
    check_error(&run(&["fetch"]), 2, &["fetch"]);
    assert_eq!(run(&[]).code, Some(2));
    for listener in ["--listen", "--admin-listen", "--http-listen"] {
        let ended = run(&["serve", listener, "0.0.0.0:0", "--check-config"]);
        check_error(&ended, 2, &["`0.0.0.0:0`", "allow_plaintext"]);
        assert_eq!(run(&["serve", listener, "0.0.0.0:0", "--allow-plaintext", "--check-config"]).code, Some(0));
    }
    let directory = directory();
    let file = directory.path().join("xunzhang.toml");
    let path = file.to_str().unwrap();
    let check_file = |text: &str, parts: &[&str]| {
        fs::write(&file, text).unwrap();
        check_error(&run(&["serve", "--config", path, "--check-config"]), 2, parts);
    };
    check_file("[server]\nlisen = '127.0.0.1:0'", &["`server.lisen`", "`server.listen`", path]);
    check_file("[drain]\ntimeout = '1s'", &["`drain.timeout`", "`drain.lame_duck`"]);
    check_file("data_dir", &[path]);
    let words = directory.path().join("words.txt");
    let key = format!("text.user_dictionary = '{}'", words.display());
    check_file(&key, &["words.txt", "`text.user_dictionary`"]);
    fs::write(&words, "三会一课\n组工 干部\n").unwrap();
    check_file(&key, &["words.txt", "line 2", "`干部`", "one line has one word"]);
    fs::write(&words, "三会一课\n组工干部 5 n\n").unwrap();
    assert_eq!(run(&["serve", "--config", path, "--check-config"]).code, Some(0));
    let ended = run_with(&["serve", "--check-config"], &[("XUNZHANG_SERVER__LISEN", "127.0.0.1:0")]);
    check_error(&ended, 2, &["XUNZHANG_SERVER__LISEN", "XUNZHANG_SERVER__LISTEN"]);
    check_error(&run(&["serve", "--config", "/no/such.toml"]), 2, &["/no/such.toml"]);
}

#[test]
fn the_configuration_is_checked_and_printed() {
    let directory = directory();
    let file = directory.path().join("xunzhang.toml");
    fs::write(&file, "data_dir = 'a'\n[server]\nlisten = '127.0.0.1:1'\nadmin_listen = '127.0.0.1:1'").unwrap();
    let arguments = ["serve", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:3"];
    let environment = [("XUNZHANG_SERVER__LISTEN", "127.0.0.1:2"), ("XUNZHANG_SERVER__ADMIN_LISTEN", "127.0.0.1:2")];
    let printed = run_with(&[&arguments[..], &["--print-config"]].concat(), &environment);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    // Defaults, the file, the environment, flags: the later wins.
    for line in [
        "data_dir = \"a\"",
        "listen = \"127.0.0.1:3\"",
        "admin_listen = \"127.0.0.1:2\"",
        "http_listen = \"127.0.0.1:9090\"",
        "lame_duck = \"5s\"",
        "commit_bytes = \"64MiB\"",
    ] {
        assert!(printed.stdout.lines().any(|printed| printed == line), "no `{line}` in {}", printed.stdout);
    }
    // What is printed is a configuration, and the same one.
    fs::write(&file, &printed.stdout).unwrap();
    let again = run(&["serve", "--config", file.to_str().unwrap(), "--print-config"]);
    assert_eq!(again.stdout, printed.stdout);
    let checked = run(&["serve", "--config", file.to_str().unwrap(), "--check-config"]);
    assert_eq!((checked.code, checked.stdout.as_str(), checked.stderr.as_str()), (Some(0), "", ""));
    assert!(!Path::new("a").exists(), "nothing was begun");
}

/// The access lines among JSON log lines.
fn access_lines(stderr: &str) -> Vec<Value> {
    let lines = stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    lines.filter(|line| line["target"] == "xunzhang::access").collect()
}

#[test]
fn every_call_leaves_a_line() {
    let directory = directory();
    let logged = |environment: &[(&str, &str)]| {
        let server = Server::start_with(directory.path(), &["--log-format", "json", "--import", SAMPLES], environment);
        server.answer(&["search", "营商环境", "--limit", "2"]);
        assert_eq!(server.ask(&["search", "营商环境", "--limit", "10001"]).code, Some(1));
        let lines = access_lines(&server.terminate().stderr);
        lines.into_iter().filter(|line| line["method"] == "xunzhang.v1.SearchService/Search").collect::<Vec<_>>()
    };
    let [found, refused] = &logged(&[])[..] else { panic!("two searches leave two lines") };
    assert_eq!((&found["code"], &found["hits"]), (&Value::from("OK"), &Value::from(2)));
    assert!(found["bytes"].as_u64().unwrap() > 100, "{found}");
    assert!(found["duration_ms"].as_f64().unwrap() >= found["first_hit_ms"].as_f64().unwrap(), "{found}");
    assert!(!found["request_id"].as_str().unwrap().is_empty());
    let refusal = (&refused["code"], &refused["reason"], &refused["hits"]);
    assert_eq!(refusal, (&Value::from("INVALID_ARGUMENT"), &Value::from("INVALID_FIELD"), &Value::from(0)));
    // What was asked is nobody's business unless someone says so.
    assert!(found.get("query").is_none(), "{found}");
    let lines = logged(&[("XUNZHANG_LOG__QUERIES", "true")]);
    assert_eq!(lines[0]["query"], "营商环境");
}
