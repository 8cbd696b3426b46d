//! Xunzhang (寻章) finds paragraphs in Chinese documents and streams them, best first, over gRPC.
//!
//! Imports run one way, downwards:
//!
//! ```text
//! main → app cli config telemetry shutdown        search → engine query document text
//! app → rpc search ingest engine pool config      ingest → engine document text
//!       telemetry shutdown http text              engine → query document text
//! cli → rpc's generated client only               query → text      document → text
//! rpc → search ingest query document pool         http → telemetry
//!       telemetry shutdown
//! text, config, pool, telemetry, shutdown → nothing of ours
//! ```
//!
//! `ARCHITECTURE.md` has the whole picture.

pub mod app;
pub mod cli;
pub mod config;
pub mod document;
pub mod engine;
pub mod http;
pub mod ingest;
pub mod pool;
pub mod query;
pub mod rpc;
pub mod search;
pub mod shutdown;
pub mod telemetry;
pub mod text;
