//! The score of one paragraph, taken apart.
//!
//! Whether a paragraph matches and what each part adds is asked of the scorers that rank. Where that comes from is read
//! from the index beside them: the numbers that tantivy's BM25 is made of.

use tantivy::{
    DocId, DocSet, Score, SegmentReader, Term as Entry,
    postings::{Postings, SegmentPostings},
    query::{Bm25StatisticsProvider, EnableScoring, Query},
    schema::{Field, IndexRecordOption},
};

use crate::{
    engine::{
        Bm25, Clause, Evidence, Explanation, Expression, IndexTerm, ReadError, ScorePart, Term, TermField, Verdict,
        tantivy::{
            asked::Conditions,
            compile::Compiler,
            exact::{Scorers, Weights},
            probe::LazyProbe,
            record::read_error,
            schema::Kind,
            starting::StartingWith,
            statistics::ParagraphStatistics,
        },
    },
    query::Filter,
};

/// How much of a score the length of a field decides: tantivy's constant.
const LENGTH_WEIGHT: Score = 0.75;

/// Takes the score of one paragraph apart.
pub(super) struct Explainer<'a> {
    pub(super) compiler: Compiler<'a>,
    pub(super) statistics: &'a ParagraphStatistics<'a>,
    /// With these statistics.
    pub(super) scoring: EnableScoring<'a>,
    pub(super) segment: &'a SegmentReader,
    /// The paragraph's place in the segment.
    pub(super) paragraph: DocId,
    /// The place of its document's record.
    pub(super) record: DocId,
}

