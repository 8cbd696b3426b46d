//! What the parser took otherwise than it may have been meant.

use std::{fmt, mem::discriminant};

use crate::{
    query::{Boolean, DocumentNumber, MAX_CLAUSES, MAX_DEPTH, NamedDocument, Phrase, Query, Words},
    text::has_searchable,
};

/// What was taken otherwise than it may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A quotation mark without its partner: it was taken literally.
    UnclosedQuote(char),
    /// `《` without its partner: it was taken literally.
    UnclosedTitle,
    /// A bracket that would group, without its partner: it was taken literally.
    UnpairedBracket(char),
    /// A sign with nothing directly behind it that it could be meant for: it was taken literally.
    LoneSign(char),
    /// A field's name without a value directly behind the colon: it was taken literally.
    MissingValue(String),
    /// What looks like a field and is none: it was taken literally.
    UnknownField(String),
    /// What is an operator elsewhere and none here: it was taken literally.
    UnknownOperator(Operator),
    /// `|` without something on either side, which was left out, or `OR`, which was taken literally.
    MissingAlternative,
    /// A sign before some of several alternatives: it was taken as that of its own one.
    SignOfAlternative(char),
    /// A quoted part or a title without a letter or digit: it was left out.
    EmptyPhrase,
    /// A pair of brackets around nothing: it was left out.
    EmptyGroup,
    /// More than [`MAX_CLAUSES`]: the rest was taken as words, or left out where words would be excluded; all of it where
    /// what is left could not be printed.
    TooManyClauses,
    /// More than [`MAX_DEPTH`] levels: a group was taken as words.
    TooDeep,
    /// Nothing is looked for, something is excluded: every other paragraph matches.
    OnlyExclusions,
    /// What has to match has no letter or digit: nothing can.
    NothingToSearch,
}

/// What is an operator in other query languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `AND`
    And,
    /// `&&`
    Ampersands,
    /// `NOT`
    Not,
    /// `*` at the end of a word.
    Wildcard,
    /// `~` or `^` and a number behind a quoted part, a title or a number.
    Distance,
}

impl Operator {
    /// What was made of it, and what to write instead.
    fn advice(self) -> &'static str {
        match self {
            Self::And => "`AND` was taken as a word; write `+` before each word that is required",
            Self::Ampersands => "`&&` was taken literally; write `+` before each word that is required",
            Self::Not => "`NOT` was taken as a word; write `-` before what is to be excluded",
            Self::Wildcard => {
                "`*` was taken literally; leave it out, a word matches wherever its characters stand in sequence"
            }
            Self::Distance => {
                "a number behind `~` or `^` was taken as a word; leave it out, there are no distances or boosts"
            }
        }
    }
}

