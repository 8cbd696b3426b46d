//! Why nothing matched: which parts of a query, each left out alone, would let something through, or which of them rule
//! everything out together.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    engine::{Clause, Expression, ReadError, Snapshot, Term},
    query::{Boolean, Field, Filter, Marked, MatchMode, Phrase, Query, Substring, Words, Written},
    search::plan::{plan, plan_excluded},
    text::Segmenter,
};

/// The most parts that are left out in turn: each is as much work as a search, and once more where none of them alone
/// rules everything out.
const PARTS: usize = 16;

/// A part of a query that a paragraph has to have, or may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuledOut {
    /// The part as people would write it.
    pub written: String,
    /// The part, without its sign.
    pub clause: Query,
    /// Whether what has it is excluded; else what has it not.
    pub excluded: bool,
    /// How many paragraphs match the rest of the query.
    pub without_it: u64,
    /// Whether it is one of those that together rule everything out, where none does alone: without any one of them,
    /// the others of them would let something through.
    pub in_conflict: bool,
}

/// Why a query matched nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its parts, and what each of them rules out.
    pub ruled_out: Vec<RuledOut>,
    /// How many paragraphs match without the filter; 0 when there is none.
    pub without_filter: u64,
    /// Whether no paragraph meets the filter: then the parts say nothing, and none is named.
    pub filter_rules_out_everything: bool,
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
    let search = Search { mode, segmenter, snapshot, filter, stop };
    if filter.is_empty() {
        return Ok(Diagnosis { ruled_out: search.ruled_out(query)?, ..Diagnosis::default() });
    }
    let without_filter = Search { filter: &Filter::default(), ..search }.count(&search.plan(query))?;
    let filter_rules_out_everything = search.count(&Expression::All)? == 0;
    let ruled_out = if filter_rules_out_everything { Vec::new() } else { search.ruled_out(query)? };
    Ok(Diagnosis { ruled_out, without_filter, filter_rules_out_everything })
}

/// A search that found nothing, but for its query.
#[derive(Clone, Copy)]
struct Search<'a> {
    mode: MatchMode,
    segmenter: &'a Segmenter,
    snapshot: &'a dyn Snapshot,
    filter: &'a Filter,
    stop: &'a Arc<AtomicBool>,
}

impl Search<'_> {
    fn plan(&self, query: &Query) -> Expression {
        plan(query, self.mode, self.segmenter)
    }

    /// How many paragraphs match.
    fn count(&self, expression: &Expression) -> Result<u64, ReadError> {
        Ok(self.snapshot.count(expression, self.filter, &[], self.stop)?.total.paragraphs)
    }

    /// How many paragraphs match those parts of a query that are kept.
    fn count_kept(&self, parts: &[Part], is_kept: impl Fn(usize) -> bool) -> Result<u64, ReadError> {
        let kept = parts.iter().enumerate().filter(|&(index, _)| is_kept(index));
        self.count(&Expression::Combined(kept.map(|(_, part)| part.clause.clone()).collect()))
    }

    /// Says of the first parts of a query that matched nothing what matches without each of them. Nothing where the
    /// query does not have at least two parts: its terms say all then, unless the only one is none (see [`less_than`]).
    fn ruled_out(&self, query: &Query) -> Result<Vec<RuledOut>, ReadError> {
        let mut parts = distinct(parts(query, self.mode, self.segmenter));
        if let [Part { query: only, clause: Clause::Must(_), written }] = &parts[..]
            && let Some(less) = less_than(only, query)
        {
            let without_it = self.count(&self.plan(&less))?;
            let (clause, written) = (only.clone(), written.clone());
            return Ok(vec![RuledOut { written, clause, excluded: false, without_it, in_conflict: false }]);
        }
        if let [only] = &parts[..] {
            parts = words_of(only, self.mode);
        }
        if parts.len() < 2 {
            return Ok(Vec::new());
        }
        let first = 0..parts.len().min(PARTS);
        let counts: Vec<_> =
            first.map(|index| self.count_kept(&parts, |other| other != index)).collect::<Result<_, _>>()?;
        let conflict =
            if counts.iter().all(|&count| count == 0) { self.conflict(&parts)? } else { vec![false; parts.len()] };
        let part = |((part, without_it), in_conflict): ((Part, u64), bool)| {
            let Part { query, clause, written } = part;
            RuledOut { written, clause: query, excluded: matches!(clause, Clause::MustNot(_)), without_it, in_conflict }
        };
        Ok(parts.into_iter().zip(counts).zip(conflict).map(part).collect())
    }

    /// Which of the first parts rule everything out together: each is left out for good if nothing matches without it
    /// either. The first one is known to be such a one.
    fn conflict(&self, parts: &[Part]) -> Result<Vec<bool>, ReadError> {
        let mut kept = vec![true; parts.len()];
        kept[0] = false;
        for index in 1..parts.len().min(PARTS) {
            kept[index] = false;
            kept[index] = self.count_kept(parts, |other| kept[other])? > 0;
        }
        Ok(kept)
    }
}

