//! The second stage before the first: candidates from the engine, looked at closely, and what comes after them.

use std::{
    cmp::Reverse,
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    engine::{
        Address, Expression, Occurrences, Ranked, Ranking, ReadError, Snapshot, TermField, Token, TokenField,
        TokenStatistics,
    },
    query::Filter,
    search::{
        explain::{Score, Stage},
        rescore::{
            finding::has_conditions,
            formula::{self, CountedGram, Feature, Features},
            other_names::OtherNames,
            wanted::{Wanted, WantedGram, WantedWord},
        },
    },
};

/// How many candidates the second stage looks at unless told otherwise.
pub const DEFAULT_CANDIDATES: usize = 200;
/// The most candidates: each costs a look at the postings of every bigram of the query.
pub const MAX_CANDIDATES: usize = 1_000;

/// How much the second stage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescoring {
    /// How many of the best matches are ranked again, at most [`MAX_CANDIDATES`]; 0 leaves all ranks to the first
    /// stage. The same for all requests: the first hits of any limit are the same.
    pub candidates: usize,
}

impl Default for Rescoring {
    fn default() -> Self {
        Self { candidates: DEFAULT_CANDIDATES }
    }
}

/// Ranks what a query matches in one snapshot.
pub(in crate::search) struct Ranker {
    pub(in crate::search) snapshot: Arc<dyn Snapshot>,
    pub(in crate::search) expression: Expression,
    /// `None` when the first stage says it all.
    pub(in crate::search) wanted: Option<Wanted>,
    pub(in crate::search) filter: Filter,
    pub(in crate::search) rescoring: Rescoring,
}

/// Candidates, ranked again.
struct Rescored {
    /// In rank order.
    hits: Vec<(Ranked, Features)>,
    /// Whether these are all matches.
    exhausted: bool,
    /// Whether there was no time to look for better ones.
    stopped: bool,
}

impl Ranker {
    /// The best `limit` matches in rank order. The first n of any limit are the same.
    ///
    /// What the second stage does not look at comes behind what it did, in the order of the first stage, with scores
    /// below.
    pub(in crate::search) fn rank(&self, limit: usize, stop: &Arc<AtomicBool>) -> Result<Ranking, ReadError> {
        let Some(Rescored { hits, exhausted, stopped }) = self.rescored(stop)? else {
            return self.snapshot.rank(&self.expression, &self.filter, limit, stop);
        };
        let mut hits: Vec<_> = hits.into_iter().map(|(hit, _)| hit).collect();
        let all = hits.len();
        if exhausted || stopped || limit <= all {
            hits.truncate(limit);
            return Ok(Ranking { hits, exhausted: exhausted && all <= limit, stopped });
        }
        let known: HashSet<_> = hits.iter().map(|hit| hit.address).collect();
        let Ranking { hits: first, exhausted, stopped } =
            self.snapshot.rank(&self.expression, &self.filter, limit, stop)?;
        let mut others = first.into_iter().filter(|hit| !known.contains(&hit.address)).peekable();
        let scale = others.peek().zip(hits.last()).map_or(1.0, |(next, last)| scale_below(next.score, last.score));
        hits.extend(others.take(limit - all).map(|hit| Ranked { score: hit.score * scale, ..hit }));
        Ok(Ranking { hits, exhausted, stopped })
    }

    /// The score of a match that the first stage gives so much, and where it comes from.
    pub(in crate::search) fn explain(
        &self,
        address: Address,
        first_stage: f32,
        stop: &Arc<AtomicBool>,
    ) -> Result<Score, ReadError> {
        let Some(Rescored { hits, .. }) = self.rescored(stop)? else {
            return Ok(Score { value: first_stage, first_stage, stage: Stage::First(1.0) });
        };
        if let Some((hit, features)) = hits.iter().find(|(hit, _)| hit.address == address) {
            return Ok(Score { value: hit.score, first_stage, stage: Stage::Second(features.listed()) });
        }
        let known: HashSet<_> = hits.iter().map(|(hit, _)| hit.address).collect();
        let first = self.snapshot.rank(&self.expression, &self.filter, hits.len() + 1, stop)?.hits;
        let next = first.iter().find(|hit| !known.contains(&hit.address));
        let scale = next.zip(hits.last()).map_or(1.0, |(next, (last, _))| scale_below(next.score, last.score));
        Ok(Score { value: first_stage * scale, first_stage, stage: Stage::First(scale) })
    }

