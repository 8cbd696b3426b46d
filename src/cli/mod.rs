//! The client side of the command line: what a person or a script asks of a running service.
//!
//! It talks to the service through the generated client and knows nothing else of it: not the engine, not the
//! configuration, not where the data lies.

mod analyze;
mod arguments;
mod bench;
mod command;
mod connection;
mod count;
mod document;
mod explain;
mod export;
mod failure;
#[cfg(test)]
mod fake;
mod filter;
mod hit;
pub mod import;
mod json;
mod lines;
mod list;
mod maintenance;
mod output;
mod queries;
mod reindex;
mod resume;
mod run_format;
mod search;
mod stats;

pub use arguments::{ClientArguments, Command};
pub use command::run;
