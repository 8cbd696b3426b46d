//! What a query wants of a paragraph, weighed: its bigrams, its words, the type of its question.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    engine::{Clause, Expression, MetadataTerm, Term, TermField},
    query::{Boolean, DocumentNumber, Field, MatchMode, NamedDocument, Phrase, Query, Words},
    search::{
        plan::{collect_terms, plan, words_field},
        rescore::other_names::OtherNames,
    },
    text::{self, QueryWord, Segmenter},
};

/// What ends a sentence: characters on both sides of it do not belong together.
const BREAKS: [char; 8] = ['。', '！', '？', '；', '!', '?', ';', '\n'];

/// How much a character counts whose word carries meaning, half of one, and none.
const FULL: f64 = 1.0;
const GENERIC: f64 = 0.5;
const EMPTY: f64 = 0.0;

/// How much a bigram counts of which one character carries meaning and the other none: it is there where the words are.
const HALF_EMPTY: f64 = 0.3;

/// Characters count of which a bigram means as much.
const LEAST_RELEVANCE: f64 = 0.45;

/// Queries of so many words are short: what they want is the word, not the characters wherever they meet.
const SHORT_WORDS: usize = 2;

/// What a query wants.
#[derive(Clone, Debug, Default)]
pub(in crate::search) struct Wanted {
    /// Bigrams, each once, in the order of the query.
    pub(super) grams: Vec<WantedGram>,
    /// Where each of them is: a long query has thousands.
    places: HashMap<(char, char, TermField), usize>,
    /// Its characters, each once, and how much they mean.
    pub(super) characters: Vec<(String, f64)>,
    /// The words of a short query that are words by themselves.
    pub(super) words: Vec<WantedWord>,
    /// What has other names.
    pub(super) other_names: Vec<OtherNames>,
    /// The types of question that the query is of.
    pub(super) question_types: Vec<&'static str>,
    /// What is wanted in sequence and not required, each once: phrases, and documents named by title.
    pub(super) phrases: Vec<Expression>,
    /// What defines what the query wants explained.
    pub(super) definition: Option<Expression>,
    /// What lifts whole documents.
    pub(super) lifted: Option<Expression>,
}

/// A bigram of the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WantedGram {
    pub(super) characters: String,
    /// How much it means, 0 to 1.
    pub(super) relevance: f64,
    /// How much of a bigram it is: those within a word of letters or digits are one together.
    pub(super) part: f64,
    /// How often it counts in the first stage: each time that the query has it, and once more where it is within a
    /// word. Two words that happen to meet say less than one word.
    pub(super) times: f64,
    pub(super) field: TermField,
}

/// A character of the query.
#[derive(Clone, Copy)]
struct Character {
    folded: char,
    /// How much its word means.
    meaning: f64,
    /// Which of the words it is in.
    word: usize,
}

/// A word of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedWord {
    pub(super) characters: String,
    /// The same number in the spelling that all spellings share.
    pub(super) numeral: Option<String>,
    pub(super) field: TermField,
}

impl Wanted {
    /// What a query wants; `None` when the first stage says it all: there are no plain words in it, or none of more
    /// than a character. On `stop` it is left at what was read by then: ranking stops there, too.
    pub(in crate::search) fn of(
        query: &Query,
        expression: &Expression,
        segmenter: &Segmenter,
        stop: &AtomicBool,
    ) -> Option<Self> {
        let mut wanted = Self::default();
        let mut asked = Vec::new();
        wanted.read(query, segmenter, &mut asked, stop);
        if asked.is_empty() || wanted.grams.is_empty() {
            return None;
        }
        wanted.add_characters();
        let mut terms = Vec::new();
        collect_terms(expression, &mut terms);
        // Other names do not make a query long.
        terms.retain(|term| term.word || wanted.other_names.is_empty());
        if terms.len() <= SHORT_WORDS {
            wanted.words = terms.into_iter().filter(|term| term.word).map(WantedWord::new).collect();
        }
        let mut definitions = Vec::new();
        for text in asked {
            wanted.question_types.extend(text::question_types(text));
            definitions.extend(text::definitions(text));
        }
        wanted.question_types.sort_unstable();
        wanted.question_types.dedup();
        wanted.definition = any_of(
            definitions
                .into_iter()
                .map(|characters| Expression::Term(Term { characters, field: TermField::Text, word: false })),
        );
        Some(wanted)
    }

