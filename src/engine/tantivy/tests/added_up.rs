//! Matches ranked by tokens, one by one: what candidates are measured by.

use std::cmp::Reverse;

use super::harness::NEVER;
use crate::engine::{Lengths, Occurrences, Ranked, Snapshot, Token, TokenField, TokenStatistics, WeighedToken};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Those of some matches that have one of the tokens, best first, by BM25 over text and title as one.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "scores are single precision")]
pub(super) fn by_tokens(snapshot: &dyn Snapshot, matches: &[Ranked], weighed: &[WeighedToken]) -> Vec<Ranked> {
    let mut matches = matches.to_vec();
    matches.sort_by_key(|hit| hit.address);
    let addresses: Vec<_> = matches.iter().map(|hit| hit.address).collect();
    let tokens: Vec<Token> = weighed.iter().map(|it| it.token.clone()).collect();
    let TokenStatistics { paragraphs, frequencies, text_length, .. } =
        snapshot.token_statistics(&tokens, &NEVER).expect("readable");
    let Occurrences { counts, lengths } = snapshot.occurrences(&tokens, &addresses, &NEVER).expect("readable");
    let average = (text_length as f32).max(1.0);
    let score = |hit: usize, Lengths { text, .. }: &Lengths| {
        let norm = K1 * (1.0 - B + B * *text as f32 / average);
        let (mut sum, mut next) = (0.0, 0);
        while next < tokens.len() {
            let places = next..next + if are_one(&tokens[next..]) { 2 } else { 1 };
            let count = counts[places.clone()].iter().map(|counts| counts[hit]).find(|&count| count > 0).unwrap_or(0);
            let frequency = frequencies[places.clone()].iter().copied().max().unwrap_or(0);
            let rarity = (1.0 + ((paragraphs - frequency) as f32 + 0.5) / (frequency as f32 + 0.5)).ln();
            let most = weighed[next].weight * rarity * (K1 + 1.0);
            sum += f64::from(most * (count as f32 / (count as f32 + norm)));
            next = places.end;
        }
        sum as f32
    };
    for (place, (hit, length)) in matches.iter_mut().zip(&lengths).enumerate() {
        hit.score = score(place, length);
    }
    matches.retain(|hit| hit.score > 0.0);
    matches.sort_by(|a, b| {
        let others = |hit: &Ranked| (Reverse(hit.date), hit.position);
        b.score.total_cmp(&a.score).then_with(|| others(a).cmp(&others(b)))
    });
    matches
}

/// Whether tokens begin with the same one of the text and of the title.
fn are_one(tokens: &[Token]) -> bool {
    matches!(tokens, [text, title, ..] if text.characters == title.characters
        && (text.field, title.field) == (TokenField::Gram, TokenField::TitleGram))
}
