//! The hits of many queries, as a TREC run or as JSON lines.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;

use super::arguments::RunFormat;
use crate::rpc::proto::Hit;

/// The last column of a TREC run: who made it.
const TAG: &str = "xunzhang";

impl RunFormat {
    /// Writes the hits of one query, best first.
    pub(super) fn write(self, out: &mut impl Write, query_id: &str, hits: &[Hit]) -> io::Result<()> {
        match self {
            Self::Trec => write_trec(out, query_id, hits),
            Self::Jsonl => hits.iter().try_for_each(|hit| write_json(out, query_id, hit)),
        }
    }
}

/// Writes each document once, at the rank of its best paragraph, counted anew: a run lists a document once.
fn write_trec(out: &mut impl Write, query_id: &str, hits: &[Hit]) -> io::Result<()> {
    let mut seen = HashSet::new();
    let best = hits.iter().filter(|hit| seen.insert(&hit.document_id));
    let query_id = encode(query_id);
    for (rank, hit) in (1..).zip(best) {
        writeln!(out, "{query_id} Q0 {} {rank} {} {TAG}", encode(&hit.document_id), hit.score)?;
    }
    Ok(())
}

/// Percent-encodes what would end a column, and the percent sign itself.
fn encode(id: &str) -> Cow<'_, str> {
    let breaks = |character: char| character.is_whitespace() || character.is_control() || character == '%';
    if !id.contains(breaks) {
        return Cow::Borrowed(id);
    }
    let mut encoded = String::new();
    for character in id.chars() {
        if breaks(character) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        } else {
            encoded.push(character);
        }
    }
    Cow::Owned(encoded)
}

#[derive(Serialize)]
struct QueryHit<'a> {
    qid: &'a str,
    rank: u32,
    score: f32,
    document_id: &'a str,
    paragraph_id: &'a str,
    text: &'a str,
}

fn write_json(out: &mut impl Write, query_id: &str, hit: &Hit) -> io::Result<()> {
    let line = QueryHit {
        qid: query_id,
        rank: hit.rank,
        score: hit.score,
        document_id: &hit.document_id,
        paragraph_id: &hit.paragraph_id,
        text: &hit.text,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(format: RunFormat, hits: &[(&str, u32, f32)], expected: &Expect) {
        let hits: Vec<_> = (1..)
            .zip(hits)
            .map(|(rank, &(document_id, ordinal, score))| Hit {
                rank,
                score,
                document_id: document_id.into(),
                ordinal,
                paragraph_id: format!("{document_id}#{ordinal}"),
                text: "文".into(),
                ..Hit::default()
            })
            .collect();
        let mut out = Vec::new();
        format.write(&mut out, "q1", &hits).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_trec_run_lists_a_document_once() {
        check(
            RunFormat::Trec,
            &[("甲", 3, 9.5), ("乙", 0, 9.25), ("甲", 0, 8.0), ("丙", 1, 7.0)],
            &expect![[r"
                q1 Q0 甲 1 9.5 xunzhang
                q1 Q0 乙 2 9.25 xunzhang
                q1 Q0 丙 3 7 xunzhang
            "]],
        );
    }

    #[test]
    fn a_trec_run_has_six_columns_whatever_the_ids() {
        check(
            RunFormat::Trec,
            &[("a b%20c", 0, 1.0), ("甲\u{3000}乙", 0, 0.5)],
            &expect![[r"
                q1 Q0 a%20b%2520c 1 1 xunzhang
                q1 Q0 甲%E3%80%80乙 2 0.5 xunzhang
            "]],
        );
    }

    #[test]
    fn json_lines_have_every_hit() {
        check(
            RunFormat::Jsonl,
            &[("a b", 3, 9.5), ("a b", 0, 8.0)],
            &expect![[r#"
                {"qid":"q1","rank":1,"score":9.5,"document_id":"a b","paragraph_id":"a b#3","text":"文"}
                {"qid":"q1","rank":2,"score":8.0,"document_id":"a b","paragraph_id":"a b#0","text":"文"}
            "#]],
        );
    }
}
