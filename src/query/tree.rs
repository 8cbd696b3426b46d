//! The tree that queries of every form become.

use crate::{
    query::{MetadataKey, sequence::collapsed},
    text::{Synonym, has_searchable},
};

/// The most characters of a query's text; longer ones are pasted documents, not questions.
pub const MAX_CHARACTERS: usize = 1_024;
/// The most characters of all texts in a tree: each word costs postings to read.
pub const MAX_TREE_CHARACTERS: usize = 16 * MAX_CHARACTERS;
/// The most nodes of a tree: each costs postings to read.
pub const MAX_CLAUSES: usize = 256;
/// The most levels of a tree, so that recursion is bounded.
pub const MAX_DEPTH: usize = 16;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Words, in any order.
    Words(Words),
    /// A character sequence, whatever stands between its letters and digits.
    Phrase(Phrase),
    /// Exact characters. The query language has no form for it.
    Substring(Substring),
    /// A document named by its title.
    NamedDocument(NamedDocument),
    /// A document named by its number.
    DocumentNumber(DocumentNumber),
    /// A condition on the document.
    Metadata(Metadata),
    /// Other queries, combined.
    Boolean(Boolean),
    /// Alternatives, at least two: one of them has to match. The same as a combination with nothing but `should`, except
    /// that [`Query::requiring_all`] leaves them alternatives.
    Alternatives(Vec<Query>),
    /// Every paragraph.
    MatchAll,
}

impl Query {
    /// Plain words, wanted in text or title: no sign of the query language has a meaning in them.
    #[must_use]
    pub fn words(text: &str) -> Self {
        Self::Words(Words { text: text.to_owned(), field: None, mode: None, synonyms: Vec::new() })
    }

    /// The query with everything required that was only wanted: what `match = ALL` makes of a query that people wrote.
    #[must_use]
    pub fn requiring_all(self) -> Self {
        match self {
            Self::Words(words) => Self::Words(Words { mode: Some(MatchMode::All), ..words }),
            Self::Boolean(Boolean { must, should, must_not }) => {
                let must = must.into_iter().chain(should).map(Self::requiring_all).collect();
                Self::Boolean(Boolean { must, should: Vec::new(), must_not })
            }
            Self::Alternatives(alternatives) => {
                Self::Alternatives(alternatives.into_iter().map(Self::requiring_all).collect())
            }
            Self::Phrase(_)
            | Self::Substring(_)
            | Self::NamedDocument(_)
            | Self::DocumentNumber(_)
            | Self::Metadata(_)
            | Self::MatchAll => self,
        }
    }

