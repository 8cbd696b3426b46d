//! The text chain's words and bigrams as tantivy tokens.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::text::{Segmenter, for_each_gram, searchable};

/// Words, without positions worth the name: they are for ranking only.
#[derive(Clone)]
pub(super) struct WordTokenizer {
    segmenter: Segmenter,
    tokens: Tokens,
}

/// Bigrams at linear positions.
#[derive(Clone, Default)]
pub(super) struct GramTokenizer {
    tokens: Tokens,
}

/// Letters and digits, one by one.
#[derive(Clone, Default)]
pub(super) struct CharacterTokenizer {
    tokens: Tokens,
}

impl WordTokenizer {
    pub(super) fn new(segmenter: Segmenter) -> Self {
        Self { segmenter, tokens: Tokens::default() }
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let tokens = &mut self.tokens;
        tokens.clear();
        self.segmenter.for_each_word(text, |word| tokens.push(word));
        tokens.stream()
    }
}

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let tokens = &mut self.tokens;
        tokens.clear();
        for_each_gram(text, |gram, position| {
            debug_assert_eq!(tokens.ends.len(), position as usize, "positions are linear");
            tokens.push(gram);
        });
        tokens.stream()
    }
}

impl Tokenizer for CharacterTokenizer {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let tokens = &mut self.tokens;
        tokens.clear();
        for character in searchable(text).chars() {
            tokens.push(character.encode_utf8(&mut [0; 4]));
        }
        tokens.stream()
    }
}

/// Tokens of one text, in one buffer that is used again for the next. Positions are 0, 1, 2, ….
#[derive(Clone, Default)]
struct Tokens {
    text: String,
    ends: Vec<usize>,
    token: Token,
}

impl Tokens {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, token: &str) {
        self.text.push_str(token);
        self.ends.push(self.text.len());
    }

    fn stream(&mut self) -> Stream<'_> {
        let Self { text, ends, token } = self;
        token.reset();
        Stream { text, ends, next: 0, token }
    }
}

/// Walks [`Tokens`]. Offsets are left out: highlighting is not the engine's.
pub(super) struct Stream<'a> {
    text: &'a str,
    ends: &'a [usize],
    next: usize,
    token: &'a mut Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(&end) = self.ends.get(self.next) else { return false };
        let start = self.next.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        self.token.position = self.next;
        self.token.text.clear();
        self.token.text.push_str(&self.text[start..end]);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
