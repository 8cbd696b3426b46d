//! Whether a paragraph has characters exactly as they were written: looked up in its stored text.

use std::sync::{Arc, Mutex, PoisonError};

use tantivy::{DocId, schema::Field};

use crate::engine::{
    ReadError,
    tantivy::{
        record::stored_text,
        stores::{InOrder, Store},
    },
};

/// The stored texts of one segment. Its clones share the text met last, so that the parts of an expression together
/// fetch each text once.
#[derive(Clone)]
pub(super) struct Texts(Arc<Mutex<LastText>>);

struct LastText {
    /// Paragraphs are asked for in ascending order.
    store: InOrder,
    stored: Field,
    /// The paragraph that `text` is of; `None` before the first.
    paragraph: Option<DocId>,
    text: String,
    /// What went wrong first.
    failure: Option<ReadError>,
}

impl Texts {
    pub(super) fn new(store: &Arc<Store>, stored: Field) -> Self {
        let store = InOrder::new(store);
        let last = LastText { store, stored, paragraph: None, text: String::new(), failure: None };
        Self(Arc::new(Mutex::new(last)))
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
            let stored = self.store.field(paragraph, self.stored)?;
            self.text.clear();
            self.text.push_str(stored_text(stored)?);
            self.paragraph = Some(paragraph);
        }
        Ok(())
    }
}
