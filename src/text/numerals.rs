//! Numerals: 二〇二三年 is 2023年 and 第二十次 is 第20次, however they are written.
//!
//! What is read: an ordinal with what it counts, 第二十条; a date's part or a time, 十五日, 六个月, 一百周年. What is not:
//! numbers alone, since 一 and 十 are parts of words; money and quantities, whose spellings are endless (五万, 50000, 5万);
//! and percentages, whose sign is no letter that could be looked for.

use std::ops::Range;

/// What is counted with 第.
const ORDINAL_UNITS: [&str; 30] = [
    "季度", "条", "款", "项", "目", "编", "章", "节", "次", "届", "期", "号", "个", "批", "版", "卷", "册", "集", "部",
    "页", "轮", "名", "位", "年", "天", "类", "组", "课", "讲", "季",
];
/// What is counted without.
const UNITS: [&str; 9] = ["个月", "周年", "周岁", "小时", "年", "月", "日", "天", "岁"];
/// The unit of years, which are written digit by digit.
const YEAR: &str = "年";
const YEAR_DIGITS: usize = 4;
/// The longest number: 九千九百九十九 has seven characters, and no rule or date has more than eight digits.
const MOST_CHARACTERS: usize = 8;
/// As many numerals as a date or the place of a rule consists of: 2023年3月15日, 第二十条第三款第一项.
const MOST_TOGETHER: usize = 3;
/// What a term of a numeral begins with. It is no letter or digit, so that no word of a query is such a term by chance:
/// whoever wants the other spelling too has to ask for it.
const MARK: char = '=';

/// The term under which an index has a numeral, or up to three that adjoin, in any of its spellings.
///
/// `word` is folded. The term is `=`, then the numeral in digits: `=2023年` for 二零二三年, `=第20条第3款` for 第二十条第三款.
/// `None` for anything else.
pub fn normalised(word: &str) -> Option<String> {
    let mut term = MARK.to_string();
    let mut rest = word;
    while !rest.is_empty() {
        let Numeral { ordinal, value, unit, bytes } = Numeral::read(rest)?;
        let prefix = if ordinal { "第" } else { "" };
        term += &format!("{prefix}{value}{unit}");
        rest = after_space(&rest[bytes..]);
    }
    (term.len() > MARK.len_utf8()).then_some(term)
}

/// Visits the term of every numeral in folded text, alone and with those that adjoin it, and where it stands.
///
/// `tiles` are what the text was cut into. A numeral consists of whole tiles: there is none in 第二次世界大战 or in
/// 2023年度, where the dictionary knows better. A space may stand between its parts: `第 20 條`.
pub(super) fn for_each_term(folded: &str, tiles: &[Range<usize>], mut visit: impl FnMut(&str, Range<usize>)) {
    let numerals = numerals(folded, tiles);
    for (index, first) in numerals.iter().enumerate() {
        let together = adjoining(folded, &numerals[index..], &["", " "]);
        for last in &numerals[index..index + together] {
            let range = first.start..last.end;
            if let Some(term) = normalised(&folded[range.clone()]) {
                visit(&term, range);
            }
        }
    }
}

/// Makes one tile of a numeral, or of up to three that adjoin, unless there is a space in it: a space divides a query.
pub(super) fn join(folded: &str, tiles: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut numerals = numerals(folded, &tiles);
    numerals.retain(|numeral| !folded[numeral.clone()].contains(' '));
    let mut numerals = numerals.as_slice();
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(tiles.len());
    let mut end = 0;
    for tile in tiles.into_iter() {
        if tile.start < end {
            continue; // It is part of the last one.
        }
        let begins = numerals.first().is_some_and(|numeral| numeral.start == tile.start);
        let (together, rest) = numerals.split_at(if begins { adjoining(folded, numerals, &[""]) } else { 0 });
        end = together.last().map_or(tile.end, |last| last.end);
        joined.push(tile.start..end);
        numerals = rest;
    }
    joined
}

/// How many of the first numerals go together, with one of `between` between them.
fn adjoining(folded: &str, numerals: &[Range<usize>], between: &[&str]) -> usize {
    let adjoin = |pair: &&[Range<usize>]| between.contains(&&folded[pair[0].end..pair[1].start]);
    1 + numerals.windows(2).take(MOST_TOGETHER - 1).take_while(adjoin).count()
}

/// The bytes of the numerals, in order, none overlapping.
fn numerals(folded: &str, tiles: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut numerals: Vec<Range<usize>> = Vec::new();
    for (index, tile) in tiles.iter().enumerate() {
        if folded[tile.start..].starts_with(may_begin)
            && numerals.last().is_none_or(|last| last.end <= tile.start)
            && let Some(numeral) = numeral_of(folded, &tiles[index..])
        {
            numerals.push(numeral);
        }
    }
    numerals
}

