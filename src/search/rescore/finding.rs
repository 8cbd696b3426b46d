//! Which tokens find candidates: few and rare ones, because what finding takes is the length of their postings.

use std::collections::HashSet;

use crate::{
    engine::{Clause, Expression, TermField, Token, TokenStatistics, WeighedToken},
    search::rescore::{
        formula,
        ranking::DEFAULT_CANDIDATES,
        wanted::{Wanted, WantedGram, WantedWord},
    },
};

/// Tokens that more than this share of all paragraphs have find no candidates: their postings are long and say little.
const COMMON_SHARE: f64 = 0.02;
/// Postings as short as this cost nothing, whatever share they are.
const SHORT_POSTINGS: u64 = 2_000;
/// So many of the rarest bigrams find candidates however common they are: else common short queries found none.
const LEAST_GRAMS: usize = 6;

/// How much of what a query's tokens say, those of titles included, may be left out of finding, as a share: the tokens
/// that say least have most of the postings.
const SPARED_SHARE: f64 = 0.15;

/// A word of a short query that so many texts have finds enough candidates: to look for its bigrams, too, would find
/// those that have them by accident, which come behind.
const ENOUGH_PARAGRAPHS: u64 = 5 * DEFAULT_CANDIDATES as u64;

impl Wanted {
    /// The tokens that find candidates: what carries meaning and is not too common, or the rarest of all; fewer where
    /// matches are free of conditions, so that each token finds all that its postings have.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
    pub(super) fn finding(&self, tokens: &[Token], statistics: &TokenStatistics, is_free: bool) -> Vec<WeighedToken> {
        let TokenStatistics { paragraphs, frequencies, .. } = statistics;
        let common = SHORT_POSTINGS.max((*paragraphs as f64 * COMMON_SHARE) as u64);
        let frequency = |gram: usize| frequencies[2 * gram] + frequencies[2 * gram + 1];
        let meaningful = self.grams.iter().any(|gram| gram.relevance > 0.0);
        let first_word = 2 * self.grams.len();
        let frequent: Vec<_> = (first_word..)
            .step_by(2)
            .zip(&self.words)
            .filter(|(word, wanted)| wanted.numeral.is_none() && frequencies[*word] >= ENOUGH_PARAGRAPHS)
            .map(|(_, wanted)| wanted)
            .collect();
        let is_needed = |gram: &WantedGram| {
            let says_no_more =
                |word: &&WantedWord| word.field == gram.field && word.characters.contains(&gram.characters);
            (gram.relevance > 0.0 || !meaningful) && !frequent.iter().any(says_no_more)
        };
        let mut rarest: Vec<_> = (0..self.grams.len()).filter(|&gram| is_needed(&self.grams[gram])).collect();
        rarest.sort_by_key(|&gram| frequency(gram));
        let kept: HashSet<_> = rarest.iter().copied().take(LEAST_GRAMS).collect();
        let mut finding = Vec::new();
        for gram in rarest {
            for (index, field) in [(2 * gram, TermField::Title), (2 * gram + 1, TermField::Text)] {
                let elsewhere = self.grams[gram].field == field;
                let rare = kept.contains(&gram) || frequencies[index] <= common;
                if !elsewhere && rare && frequencies[index] > 0 {
                    finding.push((index, self.grams[gram].times));
                }
            }
        }
        let words = first_word..first_word + 2 * self.words.len();
        finding.extend(words.filter(|&index| frequencies[index] > 0).map(|index| (index, 1.0)));
        if is_free {
            spare(&mut finding, statistics);
        }
        let token =
            |(index, weight): (usize, f64)| WeighedToken { token: tokens[index].clone(), weight: weight as f32 };
        let mut finding: Vec<_> = finding.into_iter().map(token).collect();
        let mut first = tokens.len() - self.tokens_of_other_names();
        let written: HashSet<_> = self.grams.iter().map(|gram| gram.characters.as_str()).collect();
        for names in &self.other_names {
            let is_wanted = |characters: &str| written.contains(characters);
            finding.extend(names.finding(tokens, first, statistics, is_wanted));
            first += names.token_count();
        }
        finding
    }
}

/// Whether an expression requires or excludes something.
pub(super) fn has_conditions(expression: &Expression) -> bool {
    let Expression::Combined(clauses) = expression else { return false };
    clauses.iter().any(|clause| matches!(clause, Clause::Must(_) | Clause::MustNot(_)))
}

/// Takes tokens away, given with their weights, that are common and say little beside the others, unless these find too few.
fn spare(finding: &mut Vec<(usize, f64)>, TokenStatistics { paragraphs, frequencies, .. }: &TokenStatistics) {
    let says = |&(index, weight): &(usize, f64)| weight * formula::idf(frequencies[index], *paragraphs);
    let mut left = finding.iter().map(says).sum::<f64>() * SPARED_SHARE;
    let mut common: Vec<_> =
        finding.iter().copied().filter(|(index, _)| frequencies[*index] > SHORT_POSTINGS).collect();
    common.sort_by(|a, b| says(a).total_cmp(&says(b)));
    let finds_enough = |(index, _): &(usize, f64)| (ENOUGH_PARAGRAPHS..=SHORT_POSTINGS).contains(&frequencies[*index]);
    if !finding.iter().any(finds_enough) {
        common.pop();
    }
    common.retain(|token| {
        left -= says(token);
        left >= 0.0
    });
    let spared: HashSet<_> = common.into_iter().map(|(index, _)| index).collect();
    finding.retain(|(index, _)| !spared.contains(index));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_and_says_little_is_spared() {
        #[track_caller]
        fn check(frequencies: &[u64], left: &[usize]) {
            let statistics = TokenStatistics {
                paragraphs: 100_000,
                frequencies: frequencies.to_vec(),
                text_length: 100.0,
                title_length: 10.0,
            };
            let mut finding: Vec<_> = (0..frequencies.len()).map(|index| (index, 1.0)).collect();
            spare(&mut finding, &statistics);
            assert_eq!(finding.into_iter().map(|(index, _)| index).collect::<Vec<_>>(), left);
        }
        check(&[], &[]);
        check(&[1_500, 1_500, 60_000], &[0, 1]);
        check(&[1_500, 1_500, 20_000], &[0, 1, 2]); // It says a sixth of all.
        check(&[1_500, 50_000, 1_500, 60_000], &[0, 2]);
        check(&[1_500, 50_000, 60_000], &[0, 1]); // Without both, too little would be said.
        check(&[900, 900, 60_000], &[0, 1, 2]); // The others find too few.
        check(&[900, 60_000, 900, 50_000], &[0, 2, 3]);
        check(&[1_500, 2_000, 2_000], &[0, 1, 2]); // None is common.
    }
}
