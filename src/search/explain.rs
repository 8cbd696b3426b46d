//! How a query is understood, what is matched for it, and what a score is made of.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    document::ParagraphId,
    engine::{Address, Explanation, Expression, Generation, ReadError, ScorePart, Snapshot, Term, TermField, Verdict},
    query::{Boolean, Filter, MatchMode, Query, Words},
    search::{
        Feature, SearchError, Searcher,
        outline::{Mismatch, Occurrence, PlanClause, PlanPart},
        plan::{LeftOut, collect_terms, plan, weighed, words_field},
        rescore::{Ranker, Wanted},
    },
    text::{Dictionary, QueryWord, Segmenter},
};

/// What to explain.
#[derive(Clone, Debug)]
pub struct ExplainRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// Which documents count.
    pub filter: Filter,
    /// The paragraph whose score is taken apart.
    pub paragraph: Option<ParagraphId>,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
}

/// A query, explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The state of the index that everything is read from.
    pub generation: Generation,
    /// Paragraphs that can be found.
    pub paragraphs: u64,
    /// What the query asks for, in its order, what is left out included.
    pub terms: Vec<ExplainedTerm>,
    /// What is matched.
    pub plan: PlanClause,
    /// What the query makes of the paragraph asked for.
    pub paragraph: Option<ExplainedParagraph>,
}

/// A word or a character sequence of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedTerm {
    /// Folded letters and digits.
    pub characters: String,
    /// Where it is looked for.
    pub field: TermField,
    /// What it is.
    pub kind: TermKind,
    /// Whether paragraphs with it are excluded.
    pub excluded: bool,
    /// In how many paragraphs it stands where it is looked for.
    pub frequency: u64,
}

/// What a term of a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// Characters that have to stand in sequence.
    Sequence,
    /// Another name of what is written, as characters in sequence.
    Synonym,
    /// A word.
    Word {
        /// Whether it carries meaning.
        content: bool,
        /// Why it does not count, if it does not.
        left_out: Option<LeftOut>,
        /// Who knows it as a whole.
        dictionary: Dictionary,
    },
}

/// What a query makes of a paragraph.
#[derive(Clone, Debug)]
pub struct ExplainedParagraph {
    /// The paragraph.
    pub id: ParagraphId,
    /// Its score as a ranking gives it; `None` when it does not match.
    pub score: Option<Score>,
    /// What the first stage's score is made of; nothing when it does not match.
    pub parts: Vec<TermPart>,
    /// Why it does not match; nothing when it does.
    pub mismatches: Vec<Mismatch>,
    /// The number of paragraphs that rarity is measured by.
    pub scored_paragraphs: u64,
}

/// Where a score comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The score.
    pub value: f32,
    /// What the first stage gives.
    pub first_stage: f32,
    /// Which stage the score is from.
    pub stage: Stage,
}

/// The stage that a score is from.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// The first one's score is multiplied with this.
    First(f32),
    /// The features and their values, in the order in which they are added up.
    Second(Vec<(Feature, f64)>),
}

/// What a term or a value of the document adds to a score.
#[derive(Clone, Debug, PartialEq)]
pub struct TermPart {
    /// The characters of the term, or the value.
    pub characters: String,
    /// What they add.
    pub part: ScorePart,
}

impl Searcher {
    /// Explains a query.
    ///
    /// # Errors
    /// When the generation or the paragraph asked for is not there, the index cannot be read, or on `stop`.
    pub fn explain(&self, request: &ExplainRequest, stop: &Arc<AtomicBool>) -> Result<Explained, SearchError> {
        let ExplainRequest { query, mode, filter, paragraph, min_generation } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let expression = plan(query, *mode, &self.segmenter);
        let address = paragraph.as_ref().map(|id| find(snapshot.as_ref(), id)).transpose()?;
        let explanation = address.map(|address| snapshot.explain(&expression, filter, address, stop)).transpose()?;
        let verdict = explanation.as_ref().map(|explanation| &explanation.verdict);
        let outline = PlanClause::new(Occurrence::Must, &expression, verdict);
        let score = match explanation.as_ref().and_then(|explanation| explanation.score).zip(address) {
            Some((first_stage, address)) => {
                ReadError::check(stop)?;
                let wanted = Wanted::of(query, &expression, &self.segmenter, stop);
                let (filter, snapshot) = (filter.clone(), Arc::clone(&snapshot));
                let ranker = Ranker { snapshot, expression, wanted, filter, rescoring: self.rescoring };
                Some(ranker.explain(address, first_stage, stop)?)
            }
            None => None,
        };
        let paragraph = paragraph.clone().zip(explanation);
        Ok(Explained {
            generation: snapshot.generation(),
            paragraphs: snapshot.statistics()?.paragraphs,
            terms: with_frequencies(terms(query, false, &self.segmenter), &self.segmenter, snapshot.as_ref(), stop)?,
            paragraph: paragraph.map(|(id, explanation)| explained(id, &outline, explanation, score)),
            plan: outline,
        })
    }
}

/// A term of a query that is not looked up yet, neither in the index nor in the dictionaries.
struct Asked {
    term: Term,
    kind: TermKind,
    excluded: bool,
}

