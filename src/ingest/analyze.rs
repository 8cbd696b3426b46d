//! What would become of a text, shown.

use crate::{
    document::{Paragraph, Reading, Recognized, read},
    engine::ReadError,
    ingest::Ingest,
    text::{Edit, Token},
};

/// What the text chain makes of a text.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// What it says about itself, one value a field.
    pub metadata: Vec<Recognized>,
    /// What is cut out of it, ascending.
    pub edits: Vec<Edit>,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
}

impl Ingest {
    /// Reads a text as if it were put under a new id. CPU work: run it on the pool.
    ///
    /// # Errors
    /// When the index, which knows the lines that its source repeats, cannot be read.
    pub fn analyze(&self, text: &str, source: &str) -> Result<Analysis, ReadError> {
        let snapshot = self.engine.snapshot();
        let repeated = |source: &str, lines: &[_]| self.seen.repeated(snapshot.as_ref(), None, source, lines);
        let Reading { repaired, recognition, source: _, edge_lines: _, paragraphs } = read(text, source, repeated)?;
        Ok(Analysis { metadata: recognition.fields, edits: repaired.edits().to_vec(), paragraphs })
    }

    /// The words that a paragraph is ranked by, as they are indexed.
    pub fn tokens(&self, paragraph: &str) -> Vec<Token> {
        self.segmenter.tokens(paragraph)
    }
}