impl Explainer<'_> {
    pub(super) fn explain(&self, expression: &Expression, filter: &Filter) -> Result<Explanation, ReadError> {
        let searchable = self.is_searchable().map_err(read_error)?;
        let admitted = self.is_admitted(filter).map_err(read_error)?;
        let mut scorers = Weights::new(expression, self.compiler, self.scoring)?.scorers(self.segment)?;
        let score = scorers.score(self.paragraph).filter(|_| searchable && admitted);
        let verdict = self.verdict(expression, &mut scorers)?;
        if let Some(failure) = scorers.failure() {
            return Err(failure);
        }
        let paragraphs = self.statistics.total_num_docs().map_err(read_error)?;
        Ok(Explanation { searchable, admitted, score: score.map(single), verdict, paragraphs })
    }

    /// Paragraphs that nothing can find are not among those of that kind.
    fn is_searchable(&self) -> tantivy::Result<bool> {
        let paragraphs = self.compiler.fields.kind_term(Kind::Paragraph);
        Ok(self.postings(&paragraphs, IndexRecordOption::Basic)?.is_some())
    }

    fn is_admitted(&self, filter: &Filter) -> tantivy::Result<bool> {
        if filter.is_empty() {
            return Ok(true);
        }
        let selected = Conditions::new(filter, self.compiler).in_segment(self.segment, self.compiler)?;
        // Not by its own date, which paragraphs that nothing can find have none of.
        let date = self.compiler.columns.of(self.segment)?.date(self.record);
        Ok(selected.admits(self.paragraph, || date))
    }

    /// The scorers are the expression's.
    fn verdict(&self, expression: &Expression, scorers: &mut Scorers) -> Result<Verdict, ReadError> {
        self.compiler.stop.check().map_err(read_error)?;
        let mut verdict = Verdict { matches: scorers.score(self.paragraph).is_some(), ..Verdict::default() };
        match (expression, scorers) {
            (Expression::All | Expression::Nothing, _) => {}
            (Expression::Term(term), Scorers::AnyOf(probes)) => {
                verdict.parts = self.term_parts(term, probes).map_err(read_error)?;
            }
            (Expression::Verbatim(verbatim), Scorers::Verbatim { sequence, .. }) => {
                let sequence = if verdict.matches { std::slice::from_mut(sequence) } else { &mut [] };
                verdict.parts = self.term_parts(verbatim.term(), sequence).map_err(read_error)?;
            }
            (Expression::Metadata(_), Scorers::AnyOf(probes)) => verdict.parts = self.condition_parts(probes),
            (Expression::Combined(clauses), Scorers::Combined { must, should, must_not }) => {
                let (mut must, mut should, mut must_not) = (must.iter_mut(), should.iter_mut(), must_not.iter_mut());
                for clause in clauses {
                    let (part, scorers) = match clause {
                        Clause::Must(part) => (part, must.next()),
                        Clause::Should(part) => (part, should.next()),
                        Clause::MustNot(part) => (part, must_not.next()),
                    };
                    let scorers = scorers.expect("there is one for each clause, in the same order");
                    verdict.clauses.push(self.verdict(part, scorers)?);
                }
            }
            (Expression::Term(_) | Expression::Verbatim(_) | Expression::Metadata(_) | Expression::Combined(_), _) => {
                unreachable!("scorers have the shape of their expression")
            }
        }
        Ok(verdict)
    }

    fn term_parts(&self, term: &Term, probes: &mut [LazyProbe]) -> tantivy::Result<Vec<ScorePart>> {
        let mut parts = Vec::new();
        for (leaf, probe) in self.compiler.leaves(term).iter().zip(probes) {
            if let Some(value) = probe.score(self.paragraph) {
                parts.push(ScorePart { value, evidence: self.evidence(&term.characters, leaf.as_ref())? });
            }
        }
        Ok(parts)
    }

    /// A condition that only selects adds nothing.
    fn condition_parts(&self, probes: &mut [LazyProbe]) -> Vec<ScorePart> {
        let values = probes.iter_mut().filter_map(|probe| probe.score(self.paragraph)).filter(|value| *value > 0.0);
        values.map(|value| ScorePart { value, evidence: Evidence::Document }).collect()
    }

    /// What one of a term's queries found.
    fn evidence(&self, characters: &str, leaf: &dyn Query) -> tantivy::Result<Evidence> {
        if let Some(start) = leaf.downcast_ref::<StartingWith>() {
            let frequency = self.frequency_at_start(characters, start.field)?;
            return Ok(Evidence::Character { field: self.place(start.field), frequency });
        }
        let mut entries = Vec::new();
        leaf.query_terms(&mut |entry, _| entries.push(entry));
        let field = entries.first().expect("only a character's has none").field();
        let is_word = [self.compiler.fields.words, self.compiler.fields.title_words].contains(&field);
        let bm25 = self.bm25(field, &entries)?;
        Ok(if is_word { Evidence::Word(bm25) } else { Evidence::Sequence(bm25) })
    }

    fn bm25(&self, field: Field, entries: &[&Entry]) -> tantivy::Result<Bm25> {
        let terms = entries.iter().map(|entry| self.index_term(entry)).collect::<tantivy::Result<Vec<_>>>()?;
        let length = self.segment.get_fieldnorms_reader(field)?.fieldnorm(self.paragraph);
        let average_length =
            number(self.statistics.total_num_tokens(field)?) / number(self.statistics.total_num_docs()?);
        let length_norm = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * number(length.into()) / average_length;
        Ok(Bm25 {
            field: self.place(field),
            frequency: self.frequency(entries)?,
            idf: terms.iter().map(|term| term.idf).sum(),
            terms,
            length,
            average_length,
            length_norm,
        })
    }

    fn index_term(&self, entry: &Entry) -> tantivy::Result<IndexTerm> {
        let frequency = self.statistics.doc_freq(entry)?;
        let others = self.statistics.total_num_docs()?.saturating_sub(frequency);
        let idf = (1.0 + (number(others) + 0.5) / (number(frequency) + 0.5)).ln();
        Ok(IndexTerm { characters: entry.value().as_str().unwrap_or_default().to_owned(), frequency, idf })
    }

    /// How often entries stand one after the other in the paragraph; they are of one field.
    fn frequency(&self, entries: &[&Entry]) -> tantivy::Result<u32> {
        if let [entry] = entries {
            let postings = self.postings(entry, IndexRecordOption::WithFreqs)?;
            return Ok(postings.map_or(0, |postings| postings.term_freq()));
        }
        let mut starts: Option<Vec<u32>> = None;
        for (offset, entry) in (0..).zip(entries) {
            let mut positions = Vec::new();
            if let Some(mut postings) = self.postings(entry, IndexRecordOption::WithFreqsAndPositions)? {
                postings.positions(&mut positions);
            }
            match &mut starts {
                None => starts = Some(positions),
                Some(starts) => retain_followed(starts, offset, &positions),
            }
        }
        Ok(starts.map_or(0, |starts| u32::try_from(starts.len()).unwrap_or(u32::MAX)))
    }

    /// How often a character stands in the paragraph: each time an entry begins with it.
    fn frequency_at_start(&self, character: &str, field: Field) -> tantivy::Result<u32> {
        let index = self.segment.inverted_index(field)?;
        let mut entries = index.terms().range().ge(character.as_bytes()).into_stream()?;
        let mut frequency = 0;
        while entries.advance() && entries.key().starts_with(character.as_bytes()) {
            self.compiler.stop.check()?;
            let postings = index.read_postings_from_terminfo(entries.value(), IndexRecordOption::WithFreqs)?;
            frequency += self.at_paragraph(postings).map_or(0, |postings| postings.term_freq());
        }
        Ok(frequency)
    }

    /// An entry's postings, at the paragraph; `None` where the paragraph does not have it.
    fn postings(&self, entry: &Entry, option: IndexRecordOption) -> tantivy::Result<Option<SegmentPostings>> {
        let postings = self.segment.inverted_index(entry.field())?.read_postings(entry, option)?;
        Ok(postings.and_then(|postings| self.at_paragraph(postings)))
    }

    fn at_paragraph(&self, mut postings: SegmentPostings) -> Option<SegmentPostings> {
        if postings.doc() < self.paragraph {
            postings.seek(self.paragraph);
        }
        (postings.doc() == self.paragraph).then_some(postings)
    }

    fn place(&self, field: Field) -> TermField {
        let titles = [self.compiler.fields.title_grams, self.compiler.fields.title_words];
        if titles.contains(&field) { TermField::Title } else { TermField::Text }
    }
}

/// Keeps the places that have another one so far behind them. Both are ascending.
fn retain_followed(starts: &mut Vec<u32>, offset: u32, positions: &[u32]) {
    let mut positions = positions.iter().copied().peekable();
    starts.retain(|start| {
        let wanted = start + offset;
        while positions.next_if(|position| *position < wanted).is_some() {}
        positions.peek() == Some(&wanted)
    });
}

/// A count as tantivy calculates with it.
#[expect(clippy::cast_precision_loss, reason = "scores are single precision")]
fn number(count: u64) -> Score {
    count as Score
}

/// A score as a ranking has it.
#[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
fn single(score: f64) -> Score {
    score as Score
}
