//! `--filter KEY=VALUE` and `--exclude KEY=VALUE`: conditions on documents.

use std::str::FromStr;

use clap::Args;

use super::failure::Failure;
use crate::rpc::proto::Filter;

/// Conditions on documents.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Conditions on documents")]
pub struct FilterArguments {
    /// Take only documents with this value; of a key that is given again one value is enough, but every label is
    /// required. Keys: source, agency, type, level, collection, label, id, from, to (dates: YYYY, YYYY-MM, YYYY-MM-DD)
    #[arg(long = "filter", value_name = "KEY=VALUE")]
    pub(super) wanted: Vec<Condition>,
    /// Leave documents with this value out; keys as for --filter
    #[arg(long = "exclude", value_name = "KEY=VALUE")]
    pub(super) excluded: Vec<Condition>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    key: Key,
    value: String,
}

/// What a condition is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Source,
    Agency,
    Type,
    Level,
    Collection,
    Label,
    Id,
    From,
    To,
}

/// Every key under its name.
const KEYS: [(&str, Key); 9] = [
    ("source", Key::Source),
    ("agency", Key::Agency),
    ("type", Key::Type),
    ("level", Key::Level),
    ("collection", Key::Collection),
    ("label", Key::Label),
    ("id", Key::Id),
    ("from", Key::From),
    ("to", Key::To),
];

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("no `=`; write KEY=VALUE")?;
        let known = KEYS.into_iter().find(|(known, _)| *known == name);
        let Some((_, key)) = known else {
            return Err(format!("`{name}` is no key; known are {}", KEYS.map(|(name, _)| name).join(", ")));
        };
        if value.is_empty() {
            return Err(format!("no value; write what `{name}` has to be"));
        }
        if matches!(key, Key::From | Key::To) && !has_form_of_date(value) {
            return Err(format!("`{value}` is no date; write YYYY, YYYY-MM or YYYY-MM-DD"));
        }
        Ok(Self { key, value: value.to_owned() })
    }
}

/// Whether a text has the form of a date. Whether there is such a day, the service knows.
fn has_form_of_date(text: &str) -> bool {
    let form = text.bytes().map(|byte| if byte.is_ascii_digit() { '0' } else { char::from(byte) });
    ["0000", "0000-00", "0000-00-00"].contains(&form.collect::<String>().as_str())
}

impl FilterArguments {
    /// The filter; `None` without a condition.
    ///
    /// # Errors
    /// When a bound is given twice.
    pub(super) fn filter(&self) -> Result<Option<Filter>, Failure> {
        let Self { wanted, excluded } = self;
        let none_of = gathered("--exclude", excluded)?.map(Box::new);
        match (gathered("--filter", wanted)?, none_of) {
            (None, None) => Ok(None),
            (filter, none_of) => Ok(Some(Filter { none_of, ..filter.unwrap_or_default() })),
        }
    }
}

/// Conditions in one filter; `None` when there is none.
fn gathered(flag: &str, conditions: &[Condition]) -> Result<Option<Filter>, Failure> {
    let mut filter = Filter::default();
    for Condition { key, value } in conditions {
        let value = value.clone();
        match key {
            Key::Source => filter.sources.push(value),
            Key::Agency => filter.agencies.push(value),
            Key::Type => filter.document_types.push(value),
            Key::Level => filter.levels.push(value),
            Key::Collection => filter.collections.push(value),
            Key::Label => filter.labels.push(value),
            Key::Id => filter.document_ids.push(value),
            Key::From => set_once(&mut filter.published_from, value, flag, "from")?,
            Key::To => set_once(&mut filter.published_to, value, flag, "to")?,
        }
    }
    Ok((!conditions.is_empty()).then_some(filter))
}

fn set_once(bound: &mut String, value: String, flag: &str, key: &str) -> Result<(), Failure> {
    if !bound.is_empty() {
        return Err(Failure::Usage(format!("`{flag} {key}=…` is given twice; leave one out")));
    }
    *bound = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(texts: &[&str]) -> Vec<Condition> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn filter(wanted: &[&str], excluded: &[&str]) -> Result<Option<Filter>, Failure> {
        FilterArguments { wanted: conditions(wanted), excluded: conditions(excluded) }.filter()
    }

    #[test]
    fn conditions_of_every_key() {
        let values = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
        let wanted = ["source=甲", "source=乙=丙", "agency=丁", "type=通知", "level=省级", "label=一", "label=二"];
        let dates = ["collection=法规", "id=a b#1", "from=2024", "to=2024-03-05"];
        let expected = Filter {
            published_from: "2024".to_owned(),
            published_to: "2024-03-05".to_owned(),
            document_types: values(&["通知"]),
            agencies: values(&["丁"]),
            levels: values(&["省级"]),
            sources: values(&["甲", "乙=丙"]),
            collections: values(&["法规"]),
            labels: values(&["一", "二"]),
            document_ids: values(&["a b#1"]),
            none_of: None,
        };
        let all = [&wanted[..], &dates].concat();
        assert_eq!(filter(&all, &[]).unwrap(), Some(expected.clone()));
        let none_of = Some(Box::new(expected));
        assert_eq!(filter(&[], &all).unwrap(), Some(Filter { none_of, ..Filter::default() }));
        assert_eq!(filter(&[], &[]).unwrap(), None);
    }

    #[test]
    fn what_is_no_condition_says_what_would_be() {
        for (text, part) in [
            ("甲", "KEY=VALUE"),
            ("来源=甲", "known are source, agency, type, level, collection, label, id, from, to"),
            ("Source=甲", "known are source"),
            ("source=", "no value"),
            ("from=去年", "YYYY-MM-DD"),
            ("to=2024-3", "YYYY-MM-DD"),
        ] {
            let refused = text.parse::<Condition>().unwrap_err();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }

    #[test]
    fn a_bound_is_given_once() {
        let twice = filter(&["from=2023", "from=2024"], &[]).unwrap_err();
        assert_eq!((twice.exit_code(), twice.to_string().contains("--filter from")), (2, true), "{twice}");
        assert!(filter(&["to=2024"], &["to=2023"]).is_ok());
    }
}