/// Whether a numeral could begin so, which tells nearly all tiles apart at once.
fn may_begin(c: char) -> bool {
    c == '第' || c.is_ascii_digit() || digit(c).or(scale(c)).is_some()
}

/// The numeral that the first of the tiles begins.
fn numeral_of(folded: &str, tiles: &[Range<usize>]) -> Option<Range<usize>> {
    let start = tiles.first()?.start;
    let Numeral { ordinal, bytes, .. } = Numeral::read(&folded[start..])?;
    let end = start + bytes;
    let whole_tiles = tiles.iter().take_while(|tile| tile.end <= end).last()?.end == end;
    (whole_tiles && (ordinal || !ends_in_number(&folded[..start]))).then_some(start..end)
}

/// Whether a number goes on after this: 几十年, 五万三千年 and 1.5年 say something else than their ends do.
fn ends_in_number(text: &str) -> bool {
    let mut backwards = text.chars().rev();
    match backwards.next() {
        Some('.' | ',') => backwards.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => matches!(c, '几' | '数' | '点' | '万' | '亿') || digit(c).is_some() || scale(c).is_some(),
        None => false,
    }
}

/// One numeral at the beginning of a text.
struct Numeral {
    ordinal: bool,
    value: u32,
    unit: &'static str,
    bytes: usize,
}

impl Numeral {
    fn read(text: &str) -> Option<Self> {
        let ordinal = text.strip_prefix('第').map(after_space);
        let number = ordinal.unwrap_or(text);
        let (written, counted) = number.split_at(number_bytes(number));
        let counted = after_space(counted);
        let units = if ordinal.is_some() { ORDINAL_UNITS.as_slice() } else { UNITS.as_slice() };
        let unit = units.iter().find(|unit| counted.starts_with(**unit))?;
        let value = arabic(written).or_else(|| year(written).filter(|_| *unit == YEAR)).or_else(|| chinese(written))?;
        Some(Self { ordinal: ordinal.is_some(), value, unit, bytes: text.len() - counted.len() + unit.len() })
    }
}

/// The length of the number that a text begins with, or of the beginning of one that is too long for us.
fn number_bytes(text: &str) -> usize {
    let is_arabic = text.starts_with(|c: char| c.is_ascii_digit());
    let goes_on = |c: &char| if is_arabic { c.is_ascii_digit() } else { digit(*c).or(scale(*c)).is_some() };
    text.chars().take(MOST_CHARACTERS).take_while(goes_on).map(char::len_utf8).sum()
}

fn arabic(written: &str) -> Option<u32> {
    written.parse().ok()
}

/// A year, digit by digit.
fn year(written: &str) -> Option<u32> {
    let mut digits = written.chars().map(digit);
    (digits.clone().count() == YEAR_DIGITS).then(|| digits.try_fold(0, |value, digit| Some(value * 10 + digit?)))?
}

/// A number in words, from 一 to 九千九百九十九. 一百五 is none, which some take for 105 and some for 150.
fn chinese(written: &str) -> Option<u32> {
    let (mut value, mut last_scale) = (0, None);
    let (mut pending, mut after_zero) = (None, false);
    for c in written.chars() {
        if let Some(scale) = scale(c).filter(|scale| last_scale.is_none_or(|last| *scale < last)) {
            // 十五 and 一百十五 leave the 一 out.
            value += scale * pending.take().or((scale == 10).then_some(1))?;
            (last_scale, after_zero) = (Some(scale), false);
        } else {
            match digit(c)? {
                0 if last_scale.is_some() && pending.is_none() && !after_zero => after_zero = true,
                1.. if pending.is_none() => pending = digit(c),
                _ => return None,
            }
        }
    }
    match pending {
        Some(ones) => (after_zero || last_scale.is_none_or(|last| last == 10)).then_some(value + ones),
        None => (value > 0 && !after_zero).then_some(value),
    }
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn scale(c: char) -> Option<u32> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    })
}

