//! Candidates: the best matches by some tokens, found without looking at what all matches have.
//!
//! Words stand in paragraphs as character sequences, which only a walk through positions can find. Bigrams are terms,
//! and to add up a union of terms is cheap. So bigrams find, and the expression is asked about what they found.

use std::collections::HashSet;

use tantivy::{Term as IndexTerm, query::Bm25StatisticsProvider as _, schema::IndexRecordOption};

use crate::{
    engine::{
        Address, Clause, Expression, Ranking, ReadError, Term, TermField, Token, TokenField, WeighedToken,
        tantivy::{
            best::{Best, Closely, Found, Tie},
            exact::Weights,
            rank::{Admitted, Order, Ranker, ranking},
            record::read_error,
            schema::Fields,
            tokens::{count, term},
            union::Union,
        },
    },
    text::bigrams,
};

/// How many entries of the index are sooner looked at one by one than ranked by tokens. Tests have few entries, with
/// which both ways have to be gone.
const FEW_ENTRIES: u64 = if cfg!(test) { 4 } else { 4_096 };

/// One more for so many are found where nearly all of them match.
const SPARE: usize = 4;

/// Ranks by tokens and keeps the best of those that match. What has none of the tokens is missing, unless fewer than
/// wanted are left without it.
///
/// What requires something rare is ranked as it is: it is not much. How much a filter selects makes no difference here:
/// it is only guessed, and not alike before and after a merge.
pub(super) fn candidates(ranker: Ranker<'_>, order: &Order<'_>, tokens: &[WeighedToken]) -> Result<Ranking, ReadError> {
    let Order { expression, selection, limit, leads } = order;
    if tokens.is_empty() {
        return ranker.rank(order);
    }
    let Some(parts) = Parts::of(expression) else { return ranker.rank(order) };
    if leads.first().is_some_and(|lead| lead.entries() <= FEW_ENTRIES) {
        return ranker.rank(order);
    }
    let fields = ranker.compiler.fields;
    let terms = tokens.iter().map(|WeighedToken { token, weight }| (term(token, fields), *weight));
    let union = Union::new(terms, ranker.statistics, ranker.compiler.lately).map_err(read_error)?;
    let find = |weights: Option<&Weights>, count: usize| {
        // One more than wanted, to know whether there are more.
        let wanted = count.saturating_add(1);
        // To find more costs next to nothing, unless each has to be asked about.
        let mut best = if selection.is_some() { Best::new(wanted, 0) } else { Best::with_much_room(wanted) };
        let closely = &Ties(ranker);
        ranker.look_everywhere(&mut |place| {
            let selected = selection.as_ref().map(|it| it.selected(&place, ranker.stop)).transpose()?;
            let matching = weights.map(|weights| weights.scorers(place.segment)).transpose()?;
            let admitted = Admitted { selected: selected.as_deref(), matching, is_scored: false };
            ranker.add_up(&union, admitted, &place, &mut best, closely)
        })?;
        Ok::<_, ReadError>(ranking(best.into_ranked(closely)?, count, ranker.is_stopped()))
    };
    let early = if parts.is_mostly_found {
        // Nearly all of the best match. To ask so at the end asks about them only, not about all that were among them
        // for a while; for those that do not match, others are at hand.
        let found = matching(find(None, limit + limit / SPARE)?, &parts, ranker)?;
        let is_enough = found.exhausted || found.stopped || found.hits.len() > *limit;
        is_enough.then_some(found)
    } else {
        None
    };
    let found = match early {
        Some(Ranking { hits, exhausted, stopped }) => {
            let Ranking { hits, exhausted: fits, .. } = ranking(hits, *limit, stopped);
            Ranking { hits, exhausted: exhausted && fits, stopped }
        }
        None => find(Some(&unscored(&likeliest_first(expression), ranker)?), *limit)?,
    };
    if found.exhausted && !parts.are_found_by(tokens, ranker)? { ranker.rank(order) } else { Ok(found) }
}

/// Weights that nobody asks for scores.
fn unscored(expression: &Expression, ranker: Ranker<'_>) -> Result<Weights, ReadError> {
    Weights::new(expression, ranker.compiler, ranker.segments.unscored())
}

/// The same with what most matches have before the rest: short words, of which the lists of the index say all.
fn likeliest_first(expression: &Expression) -> Expression {
    let mut sorted = expression.clone();
    if let Expression::Combined(clauses) = &mut sorted {
        clauses.sort_by_key(|clause| match clause {
            Clause::Should(Expression::Term(term)) => term.characters.chars().count(),
            _ => 0,
        });
    }
    sorted
}

/// Those of a ranking that have one of the terms.
fn matching(mut ranking: Ranking, parts: &Parts<'_>, ranker: Ranker<'_>) -> Result<Ranking, ReadError> {
    let mut addresses: Vec<_> = ranking.hits.iter().map(|hit| hit.address).collect();
    addresses.sort_unstable();
    let (lists, rest) = parts.lists(ranker.compiler.fields);
    let rest = unscored(&rest, ranker)?;
    let mut others: HashSet<Address> = HashSet::new();
    for addresses in addresses.chunk_by(|a, b| a.segment == b.segment) {
        let segment = ranker.segments.at(addresses[0].segment);
        let mut known = vec![0; addresses.len()];
        let looked = lists.iter().try_for_each(|list| {
            ranker.check()?;
            count(list, IndexRecordOption::Basic, addresses, segment, ranker.compiler.lately, &mut known)
                .map_err(read_error)
        });
        let mut scorers = rest.scorers(segment)?;
        let unknown = addresses.iter().zip(known).filter(|(_, known)| *known == 0).map(|(address, _)| address);
        others.extend(unknown.filter(|address| !scorers.matches(address.document)));
        match looked.and_then(|()| scorers.failure().map_or(Ok(()), Err)) {
            Err(ReadError::Stopped) => ranking.stopped = true,
            asked => asked?,
        }
    }
    ranking.hits.retain(|hit| !others.contains(&hit.address));
    // What is asked while work is to stop may say no without a failure.
    ranking.stopped |= ranker.is_stopped();
    ranking.exhausted &= !ranking.stopped;
    Ok(ranking)
}

