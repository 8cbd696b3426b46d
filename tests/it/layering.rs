//! The architecture, kept by tests: who may name whom.
//!
//! The rules are read from the table in the crate's doc, so that what is written there is what holds. Sources are
//! read as tokens; macros that make paths are not expanded.

mod paths;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use paths::{is_root, own_paths};
use tokens::tokens;

/// Crates that only some files may name, so that they can be exchanged there.
const CRATES: [(&[&str], &[&str]); 3] = [
    (
        &["prost", "prost_types", "tonic", "tonic_health", "tonic_prost", "tonic_reflection", "tonic_types"],
        &["rpc/", "cli/"],
    ),
    (&["tantivy"], &["engine/tantivy/"]),
    (&["jieba_rs"], &["text/segment.rs"]),
];

/// Words that some modules do without: the pure ones have no clock, and async stops above them.
const WORDS: [(&[&str], &[&str]); 2] = [
    (&["async", "await"], &["text", "document", "query", "engine", "search"]),
    (&["Instant", "SystemTime", "tokio"], &["text", "document", "query"]),
];

/// The longest that a file may be. A longer one has two subjects.
const MAX_LINES: usize = 500;

/// For each module, the paths it may name: a module, or something in it.
type Rules = BTreeMap<String, BTreeSet<String>>;

/// A source file: its path under `src`, with slashes, and its text.
struct Source {
    path: String,
    text: String,
}

#[test]
fn every_import_runs_downwards() {
    let sources = sources();
    let rules = rules(&crate_doc(&sources));
    expect_none(sources.iter().flat_map(|source| upward_imports(source, &rules)));
}

#[test]
fn crates_and_words_stay_where_they_belong() {
    expect_none(sources().iter().flat_map(|source| [foreign_crates(source), foreign_words(source)].concat()));
}

#[test]
fn files_are_short() {
    let long = sources().into_iter().filter(|source| source.text.lines().count() > MAX_LINES);
    expect_none(long.map(|source| format!("{}: more than {MAX_LINES} lines", source.path)));
}

#[test]
fn the_table_names_every_module_and_has_no_cycle() {
    let doc = crate_doc(&sources());
    let mut rules = rules(&doc);
    for module in doc.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
        assert!(rules.contains_key(module), "`{module}` is missing in the table of src/lib.rs");
    }
    // Modules that name nothing that is left are taken away, until none is left.
    while !rules.is_empty() {
        let left: BTreeSet<String> = rules.keys().cloned().collect();
        let names_any = |allowed: &BTreeSet<String>| allowed.iter().any(|path| left.contains(first_segment(path)));
        rules.retain(|_, allowed| names_any(allowed));
        assert!(rules.len() < left.len(), "a cycle among {left:?} in the table of src/lib.rs");
    }
}

fn expect_none(violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, "", &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn collect(directory: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("src can be listed") {
        let entry = entry.expect("src can be listed");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), sources);
        } else if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path()).expect("sources are UTF-8");
            sources.push(Source { path, text });
        }
    }
}

fn crate_doc(sources: &[Source]) -> String {
    sources.iter().find(|source| source.path == "lib.rs").expect("there is a src/lib.rs").text.clone()
}

/// Reads the table: cells `a, b → c d`, two or more spaces between cells; a cell without an arrow continues the one
/// above it.
fn rules(lib: &str) -> Rules {
    let doc = lib.lines().filter_map(|line| line.strip_prefix("//!"));
    let table = doc.skip_while(|line| line.trim() != "```text").skip(1).take_while(|line| line.trim() != "```");
    let mut rules = Rules::new();
    let mut begun: Vec<(usize, Vec<String>)> = Vec::new(); // The column of each cell so far, and its modules.
    for (column, cell) in table.flat_map(cells) {
        let allowed = match cell.split_once('→') {
            Some((modules, allowed)) => {
                begun.push((column, modules.split(',').map(|module| module.trim().to_owned()).collect()));
                allowed
            }
            None => cell,
        };
        let above = begun.iter().rev().find(|(start, _)| *start <= column);
        let (_, modules) = above.expect("the first cell of the table has an arrow");
        for module in modules {
            rules.entry(module.clone()).or_default().extend(allowed_paths(allowed));
        }
    }
    rules
}

/// The cells of a line, each with the column in which it starts.
fn cells(line: &str) -> Vec<(usize, &str)> {
    let mut column = 0;
    let mut cells = Vec::new();
    for piece in line.split("  ") {
        let cell = piece.trim();
        if !cell.is_empty() {
            cells.push((column + piece.len() - piece.trim_start().len(), cell));
        }
        column += piece.chars().count() + 2;
    }
    cells
}

fn allowed_paths(cell: &str) -> Vec<String> {
    let cell = cell.trim();
    match cell.strip_suffix("'s generated client only") {
        Some(module) => vec![format!("{module}::proto")],
        None if cell == "nothing of ours" => Vec::new(),
        None => cell.split_whitespace().map(str::to_owned).collect(),
    }
}

