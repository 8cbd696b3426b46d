//! stub
use std::time::Duration;
/// When a group of changes is committed: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct GroupCommit {
    /// Changes.
    pub changes: usize,
    /// Bytes of text.
    pub bytes: usize,
    /// The longest that an imported document waits for others.
    pub linger: Duration,
}
/// What was done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none with this id.
    Created,
    /// There was another content under this id.
    Replaced,
    /// The same content was there already.
    Unchanged,
}
