//! From the tree to what people write: what is printed parses to the same tree.
//!
//! That holds for every tree that the parser makes. The language has no form for exact characters (printed as
//! `substring:"…"`), for every paragraph (`*`), for parts that would be required by themselves and are only wanted, and
//! for combinations of combinations that mean the same without one of them; these are printed as the nearest there is.

use std::fmt::{self, Display, Formatter, Write};

use crate::{
    query::{
        Boolean, DocumentNumber, Field, MatchMode, Metadata, NamedDocument, Phrase, Query, Substring, Words,
        field::{LONGEST_NAME, Scope},
        number::is_number_without_prefix,
        scan::{Character, is_bar, is_closing, is_opening, opens_quote},
        sequence::demands,
    },
    text::{fold, has_searchable},
};

impl Display for Query {
    /// Writes the query as people would.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        whole(f, self, Bare::default())
    }
}

/// A query that people wrote, after [`Query::requiring_all`], as they would write it beside `match = ALL`: so it becomes
/// the same tree again.
pub struct RequiringAll<'a>(pub &'a Query);

impl Display for RequiringAll<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        whole(f, self.0, Bare::Required)
    }
}

/// A part of a query, as it is written within a query that a request's mode is said for.
pub struct Written<'a> {
    /// The part.
    pub part: &'a Query,
    /// What it is marked with.
    pub marked: Marked,
    /// The mode.
    pub mode: MatchMode,
}

/// What a part of a query is marked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// Nothing.
    Plain,
    /// `+`, where it is not required by itself.
    Required,
    /// `-`
    Excluded,
}

impl Display for Written<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, marked, mode } = *self;
        let bare = if mode == MatchMode::All { Bare::All } else { Bare::Open };
        match (marked, part) {
            (Marked::Plain, part) => whole(f, part, bare),
            (Marked::Required, Query::Phrase(_) | Query::Substring(_) | Query::Metadata(_)) => {
                clause(f, "", part, bare)
            }
            (Marked::Required, part) => clause(f, "+", part, bare),
            (Marked::Excluded, part) => clause(f, "-", part, bare),
        }
    }
}

/// What words without a sign mean where they stand.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Bare {
    /// What the request says.
    #[default]
    Open,
    /// All of them: under a `-`, or because the request says so.
    All,
    /// All of them, and whatever else is wanted beside them is required too, because the request says so.
    Required,
}

fn whole(f: &mut Formatter<'_>, query: &Query, bare: Bare) -> fmt::Result {
    match query {
        Query::Boolean(boolean) => sequence(f, boolean, bare),
        Query::Alternatives(alternatives) => row(f, alternatives, bare),
        Query::Words(words) if words.mode == Some(MatchMode::All) && bare == Bare::Open => match divided(words) {
            Some(parts) => each_required(f, words.field, &parts),
            None => clause(f, "+", query, bare),
        },
        Query::Words(Words { text, field: None, .. }) => plain(f, text),
        _ => clause(f, "", query, bare),
    }
}

fn sequence(f: &mut Formatter<'_>, Boolean { must, should, must_not }: &Boolean, bare: Bare) -> fmt::Result {
    let (must, wanted) = must.split_at(if bare == Bare::Required { first_wanted(must) } else { must.len() });
    let signed = [("+", must), ("", wanted), ("", &should[..]), ("-", &must_not[..])];
    let signed = signed.iter().flat_map(|&(sign, queries)| queries.iter().map(move |query| (sign, query)));
    let mut signed = signed.peekable();
    let mut separator = "";
    while let Some((sign, query)) = signed.next() {
        f.write_str(separator)?;
        separator = " ";
        match query {
            Query::Phrase(_) | Query::Metadata(_) if sign == "+" => clause(f, "", query, bare)?,
            // `|` binds tighter than a space.
            Query::Alternatives(alternatives)
                if sign.is_empty() || (sign == "+" && is_required(alternatives, bare)) =>
            {
                row(f, alternatives, bare)?;
            }
            query => match bare_text(sign, query, bare) {
                Some(text) => {
                    let mut text = text.to_owned();
                    while let Some(next) = signed.peek().and_then(|(sign, query)| bare_text(sign, query, bare)) {
                        text.extend([" ", next]);
                        signed.next();
                    }
                    plain(f, &text)?;
                }
                None => clause(f, sign, query, bare)?,
            },
        }
    }
    Ok(())
}

