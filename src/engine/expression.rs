//! A query as engines take it: analysed, so that every engine matches the same.

use crate::query::MetadataKey;

/// What has to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Every paragraph.
    All,
    /// No paragraph.
    Nothing,
    /// A character sequence or a word.
    Term(Term),
    /// A condition on the document.
    Metadata(MetadataTerm),
    /// Others, combined.
    Combined(Vec<Clause>),
}

/// A character sequence that has to stand in a field, as the literal law says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Folded letters and digits; never empty.
    pub characters: String,
    /// Where they have to stand.
    pub field: TermField,
    /// Whether it is a word of the dictionary's, which scores more where the segmenter found it as one.
    pub word: bool,
}

/// A value that a document has to have, which is then true of all its paragraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataTerm {
    /// What of the document.
    pub key: MetadataKey,
    /// What it has to be, as [`crate::query::comparable`] compares.
    pub value: String,
    /// What it adds to the score; 0 for a condition that only selects. Above some tens, what has the value comes
    /// first whatever else matches.
    pub score: u16,
}

/// Where a term's characters have to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermField {
    /// In the paragraph's text.
    Text,
    /// In the title.
    Title,
    /// In either.
    TextOrTitle,
}

/// A part of a combination. Without a `Must`, one `Should` has to match; `MustNot` alone is taken from everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// Has to match.
    Must(Expression),
    /// Lifts the score.
    Should(Expression),
    /// May not match.
    MustNot(Expression),
}
