//! The embedded engine: one tantivy index.
//!
//! Alone names tantivy. Paragraphs and, for each document, one record share the index, so that nothing can disagree;
//! replaced and deleted documents leave a tombstone.

mod columns;
mod compile;
mod directory;
mod exact;
mod excluded;
mod index;
mod rank;
mod record;
mod schema;
mod snapshot;
mod statistics;
mod tokenizer;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

pub use index::TantivyEngine;
