//! The texts that are put: made of a dictionary's words, each as often as it is used.
//!
//! So a text has as many different words and bigrams as texts of its length have, or somewhat more, since which word
//! comes after which is left to chance. Characters drawn by chance would hardly ever make one bigram twice: to index
//! them is the most that a text can cost.

use std::io::{BufRead as _, BufReader};

use anyhow::Context as _;
use flate2::read::GzDecoder;

/// A word and how often it is used, a line.
const DICTIONARY: &[u8] = include_bytes!("../../src/text/data/dictionary.txt.gz");
/// A text's length in characters: 2 KB.
const CHARACTERS: usize = 680;
/// The words of a clause, the clauses of a sentence and the sentences of a line, at most.
const CLAUSE: u32 = 12;
const SENTENCE: u32 = 5;
const LINE: u32 = 4;

/// What texts are made of.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Made {
    /// Words as they are used.
    Words,
    /// Characters at random.
    Characters,
}

/// Makes texts.
pub(crate) struct Texts {
    /// With the frequencies of all words up to each; none for characters at random.
    words: Vec<(String, u64)>,
}

impl Texts {
    pub(crate) fn new(made: Made) -> anyhow::Result<Self> {
        let Made::Words = made else { return Ok(Self { words: Vec::new() }) };
        let (mut words, mut until) = (Vec::new(), 0);
        for line in BufReader::new(GzDecoder::new(DICTIONARY)).lines() {
            let line = line?;
            let (word, frequency) = line.split_once(' ').context("a line of the dictionary is a word and a number")?;
            until += frequency.parse::<u64>()?;
            words.push((word.to_owned(), until));
        }
        Ok(Self { words })
    }

    /// A text of its own.
    pub(crate) fn next(&self, rng: &mut fastrand::Rng) -> String {
        let Some(&(_, all)) = self.words.last() else {
            return (0..CHARACTERS).map(|_| rng.char('\u{4e00}'..'\u{5000}')).collect();
        };
        let (mut text, mut characters) = (String::new(), 0);
        while characters < CHARACTERS {
            for sentence in (0..rng.u32(1..=LINE)).rev() {
                for clause in (0..rng.u32(1..=SENTENCE)).rev() {
                    for _ in 0..rng.u32(3..=CLAUSE) {
                        let drawn = rng.u64(0..all);
                        let (word, _) = &self.words[self.words.partition_point(|(_, until)| *until <= drawn)];
                        text.push_str(word);
                        characters += word.chars().count();
                    }
                    text.push(if clause == 0 { '。' } else { '，' });
                }
                text.push_str(if sentence == 0 { "\n" } else { "" });
            }
        }
        text
    }
}
