//! The second stage: the best candidates, ranked again by what they have of the query.
//!
//! `wanted` reads the query, `finding` chooses what of it finds candidates, `formula` says what it makes of a paragraph;
//! all are pure. `ranking` asks the engine and puts the second stage before the first.

mod finding;
mod formula;
mod other_names;
mod ranking;
mod wanted;

pub use formula::Feature;
pub(super) use ranking::Ranker;
pub use ranking::{DEFAULT_CANDIDATES, MAX_CANDIDATES, Rescoring};
pub(super) use wanted::Wanted;
