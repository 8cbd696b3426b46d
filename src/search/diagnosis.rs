//! Why nothing matched: which parts of a query, each left out alone, would let something through.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    engine::{Clause, Expression, ReadError, Snapshot, Term},
    query::{Boolean, Field, Filter, MatchMode, Phrase, Query, Substring, Words},
    search::plan::plan,
    text::Segmenter,
};

/// The most parts that are left out in turn: each is as much work as a search.
const PARTS: usize = 16;

/// A part of a query that a paragraph has to have, or may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuledOut {
    /// The part, without its sign.
    pub clause: Query,
    /// Whether what has it is excluded; else what has it not.
    pub excluded: bool,
    /// How many paragraphs match the rest of the query.
    pub without_it: u64,
}

/// Why a query matched nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its parts, and what each of them rules out.
    pub ruled_out: Vec<RuledOut>,
    /// How many paragraphs match without the filter; 0 when there is none.
    pub without_filter: u64,
}

/// Says why a query and a filter matched nothing.
///
/// # Errors
/// When the index cannot be read, or on `stop`.
pub(super) fn diagnosis(
    query: &Query,
    mode: MatchMode,
    filter: &Filter,
    segmenter: &Segmenter,
    snapshot: &dyn Snapshot,
    stop: &Arc<AtomicBool>,
) -> Result<Diagnosis, ReadError> {
    let everything = Filter::default();
    let without_filter =
        if filter.is_empty() { 0 } else { count(snapshot, &plan(query, mode, segmenter), &everything, stop)? };
    Ok(Diagnosis { ruled_out: ruled_out(query, mode, filter, segmenter, snapshot, stop)?, without_filter })
}

