//! What is around every call, on every listener: its name, its deadline, its span, its metrics, its access line; and
//! what is refused before anything is done for it.
//!
//! Knows nothing of what the calls do.

mod access;
mod body;
mod calls;
mod flight;
mod methods;
mod request;
mod turns;

pub(crate) use calls::Calls;