/// The terms by which what an expression matches can be found.
struct Parts<'a> {
    terms: Vec<&'a Term>,
    /// Whether a match has all of them; else it has one at least.
    are_required: bool,
    /// Whether what has tokens of the query mostly matches.
    is_mostly_found: bool,
}

impl<'a> Parts<'a> {
    /// `None` where terms do not say enough, or say it all: what only requires is not ranked by what else there is.
    fn of(expression: &'a Expression) -> Option<Self> {
        let any_of = |terms, is_mostly_found| Some(Self { terms, are_required: false, is_mostly_found });
        let clauses = match expression {
            Expression::Term(term) => return any_of(vec![term], true),
            Expression::Combined(clauses) => clauses,
            Expression::All | Expression::Nothing | Expression::Verbatim(_) | Expression::Metadata(_) => return None,
        };
        let (mut required, mut wanted, mut excluded) = (Vec::new(), Vec::new(), false);
        for clause in clauses {
            match clause {
                Clause::Must(part) => required.push(part),
                Clause::Should(part) => wanted.push(part),
                Clause::MustNot(_) => excluded = true,
            }
        }
        let term = |part: &&'a Expression| if let Expression::Term(term) = *part { Some(term) } else { None };
        if required.is_empty() && wanted.is_empty() {
            // What only excludes matches whatever has no token, too.
            return None;
        }
        if required.is_empty() {
            return any_of(wanted.iter().map(term).collect::<Option<_>>()?, !excluded);
        }
        let terms: Vec<_> = required.iter().filter_map(term).collect();
        let is_found = !terms.is_empty() && !wanted.is_empty();
        is_found.then_some(Self { terms, are_required: true, is_mostly_found: false })
    }

    /// The lists of the index of which whatever is in one has a term, and what the other terms are that it may have.
    ///
    /// A term of two characters is one bigram, and most paragraphs that are found have one of these.
    fn lists(&self, fields: &Fields) -> (Vec<IndexTerm>, Expression) {
        let (pairs, rest): (Vec<&Term>, Vec<&Term>) =
            self.terms.iter().partition(|term| term.characters.chars().count() == 2);
        let tokens = pairs.into_iter().flat_map(|Term { characters, field, .. }| {
            grams(*field).iter().map(|&field| Token { field, characters: characters.clone() })
        });
        let rest = rest.into_iter().map(|term| Clause::Should(Expression::Term(term.clone()))).collect::<Vec<_>>();
        let rest = if rest.is_empty() { Expression::Nothing } else { Expression::Combined(rest) };
        (tokens.map(|token| term(&token, fields)).collect(), rest)
    }

    /// Whether whatever matches has one of the tokens.
    fn are_found_by(&self, tokens: &[WeighedToken], ranker: Ranker<'_>) -> Result<bool, ReadError> {
        let tokens: HashSet<_> = tokens.iter().map(|WeighedToken { token, .. }| token).collect();
        for term in &self.terms {
            ranker.check()?;
            let is_found = has_part_of(&tokens, term, ranker)?;
            if is_found == self.are_required {
                return Ok(is_found);
            }
        }
        Ok(!self.are_required)
    }
}

/// Whether whatever has a term has one of the tokens.
fn has_part_of(tokens: &HashSet<&Token>, required: &Term, ranker: Ranker<'_>) -> Result<bool, ReadError> {
    let of_term = bigrams(&required.characters);
    for &field in grams(required.field) {
        let is_part = |gram: &String| tokens.contains(&Token { field, characters: gram.clone() });
        if !of_term.iter().any(is_part) && !is_missing(&of_term, field, ranker)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the bigrams of a term are looked for.
fn grams(field: TermField) -> &'static [TokenField] {
    match field {
        TermField::Text => &[TokenField::Gram],
        TermField::Title => &[TokenField::TitleGram],
        TermField::TextOrTitle => &[TokenField::Gram, TokenField::TitleGram],
    }
}

/// Whether one of some bigrams stands nowhere in a field: what has all of them is in no paragraph then.
fn is_missing(grams: &[String], field: TokenField, ranker: Ranker<'_>) -> Result<bool, ReadError> {
    for gram in grams {
        let token = Token { field, characters: gram.clone() };
        let token = term(&token, ranker.compiler.fields);
        if ranker.statistics.doc_freq(&token).map_err(read_error)? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells candidates apart, whose scores are known.
struct Ties<'a>(Ranker<'a>);

impl Closely for Ties<'_> {
    fn score(&self, found: &mut [Found]) -> Result<(), ReadError> {
        debug_assert!(found.is_empty(), "found with their scores");
        Ok(())
    }

    fn tie(&self, address: Address) -> Tie {
        self.0.tie(address)
    }
}
