//! gRPC: the only place that names tonic, prost and generated code.
//!
//! Knows nothing of configuration, of how the index is opened, or of which engine is there.

mod admin;
mod admission;
mod call;
mod connection;
mod convert;
mod core;
mod document;
mod failure;
mod flight;
mod health;
mod import;
mod layers;
mod limits;
mod local;
mod operations;
pub mod proto;
mod reflection;
mod reindex;
mod search;
mod served;
mod server;
mod status;
mod stream;
mod streams;
#[cfg(test)]
mod tests;
mod token;

pub use connection::ConnectionPolicy;
#[doc(hidden)]
pub use convert::written;
pub use core::{Opened, Policy};
pub use server::Rpc;
pub use token::TokenKey;
pub use tonic::transport::Channel;
