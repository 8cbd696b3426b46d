//! `SearchService`: ranked searches and exports, as streams; counts; analyses.

mod analyze;
mod count;
mod produce;
mod service;
mod sized;
mod source;
mod summary;

pub(crate) use service::Search;
pub(crate) use sized::SizedSearch;
