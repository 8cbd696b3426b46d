//! The fingerprint of the text chain: what an index has to agree with.

use super::{UserDictionary, fold, questions, segment};

/// Counts changes of what the files in `data/` do not show: the rules of repair; splitting, which is lines, markers,
/// headings, sentences and the sizes that paragraphs are packed to; bigrams; segmentation, which is hard wraps,
/// numerals, formulas, the user dictionary's weight and the version of the segmenter's crate. Whoever changes one of
/// those so that some text comes out differently adds one.
const CHAIN_VERSION: u32 = 11;

/// Names how a program with a user dictionary repairs, splits, folds and segments text: equal names, equal results.
///
/// Sixteen hexadecimal digits, the same in every run and on every machine. An index made under another name has to be
/// made again. Of the lists about questions only the cues are part of it: the rest touches queries only.
pub(super) fn fingerprint(user: &UserDictionary) -> String {
    fingerprint_under(char::UNICODE_VERSION, user)
}

/// The fingerprint under a version of Unicode, which says what a letter is.
fn fingerprint_under((major, minor, update): (u8, u8, u8), user: &UserDictionary) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&CHAIN_VERSION.to_le_bytes()).update(&[major, minor, update]);
    let user = user.canonical();
    for table in [fold::TABLE.as_bytes(), segment::DICTIONARY, segment::WORDS.as_bytes(), user.as_bytes()] {
        hasher.update(blake3::hash(table).as_bytes());
    }
    for cue in questions::indexed() {
        hasher.update(blake3::hash(cue.as_bytes()).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
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
        let none = UserDictionary::default();
        assert_eq!(fingerprint_under((17, 0, 0), &none), "1d77552a7750fd0b");
        assert_ne!(fingerprint_under((16, 0, 0), &none), fingerprint_under((17, 0, 0), &none));
        assert_eq!(fingerprint(&none), fingerprint_under(char::UNICODE_VERSION, &none));
    }

    #[test]
    fn it_changes_with_the_words_of_the_user_dictionary() {
        let under = |file: &str| fingerprint(&UserDictionary::parse(file.as_bytes()).unwrap());
        assert_eq!(under("# nothing"), fingerprint(&UserDictionary::default()));
        assert_eq!(under("雙減 n\n三会一课"), under("# ours\n三会一课\n\n双减"));
        assert_ne!(under("双减"), under(""));
        assert_ne!(under("双减"), under("双减 70000"));
        assert_ne!(under("双减"), under("三会一课"));
    }
}
