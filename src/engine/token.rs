//! Entries of the index, for whoever ranks by what a paragraph has of a query.

/// An entry of the index. Tokens find candidates and tell them apart; they never decide about what matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Where it stands.
    pub field: TokenField,
    /// Its characters as an index has them; of a cue its name.
    pub characters: String,
}

/// A token, and how much it counts among others.
#[derive(Clone, Debug, PartialEq)]
pub struct WeighedToken {
    /// The token.
    pub token: Token,
    /// What its score is multiplied with; over 0.
    pub weight: f32,
}

/// Where a token stands, and of what kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenField {
    /// Two characters of the text's, one after the other; or its last one.
    Gram,
    /// The same of the title.
    TitleGram,
    /// What the segmenter saw as a word of the text; a numeral as [`crate::text::normalised`] spells it.
    Word,
    /// The same of the title.
    TitleWord,
    /// A letter or digit of the text.
    Character,
    /// What [`crate::text::cues`] sees in the text.
    Cue,
}

/// How common tokens are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenStatistics {
    /// The number of paragraphs that frequencies are shares of: those that were deleted and still take room count.
    pub paragraphs: u64,
    /// In how many of them each token is, in the order asked.
    pub frequencies: Vec<u64>,
    /// How many characters their texts have on average.
    pub text_length: f64,
    /// How many characters their titles have on average.
    pub title_length: f64,
}

/// What some paragraphs have of some tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// How often each paragraph has each token: for each token, in the order asked, one number for each paragraph.
    pub counts: Vec<Vec<u32>>,
    /// How long each paragraph is.
    pub lengths: Vec<Lengths>,
}

/// How many characters a paragraph has, as the index keeps it: of large numbers the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Letters and digits of its text.
    pub text: u32,
    /// Letters and digits of its title.
    pub title: u32,
}
