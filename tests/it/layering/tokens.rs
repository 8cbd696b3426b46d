//! Rust source as tokens, as far as finding names needs it.

/// Names, `::`, arrows, and single characters of everything else; comments, strings, characters and lifetimes left out.
pub(super) fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (length, wanted) = next(rest, first);
        let (token, after) = rest.split_at(length.min(rest.len()));
        if wanted {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

pub(super) fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The length in bytes of what `rest` begins with, and whether it is a token.
fn next(rest: &str, first: char) -> (usize, bool) {
    if first.is_whitespace() {
        return (first.len_utf8(), false);
    }
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = raw_string(rest) {
        return (length, false);
    }
    match first {
        '"' => (quoted(rest, '"'), false),
        '\'' => (character_or_lifetime(rest), false),
        _ if ["::", "->", "=>"].iter().any(|pair| rest.starts_with(pair)) => (2, true),
        _ if is_name(rest) => (name(rest), true),
        _ => (first.len_utf8(), true),
    }
}

fn name(rest: &str) -> usize {
    rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        match rest.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, also after `b` or `c`.
fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let text = body.trim_start_matches('#');
    let hashes = &body[..body.len() - text.len()];
    let text = text.strip_prefix('"')?;
    let end = format!("\"{hashes}");
    let length = text.find(&end).map_or(text.len(), |found| found + end.len());
    Some(rest.len() - text.len() + length)
}

/// Up to the closing quote; a backslash hides the character after it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

fn character_or_lifetime(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 1 + name(&rest[1..]),
    }
}

#[test]
fn only_code_is_tokens() {
    let check = |source: &str, expected: &[&str]| assert_eq!(tokens(source), expected, "{source}");
    check("a::b {1}", &["a", "::", "b", "{", "1", "}"]);
    check("a // b\nc", &["a", "c"]);
    check("a /* b /* c */ d */ e", &["a", "e"]);
    check(r#"a "b \" c" d"#, &["a", "d"]);
    check(r##"a r#"b " c"# d br"\" e"##, &["a", "d", "e"]);
    check(r"a '\'' b '字' c 'd e", &["a", "b", "c", "e"]);
}
