//! stub
/// Folds one character: script, width, case, variants. Always one character to one.
pub fn fold_character(_c: char) -> char {
    unimplemented!()
}
/// Folds a text character by character; the number of characters stays.
pub fn fold(_text: &str) -> String {
    unimplemented!()
}
/// Whether a folded character counts for the literal law: letters and digits do.
pub fn is_searchable(_folded: char) -> bool {
    unimplemented!()
}
/// The string of the literal law: the folded letters and digits of a text, with nothing between them.
pub fn searchable(_text: &str) -> String {
    unimplemented!()
}
/// Whether a text has anything that a query could name.
pub fn has_searchable(text: &str) -> bool {
    text.chars().map(fold_character).any(is_searchable)
}