impl Warning {
    /// The name that programs go by.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnclosedQuote(_) => "UNCLOSED_QUOTE",
            Self::UnclosedTitle => "UNCLOSED_TITLE",
            Self::UnpairedBracket(_) => "UNPAIRED_BRACKET",
            Self::LoneSign(_) => "LONE_SIGN",
            Self::MissingValue(_) => "MISSING_VALUE",
            Self::UnknownField(_) => "UNKNOWN_FIELD",
            Self::UnknownOperator(_) => "UNKNOWN_OPERATOR",
            Self::MissingAlternative => "MISSING_ALTERNATIVE",
            Self::SignOfAlternative(_) => "SIGN_OF_ALTERNATIVE",
            Self::EmptyPhrase => "EMPTY_PHRASE",
            Self::EmptyGroup => "EMPTY_GROUP",
            Self::TooManyClauses => "TOO_MANY_CLAUSES",
            Self::TooDeep => "TOO_DEEP",
            Self::OnlyExclusions => "ONLY_EXCLUSIONS",
            Self::NothingToSearch => "NOTHING_TO_SEARCH",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnclosedQuote(quote) => {
                write!(f, "`{quote}` is never closed and was taken literally; close it to require what follows it")
            }
            Self::UnclosedTitle => f.write_str("`《` is never closed and was taken literally; close it with `》`"),
            Self::UnpairedBracket(bracket) => {
                write!(f, "`{bracket}` has no partner and was taken literally; add the other one to group")
            }
            Self::LoneSign(sign) => {
                write!(f, "`{sign}` was taken literally; write it directly before the word or bracket it is meant for")
            }
            Self::MissingValue(name) => {
                write!(f, "`{name}:` was taken literally; write the value directly behind the colon")
            }
            Self::UnknownField(name) => write!(
                f,
                "`{name}` is not a field, so it was taken literally; fields are 标题, 正文, 来源, 作者, 机关, 文号, 类型, \
                 级别, 集合 and 标签, dates and ids belong in the filter; write `\\:` to say so yourself"
            ),
            Self::UnknownOperator(operator) => f.write_str(operator.advice()),
            Self::MissingAlternative => {
                f.write_str("`|` and `OR` stand between two alternatives, and one is missing, so `|` was left out or `OR` taken as a word; write one on either side")
            }
            Self::SignOfAlternative('+') => f.write_str(
                "`+` before one of several alternatives does not require it; write `+(… | …)` to require one of them",
            ),
            Self::SignOfAlternative(_) => f.write_str(
                "`-` before one of several alternatives lets through whatever lacks it; write `-(… | …)` to exclude them all",
            ),
            Self::EmptyPhrase => f.write_str("a quoted part or title without a letter or digit was left out"),
            Self::EmptyGroup => f.write_str("a pair of brackets around nothing was left out"),
            Self::TooManyClauses => {
                write!(f, "a query has at most {MAX_CLAUSES} clauses; the rest, or all, was taken as plain words and what it excludes ignored: ask several times, or shorten it")
            }
            Self::TooDeep => {
                write!(f, "a query has at most {MAX_DEPTH} levels; what was nested deeper was taken as words: use fewer brackets")
            }
            Self::OnlyExclusions => {
                f.write_str("the query only excludes, so every other paragraph matches; add what is looked for")
            }
            Self::NothingToSearch => f.write_str("what is looked for has no letter or digit, so nothing can match"),
        }
    }
}

impl Query {
    /// What its author should know of the whole of it, whoever built it.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        if !can_match(self) {
            Some(Warning::NothingToSearch)
        } else if excludes_only(self) {
            Some(Warning::OnlyExclusions)
        } else {
            None
        }
    }
}

/// Whether there is something that could match: what has no letter or digit stands nowhere.
fn can_match(query: &Query) -> bool {
    match query {
        Query::Words(Words { text, .. })
        | Query::Phrase(Phrase { text, .. })
        | Query::NamedDocument(NamedDocument { title: text })
        | Query::DocumentNumber(DocumentNumber { number: text }) => has_searchable(text),
        Query::Boolean(Boolean { must, should, must_not }) => {
            let wanted =
                should.iter().any(can_match) || !must.is_empty() || (should.is_empty() && !must_not.is_empty());
            must.iter().all(can_match) && wanted
        }
        Query::Alternatives(alternatives) => alternatives.iter().any(can_match),
        Query::Substring(_) | Query::Metadata(_) | Query::MatchAll => true,
    }
}

/// Whether there is nothing but exclusions, so that everything else matches.
fn excludes_only(query: &Query) -> bool {
    match query {
        Query::Boolean(Boolean { must, should, must_not }) => {
            let rest = must.iter().chain(should);
            !(must.is_empty() && should.is_empty() && must_not.is_empty()) && rest.into_iter().all(excludes_only)
        }
        _ => false,
    }
}

/// The warnings so far: each kind once, for the first place where it holds, so that they stay few.
#[derive(Default)]
pub(super) struct Warnings(Vec<Warning>);

impl Warnings {
    pub(super) fn add(&mut self, warning: Warning) {
        if !self.0.iter().any(|known| discriminant(known) == discriminant(&warning)) {
            self.0.push(warning);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Warning> {
        self.0
    }
}
