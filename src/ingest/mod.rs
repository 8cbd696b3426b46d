//! The write use case: repair, split, batch, commit, acknowledge.
//!
//! Knows nothing of gRPC or of which engine is there.

mod analyze;
mod company;
mod group;
mod handle;
mod prepare;
mod rebuilt;
mod reindex;
mod seen_lines;
mod writer;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use self::tests::unreadable;

pub use analyze::Analysis;
pub use handle::{Deleted, Ingest, IngestError, Outcome, Pending, Receipt};
pub use prepare::{PrepareError, PrepareWarning, Prepared};
pub use rebuilt::{Progress, Rebuilt};
pub use reindex::ReindexError;
pub use writer::{GroupCommit, Retention};

// Why a group was not written, and what a text was found to be, passed on as they are.
pub use crate::engine::{Generation, WriteError};
pub use crate::text::{Dictionary, Edit, Token};
