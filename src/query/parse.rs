//! From what people write to the tree.
//!
//! Plain text is wanted, quoted text is required. Knows no other syntax: every other sign is taken as it stands.

use std::fmt;

use crate::{
    query::{Boolean, Field, MAX_CLAUSES, Phrase, Query, Words},
    text::has_searchable,
};

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
    /// More quoted parts than [`MAX_CLAUSES`] leaves room for: the rest was taken as words.
    TooManyClauses,
    /// The whole query has no letter or digit: nothing can match.
    NothingToSearch,
}

impl Warning {
    /// The name that programs go by.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnclosedQuote(_) => "UNCLOSED_QUOTE",
            Self::EmptyPhrase => "EMPTY_PHRASE",
            Self::TooManyClauses => "TOO_MANY_CLAUSES",
            Self::NothingToSearch => "NOTHING_TO_SEARCH",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnclosedQuote(quote) => {
                write!(
                    f,
                    "`{quote}` is never closed: what follows was taken as words; close it to require it literally"
                )
            }
            Self::EmptyPhrase => f.write_str("a quoted part without a letter or digit was left out"),
            Self::TooManyClauses => {
                write!(f, "a query has at most {MAX_CLAUSES} clauses: the quoted parts beyond were taken as words")
            }
            Self::NothingToSearch => f.write_str("the query has no letter or digit, so nothing can match"),
        }
    }
}

/// Parses what people write, in linear time. Never fails: what cannot be understood is taken as words, with a warning.
///
/// Quoted parts (`"…"`, `“…”`, `「…」`, `『…』`) are required; each plain run between them is wanted.
pub fn parse(text: &str) -> Parsed {
    let mut clauses = Clauses::default();
    let mut rest = text;
    while let Some((start, quote)) = rest.char_indices().find(|&(_, character)| closing(character).is_some()) {
        let after = &rest[start + quote.len_utf8()..];
        let Some((inside, beyond)) = after.split_once(|character| closing(quote).is_some_and(|is| is(character)))
        else {
            clauses.warnings.push(Warning::UnclosedQuote(quote));
            break;
        };
        if !has_searchable(inside) {
            clauses.warnings.push(Warning::EmptyPhrase);
        } else if clauses.are_full() {
            clauses.warnings.push(Warning::TooManyClauses);
            break;
        }
        clauses.want(&rest[..start]);
        clauses.require(inside);
        rest = beyond;
    }
    clauses.want(rest);
    clauses.into_parsed(text)
}

/// What closes the quoted part that a character opens, if it opens one.
fn closing(opening: char) -> Option<fn(char) -> bool> {
    match opening {
        '"' | '＂' => Some(|character| matches!(character, '"' | '＂')),
        '“' => Some(|character| character == '”'),
        '「' => Some(|character| character == '」'),
        '『' => Some(|character| character == '』'),
        _ => None,
    }
}

/// What was understood so far.
#[derive(Default)]
struct Clauses {
    wanted: Vec<Query>,
    required: Vec<Query>,
    warnings: Vec<Warning>,
}

impl Clauses {
    /// Whether a plain run, a phrase and a last plain run no longer fit under one root.
    fn are_full(&self) -> bool {
        self.wanted.len() + self.required.len() + 4 > MAX_CLAUSES
    }

    fn want(&mut self, text: &str) {
        if has_searchable(text) {
            self.wanted.push(words(text.trim()));
        }
    }

    fn require(&mut self, text: &str) {
        if has_searchable(text) {
            self.required.push(Query::Phrase(Phrase { text: text.to_owned(), field: Field::Text }));
        }
    }

    fn into_parsed(self, text: &str) -> Parsed {
        let Self { mut wanted, mut required, mut warnings } = self;
        let query = match (required.len(), wanted.len()) {
            (0, 0) => {
                warnings.push(Warning::NothingToSearch);
                words(text)
            }
            (1, 0) => required.remove(0),
            (0, 1) => wanted.remove(0),
            _ => Query::Boolean(Boolean { must: required, should: wanted, must_not: Vec::new() }),
        };
        Parsed { query, warnings }
    }
}

