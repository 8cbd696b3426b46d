//! Whether a paragraph has characters exactly as they were written: looked up in its stored text.

use std::sync::{Arc, Mutex, PoisonError};

use tantivy::{DocId, SegmentReader, schema::Field, store::StoreReader};

use crate::engine::{
    ReadError,
    tantivy::record::{stored_text, unpacked},
};

/// Paragraphs are asked for in ascending order, so that each block of stored texts is unpacked once.
const CACHED_BLOCKS: usize = 1;

/// The stored texts of one segment. Its clones share the text met last, so that the parts of an expression together
/// fetch each text once.
#[derive(Clone)]
pub(super) struct Texts(Arc<Mutex<LastText>>);

struct LastText {
    store: StoreReader,
    stored: Field,
    /// The paragraph that `text` is of; `None` before the first.
    paragraph: Option<DocId>,
    text: String,
    /// What went wrong first.
    failure: Option<ReadError>,
}

impl Texts {
    pub(super) fn open(segment: &SegmentReader, stored: Field) -> Result<Self, ReadError> {
        let store = segment.get_store_reader(CACHED_BLOCKS).map_err(|error| ReadError::Engine(Box::new(error)))?;
        let last = LastText { store, stored, paragraph: None, text: String::new(), failure: None };
        Ok(Self(Arc::new(Mutex::new(last))))
    }

    /// Whether a paragraph's text has these characters; not when it cannot be read, which [`Texts::failure`] then tells.
    pub(super) fn have(&self, paragraph: DocId, characters: &str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match last.go_to(paragraph) {
            Ok(()) => last.text.contains(characters),
            Err(error) => {
                last.failure.get_or_insert(error);
                false
            }
        }
    }

    /// Takes the first error.
    pub(super) fn failure(&self) -> Option<ReadError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failure.take()
    }
}

impl LastText {
    fn go_to(&mut self, paragraph: DocId) -> Result<(), ReadError> {
        if self.paragraph != Some(paragraph) {
            self.paragraph = None;
            let entry = unpacked(|| self.store.get(paragraph))?;
            self.text.clear();
            self.text.push_str(stored_text(&entry, self.stored)?);
            self.paragraph = Some(paragraph);
        }
        Ok(())
    }
}
