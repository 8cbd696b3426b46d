//! From a query tree to what an engine can match: words cut, characters folded.

use std::{collections::HashSet, sync::atomic::AtomicBool};

use crate::{
    engine::{Clause, Expression, ReadError, Snapshot, Term, TermField},
    query::{Boolean, Field, MatchMode, Phrase, Query, Words},
    text::{QueryWord, Segmenter, searchable},
};

/// A word or phrase of a query, and in how many paragraphs it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermStatistics {
    /// Folded letters and digits.
    pub characters: String,
    /// Paragraphs.
    pub frequency: u64,
}

/// What the engine is to match. `mode` holds for words that do not say themselves.
pub(super) fn plan(query: &Query, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    match query {
        Query::Words(words) => plan_words(words, mode, segmenter),
        Query::Phrase(phrase) => plan_phrase(phrase),
        Query::Boolean(boolean) => plan_boolean(boolean, mode, segmenter),
        Query::MatchAll => Expression::All,
    }
}

/// The frequency of every term that may match, in query order.
pub(super) fn term_statistics(
    expression: &Expression,
    snapshot: &dyn Snapshot,
    stop: &AtomicBool,
) -> Result<Vec<TermStatistics>, ReadError> {
    let mut terms = Vec::new();
    collect_terms(expression, &mut terms);
    let mut seen = HashSet::new();
    terms.retain(|term| seen.insert((&term.characters, term.field == TermField::Title)));
    terms
        .into_iter()
        .map(|term| {
            let frequency = snapshot.frequency(term, stop)?;
            Ok(TermStatistics { characters: term.characters.clone(), frequency })
        })
        .collect()
}

fn plan_words(words: &Words, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    let field = match words.field {
        None => TermField::TextOrTitle,
        Some(Field::Text) => TermField::Text,
        Some(Field::Title) => TermField::Title,
    };
    let wrap = match words.mode.unwrap_or(mode) {
        MatchMode::Any => Clause::Should,
        MatchMode::All => Clause::Must,
    };
    let mut clauses: Vec<_> = wanted(segmenter.query_words(&words.text))
        .map(|characters| wrap(Expression::Term(Term { characters, field, word: true })))
        .collect();
    match clauses.pop() {
        None => Expression::Nothing,
        Some(Clause::Should(only) | Clause::Must(only)) if clauses.is_empty() => only,
        Some(last) => {
            clauses.push(last);
            Expression::Combined(clauses)
        }
    }
}

/// The words that count, each once: those that carry meaning, or all where none does.
fn wanted(words: Vec<QueryWord>) -> impl Iterator<Item = String> {
    let meaningful = words.iter().any(|word| word.content);
    let mut seen = HashSet::new();
    words
        .into_iter()
        .filter(move |word| word.content || !meaningful)
        .filter(move |word| seen.insert(word.characters.clone()))
        .map(|word| word.characters)
}

fn plan_phrase(Phrase { text, field }: &Phrase) -> Expression {
    let characters = searchable(text);
    if characters.is_empty() {
        return Expression::Nothing;
    }
    let field = match field {
        Field::Text => TermField::Text,
        Field::Title => TermField::Title,
    };
    Expression::Term(Term { characters, field, word: false })
}

fn plan_boolean(Boolean { must, should, must_not }: &Boolean, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    let mut clauses = Vec::new();
    clauses.extend(must.iter().map(|part| Clause::Must(plan(part, mode, segmenter))));
    for part in should {
        match plan(part, mode, segmenter) {
            // Alternatives among alternatives stand in one row: engines prune flat unions only.
            Expression::Combined(parts) if parts.iter().all(|part| matches!(part, Clause::Should(_))) => {
                clauses.extend(parts);
            }
            planned => clauses.push(Clause::Should(planned)),
        }
    }
    clauses.extend(must_not.iter().map(|part| Clause::MustNot(plan(part, mode, segmenter))));
    if clauses.is_empty() { Expression::Nothing } else { Expression::Combined(clauses) }
}

fn collect_terms<'a>(expression: &'a Expression, terms: &mut Vec<&'a Term>) {
    match expression {
        Expression::All | Expression::Nothing => {}
        Expression::Term(term) => terms.push(term),
        Expression::Combined(clauses) => {
            for clause in clauses {
                if let Clause::Must(part) | Clause::Should(part) = clause {
                    collect_terms(part, terms);
                }
            }
        }
    }
}
