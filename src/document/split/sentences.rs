//! Where sentences end.

use super::span::{Place, Span};

/// Whether a character ends a sentence.
pub(super) fn ends_sentence(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '!' | '?' | '｡')
}

/// Whether a character ends something after which an enumeration may go on: a sentence, a member of a list, a lead-in.
pub(super) fn ends_member(character: char) -> bool {
    ends_sentence(character) || matches!(character, '；' | ';' | '：' | ':')
}

/// Whether a character ends a clause inside a sentence. Exports that lost their commas have spaces instead.
pub(super) fn ends_clause(character: char) -> bool {
    ends_member(character) || matches!(character, '，' | ',' | '、') || character.is_whitespace()
}

/// Whether a character closes a quotation or brackets, and so belongs to the sentence that ended before it.
pub(super) fn closes(character: char) -> bool {
    matches!(character, '”' | '’' | '」' | '』' | '）' | ')' | '》' | '〉' | '】' | '］' | ']' | '"' | '\'')
}

/// The sentences of a span, white space after them included; they tile it.
///
/// A sentence longer than `longest` characters is cut behind a clause, or within a word if there is none.
pub(super) struct Sentences<'t> {
    text: &'t str,
    next: Place,
    end: Place,
    room: usize,
    longest: usize,
}

impl<'t> Sentences<'t> {
    /// The first sentence shares its room with `lead` characters that stand before it.
    pub(super) fn new(text: &'t str, span: Span, lead: usize, longest: usize) -> Self {
        Self { text, next: span.start, end: span.end, room: longest.saturating_sub(lead).max(1), longest }
    }

    fn end_of_next(&self) -> Place {
        let mut place = self.next;
        let mut clause = self.next;
        let mut ended = false;
        for character in (Span { start: self.next, end: self.end }).text(self.text).chars() {
            let length = place.character - self.next.character;
            let goes_on = closes(character) || ends_sentence(character) || character.is_whitespace();
            if ended && !goes_on {
                return place;
            }
            if length == self.room {
                // A clause in the first half is no good place: it would also cost a second look at most of the text.
                return if clause.character - self.next.character > self.room / 2 { clause } else { place };
            }
            place = place.after_character(character);
            ended |= ends_sentence(character);
            if ends_clause(character) {
                clause = place;
            }
        }
        self.end
    }
}

impl Iterator for Sentences<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        if self.next == self.end {
            return None;
        }
        let sentence = Span { start: self.next, end: self.end_of_next() };
        self.next = sentence.end;
        self.room = self.longest;
        Some(sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, longest: usize, expected: &[&str]) {
        let whole = Span { start: Place::default(), end: Place::default().after(text) };
        let found: Vec<&str> = Sentences::new(text, whole, 0, longest).map(|sentence| sentence.text(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_keep_what_closes_them() {
        check("甲。乙！？丙", 100, &["甲。", "乙！？", "丙"]);
        check("他说：“甲。”乙。 \n丙；丁。", 100, &["他说：“甲。”", "乙。 \n", "丙；丁。"]);
        check("", 100, &[]);
    }

    #[test]
    fn long_sentences_are_cut_behind_a_clause() {
        check("一二，三四五六，七八。", 9, &["一二，三四五六，", "七八。"]);
        check("一，二三四五六七八九。", 6, &["一，二三四五", "六七八九。"]);
        check("一二三 四五六七", 5, &["一二三 ", "四五六七"]);
    }
}
