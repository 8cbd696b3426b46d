//! Other names of what a query names: a paragraph that has one of them has what was written.

use crate::{
    engine::{Clause, Expression, Term, TermField, Token, TokenField, TokenStatistics, WeighedToken},
    text::{Synonym, bigrams},
};

/// By how many of its bigrams, the rarest ones, a name is found.
const FINDING_GRAMS: usize = 2;

/// As much as a bigram within a word.
const WEIGHT: f32 = 2.0;

/// A name in a query, and the other names of the same thing.
#[derive(Clone, Debug)]
pub(super) struct OtherNames {
    written: String,
    field: TermField,
    /// The bigrams of each of the others.
    grams: Vec<Vec<String>>,
    /// Matches what has one of the others.
    pub(super) expression: Expression,
}

impl OtherNames {
    pub(super) fn new(Synonym { words: _, written, others }: &Synonym, field: TermField) -> Self {
        let term = |name: &String| Term { characters: name.clone(), field, word: false };
        Self {
            written: written.clone(),
            field,
            grams: others.iter().map(|name| bigrams(name)).collect(),
            expression: Expression::Combined(
                others.iter().map(|name| Clause::Should(Expression::Term(term(name)))).collect(),
            ),
        }
    }

    /// Whether characters stand in the name that was written.
    pub(super) fn has(&self, characters: &str) -> bool {
        self.written.contains(characters)
    }

    /// What is looked up of the others: each bigram in the text and in the title.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.grams.iter().flatten().flat_map(|gram| {
            [TokenField::Gram, TokenField::TitleGram].map(|field| Token { field, characters: gram.clone() })
        })
    }

    /// How many that are.
    pub(super) fn token_count(&self) -> usize {
        2 * self.grams.iter().map(Vec::len).sum::<usize>()
    }

    /// Whether it is of the same name in the same place.
    pub(super) fn is_of(&self, name: &Synonym, field: TermField) -> bool {
        self.written == name.written && self.field == field
    }

    /// The tokens that find the others, of those at `first` and behind among all, but for bigrams that the query has by
    /// itself. They weigh what bigrams within a word do.
    pub(super) fn finding(
        &self,
        tokens: &[Token],
        first: usize,
        TokenStatistics { frequencies, .. }: &TokenStatistics,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<WeighedToken> {
        let mut finding = Vec::new();
        let mut next = first;
        for grams in &self.grams {
            let places = (next..).step_by(2).take(grams.len());
            next += 2 * grams.len();
            let mut rarest: Vec<_> = places.filter(|&place| !is_wanted(&tokens[place].characters)).collect();
            rarest.sort_by_key(|&place| frequencies[place] + frequencies[place + 1]);
            rarest.truncate(FINDING_GRAMS);
            let elsewhere = |(field, _): &(TermField, usize)| *field == self.field;
            let fields = rarest.iter().flat_map(|&place| [(TermField::Title, place), (TermField::Text, place + 1)]);
            let found = fields.filter(|field| !elsewhere(field)).map(|(_, place)| place);
            let found = found.filter(|&place| frequencies[place] > 0);
            finding.extend(found.map(|place| WeighedToken { token: tokens[place].clone(), weight: WEIGHT }));
        }
        finding
    }
}
