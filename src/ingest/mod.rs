//! The write use case: repair, split, batch, commit, acknowledge.
//!
//! Knows nothing of gRPC or of which engine is there.

mod group;
mod handle;
mod prepare;
mod writer;

#[cfg(test)]
mod tests;

pub use handle::{Deleted, Ingest, IngestError, Outcome, Pending, Receipt};
pub use prepare::{PrepareError, PrepareWarning, Prepared, prepare};
pub use writer::GroupCommit;

// Why a group was not written, passed on as the engine says it.
pub use crate::engine::WriteError;
