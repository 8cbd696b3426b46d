//! The read use cases: rank, highlight, fold near copies, export, count, explain, list and read documents, find those to
//! be deleted, keep what is being read.
//!
//! Knows nothing of gRPC, of async, or of which engine is there.

mod collapse;
mod count;
mod diagnosis;
mod explain;
mod export;
mod fetch;
mod highlight;
mod hit;
mod leases;
mod list;
mod near;
mod outline;
mod plan;
mod purge;
mod rank;
mod read;
mod rescore;
mod resume;
mod searcher;

pub use collapse::LEADER_RANKS;
pub use count::CountRequest;
pub use diagnosis::{Diagnosis, RuledOut};
pub use explain::{ExplainRequest, Explained, ExplainedParagraph, ExplainedTerm, Score, Stage, TermKind, TermPart};
pub use export::{Export, ExportRequest, Fetched, PORTIONS, Portion, Reached, Resumption};
pub use highlight::{Highlighter, MAX_HIGHLIGHTS};
pub use hit::{BatchBound, Context, Hit, HitView, NearCopies, Neighbour};
pub use leases::{LEASE, MAX_LEASES};
pub use list::{DocumentPage, ListPlace, PageBound};
pub use outline::{Mismatch, Occurrence, PlanClause, PlanPart};
pub use plan::{LeftOut, TermStatistics};
pub use purge::{DocumentVersion, PurgeScope};
pub use rank::{RankRequest, Ranked, Total};
pub use read::{Original, ParagraphPage};
pub use rescore::{DEFAULT_CANDIDATES, Feature, MAX_CANDIDATES, Rescoring};
pub use resume::{Place, Resume, SnapshotDigest};
pub use searcher::{SearchError, Searcher};

// What of the engine's answers is passed on as it is, so that callers need not know that there are engines.
pub use crate::engine::{
    Backup, BackupError, BadTarget, Bm25, Counts, DocumentRecord, DocumentView, Evidence, Facet, FacetField,
    FacetValue, Generation, IndexTerm, InvalidGeneration, MAX_FACET_VALUE_BYTES, MAX_FACET_VALUES, MetadataTerm,
    Position, ReadError, Removed, ScorePart, Statistics, Tally, Term, TermField, Verification, Version,
};
pub use crate::text::Dictionary;
