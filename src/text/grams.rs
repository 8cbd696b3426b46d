//! stub
/// Calls `visit` with each bigram of the text's searchable characters and its position 0, 1, 2, …; the last searchable character also stands alone, at the last position.
pub fn for_each_gram(_text: &str, _visit: impl FnMut(&str, u32)) {
    unimplemented!()
}
