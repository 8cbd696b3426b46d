//! Where to begin with an expression that requires something: with the rarest of what it requires.
//!
//! tantivy intersects whole parts, each a union of phrases and words over two fields. To walk the shortest list of the
//! index that every match is in, to see whether the lists of the other parts have the same entry, and to ask about what is
//! left, costs a fraction of that.

use tantivy::{
    DocId, SegmentReader, Term as IndexTerm,
    query::{Bm25StatisticsProvider as _, BooleanQuery, EnableScoring, Query, TermQuery, Weight},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Clause, Expression, ReadError, Term,
        tantivy::{compile::Compiler, rank::Ranker, record::read_error, sought::Sought},
    },
    text::for_each_gram,
};

/// How many lists of a part are asked at most, for each entry, before whether it matches: a word has one or two.
const LISTS_OF_GATE: usize = 4;

/// Lists of the index of which every match is in one.
pub(super) struct Lead {
    lists: Vec<IndexTerm>,
    entries: u64,
}

/// The lists of a [`Lead`] in one segment. Entries have to be asked for in ascending order.
pub(super) struct Gate<'a> {
    lead: &'a Lead,
    segment: &'a SegmentReader,
    compiler: Compiler<'a>,
    /// Opened when they are first asked: most of many parts never are.
    lists: Option<Vec<Sought>>,
}

impl Lead {
    /// The shortest that each required part of an expression has, the shortest of these first; none for expressions without
    /// required parts.
    pub(super) fn of(expression: &Expression, ranker: Ranker<'_>) -> Result<Vec<Self>, ReadError> {
        let Expression::Combined(clauses) = expression else { return Ok(Vec::new()) };
        let mut leads = required(clauses, ranker)?;
        leads.sort_by_key(Self::entries);
        Ok(leads)
    }

    /// Its lists in a segment, if they are so few that to ask them costs less than to ask for the match.
    pub(super) fn gate<'a>(&'a self, segment: &'a SegmentReader, compiler: Compiler<'a>) -> Option<Gate<'a>> {
        (self.lists.len() <= LISTS_OF_GATE).then_some(Gate { lead: self, segment, compiler, lists: None })
    }

    /// How many entries are in the lists, one that is in two counted twice.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// What finds the entries.
    pub(super) fn weight(&self, unscored: EnableScoring<'_>) -> Result<Box<dyn Weight>, ReadError> {
        let query =
            |list: &IndexTerm| -> Box<dyn Query> { Box::new(TermQuery::new(list.clone(), IndexRecordOption::Basic)) };
        BooleanQuery::union(self.lists.iter().map(query).collect()).weight(unscored).map_err(read_error)
    }

    fn and(mut self, other: Self) -> Self {
        self.lists.extend(other.lists);
        Self { entries: self.entries + other.entries, ..self }
    }
}

impl Gate<'_> {
    /// Whether an entry is in one of the lists.
    pub(super) fn has(&mut self, entry: DocId) -> tantivy::Result<bool> {
        let Self { lead, segment, compiler, lists } = self;
        let lists = if let Some(lists) = lists {
            lists
        } else {
            compiler.stop.check()?;
            let open = |list| compiler.lately.postings(segment, list, IndexRecordOption::Basic).transpose();
            let opened = lead.lists.iter().filter_map(open).map(|postings| postings.map(Sought::new));
            lists.insert(opened.collect::<tantivy::Result<_>>()?)
        };
        Ok(lists.iter_mut().any(|list| list.has(entry)))
    }
}

/// Whether each of some parts has an entry in one of its lists.
pub(super) fn all_have(gates: &mut [Gate<'_>], entry: DocId) -> tantivy::Result<bool> {
    for gate in gates {
        if !gate.has(entry)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The shortest lists of each required part that has some.
fn required(clauses: &[Clause], ranker: Ranker<'_>) -> Result<Vec<Lead>, ReadError> {
    let required = clauses.iter().filter_map(|clause| match clause {
        Clause::Must(part) => shortest(part, ranker).transpose(),
        Clause::Should(_) | Clause::MustNot(_) => None,
    });
    required.collect()
}

/// The shortest lists of which every match of an expression is in one; `None` where the index has no such list.
fn shortest(expression: &Expression, ranker: Ranker<'_>) -> Result<Option<Lead>, ReadError> {
    match expression {
        Expression::Nothing => Ok(Some(Lead { lists: Vec::new(), entries: 0 })),
        Expression::All | Expression::Metadata(_) => Ok(None),
        Expression::Term(term) => lists_of(term, ranker),
        Expression::Verbatim(verbatim) => lists_of(verbatim.term(), ranker),
        Expression::Combined(clauses) => {
            if clauses.iter().any(|clause| matches!(clause, Clause::Must(_))) {
                return Ok(required(clauses, ranker)?.into_iter().min_by_key(Lead::entries));
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
