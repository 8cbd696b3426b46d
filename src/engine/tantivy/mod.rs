//! The embedded engine: one tantivy index.
//!
//! Alone names tantivy.

use std::{path::Path, sync::Arc};

use crate::{
    engine::{Engine, OpenError, Snapshot, WriteError, Writer},
    text::Segmenter,
};

/// One tantivy index in a directory that this process holds.
pub struct TantivyEngine {}

impl TantivyEngine {
    /// Opens the index in a directory, or makes one where there is none.
    pub fn open(_directory: &Path, _segmenter: Arc<Segmenter>) -> Result<Self, OpenError> {
        unimplemented!()
    }
}
impl Engine for TantivyEngine {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        unimplemented!()
    }
    fn writer(&self) -> Result<Box<dyn Writer>, WriteError> {
        unimplemented!()
    }
}
