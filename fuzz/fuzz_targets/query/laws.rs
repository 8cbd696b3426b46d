//! What holds for every text that is taken for a query. Shared with the tests, which run it on what fuzzing found.

use xunzhang::{
    query::{Boolean, MAX_CLAUSES, MAX_DEPTH, Parsed, Query, Warning, Words, parse, prose},
    text::has_searchable,
};

/// Bytes of the long text that one is repeated to: work that grew with their square would not end.
const LONG_BYTES: usize = 1 << 16;

/// Parses a text, as a query and as prose, and the text many times over, and holds what comes out to its laws.
///
/// # Panics
/// When one is broken.
pub(crate) fn check(text: &str) {
    let parsed = parse(text);
    check_bounds(&parsed.query);
    check_warnings(text, &parsed);
    let printed = parsed.query.to_string();
    assert_eq!(parse(&printed).query, parsed.query, "{printed}");
    check_prose(&prose(text));
    let long = text.repeat(LONG_BYTES / text.len().max(1));
    check_bounds(&parse(&long).query);
    check_prose(&prose(&long));
}

/// Prose requires nothing and excludes nothing.
fn check_prose(query: &Query) {
    check_bounds(query);
    if let Query::Boolean(Boolean { must, should: _, must_not }) = query {
        assert!(must.is_empty() && must_not.is_empty(), "{query:?}");
    }
}

/// No text becomes more than a tree may be, so recursion over it is bounded and so is the work of a search.
fn check_bounds(query: &Query) {
    assert!(query.clauses() <= MAX_CLAUSES && query.depth() <= MAX_DEPTH, "{} {}", query.clauses(), query.depth());
}

/// Each kind of warning is given once; that there is nothing to search is said exactly when it is so.
fn check_warnings(text: &str, Parsed { query, warnings }: &Parsed) {
    for (index, warning) in warnings.iter().enumerate() {
        assert!(!warning.to_string().is_empty());
        assert!(warnings[..index].iter().all(|earlier| earlier.reason() != warning.reason()), "{warnings:?}");
    }
    let nothing = warnings.contains(&Warning::NothingToSearch);
    assert!(has_searchable(text) || nothing, "{warnings:?}");
    assert_eq!(nothing, matches!(query, Query::Words(Words { text, .. }) if !has_searchable(text)), "{query:?}");
}
