//! What a paragraph is worth to a query: a few features, each with a fixed weight.
//!
//! Pure: everything is worked out of what the engine counted.

use crate::{
    engine::{Lengths, TermField},
    search::rescore::wanted::WantedGram,
};

/// BM25's constants for the first stage as it counts here: in paragraphs, presence beats frequency and length says
/// little.
const K1: f64 = 0.9;
const B: f64 = 0.4;

/// What a paragraph's score consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The share of the query's bigrams, by what they mean and how rare they are, that the text or the title has.
    Coverage,
    /// The share that the title has.
    TitleCoverage,
    /// BM25 over the query's bigrams in text and title, those within its words twice, as a share of the best candidate's.
    FirstStage,
    /// The first stage of the better one of the paragraphs before and after it.
    Neighbour,
    /// The text has what questions of this type look for; the rarer that is, the more it counts.
    QuestionType,
    /// The text defines what the query wants explained.
    Definition,
    /// The share of a short query's words that the text has as words.
    Words,
    /// The share of the query's characters, by what they mean and how rare they are, that the text has.
    Characters,
    /// The document has the number that the query names.
    Document,
    /// The share that the paragraph has of what is wanted in sequence and not required: phrases, and documents named by
    /// title.
    Phrases,
}

/// How many features there are.
pub(super) const FEATURES: usize = 10;

impl Feature {
    /// All of them, in the order in which they are added up.
    pub(super) const ALL: [Self; FEATURES] = [
        Self::Coverage,
        Self::TitleCoverage,
        Self::FirstStage,
        Self::Neighbour,
        Self::QuestionType,
        Self::Definition,
        Self::Words,
        Self::Characters,
        Self::Document,
        Self::Phrases,
    ];

    /// What its value is multiplied with.
    pub fn weight(self) -> f64 {
        match self {
            Self::Coverage | Self::Document => 1.0,
            Self::TitleCoverage => 0.3,
            Self::Neighbour => 0.07,
            Self::QuestionType => 0.2,
            Self::Definition => 0.33,
            Self::FirstStage | Self::Words | Self::Phrases => 0.5,
            Self::Characters => 0.22,
        }
    }
}

/// The values of a paragraph's features, in the order of [`Feature::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Features([f64; FEATURES]);

impl Features {
    pub(super) fn set(&mut self, feature: Feature, value: f64) {
        self.0[feature as usize] = value;
    }

    pub(super) fn get(&self, feature: Feature) -> f64 {
        self.0[feature as usize]
    }

    /// Each with its value, in the order in which they are added up.
    pub(super) fn listed(&self) -> Vec<(Feature, f64)> {
        Feature::ALL.iter().map(|&feature| (feature, self.get(feature))).collect()
    }

    /// The score: always added up in the same order, so that equal paragraphs score equal to the last bit.
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
    pub(super) fn score(&self) -> f32 {
        let sum: f64 = Feature::ALL.iter().map(|&feature| self.get(feature) * feature.weight()).sum();
        (sum as f32).max(LEAST_SCORE)
    }
}

/// What every candidate scores at least, so that there is room for the others below it.
const LEAST_SCORE: f32 = 0.001;

/// How rare something is that so many paragraphs of all have.
pub(super) fn idf(frequency: u64, paragraphs: u64) -> f64 {
    let [frequency, paragraphs] = [frequency.min(paragraphs), paragraphs].map(number);
    (1.0 + (paragraphs - frequency + 0.5) / (frequency + 0.5)).ln()
}

/// How much a cue counts that so many paragraphs of all have.
pub(super) fn cue_weight(frequency: u64, paragraphs: u64) -> f64 {
    const MOST: f64 = 4.0;
    let share = number(frequency) / number(paragraphs.max(1));
    (-(share + 0.001).ln()).clamp(0.0, MOST) / MOST
}

/// A bigram and how often each candidate has it, in the text and in the title.
pub(super) struct CountedGram<'a> {
    pub(super) gram: &'a WantedGram,
    pub(super) idf: f64,
    pub(super) text: &'a [u32],
    pub(super) title: &'a [u32],
}

impl CountedGram<'_> {
    fn weight(&self) -> f64 {
        self.gram.relevance * self.gram.part * self.idf
    }

    /// How often each candidate has it in the text and in the title, where that counts.
    fn counts(&self) -> impl Iterator<Item = (u32, u32)> {
        let counts = |(&text, &title): (&u32, &u32)| match self.gram.field {
            TermField::Text => (text, 0),
            TermField::Title => (0, title),
            TermField::TextOrTitle => (text, title),
        };
        self.text.iter().zip(self.title).map(counts)
    }

    /// Adds what BM25 over text and title as one gives each candidate for it, of which the norms are known. It counts as
    /// often as the query has it, and again within a word.
    pub(super) fn add_first_stage(&self, norms: &[f64], sums: &mut [f64]) {
        let most = self.gram.part * self.gram.times * self.idf * (K1 + 1.0);
        for ((sum, norm), (text, title)) in sums.iter_mut().zip(norms).zip(self.counts()) {
            // Most candidates have few of a long query's.
            if text + title > 0 {
                let count = f64::from(text) + f64::from(title);
                *sum += most * count / (count + norm);
            }
        }
    }
}

