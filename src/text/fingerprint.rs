//! The fingerprint of the text chain: what an index has to agree with.

use std::sync::LazyLock;

use super::{fold, segment};

/// Counts changes of what the files in `data/` do not show: repair, splitting, bigrams, segmentation, the version of
/// the segmenter's crate. Whoever changes one of those so that some text comes out differently adds one.
const CHAIN_VERSION: u32 = 1;

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    let (major, minor, update) = char::UNICODE_VERSION; // It says what a letter is.
    hasher.update(&CHAIN_VERSION.to_le_bytes()).update(&[major, minor, update]);
    for table in [fold::TABLE.as_bytes(), segment::DICTIONARY, segment::WORDS.as_bytes()] {
        hasher.update(blake3::hash(table).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
});

/// Names how this program repairs, splits, folds and segments text: equal names, equal results.
///
/// Sixteen hexadecimal digits, the same in every run and on every machine. An index made under another name has to be
/// made again. The lists of question and function words are not part of it: they touch queries only.
pub fn fingerprint() -> &'static str {
    &FINGERPRINT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_stable() {
        assert_eq!(fingerprint().len(), 16);
        assert!(fingerprint().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(fingerprint(), fingerprint());
    }
}
