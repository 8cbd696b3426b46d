//! stub
/// Cuts folded text into words. Costs some 33 MB and 0.1 s to make: share it.
#[derive(Clone)]
pub struct Segmenter {}
/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// Its folded letters and digits; never empty.
    pub characters: String,
    /// Whether it carries meaning: question and function words do not.
    pub content: bool,
}
impl Segmenter {
    /// Reads the built-in dictionary.
    pub fn new() -> Self {
        unimplemented!()
    }
    /// Calls `visit` with every word of a text for an index: folded, overlapping sub-words included, punctuation dropped.
    pub fn for_each_word(&self, _text: &str, _visit: impl FnMut(&str)) {
        unimplemented!()
    }
    /// The words of a query, in order, none overlapping, punctuation dropped.
    pub fn query_words(&self, _text: &str) -> Vec<QueryWord> {
        unimplemented!()
    }
}
impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}
