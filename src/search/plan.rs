//! stub
/// A word or phrase of a query, and in how many paragraphs it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermStatistics {
    /// Folded letters and digits.
    pub characters: String,
    /// Paragraphs.
    pub frequency: u64,
}
