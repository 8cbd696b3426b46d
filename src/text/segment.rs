//! Segmentation: text to words, by dictionary alone.
//!
//! Words serve ranking and divide queries; what matches is decided by character sequence. The hidden Markov model
//! that jieba offers for unknown words stays off: it cuts one formula differently in different sentences.

mod inside;

use std::collections::HashSet;
use std::io::BufReader;
use std::ops::Range;
use std::sync::Arc;

use flate2::read::GzDecoder;
use jieba_rs::Jieba;

use super::fold::{fold, is_ideograph, is_searchable, searchable};
use super::query_words::{self, CutLately, QueryWord};
use super::token::{Dictionary, Token};
use super::unwrap::{Places, fold_unwrapped};
use super::user_dictionary::{MOST_CHARACTERS, UserDictionary};
use super::{fingerprint, numerals, quoted};

/// jieba's dictionary, folded: a word and its frequency a line.
pub(super) const DICTIONARY: &[u8] = include_bytes!("data/dictionary.txt.gz");
/// Our own words, one a line.
pub(super) const WORDS: &str = include_str!("data/words.txt");

/// The least frequency of words that we or the operator add, as high as that of words in daily use (the dictionary's
/// frequencies add up to 60 million): a formula has to win in a sentence, too, where one of its ends could go with the
/// next word.
const LEAST_FREQUENCY: usize = 1_000;

/// Cuts text into words. Costs some 33 MB and 0.2 s to make, and next to nothing to clone.
#[derive(Clone, Debug)]
pub struct Segmenter {
    shared: Arc<Shared>,
}

/// What the clones of a segmenter share.
#[derive(Debug)]
struct Shared {
    jieba: Jieba,
    official: HashSet<String>,
    user: HashSet<String>,
    fingerprint: String,
    cut_lately: CutLately,
}

/// What made a term of a piece of text.
#[derive(Clone, Copy)]
enum Origin {
    Cut,
    Numeral,
    Quoted,
}

impl Segmenter {
    /// Reads the built-in dictionary.
    ///
    /// # Panics
    ///
    /// If the built-in dictionary is broken, which the tests rule out.
    pub fn new() -> Self {
        Self::with(&UserDictionary::default())
    }

    /// Reads the built-in dictionary, and adds words that win over it.
    ///
    /// # Panics
    ///
    /// If the built-in dictionary is broken, which the tests rule out.
    pub fn with(user: &UserDictionary) -> Self {
        let mut dictionary = BufReader::new(GzDecoder::new(DICTIONARY));
        let mut jieba = Jieba::with_dict(&mut dictionary).expect("the built-in dictionary is sound: it is tested");
        let official: HashSet<String> = own_words().inspect(|word| add(&mut jieba, word, 0)).collect();
        user.words().for_each(|(word, frequency)| add(&mut jieba, word, frequency));
        let user_words = user.words().map(|(word, _)| word.to_owned()).collect();
        let fingerprint = fingerprint::fingerprint(user);
        let cut_lately = CutLately::default();
        Self { shared: Arc::new(Shared { jieba, official, user: user_words, fingerprint, cut_lately }) }
    }

    /// Names how text is analysed, with the words in use: see [`fingerprint`](super::fingerprint).
    pub fn fingerprint(&self) -> &str {
        &self.shared.fingerprint
    }

    /// Calls `visit` with every term of a text for an index: words with the words inside them, numerals in the spelling
    /// that all spellings share, and formulas between quotation marks. Folded, punctuation dropped.
    ///
    /// A run of letters and digits outside the Han script is one word. Words have at most 64 characters; longer ones
    /// are cut. Memory is some 40 times the text, so it is meant for a paragraph, not for a document.
    pub fn for_each_word(&self, text: &str, mut visit: impl FnMut(&str)) {
        self.for_each_term(&fold_unwrapped(text), |term, _, _| visit(term));
    }

