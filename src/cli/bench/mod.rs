//! `bench`: a load of its own against a service that runs, and what came of it.

pub(super) mod command;
mod figures;
mod load;
mod queries;
