//! What stands side by side in a query, sorted into what is wanted, required and excluded.

use crate::{
    query::{
        Boolean, MatchMode, Query, Words,
        field::{Scope, words},
    },
    text::has_searchable,
};

/// What a part is marked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// `+`
    Required,
    /// `-`
    Excluded,
}

/// A part of a sequence.
#[derive(Debug)]
pub(super) enum Part {
    /// Plain words within a scope.
    Words(Option<Scope>, String),
    /// Anything else that was written without brackets.
    Single(Query),
    /// What stood in brackets.
    Group(Boolean),
}

/// A part and the alternatives to it.
struct Clause {
    sign: Option<Sign>,
    part: Part,
    alternatives: Vec<Query>,
}

/// What stands side by side, sorted as it comes.
#[derive(Default)]
pub(super) struct Sequence {
    scope: Option<Scope>,
    sorted: Boolean,
    /// The plain words, which become one node, and how many wanted parts stand before it.
    words: Option<(usize, String)>,
    /// The last clause, as long as `|` may follow it.
    last: Option<Clause>,
    /// Whether `|` stood after it.
    is_alternative: bool,
}

impl Sequence {
    pub(super) fn new(scope: Option<Scope>) -> Self {
        Self { scope, ..Self::default() }
    }

    /// The scope of its plain words.
    pub(super) fn scope(&self) -> Option<Scope> {
        self.scope
    }

    /// Whether the last part is one that can have alternatives, and `|` does not stand after it yet.
    pub(super) fn takes_alternative(&self) -> bool {
        !self.is_alternative && self.last.as_ref().is_some_and(|clause| !clause.part.is_empty())
    }

    /// Whether `|` stands last.
    pub(super) fn awaits_alternative(&self) -> bool {
        self.is_alternative
    }

    /// Whether the last part has alternatives already.
    pub(super) fn has_alternatives(&self) -> bool {
        self.last.as_ref().is_some_and(|clause| !clause.alternatives.is_empty())
    }

    /// Makes the next part an alternative to the last one.
    pub(super) fn expect_alternative(&mut self) {
        debug_assert!(self.takes_alternative());
        self.is_alternative = true;
    }

    /// Takes `|` back, with which nothing can be done.
    pub(super) fn expect_no_alternative(&mut self) {
        self.is_alternative = false;
    }

    /// Adds a part.
    pub(super) fn add(&mut self, sign: Option<Sign>, part: Part) {
        match &mut self.last {
            Some(clause) if self.is_alternative => clause.alternatives.extend(alternatives(sign, part)),
            _ => {
                self.sort_last();
                self.last = Some(Clause { sign, part, alternatives: Vec::new() });
            }
        }
        self.is_alternative = false;
    }

    /// The whole of it.
    pub(super) fn finish(mut self) -> Boolean {
        self.sort_last();
        let Self { scope, mut sorted, words: plain, .. } = self;
        if let Some((index, text)) = plain.filter(|(_, text)| has_searchable(text)) {
            let query = words(scope, text, None);
            if demands(&query) { sorted.must.push(query) } else { sorted.should.insert(index, query) }
        }
        sorted
    }

    /// Sorts the last clause in, now that it has all its alternatives.
    fn sort_last(&mut self) {
        let Some(Clause { sign, part, alternatives }) = self.last.take() else { return };
        match (sign, part) {
            (None, Part::Words(scope, text)) if alternatives.is_empty() && scope == self.scope => self.add_words(&text),
            (None, Part::Group(group)) if alternatives.is_empty() => self.add_group(group),
            (sign, part) => self.sort(sign, query(sign, part, alternatives)),
        }
    }

    fn sort(&mut self, sign: Option<Sign>, query: Query) {
        match sign {
            Some(Sign::Required) => self.sorted.must.push(query),
            Some(Sign::Excluded) => self.sorted.must_not.push(query),
            None if demands(&query) => self.sorted.must.push(query),
            None => self.sorted.should.push(query),
        }
    }

    /// Brackets without a sign and without alternatives change nothing.
    fn add_group(&mut self, Boolean { must, should, must_not }: Boolean) {
        self.sorted.must.extend(must);
        for query in should {
            match query {
                Query::Words(Words { text, field, mode: None }) if field.map(Scope::Paragraph) == self.scope => {
                    self.add_words(&text);
                }
                query => self.sorted.should.push(query),
            }
        }
        self.sorted.must_not.extend(must_not);
    }

    fn add_words(&mut self, text: &str) {
        match &mut self.words {
            Some((_, words)) => words.extend([" ", text]),
            None => self.words = Some((self.sorted.should.len(), text.to_owned())),
        }
    }
}

impl Part {
    /// Whether there is nothing in it to search.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Words(_, text) if !has_searchable(text))
    }

    fn into_query(self) -> Query {
        match self {
            Self::Words(scope, text) => words(scope, text, None),
            Self::Single(query) => query,
            Self::Group(group) => collapsed(group),
        }
    }
}

/// The query itself where a combination has only one that has to match.
pub(super) fn collapsed(mut combination: Boolean) -> Query {
    let Boolean { must, should, must_not } = &mut combination;
    let only = match (must.len(), should.len(), must_not.len()) {
        (1, 0, 0) => must.pop(),
        (0, 1, 0) => should.pop(),
        _ => None,
    };
    only.unwrap_or(Query::Boolean(combination))
}

/// A clause as a query. Marked words mean all of the words.
fn query(sign: Option<Sign>, part: Part, others: Vec<Query>) -> Query {
    match part {
        Part::Words(scope, text) if sign.is_some() && others.is_empty() => words(scope, text, Some(MatchMode::All)),
        part if others.is_empty() => part.into_query(),
        part => {
            let mut all = alternatives(None, part);
            all.extend(others);
            Query::Alternatives(all)
        }
    }
}

/// The alternatives that a part adds to a row of them: itself, or those that it consists of.
fn alternatives(sign: Option<Sign>, part: Part) -> Vec<Query> {
    match (sign, part.into_query()) {
        (Some(Sign::Excluded), query) => {
            vec![Query::Boolean(Boolean { must_not: vec![query], ..Boolean::default() })]
        }
        (_, Query::Alternatives(alternatives)) => alternatives,
        (_, query) => vec![query],
    }
}

/// Whether a query is required without a sign: quoted parts and conditions are, and alternatives that all have one.
fn demands(query: &Query) -> bool {
    match query {
        Query::Phrase(_) | Query::Substring(_) | Query::Metadata(_) => true,
        Query::Alternatives(alternatives) => alternatives.iter().all(demands),
        Query::Boolean(Boolean { must, .. }) => must.iter().any(demands),
        Query::Words(_) | Query::NamedDocument(_) | Query::DocumentNumber(_) | Query::MatchAll => false,
    }
}
