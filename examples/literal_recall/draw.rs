//! What is asked for: pieces of paragraphs, as they stand there and as others write them.

use std::{collections::BTreeSet, ops::Range};

use fastrand::Rng;

use crate::{Paragraph, law::Law};

/// How many letters and digits a piece has.
const LETTERS: Range<usize> = 2..13;
/// The most bytes of a piece: a table of dashes between two letters is no quotation.
const MOST_BYTES: usize = 600;
/// How often a draw is repeated where a paragraph has nothing of the kind.
const TRIES: usize = 200;
/// What may be set between letters, and is not to count.
const SIGNS: [&str; 8] = ["，", "。", " ", "\u{3000}", "\n", "《", "\u{200B}", "——"];

/// How a piece was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not at all: with what stands between its letters and digits.
    AsWritten,
    /// Punctuation and spaces taken out.
    Bare,
    /// Other punctuation and spaces put in.
    Punctuated,
    /// In the other script, or in the form of another region.
    OtherScript,
    /// In another width or case.
    OtherShape,
    /// Not at all, and something was cut out of the original in its midst.
    AcrossCut,
    /// A single character.
    Character,
}

impl Kind {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::AsWritten,
        Self::Bare,
        Self::Punctuated,
        Self::OtherScript,
        Self::OtherShape,
        Self::AcrossCut,
        Self::Character,
    ];

    /// The name that is printed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsWritten => "as written",
            Self::Bare => "bare",
            Self::Punctuated => "punctuated",
            Self::OtherScript => "other script",
            Self::OtherShape => "other shape",
            Self::AcrossCut => "across a cut",
            Self::Character => "one character",
        }
    }

    /// How many of a hundred pieces are of this kind, where the corpus has such; the rest is as written.
    fn share(self) -> usize {
        match self {
            Self::AsWritten | Self::Character => 0,
            Self::Bare | Self::OtherScript => 25,
            Self::Punctuated | Self::OtherShape => 10,
            Self::AcrossCut => 15,
        }
    }
}

/// Something to ask for in quotation marks.
pub(crate) struct Question {
    pub(crate) kind: Kind,
    /// What is put into the quotation marks.
    pub(crate) text: String,
    /// The paragraph that it was drawn from.
    pub(crate) paragraph: usize,
    /// What has to stand there, too; see [`crate::narrow`].
    pub(crate) beside: Option<String>,
}

/// Draws pieces of 2 to 12 letters and digits: of each kind its share, as far as the corpus has such pieces.
pub(crate) fn draw(paragraphs: &[Paragraph], law: &Law, count: usize, rng: &mut Rng) -> Vec<Question> {
    let damaged: Vec<usize> =
        (0..paragraphs.len()).filter(|&paragraph| paragraphs[paragraph].source_ranges.len() > 1).collect();
    let mut questions = Vec::with_capacity(count);
    for kind in Kind::ALL.into_iter().rev().filter(|kind| kind.share() > 0) {
        let pieces = (0..count * kind.share() / 100).map_while(|_| {
            // A kind that cannot be drawn once is not tried again.
            (0..TRIES).find_map(|_| match kind {
                Kind::AcrossCut => rng.choice(&damaged).and_then(|&at| piece(kind, paragraphs, at, law, rng)),
                _ => piece(kind, paragraphs, rng.usize(..paragraphs.len()), law, rng),
            })
        });
        questions.extend(pieces);
    }
    let rest = count - questions.len();
    let written =
        (0..rest * TRIES).filter_map(|_| piece(Kind::AsWritten, paragraphs, rng.usize(..paragraphs.len()), law, rng));
    questions.extend(written.take(rest));
    questions
}

/// Draws single characters: half of them as often as they stand in the texts, half of them whatever there is.
pub(crate) fn characters(paragraphs: &[Paragraph], count: usize, rng: &mut Rng) -> Vec<Question> {
    let alphabet: BTreeSet<char> = paragraphs.iter().flat_map(|paragraph| paragraph.searchable.chars()).collect();
    let mut alphabet: Vec<char> = alphabet.into_iter().collect();
    rng.shuffle(&mut alphabet);
    let frequent = std::iter::repeat_with(|| {
        let at = rng.usize(..paragraphs.len());
        rng.choice(paragraphs[at].searchable.chars().collect::<Vec<char>>())
    });
    let mut drawn: BTreeSet<char> = frequent.take(count).flatten().take(count / 2).collect();
    for c in alphabet {
        if drawn.len() == count {
            break;
        }
        drawn.insert(c);
    }
    let question = |c: char| {
        let paragraph = paragraphs.iter().position(|paragraph| paragraph.searchable.contains(c))?;
        Some(Question { kind: Kind::Character, text: c.to_string(), paragraph, beside: None })
    };
    drawn.into_iter().filter_map(question).collect()
}

/// A random piece of a paragraph, if it has one of this kind.
fn piece(kind: Kind, paragraphs: &[Paragraph], paragraph: usize, law: &Law, rng: &mut Rng) -> Option<Question> {
    let Paragraph { text, source_ranges, .. } = &paragraphs[paragraph];
    let letters: Vec<usize> = text.char_indices().filter(|&(_, c)| law.counts(c)).map(|(at, _)| at).collect();
    let count = rng.usize(LETTERS);
    let last_start = letters.len().checked_sub(count)?;
    let start = match kind {
        Kind::AcrossCut => {
            let behind = behind_a_cut(source_ranges, &letters, rng)?;
            rng.usize(behind.saturating_sub(count - 1).min(last_start)..=(behind - 1).min(last_start))
        }
        _ => rng.usize(..=last_start),
    };
    let last = letters[start + count - 1];
    let written = &text[letters[start]..last + text[last..].chars().next().map_or(0, char::len_utf8)];
    if written.len() > MOST_BYTES {
        return None;
    }
    let text = changed(kind, written, law, rng);
    let is_changed = matches!(kind, Kind::AsWritten | Kind::AcrossCut) || text != written;
    is_changed.then_some(Question { kind, text, paragraph, beside: None })
}

/// Which of the letters is the first behind a randomly chosen cut; never the first of all.
fn behind_a_cut(source_ranges: &[Range<usize>], letters: &[usize], rng: &mut Rng) -> Option<usize> {
    let cut = rng.usize(1..source_ranges.len());
    let position: usize = source_ranges[..cut].iter().map(ExactSizeIterator::len).sum();
    let behind = letters.partition_point(|&letter| letter < position);
    (behind > 0 && behind < letters.len()).then_some(behind)
}

fn changed(kind: Kind, written: &str, law: &Law, rng: &mut Rng) -> String {
    let mut other = |c: char, forms: Vec<char>| rng.choice(forms).unwrap_or(c);
    match kind {
        Kind::AsWritten | Kind::AcrossCut | Kind::Character => written.to_owned(),
        Kind::Bare => written.chars().filter(|&c| law.counts(c)).collect(),
        Kind::OtherScript => written.chars().map(|c| other(c, law.other_scripts(c))).collect(),
        Kind::OtherShape => written.chars().map(|c| other(c, law.other_shapes(c))).collect(),
        Kind::Punctuated => punctuated(written, rng),
    }
}

fn punctuated(written: &str, rng: &mut Rng) -> String {
    let mut text = String::new();
    for c in written.chars() {
        text.push(c);
        if rng.bool() {
            text.push_str(SIGNS[rng.usize(..SIGNS.len())]);
        }
    }
    text
}
