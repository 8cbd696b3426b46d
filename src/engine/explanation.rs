//! What an expression makes of one paragraph, taken apart.

use crate::engine::TermField;

/// What an expression and a filter make of one paragraph.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Whether anything can find it: it has a letter or digit.
    pub searchable: bool,
    /// Whether the filter lets its document through.
    pub admitted: bool,
    /// Its score exactly as a ranking has it; `None` when it does not match.
    pub score: Option<f32>,
    /// What the expression makes of it, whether it can be found or not.
    pub verdict: Verdict,
    /// The number of paragraphs that rarity is measured by.
    pub paragraphs: u64,
}

/// What an expression, or a part of one, makes of a paragraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Whether it matches.
    pub matches: bool,
    /// What a term or condition adds to the score, in the order in which it is added up; nothing when it does not match.
    pub parts: Vec<ScorePart>,
    /// What the clauses of a combination make of it, in their order.
    pub clauses: Vec<Verdict>,
}

/// A summand of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScorePart {
    /// What it adds.
    pub value: f32,
    /// What for.
    pub evidence: Evidence,
}

/// What a summand of a score is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// Characters in sequence, scored by BM25.
    Sequence(Bm25),
    /// A word that the segmenter found as one, scored by BM25.
    Word(Bm25),
    /// A single character, which adds the same however rare it is and however often it is there.
    Character {
        /// In the text or in the title.
        field: TermField,
        /// How often it is there.
        frequency: u32,
    },
    /// A value of the document.
    Document,
}

/// What goes into a score by BM25.
#[derive(Clone, Debug, PartialEq)]
pub struct Bm25 {
    /// In the text or in the title.
    pub field: TermField,
    /// How often it is there.
    pub frequency: u32,
    /// What the index is asked for.
    pub terms: Vec<IndexTerm>,
    /// The rarity of these, added up.
    pub idf: f32,
    /// How many tokens the field has in this paragraph, as the index keeps it.
    pub length: u32,
    /// How many it has on average.
    pub average_length: f32,
    /// What the length does to the score: 1 for the average, more for longer ones.
    pub length_norm: f32,
}

/// A term of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexTerm {
    /// Its characters.
    pub characters: String,
    /// In how many paragraphs it is.
    pub frequency: u64,
    /// How rare that makes it.
    pub idf: f32,
}
