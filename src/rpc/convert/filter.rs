//! Conditions on documents, on their way in.

use std::collections::HashSet;

use crate::{
    document::{DocumentId, InvalidDocumentId, MAX_ID_BYTES, PublishDate, UnknownDate},
    query::{Days, Filter, comparable},
    rpc::{
        convert::{document::bounded, invalid::Invalid},
        limits::{FIELD_BYTES, FILTER_VALUES},
        proto,
    },
};

/// Checks the conditions in the field `filter` of a request; none means every document.
pub(super) fn filter(sent: Option<proto::Filter>) -> Result<Filter, Invalid> {
    let mut reader = Reader { values_left: FILTER_VALUES };
    let Conditions { filter, none_of } = reader.conditions("filter", sent.unwrap_or_default())?;
    let Some(none_of) = none_of else { return Ok(filter) };
    let excluded = reader.conditions("filter.none_of", none_of)?;
    if excluded.none_of.is_some() {
        return Err(Invalid::new("filter.none_of.none_of", "is one level too deep; write what it names as conditions"));
    }
    if excluded.filter.is_empty() {
        return Err(Invalid::new("filter.none_of", "has no condition; leave it unset"));
    }
    if let Some(field) = contradiction(&filter, &excluded.filter) {
        let message = format!("takes away all that `filter.{field}` lets through; leave one of them out");
        return Err(Invalid::new(format!("filter.none_of.{field}"), message));
    }
    Ok(Filter { none_of: one_by_one(excluded.filter), ..filter })
}

/// The condition that leaves no document, whatever there is: what one side demands is what the other takes away.
fn contradiction(filter: &Filter, excluded: &Filter) -> Option<&'static str> {
    let values = |values: &[String]| -> HashSet<String> { values.iter().map(|value| comparable(value)).collect() };
    let one_of = |wanted: &[String], unwanted: &[String]| {
        !wanted.is_empty() && !unwanted.is_empty() && values(wanted).is_subset(&values(unwanted))
    };
    let ids = |filter: &Filter| filter.document_ids.iter().cloned().collect::<HashSet<_>>();
    let covers = |days: Days, by: Days| by.first() <= days.first() && days.last() <= by.last();
    [
        ("published_from", filter.published().zip(excluded.published()).is_some_and(|(days, by)| covers(days, by))),
        ("document_types", one_of(&filter.document_types, &excluded.document_types)),
        ("agencies", one_of(&filter.agencies, &excluded.agencies)),
        ("levels", one_of(&filter.levels, &excluded.levels)),
        ("sources", one_of(&filter.sources, &excluded.sources)),
        ("collections", one_of(&filter.collections, &excluded.collections)),
        // Every label is demanded, and each is taken away by itself.
        ("labels", !values(&filter.labels).is_disjoint(&values(&excluded.labels))),
        ("document_ids", !filter.document_ids.is_empty() && ids(filter).is_subset(&ids(excluded))),
    ]
    .into_iter()
    .find_map(|(field, contradicts)| contradicts.then_some(field))
}

/// One level of a filter.
struct Conditions {
    filter: Filter,
    none_of: Option<proto::Filter>,
}

/// Reads filters, whose values are counted together.
struct Reader {
    values_left: usize,
}

impl Reader {
    fn conditions(&mut self, path: &str, sent: proto::Filter) -> Result<Conditions, Invalid> {
        let proto::Filter {
            published_from,
            published_to,
            document_types,
            agencies,
            levels,
            sources,
            collections,
            labels,
            document_ids,
            none_of,
        } = sent;
        let at = |field: &str| format!("{path}.{field}");
        let filter = Filter {
            published_from: date(&at("published_from"), &published_from)?,
            published_to: date(&at("published_to"), &published_to)?,
            document_types: self.values(&at("document_types"), document_types)?,
            agencies: self.values(&at("agencies"), agencies)?,
            levels: self.values(&at("levels"), levels)?,
            sources: self.values(&at("sources"), sources)?,
            collections: self.values(&at("collections"), collections)?,
            labels: self.values(&at("labels"), labels)?,
            document_ids: self.each(&at("document_ids"), document_ids, id)?,
            none_of: Vec::new(),
        };
        if filter.published().is_some_and(|days| days.first() > days.last()) {
            return Err(Invalid::new(
                at("published_to"),
                format!("`{published_to}` ends before `published_from` begins"),
            ));
        }
        Ok(Conditions { filter, none_of: none_of.map(|none_of| *none_of) })
    }

