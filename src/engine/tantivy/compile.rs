//! From an expression to queries: one for tantivy to match and prune, and its parts for exact scores.

use std::ops::Bound;

use tantivy::{
    Score, Term as IndexTerm,
    query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Clause, Expression, MetadataTerm, Term, TermField,
        tantivy::{
            columns::SegmentColumns,
            documents::ParagraphsOf,
            excluded::Excluded,
            filter::{self, Dates},
            schema::{Fields, Kind},
        },
    },
    query::Filter,
    text::for_each_gram,
};

/// Makes queries for one snapshot.
#[derive(Clone, Copy)]
pub(super) struct Compiler<'a> {
    pub(super) fields: &'a Fields,
    pub(super) columns: &'a SegmentColumns,
}

impl Compiler<'_> {
    /// The query that finds what the expression matches, in all documents. Where the expression asks for exact
    /// characters it also finds what has only their letters and digits: [`super::exact`] decides.
    pub(super) fn expression(self, expression: &Expression) -> Box<dyn Query> {
        match expression {
            Expression::All => every_paragraph(self.fields),
            Expression::Nothing => Box::new(EmptyQuery),
            Expression::Term(term) => any_of(leaves(term, self.fields)),
            Expression::Verbatim(verbatim) => any_of(leaves(verbatim.term(), self.fields)),
            Expression::Metadata(condition) => self.metadata(condition),
            Expression::Combined(clauses) => self.combine(clauses),
        }
    }

    /// The query that finds the same in documents that the filter lets through.
    pub(super) fn filtered(self, expression: &Expression, filter: &Filter) -> Box<dyn Query> {
        if filter.is_empty() {
            return self.expression(expression);
        }
        match expression {
            Expression::All => self.paragraphs(filter),
            _ => Box::new(BooleanQuery::intersection(vec![self.expression(expression), self.paragraphs(filter)])),
        }
    }

    /// The query that matches the paragraphs that can be found of documents that have a value.
    pub(super) fn metadata(self, MetadataTerm { key, value, score }: &MetadataTerm) -> Box<dyn Query> {
        let term = self.fields.metadata_term(*key, value);
        let records = TermQuery::new(term, IndexRecordOption::Basic);
        Box::new(ParagraphsOf::new(Box::new(records), self.columns.clone(), Score::from(*score)))
    }

    fn paragraphs(self, filter: &Filter) -> Box<dyn Query> {
        Box::new(ParagraphsOf::new(filter::records(filter, Dates::Listed, self), self.columns.clone(), 0.0))
    }

    fn combine(self, clauses: &[Clause]) -> Box<dyn Query> {
        let mut queries = Vec::with_capacity(clauses.len() + 1);
        for clause in clauses {
            match clause {
                Clause::Must(part) => queries.push((Occur::Must, self.expression(part))),
                // What has only the letters and digits is not excluded.
                Clause::MustNot(part) if part.has_verbatim() => {}
                Clause::MustNot(part) => {
                    queries.push((Occur::MustNot, Box::new(Excluded(self.expression(part)))));
                }
                // A term's leaves directly: tantivy prunes a flat union of terms, a nested one it walks whole.
                Clause::Should(Expression::Term(term)) => {
                    queries.extend(leaves(term, self.fields).into_iter().map(|leaf| (Occur::Should, leaf)));
                }
                Clause::Should(part) => queries.push((Occur::Should, self.expression(part))),
            }
        }
        if queries.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            queries.push((Occur::Must, every_paragraph(self.fields)));
        }
        Box::new(BooleanQuery::new(queries))
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

fn every_paragraph(fields: &Fields) -> Box<dyn Query> {
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

/// The query that finds what one of several finds.
pub(super) fn any_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}
