//! The read use cases: rank, highlight, fold near copies, export, read documents.
//!
//! Knows nothing of gRPC, of async, or of which engine is there.

mod collapse;
mod diagnosis;
mod export;
mod fetch;
mod highlight;
mod hit;
mod near;
mod plan;
mod rank;
mod read;
mod searcher;

pub use collapse::LEADER_RANKS;
pub use diagnosis::RuledOut;
pub use export::{Export, ExportRequest};
pub use highlight::{Highlighter, MAX_HIGHLIGHTS};
pub use hit::{BatchBound, Context, Hit, NearCopies, Neighbour};
pub use plan::TermStatistics;
pub use rank::{RankRequest, Ranked, Total};
pub use read::{Original, ParagraphPage};
pub use searcher::{SearchError, Searcher};

// What of the engine's answers is passed on as it is, so that callers need not know that there are engines.
pub use crate::engine::{DocumentRecord, Generation, InvalidGeneration, ReadError, Statistics};
