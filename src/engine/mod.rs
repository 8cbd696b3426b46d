//! The seam between what is searched and what searches it.
//!
//! [`Engine`] is the contract; `tantivy` is the embedded one. Engines store, match and score. They do not analyse
//! queries, highlight, or know of calls and streams.

mod error;
mod explanation;
mod expression;
mod history;
mod maintenance;
mod original;
mod repair;
mod seam;
pub mod tantivy;
mod token;
mod types;

pub use error::{OpenError, ReadError, WriteError};
pub use explanation::{Bm25, Evidence, Explanation, IndexTerm, ScorePart, Verdict};
pub use expression::{Clause, Expression, MetadataTerm, Term, TermField, Verbatim};
pub use history::Branch;
pub use maintenance::{Backup, BackupError, BadTarget, Recovered, Verification};
pub use original::{all_paragraphs, original};
pub use repair::{LostDocument, RepairError, Repaired, Repairing};
pub use seam::{Engine, Given, Reader, Rebuild, Removals, Snapshot, Walk, Writer};
pub use token::{Lengths, Occurrences, Token, TokenField, TokenStatistics, WeighedToken};
pub use types::{
    Address, Change, Counts, DocumentRecord, DocumentView, Facet, FacetField, FacetValue, Generation, IndexedDocument,
    InvalidGeneration, MAX_FACET_VALUE_BYTES, MAX_FACET_VALUES, Position, Ranked, Ranking, Removal, Removed,
    SourceLine, Statistics, StoredParagraph, Tally, Upkeep, Version,
};

// What is asked of an engine, passed on as it is, so that whoever stands in for one need not know the query language.
pub use crate::query::Filter;