    /// The candidates, ranked again; `None` when the first stage says it all.
    fn rescored(&self, stop: &Arc<AtomicBool>) -> Result<Option<Rescored>, ReadError> {
        let Self { snapshot, expression, wanted, filter, rescoring: Rescoring { candidates } } = self;
        let Some(wanted) = wanted.as_ref().filter(|_| *candidates > 0) else { return Ok(None) };
        let tokens = wanted.tokens();
        let statistics = match snapshot.token_statistics(&tokens, stop) {
            Err(ReadError::Stopped) => {
                return Ok(Some(Rescored { hits: Vec::new(), exhausted: false, stopped: true }));
            }
            statistics => statistics?,
        };
        let is_free = filter.is_empty() && !has_conditions(expression);
        let finding = wanted.finding(&tokens, &statistics, is_free);
        let Ranking { hits: found, exhausted, stopped } =
            snapshot.candidates(expression, &finding, filter, *candidates, stop)?;
        let mut hits = found.clone();
        hits.sort_unstable_by_key(|hit| hit.address);
        let features = match self.features(wanted, &tokens, &statistics, &hits, stop) {
            // The order in which they were found is better than nothing.
            Err(ReadError::Stopped) => {
                let hits = found.into_iter().map(|hit| (hit, Features::default())).collect();
                return Ok(Some(Rescored { hits, exhausted: false, stopped: true }));
            }
            features => features?,
        };
        let score = |(hit, features): (Ranked, Features)| (Ranked { score: features.score(), ..hit }, features);
        let mut hits: Vec<_> = hits.into_iter().zip(features).map(score).collect();
        hits.sort_unstable_by(|(a, _), (b, _)| {
            let by_score = b.score.total_cmp(&a.score);
            by_score.then_with(|| (Reverse(a.date), a.position).cmp(&(Reverse(b.date), b.position)))
        });
        Ok(Some(Rescored { hits, exhausted, stopped }))
    }

