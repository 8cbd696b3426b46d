//! Numerals: 二〇二三年 is 2023年 and 第二十次 is 第20次, however they are written.
//!
//! What is read: an ordinal with what it counts, 第二十条; a date's part or a time, 十五日, 六个月, 一百周年. What is not:
//! numbers alone, since 一 and 十 are parts of words; money and quantities, whose spellings are endless (五万, 50000, 5万);
//! and percentages, whose sign is no letter that could be looked for.

use std::fmt::Write as _;
use std::ops::Range;

use super::Digit;

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
        let _ = write!(term, "{prefix}{value}{unit}"); // Writing to a string cannot fail.
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
    for tile in tiles {
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
    c == '第' || Digit::of_folded(c).is_some()
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
        Some(c) => {
            matches!(c, '几' | '数' | '点' | '万' | '亿') || Digit::of_folded(c).is_some_and(|digit| !digit.is_arabic())
        }
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
    let goes_on = |c: &char| {
        if is_arabic { c.is_ascii_digit() } else { Digit::of_folded(*c).is_some_and(|digit| !digit.is_arabic()) }
    };
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
    match Digit::of_folded(c)? {
        Digit::Chinese(digit) => Some(digit),
        Digit::Arabic(_) | Digit::Scale(_) => None,
    }
}

fn scale(c: char) -> Option<u32> {
    match Digit::of_folded(c)? {
        Digit::Scale(scale) => Some(scale),
        Digit::Arabic(_) | Digit::Chinese(_) => None,
    }
}

fn after_space(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

#[cfg(test)]
mod tests;
