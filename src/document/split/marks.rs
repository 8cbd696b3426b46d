//! The marks that end sentences, members of lists and clauses.

/// Whether a character ends a sentence.
pub(super) fn ends_sentence(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '!' | '?' | '｡')
}

/// Whether a character ends something after which an enumeration may go on: a sentence, a member of a list, a lead-in.
pub(super) fn ends_member(character: char) -> bool {
    ends_sentence(character) || is_semicolon(character) || is_colon(character)
}

/// Whether a character is a semicolon of any form.
pub(super) fn is_semicolon(character: char) -> bool {
    matches!(character, '；' | ';' | '﹔')
}

/// Whether a character is a colon of any form; old texts have the vertical one.
pub(super) fn is_colon(character: char) -> bool {
    matches!(character, '：' | ':' | '︰' | '﹕')
}

/// Whether a character ends a clause inside a sentence. Exports that lost their commas have spaces instead.
pub(super) fn ends_clause(character: char) -> bool {
    ends_member(character) || matches!(character, '，' | ',' | '﹐' | '、') || character.is_whitespace()
}

/// Whether a character closes a quotation or brackets, and so belongs to the sentence that ended before it.
pub(super) fn closes(character: char) -> bool {
    matches!(character, '”' | '’' | '」' | '』' | '）' | ')' | '》' | '〉' | '】' | '］' | ']' | '"' | '\'')
}

/// Whether the last sign of a line is one that ends a sentence, a member of a list or a lead-in.
pub(super) fn is_finished(line: &str) -> bool {
    line.trim_end_matches(closes).ends_with(|last: char| ends_member(last) || matches!(last, '…' | '.'))
}

/// The ideographs that a text begins with, none of which is a mark: nearly all of most texts, found without decoding them.
pub(super) fn leading_ideographs(text: &str) -> &str {
    const BYTES: usize = 3;
    // U+4000 to U+9FFF.
    let (characters, _) = text.as_bytes().as_chunks::<BYTES>();
    let count = characters.iter().take_while(|[first, ..]| matches!(first, 0xE4..=0xE9)).count();
    &text[..BYTES * count]
}

/// Whether a character breaks a line.
pub(super) fn breaks_line(character: char) -> bool {
    matches!(character, '\n' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}
