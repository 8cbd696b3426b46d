//! Tokens: what callers carry from one call to the next, sealed so that only what this service gave out comes back.
//!
//! A token is, in base64url without padding: its form, its kind, the request and the caller that it is for, a place to
//! go on from, and a keyed hash over all of that (BLAKE3). It is no secret and gives no right: who has it may ask the
//! same thing anyway. The module does not know what places are.

mod key;
mod seal;

pub use key::TokenKey;
pub(crate) use seal::{For, Kind, Tokens};