    fn values(&mut self, path: &str, values: Vec<String>) -> Result<Vec<String>, Invalid> {
        self.each(path, values, value)
    }

    fn each(
        &mut self,
        path: &str,
        values: Vec<String>,
        check: fn(&str, String) -> Result<String, Invalid>,
    ) -> Result<Vec<String>, Invalid> {
        self.values_left = self.values_left.checked_sub(values.len()).ok_or_else(|| {
            let message = format!("brings the filter to more than {FILTER_VALUES} values in all; ask in several calls");
            Invalid::new(path, message)
        })?;
        let numbered = values.into_iter().enumerate();
        numbered.map(|(number, value)| check(&format!("{path}[{number}]"), value)).collect()
    }
}

/// Reads a date; empty means no bound.
fn date(path: &str, text: &str) -> Result<Option<u32>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let date: PublishDate = text.parse().map_err(|error: UnknownDate| Invalid::new(path, error.to_string()))?;
    Ok(Some(date.to_u32()))
}

fn value(path: &str, value: String) -> Result<String, Invalid> {
    if value.is_empty() {
        return Err(Invalid::new(path, "must not be empty; leave it out"));
    }
    bounded(path, value, FIELD_BYTES)
}

fn id(path: &str, value: String) -> Result<String, Invalid> {
    DocumentId::try_from(value).map(String::from).map_err(|error| match error {
        InvalidDocumentId::Empty => Invalid::new(path, "must not be empty; leave it out"),
        InvalidDocumentId::TooLong { bytes } => Invalid::new(
            path,
            format!("has {bytes} bytes, and no document's id has more than {MAX_ID_BYTES}; leave it out"),
        ),
        error @ InvalidDocumentId::ControlCharacter { .. } => Invalid::new(path, error.to_string()),
    })
}

