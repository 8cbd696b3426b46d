//! Scores that do not depend on the way in which a paragraph was found.
//!
//! tantivy adds up a union's scores in whatever order its postings happen to stand, so equal paragraphs may differ in
//! the last bit, and one paragraph may score differently under another limit. Ranks must not: the paragraphs that
//! pass tantivy's threshold are scored again here, in the order of the expression.
//!
//! Exact characters are not in the index, so whoever asks for them is told here, too, what matches.

use std::sync::Arc;

use tantivy::{
    DocId, SegmentReader,
    query::{EnableScoring, Query},
    schema::Field,
};

use crate::engine::{
    Clause, Expression, ReadError,
    tantivy::{compile::Compiler, heed::Part, probe::LazyProbe, record::read_error, stores::Stores, verbatim::Texts},
};

/// An expression's weights, ready for any segment.
pub(super) enum Weights {
    Constant,
    Nothing,
    AnyOf(Vec<Arc<Part>>),
    Verbatim { sequence: Arc<Part>, text: String, stores: Stores, stored: Field },
    Combined { must: Vec<Weights>, should: Vec<Weights>, must_not: Vec<Weights> },
}

/// An expression's scorers in one segment. Documents have to be asked for in ascending order.
pub(super) enum Scorers {
    Constant,
    Nothing,
    AnyOf(Vec<LazyProbe>),
    Verbatim { sequence: LazyProbe, text: String, texts: Texts },
    Combined { must: Vec<Scorers>, should: Vec<Scorers>, must_not: Vec<Scorers> },
}

impl Weights {
    /// # Errors
    /// When the index cannot be read, or work is to stop.
    pub(super) fn new(
        expression: &Expression,
        compiler: Compiler<'_>,
        scoring: EnableScoring<'_>,
    ) -> Result<Self, ReadError> {
        let part = |query: &dyn Query| {
            let weight = query.weight(scoring).map_err(read_error)?;
            Ok::<_, ReadError>(Arc::new(Part::new(weight, compiler.stop)))
        };
        Ok(match expression {
            Expression::All => Self::Constant,
            Expression::Nothing => Self::Nothing,
            Expression::Term(term) => {
                Self::AnyOf(compiler.leaves(term).iter().map(|leaf| part(leaf.as_ref())).collect::<Result<_, _>>()?)
            }
            Expression::Verbatim(verbatim) => Self::Verbatim {
                sequence: part(compiler.expression(expression).as_ref())?,
                text: verbatim.text().to_owned(),
                stores: compiler.stores.clone(),
                stored: compiler.fields.stored,
            },
            Expression::Metadata(condition) => Self::AnyOf(vec![part(compiler.metadata(condition).as_ref())?]),
            Expression::Combined(clauses) => {
                let (mut must, mut should, mut must_not) = (Vec::new(), Vec::new(), Vec::new());
                for clause in clauses {
                    let (expression, group) = match clause {
                        Clause::Must(expression) => (expression, &mut must),
                        Clause::Should(expression) => (expression, &mut should),
                        Clause::MustNot(expression) => (expression, &mut must_not),
                    };
                    // A query has up to thousands of them.
                    compiler.stop.check().map_err(read_error)?;
                    group.push(Self::new(expression, compiler, scoring)?);
                }
                Self::Combined { must, should, must_not }
            }
        })
    }

    pub(super) fn scorers(&self, segment: &SegmentReader) -> Result<Scorers, ReadError> {
        let texts = match self.stored() {
            Some((stores, field)) => Some(Texts::new(stores.of(segment)?, field)),
            None => None,
        };
        Ok(self.scorers_with(&Arc::new(segment.clone()), texts.as_ref()))
    }

