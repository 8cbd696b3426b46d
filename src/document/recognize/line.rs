//! The lines at the head and the tail of a text, as recognition reads them.

use std::{cell::OnceCell, ops::Range};

use crate::text::{columns, fold_character};

/// How much of a text is looked at, so that the time does not depend on its length.
const HEAD: Window = Window { lines: 20, characters: 2_000 };
const TAIL: Window = Window { lines: 10, characters: 1_000 };

/// The most bytes of a first line's indentation; more of them are no part of the head.
const MAX_INDENT_BYTES: usize = 100;

struct Window {
    lines: usize,
    characters: usize,
}

/// A line, or a part of one, trimmed and never empty.
#[derive(Clone, Debug)]
pub(super) struct Line<'t> {
    /// Its first byte in the text.
    pub(super) start: usize,
    /// As it is written.
    pub(super) text: &'t str,
    /// Folded, and without white space: what patterns are written for.
    pub(super) folded: String,
    /// For each byte of `folded`, the first byte in `text` of the character that it came from; made when first asked
    /// for, which is of few lines.
    origins: OnceCell<Vec<u32>>,
    /// How many characters `folded` has.
    characters: usize,
    /// By how many columns it is indented.
    pub(super) indent: usize,
    /// Whether the line above is blank, or this one is the first or indented.
    pub(super) stands_apart: bool,
}

/// The first lines of a text that are not blank.
pub(super) fn head(text: &str) -> Vec<Line<'_>> {
    let blank = &text[..text.len() - text.trim_start().len()];
    let line =
        blank.char_indices().rfind(|&(_, last)| is_line_break(last)).map_or(0, |(at, last)| at + last.len_utf8());
    let start = if blank.len() - line <= MAX_INDENT_BYTES { line } else { blank.len() };
    let body = &text[start..];
    let window = &body[..body.char_indices().nth(HEAD.characters).map_or(body.len(), |(at, _)| at)];
    lines(window, start).take(HEAD.lines).collect()
}

/// The last lines of a text that are not blank; the first of them may have lost its beginning.
pub(super) fn tail(text: &str) -> Vec<Line<'_>> {
    let body = text.trim_end();
    let start = body.char_indices().rev().nth(TAIL.characters - 1).map_or(0, |(at, _)| at);
    let lines: Vec<Line<'_>> = lines(&body[start..], start).collect();
    let before = lines.len().saturating_sub(TAIL.lines);
    lines.into_iter().skip(before).collect()
}

/// The lines of a part of a text that starts at byte `offset` of it.
pub(super) fn lines(window: &str, offset: usize) -> impl Iterator<Item = Line<'_>> {
    let (mut end, mut above_blank) = (offset, true);
    window.split_inclusive(is_line_break).filter_map(move |physical| {
        let start = end;
        end += physical.len();
        let line = Line::of(physical, start, above_blank || physical.starts_with(['\u{3000}', ' ', '\t']));
        above_blank = line.is_none();
        line
    })
}

/// The characters of a text that are no white space, folded, each with its first byte.
fn shown(text: &str) -> impl Iterator<Item = (usize, char)> {
    let characters = text.char_indices().filter(|(_, character)| !character.is_whitespace());
    characters.map(|(at, character)| (at, fold_character(character)))
}

pub(super) fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

impl<'t> Line<'t> {
    /// A part of a text that starts at byte `start`; nothing if it is blank.
    fn of(part: &'t str, start: usize, stands_apart: bool) -> Option<Self> {
        let inner = part.trim_start();
        let (start, text) = (start + part.len() - inner.len(), inner.trim_end());
        let (mut folded, mut characters) = (String::with_capacity(text.len()), 0);
        for (_, character) in shown(text) {
            characters += 1;
            folded.push(character);
        }
        let indent = columns(&part[..part.len() - inner.len()]);
        let line = Self { start, text, folded, origins: OnceCell::new(), characters, indent, stands_apart };
        (!text.is_empty()).then_some(line)
    }

    fn origins(&self) -> &[u32] {
        self.origins.get_or_init(|| {
            let mut origins = Vec::with_capacity(self.folded.len());
            for (at, character) in shown(self.text) {
                origins.extend_from_slice(&[u32::try_from(at).unwrap_or(u32::MAX); 4][..character.len_utf8()]);
            }
            origins
        })
    }

    /// The bytes of the text that a part of `folded` came from, white space within it included.
    pub(super) fn origin(&self, folded: Range<usize>) -> Range<usize> {
        debug_assert!(!folded.is_empty());
        let [first, last] = [folded.start, folded.end - 1].map(|at| self.origins()[at] as usize);
        let character = self.text[last..].chars().next().map_or(0, char::len_utf8);
        self.start + first..self.start + last + character
    }

    /// How many bytes of `folded` come from before a byte of the text, where a character starts.
    pub(super) fn folded_before(&self, byte: usize) -> usize {
        self.origins().partition_point(|&origin| self.start + (origin as usize) < byte)
    }

    /// Its bytes in the text.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// A part of it, given by bytes of the text, as a line of its own.
    pub(super) fn part(&self, range: Range<usize>) -> Option<Self> {
        Self::of(&self.text[range.start - self.start..range.end - self.start], range.start, self.stands_apart)
    }

    /// A part of it, given by bytes of `folded`, as a line of its own.
    pub(super) fn folded_part(&self, folded: Range<usize>) -> Option<Self> {
        if folded.is_empty() { None } else { self.part(self.origin(folded)) }
    }

    /// How wide it is on its page, in columns, its indentation included.
    pub(super) fn columns(&self) -> usize {
        self.indent + columns(self.text)
    }

    /// Characters without white space.
    pub(super) fn characters(&self) -> usize {
        self.characters
    }
}
