//! `SearchService`: ranked searches and exports, as streams; analyses.

mod analyze;
mod produce;
mod service;
mod sized;
mod source;
mod summary;

pub(crate) use service::Search;
pub(crate) use sized::SizedSearch;
