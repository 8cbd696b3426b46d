//! `SearchService`: ranked searches and exports, as streams.

mod produce;
mod service;
mod source;
mod summary;

pub(crate) use service::Search;
