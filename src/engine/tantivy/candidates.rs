//! Candidates: the best matches by some tokens, found without looking at what all matches have.
//!
//! Words stand in paragraphs as character sequences, which only a walk through positions can find. Bigrams are terms,
//! and a flat union of terms is what tantivy prunes. So bigrams find, and the expression is asked about what they found.

use tantivy::{
    DocId, SegmentReader, Term as IndexTerm,
    query::{BooleanQuery, BoostQuery, Query, TermQuery, Weight},
    schema::IndexRecordOption,
};

use crate::{
    engine::{
        Clause, Expression, Ranking, ReadError, Term, TermField, TokenField, WeighedToken,
        tantivy::{
            best::{Best, Exact, Found},
            exact::Weights,
            filter::Selection,
            probe::Probe,
            rank::{Admitted, Order, Ranker, ranking},
            record::read_error,
        },
    },
    text::for_each_gram,
};

/// Ranks by tokens and keeps the best of those that match. What has none of the tokens is missing, unless fewer than
/// wanted are left without it.
///
/// Anything but a union of terms is ranked as it is, and so is what a narrow filter selects: neither is much.
pub(super) fn candidates(ranker: Ranker<'_>, order: &Order<'_>, tokens: &[WeighedToken]) -> Result<Ranking, ReadError> {
    let Order { expression, filter, limit } = order;
    let selection = Selection::new(filter, ranker.compiler, ranker.searcher)?;
    let Some(terms) = union_of(expression) else { return ranker.rank(order) };
    if tokens.is_empty() || selection.as_ref().is_some_and(Selection::leads) {
        return ranker.rank(order);
    }
    let weights = Weights::new(expression, ranker.compiler, ranker.scoring)?;
    let union = Union::new(tokens, ranker)?;
    // One more than wanted, to know whether there are more.
    let mut best = Best::new(limit.saturating_add(1), tokens.len());
    ranker.look_everywhere(&mut |place| {
        let selected = selection.as_ref().map(|it| it.paragraphs(place.segment, place.columns)).transpose()?;
        let admitted = Admitted { selected, matching: Some(weights.scorers(place.segment)?), is_scored: false };
        ranker.prune(union.whole.as_ref(), admitted, &place, &mut best, &union)
    })?;
    let found = ranking(best.into_ranked(&union)?, *limit, ranker.is_stopped());
    let complete = || terms.iter().all(|term| has_part_of(tokens, term));
    if found.exhausted && !complete() { ranker.rank(order) } else { Ok(found) }
}

/// The terms of which one has to match, if that is all there is to an expression.
fn union_of(expression: &Expression) -> Option<Vec<&Term>> {
    match expression {
        Expression::Term(term) => Some(vec![term]),
        Expression::Combined(clauses) => clauses
            .iter()
            .map(|clause| match clause {
                Clause::Should(Expression::Term(term)) => Some(term),
                _ => None,
            })
            .collect(),
        Expression::All | Expression::Nothing | Expression::Verbatim(_) | Expression::Metadata(_) => None,
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

impl Exact for Union<'_> {
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
}
