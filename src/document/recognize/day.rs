//! Dates as running text writes them.
//!
//! More forms than [`PublishDate`] takes from callers: there a wrong date is the caller's own, here it would be ours,
//! and what stands around a date says that it is one.

use crate::document::PublishDate;
use crate::text::{Digit, fold_character, number_of};

/// Years that documents are from; other numbers in front of 年 or a hyphen are something else.
const YEARS: std::ops::Range<u32> = 1900..2100;

/// What the years of the Minguo calendar (民國) are counted from.
const MINGUO: u32 = 1911;

/// The most spaces that typesetting puts between the parts of a date.
const MAX_SPACES: usize = 4;

/// The most figures of a number, and the most numerals: 民國一百一十三年 has the most.
const MAX_DIGITS: usize = 4;
const MAX_NUMERALS: usize = 5;

/// Reads the date that a text starts with, to the month at least; gives what follows it as well.
///
/// Takes 2024年3月1日, 二〇二四年三月一日, 民國113年3月1日, 2024-03-01, 2024/3/1 and 2024.3.1.
pub(super) fn date(text: &str) -> Option<(PublishDate, &str)> {
    let first = text.chars().find(|character| !character.is_whitespace())?;
    if digit(first).is_none() && !matches!(fold_character(first), '民' | '中') {
        return None;
    }
    let minguo = "民国".chars().try_fold(text, sign).or_else(|| "中华民国".chars().try_fold(text, sign));
    let (year, rest) = number(minguo.unwrap_or(text))?;
    let year = if minguo.is_some() { year + MINGUO } else { year };
    let date = if let Some(rest) = sign(rest, '年') { after_year(year, rest) } else { separated(year, rest) };
    date.filter(|_| YEARS.contains(&year))
}

/// The date that a text is, with nothing but brackets, the weekday and the time of day around it.
pub(super) fn whole(text: &str) -> Option<PublishDate> {
    let inner = text.trim().trim_start_matches(['(', '（', '[', '【']);
    let (date, rest) = date(inner)?;
    let is_time = |character| "0123456789:t)]】时分秒星期一二三四五六日".contains(fold_character(character));
    rest.chars().all(|character| character.is_whitespace() || is_time(character)).then_some(date)
}

/// The dates in a text, each with its first byte and what follows it.
pub(super) fn dates(text: &str) -> Vec<(usize, PublishDate, &str)> {
    let (mut found, mut read_to, mut in_number) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        let is_digit = digit(character).is_some();
        let may_begin = is_digit || character.is_whitespace() || matches!(fold_character(character), '民' | '中');
        let begins = may_begin && !in_number && at >= read_to;
        in_number = is_digit;
        if begins && let Some((date, rest)) = date(&text[at..]) {
            read_to = text.len() - rest.len();
            found.push((at, date, rest));
        }
    }
    found
}

/// Month and day after 年.
fn after_year(year: u32, rest: &str) -> Option<(PublishDate, &str)> {
    let (month, rest) = number(rest)?;
    let rest = sign(rest, '月')?;
    let day = number(rest).and_then(|(day, rest)| Some((day, sign(rest, '日').or_else(|| sign(rest, '号'))?)));
    let (day, rest) = day.unwrap_or((0, rest));
    Some((PublishDate::new(year, month, day).ok()?, rest))
}

/// Month and day as in 2024-03-01, which has no spaces and four digits for the year.
fn separated(year: u32, rest: &str) -> Option<(PublishDate, &str)> {
    let separator = rest.chars().next().map(fold_character).filter(|first| matches!(first, '-' | '/' | '.'))?;
    let mut part = rest;
    let mut next = || {
        let digits = part.strip_prefix(|first| fold_character(first) == separator)?;
        let (value, rest) = arabic(digits).filter(|(_, rest)| digits.chars().count() - rest.chars().count() <= 2)?;
        part = rest;
        Some(value)
    };
    let (month, day) = (next()?, next()?);
    Some((PublishDate::new(year, month, day).ok().filter(|_| month > 0 && day > 0)?, part))
}

/// Reads a sign, leaving out spaces before it.
fn sign(text: &str, expected: char) -> Option<&str> {
    skip_spaces(text).strip_prefix(|first| fold_character(first) == expected)
}

