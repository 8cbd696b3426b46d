//! What an expression matches, unscored: found by the index, decided by the texts where it does not know.

use tantivy::{
    DocId, SegmentReader,
    query::{EnableScoring, Query, Scorer, Weight},
};

use crate::{
    engine::{
        Expression, ReadError,
        tantivy::{
            compile::Compiler,
            exact::{Scorers, Weights},
            record::read_error,
        },
    },
    query::Filter,
};

/// The matches in any segment.
pub(super) struct Matching {
    found: Box<dyn Weight>,
    /// `None` where all that is found matches.
    deciding: Option<Weights>,
}

/// Decides about what is found in one segment.
pub(super) struct Judge(Option<Scorers>);

impl Matching {
    /// The paragraphs that an expression matches in documents that the filter lets through.
    pub(super) fn new(
        expression: &Expression,
        filter: &Filter,
        compiler: Compiler<'_>,
        unscored: EnableScoring<'_>,
    ) -> Result<Self, ReadError> {
        let found = compiler.filtered(expression, filter).weight(unscored).map_err(read_error)?;
        let deciding = expression.has_verbatim().then(|| Weights::new(expression, compiler, unscored)).transpose()?;
        Ok(Self { found, deciding })
    }

    /// All that a query finds.
    pub(super) fn of(query: &dyn Query, unscored: EnableScoring<'_>) -> Result<Self, ReadError> {
        Ok(Self { found: query.weight(unscored).map_err(read_error)?, deciding: None })
    }

    /// What is found in a segment, deleted entries included, and who decides about it.
    pub(super) fn in_segment(&self, segment: &SegmentReader) -> Result<(Box<dyn Scorer>, Judge), ReadError> {
        let found = self.found.scorer(segment, 1.0).map_err(read_error)?;
        let scorers = self.deciding.as_ref().map(|weights| weights.scorers(segment)).transpose()?;
        Ok((found, Judge(scorers)))
    }
}

impl Judge {
    /// Whether what was found matches. To be asked in ascending order.
    pub(super) fn accepts(&mut self, found: DocId) -> Result<bool, ReadError> {
        let Self(Some(scorers)) = self else { return Ok(true) };
        let accepted = scorers.score(found).is_some();
        scorers.failure().map_or(Ok(accepted), Err)
    }
}
