//! A query as engines take it: analysed, so that every engine matches the same.

use crate::{query::MetadataKey, text::searchable};

/// What has to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Every paragraph.
    All,
    /// No paragraph.
    Nothing,
    /// A character sequence or a word.
    Term(Term),
    /// Exact characters.
    Verbatim(Verbatim),
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

impl Expression {
    /// Whether it asks for exact characters, which only the text itself can tell.
    #[must_use]
    pub fn has_verbatim(&self) -> bool {
        match self {
            Self::All | Self::Nothing | Self::Term(_) | Self::Metadata(_) => false,
            Self::Verbatim(_) => true,
            Self::Combined(clauses) => clauses.iter().any(|clause| {
                let (Clause::Must(part) | Clause::Should(part) | Clause::MustNot(part)) = clause;
                part.has_verbatim()
            }),
        }
    }
}

/// Characters that have to stand in the paragraph's text exactly so. It scores what its letters and digits score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verbatim {
    text: String,
    term: Term,
}

impl Verbatim {
    /// `None` for a text without a letter or digit: nothing leads to what has it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let characters = searchable(text);
        let term = Term { characters, field: TermField::Text, word: false };
        (!term.characters.is_empty()).then(|| Self { text: text.to_owned(), term })
    }

    /// The characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Their letters and digits, which have to stand in sequence for them to stand there.
    #[must_use]
    pub fn term(&self) -> &Term {
        &self.term
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
