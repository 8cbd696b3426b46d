//! A data directory that is made read-only under a service that runs.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
    process::Command,
};

use crate::{
    commands::{check_failed, write},
    support::{Server, poll},
};

/// Somebody who may not write what is another's; root may write anything.
const NOBODY: u32 = 65_534;
const ROOT: u32 = 0;
const PROGRAM: &str = env!("CARGO_BIN_EXE_xunzhang");

fn let_write(index: &Path, may: bool) {
    let mode = if may { 0o755 } else { 0o555 };
    fs::set_permissions(index, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// A service of somebody for whom modes count; `None` where there can be none.
fn start(place: &Path) -> Option<Server> {
    let data = place.join("data");
    // What this process makes is its user's.
    if fs::metadata(place).expect("it is there").uid() != ROOT {
        return Some(Server::start(&data, &[]));
    }
    let nobody = format!("--reuid={NOBODY}");
    let can_run = Command::new("setpriv").args([&nobody, "--clear-groups", PROGRAM, "--version"]).output();
    if !can_run.is_ok_and(|output| output.status.success()) {
        return None;
    }
    fs::create_dir_all(&data).expect("there is room");
    chown(&data, Some(NOBODY), None).expect("root may");
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).expect("root may");
    Some(Server::start_by(&["setpriv", &nobody, "--clear-groups"], &data))
}

#[tokio::test]
async fn a_data_directory_made_read_only_refuses_changes_until_it_is_not() {
    let place = tempfile::tempdir().unwrap();
    let Some(server) = start(place.path()) else {
        println!("skipped: root may write anything, and nobody else can be had");
        return;
    };
    let index = place.path().join("data/index");
    let import = |name: &str, text: &str| server.ask(&["import", &write(place.path(), &format!("{name}.txt"), text)]);
    let count = |text: &str| server.answer(&["count", &format!("\"{text}\"")]).lines().next().unwrap().to_owned();
    assert_eq!(import("before", "部署防汛工作。").code, Some(0));
    let_write(&index, false);
    for _ in 0..3 {
        let refused = import("refused", "部署防火工作。");
        check_failed(
            &refused,
            1,
            &["UNAVAILABLE ENGINE_UNAVAILABLE", "may not write to its data directory", "again in 5 s"],
        );
        assert_eq!(
            (count("防汛"), count("防火")),
            ("1 paragraph in 1 document".into(), "0 paragraphs in 0 documents".into())
        );
    }
    let_write(&index, true);
    poll("it to be written to again", async || (import("after", "部署抗旱工作。").code == Some(0)).then_some(())).await;
    assert_eq!(
        (count("防汛"), count("防火")),
        ("1 paragraph in 1 document".into(), "0 paragraphs in 0 documents".into())
    );
    assert_eq!(count("抗旱"), "1 paragraph in 1 document");
    let ended = server.terminate();
    check_failed(&ended, 0, &["the data directory may not be written to"]);
    assert!(!ended.stderr.contains("may be damaged"), "{ended:?}");
    let server = start(place.path()).expect("it could be had before");
    for text in ["防汛", "抗旱"] {
        let counted = server.answer(&["count", &format!("\"{text}\"")]);
        assert_eq!(counted.lines().next(), Some("1 paragraph in 1 document"));
    }
    assert_eq!(server.terminate().code, Some(0));
}
