//! stub
use crate::query::Query;
/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tree.
    pub query: Query,
    /// What was taken otherwise than it may have been meant.
    pub warnings: Vec<Warning>,
}
/// What was taken otherwise than it may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A quotation mark without its partner: the rest was taken as words.
    UnclosedQuote(char),
    /// A quoted part without a letter or digit: left out.
    EmptyPhrase,
    /// The whole query has no letter or digit: nothing can match.
    NothingToSearch,
}
/// Parses what people write. Never fails.
pub fn parse(_text: &str) -> Parsed {
    unimplemented!()
}
