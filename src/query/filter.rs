//! Conditions on documents, beside a query.

use crate::text::searchable;

/// Which documents count. Each condition that is set has to hold; without any, every document counts.
///
/// Values are equal when [`comparable`] makes the same of them. A document without a value meets no condition on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The first day, `YYYYMMDD` as a number; 00 for the month or the day is the first one.
    ///
    /// A document that is dated to the year or month only meets the bounds when one of its days lies within them: it
    /// may have been published then.
    pub published_from: Option<u32>,
    /// The last day; 00 for the month or the day includes the whole year or month.
    pub published_to: Option<u32>,
    /// One of these.
    pub document_types: Vec<String>,
    /// One of these.
    pub agencies: Vec<String>,
    /// One of these.
    pub levels: Vec<String>,
    /// One of these.
    pub sources: Vec<String>,
    /// One of these.
    pub collections: Vec<String>,
    /// All of these.
    pub labels: Vec<String>,
    /// One of these, compared byte for byte.
    pub document_ids: Vec<String>,
    /// Documents that one of these filters lets through do not count. One without conditions leaves no document.
    pub none_of: Vec<Filter>,
}

/// What is known about a document and can be asked for by its whole value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetadataKey {
    /// Where it was found.
    Source,
    /// Who wrote it.
    Author,
    /// Who issued it.
    Agency,
    /// Its number.
    DocumentNumber,
    /// Its kind.
    DocumentType,
    /// Its level.
    Level,
    /// The collection that it belongs to.
    Collection,
    /// One of its labels.
    Label,
}

impl MetadataKey {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Self; 8] = [
        Self::Source,
        Self::Author,
        Self::Agency,
        Self::DocumentNumber,
        Self::DocumentType,
        Self::Level,
        Self::Collection,
        Self::Label,
    ];
}

/// The days of a calendar that count, first and last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Days {
    first: u32,
    last: u32,
}

impl Filter {
    /// The conditions of which one value is enough, as far as they are set.
    pub fn one_of(&self) -> impl Iterator<Item = (MetadataKey, &[String])> {
        let Self { document_types, agencies, levels, sources, collections, .. } = self;
        let lists = [
            (MetadataKey::DocumentType, document_types),
            (MetadataKey::Agency, agencies),
            (MetadataKey::Level, levels),
            (MetadataKey::Source, sources),
            (MetadataKey::Collection, collections),
        ];
        lists.into_iter().filter(|(_, values)| !values.is_empty()).map(|(key, values)| (key, values.as_slice()))
    }

    /// The days within which a document has to be published; `None` when it does not matter.
    pub fn published(&self) -> Option<Days> {
        match (self.published_from, self.published_to) {
            (None, None) => None,
            (from, to) => Some(Days { first: from.unwrap_or(0), last: to.map_or(u32::MAX, last_day) }),
        }
    }

    /// Whether every document counts.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Days {
    /// The first one; a month or day of 00 counts as before all others.
    pub fn first(self) -> u32 {
        self.first
    }

    /// The last one.
    pub fn last(self) -> u32 {
        self.last
    }

    /// The year and the month of the first one, as dates that have no more than that: what is dated so lies partly
    /// within these days though its number is less than the first one's.
    pub fn begun(self) -> [u32; 2] {
        [self.first / 10_000 * 10_000, self.first / 100 * 100]
    }

    /// Whether a day of a date, `YYYYMMDD` with 00 for what is not known, is one of these; never for an unknown date.
    pub fn meet(self, date: u32) -> bool {
        let in_order = self.first <= self.last;
        in_order && date != 0 && date <= self.last && self.first <= last_day(date)
    }
}

/// What values are compared by: their folded letters and digits, so that script, width, case, spaces and brackets do
/// not matter. A value without any is compared as it was written.
pub fn comparable(value: &str) -> String {
    let characters = searchable(value);
    if characters.is_empty() { value.to_owned() } else { characters }
}

/// A number that no day of a date exceeds, and every later date does.
fn last_day(date: u32) -> u32 {
    match (date / 100 % 100, date % 100) {
        (0, _) => date / 10_000 * 10_000 + 9_999,
        (_, 0) => date + 99,
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: Option<u32>, to: Option<u32>, met: &[u32], missed: &[u32]) {
        let filter = Filter { published_from: from, published_to: to, ..Filter::default() };
        let days = filter.published().expect("a bound");
        for &date in met {
            assert!(days.meet(date), "{date} in {from:?}..={to:?}");
        }
        for &date in missed {
            assert!(!days.meet(date), "{date} in {from:?}..={to:?}");
        }
    }

    #[test]
    fn dates_meet_the_bounds_with_any_of_their_days() {
        let (day, month, year) = (20_230_615, 20_230_600, 20_230_000);
        check(Some(day), Some(day), &[day, month, year], &[day - 1, day + 1, 20_230_500, 20_230_700, 20_220_000, 0]);
        check(Some(month), Some(month), &[20_230_601, 20_230_630, month, year], &[20_230_531, 20_230_701, 20_240_000]);
        check(Some(year), Some(year), &[20_230_101, 20_231_231, month, year], &[20_221_231, 20_240_101, 20_221_200]);
        check(Some(day), None, &[day, 99_991_231, month, year], &[day - 1, 20_230_500, 20_220_000, 0]);
        check(None, Some(day), &[day, 10_000, month, year], &[day + 1, 20_230_700, 20_240_000, 0]);
        check(Some(day), Some(day - 1), &[], &[day, day - 1, month, year, 0]);
    }

    #[test]
    fn dates_before_the_first_day_that_still_meet_it_are_its_year_and_month() {
        for first in [20_230_615, 20_230_600, 20_230_000, 20_230_101] {
            let days = Filter { published_from: Some(first), ..Filter::default() }.published().expect("a bound");
            let is_date = |&date: &u32| date / 100 % 100 != 0 || date % 100 == 0;
            for date in (20_210_000..first).filter(is_date).filter(|&date| days.meet(date)) {
                assert!(days.begun().contains(&date), "{date} before {first}");
            }
            assert!(days.begun().into_iter().all(|date| days.meet(date)), "{first}");
        }
    }

    #[test]
    fn values_are_compared_by_their_letters_and_digits() {
        for (one, other) in [("国办发〔2024〕1号", "國辦發 (２０２４) 1号"), ("HTTP/2", "http 2"), ("——", "——")]
        {
            assert_eq!(comparable(one), comparable(other));
        }
        for (one, other) in [("——", "…"), ("通知", "通知书"), ("", "—")] {
            assert_ne!(comparable(one), comparable(other));
        }
    }
}
