//! Characters that show nothing: they come with copying from the web and break words unseen.

use super::{Rule, repaired::Cut};

/// Runs of them.
pub(super) fn zero_width(text: &str) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    for (start, bytes) in places(text.as_bytes()) {
        match cuts.last_mut() {
            Some(last) if last.range.end == start => last.range.end += bytes,
            _ => cuts.push(Cut { range: start..start + bytes, rule: Rule::ZeroWidth }),
        }
    }
    cuts
}

/// Where they are and how many bytes they have: U+00AD, U+200B to U+200F, U+2060, U+FEFF.
///
/// Bytes are faster to look through than characters, and in UTF-8 none of these sequences is part of another.
fn places(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let bytes_at = |start: usize| match text[start..] {
        [0xC2, 0xAD, ..] => Some(2),
        [0xE2, 0x80, 0x8B..=0x8F, ..] | [0xE2, 0x81, 0xA0, ..] | [0xEF, 0xBB, 0xBF, ..] => Some(3),
        _ => None,
    };
    let starts = text.iter().enumerate().filter(|(_, byte)| matches!(byte, 0xC2 | 0xE2 | 0xEF));
    starts.filter_map(move |(start, _)| Some((start, bytes_at(start)?)))
}