/// What a query asks for, in its order.
fn terms(query: &Query, excluded: bool, segmenter: &Segmenter) -> Vec<Asked> {
    let of_all = |parts: &[Query], excluded: bool| -> Vec<Asked> {
        parts.iter().flat_map(|part| terms(part, excluded, segmenter)).collect()
    };
    match query {
        Query::Words(words) => word_terms(words, excluded, segmenter),
        Query::Boolean(Boolean { must, should, must_not }) => {
            [of_all(must, excluded), of_all(should, excluded), of_all(must_not, !excluded)]
                .into_iter()
                .flatten()
                .collect()
        }
        Query::Alternatives(alternatives) => of_all(alternatives, excluded),
        Query::Phrase(_)
        | Query::Substring(_)
        | Query::NamedDocument(_)
        | Query::DocumentNumber(_)
        | Query::Metadata(_)
        | Query::MatchAll => sequences(&plan(query, MatchMode::Any, segmenter), excluded),
    }
}

fn word_terms(words: &Words, excluded: bool, segmenter: &Segmenter) -> Vec<Asked> {
    let field = words_field(words);
    let written = weighed(&words.text, segmenter).map(|(QueryWord { characters, content }, left_out)| Asked {
        term: Term { characters, field, word: true },
        kind: TermKind::Word { content, left_out, dictionary: Dictionary::None },
        excluded,
    });
    let others = words.synonyms.iter().flat_map(|name| &name.others).map(|other| Asked {
        term: Term { characters: other.clone(), field, word: false },
        kind: TermKind::Synonym,
        excluded,
    });
    written.chain(others).collect()
}

fn sequences(planned: &Expression, excluded: bool) -> Vec<Asked> {
    let mut found = Vec::new();
    collect_terms(planned, &mut found);
    found.into_iter().map(|term| Asked { term: term.clone(), kind: TermKind::Sequence, excluded }).collect()
}

/// Who knows a word as a whole.
fn dictionary_of(word: &str, segmenter: &Segmenter) -> Dictionary {
    let tokens = segmenter.tokens(word);
    let whole = tokens.iter().find(|token| token.range == (0..word.len()));
    whole.map_or(Dictionary::None, |token| token.dictionary)
}

/// Looks terms up, each once.
fn with_frequencies(
    asked: Vec<Asked>,
    segmenter: &Segmenter,
    snapshot: &dyn Snapshot,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<ExplainedTerm>, ReadError> {
    let mut known = HashMap::new();
    let look_up = |Asked { term, mut kind, excluded }: Asked| {
        ReadError::check(stop)?;
        if let TermKind::Word { dictionary, .. } = &mut kind {
            *dictionary = dictionary_of(&term.characters, segmenter);
        }
        let key = (term.characters.clone(), term.field);
        let frequency = match known.get(&key) {
            Some(frequency) => *frequency,
            None => snapshot.frequency(&term, stop)?,
        };
        known.insert(key, frequency);
        let Term { characters, field, word: _ } = term;
        Ok(ExplainedTerm { characters, field, kind, excluded, frequency })
    };
    asked.into_iter().map(look_up).collect()
}

/// Where a paragraph is kept.
fn find(snapshot: &dyn Snapshot, id: &ParagraphId) -> Result<Address, SearchError> {
    let ParagraphId { document, ordinal } = id;
    let (record, _) = snapshot.document(document)?.ok_or_else(|| SearchError::DocumentNotFound(document.clone()))?;
    let found = snapshot.siblings(record, *ordinal, 1)?;
    found.first().copied().ok_or_else(|| SearchError::ParagraphNotFound(id.clone()))
}

/// Says what an explanation means for the plan that was explained.
fn explained(
    id: ParagraphId,
    outline: &PlanClause,
    explanation: Explanation,
    score: Option<Score>,
) -> ExplainedParagraph {
    let Explanation { searchable, admitted, score: _, verdict, paragraphs } = explanation;
    let (mut parts, mut mismatches) = (Vec::new(), Vec::new());
    if score.is_some() {
        collect_parts(outline, &verdict, &mut parts);
    } else if searchable {
        mismatches.extend((!admitted).then_some(Mismatch::FilteredOut));
        mismatches.extend(outline.mismatches());
    } else {
        mismatches.push(Mismatch::NotSearchable);
    }
    ExplainedParagraph { id, score, parts, mismatches, scored_paragraphs: paragraphs }
}

/// The summands of a score: of what matches and is not excluded.
fn collect_parts(clause: &PlanClause, verdict: &Verdict, parts: &mut Vec<TermPart>) {
    if !verdict.matches || clause.occurrence == Occurrence::MustNot {
        return;
    }
    let characters = match &clause.part {
        PlanPart::Everything | PlanPart::Nothing => return,
        PlanPart::Term(term) => term.characters.as_str(),
        PlanPart::Verbatim(verbatim) => verbatim.text(),
        PlanPart::Condition(condition) => condition.value.as_str(),
        PlanPart::Group(clauses) => {
            return clauses.iter().zip(&verdict.clauses).for_each(|(clause, part)| collect_parts(clause, part, parts));
        }
    };
    parts.extend(verdict.parts.iter().map(|part| TermPart { characters: characters.to_owned(), part: part.clone() }));
}
