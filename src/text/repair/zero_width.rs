//! Characters that show nothing: they come with copying from the web and break words unseen.
//!
//! U+00AD, U+200B to U+200F, U+2060, U+FEFF. They are looked for as bytes: in UTF-8 no character's bytes are within
//! those of others.
//!
//! A line that has nothing else goes whole: what is left of it would divide what it stood between. One joiner between
//! letters or pictures that it shapes, as those of Arabic, of India and many emoji, is part of how they are written.

use super::{
    Rule,
    line::{Line, lines},
    repaired::Cut,
    scan::blocks,
};
use crate::text::GoesOn;

/// The bytes of the longest.
const LONGEST_BYTES: usize = 3;

/// Lines of them, and runs of them in others.
pub(super) fn zero_width<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut line, mut is_whole) = (Line { shown: "", range: 0..0 }, false);
    for run in runs(text, goes_on)?.into_iter().filter(|run| !is_joiner(text, run)) {
        goes_on()?;
        if run.range.start >= line.range.end {
            line = line_around(text, run.range.start);
            is_whole = is_hidden(line.shown);
        }
        let cut = if is_whole { line.cut(text, Rule::ZeroWidth) } else { run };
        match cuts.last_mut() {
            Some(last) if last.range.end >= cut.range.start => last.range.end = cut.range.end.max(last.range.end),
            _ => cuts.push(cut),
        }
    }
    Ok(cuts)
}

/// Whether a run is a single joiner, or a single sign not to join, between characters that it shapes.
fn is_joiner(text: &str, run: &Cut) -> bool {
    let (before, after) = (text[..run.range.start].chars().next_back(), text[run.range.end..].chars().next());
    ["\u{200C}", "\u{200D}"].contains(&&text[run.range.clone()])
        && before.is_some_and(is_shaped)
        && after.is_some_and(is_shaped)
}

/// Whether a character may look otherwise beside a joiner: letters from Arabic to Mongolian, symbols, emoji and the
/// signs that choose their looks and colours.
fn is_shaped(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{18AF}' | '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// The line that has a byte.
fn line_around(text: &str, byte: usize) -> Line<'_> {
    let start = text[..byte].rfind('\n').map_or(0, |end_before| end_before + 1);
    let shown = lines(&text[start..]).next().map_or("", |line| line.shown);
    let end = text[byte..].find('\n').map_or(text.len(), |rest| byte + rest + 1);
    Line { shown, range: start..end }
}

/// Whether a line has nothing to show.
fn is_hidden(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || length(c.encode_utf8(&mut [0; 4]).as_bytes()).is_some())
}

/// Runs of them.
fn runs<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let text = text.as_bytes();
    let mut cuts: Vec<Cut> = Vec::new();
    for block in blocks(text, LONGEST_BYTES, may_have) {
        goes_on()?;
        for start in block {
            let Some(bytes) = length(&text[start..]) else { continue };
            match cuts.last_mut() {
                Some(last) if last.range.end == start => last.range.end += bytes,
                _ => cuts.push(Cut { range: start..start + bytes, rule: Rule::ZeroWidth }),
            }
        }
    }
    Ok(cuts)
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