fn upward_imports(source: &Source, rules: &Rules) -> Vec<String> {
    let module = module_of(&source.path);
    let [own, ..] = module[..] else { return Vec::new() }; // `lib.rs`, which declares them all.
    let Some(allowed) = rules.get(own) else {
        return vec![format!("{}: `{own}` is missing in the table of src/lib.rs", source.path)];
    };
    let own_path = |path: &[&str]| path.first() == Some(&own);
    let is_allowed = |path: &[&str]| own_path(path) || allowed.iter().any(|rule| is_within(rule, path));
    let paths = own_paths(&module, &tokens(&source.text));
    let upward = paths.iter().filter(|path| !is_allowed(path));
    upward.map(|path| format!("{}: `{own}` may not name `crate::{}`", source.path, path.join("::"))).collect()
}

/// The module that a file is, as segments.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').collect() }
}

fn is_within(rule: &str, path: &[&str]) -> bool {
    let rule: Vec<&str> = rule.split("::").collect();
    path.starts_with(&rule)
}

fn first_segment(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

fn foreign_crates(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    let ours = own_names(&module_of(&source.path), &tokens);
    let mut violations = Vec::new();
    for (crates, places) in CRATES {
        if places.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        let named = (0..tokens.len()).filter(|at| crates.contains(&tokens[*at]) && is_root(&tokens, *at));
        let named: BTreeSet<&str> = named.map(|at| tokens[at]).filter(|name| !ours.contains(name)).collect();
        violations.extend(named.iter().map(|name| format!("{}: only {places:?} may name `{name}`", source.path)));
    }
    violations
}

/// Names that mean something of ours in this file, whatever crate has the same: modules declared or brought in.
fn own_names<'a>(module: &[&'a str], tokens: &[&'a str]) -> BTreeSet<&'a str> {
    let imported = own_paths(module, tokens).into_iter().filter_map(|path| path.last().copied());
    let declared = tokens.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1]);
    imported.chain(declared).collect()
}

fn foreign_words(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    let own = module_of(&source.path).first().copied().unwrap_or_default();
    let mut violations = Vec::new();
    for (words, modules) in WORDS {
        let banned = words.iter().filter(|word| modules.contains(&own) && tokens.contains(word));
        violations.extend(banned.map(|word| format!("{}: `{own}` does without `{word}`", source.path)));
    }
    violations
}

const TABLE: &str = "\
//! ```text
//! app → rpc search             search → engine
//!       text                   rpc, text → nothing of ours
//! cli → rpc's generated client only
//! engine → text
//! ```
";

/// What the checks say of a made-up file: one line for each violation, without the path.
fn check(path: &str, text: &str, expected: &[&str]) {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    let found = [upward_imports(&source, &rules(TABLE)), foreign_crates(&source), foreign_words(&source)].concat();
    let expected: Vec<String> = expected.iter().map(|violation| format!("{path}: {violation}")).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn the_table_is_read_cell_by_cell() {
    let rules = rules(TABLE);
    let check = |module: &str, expected: &[&str]| {
        let expected: BTreeSet<String> = expected.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(rules[module], expected, "{module}");
    };
    check("app", &["rpc", "search", "text"]);
    check("search", &["engine"]);
    check("rpc", &[]);
    check("text", &[]);
    check("cli", &["rpc::proto"]);
}

#[test]
fn upward_imports_are_caught() {
    check("search/plan.rs", "use crate::{engine::X, search::Y};", &[]);
    check("search/plan.rs", "use crate::{engine::X, rpc::{Z}};", &["`search` may not name `crate::rpc::Z`"]);
    check("search/mod.rs", "fn f() -> crate::text::T {}", &["`search` may not name `crate::text::T`"]);
    check("search/plan.rs", "use super::super::app::App;", &["`search` may not name `crate::app::App`"]);
    check("engine/mod.rs", "use crate::*;", &["`engine` may not name `crate::*`"]);
    check("text/fold.rs", "/// [`crate::app`]\n// crate::app\nconst T: &str = \"crate::app\";", &[]);
    check("text/fold.rs", "mod tests { use super::*; }", &[]);
    check("cli/get.rs", "use crate::rpc::proto::Hit;", &[]);
    check("cli/get.rs", "use crate::rpc::status;", &["`cli` may not name `crate::rpc::status`"]);
    check("new.rs", "", &["`new` is missing in the table of src/lib.rs"]);
}

#[test]
fn foreign_crates_and_words_are_caught() {
    let only_rpc = r#"only ["rpc/", "cli/"] may name `tonic`"#;
    check("app.rs", "use tonic::Status;", &[only_rpc]);
    check("app.rs", "fn f() -> ::tonic::Status {}", &[only_rpc]);
    check("rpc/status.rs", "use tonic::Status;", &[]);
    check("engine/tantivy/mod.rs", "use tantivy::Index;", &[]);
    check("engine/mod.rs", r"pub mod tantivy; fn f() { tantivy::open() }", &[]);
    check("search/mod.rs", "use crate::engine::tantivy; fn f() { tantivy::open() }", &[]);
    check("search/mod.rs", "use tantivy as t;", &[r#"only ["engine/tantivy/"] may name `tantivy`"#]);
    check("text/fold.rs", "async fn f() {}", &["`text` does without `async`"]);
    check("rpc/mod.rs", "async fn f() {}", &[]);
}