    fn scorers_with(&self, segment: &Arc<SegmentReader>, texts: Option<&Texts>) -> Scorers {
        let group = |weights: &[Self]| weights.iter().map(|weight| weight.scorers_with(segment, texts)).collect();
        match self {
            Self::Constant => Scorers::Constant,
            Self::Nothing => Scorers::Nothing,
            Self::AnyOf(weights) => {
                Scorers::AnyOf(weights.iter().map(|weight| LazyProbe::new(weight, segment)).collect())
            }
            Self::Verbatim { sequence, text, stores: _, stored: _ } => Scorers::Verbatim {
                sequence: LazyProbe::new(sequence, segment),
                text: text.clone(),
                texts: texts.expect("opened for every expression that asks for exact characters").clone(),
            },
            Self::Combined { must, should, must_not } => {
                Scorers::Combined { must: group(must), should: group(should), must_not: group(must_not) }
            }
        }
    }

    /// How many scores are added up at most: as many roundings may lie between two ways of adding.
    pub(super) fn additions(&self) -> usize {
        match self {
            Self::Constant | Self::Nothing => 0,
            Self::AnyOf(weights) => weights.len(),
            Self::Verbatim { .. } => 1,
            Self::Combined { must, should, must_not: _ } => must.iter().chain(should).map(Self::additions).sum(),
        }
    }

    /// Whether it takes the texts to know what matches: what is found by letters and digits may be written otherwise.
    pub(super) fn look_at_texts(&self) -> bool {
        self.stored().is_some()
    }

    /// Where the texts are stored that have to be looked at, if any have to.
    fn stored(&self) -> Option<(&Stores, Field)> {
        match self {
            Self::Constant | Self::Nothing | Self::AnyOf(_) => None,
            Self::Verbatim { stores, stored, .. } => Some((stores, *stored)),
            Self::Combined { must, should, must_not } => {
                must.iter().chain(should).chain(must_not).find_map(Self::stored)
            }
        }
    }
}

impl Scorers {
    /// Whether a document matches; no when that cannot be found out: see [`Scorers::failure`]. Asks no more than it takes
    /// to know.
    pub(super) fn matches(&mut self, document: DocId) -> bool {
        match self {
            Self::Constant => true,
            Self::Nothing => false,
            Self::AnyOf(scorers) => scorers.iter_mut().any(|scorer| scorer.matches(document)),
            Self::Verbatim { sequence, text, texts } => sequence.matches(document) && texts.have(document, text),
            Self::Combined { must, should, must_not } => {
                let required = must.iter_mut().all(|part| part.matches(document));
                let wanted =
                    !must.is_empty() || should.is_empty() || should.iter_mut().any(|part| part.matches(document));
                required && wanted && !must_not.iter_mut().any(|part| part.matches(document))
            }
        }
    }

    /// The score of a document; `None` when it does not match, or when that cannot be found out: see
    /// [`Scorers::failure`].
    pub(super) fn score(&mut self, document: DocId) -> Option<f64> {
        match self {
            Self::Constant => Some(0.0),
            Self::Nothing => None,
            Self::AnyOf(scorers) => {
                scorers.iter_mut().filter_map(|scorer| scorer.score(document)).map(f64::from).reduce(|a, b| a + b)
            }
            Self::Verbatim { sequence, text, texts } => {
                sequence.score(document).filter(|_| texts.have(document, text)).map(f64::from)
            }
            Self::Combined { must, should, must_not } => {
                if must_not.iter_mut().any(|part| part.matches(document)) {
                    return None;
                }
                let required: f64 = must.iter_mut().map(|part| part.score(document)).sum::<Option<_>>()?;
                let wanted = should.iter_mut().filter_map(|part| part.score(document)).reduce(|a, b| a + b);
                let only_wanted = must.is_empty() && !should.is_empty();
                match wanted {
                    None if only_wanted => None,
                    wanted => Some(required + wanted.unwrap_or(0.0)),
                }
            }
        }
    }

    /// Why something could not be looked at; what was scored since the last time that this was asked is in doubt then.
    pub(super) fn failure(&self) -> Option<ReadError> {
        let of = |probe: &LazyProbe| probe.failure().cloned().map(read_error);
        match self {
            Self::Constant | Self::Nothing => None,
            Self::AnyOf(probes) => probes.iter().find_map(of),
            Self::Verbatim { sequence, texts, .. } => of(sequence).or_else(|| texts.failure()),
            Self::Combined { must, should, must_not } => {
                must.iter().chain(should).chain(must_not).find_map(Self::failure)
            }
        }
    }
}
