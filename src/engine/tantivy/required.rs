//! What has all of some words: their lists compared a window of entries at a time.
//!
//! To go through the shortest list and ask about each of its entries pays where it is far shorter than the others. Where
//! it is not, most entries lack a word, and those that lack none are mostly not among the best: both show without
//! looking for what lies in between. Entries for which they do not are asked about.

use std::{
    mem, slice,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{DocId, Score, SegmentReader, Term as IndexTerm, query::Bm25Weight};

use crate::engine::{
    Clause, Expression, ReadError, Term,
    tantivy::{lately::Lately, lead, rank::Ranker, record::read_error, union::List},
};

/// How many entries are compared at once.
const WINDOW: DocId = 2_048;

/// Where one word is in so many times fewer entries than all others together, it leads alone.
const MUCH_RARER: u64 = 16;

/// The words, those that are in the fewest entries first.
pub(super) struct Required<'a> {
    words: Vec<Word>,
    /// What the lists do not say of a score is worth this much at most.
    unknown: Score,
    lately: &'a Lately,
}

/// A word and where it is listed.
struct Word {
    entries: u64,
    lists: Vec<Listed>,
}

struct Listed {
    term: IndexTerm,
    /// What it is worth to be in the list; `None` where the list alone does not say.
    worth: Option<Bm25Weight>,
    /// Whether whatever has the word is in this list or in another such.
    decides: bool,
}

impl<'a> Required<'a> {
    /// Those of an expression that asks for all of some words and for nothing else; `None` for others, and where one of
    /// them leads alone.
    pub(super) fn of(expression: &Expression, ranker: Ranker<'a>) -> Result<Option<Self>, ReadError> {
        let Expression::Combined(clauses) = expression else { return Ok(None) };
        let mut required = Self { words: Vec::with_capacity(clauses.len()), unknown: 0.0, lately: ranker.lately };
        for clause in clauses {
            let Clause::Must(Expression::Term(term)) = clause else { return Ok(None) };
            if !required.add(term, ranker)? {
                return Ok(None);
            }
        }
        required.words.sort_by_key(|word| word.entries);
        let others: u64 = required.words.iter().skip(1).map(|word| word.entries).sum();
        let leads = |rarest: &Word| rarest.entries.saturating_mul(MUCH_RARER) < others;
        Ok((!required.words.first().is_none_or(leads)).then_some(required))
    }

    /// Adds a word; not one of a single character, whose lists are of another kind.
    fn add(&mut self, term: &Term, ranker: Ranker<'_>) -> Result<bool, ReadError> {
        let Some(lead) = lead::lists_of(term, ranker)? else { return Ok(false) };
        let weigh = |terms: &[IndexTerm]| Bm25Weight::for_terms(ranker.statistics, terms).map_err(read_error);
        let mut word = Word { entries: lead.entries(), lists: Vec::new() };
        for (field, list) in ranker.compiler.gram_fields(term.field).zip(lead.into_lists()) {
            let grams = lead::grams(&term.characters, field);
            let worth = match grams.len() {
                0 => return Ok(false),
                1 => Some(weigh(&grams)?),
                _ => {
                    self.unknown += weigh(&grams)?.max_score();
                    None
                }
            };
            word.lists.push(Listed { term: list, worth, decides: true });
        }
        for term in ranker.compiler.word_lists(term) {
            let worth = Some(weigh(slice::from_ref(&term))?);
            word.lists.push(Listed { term, worth, decides: false });
        }
        self.words.push(word);
        Ok(true)
    }

    /// Gives, ascending, the entries of a segment that may have all words and score more than a threshold. Each time it is
    /// told the threshold for those behind, or `None` when it is enough. Ends early on `stop`.
    pub(super) fn visit(
        &self,
        segment: &SegmentReader,
        mut threshold: Score,
        stop: &AtomicBool,
        visit: &mut dyn FnMut(DocId) -> Option<Score>,
    ) -> tantivy::Result<()> {
        let mut words = Vec::with_capacity(self.words.len());
        for word in &self.words {
            let mut lists = Vec::with_capacity(word.lists.len());
            for Listed { term, worth, decides } in &word.lists {
                lists.extend(List::open(term, worth.as_ref(), segment, self.lately)?.map(|list| (list, *decides)));
            }
            words.push(lists);
        }
        if words.is_empty() {
            return Ok(());
        }
        let all = words.len();
        let mut window = Window::default();
        while !stop.load(Relaxed)
            && let Some(first) = first_decided(&words[0])
        {
            window.first = first;
            for (word, lists) in words.iter_mut().enumerate() {
                for (list, decides) in lists {
                    list.skip_to(first);
                    list.for_each_before(first.saturating_add(WINDOW), |document, score| {
                        window.meet(document, score, word, *decides);
                    });
                }
            }
            match window.take(all, self.unknown, threshold, visit) {
                Some(risen) => threshold = risen,
                None => break,
            }
        }
        Ok(())
    }
}

/// The first entry left that a word may be in.
fn first_decided(lists: &[(List<'_>, bool)]) -> Option<DocId> {
    lists.iter().filter(|(_, decides)| *decides).filter_map(|(list, _)| list.document()).min()
}

/// Which words entries in a row have, and what they score by them.
struct Window {
    first: DocId,
    /// How many of the words, beginning with the first one.
    words: Box<[u16; WINDOW as usize]>,
    scores: Box<[f64; WINDOW as usize]>,
    /// The places of those that have the first word.
    places: Vec<DocId>,
}

impl Default for Window {
    fn default() -> Self {
        let (words, scores) = (Box::new([0; WINDOW as usize]), Box::new([0.0; WINDOW as usize]));
        Self { first: 0, words, scores, places: Vec::new() }
    }
}

impl Window {
    /// An entry is in a list of a word; those of the words before were gone through.
    fn meet(&mut self, document: DocId, score: Score, word: usize, decides: bool) {
        let place = document - self.first;
        let (words, sum) = (&mut self.words[place as usize], &mut self.scores[place as usize]);
        if decides && usize::from(*words) == word {
            *words += 1;
            if word == 0 {
                *sum = 0.0;
                self.places.push(place);
            }
        }
        if usize::from(*words) == word + 1 {
            *sum += f64::from(score);
        }
    }

    /// Gives what has all words and may score more than a threshold, and leaves nothing; the threshold in the end, or
    /// `None` if it is enough.
    fn take(
        &mut self,
        all: usize,
        unknown: Score,
        mut threshold: Score,
        visit: &mut dyn FnMut(DocId) -> Option<Score>,
    ) -> Option<Score> {
        self.places.sort_unstable();
        for place in self.places.drain(..) {
            let words = mem::take(&mut self.words[place as usize]);
            let most = self.scores[place as usize] + f64::from(unknown);
            if usize::from(words) == all && most > f64::from(threshold) {
                threshold = visit(self.first + place)?;
            }
        }
        Some(threshold)
    }
}
