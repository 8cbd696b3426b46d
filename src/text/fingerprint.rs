//! The fingerprint of the text chain: what an index has to agree with.

use std::sync::LazyLock;

use super::{fold, segment};

/// Counts changes of what the files in `data/` do not show: the rules of repair; splitting, which is lines, markers,
/// headings, sentences and the sizes that paragraphs are packed to; bigrams; segmentation and the version of the
/// segmenter's crate. Whoever changes one of those so that some text comes out differently adds one.
const CHAIN_VERSION: u32 = 2;

static FINGERPRINT: LazyLock<String> = LazyLock::new(|| fingerprint_under(char::UNICODE_VERSION));

/// The fingerprint under a version of Unicode, which says what a letter is.
fn fingerprint_under((major, minor, update): (u8, u8, u8)) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&CHAIN_VERSION.to_le_bytes()).update(&[major, minor, update]);
    for table in [fold::TABLE.as_bytes(), segment::DICTIONARY, segment::WORDS.as_bytes()] {
        hasher.update(blake3::hash(table).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

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

    /// Another value means that whoever has an index has to make it again. It changes with the files in `data/` and
    /// with [`CHAIN_VERSION`], which has to be raised for everything else that makes some text come out differently;
    /// and with the compiler's version of Unicode, which is held fixed here. Write down another value only if that is
    /// what the change is meant to do.
    #[test]
    fn it_changes_only_on_purpose() {
        assert_eq!(fingerprint_under((17, 0, 0)), "ff29197705d97a55");
        assert_ne!(fingerprint_under((16, 0, 0)), fingerprint_under((17, 0, 0)));
        assert_eq!(fingerprint(), fingerprint_under(char::UNICODE_VERSION));
    }
}