/// Every condition as a filter of its own: documents that meet one of them are taken away. Of labels, too, one is
/// enough.
fn one_by_one(filter: Filter) -> Vec<Filter> {
    let Filter {
        published_from,
        published_to,
        document_types,
        agencies,
        levels,
        sources,
        collections,
        labels,
        document_ids,
        none_of: _,
    } = filter;
    let conditions = [
        Filter { published_from, published_to, ..Filter::default() },
        Filter { document_types, ..Filter::default() },
        Filter { agencies, ..Filter::default() },
        Filter { levels, ..Filter::default() },
        Filter { sources, ..Filter::default() },
        Filter { collections, ..Filter::default() },
        Filter { document_ids, ..Filter::default() },
    ];
    let labels = labels.into_iter().map(|label| Filter { labels: vec![label], ..Filter::default() });
    conditions.into_iter().filter(|condition| !condition.is_empty()).chain(labels).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    fn without(none_of: proto::Filter) -> proto::Filter {
        proto::Filter { none_of: Some(Box::new(none_of)), ..proto::Filter::default() }
    }

    #[track_caller]
    fn check_refused(sent: proto::Filter, field: &str) {
        assert_eq!(filter(Some(sent)).expect_err("must be refused").field, field);
    }

    #[test]
    fn no_condition_means_every_document() {
        assert!(filter(None).unwrap().is_empty());
        assert!(filter(Some(proto::Filter::default())).unwrap().is_empty());
    }

    #[test]
    fn what_is_taken_away_meets_one_of_the_conditions() {
        let sent = proto::Filter {
            published_from: "2024".to_owned(),
            sources: texts(&["甲", "乙"]),
            labels: texts(&["丙", "丁"]),
            ..proto::Filter::default()
        };
        let expected = [
            Filter { published_from: Some(20_240_000), ..Filter::default() },
            Filter { sources: texts(&["甲", "乙"]), ..Filter::default() },
            Filter { labels: texts(&["丙"]), ..Filter::default() },
            Filter { labels: texts(&["丁"]), ..Filter::default() },
        ];
        assert_eq!(filter(Some(without(sent))).unwrap().none_of, expected);
    }

    #[test]
    fn bounds_may_meet_but_not_cross() {
        let days = |from: &str, to: &str| proto::Filter {
            published_from: from.to_owned(),
            published_to: to.to_owned(),
            ..proto::Filter::default()
        };
        for (from, to) in [("2024", "2024"), ("2024-12-31", "2024"), ("2024-05", "2024-05-01"), ("2024", "2024-01-01")]
        {
            let filter = filter(Some(days(from, to))).unwrap();
            assert!(filter.published().is_some(), "{from} to {to}");
        }
        for (from, to) in [("2024-05-02", "2024-05-01"), ("2024-05", "2024-04"), ("2025", "2024")] {
            check_refused(days(from, to), "filter.published_to");
        }
    }

    #[test]
    fn messages_say_what_is_wrong_with_a_value() {
        let check = |sent: proto::Filter, expected: &str| {
            let refused = filter(Some(sent)).expect_err("must be refused").to_string();
            assert_eq!(refused, expected);
        };
        let ids = |id: &str| proto::Filter { document_ids: texts(&[id]), ..proto::Filter::default() };
        check(ids(""), "`filter.document_ids[0]` must not be empty; leave it out");
        let long = "`filter.document_ids[0]` has 513 bytes, and no document's id has more than 512; leave it out";
        check(ids(&"a".repeat(513)), long);
        let from = |date: &str| proto::Filter { published_from: date.to_owned(), ..proto::Filter::default() };
        check(from("2023-02-29"), "`filter.published_from` is a month or day that the calendar does not have");
        let form = "is not a date: give YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD or YYYY年M月D日";
        check(from("2023/02"), &format!("`filter.published_from` {form}"));
    }

    #[test]
    fn values_are_counted_together() {
        let values = |count| (0..count).map(|number| number.to_string()).collect();
        let sent = |sources, labels| {
            let none_of = proto::Filter { labels: values(labels), ..proto::Filter::default() };
            proto::Filter { sources: values(sources), ..without(none_of) }
        };
        assert!(filter(Some(sent(FILTER_VALUES - 1, 1))).is_ok());
        check_refused(sent(FILTER_VALUES, 1), "filter.none_of.labels");
        check_refused(sent(FILTER_VALUES + 1, 1), "filter.sources");
    }

    #[test]
    fn what_is_demanded_is_not_taken_away() {
        let both = |demanded: proto::Filter, taken: proto::Filter| proto::Filter {
            none_of: Some(Box::new(taken)),
            ..demanded
        };
        let sources = |values: &[&str]| proto::Filter { sources: texts(values), ..proto::Filter::default() };
        let ids = |values: &[&str]| proto::Filter { document_ids: texts(values), ..proto::Filter::default() };
        let labels = |values: &[&str]| proto::Filter { labels: texts(values), ..proto::Filter::default() };
        let days = |from: &str, to: &str| proto::Filter {
            published_from: from.to_owned(),
            published_to: to.to_owned(),
            ..proto::Filter::default()
        };
        for (demanded, taken, field) in [
            (sources(&["人民日報"]), sources(&["红星网", "人民 日报"]), "sources"),
            (ids(&["甲", "乙"]), ids(&["乙", "甲"]), "document_ids"),
            (labels(&["甲", "乙"]), labels(&["乙"]), "labels"),
            (days("2023-05", "2023-06"), days("2023", "2023"), "published_from"),
            (days("2023", ""), days("2022-12-31", ""), "published_from"),
        ] {
            check_refused(both(demanded, taken), &format!("filter.none_of.{field}"));
        }
        for (demanded, taken) in [
            (sources(&["甲", "乙"]), sources(&["甲"])),
            (ids(&["甲"]), ids(&["甲 "])),
            (labels(&["甲"]), labels(&["乙"])),
            (days("2023", "2024"), days("2023-02", "2024")),
            (days("2023", ""), days("", "2024")),
            (sources(&["甲"]), days("2023", "")),
        ] {
            assert!(filter(Some(both(demanded, taken))).is_ok());
        }
    }

    #[test]
    fn what_is_taken_away_has_conditions_and_nothing_to_take_back() {
        check_refused(without(proto::Filter::default()), "filter.none_of");
        check_refused(without(without(proto::Filter::default())), "filter.none_of.none_of");
    }
}
