//! Words: where they end, and what in them looks as if more were meant.

use std::ops::Range;

use crate::query::{
    Warning,
    field::Scope,
    parse::{Parser, Place, takes_number},
    scan::{Mark, MarkKind},
    sequence::{Part, Sign},
    warning::Operator,
};

impl Parser<'_> {
    pub(super) fn word(&mut self, sign: Option<Sign>, scope: Option<Scope>) {
        let end = self.word_end(self.at, scope);
        self.warn_of_literals(self.at..end);
        self.warn_of_operators(self.at..end);
        if sign.is_none() && scope == self.sequence.scope() {
            self.warn_of_or(self.at..end);
        }
        // Elsewhere its sign or its name is counted, or all words of the sequence are one node.
        if self.sequence.is_excluded() && sign.is_none() && scope == self.sequence.scope() && !self.takes(1) {
            self.at = end;
            self.place = Place::Word;
            return;
        }
        let part = Part::Words(scope, self.text(self.at..end));
        if self.sequence.awaits_alternative() && part.is_empty() {
            self.warnings.add(Warning::MissingAlternative);
            self.sequence.expect_no_alternative();
        }
        self.add(sign, part, end, Place::Word);
    }

    /// Where the word that begins here ends. One character at least is taken, whatever it is elsewhere.
    pub(super) fn word_end(&self, start: usize, scope: Option<Scope>) -> usize {
        let len = self.characters.len();
        if start >= len || self.is_space(start) {
            return start;
        }
        let mut marks = self.marks.iter().skip_while(|mark| mark.start <= start).peekable();
        let ends = |&at: &usize| {
            while marks.next_if(|mark| mark.start < at).is_some() {}
            self.is_space(at) || marks.peek().is_some_and(|mark| mark.start == at && self.ends_word(mark, scope))
        };
        (start + 1..len).find(ends).unwrap_or(len)
    }

    fn ends_word(&self, mark: &Mark, scope: Option<Scope>) -> bool {
        match mark.kind {
            MarkKind::Quote | MarkKind::Title | MarkKind::Bar => true,
            MarkKind::Number(_) => takes_number(scope),
            MarkKind::Close { .. } => self.closes_group(mark.start),
            MarkKind::Open(_) | MarkKind::UnclosedQuote | MarkKind::UnclosedTitle => false,
        }
    }

    /// Warns of marks in a word that would mean something with their partners.
    fn warn_of_literals(&mut self, word: Range<usize>) {
        let marks = self.marks.iter().skip_while(|mark| mark.start < word.start);
        for mark in marks.take_while(|mark| mark.start < word.end) {
            let value = self.characters[mark.start].value;
            let warning = match mark.kind {
                MarkKind::UnclosedQuote => Warning::UnclosedQuote(value),
                MarkKind::UnclosedTitle => Warning::UnclosedTitle,
                MarkKind::Open(None) if mark.start == word.start => Warning::UnpairedBracket(value),
                MarkKind::Close { paired: false } if self.is_boundary(mark.end) => Warning::UnpairedBracket(value),
                _ => continue,
            };
            self.warnings.add(warning);
        }
    }

    /// Warns of an `OR` that has nothing on one side.
    fn warn_of_or(&mut self, word: Range<usize>) {
        let is_written = word.clone().map(|at| self.bare(at)).eq([Some('O'), Some('R')]);
        if self.place == Place::Start && is_written && (self.sequence.takes_alternative() || self.is_followed(word.end))
        {
            self.warnings.add(Warning::MissingAlternative);
        }
    }

    fn is_followed(&self, end: usize) -> bool {
        (end..self.characters.len()).any(|at| !self.is_space(at))
    }

    /// Warns of what means something in other query languages.
    fn warn_of_operators(&mut self, word: Range<usize>) {
        let bare = |at: usize| self.bare(at).filter(|_| word.contains(&at));
        let [first, second, third, fourth] = [0, 1, 2, 3].map(|offset| bare(word.start + offset));
        let is_number = |value: Option<char>| value.is_some_and(|value| value.is_ascii_digit());
        let is_followed = self.is_followed(word.end);
        let operator = match (first, second, third, fourth) {
            (Some('A'), Some('N'), Some('D'), None) if self.sequence.takes_alternative() && is_followed => {
                Operator::And
            }
            (Some('&'), Some('&'), None, None) if self.sequence.takes_alternative() && is_followed => {
                Operator::Ampersands
            }
            (Some('N'), Some('O'), Some('T'), None) if is_followed => Operator::Not,
            (Some('~' | '^'), digit, ..) if self.place == Place::Joint && is_number(digit) => Operator::Distance,
            _ => {
                let is_wildcard = word.len() > 1
                    && bare(word.end - 1) == Some('*')
                    && bare(word.end - 2).is_some_and(char::is_alphanumeric);
                if !is_wildcard {
                    return;
                }
                Operator::Wildcard
            }
        };
        self.warnings.add(Warning::UnknownOperator(operator));
    }
}
