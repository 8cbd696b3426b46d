//! What is looked for: the tree, the parser from text to it, the way back, and the filter beside it.
//!
//! Pure. Knows nothing of how documents are stored, segmented or ranked.

mod field;
mod filter;
mod number;
mod parse;
mod print;
mod prose;
mod scan;
mod sequence;
mod tree;
mod warning;

pub use filter::{Days, Filter, MetadataKey, comparable};
pub use parse::{Parsed, parse};
pub use print::{Marked, RequiringAll, Written};
pub use prose::prose;
pub use tree::{
    Boolean, DocumentNumber, Field, MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH, MAX_TREE_CHARACTERS, MatchMode, Metadata,
    NamedDocument, Phrase, Query, Substring, Words,
};
pub use warning::Warning;

pub use crate::text::Synonym;
