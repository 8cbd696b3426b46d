//! What is around every call, on every listener: its name, its deadline, its span, its metrics, its access line; and
//! what is refused before anything is done for it.
//!
//! Knows nothing of what the calls do.

mod access;
mod arriving;
mod body;
mod calls;
mod methods;
mod request;
mod transport;
mod turns;

#[cfg(test)]
pub(crate) use arriving::Arriving;
pub(crate) use body::CallBody;
pub(crate) use calls::{Calls, WatchedCalls};
pub(crate) use transport::Transport;
