//! From what people write to the tree.
//!
//! ```text
//! query       = { space } [ sequence ]
//! sequence    = clause { space clause }              side by side: wanted, but for what demands more
//! clause      = [ sign ] part { or [ sign ] part }   `|` binds tighter than a space, a sign tighter than `|`
//! or          = { space } ( "|" | "||" ) { space } | space "OR" space
//! sign        = "+" | "-"                            at the start of a part only
//! part        = [ name ":" ] ( quote | title | number | group | word )
//! quote       = '"' … '"' | "“" … "”" | "‘" … "’" | "「" … "」" | "『" … "』"
//! title       = "《" … "》"
//! number      = prefix "〔" year "〕" ordinal "号"    any brackets, any width, spaces between
//! group       = "(" [ sequence ] ")"                 where a part may start, and not run into by a word
//! word        = any other characters up to white space, a quote, a title, a number, `|`
//! ```
//!
//! What stands under a `-` means the same whatever the request's mode: each word in it means all of its words, and of
//! words side by side one is enough. Every sign may be full-width. Quotes, titles and numbers also stand within words
//! and end them. A backslash takes the next character as it stands. There is no other text: what fits nothing of this
//! is a word.

mod word;

use std::{iter, ops::Range};

use crate::{
    query::{
        Boolean, DocumentNumber, MAX_CLAUSES, MAX_DEPTH, MetadataKey, NamedDocument, Query, Warning,
        field::{LONGEST_NAME, Scope, is_expected, phrase, words},
        scan::{Character, Mark, MarkKind, characters, is_bar, is_closing, is_opening, marks, opens_quote},
        sequence::{Part, Sequence, Sign, collapsed, is_empty},
        warning::Warnings,
    },
    text::{fold, has_searchable},
};

/// Levels that may come to lie above a group: what excludes it, what it is an alternative in, and its sequence.
const LEVELS_ABOVE_GROUP: usize = 3;

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tree.
    pub query: Query,
    /// What was taken otherwise than it may have been meant; each kind once.
    pub warnings: Vec<Warning>,
}

/// With so many clauses the printed form has no more than fit: no part costs eight times as much there, with its sign and
/// brackets. Few queries have more, and only these are tried.
const SURELY_PRINTED: usize = MAX_CLAUSES / 8;

/// Parses what people write, in linear time. Never fails: what cannot be understood is taken as words, with a warning.
///
/// The tree has at most [`MAX_CLAUSES`] nodes and [`MAX_DEPTH`] levels, and printed it parses to itself. Where the clauses
/// run out so that it would not, all of the text is words.
pub fn parse(text: &str) -> Parsed {
    let (parsed, clauses) = parse_once(text);
    if clauses <= SURELY_PRINTED || parse_once(&parsed.query.to_string()).0.query == parsed.query {
        return parsed;
    }
    let query = words(None, plain(&characters(text), " "), None);
    let warnings = iter::once(Warning::TooManyClauses).chain(query.warning()).collect();
    Parsed { query, warnings }
}

/// Parses a text, and says how many clauses that took.
fn parse_once(text: &str) -> (Parsed, usize) {
    let characters = characters(text);
    let marks = marks(&characters);
    let mut parser = Parser {
        characters: &characters,
        marks: &marks,
        at: 0,
        place: Place::Start,
        sequence: Sequence::default(),
        groups: Vec::new(),
        clauses_left: MAX_CLAUSES - CLAUSES_OF_SEQUENCE,
        warnings: Warnings::default(),
    };
    while parser.at < characters.len() {
        parser.step();
    }
    parser.finish()
}

/// Characters as words alone: one separator where there is white space.
fn plain(characters: &[Character], separator: &str) -> String {
    let text: String = characters.iter().map(|character| character.value).collect();
    text.split_whitespace().collect::<Vec<_>>().join(separator)
}

/// Nodes of a sequence: itself, and its plain words.
const CLAUSES_OF_SEQUENCE: usize = 2;
/// Nodes of a first `|`: the alternatives, and words on either side.
const CLAUSES_OF_BAR: usize = 3;

