//! The tree that queries of every form become.

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
    /// A character sequence.
    Phrase(Phrase),
    /// Other queries, combined.
    Boolean(Boolean),
    /// Every paragraph.
    MatchAll,
}

impl Query {
    /// The query with everything required that was only wanted: what `match = ALL` makes of a query that people wrote.
    #[must_use]
    pub fn requiring_all(self) -> Self {
        match self {
            Self::Words(words) => Self::Words(Words { mode: Some(MatchMode::All), ..words }),
            Self::Boolean(Boolean { must, should, must_not }) => {
                let must = must.into_iter().chain(should).map(Self::requiring_all).collect();
                Self::Boolean(Boolean { must, should: Vec::new(), must_not })
            }
            Self::Phrase(_) | Self::MatchAll => self,
        }
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
}

/// A character sequence that must be there: its folded letters and digits, without anything between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The characters, as they were written.
    pub text: String,
    /// Where to look.
    pub field: Field,
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
