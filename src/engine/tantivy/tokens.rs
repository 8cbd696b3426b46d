//! What of some tokens there is: in the collection, and in the paragraphs that are looked at more closely.

use tantivy::{
    SegmentReader, TantivyError, Term as IndexTerm,
    query::Bm25StatisticsProvider,
    schema::{Field, IndexRecordOption},
};

use crate::engine::{
    Address, Expression, Lengths, Occurrences, ReadError, Token, TokenField, TokenStatistics,
    tantivy::{
        exact::Weights, lately::Lately, rank::Ranker, record::read_error, schema::Fields,
        statistics::ParagraphStatistics,
    },
};

/// How common tokens are.
pub(super) fn statistics(
    tokens: &[Token],
    statistics: &ParagraphStatistics<'_>,
    fields: &Fields,
) -> tantivy::Result<TokenStatistics> {
    let paragraphs = statistics.total_num_docs()?;
    let length = |field| Ok::<_, TantivyError>(number(statistics.total_num_tokens(field)?) / number(paragraphs.max(1)));
    let frequency = |token: &Token| statistics.doc_freq(&term(token, fields));
    Ok(TokenStatistics {
        paragraphs,
        frequencies: tokens.iter().map(frequency).collect::<tantivy::Result<_>>()?,
        text_length: length(fields.grams)?,
        title_length: length(fields.title_grams)?,
    })
}

/// What the paragraphs at some addresses, which are ascending, have of tokens.
pub(super) fn occurrences(
    tokens: &[Token],
    paragraphs: &[Address],
    ranker: Ranker<'_>,
) -> Result<Occurrences, ReadError> {
    let mut found = Occurrences {
        counts: vec![Vec::with_capacity(paragraphs.len()); tokens.len()],
        lengths: Vec::with_capacity(paragraphs.len()),
    };
    let fields = ranker.compiler.fields;
    for paragraphs in paragraphs.chunk_by(|a, b| a.segment == b.segment) {
        let segment = ranker.segments.at(paragraphs[0].segment);
        for (token, counts) in tokens.iter().zip(&mut found.counts) {
            ranker.check()?;
            count(&term(token, fields), paragraphs, segment, ranker.compiler.lately, counts).map_err(read_error)?;
        }
        found.lengths.extend(lengths(paragraphs, segment, fields).map_err(read_error)?);
    }
    Ok(found)
}

/// What the paragraphs at some addresses, which are ascending, score by an expression.
pub(super) fn scores(
    expression: &Expression,
    paragraphs: &[Address],
    ranker: Ranker<'_>,
) -> Result<Vec<Option<f32>>, ReadError> {
    let weights = Weights::new(expression, ranker.compiler, ranker.scoring)?;
    let mut scores = Vec::with_capacity(paragraphs.len());
    for paragraphs in paragraphs.chunk_by(|a, b| a.segment == b.segment) {
        ranker.check()?;
        let mut parts = weights.scorers(ranker.segments.at(paragraphs[0].segment))?;
        scores.extend(paragraphs.iter().map(|address| parts.score(address.document).map(single)));
        if let Some(failure) = parts.failure() {
            return Err(failure);
        }
    }
    Ok(scores)
}

/// Adds how often each of the paragraphs of a segment has a term.
fn count(
    term: &IndexTerm,
    paragraphs: &[Address],
    segment: &SegmentReader,
    lately: &Lately,
    counts: &mut Vec<u32>,
) -> tantivy::Result<()> {
    let Some(mut postings) = lately.postings(segment, term, IndexRecordOption::WithFreqs)? else {
        counts.resize(counts.len() + paragraphs.len(), 0);
        return Ok(());
    };
    // Behind the last posting stands tantivy's mark of the end, which is greater than any document.
    let (mut at, mut standing) = (0, postings.doc(0));
    counts.extend(paragraphs.iter().map(|&Address { document, .. }| {
        if standing < document {
            at = postings.seek(document);
            standing = postings.doc(at);
        }
        if standing == document { postings.freq(at) } else { 0 }
    }));
    Ok(())
}

fn lengths(paragraphs: &[Address], segment: &SegmentReader, fields: &Fields) -> tantivy::Result<Vec<Lengths>> {
    let texts = segment.get_fieldnorms_reader(fields.grams)?;
    let titles = segment.get_fieldnorms_reader(fields.title_grams)?;
    let of = |&Address { document, .. }: &Address| Lengths {
        text: texts.fieldnorm(document),
        title: titles.fieldnorm(document),
    };
    Ok(paragraphs.iter().map(of).collect())
}

/// A token as a term of the index.
pub(super) fn term(Token { field, characters }: &Token, fields: &Fields) -> IndexTerm {
    IndexTerm::from_field_text(fields.token(*field), characters)
}

impl Fields {
    /// The field that a token stands in.
    pub(super) fn token(&self, field: TokenField) -> Field {
        match field {
            TokenField::Gram => self.grams,
            TokenField::TitleGram => self.title_grams,
            TokenField::Word => self.words,
            TokenField::TitleWord => self.title_words,
            TokenField::Character => self.characters,
            TokenField::Cue => self.cues,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an average")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
fn single(score: f64) -> f32 {
    score as f32
}
