//! Where to begin with an expression that requires something: with the rarest of what it requires.
//!
//! tantivy intersects whole parts, each a union of phrases and words over two fields. To walk the shortest list of the
//! index that every match is in, and to ask about the rest, costs a fraction of that.

use tantivy::{
    Term as IndexTerm,
    query::{Bm25StatisticsProvider as _, BooleanQuery, EnableScoring, Query, TermQuery, Weight},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Clause, Expression, ReadError, Term,
        tantivy::{compile::Compiler, rank::Ranker, record::read_error},
    },
    text::for_each_gram,
};

/// Lists of the index of which every match is in one.
pub(super) struct Lead {
    lists: Vec<IndexTerm>,
    entries: u64,
}

impl Lead {
    /// The shortest that an expression with required parts has; `None` for others.
    pub(super) fn of(expression: &Expression, ranker: Ranker<'_>) -> Result<Option<Self>, ReadError> {
        let requires = |clauses: &[Clause]| clauses.iter().any(|clause| matches!(clause, Clause::Must(_)));
        match expression {
            Expression::Combined(clauses) if requires(clauses) => shortest(expression, ranker),
            _ => Ok(None),
        }
    }

    /// How many entries are in the lists, one that is in two counted twice.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// What finds the entries.
    pub(super) fn weight(self, unscored: EnableScoring<'_>) -> Result<Box<dyn Weight>, ReadError> {
        let query = |list| -> Box<dyn Query> { Box::new(TermQuery::new(list, IndexRecordOption::Basic)) };
        BooleanQuery::union(self.lists.into_iter().map(query).collect()).weight(unscored).map_err(read_error)
    }

    fn and(mut self, other: Self) -> Self {
        self.lists.extend(other.lists);
        Self { entries: self.entries + other.entries, ..self }
    }
}

/// The shortest lists of which every match of an expression is in one; `None` where the index has no such list.
fn shortest(expression: &Expression, ranker: Ranker<'_>) -> Result<Option<Lead>, ReadError> {
    match expression {
        Expression::Nothing => Ok(Some(Lead { lists: Vec::new(), entries: 0 })),
        Expression::All | Expression::Metadata(_) => Ok(None),
        Expression::Term(term) => lists_of(term, ranker),
        Expression::Verbatim(verbatim) => lists_of(verbatim.term(), ranker),
        Expression::Combined(clauses) => {
            let required = clauses.iter().filter_map(|clause| match clause {
                Clause::Must(part) => Some(shortest(part, ranker)),
                Clause::Should(_) | Clause::MustNot(_) => None,
            });
            let required = required.collect::<Result<Vec<_>, _>>()?;
            if !required.is_empty() {
                return Ok(required.into_iter().flatten().min_by_key(Lead::entries));
            }
            let mut wanted = clauses.iter().filter_map(|clause| match clause {
                Clause::Should(part) => Some(shortest(part, ranker)),
                Clause::Must(_) | Clause::MustNot(_) => None,
            });
            let Some(first) = wanted.next().transpose()?.flatten() else { return Ok(None) };
            wanted.try_fold(Some(first), |lead, next| Ok(lead.zip(next?).map(|(lead, next)| lead.and(next))))
        }
    }
}

/// For each field that a term is looked for in, its rarest bigram.
fn lists_of(term: &Term, ranker: Ranker<'_>) -> Result<Option<Lead>, ReadError> {
    let mut lead = Lead { lists: Vec::new(), entries: 0 };
    for field in ranker.compiler.gram_fields(term.field) {
        let mut rarest: Option<(u64, IndexTerm)> = None;
        for list in lists(&term.characters, field, ranker.compiler) {
            ranker.check()?;
            let entries = ranker.statistics.doc_freq(&list).map_err(read_error)?;
            if rarest.as_ref().is_none_or(|(fewest, _)| entries < *fewest) {
                rarest = Some((entries, list));
            }
        }
        let Some((entries, list)) = rarest else { return Ok(None) };
        lead.lists.push(list);
        lead.entries += entries;
    }
    Ok(Some(lead))
}

/// Lists in each of which is whatever has these characters in a field.
fn lists(characters: &str, field: Field, compiler: Compiler<'_>) -> Vec<IndexTerm> {
    let mut lists = Vec::new();
    for_each_gram(characters, |gram, _| lists.push(IndexTerm::from_field_text(field, gram)));
    // The last character stands alone at the end of a text only.
    lists.pop();
    if lists.is_empty() { compiler.listed(characters, field).into_iter().collect() } else { lists }
}
