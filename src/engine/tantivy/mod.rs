//! The embedded engine: one tantivy index.
//!
//! Alone names tantivy. Paragraphs and, for each document, one record share the index, so that nothing can disagree;
//! replaced and deleted documents leave a tombstone.

mod arrivals;
mod asked;
mod backup;
mod batch;
mod best;
mod blocks;
mod candidates;
mod check;
mod columns;
mod compile;
mod count;
mod directory;
mod documents;
mod doubt;
mod durable;
mod earlier;
mod embedded;
mod entries;
mod entry_set;
mod exact;
mod excluded;
mod explain;
mod facets;
mod files;
mod filter;
mod format;
mod founding;
mod heed;
mod index;
mod lately;
mod lead;
mod lost;
mod manifest;
mod matching;
mod merging;
mod named;
mod newest;
mod ordered;
mod probe;
mod quarantine;
mod rank;
mod reader;
mod rebuild;
mod record;
mod recover;
mod removals;
mod repair;
mod room;
mod schema;
mod segments;
mod snapshot;
mod sought;
mod standing;
mod starting;
mod statistics;
mod stores;
mod tokenizer;
mod tokens;
mod union;
mod unsynced;
mod verbatim;
mod verify;
mod walk;
mod watched;
mod writer;

#[cfg(test)]
mod tests;

pub use embedded::TantivyEngine;
pub use files::{BackupStep, Files, OnDisk};
pub use format::IndexName;
pub use quarantine::QuarantineName;
pub use repair::{repair, repair_on};