/// From where on requirements are written as what is only wanted: that comes last, and plain words are one part.
fn first_wanted(must: &[Query]) -> usize {
    let mut has_words = false;
    let is_wanted = |query: &Query| match query {
        Query::Words(Words { field: None, .. }) => !std::mem::replace(&mut has_words, true),
        Query::Boolean(_) => false,
        query => !demands(query),
    };
    must.len() - must.iter().rev().map(is_wanted).take_while(|&is_wanted| is_wanted).count()
}

/// The text of words that are written as they are.
fn bare_text<'a>(sign: &str, query: &'a Query, bare: Bare) -> Option<&'a str> {
    match query {
        Query::Words(Words { text, field: None, mode, .. }) if sign.is_empty() => match (mode, bare) {
            (None, _) | (Some(MatchMode::All), Bare::Required) => Some(text),
            (Some(MatchMode::All), Bare::All) if !text.contains(' ') => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn row(f: &mut Formatter<'_>, alternatives: &[Query], bare: Bare) -> fmt::Result {
    for (index, query) in alternatives.iter().enumerate() {
        if index > 0 {
            f.write_str(" | ")?;
        }
        match query {
            Query::Words(words) if is_signed(words, bare) => clause(f, "+", query, bare)?,
            Query::Boolean(Boolean { must, should, must_not }) if must.is_empty() && should.is_empty() => {
                match &must_not[..] {
                    [only] => clause(f, "-", only, bare)?,
                    _ => clause(f, "", query, bare)?,
                }
            }
            _ => clause(f, "", query, bare)?,
        }
    }
    Ok(())
}

/// Whether alternatives are required as they are written, each by itself.
fn is_required(alternatives: &[Query], bare: Bare) -> bool {
    alternatives.iter().all(|query| match query {
        Query::Words(words) => is_signed(words, bare),
        query => demands(query),
    })
}

/// Whether words are written with a `+`, which says that all of them count.
fn is_signed(Words { text, field: _, mode, synonyms: _ }: &Words, bare: Bare) -> bool {
    *mode == Some(MatchMode::All) && bare == Bare::Open && !text.contains(' ')
}

/// Writes one part with its sign, in brackets where it would fall apart without them.
fn clause(f: &mut Formatter<'_>, sign: &str, query: &Query, bare: Bare) -> fmt::Result {
    f.write_str(sign)?;
    let bare = if sign == "-" { Bare::All } else { bare };
    match query {
        Query::Words(words) => word(f, sign, words, bare),
        Query::Phrase(Phrase { text, field: Field::Text }) => quoted(f, text),
        Query::Phrase(Phrase { text, field: Field::Title }) => {
            f.write_str("标题:")?;
            quoted(f, text)
        }
        Query::Substring(Substring { text }) => {
            f.write_str("substring:")?;
            quoted(f, text)
        }
        Query::NamedDocument(NamedDocument { title }) => titled(f, title),
        Query::DocumentNumber(DocumentNumber { number }) => f.write_str(number),
        Query::Metadata(Metadata { field, value }) => {
            write!(f, "{}:", Scope::Document(*field).name())?;
            quoted(f, value)
        }
        Query::Boolean(_) | Query::Alternatives(_) => {
            f.write_char('(')?;
            whole(f, query, bare)?;
            f.write_char(')')
        }
        Query::MatchAll => f.write_str("*"),
    }
}

/// The parts of words that are all required, where white space divides them.
fn divided(Words { text, field: _, mode, synonyms: _ }: &Words) -> Option<Vec<&str>> {
    let parts: Vec<_> = text.split_whitespace().filter(|part| has_searchable(part)).collect();
    (*mode == Some(MatchMode::All) && parts.len() > 1).then_some(parts)
}

/// Writes parts of which each has a sign of its own: none says of several that all are required.
fn each_required(f: &mut Formatter<'_>, field: Option<Field>, parts: &[&str]) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index > 0 { " +" } else { "+" })?;
        scoped(f, field)?;
        plain(f, part)?;
    }
    Ok(())
}

/// Writes words as one part. A sign directly before a word means all of its words, one before a bracket does not.
fn word(f: &mut Formatter<'_>, sign: &str, words: &Words, bare: Bare) -> fmt::Result {
    let Words { text, field, mode, synonyms: _ } = words;
    if let Some(parts) = divided(words).filter(|_| bare != Bare::Required) {
        f.write_char('(')?;
        each_required(f, *field, &parts)?;
        return f.write_char(')');
    }
    let all = *mode == Some(MatchMode::All);
    if all && sign.is_empty() && (bare == Bare::Open || (bare == Bare::All && text.contains(' '))) {
        f.write_str("(+")?;
        word(f, "+", words, bare)?;
        return f.write_char(')');
    }
    scoped(f, *field)?;
    if text.contains(' ') || (!all && !sign.is_empty()) {
        f.write_char('(')?;
        plain(f, text)?;
        return f.write_char(')');
    }
    plain(f, text)
}

/// Writes the name of the only field that words are looked for in.
fn scoped(f: &mut Formatter<'_>, field: Option<Field>) -> fmt::Result {
    field.map_or(Ok(()), |field| write!(f, "{}:", Scope::Paragraph(field).name()))
}

/// Writes plain words, with a backslash before what would mean something.
fn plain(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let characters: Vec<_> = text.chars().map(|value| Character { value, escaped: false }).collect();
    let mut at = 0;
    for (index, chunk) in text.split(' ').enumerate() {
        if index > 0 {
            f.write_char(' ')?;
            at += 1;
        }
        at = escaped(f, chunk, &characters, at)?;
    }
    Ok(())
}

/// Writes a chunk of words that begins at a character; returns where it ends.
fn escaped(f: &mut Formatter<'_>, chunk: &str, characters: &[Character], start: usize) -> Result<usize, fmt::Error> {
    let colon = name_length(chunk);
    let end = start + chunk.chars().count();
    let has_number = (start..end).any(|at| is_number_without_prefix(characters, at));
    let brackets = has_number || chunk.starts_with(is_opening) || !is_balanced(chunk, is_opening, is_closing);
    let mut at = start;
    for value in chunk.chars() {
        let is_special = match value {
            '\\' | '《' => true,
            '+' | '＋' | '-' | '－' => at == start,
            'O' => chunk == "OR",
            _ if opens_quote(value) || is_bar(value) || Some(at - start) == colon => true,
            _ if is_opening(value) || is_closing(value) => brackets,
            _ => is_number_without_prefix(characters, at),
        };
        if is_special {
            f.write_char('\\')?;
        }
        f.write_char(value)?;
        at += 1;
    }
    Ok(at)
}

/// The characters before the colon, where they are the name of a field.
fn name_length(chunk: &str) -> Option<usize> {
    let (name, _) = chunk.split_once([':', '：'])?;
    let length = name.chars().count();
    (length <= LONGEST_NAME && Scope::named(&fold(name)).is_some()).then_some(length)
}

/// Whether every mark in a text has its partner there.
fn is_balanced(text: &str, opens: impl Fn(char) -> bool, closes: impl Fn(char) -> bool) -> bool {
    let mut open = 0_usize;
    for value in text.chars() {
        if opens(value) {
            open += 1;
        } else if closes(value) {
            let Some(left) = open.checked_sub(1) else { return false };
            open = left;
        }
    }
    open == 0
}

/// Writes a text within quotation marks.
fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    with_escapes(f, text, |value| matches!(value, '\\' | '"' | '＂'))?;
    f.write_char('"')
}

/// Writes a text within title marks. Titles may stand within titles.
fn titled(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let nests = is_balanced(text, |value| value == '《', |value| value == '》');
    f.write_char('《')?;
    with_escapes(f, text, |value| value == '\\' || (!nests && matches!(value, '《' | '》')))?;
    f.write_char('》')
}

fn with_escapes(f: &mut Formatter<'_>, text: &str, is_special: impl Fn(char) -> bool) -> fmt::Result {
    for value in text.chars() {
        if is_special(value) {
            f.write_char('\\')?;
        }
        f.write_char(value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