/// Says of the first parts of a query that matched nothing what matches without each of them. Nothing where the query
/// does not have at least two parts: its terms say all then, unless the only one is none (see [`less_than`]).
fn ruled_out(
    query: &Query,
    mode: MatchMode,
    filter: &Filter,
    segmenter: &Segmenter,
    snapshot: &dyn Snapshot,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<RuledOut>, ReadError> {
    let parts = parts(query, mode, segmenter);
    if let [Part { query: only, clause: Clause::Must(_) }] = &parts[..]
        && let Some(less) = less_than(only, query)
    {
        let without_it = count(snapshot, &plan(&less, mode, segmenter), filter, stop)?;
        return Ok(vec![RuledOut { clause: only.clone(), excluded: false, without_it }]);
    }
    if parts.len() < 2 {
        return Ok(Vec::new());
    }
    let without = |index: usize| {
        let others = parts.iter().enumerate().filter(|&(other, _)| other != index);
        Expression::Combined(others.map(|(_, part)| part.clause.clone()).collect())
    };
    let first = parts.iter().enumerate().take(PARTS);
    first
        .map(|(index, part)| {
            let without_it = count(snapshot, &without(index), filter, stop)?;
            let excluded = matches!(part.clause, Clause::MustNot(_));
            Ok(RuledOut { clause: part.query.clone(), excluded, without_it })
        })
        .collect()
}

/// What is left of a query without its only demand, where its terms do not say why nothing has it: of a condition what
/// is wanted beside it, or everything; of exact characters their letters and digits.
fn less_than(only: &Query, query: &Query) -> Option<Query> {
    match (only, query) {
        (Query::Substring(Substring { text }), _) => {
            Some(Query::Phrase(Phrase { text: text.clone(), field: Field::Text }))
        }
        (Query::Metadata(_), Query::Boolean(Boolean { should, .. })) if !should.is_empty() => {
            Some(Query::Boolean(Boolean { should: should.clone(), ..Boolean::default() }))
        }
        (Query::Metadata(_), _) => Some(Query::MatchAll),
        _ => None,
    }
}

/// How many paragraphs match.
fn count(
    snapshot: &dyn Snapshot,
    expression: &Expression,
    filter: &Filter,
    stop: &Arc<AtomicBool>,
) -> Result<u64, ReadError> {
    Ok(snapshot.count(expression, filter, &[], stop)?.total.paragraphs)
}

/// A requirement or an exclusion.
struct Part {
    query: Query,
    clause: Clause,
}

/// What a query demands, as parts that all have to hold. What only lifts the score is none.
fn parts(query: &Query, mode: MatchMode, segmenter: &Segmenter) -> Vec<Part> {
    match query {
        Query::Words(words) if words.mode.unwrap_or(mode) == MatchMode::All => words_demanded(words, segmenter),
        Query::Boolean(Boolean { must, should, must_not }) if *query != Query::Boolean(Boolean::default()) => {
            let mut demanded: Vec<_> = must.iter().flat_map(|part| parts(part, mode, segmenter)).collect();
            match &should[..] {
                [only] if must.is_empty() => demanded.extend(parts(only, mode, segmenter)),
                [_, ..] if must.is_empty() => {
                    let alternatives = Boolean { should: should.clone(), ..Boolean::default() };
                    demanded.push(required(Query::Boolean(alternatives), mode, segmenter));
                }
                _ => {}
            }
            let excluded =
                |part: &Query| Part { query: part.clone(), clause: Clause::MustNot(plan(part, mode, segmenter)) };
            demanded.extend(must_not.iter().map(excluded));
            demanded
        }
        _ => vec![required(query.clone(), mode, segmenter)],
    }
}

fn required(query: Query, mode: MatchMode, segmenter: &Segmenter) -> Part {
    let clause = Clause::Must(plan(&query, mode, segmenter));
    Part { query, clause }
}

/// Each word of those that are all required.
fn words_demanded(words: &Words, segmenter: &Segmenter) -> Vec<Part> {
    let query = Query::Words(words.clone());
    match plan(&query, MatchMode::All, segmenter) {
        Expression::Combined(clauses) => clauses.into_iter().map(|clause| word_demanded(clause, words.field)).collect(),
        only => vec![Part { query, clause: Clause::Must(only) }],
    }
}

fn word_demanded(clause: Clause, field: Option<Field>) -> Part {
    let (Clause::Must(part) | Clause::Should(part) | Clause::MustNot(part)) = &clause;
    let text = match part {
        Expression::Term(Term { characters, .. }) => characters.clone(),
        Expression::All
        | Expression::Nothing
        | Expression::Verbatim(_)
        | Expression::Metadata(_)
        | Expression::Combined(_) => String::new(),
    };
    Part { query: Query::Words(Words { text, field, mode: Some(MatchMode::All) }), clause }
}

impl RuledOut {
    /// The part with its sign, in the query language.
    pub fn written(&self) -> String {
        let part = vec![self.clause.clone()];
        let signed = if self.excluded {
            Boolean { must_not: part, ..Boolean::default() }
        } else {
            Boolean { must: part, ..Boolean::default() }
        };
        Query::Boolean(signed).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::query::parse;

    fn check(query: &Query, mode: MatchMode, expected: &[&str]) {
        static SEGMENTER: OnceLock<Segmenter> = OnceLock::new();
        let parts = parts(query, mode, SEGMENTER.get_or_init(Segmenter::new));
        let written = parts.into_iter().map(|Part { query, clause }| {
            RuledOut { clause: query, excluded: matches!(clause, Clause::MustNot(_)), without_it: 0 }.written()
        });
        assert_eq!(written.collect::<Vec<_>>(), expected, "{query:?}");
    }

    #[test]
    fn a_query_falls_into_what_it_demands() {
        let any = |text: &str, expected: &[&str]| check(&parse(text).query, MatchMode::Any, expected);
        any("“两个确立” 干部 -饕餮", &["\"两个确立\"", "-饕餮"]);
        any("+优化营商环境 干部", &["+优化", "+营商环境"]);
        any("干部 忠诚", &["+(干部 忠诚)"]);
        any("干部 忠诚 -教育", &["+(干部 忠诚)", "-教育"]);
        any("+(干部 | 忠诚) “两个确立”", &["+(干部 | 忠诚)", "\"两个确立\""]);
        any("标题:“通知” -“意见”", &["标题:\"通知\"", "-\"意见\""]);
        let all = |text: &str, expected: &[&str]| {
            check(&parse(text).query.requiring_all(), MatchMode::All, expected);
        };
        all("优化营商环境 “两个确立”", &["\"两个确立\"", "+优化", "+营商环境"]);
        all("甲方 | 乙方 丙方", &["+((+甲方) | (+乙方))", "+丙方"]);
    }

    #[test]
    fn combinations_within_demands_are_demands() {
        let words = |text: &str| Query::Words(Words { text: text.to_owned(), field: None, mode: None });
        let inner =
            Boolean { must: vec![words("干部")], should: vec![words("忠诚")], must_not: vec![words("教育")] };
        let outer = Boolean { must: vec![Query::Boolean(inner.clone()), words("担当")], ..Boolean::default() };
        check(&Query::Boolean(outer), MatchMode::Any, &["+(干部)", "-(教育)", "+(担当)"]);
        let only = Boolean { should: vec![Query::Boolean(inner)], ..Boolean::default() };
        check(&Query::Boolean(only), MatchMode::Any, &["+(干部)", "-(教育)"]);
        let empty = Boolean { must: vec![Query::Boolean(Boolean::default()), words("担当")], ..Boolean::default() };
        check(&Query::Boolean(empty), MatchMode::Any, &["+()", "+(担当)"]);
    }
}
