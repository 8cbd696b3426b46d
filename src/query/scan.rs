//! From text to characters, and to the marks among them that may mean something.
//!
//! Knows which marks belong together, not what they mean where they stand.

use std::collections::HashMap;

use crate::query::number::{Number, numbers};

/// A character of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Character {
    /// The character.
    pub(super) value: char,
    /// Whether a backslash stood before it: then it means itself and nothing else.
    pub(super) escaped: bool,
}

impl Character {
    /// The character, unless it means itself and nothing else.
    pub(super) fn bare(self) -> Option<char> {
        (!self.escaped).then_some(self.value)
    }

    /// Whether it is white space, which is never escaped.
    pub(super) fn is_space(self) -> bool {
        self.value.is_whitespace()
    }
}

/// Characters that may mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The first of them.
    pub(super) start: usize,
    /// Their end: that of what is quoted or named, but not that of what is in brackets.
    pub(super) end: usize,
    /// What they are.
    pub(super) kind: MarkKind,
}

/// What a mark is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// A quoted part with its quotation marks.
    Quote,
    /// A quotation mark that nothing closes.
    UnclosedQuote,
    /// A title with its title marks.
    Title,
    /// A title mark that nothing closes.
    UnclosedTitle,
    /// A document number, in its common form.
    Number(String),
    /// An opening bracket, and where it is closed.
    Open(Option<usize>),
    /// A closing bracket, and whether one opened it.
    Close { paired: bool },
    /// `|` or `||`.
    Bar,
}

/// Reads the characters, so that a backslash before a character that is no white space escapes it.
pub(super) fn characters(text: &str) -> Vec<Character> {
    let mut characters = Vec::with_capacity(text.len() / 2);
    let mut rest = text.chars().peekable();
    while let Some(value) = rest.next() {
        let escaped = if value == '\\' { rest.next_if(|next| !next.is_whitespace()) } else { None };
        characters.push(Character { value: escaped.unwrap_or(value), escaped: escaped.is_some() });
    }
    characters
}

/// Finds the marks, in order, in linear time. What is quoted, named or numbered has no marks of its own inside.
pub(super) fn marks(characters: &[Character]) -> Vec<Mark> {
    let mut scanner = Scanner {
        characters,
        last_quotes: last_quotes(characters),
        titles: title_pairs(characters),
        numbers: numbers(characters),
        open: Vec::new(),
        marks: Vec::new(),
    };
    scanner.numbers.reverse();
    let mut at = 0;
    while at < characters.len() {
        at = scanner.step(at);
    }
    scanner.marks
}

/// The kinds of quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuoteKind {
    Straight,
    Double,
    Single,
    Corner,
    WhiteCorner,
}

impl QuoteKind {
    const COUNT: usize = 5;

    fn opened_by(character: char) -> Option<Self> {
        match character {
            '"' | '＂' => Some(Self::Straight),
            '“' => Some(Self::Double),
            '‘' => Some(Self::Single),
            '「' => Some(Self::Corner),
            '『' => Some(Self::WhiteCorner),
            _ => None,
        }
    }

    fn closed_by(character: char) -> Option<Self> {
        match character {
            '"' | '＂' => Some(Self::Straight),
            '”' => Some(Self::Double),
            '’' => Some(Self::Single),
            '」' => Some(Self::Corner),
            '』' => Some(Self::WhiteCorner),
            _ => None,
        }
    }
}

/// Whether a character opens a quoted part.
pub(super) fn opens_quote(character: char) -> bool {
    QuoteKind::opened_by(character).is_some()
}

/// Whether a character is an opening bracket.
pub(super) fn is_opening(character: char) -> bool {
    matches!(character, '(' | '（')
}

/// Whether a character is a closing bracket.
pub(super) fn is_closing(character: char) -> bool {
    matches!(character, ')' | '）')
}

/// Whether a character stands between alternatives.
pub(super) fn is_bar(character: char) -> bool {
    matches!(character, '|' | '｜')
}