fn words(text: &str) -> Query {
    Query::Words(Words { text: text.to_owned(), field: None, mode: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes a tree on one line: words bare, phrases in `"…"`, required clauses with `+`; then the warnings' reasons.
    fn written(parsed: &Parsed) -> String {
        let node = |query: &Query| match query {
            Query::Words(Words { text, field: None, mode: None }) => format!("({text})"),
            Query::Phrase(Phrase { text, field: Field::Text }) => format!("\"{text}\""),
            other => format!("{other:?}"),
        };
        let tree = match &parsed.query {
            Query::Boolean(Boolean { must, should, must_not }) if must_not.is_empty() => {
                let required = must.iter().map(|query| format!("+{}", node(query)));
                required.chain(should.iter().map(node)).collect::<Vec<_>>().join(" ")
            }
            query => node(query),
        };
        let reasons = parsed.warnings.iter().map(|warning| warning.reason().to_owned());
        [tree].into_iter().chain(reasons).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(written(&parse(text)), expected, "{text:?}");
    }

    #[test]
    fn plain_text_is_words() {
        check("优化营商环境", "(优化营商环境)");
        check("　问题导向　干部 ", "(问题导向　干部)");
        check("+词 -词 标题:词 (甲|乙)", "(+词 -词 标题:词 (甲|乙))");
        check("《党章》", "(《党章》)");
    }

    #[test]
    fn quoted_text_is_required() {
        for quoted in ["\"两个确立\"", "＂两个确立＂", "“两个确立”", "「两个确立」", "『两个确立』", " “两个确立” 。"]
        {
            check(quoted, "\"两个确立\"");
        }
        check("“两个确立” “两个维护”", "+\"两个确立\" +\"两个维护\"");
        check("干部“两个确立”学习「两个维护」", "+\"两个确立\" +\"两个维护\" (干部) (学习)");
        check("「所謂『國之大者』」", "\"所謂『國之大者』\"");
        check("\" a, b \"", "\" a, b \"");
    }

    #[test]
    fn an_unclosed_quote_leaves_words() {
        check("干部“两个确立", "(干部“两个确立) UNCLOSED_QUOTE");
        check("“甲”“乙 \"丙\"", "+\"甲\" (“乙 \"丙\") UNCLOSED_QUOTE");
        check("两个确立”", "(两个确立”)");
        check("“", "(“) UNCLOSED_QUOTE NOTHING_TO_SEARCH");
    }

    #[test]
    fn a_quote_without_letter_or_digit_is_left_out() {
        check("“，”干部", "(干部) EMPTY_PHRASE");
        check("甲\"\"乙", "(甲) (乙) EMPTY_PHRASE");
        check("\"\"", "(\"\") EMPTY_PHRASE NOTHING_TO_SEARCH");
    }

    #[test]
    fn characters_that_fold_to_letters_are_letters() {
        check("“⼈⼤”", "\"⼈⼤\"");
        check("“○”干部", "+\"○\" (干部)");
        check("○", "(○)");
    }

    #[test]
    fn nothing_to_search_is_said() {
        check("", "() NOTHING_TO_SEARCH");
        check("　，。", "(　，。) NOTHING_TO_SEARCH");
    }

    #[test]
    fn the_number_of_clauses_is_bounded() {
        let parsed = parse(&"“甲”".repeat(MAX_CLAUSES));
        assert_eq!(parsed.warnings, [Warning::TooManyClauses]);
        let Query::Boolean(Boolean { must, should, .. }) = parsed.query else { panic!("{parsed:?}") };
        assert_eq!((must.len(), should.len()), (MAX_CLAUSES - 3, 1));
    }

    #[test]
    fn warnings_say_what_to_do() {
        let message = "`“` is never closed: what follows was taken as words; close it to require it literally";
        assert_eq!(Warning::UnclosedQuote('“').to_string(), message);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "([\"＂“”「」『』甲○⼈，　 a]|\\PC){0,300}") {
            let parsed = parse(&text);
            let clauses = match &parsed.query {
                Query::Boolean(Boolean { must, should, .. }) => 1 + must.len() + should.len(),
                _ => 1,
            };
            prop_assert!(clauses <= MAX_CLAUSES);
            prop_assert_eq!(parsed.warnings.contains(&Warning::NothingToSearch), !has_searchable(&text));
        }
    }
}