/// Each part once: to leave out one of two that are equal changes nothing.
fn distinct(parts: Vec<Part>) -> Vec<Part> {
    let mut distinct: Vec<Part> = Vec::new();
    for part in parts {
        if !distinct.iter().any(|known| known.clause == part.clause) {
            distinct.push(part);
        }
    }
    distinct
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

/// A requirement or an exclusion.
struct Part {
    query: Query,
    clause: Clause,
    written: String,
}

impl Part {
    fn new(query: Query, clause: Clause, marked: Marked, mode: MatchMode) -> Self {
        // Where everything is required, nobody writes so.
        let marked = if mode == MatchMode::All && marked == Marked::Required { Marked::Plain } else { marked };
        let written = Written { part: &query, marked, mode }.to_string();
        Self { query, clause, written }
    }
}

/// What a query demands, as parts that all have to hold. What only lifts the score is none.
fn parts(query: &Query, mode: MatchMode, segmenter: &Segmenter) -> Vec<Part> {
    demanded(query, Marked::Plain, mode, segmenter)
}

fn demanded(query: &Query, marked: Marked, mode: MatchMode, segmenter: &Segmenter) -> Vec<Part> {
    let required = |query: Query| {
        let clause = Clause::Must(plan(&query, mode, segmenter));
        Part::new(query, clause, marked, mode)
    };
    match query {
        Query::Words(words) if words.mode.unwrap_or(mode) == MatchMode::All => {
            words_demanded(words, marked, mode, segmenter)
        }
        Query::Boolean(Boolean { must, should, must_not }) if *query != Query::Boolean(Boolean::default()) => {
            let mut parts: Vec<_> =
                must.iter().flat_map(|part| demanded(part, Marked::Required, mode, segmenter)).collect();
            match &should[..] {
                [only] if must.is_empty() => parts.extend(demanded(only, marked, mode, segmenter)),
                [_, ..] if must.is_empty() => {
                    parts.push(required(Query::Boolean(Boolean { should: should.clone(), ..Boolean::default() })));
                }
                _ => {}
            }
            parts.extend(must_not.iter().map(|part| {
                let clause = Clause::MustNot(plan_excluded(part, segmenter));
                Part::new(part.clone(), clause, Marked::Excluded, mode)
            }));
            parts
        }
        _ => vec![required(query.clone())],
    }
}

/// Words that are all required, as far as white space divides them. A word that is left out of the whole is left out of
/// its part.
fn words_demanded(words: &Words, marked: Marked, mode: MatchMode, segmenter: &Segmenter) -> Vec<Part> {
    let planned = |text: &str| {
        let words =
            Words { text: text.to_owned(), field: words.field, mode: Some(MatchMode::All), synonyms: Vec::new() };
        let query = Query::Words(words);
        let clauses = match plan(&query, MatchMode::All, segmenter) {
            Expression::Combined(clauses) => clauses,
            only => vec![Clause::Must(only)],
        };
        (query, clauses)
    };
    if !words.synonyms.is_empty() {
        // What has other names may be divided by white space.
        let query = Query::Words(Words { mode: Some(MatchMode::All), ..words.clone() });
        let clause = Clause::Must(plan(&query, MatchMode::All, segmenter));
        return vec![Part::new(query, clause, marked, mode)];
    }
    let (whole, clauses) = planned(&words.text);
    let counting: HashSet<String> = clauses.iter().map(characters).collect();
    let mut parts = Vec::new();
    let mut covered = HashSet::new();
    for text in words.text.split_whitespace() {
        let (query, mut clauses) = planned(text);
        clauses.retain(|clause| counting.contains(&characters(clause)));
        if !clauses.is_empty() {
            covered.extend(clauses.iter().map(characters));
            parts.push(Part::new(query, Clause::Must(Expression::Combined(clauses)), marked, mode));
        }
    }
    // Words may be cut otherwise where they stand alone.
    if covered == counting {
        parts
    } else {
        vec![Part::new(whole, Clause::Must(Expression::Combined(clauses)), marked, mode)]
    }
}

/// Each word of a part that requires several, or the part itself.
fn words_of(part: &Part, mode: MatchMode) -> Vec<Part> {
    let (Query::Words(Words { field, .. }), Clause::Must(Expression::Combined(clauses))) = (&part.query, &part.clause)
    else {
        return Vec::new();
    };
    let word = |clause: &Clause| {
        let words = Words { text: characters(clause), field: *field, mode: Some(MatchMode::All), synonyms: Vec::new() };
        Part::new(Query::Words(words), clause.clone(), Marked::Required, mode)
    };
    clauses.iter().filter(|clause| matches!(clause, Clause::Must(_))).map(word).collect()
}

/// The characters of a word, or of words that have other names.
fn characters(clause: &Clause) -> String {
    let (Clause::Must(part) | Clause::Should(part) | Clause::MustNot(part)) = clause;
    match part {
        Expression::Term(Term { characters, .. }) => characters.clone(),
        Expression::All | Expression::Nothing | Expression::Verbatim(_) | Expression::Metadata(_) => String::new(),
        Expression::Combined(clauses) => match &clauses[..] {
            [written @ Clause::Should(_), ..] => characters(written),
            clauses => clauses.iter().map(characters).collect(),
        },
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
        let written: Vec<_> = parts.into_iter().map(|part| part.written).collect();
        assert_eq!(written, expected, "{query:?}");
    }

    #[test]
    fn a_query_falls_into_what_it_demands() {
        let any = |text: &str, expected: &[&str]| check(&parse(text).query, MatchMode::Any, expected);
        any("“两个确立” 干部 -饕餮", &["\"两个确立\"", "-饕餮"]);
        any("+优化营商环境 干部", &["+优化营商环境"]);
        any("干部 忠诚", &["干部 忠诚"]);
        any("干部 忠诚 -教育", &["干部 忠诚", "-教育"]);
        any("干部 | 忠诚 -(教育 培训)", &["干部 | 忠诚", "-(教育 培训)"]);
        any("+(干部 | 忠诚) “两个确立”", &["+(干部 | 忠诚)", "\"两个确立\""]);
        any("标题:“通知” -“意见”", &["标题:\"通知\"", "-\"意见\""]);
        let all = |text: &str, expected: &[&str]| {
            check(&parse(text).query.requiring_all(), MatchMode::All, expected);
        };
        all("优化营商环境 “两个确立”", &["\"两个确立\"", "优化营商环境"]);
        all("甲方 | 乙方 丙方", &["甲方 | 乙方", "丙方"]);
        all("改革 的 农业 -(锚点 防汛)", &["改革", "农业", "-(锚点 防汛)"]);
    }

    #[test]
    fn combinations_within_demands_are_demands() {
        let inner = Boolean {
            must: vec![Query::words("干部")],
            should: vec![Query::words("忠诚")],
            must_not: vec![Query::words("教育")],
        };
        let outer = Boolean { must: vec![Query::Boolean(inner.clone()), Query::words("担当")], ..Boolean::default() };
        check(&Query::Boolean(outer), MatchMode::Any, &["+(干部)", "-(教育)", "+(担当)"]);
        let only = Boolean { should: vec![Query::Boolean(inner)], ..Boolean::default() };
        check(&Query::Boolean(only), MatchMode::Any, &["+(干部)", "-(教育)"]);
        let empty =
            Boolean { must: vec![Query::Boolean(Boolean::default()), Query::words("担当")], ..Boolean::default() };
        check(&Query::Boolean(empty), MatchMode::Any, &["+()", "+(担当)"]);
    }
}
