//! Numbers as headings write them.

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
    let first = text.chars().next()?;
    let script = if arabic_digit(first).is_some() { Script::Arabic } else { Script::Chinese };
    let belongs = |character: char| match script {
        Script::Arabic => arabic_digit(character).is_some(),
        Script::Chinese => chinese_digit(character).is_some() || chinese_unit(character).is_some(),
    };
    if !belongs(first) {
        return None;
    }
    let mut characters = text.char_indices().take(MAX_CHARACTERS + 1);
    let end = characters.find(|&(_, character)| !belongs(character)).map_or(text.len(), |(at, _)| at);
    let (written, rest) = text.split_at(end);
    if written.chars().nth(MAX_CHARACTERS).is_some() {
        return None;
    }
    let value = match script {
        Script::Arabic => written.chars().filter_map(arabic_digit).fold(0, |value, digit| value * 10 + digit),
        Script::Chinese => chinese_value(written)?,
    };
    (value > 0).then_some((value, script, rest))
}

fn arabic_digit(character: char) -> Option<u32> {
    match character {
        '0'..='9' => Some(u32::from(character) - u32::from('0')),
        '０'..='９' => Some(u32::from(character) - u32::from('０')),
        _ => None,
    }
}

fn chinese_digit(character: char) -> Option<u32> {
    match character {
        '〇' | '零' | '○' => Some(0),
        '一' => Some(1),
        '二' | '两' | '兩' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        '五' => Some(5),
        '六' => Some(6),
        '七' => Some(7),
        '八' => Some(8),
        '九' => Some(9),
        _ => None,
    }
}

fn chinese_unit(character: char) -> Option<u32> {
    match character {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1_000),
        _ => None,
    }
}

fn chinese_value(written: &str) -> Option<u32> {
    let (mut value, mut digits) = (0_u32, 0_u32);
    for character in written.chars() {
        if let Some(unit) = chinese_unit(character) {
            value = value.checked_add(digits.max(1).checked_mul(unit)?)?;
            digits = 0;
        } else {
            digits = digits * 10 + chinese_digit(character).unwrap_or(0);
        }
    }
    value.checked_add(digits)
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
