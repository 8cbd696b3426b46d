//! Bigrams: what recall and exactness rest on.
//!
//! A string of letters and digits is a substring of another exactly if its bigrams stand there in sequence. Nothing
//! else in the text takes a position, so a quotation is found however it is punctuated or broken into lines.

use super::fold::searchable_characters;

/// The bytes that two characters need at most.
const BIGRAM_BYTES: usize = 2 * char::MAX.len_utf8();

/// Calls `visit` with each bigram of the text's folded letters and digits and its position 0, 1, 2, …; the last of
/// them also stands alone, at the last position.
///
/// That one makes a single character findable wherever it stands: every occurrence begins exactly one gram. It also
/// means that n letters and digits give n grams. Allocates once, not per gram.
pub fn for_each_gram(text: &str, mut visit: impl FnMut(&str, u32)) {
    let mut characters = searchable_characters(text);
    let Some(mut first) = characters.next() else { return };
    let mut gram = String::with_capacity(BIGRAM_BYTES);
    let mut position = 0;
    for second in characters {
        gram.clear();
        gram.extend([first, second]);
        visit(&gram, position);
        first = second;
        position += 1;
    }
    visit(first.encode_utf8(&mut [0; BIGRAM_BYTES]), position);
}

/// The bigrams of a sequence, which whatever has the sequence has; none of a single character.
pub fn bigrams(sequence: &str) -> Vec<String> {
    let mut bigrams = Vec::new();
    for_each_gram(sequence, |gram, _| bigrams.push(gram.to_owned()));
    // The last character stands alone at the end of a text only.
    bigrams.pop();
    bigrams
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::searchable;
    use proptest::prelude::*;

    fn grams(text: &str) -> Vec<(String, u32)> {
        let mut grams = Vec::new();
        for_each_gram(text, |gram, position| grams.push((gram.to_owned(), position)));
        grams
    }

    #[test]
    fn pairs_bridge_everything_else() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let shown: Vec<String> = grams(text).iter().map(|(gram, position)| format!("{gram}@{position}")).collect();
            assert_eq!(shown.join(" "), expected);
        }
        check("", "");
        check("，。", "");
        check("黨", "党@0");
        check("“党”的。\n建設", "党的@0 的建@1 建设@2 设@3");
        check("第2次A", "第2@0 2次@1 次a@2 a@3");
        check("𠮷野家", "𠮷野@0 野家@1 家@2");
        check("啊啊啊", "啊啊@0 啊啊@1 啊@2");
    }

    proptest! {
        #[test]
        fn grams_in_sequence_are_a_substring(text in "[一二AＡ，。 ]{0,12}", quoted in "[一二a。]{0,4}") {
            let (text_grams, mut quoted_grams) = (grams(&text), grams(&quoted));
            quoted_grams.pop(); // The character alone stands for any gram that begins with it.
            let last = searchable(&quoted).chars().last();
            let stands_at = |start: usize| {
                let bigrams = text_grams[start..].iter().map(|(gram, _)| gram);
                let after = text_grams.get(start + quoted_grams.len()).and_then(|(gram, _)| gram.chars().next());
                bigrams.zip(&quoted_grams).all(|(a, (b, _))| a == b) && after == last
            };
            let found = last.is_none() || (0..text_grams.len()).any(stands_at);
            prop_assert_eq!(found, searchable(&text).contains(&searchable(&quoted)));
        }

        #[test]
        fn positions_count_letters_and_digits(text: String) {
            let positions = grams(&text).into_iter().map(|(_, position)| position as usize);
            prop_assert!(positions.eq(0..searchable(&text).chars().count()));
        }
    }
}
