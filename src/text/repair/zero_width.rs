//! Characters that show nothing: they come with copying from the web and break words unseen.
//!
//! U+00AD, U+200B to U+200F, U+2060, U+FEFF. They are looked for as bytes: in UTF-8 no character's bytes are within
//! those of others.

use super::{Rule, repaired::Cut, scan::places};

/// The bytes of the longest.
const LONGEST_BYTES: usize = 3;

/// Runs of them.
pub(super) fn zero_width(text: &str) -> Vec<Cut> {
    let text = text.as_bytes();
    let mut cuts: Vec<Cut> = Vec::new();
    for start in places(text, LONGEST_BYTES, may_have) {
        let Some(bytes) = length(&text[start..]) else { continue };
        match cuts.last_mut() {
            Some(last) if last.range.end == start => last.range.end += bytes,
            _ => cuts.push(Cut { range: start..start + bytes, rule: Rule::ZeroWidth }),
        }
    }
    cuts
}

/// The bytes of the one that a text begins with.
fn length(text: &[u8]) -> Option<usize> {
    match text {
        [0xC2, 0xAD, ..] => Some(2),
        [0xE2, 0x80, 0x8B..=0x8F, ..] | [0xE2, 0x81, 0xA0, ..] | [0xEF, 0xBB, 0xBF, ..] => Some(3),
        _ => None,
    }
}

/// Whether two bytes stand together as they do in one of them, or in a few others.
fn may_have(block: &[u8]) -> bool {
    let second = &block[1.min(block.len())..];
    block.iter().zip(second).fold(false, |found, (&first, &second)| {
        let is_start = match first {
            0xC2 => second == 0xAD,
            0x80 => matches!(second, 0x8B..=0x8F),
            0x81 => second == 0xA0,
            0xEF => second == 0xBB,
            _ => false,
        };
        found | is_start
    })
}
