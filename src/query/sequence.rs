//! What stands side by side in a query, sorted into what is wanted, required and excluded.

use crate::{
    query::{
        Boolean, MatchMode, Query,
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

impl Sign {
    /// How it is written.
    pub(super) fn character(self) -> char {
        match self {
            Self::Required => '+',
            Self::Excluded => '-',
        }
    }
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

/// A part, and the alternatives to it with their signs.
struct Clause {
    sign: Option<Sign>,
    part: Part,
    alternatives: Vec<(Option<Sign>, Part)>,
}

/// What stands side by side, sorted as it comes.
#[derive(Default)]
pub(super) struct Sequence {
    scope: Option<Scope>,
    /// Whether it stands under a `-`: then each of its words means itself, all words of it, whatever the request says.
    excluded: bool,
    sorted: Boolean,
    /// A sign that some of several alternatives have.
    stray: Option<Sign>,
    /// The plain words, which become one node, and how many wanted parts stand before it.
    words: Option<(usize, String)>,
    /// The last clause, as long as `|` may follow it.
    last: Option<Clause>,
    /// Whether `|` stood after it.
    is_alternative: bool,
}

impl Sequence {
    pub(super) fn new(scope: Option<Scope>, excluded: bool) -> Self {
        Self { scope, excluded, ..Self::default() }
    }

    /// Whether it stands under a `-`.
    pub(super) fn is_excluded(&self) -> bool {
        self.excluded
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
            Some(clause) if self.is_alternative => clause.alternatives.push((sign, part)),
            _ => {
                self.sort_last();
                self.last = Some(Clause { sign, part, alternatives: Vec::new() });
            }
        }
        self.is_alternative = false;
    }

    /// The whole of it, and a sign in it that some of several alternatives have.
    pub(super) fn finish(mut self) -> (Boolean, Option<Sign>) {
        self.sort_last();
        let Self { scope, excluded, mut sorted, stray, words: plain, .. } = self;
        match plain.filter(|(_, text)| !is_empty(scope, text)) {
            None => {}
            Some((index, text)) if excluded && !matches!(scope, Some(Scope::Document(_))) => {
                let each = text.split(' ').filter(|word| has_searchable(word));
                let each = each.map(|word| words(scope, word.to_owned(), Some(MatchMode::All)));
                sorted.should.splice(index..index, each);
            }
            Some((index, text)) => {
                let query = words(scope, text, None);
                if demands(&query) { sorted.must.push(query) } else { sorted.should.insert(index, query) }
            }
        }
        (sorted, stray)
    }

    /// Sorts the last clause in, now that it has all its alternatives.
    fn sort_last(&mut self) {
        let Some(Clause { sign, part, alternatives }) = self.last.take() else { return };
        match (sign, part) {
            (None, Part::Words(scope, text)) if alternatives.is_empty() && scope == self.scope => self.add_words(&text),
            (None, Part::Group(group)) if alternatives.is_empty() => self.add_group(group),
            (sign, part) if alternatives.is_empty() => self.sort(sign, part.into_query(self.mode(sign))),
            (sign, part) => self.sort_row([(sign, part)].into_iter().chain(alternatives)),
        }
    }

    /// Words behind a sign, and those under a `-`, mean all of the words.
    fn mode(&self, sign: Option<Sign>) -> Option<MatchMode> {
        (sign.is_some() || self.excluded).then_some(MatchMode::All)
    }

    /// Sorts alternatives in. A sign is that of its own alternative: what has `-` is there by what does not match it, and
    /// the row is required when each of them is.
    fn sort_row(&mut self, row: impl Iterator<Item = (Option<Sign>, Part)>) {
        let (mut all, mut required, mut optional, mut excluded) = (Vec::new(), false, false, false);
        for (sign, part) in row {
            let query = part.into_query(self.mode(sign));
            match sign {
                Some(Sign::Excluded) => excluded = true,
                Some(Sign::Required) => required = true,
                None => optional |= !demands(&query),
            }
            match (sign, query) {
                (Some(Sign::Excluded), query) => {
                    all.push(Query::Boolean(Boolean { must_not: vec![query], ..Boolean::default() }));
                }
                (_, Query::Alternatives(alternatives)) => all.extend(alternatives),
                (_, query) => all.push(query),
            }
        }
        if excluded {
            self.stray = Some(Sign::Excluded);
        } else if required && optional {
            self.stray = Some(Sign::Required);
        }
        let sign = (required && !optional && !excluded).then_some(Sign::Required);
        self.sort(sign, Query::Alternatives(all));
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
        let mode = self.mode(None);
        for query in should {
            match query {
                Query::Words(words) if words.field.map(Scope::Paragraph) == self.scope && words.mode == mode => {
                    self.add_words(&words.text);
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
        matches!(self, Self::Words(scope, text) if is_empty(*scope, text))
    }

    fn into_query(self, mode: Option<MatchMode>) -> Query {
        match self {
            Self::Words(scope, text) => words(scope, text, mode),
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

/// Whether there is nothing to search in words within a scope. A value may be of any characters.
pub(super) fn is_empty(scope: Option<Scope>, text: &str) -> bool {
    match scope {
        Some(Scope::Document(_)) => text.trim().is_empty(),
        Some(Scope::Paragraph(_)) | None => !has_searchable(text),
    }
}

/// Whether a query is required without a sign: quoted parts and conditions are, and alternatives that all have one.
pub(super) fn demands(query: &Query) -> bool {
    match query {
        Query::Phrase(_) | Query::Substring(_) | Query::Metadata(_) => true,
        Query::Alternatives(alternatives) => alternatives.iter().all(demands),
        Query::Boolean(Boolean { must, .. }) => must.iter().any(demands),
        Query::Words(_) | Query::NamedDocument(_) | Query::DocumentNumber(_) | Query::MatchAll => false,
    }
}
