//! What would become of a text, shown.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicBool};

use crate::{
    document::{Paragraph, Reading, Recognized, read_while},
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

/// The last analysis that was not told to its end: who asks for the rest sends the text again, and a long text would
/// else be read anew for every part of the answer. One at most, so that memory is bounded.
#[derive(Debug, Default)]
pub(super) struct LastAnalysis(Mutex<Option<(blake3::Hash, Arc<Analysis>)>>);

impl Ingest {
    /// Reads a text as if it were put under a new id. CPU work: run it on the pool.
    ///
    /// `goes_on` says that a part of the answer is known already, and is true of a text that was just analysed. Once
    /// `stop` is set, it is given up between two steps.
    ///
    /// # Errors
    /// When the index, which knows the lines that its source repeats, cannot be read, or work is to stop.
    pub fn analyze(
        &self,
        text: &str,
        source: &str,
        goes_on: bool,
        stop: &AtomicBool,
    ) -> Result<Arc<Analysis>, ReadError> {
        let known = if goes_on { self.last_analysis.of(name(text, source)) } else { None };
        known.map_or_else(|| self.read_anew(text, source, stop).map(Arc::new), Ok)
    }

    /// Remembers an analysis for whoever asks for the rest of it, or forgets it when there is no rest.
    pub fn remember_analysis(&self, text: &str, source: &str, analysis: Arc<Analysis>, has_rest: bool) {
        self.last_analysis.set(name(text, source), has_rest.then_some(analysis));
    }

    /// The words that a paragraph is ranked by, as they are indexed.
    pub fn tokens(&self, paragraph: &str) -> Vec<Token> {
        self.segmenter.tokens(paragraph)
    }

    fn read_anew(&self, text: &str, source: &str, stop: &AtomicBool) -> Result<Analysis, ReadError> {
        let snapshot = self.engine.snapshot();
        let repeated = |source: &str, lines: &[_]| self.seen.repeated(&[snapshot.as_ref()], None, source, lines);
        let Reading { repaired, recognition, source: _, edge_lines: _, paragraphs } =
            read_while(text, source, repeated, &|| ReadError::check(stop))?;
        Ok(Analysis { metadata: recognition.fields, edits: repaired.edits().to_vec(), paragraphs })
    }
}

impl LastAnalysis {
    fn of(&self, name: blake3::Hash) -> Option<Arc<Analysis>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(of, _)| *of == name).map(|(_, analysis)| Arc::clone(analysis))
    }

    /// Another text's analysis stays where this one's has no rest.
    fn set(&self, name: blake3::Hash, analysis: Option<Arc<Analysis>>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match analysis {
            Some(analysis) => *last = Some((name, analysis)),
            None => drop(last.take_if(|(of, _)| *of == name)),
        }
    }
}

/// Tells texts apart, and sources.
fn name(text: &str, source: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes()).update(source.as_bytes());
    hasher.finalize()
}
