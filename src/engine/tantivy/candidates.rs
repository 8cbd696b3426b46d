//! Candidates: the best matches by some tokens, found without looking at what all matches have.
//!
//! Words stand in paragraphs as character sequences, which only a walk through positions can find. Bigrams are terms,
//! and a flat union of terms is what tantivy prunes. So bigrams find, and the expression is asked about what they found.

use std::collections::HashSet;

use tantivy::{
    DocId, SegmentReader, Term as IndexTerm,
    query::{BooleanQuery, BoostQuery, Query, TermQuery, Weight},
    schema::IndexRecordOption,
};

use crate::{
    engine::{
        Address, Clause, Expression, Ranking, ReadError, Term, TermField, TokenField, WeighedToken,
        tantivy::{
            best::{Best, Closely, Found, Tie},
            exact::Weights,
            filter::Selection,
            lead::Lead,
            probe::Probe,
            rank::{Admitted, Order, Ranker, ranking},
            record::read_error,
        },
    },
    text::for_each_gram,
};

/// How many entries of the index are sooner looked at one by one than ranked by tokens. Tests have few entries, with
/// which both ways have to be gone.
const FEW_ENTRIES: u64 = if cfg!(test) { 4 } else { 4_096 };

/// One more for so many are found where nearly all of them match.
const SPARE: usize = 4;

/// Ranks by tokens and keeps the best of those that match. What has none of the tokens is missing, unless fewer than
/// wanted are left without it.
///
/// What a narrow filter selects is ranked as it is, and so is what requires something rare: neither is much.
pub(super) fn candidates(ranker: Ranker<'_>, order: &Order<'_>, tokens: &[WeighedToken]) -> Result<Ranking, ReadError> {
    let Order { expression, filter, limit } = order;
    let selection = Selection::new(filter, ranker.compiler, ranker.searcher)?;
    if tokens.is_empty() || selection.as_ref().is_some_and(Selection::leads) {
        return ranker.rank(order);
    }
    let Some(parts) = Parts::of(expression) else { return ranker.rank(order) };
    if Lead::of(expression, ranker)?.is_some_and(|lead| lead.entries() <= FEW_ENTRIES) {
        return ranker.rank(order);
    }
    let union = Union::new(tokens, ranker)?;
    let weights = Weights::new(expression, ranker.compiler, ranker.scoring)?;
    let find = |weights: Option<&Weights>, count: usize| {
        // One more than wanted, to know whether there are more.
        let mut best = Best::new(count.saturating_add(1), tokens.len());
        ranker.look_everywhere(&mut |place| {
            let selected = selection.as_ref().map(|it| it.paragraphs(place.segment, place.columns)).transpose()?;
            let matching = weights.map(|weights| weights.scorers(place.segment)).transpose()?;
            let admitted = Admitted { selected, matching, is_scored: false };
            ranker.prune(union.whole.as_ref(), admitted, &place, &mut best, &union)
        })?;
        Ok::<_, ReadError>(ranking(best.into_ranked(&union)?, count, ranker.is_stopped()))
    };
    let early = if parts.is_mostly_found {
        // Nearly all of the best match. To ask so at the end asks about them only, not about all that were among them
        // for a while; for those that do not match, others are at hand.
        let found = matching(find(None, limit + limit / SPARE)?, &weights, ranker)?;
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
        None => find(Some(&weights), *limit)?,
    };
    if found.exhausted && !parts.are_found_by(tokens) { ranker.rank(order) } else { Ok(found) }
}

/// Those of a ranking that match.
fn matching(mut ranking: Ranking, weights: &Weights, ranker: Ranker<'_>) -> Result<Ranking, ReadError> {
    let mut addresses: Vec<_> = ranking.hits.iter().map(|hit| hit.address).collect();
    addresses.sort_unstable();
    let mut others: HashSet<Address> = HashSet::new();
    for addresses in addresses.chunk_by(|a, b| a.segment == b.segment) {
        let mut scorers = weights.scorers(ranker.searcher.segment_reader(addresses[0].segment))?;
        others.extend(addresses.iter().filter(|address| !scorers.matches(address.document)));
        match scorers.failure() {
            Some(ReadError::Stopped) => ranking.stopped = true,
            failure => failure.map_or(Ok(()), Err)?,
        }
    }
    ranking.hits.retain(|hit| !others.contains(&hit.address));
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
        if required.is_empty() {
            return any_of(wanted.iter().map(term).collect::<Option<_>>()?, !excluded);
        }
        let terms: Vec<_> = required.iter().filter_map(term).collect();
        let is_found = !terms.is_empty() && !wanted.is_empty();
        is_found.then_some(Self { terms, are_required: true, is_mostly_found: false })
    }

    /// Whether whatever matches has one of the tokens.
    fn are_found_by(&self, tokens: &[WeighedToken]) -> bool {
        let mut terms = self.terms.iter();
        let found = |term: &&Term| has_part_of(tokens, term);
        if self.are_required { terms.any(found) } else { terms.all(found) }
    }
}

/// Whether whatever has a term has one of the tokens.
fn has_part_of(tokens: &[WeighedToken], term: &Term) -> bool {
    let wanted = match term.field {
        TermField::Text => &[TokenField::Gram][..],
        TermField::Title => &[TokenField::TitleGram],
        TermField::TextOrTitle => &[TokenField::Gram, TokenField::TitleGram],
    };
    let mut grams = Vec::new();
    for_each_gram(&term.characters, |gram, _| grams.push(gram.to_owned()));
    // The last character stands alone at the end of a text only.
    grams.pop();
    wanted.iter().all(|field| {
        tokens.iter().any(|WeighedToken { token, .. }| token.field == *field && grams.contains(&token.characters))
    })
}

/// The tokens of which any will do.
struct Union<'a> {
    ranker: Ranker<'a>,
    whole: Box<dyn Weight>,
    parts: Vec<Box<dyn Weight>>,
}

impl<'a> Union<'a> {
    fn new(tokens: &[WeighedToken], ranker: Ranker<'a>) -> Result<Self, ReadError> {
        let query = |WeighedToken { token, weight }: &WeighedToken| -> Box<dyn Query> {
            let term = IndexTerm::from_field_text(ranker.compiler.fields.token(token.field), &token.characters);
            let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            // A weighed union of terms is pruned like any other: the weight goes into the terms' own scorers.
            Box::new(BoostQuery::new(query, *weight))
        };
        let queries: Vec<_> = tokens.iter().map(query).collect();
        let parts = queries.iter().map(|query| query.weight(ranker.scoring)).collect::<Result<_, _>>();
        let whole = BooleanQuery::union(queries).weight(ranker.scoring);
        Ok(Self { ranker, whole: whole.map_err(read_error)?, parts: parts.map_err(read_error)? })
    }

    fn probes(&self, segment: &SegmentReader) -> Result<Vec<Probe>, ReadError> {
        self.parts.iter().map(|part| part.scorer(segment, 1.0).map(Probe::new).map_err(read_error)).collect()
    }
}

impl Closely for Union<'_> {
    fn score(&self, found: &mut [Found]) -> Result<(), ReadError> {
        self.ranker.score_exactly(found, |found| {
            let mut probes = self.probes(self.ranker.searcher.segment_reader(found[0].address.segment))?;
            let mut score =
                |document: DocId| probes.iter_mut().filter_map(|it| it.score(document)).map(f64::from).sum();
            for found in found {
                self.ranker.check()?;
                found.exact = Some(score(found.address.document));
            }
            Ok(())
        })
    }

    fn tie(&self, address: Address) -> Tie {
        self.ranker.tie(address)
    }
}
