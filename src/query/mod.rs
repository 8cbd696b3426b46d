//! What is looked for: the tree, the parser from text to it, and the way back.
//!
//! Pure. Knows nothing of how documents are stored, segmented or ranked.

mod field;
mod number;
mod parse;
mod print;
mod scan;
mod sequence;
mod tree;
mod warning;

pub use parse::{Parsed, parse};
pub use tree::{
    Boolean, DocumentNumber, Field, MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH, MAX_TREE_CHARACTERS, MatchMode, Metadata,
    MetadataField, NamedDocument, Phrase, Query, Substring, Words,
};
pub use warning::Warning;