    /// Reads a part of a query that a paragraph may have; `asked` are the texts of its plain words.
    fn read<'a>(&mut self, query: &'a Query, segmenter: &Segmenter, asked: &mut Vec<&'a str>, stop: &AtomicBool) {
        let mut read_all = |parts: &'a [Query]| parts.iter().for_each(|part| self.read(part, segmenter, asked, stop));
        match query {
            // Reading a long text takes as long as ranking by a short one.
            _ if stop.load(Relaxed) => {}
            Query::Words(words) => {
                asked.push(&words.text);
                self.read_words(words, segmenter);
            }
            Query::Phrase(Phrase { text, field: Field::Text }) => self.read_sequence(text, TermField::Text, segmenter),
            Query::Phrase(Phrase { text, field: Field::Title }) => {
                self.read_sequence(text, TermField::Title, segmenter);
            }
            Query::NamedDocument(NamedDocument { title }) => {
                self.read_sequence(title, TermField::TextOrTitle, segmenter);
            }
            Query::DocumentNumber(DocumentNumber { number }) => {
                self.read_sequence(number, TermField::Text, segmenter);
                if let Some(lifted) = lifted(query, segmenter) {
                    let before = self.lifted.take();
                    self.lifted = any_of(before.into_iter().chain([lifted]));
                }
            }
            Query::Boolean(Boolean { must, should, must_not: _ }) => {
                read_all(must);
                read_all(should);
                self.add_phrases(should, segmenter);
            }
            Query::Alternatives(alternatives) => {
                read_all(alternatives);
                self.add_phrases(alternatives, segmenter);
            }
            Query::Substring(_) | Query::Metadata(_) | Query::MatchAll => {}
        }
    }

    /// Adds the phrases and names among parts that are wanted.
    fn add_phrases(&mut self, parts: &[Query], segmenter: &Segmenter) {
        for part in parts {
            if matches!(part, Query::Phrase(_) | Query::NamedDocument(_)) {
                let phrase = plan(part, MatchMode::Any, segmenter);
                if !self.phrases.contains(&phrase) {
                    self.phrases.push(phrase);
                }
            }
        }
    }

    fn read_words(&mut self, words: &Words, segmenter: &Segmenter) {
        let field = words_field(words);
        for name in &words.synonyms {
            if !self.other_names.iter().any(|known| known.is_of(name, field)) {
                self.other_names.push(OtherNames::new(name, field));
            }
        }
        let meaningful = segmenter.query_words(&words.text).iter().any(|word| word.content);
        for sentence in words.text.split(BREAKS) {
            let meaning = |word: &QueryWord| match () {
                () if !meaningful => FULL,
                () if !word.content => EMPTY,
                () if text::is_generic(&word.characters) => GENERIC,
                () => FULL,
            };
            self.add_grams(&characters(sentence, segmenter, meaning), field);
        }
    }

    fn read_sequence(&mut self, text: &str, field: TermField, segmenter: &Segmenter) {
        self.add_grams(&characters(text, segmenter, |_| FULL), field);
    }

    /// A character means what the best of its bigrams does, if that is enough.
    fn add_characters(&mut self) {
        let mut places: HashMap<String, usize> = HashMap::new();
        for gram in &self.grams {
            if gram.relevance < LEAST_RELEVANCE || gram.field == TermField::Title {
                continue;
            }
            for character in gram.characters.chars().map(String::from) {
                let place = *places.entry(character.clone()).or_insert(self.characters.len());
                match self.characters.get_mut(place) {
                    Some((_, relevance)) => *relevance = relevance.max(gram.relevance * gram.part),
                    None => self.characters.push((character, gram.relevance * gram.part)),
                }
            }
        }
    }

    fn add_grams(&mut self, characters: &[Character], field: TermField) {
        for (index, pair) in characters.windows(2).enumerate() {
            let &[first, second] = pair else { continue };
            let part = part(characters, index);
            let times = if first.word == second.word { 2.0 } else { 1.0 };
            let relevance = match (first.meaning > EMPTY, second.meaning > EMPTY) {
                (true, true) => (first.meaning * second.meaning).sqrt(),
                (false, false) => EMPTY,
                _ => HALF_EMPTY,
            };
            let characters = String::from_iter([first.folded, second.folded]);
            let place = *self.places.entry((first.folded, second.folded, field)).or_insert(self.grams.len());
            match self.grams.get_mut(place) {
                Some(known) => {
                    known.relevance = known.relevance.max(relevance);
                    known.times += times;
                }
                None => self.grams.push(WantedGram { characters, relevance, part, times, field }),
            }
        }
    }
}