/// Where the parser stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning, after white space, an opening bracket or `|`: signs, names and groups may start.
    Start,
    /// After a quote, title, number or group: a group may start.
    Joint,
    /// Within a word.
    Word,
}

/// A group that is open.
struct Group {
    sign: Option<Sign>,
    open: usize,
    close: usize,
    /// The sequence that it stands in.
    outer: Sequence,
}

struct Parser<'a> {
    characters: &'a [Character],
    /// The marks from `at` on, or from a little before.
    marks: &'a [Mark],
    at: usize,
    place: Place,
    /// The innermost sequence.
    sequence: Sequence,
    /// The groups around it, innermost last.
    groups: Vec<Group>,
    clauses_left: usize,
    warnings: Warnings,
}

impl<'a> Parser<'a> {
    /// Takes the next white space, operator, bracket or part.
    fn step(&mut self) {
        if self.characters[self.at].is_space() {
            self.at += 1;
            self.place = Place::Start;
        } else if let Some(end) = self.or() {
            self.alternative();
            self.at = end;
            self.place = Place::Start;
        } else if self.closes_group(self.at) {
            self.close_group();
        } else {
            self.part();
        }
    }

    /// The mark that begins at a character, not before `at`.
    fn mark(&mut self, at: usize) -> Option<&'a Mark> {
        let passed = self.marks.iter().take_while(|mark| mark.start < self.at).count();
        self.marks = &self.marks[passed..];
        self.marks.iter().take_while(|mark| mark.start <= at).find(|mark| mark.start == at)
    }

    /// Whether so many more nodes fit. Once some do not, none do.
    fn takes(&mut self, clauses: usize) -> bool {
        let left = self.clauses_left.checked_sub(clauses);
        if left.is_none() {
            self.warnings.add(Warning::TooManyClauses);
        }
        self.clauses_left = left.unwrap_or_default();
        left.is_some()
    }

    /// The end of the operator between alternatives that stands here, if one does.
    fn or(&mut self) -> Option<usize> {
        if let Some(&Mark { end, kind: MarkKind::Bar, .. }) = self.mark(self.at) {
            return Some(end);
        }
        let end = self.at + 2;
        let is_written =
            self.place == Place::Start && [self.bare(self.at), self.bare(self.at + 1)] == [Some('O'), Some('R')];
        if !is_written || !self.sequence.takes_alternative() || !self.is_space(end) {
            return None;
        }
        let next = (end..self.characters.len()).find(|&at| !self.is_space(at))?;
        let is_alone = self.closes_group(next) || matches!(self.mark(next), Some(Mark { kind: MarkKind::Bar, .. }));
        (!is_alone).then_some(end)
    }

    fn alternative(&mut self) {
        if !self.sequence.takes_alternative() {
            self.warnings.add(Warning::MissingAlternative);
        } else if self.takes(if self.sequence.has_alternatives() { 1 } else { CLAUSES_OF_BAR }) {
            self.sequence.expect_alternative();
        }
    }

    fn part(&mut self) {
        let sign = self.sign();
        let name = self.name();
        let scope = name.or(self.sequence.scope());
        // Its name counts for it.
        let clauses = usize::from(name.is_none());
        let Some(mark) = self.mark(self.at) else { return self.word(sign, scope) };
        match mark.kind {
            MarkKind::Quote if self.takes(clauses) => self.quoted(sign, scope, mark, |text| phrase(scope, text)),
            MarkKind::Title if self.takes(clauses) => self.quoted(sign, scope, mark, |text| named(scope, text)),
            MarkKind::Number(ref number) if takes_number(scope) && self.takes(clauses) => {
                self.add(sign, Part::Single(numbered(scope, number.clone())), mark.end, Place::Joint);
            }
            MarkKind::Open(Some(close)) if self.is_group(mark) && self.takes(CLAUSES_OF_SEQUENCE) => {
                let excluded = sign == Some(Sign::Excluded) || self.sequence.is_excluded();
                let outer = std::mem::replace(&mut self.sequence, Sequence::new(scope, excluded));
                self.groups.push(Group { sign, open: mark.start, close, outer });
                self.at = mark.end;
                self.place = Place::Start;
            }
            _ => self.word(sign, scope),
        }
    }

    /// The sign that stands here, passed over, if something follows that it can be meant for.
    fn sign(&mut self) -> Option<Sign> {
        let character = self.bare(self.at).filter(|_| self.place == Place::Start)?;
        let sign = sign(character)?;
        if self.bare(self.at + 1).and_then(self::sign).is_some() || !self.begins_part(self.at + 1) {
            self.warnings.add(Warning::LoneSign(character));
            return None;
        }
        self.takes(1).then(|| {
            self.at += 1;
            sign
        })
    }

    /// The scope whose name and colon stand here, passed over, if a value follows.
    fn name(&mut self) -> Option<Scope> {
        if self.place != Place::Start {
            return None;
        }
        let longest = self.at..(self.at + LONGEST_NAME + 1).min(self.characters.len());
        let is_letter = |at: usize| self.bare(at).is_some_and(|value| value.is_alphabetic() || value == '_');
        let colon = longest.clone().find(|&at| !is_letter(at))?;
        let is_name = colon > self.at && matches!(self.bare(colon), Some(':' | '：'));
        let name = is_name.then(|| self.text(self.at..colon))?;
        match Scope::named(&fold(&name)) {
            None => self.warn_of_unknown(name, colon),
            Some(scope) if !self.begins_value(colon + 1, scope) => self.warnings.add(Warning::MissingValue(name)),
            Some(scope) if self.takes(1) => {
                self.at = colon + 1;
                return Some(scope);
            }
            Some(_) => {}
        }
        None
    }

    /// Warns of what looks like a field to whoever knows query languages; `http://`, `A:` and most Chinese words before
    /// a colon do not: pasted text is full of those.
    fn warn_of_unknown(&mut self, name: String, colon: usize) {
        let value = self.bare(colon + 1).is_some_and(|value| !value.is_whitespace() && value != '/');
        let is_name = name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if value && (is_name || is_expected(&fold(&name))) {
            self.warnings.add(Warning::UnknownField(name));
        }
    }

    /// Whether something begins here that a name can be meant for: a value may be of any characters, but for a mark that
    /// only opens what is not there.
    fn begins_value(&mut self, at: usize, scope: Scope) -> bool {
        let end = self.word_end(at, None);
        let is_value = match self.mark(at) {
            Some(Mark { kind: MarkKind::Bar, .. }) => false,
            Some(mark @ Mark { kind: MarkKind::UnclosedQuote | MarkKind::UnclosedTitle, .. }) => mark.end < end,
            _ => end > at && !self.closes_group(at),
        };
        is_value && matches!(scope, Scope::Document(_)) || self.begins_part(at)
    }

    /// Whether something begins here that a sign or a name can be meant for.
    fn begins_part(&mut self, at: usize) -> bool {
        match self.mark(at) {
            Some(Mark { kind: MarkKind::Quote | MarkKind::Title | MarkKind::Number(_), .. }) => true,
            Some(Mark { kind: MarkKind::Bar, .. }) => false,
            Some(mark) if self.is_group(mark) => true,
            _ if self.closes_group(at) => false,
            _ => has_searchable(&self.text(at..self.word_end(at, None))),
        }
    }

    /// Whether a bracket groups. In running text, as in `村（社区）干部` and `（一）总则`, brackets are only brackets: a
    /// group starts where a part may, and no word runs on behind it.
    fn is_group(&self, mark: &Mark) -> bool {
        let MarkKind::Open(Some(close)) = mark.kind else { return false };
        self.place != Place::Word && self.is_boundary(close + 1)
    }

    /// Whether no word runs on here.
    fn is_boundary(&self, at: usize) -> bool {
        let ends = |value: char| {
            value == '《' || is_bar(value) || is_opening(value) || is_closing(value) || opens_quote(value)
        };
        at >= self.characters.len() || self.is_space(at) || self.bare(at).is_some_and(ends)
    }

    fn closes_group(&self, at: usize) -> bool {
        self.groups.last().is_some_and(|group| group.close == at)
    }

    fn close_group(&mut self) {
        let Some(Group { sign, open, close, outer }) = self.groups.pop() else { return };
        let inner = std::mem::replace(&mut self.sequence, outer);
        let scope = inner.scope();
        let combination = self.finished(inner);
        self.at = close + 1;
        self.place = Place::Joint;
        if combination == Boolean::default() {
            self.warnings.add(Warning::EmptyGroup);
            return;
        }
        let part = if fits(&combination) {
            Part::Group(combination)
        } else {
            self.warnings.add(Warning::TooDeep);
            // Where each word would mean itself, they are one.
            let separator = if sign.is_some() || self.sequence.is_excluded() { "，" } else { " " };
            Part::Words(scope, plain(&self.characters[open..=close], separator))
        };
        self.add(sign, part, close + 1, Place::Joint);
    }

    /// Adds what is within a mark, if there is anything to search in it.
    fn quoted(&mut self, sign: Option<Sign>, scope: Option<Scope>, mark: &Mark, query: impl FnOnce(String) -> Query) {
        let text = self.text(mark.start + 1..mark.end - 1);
        if is_empty(scope, &text) {
            self.warnings.add(Warning::EmptyPhrase);
            self.at = mark.end;
            self.place = Place::Joint;
        } else {
            self.add(sign, Part::Single(query(text)), mark.end, Place::Joint);
        }
    }

    fn add(&mut self, sign: Option<Sign>, part: Part, end: usize, place: Place) {
        self.sequence.add(sign, part);
        self.at = end;
        self.place = place;
    }

    fn finished(&mut self, sequence: Sequence) -> Boolean {
        if sequence.awaits_alternative() {
            self.warnings.add(Warning::MissingAlternative);
        }
        let (combination, stray) = sequence.finish();
        if let Some(sign) = stray {
            self.warnings.add(Warning::SignOfAlternative(sign.character()));
        }
        combination
    }

    fn finish(mut self) -> (Parsed, usize) {
        debug_assert!(self.groups.is_empty(), "a group is only opened where its end is known");
        let sequence = std::mem::take(&mut self.sequence);
        let combination = self.finished(sequence);
        if combination == Boolean::default() {
            // A field whose value is empty is left as a word.
            let text = plain(self.characters, " ");
            return self.parsed(words(None, text, None));
        }
        self.parsed(collapsed(combination))
    }

    fn parsed(mut self, query: Query) -> (Parsed, usize) {
        if let Some(warning) = query.warning() {
            self.warnings.add(warning);
        }
        (Parsed { query, warnings: self.warnings.into_vec() }, MAX_CLAUSES - self.clauses_left)
    }

    fn bare(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied().and_then(Character::bare)
    }

    fn is_space(&self, at: usize) -> bool {
        self.characters.get(at).is_some_and(|character| character.is_space())
    }

    fn text(&self, range: Range<usize>) -> String {
        self.characters[range].iter().map(|character| character.value).collect()
    }
}

fn sign(character: char) -> Option<Sign> {
    match character {
        '+' | '＋' => Some(Sign::Required),
        '-' | '－' => Some(Sign::Excluded),
        _ => None,
    }
}

/// Whether a group leaves room for the levels that may come to lie above it.
fn fits(combination: &Boolean) -> bool {
    let Boolean { must, should, must_not } = combination;
    let below = must.iter().chain(should).chain(must_not).map(Query::depth).max();
    1 + below.unwrap_or_default() + LEVELS_ABOVE_GROUP <= MAX_DEPTH
}

/// What a title means within a scope.
fn named(scope: Option<Scope>, title: String) -> Query {
    match scope {
        None => Query::NamedDocument(NamedDocument { title }),
        Some(_) => phrase(scope, title),
    }
}

/// Whether a document number means itself within a scope; elsewhere it is text.
fn takes_number(scope: Option<Scope>) -> bool {
    matches!(scope, None | Some(Scope::Document(MetadataKey::DocumentNumber)))
}

/// What a document number means within a scope.
fn numbered(scope: Option<Scope>, number: String) -> Query {
    match scope {
        None => Query::DocumentNumber(DocumentNumber { number }),
        Some(_) => phrase(scope, number),
    }
}

#[cfg(test)]
mod tests;
