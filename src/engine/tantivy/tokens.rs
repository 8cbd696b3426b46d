//! What of some tokens there is: in the collection, and in the paragraphs that are looked at more closely.

use std::collections::HashMap;

use tantivy::{
    SegmentReader, TantivyError, Term as IndexTerm,
    query::Bm25StatisticsProvider,
    schema::{Field, IndexRecordOption},
};

use crate::engine::{
    Address, Expression, Lengths, Occurrences, ReadError, Token, TokenField, TokenStatistics,
    tantivy::{
        exact::Weights, lately::Lately, rank::Ranker, record::read_error, schema::Fields, sought::Sought,
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
///
/// The lists of characters are long. What has a bigram has both its characters, so that only the rest is looked for.
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
    let grams = grams_by_character(tokens);
    for paragraphs in paragraphs.chunk_by(|a, b| a.segment == b.segment) {
        let segment = ranker.segments.at(paragraphs[0].segment);
        for (index, token) in tokens.iter().enumerate() {
            ranker.check()?;
            let mut counts = vec![0; paragraphs.len()];
            if token.field == TokenField::Character
                && let Some(grams) = grams.get(token.characters.as_str())
            {
                for &gram in grams.iter().filter(|&&gram| gram < index) {
                    let of_gram = &found.counts[gram][found.lengths.len()..];
                    counts.iter_mut().zip(of_gram).for_each(|(count, of_gram)| *count |= u32::from(*of_gram > 0));
                }
            }
            let term = term(token, fields);
            count(&term, IndexRecordOption::WithFreqs, paragraphs, segment, ranker.compiler.lately, &mut counts)
                .map_err(read_error)?;
            found.counts[index].extend(counts);
        }
        found.lengths.extend(lengths(paragraphs, segment, fields).map_err(read_error)?);
    }
    Ok(found)
}

/// Which of some tokens are bigrams of a text that have a character.
fn grams_by_character(tokens: &[Token]) -> HashMap<&str, Vec<usize>> {
    let mut grams: HashMap<_, Vec<_>> = HashMap::new();
    for (index, Token { field, characters }) in tokens.iter().enumerate() {
        if *field == TokenField::Gram {
            for character in characters.split("").filter(|character| !character.is_empty()) {
                grams.entry(character).or_default().push(index);
            }
        }
    }
    grams
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

/// Counts how often each of the paragraphs of a segment, which are ascending, has a term, where none is counted yet. Once
/// where frequencies are not asked for.
pub(super) fn count(
    term: &IndexTerm,
    option: IndexRecordOption,
    paragraphs: &[Address],
    segment: &SegmentReader,
    lately: &Lately,
    counts: &mut [u32],
) -> tantivy::Result<()> {
    let unknown = |(_, count): &(&Address, &mut u32)| **count == 0;
    let mut wanted = paragraphs.iter().zip(counts).filter(unknown).peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let Some(postings) = lately.postings(segment, term, option)? else { return Ok(()) };
    let mut list = Sought::new(postings);
    for (address, count) in wanted {
        if list.has(address.document) {
            *count = list.frequency();
        }
    }
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
