//! What is looked for: the tree, and the parser from text to it.
//!
//! Pure. Knows nothing of how documents are stored, segmented or ranked.

mod parse;
mod tree;

pub use parse::{Parsed, Warning, parse};
pub use tree::{
    Boolean, Field, MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH, MAX_TREE_CHARACTERS, MatchMode, Phrase, Query, Words,
};