    /// The features of candidates, which are in the order of their addresses.
    fn features(
        &self,
        wanted: &Wanted,
        tokens: &[Token],
        statistics: &TokenStatistics,
        hits: &[Ranked],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<Features>, ReadError> {
        let addresses: Vec<_> = hits.iter().map(|hit| hit.address).collect();
        let written = &tokens[..tokens.len() - wanted.tokens_of_other_names()];
        let Occurrences { mut counts, lengths } = self.snapshot.occurrences(written, &addresses, stop)?;
        for names in &wanted.other_names {
            let found = self.scores(Some(&names.expression), &addresses, stop)?;
            wanted.credit(names, &found, &mut counts);
        }
        let counted = Counted::new(wanted, &counts, statistics);
        let average = statistics.text_length + statistics.title_length;
        let norms: Vec<_> = lengths.into_iter().map(|length| formula::norm(length, average)).collect();
        let mut first = vec![0.0; hits.len()];
        for gram in &counted.grams {
            // A long query has thousands of bigrams.
            ReadError::check(stop)?;
            gram.add_first_stage(&norms, &mut first);
        }
        let coverages = formula::coverages(&counted.grams, hits.len());
        let characters = formula::shares(counted.characters.iter().copied(), hits.len());
        let best = first.iter().copied().fold(0.0, f64::max);
        let share = |first: f64| if best > 0.0 { first / best } else { 0.0 };
        let definition = self.scores(wanted.definition.as_ref(), &addresses, stop)?;
        let phrases = self.phrases(&wanted.phrases, &addresses, stop)?;
        let document = self.scores(wanted.lifted.as_ref(), &addresses, stop)?;
        let features = |candidate: usize| {
            ReadError::check(stop)?;
            let mut features = Features::default();
            let (coverage, title_coverage) = coverages[candidate];
            features.set(Feature::Coverage, coverage);
            features.set(Feature::TitleCoverage, title_coverage);
            features.set(Feature::FirstStage, share(first[candidate]));
            features.set(Feature::Neighbour, share(neighbour(hits, &first, candidate)));
            features.set(Feature::QuestionType, counted.question_type(candidate));
            features.set(Feature::Definition, definition[candidate].map_or(0.0, |_| 1.0));
            features.set(Feature::Words, counted.words(candidate));
            features.set(Feature::Characters, characters[candidate]);
            features.set(Feature::Phrases, phrases[candidate]);
            features.set(Feature::Document, document[candidate].map_or(0.0, f64::from));
            Ok(features)
        };
        (0..hits.len()).map(features).collect()
    }

    /// What share of some phrases each candidate has.
    #[expect(clippy::cast_precision_loss, reason = "no more than a query has parts")]
    fn phrases(
        &self,
        phrases: &[Expression],
        addresses: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<f64>, ReadError> {
        let mut shares = vec![0.0; addresses.len()];
        for phrase in phrases {
            let found = self.scores(Some(phrase), addresses, stop)?;
            for (share, _) in shares.iter_mut().zip(found).filter(|(_, found)| found.is_some()) {
                *share += 1.0 / phrases.len() as f64;
            }
        }
        Ok(shares)
    }

    fn scores(
        &self,
        expression: Option<&Expression>,
        addresses: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<Option<f32>>, ReadError> {
        match expression {
            Some(expression) => self.snapshot.scores(expression, addresses, stop),
            None => Ok(vec![None; addresses.len()]),
        }
    }
}

/// The best first stage of the paragraphs before and after a candidate in its document, where they are candidates.
fn neighbour(hits: &[Ranked], first: &[f64], candidate: usize) -> f64 {
    let hit = &hits[candidate];
    let beside = [candidate.checked_sub(1), candidate.checked_add(1)];
    let adjoins = |other: &Ranked| {
        let slots = hit.position.slot().abs_diff(other.position.slot());
        slots == 1 && hit.position.sequence() == other.position.sequence()
    };
    let near = beside.into_iter().flatten().filter(|&other| hits.get(other).is_some_and(adjoins));
    near.map(|other| first[other]).fold(0.0, f64::max)
}

/// The power of two that brings a score, and with it all smaller ones, below another one. Powers of two lose nothing:
/// what was different stays so.
fn scale_below(score: f32, bound: f32) -> f32 {
    let mut scale = 1.0;
    while score * scale >= bound && scale > f32::MIN_POSITIVE {
        scale /= 2.0;
    }
    scale
}

/// Where the tokens of a wanted word stand among all tokens.
const WORD_FIELDS: [TokenField; 2] = [TokenField::Word, TokenField::TitleWord];

impl Wanted {
    /// What is looked up: for each bigram the text's and the title's, for each word the same, for each type its cue.
    fn tokens(&self) -> Vec<Token> {
        let grams = self.grams.iter().flat_map(|WantedGram { characters, .. }| {
            [TokenField::Gram, TokenField::TitleGram].map(|field| Token { field, characters: characters.clone() })
        });
        let words = self.words.iter().flat_map(|WantedWord { characters, numeral, .. }| {
            let characters = numeral.as_ref().unwrap_or(characters);
            WORD_FIELDS.map(|field| Token { field, characters: characters.clone() })
        });
        let cues = self.question_types.iter();
        let cues = cues.map(|name| Token { field: TokenField::Cue, characters: (*name).to_owned() });
        let characters = self.characters.iter();
        let characters =
            characters.map(|(character, _)| Token { field: TokenField::Character, characters: character.clone() });
        let others = self.other_names.iter().flat_map(OtherNames::tokens);
        grams.chain(words).chain(cues).chain(characters).chain(others).collect()
    }

    /// How many of the tokens, the last ones, are of other names: these find candidates and are not counted.
    pub(super) fn tokens_of_other_names(&self) -> usize {
        self.other_names.iter().map(OtherNames::token_count).sum()
    }

    /// Makes out of what candidates have what they would have if they had the name that was written, where they have
    /// another one. `counts` are those of [`Self::tokens`], without those of other names.
    fn credit(&self, names: &OtherNames, found: &[Option<f32>], counts: &mut [Vec<u32>]) {
        let grams = self.grams.iter().zip((0..).step_by(2)).filter(|(gram, _)| names.has(&gram.characters));
        let grams = grams.map(|(gram, index)| if gram.field == TermField::Title { index + 1 } else { index });
        let words = self.words.iter().zip((2 * self.grams.len()..).step_by(2));
        let words = words.filter(|(word, _)| names.has(&word.characters)).map(|(_, index)| index);
        let first_character = counts.len() - self.characters.len();
        let characters = self.characters.iter().zip(first_character..);
        let characters = characters.filter(|((character, _), _)| names.has(character)).map(|(_, index)| index);
        for index in grams.chain(words).chain(characters) {
            for (count, _) in counts[index].iter_mut().zip(found).filter(|(_, found)| found.is_some()) {
                *count = (*count).max(1);
            }
        }
    }
}

/// What was counted of what is wanted.
struct Counted<'a> {
    grams: Vec<CountedGram<'a>>,
    /// How much each word counts, and how often the text and the title have it.
    words: Vec<(f64, &'a [u32], &'a [u32])>,
    /// How much each cue counts, and how often the text has it.
    cues: Vec<(f64, &'a [u32])>,
    /// How much each character counts, and whether the text has it.
    characters: Vec<(f64, &'a [u32])>,
}

impl<'a> Counted<'a> {
    /// `counts` are those of [`Wanted::tokens`], in their order.
    fn new(wanted: &'a Wanted, counts: &'a [Vec<u32>], statistics: &TokenStatistics) -> Self {
        let TokenStatistics { paragraphs, frequencies, .. } = statistics;
        let idf = |index: usize| formula::idf(frequencies[index].max(frequencies[index + 1]), *paragraphs);
        let grams = wanted.grams.iter().zip((0..).step_by(2)).map(|(gram, index)| CountedGram {
            gram,
            idf: idf(index),
            text: &counts[index],
            title: &counts[index + 1],
        });
        let words = (2 * wanted.grams.len()..).step_by(2).take(wanted.words.len());
        let known = |index: &usize| frequencies[*index] + frequencies[index + 1] > 0;
        let words = words.filter(known).map(|index| (idf(index), &counts[index][..], &counts[index + 1][..]));
        let cues = 2 * (wanted.grams.len() + wanted.words.len())..;
        let cues = cues.take(wanted.question_types.len());
        let characters = counts.len() - wanted.characters.len()..;
        let characters = wanted.characters.iter().zip(characters).map(|((_, relevance), index)| {
            (relevance * formula::idf(frequencies[index], *paragraphs), &counts[index][..])
        });
        let cues = cues.map(|index| (formula::cue_weight(frequencies[index], *paragraphs), &counts[index][..]));
        Self { grams: grams.collect(), words: words.collect(), cues: cues.collect(), characters: characters.collect() }
    }

    /// The share of the words that a candidate has as words.
    fn words(&self, candidate: usize) -> f64 {
        let all: f64 = self.words.iter().map(|(idf, ..)| idf).sum();
        let has = |text: &[u32], title: &[u32]| text[candidate] > 0 || title[candidate] > 0;
        let present = self.words.iter().filter(|(_, text, title)| has(text, title)).map(|(idf, ..)| idf);
        if all > 0.0 { present.sum::<f64>() / all } else { 0.0 }
    }

    /// What the cues that a candidate has are worth.
    fn question_type(&self, candidate: usize) -> f64 {
        self.cues.iter().filter(|(_, text)| text[candidate] > 0).map(|(weight, _)| weight).sum()
    }
}