impl WantedWord {
    fn new(Term { characters, field, word: _ }: &Term) -> Self {
        Self { characters: characters.clone(), numeral: text::normalised(characters), field: *field }
    }
}

/// The characters of a text's words, whose meaning is asked for.
fn characters(text: &str, segmenter: &Segmenter, meaning: impl Fn(&QueryWord) -> f64) -> Vec<Character> {
    let words = segmenter.query_words(text);
    let of = |(index, word): (usize, &QueryWord)| {
        let meaning = meaning(word);
        let character = move |folded| Character { folded, meaning, word: index };
        word.characters.chars().map(character).collect::<Vec<_>>()
    };
    words.iter().enumerate().flat_map(of).collect()
}

/// The condition in a query that lifts whole documents.
fn lifted(query: &Query, segmenter: &Segmenter) -> Option<Expression> {
    let Expression::Combined(clauses) = plan(query, MatchMode::Any, segmenter) else { return None };
    clauses.into_iter().find_map(|clause| match clause {
        Clause::Should(part @ Expression::Metadata(MetadataTerm { score: 1.., .. })) => Some(part),
        _ => None,
    })
}

fn any_of(parts: impl Iterator<Item = Expression>) -> Option<Expression> {
    let clauses: Vec<_> = parts.map(Clause::Should).collect();
    (!clauses.is_empty()).then_some(Expression::Combined(clauses))
}

/// How much of a bigram the one that begins at a place is.
#[expect(clippy::cast_precision_loss, reason = "at most as many as a query has characters")]
fn part(characters: &[Character], index: usize) -> f64 {
    let is_foreign = |it: &&Character| it.folded.is_ascii_alphanumeric();
    let behind = characters[index..].iter().take_while(is_foreign).count();
    let before = characters[..index].iter().rev().take_while(is_foreign).count();
    if behind < 2 { 1.0 } else { 1.0 / (before + behind - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    #[track_caller]
    fn check(query: &str, expected: &str) {
        static SEGMENTER: std::sync::OnceLock<Segmenter> = std::sync::OnceLock::new();
        let segmenter = SEGMENTER.get_or_init(Segmenter::new);
        let query = parse(query).query;
        let wanted = Wanted::of(&query, &plan(&query, MatchMode::Any, segmenter), segmenter, &AtomicBool::new(false))
            .unwrap_or_default();
        let shown = |gram: &WantedGram| format!("{}:{:.2}", gram.characters, gram.relevance * gram.part);
        assert_eq!(wanted.grams.iter().map(shown).collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn bigrams_mean_what_their_words_do() {
        check("干部教育", "干部:1.00 部教:1.00 教育:1.00");
        check("什么是干部", "什么:0.00 么是:0.00 是干:0.30 干部:1.00");
        check("规定干部", "规定:0.50 定干:0.71 干部:1.00");
        check("干部。教育", "干部:1.00 教育:1.00");
        check("abc干部", "ab:0.50 bc:0.50 c干:1.00 干部:1.00");
        check("是什么", "是什:1.00 什么:1.00");
        check("干部 -教育", "干部:1.00");
    }

    #[test]
    fn the_first_stage_says_it_all_where_there_are_no_plain_words() {
        for query in ["“干部教育”", "水", "，。", "-干部", "来源:云溪网"] {
            check(query, "");
        }
    }
}
