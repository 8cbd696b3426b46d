//! Positions in a text, counted in bytes and in characters at once.

use crate::text::columns_of;

/// A position in a text of at most 4 GiB, always on a character boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    byte: u32,
    character: u32,
}

impl Place {
    pub(super) fn byte(self) -> usize {
        self.byte as usize
    }

    pub(super) fn character(self) -> usize {
        self.character as usize
    }

    /// The position behind `text`, which starts here.
    pub(super) fn after(self, text: &str) -> Self {
        Self { byte: self.byte + small(text.len()), character: self.character + small(text.chars().count()) }
    }

    /// The position behind one character, which starts here.
    pub(super) fn after_character(self, character: char) -> Self {
        Self { byte: self.byte + small(character.len_utf8()), character: self.character + 1 }
    }
}

/// A count of something in a text, in half the bytes: there are as many counts as a text has lines.
pub(super) fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a text that is split has at most 4 GiB")
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Place,
    pub(super) end: Place,
}

impl Span {
    /// How many characters it has.
    pub(super) fn characters(self) -> usize {
        self.end.character() - self.start.character()
    }

    /// How wide it is.
    pub(super) fn columns(self) -> usize {
        columns_of(self.characters(), self.end.byte() - self.start.byte())
    }

    pub(super) fn text(self, text: &str) -> &str {
        &text[self.start.byte()..self.end.byte()]
    }

    /// Without the white space at both ends.
    pub(super) fn trimmed(self, text: &str) -> Self {
        Self::trimmed_from(self.start, self.text(text)).0
    }

    /// A text that starts at a place, without the white space at both ends, and the place behind all of it.
    pub(super) fn trimmed_from(start: Place, text: &str) -> (Self, Place) {
        let inner = text.trim_start();
        let start = start.after(&text[..text.len() - inner.len()]);
        let trimmed = inner.trim_end();
        let end = start.after(trimmed);
        (Self { start, end }, end.after(&inner[trimmed.len()..]))
    }
}
