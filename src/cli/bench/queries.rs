//! The queries of a load: JSON lines `{"qid","kind","q"}`, or `id<TAB>text`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Deserialize;

use crate::cli::{failure::Failure, lines::Lines};

/// The kinds that are sent when nothing else is asked for.
const DEFAULT_KINDS: [&str; 3] = ["term", "words", "question"];

/// The kind whose queries are sent between quotation marks.
const PHRASE: &str = "phrase";

/// A line that is an object. What else it says is not needed here.
#[derive(Deserialize)]
struct Record {
    kind: Option<String>,
    q: String,
}

/// Reads the queries of these kinds, in order; of the default kinds when none is named. A query without a kind is
/// always one of them.
///
/// # Errors
///
/// When the file or a line of it cannot be read, or no query is left.
pub(super) fn read(file: &Path, kinds: &[String]) -> Result<Vec<String>, Failure> {
    let name = file.display();
    let open = File::open(file).map_err(|error| Failure::Usage(format!("cannot open `{name}`: {error}")))?;
    let (number, queries) = parse_all(Lines::new(BufReader::new(open)), kinds);
    let queries = queries.map_err(|reason| Failure::Usage(format!("{name}:{number}: {reason}")))?;
    if queries.is_empty() {
        return Err(Failure::Usage(format!(
            "`{name}` has no query of the kinds that are wanted; name one with --kind"
        )));
    }
    Ok(queries)
}

/// The queries, or what is wrong with the line of this number.
fn parse_all(mut lines: Lines<impl BufRead>, kinds: &[String]) -> (u64, Result<Vec<String>, String>) {
    let mut queries = Vec::new();
    while let Some(line) = lines.next() {
        let parsed = line.map_err(|error| error.to_string()).and_then(|line| parse(line, kinds));
        match parsed {
            Ok(query) => queries.extend(query),
            Err(reason) => return (lines.number(), Err(reason)),
        }
    }
    (lines.number(), Ok(queries))
}

/// The query of a line, if its kind is wanted.
fn parse(line: &str, kinds: &[String]) -> Result<Option<String>, String> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    if !line.starts_with('{') {
        let (_, text) = line.split_once('\t').ok_or("no tab; write an id, a tab, a query, or a JSON object")?;
        return Ok(Some(text.trim().to_owned()));
    }
    let Record { kind, q } = serde_json::from_str(line).map_err(|error| format!("no query: {error}"))?;
    let is_wanted = kind.as_deref().is_none_or(|kind| is_wanted(kind, kinds));
    let is_phrase = kind.as_deref() == Some(PHRASE);
    Ok(is_wanted.then(|| if is_phrase { format!("\"{q}\"") } else { q }))
}

fn is_wanted(kind: &str, kinds: &[String]) -> bool {
    if kinds.is_empty() { DEFAULT_KINDS.contains(&kind) } else { kinds.iter().any(|wanted| wanted == kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, kinds: &[&str], expected: Result<&[&str], &str>) {
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        let (number, queries) = parse_all(Lines::new(file.as_bytes()), &kinds);
        let queries = queries.map_err(|reason| format!("{number}: {reason}"));
        let expected = expected.map(|queries| queries.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(queries, expected.map_err(str::to_owned));
    }

    #[test]
    fn kinds_are_chosen_and_phrases_quoted() {
        let file = "{\"qid\":0,\"kind\":\"term\",\"q\":\"税务\",\"truth\":3}\n\n\
                    {\"qid\":\"a\",\"kind\":\"phrase\",\"q\":\"税务机关\"}\n{\"q\":\"无类\"}\n";
        check(file, &[], Ok(&["税务", "无类"]));
        check(file, &["phrase"], Ok(&["\"税务机关\"", "无类"]));
        check("q1\t 营商环境\r\n", &["term"], Ok(&["营商环境"]));
    }

    #[test]
    fn a_bad_line_is_named() {
        check("q1\t甲\n乙\n", &[], Err("2: no tab; write an id, a tab, a query, or a JSON object"));
        check("{\"kind\":\"term\"}\n", &[], Err("1: no query: missing field `q` at line 1 column 15"));
    }
}