/// Reads a number in figures, or in Chinese numerals with or without spaces between them.
fn number(text: &str) -> Option<(u32, &str)> {
    let text = skip_spaces(text);
    arabic(text).or_else(|| chinese(text))
}

fn arabic(text: &str) -> Option<(u32, &str)> {
    let is_figure = |character: &char| digit(*character).is_some_and(Digit::is_arabic);
    let figures = text.chars().take(MAX_DIGITS + 1).take_while(is_figure);
    let bytes: usize = figures.clone().map(char::len_utf8).sum();
    let fits = (1..=MAX_DIGITS).contains(&figures.clone().count());
    fits.then(|| Some((number_of(figures.filter_map(digit))?, &text[bytes..])))?
}

/// 二〇二四, 三十一, 一百一十三.
fn chinese(text: &str) -> Option<(u32, &str)> {
    let (mut numerals, mut rest) = (Vec::new(), text);
    while let Some(character) = rest.chars().next().filter(|_| numerals.len() <= MAX_NUMERALS)
        && let Some(numeral) = digit(character).filter(|digit| !digit.is_arabic())
    {
        numerals.push(numeral);
        rest = skip_spaces(&rest[character.len_utf8()..]);
    }
    let fits = (1..=MAX_NUMERALS).contains(&numerals.len());
    fits.then(|| Some((number_of(numerals)?, rest)))?
}

/// What a character is worth; 二ＯＯ三 is written with letters at times.
fn digit(character: char) -> Option<Digit> {
    if fold_character(character) == 'o' { Some(Digit::Chinese(0)) } else { Digit::of(character) }
}

fn skip_spaces(text: &str) -> &str {
    let spaces = text.chars().take(MAX_SPACES).take_while(|character| character.is_whitespace());
    &text[spaces.map(char::len_utf8).sum()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &str)>) {
        let found = date(text).map(|(date, rest)| (date.to_string(), rest));
        assert_eq!(found.as_ref().map(|(date, rest)| (date.as_str(), *rest)), expected, "{text:?}");
    }

    #[test]
    fn dates_of_official_documents() {
        check("2024年3月1日，", Some(("2024-03-01", "，")));
        check("２０２４ 年 ３ 月 １ 日", Some(("2024-03-01", "")));
        check("二〇二四年三月一日", Some(("2024-03-01", "")));
        check("二○○三年一月十五日", Some(("2003-01-15", "")));
        check("二ＯＯ三年十二月三十一日", Some(("2003-12-31", "")));
        check("二 〇 二 四 年 十 月 二 十 日", Some(("2024-10-20", "")));
        check("中華民國113年3月1日", Some(("2024-03-01", "")));
        check("民國一百一十三年三月一日", Some(("2024-03-01", "")));
        check("2024年3月", Some(("2024-03", "")));
        check("2023-04-20 17:43", Some(("2023-04-20", " 17:43")));
        check("2023-4-2 17:43", Some(("2023-04-02", " 17:43")));
        check("2024/3/1", Some(("2024-03-01", "")));
        check("2024.03.01", Some(("2024-03-01", "")));
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for text in [
            "",
            "2024",
            "2024年",
            "2024年来",
            "第2024年3月",
            "3月5日",
            "2024年13月1日",
            "2024-02-30",
            "2024-03",
            "2024-0-0",
            "2024-03/01",
            "12024年3月1日",
            "0731-12-12",
            "1234年5月6日",
            "五年三月",
            "2024-001-01",
            "2024.3.100",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_whole_date() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(whole(text).map(|date| date.to_string()).as_deref(), expected, "{text:?}");
        };
        check("（2024年3月1日）", Some("2024-03-01"));
        check("2023-04-20T17:43:09", Some("2023-04-20"));
        check("2024年3月1日 9时30分", Some("2024-03-01"));
        check("2024年3月1日起", None);
        check("于2024年3月1日", None);
    }

    #[test]
    fn dates_in_a_note() {
        let found: Vec<(usize, String)> = dates("（1990年6月28日通过 根据2020年10月17日修正）第12024年3月1日")
            .into_iter()
            .map(|(at, date, _)| (at, date.to_string()))
            .collect();
        assert_eq!(found, [(3, "1990-06-28".to_owned()), (32, "2020-10-17".to_owned())]);
    }
}
