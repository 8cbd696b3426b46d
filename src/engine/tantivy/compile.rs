//! From an expression to queries: one for tantivy to match and prune, and its parts for exact scores.

use std::ops::Bound;

use tantivy::{
    Term as IndexTerm,
    query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Clause, Expression, Term, TermField,
        tantivy::{
            excluded::Excluded,
            schema::{Fields, Kind},
        },
    },
    text::for_each_gram,
};

/// The query that matches what the expression matches.
pub(super) fn compile(expression: &Expression, fields: &Fields) -> Box<dyn Query> {
    match expression {
        Expression::All => every_paragraph(fields),
        Expression::Nothing => Box::new(EmptyQuery),
        Expression::Term(term) => any_of(leaves(term, fields)),
        Expression::Combined(clauses) => combine(clauses, fields),
    }
}

/// The queries of which a paragraph has to match one for the term to match, in a fixed order.
///
/// Words are found by their bigrams; the word fields only lift the score of those that the segmenter saw as words
/// too. They match nothing more: a word's characters stand in sequence.
pub(super) fn leaves(term: &Term, fields: &Fields) -> Vec<Box<dyn Query>> {
    let (text, title) = match term.field {
        TermField::Text => (true, false),
        TermField::Title => (false, true),
        TermField::TextOrTitle => (true, true),
    };
    let searched = [(text, fields.grams, fields.words), (title, fields.title_grams, fields.title_words)];
    let mut queries: Vec<Box<dyn Query>> = Vec::new();
    for (_, grams, words) in searched.into_iter().filter(|(wanted, ..)| *wanted) {
        queries.push(sequence(&term.characters, grams));
        if term.word {
            let word = IndexTerm::from_field_text(words, &term.characters);
            queries.push(Box::new(TermQuery::new(word, IndexRecordOption::WithFreqs)));
        }
    }
    queries
}

pub(super) fn every_paragraph(fields: &Fields) -> Box<dyn Query> {
    let paragraphs = TermQuery::new(fields.kind_term(Kind::Paragraph), IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(paragraphs), 0.0))
}

/// The characters, one after the other. Positions are linear, so a phrase without slop is exactly a substring.
fn sequence(characters: &str, field: Field) -> Box<dyn Query> {
    let mut grams = Vec::new();
    for_each_gram(characters, |gram, position| {
        grams.push((position as usize, IndexTerm::from_field_text(field, gram)));
    });
    // The last character also stands alone, at the end of a text only.
    grams.pop();
    match grams.len() {
        0 => starting_with(characters, field),
        1 => {
            let (_, gram) = grams.swap_remove(0);
            Box::new(TermQuery::new(gram, IndexRecordOption::WithFreqs))
        }
        _ => Box::new(PhraseQuery::new_with_offset(grams)),
    }
}

/// Bigrams that begin with a character, and the character alone: every place where it stands.
fn starting_with(character: &str, field: Field) -> Box<dyn Query> {
    let lower = Bound::Included(IndexTerm::from_field_text(field, character));
    let upper =
        character.chars().next().and_then(|first| (first..=char::MAX).nth(1)).map_or(Bound::Unbounded, |next| {
            Bound::Excluded(IndexTerm::from_field_text(field, next.encode_utf8(&mut [0; 4])))
        });
    Box::new(RangeQuery::new(lower, upper))
}

fn combine(clauses: &[Clause], fields: &Fields) -> Box<dyn Query> {
    let mut queries = Vec::with_capacity(clauses.len() + 1);
    for clause in clauses {
        match clause {
            Clause::Must(part) => queries.push((Occur::Must, compile(part, fields))),
            Clause::MustNot(part) => queries.push((Occur::MustNot, Box::new(Excluded(compile(part, fields))))),
            // A term's leaves directly: tantivy prunes a flat union of terms, a nested one it walks whole.
            Clause::Should(Expression::Term(term)) => {
                queries.extend(leaves(term, fields).into_iter().map(|leaf| (Occur::Should, leaf)));
            }
            Clause::Should(part) => queries.push((Occur::Should, compile(part, fields))),
        }
    }
    if queries.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        queries.push((Occur::Must, every_paragraph(fields)));
    }
    Box::new(BooleanQuery::new(queries))
}

fn any_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}
