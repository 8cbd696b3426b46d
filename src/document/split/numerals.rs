//! Numbers as headings write them.

use crate::text::{Digit, fold_character, number_of};

/// The most characters of a number: 一千二百六十 has six. So many digits fit in a `u32`.
const MAX_CHARACTERS: usize = 8;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// 一, 十二, 一百〇三.
    Chinese,
    /// 1, 12, １２.
    Arabic,
}

/// Reads the number that a text starts with; gives it, its script, and the rest of the text. Zero is no number,
/// nor is one that a `u32` cannot hold.
pub(super) fn number(text: &str) -> Option<(u32, Script, &str)> {
    let script = if Digit::of(text.chars().next()?)?.is_arabic() { Script::Arabic } else { Script::Chinese };
    let digit = |character| Digit::of(character).filter(|digit| digit.is_arabic() == (script == Script::Arabic));
    let (mut digits, mut count, mut bytes) = ([Digit::Arabic(0); MAX_CHARACTERS], 0, 0);
    for (character, digit) in text.chars().map_while(|character| Some((character, digit(character)?))) {
        *digits.get_mut(count)? = digit;
        (count, bytes) = (count + 1, bytes + character.len_utf8());
    }
    let value = number_of(digits[..count].iter().copied())?;
    (value > 0).then_some((value, script, &text[bytes..]))
}

/// Reads a number in the numerals that contracts use, as in 第貳拾參條; gives it and the rest of the text. Elsewhere they
/// are words: 參加.
pub(super) fn formal_number(text: &str) -> Option<(u32, &str)> {
    const FORMAL: [char; 9] = ['壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    let digit = |character| match fold_character(character) {
        '参' => Some(Digit::Chinese(3)),
        '拾' => Some(Digit::Scale(10)),
        folded => (1..).zip(FORMAL).find(|&(_, numeral)| numeral == folded).map(|(value, _)| Digit::Chinese(value)),
    };
    let digits = text.chars().take(MAX_CHARACTERS).map_while(digit);
    let bytes = text.chars().take(digits.clone().count()).map(char::len_utf8).sum();
    number_of(digits).filter(|&value| value > 0).map(|value| (value, &text[bytes..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u32, &str)>) {
        assert_eq!(number(text).map(|(value, _, rest)| (value, rest)), expected, "{text:?}");
    }

    #[test]
    fn numbers() {
        check("一、", Some((1, "、")));
        check("十", Some((10, "")));
        check("十二条", Some((12, "条")));
        check("二十條", Some((20, "條")));
        check("一百〇三条", Some((103, "条")));
        check("一千二百六十条", Some((1_260, "条")));
        check("二〇二四年", Some((2_024, "年")));
        check("12.", Some((12, ".")));
        check("１２．", Some((12, "．")));
        check("參加", None);
        assert_eq!(formal_number("貳拾參條"), Some((23, "條")));
        assert_eq!(formal_number("叁章"), Some((3, "章")));
        assert_eq!(formal_number("條"), None);
        check("〇", None);
        check("0", None);
        check("甲", None);
        check("", None);
        check("99999999", Some((99_999_999, "")));
        check("999999999", None);
        check("九九九九九九九千", None);
        check("千九九九九九千", Some((100_000_000, "")));
        check("四二九四九六七千", Some((4_294_967_000, "")));
    }
}
