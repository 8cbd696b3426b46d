//! `SearchService`: ranked searches and exports, as streams; counts, explanations, analyses.

mod analyze;
mod count;
mod explain;
mod export;
mod produce;
mod ranked;
mod service;
mod sized;
mod summary;

pub(crate) use service::Search;
pub(crate) use sized::SizedSearch;