fn after_space(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;
    use proptest::prelude::*;

    #[test]
    fn spellings_meet() {
        #[track_caller]
        fn check(spellings: &str, expected: &str) {
            for spelling in spellings.split('|') {
                assert_eq!(normalised(&fold(spelling)).as_deref(), Some(expected), "{spelling}");
            }
        }
        check("2023年|二〇二三年|二○二三年|二零二三年|２０２３年|2023 年", "=2023年");
        check("第20次|第二十次|第 20 次|第 二十 次|第020次", "=第20次");
        check("第一千二百六十條|第1260条", "=第1260条");
        check("第一百零五条|第105条", "=第105条");
        check("第一百一十条|第一百十条|第110条", "=第110条");
        check("三月|3月|03月", "=3月");
        check("十五日|15日", "=15日");
        check("六个月|6個月", "=6个月");
        check("一百周年|100周年", "=100周年");
        check("两年|二年|2年", "=2年");
        check("一千零一十天|一千零十天", "=1010天");
        check("九千九百九十九年", "=9999年");
        check("第三季度|第3季度", "=第3季度");
        check("二〇二三年三月十五日|2023年3月15日|2023 年 3 月 15 日", "=2023年3月15日");
        check("第二十条第三款|第20條第3款", "=第20条第3款");
    }

    #[test]
    fn what_is_no_numeral() {
        #[track_caller]
        fn check(words: &str) {
            for word in words.split(' ') {
                assert_eq!(normalised(word), None, "{word}");
            }
        }
        check("第 年 二十大 十 第十 2023 20条 百分之五 五万元");
        check("三五年 七八月 一百五年 零三月 一零年 百年 十百年 一百零年 一零零五年度 第一二条 二十十日");
        check("123456789年 三月份 第二次世界大战 第十四条之一");
        assert_eq!(normalised(""), None);
        assert_eq!(normalised(" "), None);
    }

    /// Tiles are divided by `|`.
    fn cut(text: &str) -> (String, Vec<Range<usize>>) {
        let mut folded = String::new();
        let mut tiles = Vec::new();
        for tile in text.split('|') {
            let start = folded.len();
            folded += tile;
            tiles.extend((!tile.trim().is_empty()).then_some(start..folded.len()));
        }
        (folded, tiles)
    }

    #[test]
    fn terms_of_a_text() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let (folded, tiles) = cut(text);
            let mut terms = Vec::new();
            for_each_term(&folded, &tiles, |term, range| {
                assert_eq!(normalised(&folded[range]).as_deref(), Some(term));
                terms.push(term.to_owned());
            });
            assert_eq!(terms.join(" "), expected);
        }
        check("在|2023|年|召开", "=2023年");
        check("二|零|二三年|三月|十五日", "=2023年 =2023年3月 =2023年3月15日 =3月 =3月15日 =15日");
        check("第| |20| |條", ""); // Not folded.
        check("第| |20| |条", "=第20条");
        check("2023| |年| |3| |月", "=2023年 =2023年3月 =3月");
        check(
            "第二十|条|第三|款|第一|项|第二|目",
            "=第20条 =第20条第3款 =第20条第3款第1项 =第3款 =第3款第1项 =第3款第1项第2目 =第1项 =第1项第2目 =第2目",
        );
        check("第二次世界大战|2023|年度|三月份", "");
        check("几|十年|五万|三千年|1|.|5|年|3|,|000|年", "");
        check("1日|,|2日", "=1日 =2日");
    }

    #[test]
    fn numerals_of_a_query_are_whole() {
        #[track_caller]
        fn check(query: &str, expected: &str) {
            let (folded, tiles) = cut(query);
            let joined = join(&folded, tiles);
            assert_eq!(joined.into_iter().map(|tile| &folded[tile]).collect::<Vec<_>>().join("|"), expected);
        }
        check("在|2023|年|召开", "在|2023年|召开");
        check("二|零|二三年|三月|十五日|召开", "二零二三年三月十五日|召开");
        check("第二十|条|第三|款|第一|项|第二|目", "第二十条第三款第一项|第二目");
        check("2023| |年|3|月| |4月", "2023|年|3月|4月");
        check("党建|工作", "党建|工作");
    }

    #[test]
    fn long_runs_take_linear_time() {
        // Quadratic, each of these would take minutes.
        for unit in ["一", "十", "第", "1 ", "三月", "第1条"] {
            let text = unit.repeat(1 << 16);
            let tiles: Vec<_> =
                text.char_indices().filter(|(_, c)| *c != ' ').map(|(start, c)| start..start + c.len_utf8()).collect();
            let mut terms = 0;
            for_each_term(&text, &tiles, |_, _| terms += 1);
            assert!(terms <= MOST_TOGETHER << 16);
            assert!(join(&text, tiles).len() <= 1 << 16);
        }
    }

    /// A number as it is said, from 1 to 9999.
    fn said(value: u32) -> String {
        let mut said = String::new();
        let mut gap = false;
        for (scale, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
            match value / scale % 10 {
                0 => gap = !said.is_empty(),
                digit => {
                    said += if gap { "零" } else { "" };
                    said.extend("零一二三四五六七八九".chars().nth(digit as usize));
                    said += name;
                    gap = false;
                }
            }
        }
        said
    }

    #[test]
    fn every_number_is_read() {
        for value in 1..10_000 {
            assert_eq!(normalised(&format!("第{}条", said(value))), Some(format!("=第{value}条")), "{}", said(value));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[第零一二十百千年月日条个 .,1２]{0,16}") {
            if let Some(term) = normalised(&text) {
                prop_assert_eq!(normalised(&term[1..]), Some(term.clone()));
            }
        }
    }
}
