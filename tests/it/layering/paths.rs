//! The paths that a source file names, from the crate's root.

use super::tokens::is_name;

/// This crate's name, by which its binary calls the library.
const CRATE: &str = "xunzhang";

/// Every path that starts at the root, at a parent or at the module itself, as segments from the root.
///
/// `module` is where the file stands; `*` is a segment like others.
pub(super) fn own_paths<'a>(module: &[&'a str], tokens: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut paths = Vec::new();
    let mut module = module.to_vec();
    let mut depth = 0_usize;
    let mut inline_modules = Vec::new(); // The depths at which they were opened.
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        if let Some(base) = base(&module, tokens, at) {
            at = expand(tokens, at + 2, base, &mut paths);
            continue;
        }
        match token {
            "mod" if tokens.get(at + 2) == Some(&"{") => {
                module.push(tokens[at + 1]);
                inline_modules.push(depth);
                at += 1; // Over the name, which may not be read as anything else.
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline_modules.pop_if(|opened| *opened == depth).is_some() {
                    module.pop();
                }
            }
            _ => {}
        }
        at += 1;
    }
    paths
}

/// Whether the name at `at` begins a path to another crate, or names one in `use` or `extern crate`.
pub(super) fn is_root(tokens: &[&str], at: usize) -> bool {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| tokens.get(at)).copied().unwrap_or("");
    let declared = matches!(before(1), "use" | "crate");
    let continues = before(1) == "::" && (before(2) == ">" || is_name(before(2)) && before(2) != "use");
    !continues && (declared || tokens.get(at + 1) == Some(&"::"))
}

/// What the path that begins at `at` is relative to, if it is one of our own.
fn base<'a>(module: &[&'a str], tokens: &[&'a str], at: usize) -> Option<Vec<&'a str>> {
    if !is_root(tokens, at) || tokens.get(at + 1) != Some(&"::") {
        return None;
    }
    match tokens[at] {
        "crate" | CRATE => Some(Vec::new()),
        "self" => Some(module.to_vec()),
        "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
        _ => None,
    }
}

/// Follows the tree whose first segment is at `at`; returns where it ends.
fn expand<'a>(tokens: &[&'a str], at: usize, mut path: Vec<&'a str>, paths: &mut Vec<Vec<&'a str>>) -> usize {
    match tokens.get(at).copied() {
        Some("{") => return expand_braces(tokens, at + 1, &path, paths),
        Some("self") => {}
        Some("super") => drop(path.pop()),
        Some(segment) if is_name(segment) || segment == "*" => path.push(segment),
        _ => {
            // `f::<T>`: the path has ended, and what is in the brackets is looked at for itself.
            paths.push(path);
            return at;
        }
    }
    if tokens.get(at + 1) == Some(&"::") {
        return expand(tokens, at + 2, path, paths);
    }
    paths.push(path);
    at + 1
}

fn expand_braces<'a>(tokens: &[&'a str], mut at: usize, path: &[&'a str], paths: &mut Vec<Vec<&'a str>>) -> usize {
    loop {
        match tokens.get(at).copied() {
            None | Some("}") => return at + 1,
            Some("as") => at += 2,
            Some(token) if is_name(token) || token == "*" || token == "{" => {
                at = expand(tokens, at, path.to_vec(), paths);
            }
            Some(_) => at += 1,
        }
    }
}

#[test]
fn paths_are_resolved() {
    let check = |source: &str, expected: &[&str]| {
        let paths = own_paths(&["search", "plan"], &super::tokens::tokens(source));
        assert_eq!(paths.iter().map(|path| path.join("::")).collect::<Vec<_>>(), expected, "{source}");
    };
    check("use crate::{engine::{self, X as Y}, text::*};", &["engine", "engine::X", "text::*"]);
    check("fn f() { crate::a::g::<crate::b::T>(); }", &["a::g", "b::T"]);
    check("use super::rank; use super::super::engine::X;", &["search::rank", "engine::X"]);
    check("mod tests { use super::*; } use super::x;", &["search::plan::*", "search::x"]);
    check("use self::x::Y; use xunzhang::app::App;", &["search::plan::x::Y", "app::App"]);
    check("pub(crate) fn f(self) { other::crate_x() } // crate::a", &[]);
}
