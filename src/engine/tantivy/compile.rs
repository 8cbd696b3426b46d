//! From an expression to queries: one for tantivy to match and prune, and its parts for exact scores.

use std::iter;

use tantivy::{
    Score, Term as IndexTerm,
    query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Clause, Expression, MetadataTerm, Term, TermField,
        tantivy::{
            columns::SegmentColumns,
            documents::ParagraphsOf,
            excluded::Excluded,
            filter,
            heed::{Heeding, Stop},
            lately::Lately,
            schema::{Fields, Kind},
            starting::StartingWith,
            stores::Stores,
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
    pub(super) stores: &'a Stores,
    pub(super) lately: &'a Lately,
    /// Whether the queries are to end.
    pub(super) stop: &'a Stop,
}

impl Compiler<'_> {
    /// The query that finds what the expression matches, in all documents. Where the expression asks for exact
    /// characters it also finds what has only their letters and digits: [`super::exact`] decides.
    pub(super) fn expression(self, expression: &Expression) -> Box<dyn Query> {
        match expression {
            Expression::All => every_paragraph(self.fields),
            Expression::Nothing => Box::new(EmptyQuery),
            Expression::Term(term) => any_of(self.leaves(term)),
            Expression::Verbatim(verbatim) => any_of(self.leaves(verbatim.term())),
            Expression::Metadata(condition) => self.metadata(condition),
            Expression::Combined(clauses) => self.combine(clauses),
        }
    }

    /// The lists of which whatever the expression matches is in one, where its parts are each a list.
    pub(super) fn union_of(self, expression: &Expression) -> Option<Vec<IndexTerm>> {
        let Expression::Combined(clauses) = expression else { return None };
        let mut lists = Vec::new();
        for clause in clauses {
            let term = match clause {
                Clause::Should(Expression::Term(term)) => term,
                Clause::Should(Expression::Verbatim(verbatim)) => verbatim.term(),
                _ => return None,
            };
            for leaf in self.leaves(term) {
                lists.push(leaf.downcast_ref::<TermQuery>()?.term().clone());
            }
        }
        Some(lists)
    }

    /// The query that finds the same in documents that the filter lets through.
    pub(super) fn filtered(self, expression: &Expression, filter: &Filter) -> Box<dyn Query> {
        if filter.is_empty() {
            return self.expression(expression);
        }
        match expression {
            Expression::All => self.paragraphs(filter),
            _ => self.heeding(BooleanQuery::intersection(vec![self.expression(expression), self.paragraphs(filter)])),
        }
    }

    /// The query that matches the paragraphs that can be found of documents that have a value.
    pub(super) fn metadata(self, MetadataTerm { key, value, score }: &MetadataTerm) -> Box<dyn Query> {
        let term = self.fields.metadata_term(*key, value);
        let records = TermQuery::new(term, IndexRecordOption::Basic);
        self.heeding(ParagraphsOf::new(Box::new(records), self.columns.clone(), Score::from(*score)))
    }

    fn paragraphs(self, filter: &Filter) -> Box<dyn Query> {
        self.heeding(ParagraphsOf::new(filter::records(filter, self.fields), self.columns.clone(), 0.0))
    }

    fn combine(self, clauses: &[Clause]) -> Box<dyn Query> {
        let mut queries = Vec::with_capacity(clauses.len() + 1);
        for clause in clauses {
            if self.stop.is_set() {
                break; // A query has up to thousands of them, and whoever has it looks, too.
            }
            match clause {
                Clause::Must(part) => queries.push((Occur::Must, self.expression(part))),
                // What has only the letters and digits is not excluded.
                Clause::MustNot(part) if part.has_verbatim() => {}
                Clause::MustNot(part) => {
                    queries.push((Occur::MustNot, Box::new(Excluded(self.expression(part)))));
                }
                // A term's leaves directly: tantivy prunes a flat union of terms, a nested one it walks whole.
                Clause::Should(Expression::Term(term)) => {
                    queries.extend(self.leaves(term).into_iter().map(|leaf| (Occur::Should, leaf)));
                }
                Clause::Should(part) => queries.push((Occur::Should, self.expression(part))),
            }
        }
        if queries.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            queries.push((Occur::Must, every_paragraph(self.fields)));
        }
        let is_pruned = queries.iter().all(|(_, query)| query.is::<TermQuery>());
        let combined = BooleanQuery::new(queries);
        if is_pruned { Box::new(combined) } else { self.heeding(combined) }
    }

    /// The query, ending when work is to stop.
    fn heeding(self, query: impl Query) -> Box<dyn Query> {
        Heeding::wrap(Box::new(query), self.stop)
    }

    /// The queries of which a paragraph has to match one for the term to match, in a fixed order.
    ///
    /// Words are found by their bigrams; the word fields only lift the score of those that the segmenter saw as words
    /// too. They match nothing more: a word's characters stand in sequence.
    pub(super) fn leaves(self, term: &Term) -> Vec<Box<dyn Query>> {
        let mut queries: Vec<Box<dyn Query>> = Vec::new();
        for grams in self.gram_fields(term.field) {
            queries.push(self.sequence(&term.characters, grams));
            if term.word {
                let words = if grams == self.fields.grams { self.fields.words } else { self.fields.title_words };
                let word = IndexTerm::from_field_text(words, &term.characters);
                queries.push(Box::new(TermQuery::new(word, IndexRecordOption::WithFreqs)));
            }
        }
        queries
    }

    /// The fields in which the characters of a term stand in sequence.
    pub(super) fn gram_fields(self, field: TermField) -> impl Iterator<Item = Field> {
        let (text, title) = (self.fields.grams, self.fields.title_grams);
        let (first, second) = match field {
            TermField::Text => (text, None),
            TermField::Title => (title, None),
            TermField::TextOrTitle => (text, Some(title)),
        };
        iter::once(first).chain(second)
    }

    /// What lists the paragraphs that have a character in a field of bigrams, if anything does.
    pub(super) fn listed(self, character: &str, grams: Field) -> Option<IndexTerm> {
        (grams == self.fields.grams).then(|| IndexTerm::from_field_text(self.fields.characters, character))
    }

    /// The characters, one after the other. Positions are linear, so a phrase without slop is exactly a substring.
    fn sequence(self, characters: &str, field: Field) -> Box<dyn Query> {
        let mut grams = Vec::new();
        for_each_gram(characters, |gram, position| {
            grams.push((position as usize, IndexTerm::from_field_text(field, gram)));
        });
        // The last character also stands alone, at the end of a text only.
        grams.pop();
        match grams.len() {
            0 => Box::new(StartingWith {
                character: characters.to_owned(),
                field,
                listed: self.listed(characters, field),
                stop: self.stop.clone(),
            }),
            1 => {
                let (_, gram) = grams.swap_remove(0);
                Box::new(TermQuery::new(gram, IndexRecordOption::WithFreqs))
            }
            _ => self.heeding(PhraseQuery::new_with_offset(grams)),
        }
    }
}

fn every_paragraph(fields: &Fields) -> Box<dyn Query> {
    let paragraphs = TermQuery::new(fields.kind_term(Kind::Paragraph), IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(paragraphs), 0.0))
}

/// The query that finds what one of several finds.
pub(super) fn any_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}