    /// The query without words that say nothing, as `says_nothing` has it, where they stand beside what does: without
    /// the `什么是` before a quoted part. What is excluded stays what was written.
    #[must_use]
    pub fn without_empty_words(self, says_nothing: &impl Fn(&str) -> bool) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.without_empty_words(says_nothing));
        match self {
            Self::Boolean(Boolean { must, should, must_not }) => {
                let (mut must, mut should): (Vec<_>, Vec<_>) = (each(must).collect(), each(should).collect());
                let is_empty = |part: &Self| matches!(part, Self::Words(words) if says_nothing(&words.text));
                let parts = must.len() + should.len();
                if must.iter().chain(&should).any(|part| part.is_looked_for() && !is_empty(part)) {
                    must.retain(|part| !is_empty(part));
                    should.retain(|part| !is_empty(part));
                }
                let is_shorter = must.len() + should.len() < parts;
                let boolean = Boolean { must, should, must_not };
                if is_shorter { collapsed(boolean) } else { Self::Boolean(boolean) }
            }
            Self::Alternatives(alternatives) => Self::Alternatives(each(alternatives).collect()),
            other => other,
        }
    }

    /// Whether characters are looked for, not only conditions met.
    fn is_looked_for(&self) -> bool {
        match self {
            Self::Words(_)
            | Self::Phrase(_)
            | Self::Substring(_)
            | Self::NamedDocument(_)
            | Self::DocumentNumber(_) => true,
            Self::Boolean(Boolean { must, should, must_not: _ }) => must.iter().chain(should).any(Self::is_looked_for),
            Self::Alternatives(alternatives) => alternatives.iter().any(Self::is_looked_for),
            Self::Metadata(_) | Self::MatchAll => false,
        }
    }

    /// The query with the other names of what its words name. What is excluded stays what was written.
    #[must_use]
    pub fn with_synonyms(self, find: &impl Fn(&str) -> Vec<Synonym>) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.with_synonyms(find)).collect();
        match self {
            Self::Words(words) => Self::Words(Words { synonyms: find(&words.text), ..words }),
            Self::Boolean(Boolean { must, should, must_not }) => {
                Self::Boolean(Boolean { must: each(must), should: each(should), must_not })
            }
            Self::Alternatives(alternatives) => Self::Alternatives(each(alternatives)),
            Self::Phrase(_)
            | Self::Substring(_)
            | Self::NamedDocument(_)
            | Self::DocumentNumber(_)
            | Self::Metadata(_)
            | Self::MatchAll => self,
        }
    }

    /// The number of levels: one for a query without parts.
    pub fn depth(&self) -> usize {
        1 + self.parts().map(Self::depth).max().unwrap_or_default()
    }

    /// The number of nodes, this one included.
    pub fn clauses(&self) -> usize {
        1 + self.parts().map(Self::clauses).sum::<usize>()
    }

    fn parts(&self) -> impl Iterator<Item = &Self> {
        let [one, two, three]: [&[Self]; 3] = match self {
            Self::Boolean(Boolean { must, should, must_not }) => [must, should, must_not],
            Self::Alternatives(alternatives) => [alternatives, &[], &[]],
            Self::Words(_)
            | Self::Phrase(_)
            | Self::Substring(_)
            | Self::NamedDocument(_)
            | Self::DocumentNumber(_)
            | Self::Metadata(_)
            | Self::MatchAll => [&[], &[], &[]],
        };
        one.iter().chain(two).chain(three)
    }
}

/// Words that are wanted, as they were written: segmentation belongs to whoever searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words, with whatever stands between them.
    pub text: String,
    /// Where to look; `None` means the text and the title.
    pub field: Option<Field>,
    /// How many of the words have to match; `None` means what the request says.
    pub mode: Option<MatchMode>,
    /// Other names of what stands in the text, each of which is as good. Nobody writes them: see
    /// [`Query::with_synonyms`].
    pub synonyms: Vec<Synonym>,
}

/// A character sequence that must be there: its folded letters and digits, without anything between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The characters, as they were written.
    pub text: String,
    /// Where to look.
    pub field: Field,
}

/// Characters that must stand in the paragraph's text exactly so: punctuation, script, width and case included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substring {
    /// The characters.
    pub text: String,
}

impl Substring {
    /// Whether a letter or digit among them leads to what may have them; else every text would have to be read.
    #[must_use]
    pub fn can_be_found(&self) -> bool {
        has_searchable(&self.text)
    }
}

/// A document named by its title: its paragraphs are wanted, and those that mention it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDocument {
    /// The title or a part of it, as it was written; its folded letters and digits count.
    pub title: String,
}

/// A document named by its number (发文字号): its paragraphs are wanted, and those that mention it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentNumber {
    /// The number; its folded letters and digits count, so brackets, width and spaces do not. The parser writes each
    /// in one form: `国办发〔2024〕1号`.
    pub number: String,
}

/// A condition on the document. It adds nothing to the score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What of the document.
    pub field: MetadataKey,
    /// What it has to be: equal in its folded letters and digits.
    pub value: String,
}

/// Queries, combined. Without `must`, one of `should` has to match; `must_not` alone is taken from everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boolean {
    /// All of these have to match.
    pub must: Vec<Query>,
    /// More of these is better.
    pub should: Vec<Query>,
    /// None of these may match.
    pub must_not: Vec<Query>,
}

/// Where a query looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The paragraph's text.
    Text,
    /// The title of its document.
    Title,
}

/// How many of the words have to match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchMode {
    /// One is enough.
    #[default]
    Any,
    /// Every one.
    All,
}