/// The share of the bigrams that the text or the title of each candidate has, and the share that the title has.
pub(super) fn coverages(grams: &[CountedGram<'_>], candidates: usize) -> Vec<(f64, f64)> {
    let mut shares = vec![(0.0, 0.0); candidates];
    let all: f64 = grams.iter().map(CountedGram::weight).sum();
    if all <= 0.0 {
        return shares;
    }
    for gram in grams {
        let weight = gram.weight();
        for ((somewhere, in_title), (text, title)) in shares.iter_mut().zip(gram.counts()) {
            if title > 0 {
                *in_title += weight;
            }
            if text + title > 0 {
                *somewhere += weight;
            }
        }
    }
    for (somewhere, in_title) in &mut shares {
        *somewhere /= all;
        *in_title /= all;
    }
    shares
}

/// What the length of a paragraph does to its first stage.
pub(super) fn norm(length: Lengths, average: f64) -> f64 {
    let length = f64::from(length.text) + f64::from(length.title);
    K1 * (1.0 - B + B * length / average.max(1.0))
}

/// The share that each candidate has of some tokens, given with what they weigh and how often it has each.
pub(super) fn shares<'a>(tokens: impl Iterator<Item = (f64, &'a [u32])> + Clone, candidates: usize) -> Vec<f64> {
    let mut shares = vec![0.0; candidates];
    let all: f64 = tokens.clone().map(|(weight, _)| weight).sum();
    if all <= 0.0 {
        return shares;
    }
    for (weight, counts) in tokens {
        shares.iter_mut().zip(counts).filter(|(_, count)| **count > 0).for_each(|(share, _)| *share += weight);
    }
    for share in &mut shares {
        *share /= all;
    }
    shares
}

#[expect(clippy::cast_precision_loss, reason = "counts of paragraphs")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gram(relevance: f64, times: f64, field: TermField) -> WantedGram {
        WantedGram { characters: "党建".to_owned(), relevance, part: 1.0, times, field }
    }

    /// Shown to three digits.
    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(format!("{value:.3}"), expected);
    }

    #[test]
    fn what_is_rare_counts_more() {
        check(idf(0, 100), "5.308");
        check(idf(50, 100), "0.693");
        check(idf(100, 100), "0.005");
        check(idf(200, 100), "0.005"); // Deleted paragraphs are still counted.
        check(idf(0, 0), "0.693");
        check(cue_weight(0, 100), "1.000");
        check(cue_weight(50, 100), "0.173");
        check(cue_weight(100, 100), "0.000");
        check(cue_weight(0, 0), "1.000");
    }

    #[test]
    fn coverage_is_a_share_of_what_is_meant() {
        #[track_caller]
        fn check(counts: [[u32; 2]; 2], fields: [TermField; 2], expected: &str) {
            let grams = [gram(1.0, 1.0, fields[0]), gram(0.5, 1.0, fields[1])];
            let [texts, titles] = [0, 1].map(|of| counts.map(|counts| [counts[of]]));
            let counted =
                [0, 1].map(|it| CountedGram { gram: &grams[it], idf: 2.0, text: &texts[it], title: &titles[it] });
            let (somewhere, title) = coverages(&counted, 1)[0];
            assert_eq!(format!("{somewhere:.3} {title:.3}"), expected);
        }
        let anywhere = [TermField::TextOrTitle; 2];
        check([[0, 0], [0, 0]], anywhere, "0.000 0.000");
        check([[3, 0], [0, 0]], anywhere, "0.667 0.000");
        check([[0, 0], [0, 1]], anywhere, "0.333 0.333");
        check([[1, 1], [1, 0]], anywhere, "1.000 0.667");
        check([[1, 0], [0, 0]], [TermField::Title, TermField::Text], "0.000 0.000");
        check([[1, 1], [1, 1]], [TermField::Title, TermField::Text], "1.000 0.667");
        assert_eq!(coverages(&[], 1), [(0.0, 0.0)]);
    }

    #[test]
    fn the_first_stage_knows_length_and_how_often_the_query_has_it() {
        #[track_caller]
        fn check(times: f64, counts: [u32; 2], text: u32, expected: &str) {
            let gram = gram(0.0, times, TermField::TextOrTitle);
            let [text_count, title_count] = counts.map(|count| [count]);
            let counted = CountedGram { gram: &gram, idf: 1.0, text: &text_count, title: &title_count };
            let mut sums = [0.0];
            counted.add_first_stage(&[norm(Lengths { text, title: 0 }, 100.0)], &mut sums);
            assert_eq!(format!("{:.3}", sums[0]), expected);
        }
        check(1.0, [0, 0], 100, "0.000");
        check(1.0, [1, 0], 100, "1.000");
        check(2.0, [1, 0], 100, "2.000");
        check(1.0, [1, 1], 100, "1.310");
        check(1.0, [1, 0], 300, "0.725");
        check(1.0, [1, 0], 0, "1.234");
    }
}
