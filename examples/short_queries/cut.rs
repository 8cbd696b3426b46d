//! Texts, cut into words by ICU's dictionary, and again by the service's.

use std::collections::HashSet;

use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed, options::WordBreakInvariantOptions};
use xunzhang::text::{Segmenter, fold};

/// Words of so many characters are queries.
const CHARACTERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Cuts texts.
pub(crate) struct Cutter {
    icu: WordSegmenterBorrowed<'static>,
    own: Segmenter,
}

/// A folded text and where its words end.
pub(crate) struct Cut {
    text: String,
    /// Ends of words, as bytes, ascending; the first is 0.
    ends: Vec<usize>,
    /// What the service takes for words.
    own: HashSet<String>,
}

/// How a text has a word: the last one is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// Not at all, or not without something in between.
    Absent,
    /// Across the boundary of two words.
    Accident,
    /// Within a longer word.
    Within,
    /// As a word, or as several that are whole.
    Word,
}

impl Cutter {
    pub(crate) fn new() -> Self {
        Self { icu: WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()), own: Segmenter::new() }
    }

    pub(crate) fn cut(&self, text: &str) -> Cut {
        let text = fold(text);
        let ends = self.icu.segment_str(&text).collect();
        let mut own = HashSet::new();
        self.own.for_each_word(&text, |word| _ = own.insert(word.to_owned()));
        Cut { text, ends, own }
    }
}

impl Cut {
    /// A text whose words are known. What the service takes for words is not.
    pub(crate) fn of(words: &[String]) -> Self {
        let mut cut = Self { text: String::new(), ends: vec![0], own: HashSet::new() };
        for word in words {
            cut.text.push_str(&fold(word));
            cut.ends.push(cut.text.len());
        }
        cut
    }

    /// The words that could be queries.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.ends.windows(2).map(|ends| &self.text[ends[0]..ends[1]]);
        words.filter(|word| word.chars().all(is_han) && CHARACTERS.contains(&word.chars().count()))
    }

    /// What stands across a boundary and could be a query.
    pub(crate) fn accidents(&self) -> impl Iterator<Item = &str> {
        let starts = self.text.char_indices().map(|(start, _)| start);
        let met = starts.flat_map(move |start| CHARACTERS.filter_map(move |count| self.characters(start, count)));
        met.filter(|range| self.sight_at(range.start, range.end) == Sight::Accident).map(|range| &self.text[range])
    }

    /// How the text has a word, at best.
    pub(crate) fn sight(&self, word: &str) -> Sight {
        let found = self.text.match_indices(word).map(|(start, _)| self.sight_at(start, start + word.len()));
        found.max().unwrap_or(Sight::Absent)
    }

    /// Whether the service takes it for a word of the text.
    pub(crate) fn is_own(&self, word: &str) -> bool {
        self.own.contains(word)
    }

    fn sight_at(&self, start: usize, end: usize) -> Sight {
        let is_end = |place: usize| self.ends.binary_search(&place).is_ok();
        let first_inside = self.ends.partition_point(|&place| place <= start);
        let is_divided = self.ends.get(first_inside).is_some_and(|&place| place < end);
        match (is_end(start) && is_end(end), is_divided) {
            (true, _) => Sight::Word,
            (false, true) => Sight::Accident,
            (false, false) => Sight::Within,
        }
    }

    /// So many Han characters from a place on.
    fn characters(&self, start: usize, count: usize) -> Option<std::ops::Range<usize>> {
        let mut characters = self.text[start..].chars();
        let mut end = start;
        for _ in 0..count {
            end += characters.next().filter(|&c| is_han(c))?.len_utf8();
        }
        Some(start..end)
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}')
}