/// What kind of quotation the character at a place closes. Between Latin letters ’ is an apostrophe.
fn closing(characters: &[Character], at: usize) -> Option<QuoteKind> {
    let kind = characters[at].bare().and_then(QuoteKind::closed_by)?;
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| characters.get(at)).is_some_and(|character| character.value.is_ascii_alphabetic())
    };
    let is_apostrophe = kind == QuoteKind::Single && is_letter(at.checked_sub(1)) && is_letter(at.checked_add(1));
    (!is_apostrophe).then_some(kind)
}

/// Where each kind of quotation mark closes for the last time, so that nobody looks for one in vain.
fn last_quotes(characters: &[Character]) -> [Option<usize>; QuoteKind::COUNT] {
    let mut last = [None; QuoteKind::COUNT];
    for at in 0..characters.len() {
        if let Some(kind) = closing(characters, at) {
            last[kind as usize] = Some(at);
        }
    }
    last
}

/// Where each title mark is closed, titles within titles included.
fn title_pairs(characters: &[Character]) -> HashMap<usize, usize> {
    let mut open = Vec::new();
    let mut pairs = HashMap::new();
    for (at, character) in characters.iter().enumerate() {
        match character.bare() {
            Some('《') => open.push(at),
            Some('》') => pairs.extend(open.pop().map(|opened| (opened, at))),
            _ => {}
        }
    }
    pairs
}

struct Scanner<'a> {
    characters: &'a [Character],
    last_quotes: [Option<usize>; QuoteKind::COUNT],
    titles: HashMap<usize, usize>,
    /// The numbers ahead, the next one last.
    numbers: Vec<Number>,
    /// The marks of the brackets that are open, innermost last.
    open: Vec<usize>,
    marks: Vec<Mark>,
}

impl Scanner<'_> {
    /// Marks what begins at a character, if anything does. Returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        if let Some(Number { end, text, .. }) = self.number(at) {
            return self.mark(at, end, MarkKind::Number(text));
        }
        let Some(character) = self.characters[at].bare() else { return at + 1 };
        match character {
            '《' => match self.titles.get(&at) {
                Some(&close) => self.mark(at, close + 1, MarkKind::Title),
                None => self.mark(at, at + 1, MarkKind::UnclosedTitle),
            },
            _ if opens_quote(character) => self.quote(at, character),
            _ if is_opening(character) => {
                self.open.push(self.marks.len());
                self.mark(at, at + 1, MarkKind::Open(None))
            }
            _ if is_closing(character) => {
                let opened = self.open.pop();
                if let Some(opened) = opened {
                    self.marks[opened].kind = MarkKind::Open(Some(at));
                }
                self.mark(at, at + 1, MarkKind::Close { paired: opened.is_some() })
            }
            _ if is_bar(character) => {
                let doubled = self.characters.get(at + 1).copied().and_then(Character::bare).is_some_and(is_bar);
                self.mark(at, at + 1 + usize::from(doubled), MarkKind::Bar)
            }
            _ => at + 1,
        }
    }

    fn mark(&mut self, start: usize, end: usize, kind: MarkKind) -> usize {
        self.marks.push(Mark { start, end, kind });
        end
    }

    /// The number that begins at a character. Those that begin within another mark are forgotten.
    fn number(&mut self, at: usize) -> Option<Number> {
        while self.numbers.last().is_some_and(|number| number.start < at) {
            self.numbers.pop();
        }
        self.numbers.pop_if(|number| number.start == at)
    }

    fn quote(&mut self, at: usize, opening: char) -> usize {
        let kind = QuoteKind::opened_by(opening);
        let is_closed = kind.is_some_and(|kind| self.last_quotes[kind as usize].is_some_and(|last| last > at));
        let mut rest = at + 1..self.characters.len();
        let close = if is_closed { rest.find(|&close| closing(self.characters, close) == kind) } else { None };
        match close {
            Some(close) => self.mark(at, close + 1, MarkKind::Quote),
            None => self.mark(at, at + 1, MarkKind::UnclosedQuote),
        }
    }
}