    /// What [`for_each_word`](Self::for_each_word) visits, in the same order, with where it stands and who knows it.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let places = Places::of(text);
        let mut tokens = Vec::new();
        self.for_each_term(&fold_unwrapped(text), |term, range, origin| {
            let dictionary = match origin {
                Origin::Numeral => Dictionary::Numeral,
                Origin::Quoted => Dictionary::Quoted,
                Origin::Cut => self.shared.dictionary_of(term),
            };
            tokens.push(Token { characters: term.to_owned(), range: places.range(range), dictionary });
        });
        tokens
    }

    /// The words of a query, in order, none overlapping, punctuation dropped.
    ///
    /// The dictionary's words, except that numerals are whole and that single characters which nothing divides are one
    /// word together: see `numerals::join` and `query_words::join`.
    pub fn query_words(&self, text: &str) -> Arc<[QueryWord]> {
        self.shared.cut_lately.get_or(text, || {
            let folded = fold_unwrapped(text);
            query_words::join(&folded, &numerals::join(&folded, self.tiles(&folded)))
        })
    }

    /// Visits the terms of folded text and the bytes that each was made of.
    fn for_each_term(&self, folded: &str, mut visit: impl FnMut(&str, Range<usize>, Origin)) {
        let tiles = self.tiles(folded);
        for tile in &tiles {
            let mut visit = |range: Range<usize>| visit(&folded[range.clone()], range, Origin::Cut);
            self.for_each_word_inside(folded, tile, &mut visit);
            for_each_piece(folded, tile, &mut visit);
        }
        numerals::for_each_term(folded, &tiles, |term, range| visit(term, range, Origin::Numeral));
        for formula in quoted::formulas(folded, &tiles) {
            let range = tiles[formula.start].start..tiles[formula.end - 1].end;
            visit(&searchable(&folded[range.clone()]), range, Origin::Quoted);
        }
    }

    /// Cuts folded text into pieces that do not overlap and leave out only what is no letter or digit.
    ///
    /// Puts together what jieba takes apart: it knows ASCII and Han, and leaves every other letter on its own.
    fn tiles(&self, folded: &str) -> Vec<Range<usize>> {
        let tokens = self.shared.jieba.cut(folded, false);
        let mut tiles: Vec<Range<usize>> = Vec::with_capacity(tokens.len());
        let mut foreign_end = None;
        for token in tokens.iter().filter(|token| token.word.starts_with(is_searchable)) {
            let is_foreign = !token.word.contains(is_ideograph);
            match tiles.last_mut() {
                Some(run) if is_foreign && foreign_end == Some(token.byte_start) => run.end = token.byte_end,
                _ => tiles.push(token.byte_start..token.byte_end),
            }
            foreign_end = is_foreign.then_some(token.byte_end);
        }
        tiles
    }

    /// Visits the words inside a longer one: see [`inside`].
    fn for_each_word_inside(&self, folded: &str, tile: &Range<usize>, visit: &mut impl FnMut(Range<usize>)) {
        let word = &folded[tile.clone()];
        // What has Han comes from the dictionary, so it is short; a run of other letters need not be.
        if word.chars().nth(2).is_none() || !word.contains(is_ideograph) {
            return;
        }
        let knows = |part: &str| self.shared.jieba.has_word(part);
        inside::for_each_inside(word, knows, |range| visit(tile.start + range.start..tile.start + range.end));
    }
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    fn dictionary_of(&self, word: &str) -> Dictionary {
        if self.user.contains(word) {
            Dictionary::User
        } else if self.official.contains(word) {
            Dictionary::Official
        } else if self.jieba.has_word(word) {
            Dictionary::BuiltIn
        } else {
            Dictionary::None
        }
    }
}

/// Adds a word with a frequency with which it wins over its parts; with the given one if that is higher.
fn add(jieba: &mut Jieba, word: &str, frequency: u32) {
    let winning = jieba.suggest_freq(word).max(LEAST_FREQUENCY);
    jieba.add_word(word, Some(winning.max(usize::try_from(frequency).unwrap_or(usize::MAX))), None);
}

fn own_words() -> impl Iterator<Item = String> {
    WORDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(fold)
}

/// Visits a tile in pieces of at most [`MOST_CHARACTERS`]: nothing in a language is longer; what is, is data, and would
/// swell the index.
fn for_each_piece(folded: &str, tile: &Range<usize>, visit: &mut impl FnMut(Range<usize>)) {
    let mut start = tile.start;
    while let Some((length, _)) = folded[start..tile.end].char_indices().nth(MOST_CHARACTERS) {
        visit(start..start + length);
        start += length;
    }
    visit(start..tile.end);
}

#[cfg(test)]
mod tests;
