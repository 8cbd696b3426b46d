//! Dates as official documents give them: a year, a month or a day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// When a document was published: a year, a month or a day of the calendar, from year 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct PublishDate(u32);

/// A text or number that is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDate {
    /// It has none of the known forms.
    #[error("is not a date: give YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD or YYYY年M月D日")]
    Form,
    /// It has one, and there is no such year, month or day.
    #[error("is a month or day that the calendar does not have")]
    Calendar,
}

impl PublishDate {
    /// `YYYYMMDD` as a number, 00 for what is not known: later dates are greater.
    pub fn to_u32(self) -> u32 {
        self.0
    }

    /// The year, the month and the day; a month or a day of 0 is not known.
    pub(super) fn new(year: u32, month: u32, day: u32) -> Result<Self, UnknownDate> {
        let known = match (month, day) {
            (0, day) => day == 0,
            (month, day) => month <= 12 && day <= days_in_month(year, month),
        };
        if known && (1..=9999).contains(&year) {
            Ok(Self(year * 10_000 + month * 100 + day))
        } else {
            Err(UnknownDate::Calendar)
        }
    }
}

impl TryFrom<u32> for PublishDate {
    type Error = UnknownDate;

    /// The opposite of [`PublishDate::to_u32`].
    fn try_from(number: u32) -> Result<Self, UnknownDate> {
        Self::new(number / 10_000, number / 100 % 100, number % 100)
    }
}

impl From<PublishDate> for u32 {
    fn from(date: PublishDate) -> Self {
        date.0
    }
}

impl FromStr for PublishDate {
    type Err = UnknownDate;

    /// Takes `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYYMMDD`, `YYYY年`, `YYYY年M月` and `YYYY年M月D日`; full-width digits count.
    fn from_str(text: &str) -> Result<Self, UnknownDate> {
        let text: String = text.trim().chars().map(narrow_digit).collect();
        let (year, month, day) = components(&text).ok_or(UnknownDate::Form)?;
        let [month, day] = [month, day].map(|component| component.map_or(Ok(0), positive));
        Self::new(positive(year)?, month?, day?)
    }
}

impl fmt::Display for PublishDate {
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.0 / 10_000, self.0 / 100 % 100, self.0 % 100);
        match (month, day) {
            (0, _) => write!(f, "{year:04}"),
            (_, 0) => write!(f, "{year:04}-{month:02}"),
            _ => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// Takes a date apart into digits of the right number: a year, a month, a day.
fn components(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    if let Some((year, rest)) = text.split_once('年') {
        let (month, rest) =
            if rest.is_empty() { (None, "") } else { rest.split_once('月').map(|(m, r)| (Some(m), r))? };
        let day = if rest.is_empty() { None } else { Some(rest.strip_suffix('日')?) };
        let short = |component: Option<&str>| component.is_none_or(|digits| digits.len() <= 2);
        return (year.len() == 4 && short(month) && short(day)).then_some((year, month, day));
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((&text[..4], Some(&text[4..6]), Some(&text[6..])));
    }
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next(), parts.next());
    let two = |component: Option<&str>| component.is_none_or(|digits| digits.len() == 2);
    (year.len() == 4 && two(month) && two(day)).then_some((year, month, day))
}

/// The number that digits, and nothing else, write; zero is no year, month or day.
fn positive(digits: &str) -> Result<u32, UnknownDate> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UnknownDate::Form);
    }
    digits.parse().ok().filter(|&number| number > 0).ok_or(UnknownDate::Calendar)
}

fn narrow_digit(character: char) -> char {
    match character {
        '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10).unwrap_or(character),
        other => other,
    }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = text.parse::<PublishDate>().ok().map(|date| date.to_string());
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn known_forms() {
        check("2024", Some("2024"));
        check("2024-03", Some("2024-03"));
        check("2024-03-05", Some("2024-03-05"));
        check("20240305", Some("2024-03-05"));
        check("2024年", Some("2024"));
        check("2024年3月", Some("2024-03"));
        check("2024年3月5日", Some("2024-03-05"));
        check("２０２４年０３月０５日", Some("2024-03-05"));
        check(" 0001 ", Some("0001"));
        check("2024-02-29", Some("2024-02-29"));
        check("2000-02-29", Some("2000-02-29"));
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "去年",
            "24",
            "0000",
            "10000",
            "2024-3-5",
            "2024-00",
            "2024-13",
            "2024-02-30",
            "2023-02-29",
            "1900-02-29",
            "20240000",
            "20241301",
            "2024-03-05T10:00",
            "2024-",
            "-2024",
            "2024年3",
            "2024年月",
            "2024年月5日",
            "2024年3月5",
            "2024年5日",
            "24年3月",
            "2024年003月",
            "+024",
            "2024-+3",
            "2024/03/05",
            "二〇二四年",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn numbers_are_checked_too() {
        assert_eq!(PublishDate::try_from(20_240_300).map(|date| date.to_string()), Ok("2024-03".to_owned()));
        for number in [0, 1, 20_240_001, 20_240_230, 100_000_000] {
            assert_eq!(PublishDate::try_from(number), Err(UnknownDate::Calendar), "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_date_survives_being_written(number in 10_000_u32..100_000_000) {
            if let Ok(date) = PublishDate::try_from(number) {
                prop_assert_eq!(date.to_string().parse(), Ok(date));
                prop_assert_eq!(date.to_u32(), number);
            }
        }

        #[test]
        fn no_text_panics(text in "[0-9０-９年月日 -]{0,12}|\\PC{0,12}") {
            if let Ok(date) = text.parse::<PublishDate>() {
                prop_assert_eq!(PublishDate::try_from(date.to_u32()), Ok(date));
            }
        }
    }
}
