//! Finds the markers that stand inside a line.

use super::{
    markers::{Position, marker},
    marks::{closes, ends_member},
    series::Candidate,
    span::Span,
};

/// Finds the markers within a line, the `line`-th of its text: where a sentence or a member of a list starts, and
/// behind white space, which is what the line breaks of a statute may have become. `from_start`: at its start as well.
pub(super) fn find_inner(text: &str, span: Span, line: u32, from_start: bool, candidates: &mut Vec<Candidate>) {
    let mut place = span.start;
    let mut at = span.start.byte();
    let mut behind = from_start.then_some(Position::Space);
    while at < span.end.byte() {
        if behind.is_none() {
            let bytes = &text.as_bytes()[at..span.end.byte()];
            let Some(skipped) = bytes.iter().position(|&byte| MAY_DIVIDE[usize::from(byte)]) else { return };
            at += skipped;
        }
        let rest = &text[at..span.end.byte()];
        let Some(character) = rest.chars().next() else { return };
        if ends_member(character) {
            behind = Some(Position::Sentence);
        } else if character.is_whitespace() {
            behind = behind.or(Some(Position::Space));
        } else if !closes(character) {
            let found = behind.take().and_then(|position| Some((marker(rest, position)?, position)));
            if let Some((marker, position)) = found {
                place = place.after(&text[place.byte()..at]);
                candidates.push(Candidate { marker, place, position, line });
            }
        }
        at += character.len_utf8();
    }
}

/// The bytes that may be the first of a mark or of white space; no such byte is inside another character.
const FIRST_BYTES: [u8; 15] = *b"\t\n\x0b\x0c\r !:;?\xC2\xE1\xE2\xE3\xEF";

/// Whether a byte is one of [`FIRST_BYTES`].
const MAY_DIVIDE: [bool; 256] = {
    let mut may_divide = [false; 256];
    let mut at = 0;
    while at < FIRST_BYTES.len() {
        may_divide[FIRST_BYTES[at] as usize] = true;
        at += 1;
    }
    may_divide
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::split::span::Place;

    /// The markers, and the characters before each.
    fn check(text: &str, expected: &[(&str, usize)]) {
        let span = Span { start: Place::default(), end: Place::default().after(text) };
        let mut candidates = Vec::new();
        find_inner(text, span, 0, true, &mut candidates);
        let written =
            |found: &Candidate| (&text[found.place.byte()..][..found.marker.bytes()], found.place.character());
        assert_eq!(candidates.iter().map(written).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn markers_stand_where_a_sentence_starts() {
        check("要求：一是学。”二是干; 三是想", &[("一是", 3), ("二是", 8), ("三是", 13)]);
        check("要求，一是学、二是干 三是想", &[]);
        check("第一章 总则 第一条 为了。第二条 为了。", &[("第一章", 0), ("第一条", 7), ("第二条", 14)]);
        check("看!1.学?（二）二", &[("1.", 2), ("（二）", 6)]);
        check("", &[]);
    }
}
