//! The operator's own words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fold::{fold, is_ideograph, is_searchable};

/// The most characters of a word; the longest that an index takes.
pub(super) const MOST_CHARACTERS: usize = 64;
/// The highest frequency. All built-in frequencies add up to 60 million.
const HIGHEST_FREQUENCY: u32 = 1_000_000_000;
/// The most letters of a part of speech, such as `nrfg`.
const MOST_TAG_LETTERS: usize = 5;

/// Words that are kept whole, whatever the built-in dictionary thinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDictionary {
    /// Folded words and their frequencies, 0 where none is given. The order makes the result the same however the
    /// file was sorted.
    words: BTreeMap<String, u32>,
}

/// What is wrong with a file of words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {mistake}")]
pub struct UserDictionaryError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub mistake: Mistake,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// It is in another encoding.
    #[error("not UTF-8; save the file as UTF-8")]
    Encoding,
    /// Something in it is no letter and no digit.
    #[error("`{word}` has {character:?}, and text is cut at whatever is no letter or digit; leave it out")]
    Character {
        /// The word.
        word: String,
        /// The first such character.
        character: char,
    },
    /// A word that the segmenter could not keep whole.
    #[error(
        "`{word}` mixes Han with letters other than A to Z, or has rare Han, where text is cut; leave the word out"
    )]
    Uncuttable {
        /// The word.
        word: String,
    },
    /// A word that no index would take.
    #[error("a word has {characters} characters; write at most {MOST_CHARACTERS}")]
    TooLong {
        /// Its characters.
        characters: usize,
    },
    /// Something behind the word that is neither a frequency nor a part of speech.
    #[error(
        "`{field}` behind `{word}` is no frequency from 1 to {HIGHEST_FREQUENCY} and no part of speech; \
         a word has no spaces, one line has one word"
    )]
    Field {
        /// The word.
        word: String,
        /// What stands behind it.
        field: String,
    },
}

impl UserDictionary {
    /// Reads words, one a line, each with a frequency and a part of speech behind it if one likes, as jieba does.
    ///
    /// Empty lines and those that begin with `#` are passed over. Words are folded; of two that are the same then the
    /// higher frequency counts. A frequency can make a word stronger than it would be without, never weaker; the part
    /// of speech says nothing.
    ///
    /// # Errors
    /// On the first line that makes no sense.
    pub fn parse(file: &[u8]) -> Result<Self, UserDictionaryError> {
        let mut words = BTreeMap::new();
        let file = file.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(file); // Windows editors write one.
        for (line, number) in file.split(|byte| *byte == b'\n').zip(1..) {
            let entry = parse_line(line).map_err(|mistake| UserDictionaryError { line: number, mistake })?;
            if let Some((word, frequency)) = entry {
                let known = words.entry(word).or_insert(frequency);
                *known = frequency.max(*known);
            }
        }
        Ok(Self { words })
    }

    /// The words, folded, and their frequencies; 0 where none is given.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, u32)> {
        self.words.iter().map(|(word, frequency)| (word.as_str(), *frequency))
    }

    /// One text for equal dictionaries, and for different ones different texts.
    pub(super) fn canonical(&self) -> String {
        self.words().fold(String::new(), |mut text, (word, frequency)| {
            let _ = writeln!(text, "{word} {frequency}"); // Writing to a string cannot fail.
            text
        })
    }
}

fn parse_line(line: &[u8]) -> Result<Option<(String, u32)>, Mistake> {
    let line = str::from_utf8(line).map_err(|_| Mistake::Encoding)?;
    let mut fields = line.split_whitespace();
    let Some(word) = fields.next().filter(|word| !word.starts_with('#')) else { return Ok(None) };
    let word = checked(word)?;
    let wrong = |field: &str| Mistake::Field { word: word.clone(), field: field.to_owned() };
    let mut fields = fields.peekable();
    let frequency = match fields.next_if(|field| !is_tag(field)) {
        Some(field) => frequency(field).ok_or_else(|| wrong(field))?,
        None => 0,
    };
    fields.next_if(|field| is_tag(field));
    match fields.next() {
        Some(field) => Err(wrong(field)),
        None => Ok(Some((word, frequency))),
    }
}

fn checked(word: &str) -> Result<String, Mistake> {
    let folded = fold(word);
    let characters = folded.chars().count();
    if characters > MOST_CHARACTERS {
        return Err(Mistake::TooLong { characters });
    }
    if let Some(place) = folded.chars().position(|c| !is_searchable(c)) {
        let character = word.chars().nth(place).unwrap_or_default();
        return Err(Mistake::Character { word: word.to_owned(), character });
    }
    let is_foreign = !folded.contains(is_ideograph);
    if is_foreign || folded.chars().all(|c| c.is_ascii() || is_cuttable_ideograph(c)) {
        return Ok(folded);
    }
    Err(Mistake::Uncuttable { word: word.to_owned() })
}

/// Whether the segmenter takes a character for a part of words; each of the others it cuts off.
fn is_cuttable_ideograph(c: char) -> bool {
    is_ideograph(c) && matches!(c, '\0'..='\u{2EBEF}' | '\u{2F800}'..='\u{2FA1F}')
}

fn frequency(field: &str) -> Option<u32> {
    field.parse().ok().filter(|frequency| (1..=HIGHEST_FREQUENCY).contains(frequency))
}

fn is_tag(field: &str) -> bool {
    field.len() <= MOST_TAG_LETTERS && field.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_folded() {
        #[track_caller]
        fn check(file: &str, expected: &str) {
            assert_eq!(UserDictionary::parse(file.as_bytes()).unwrap().canonical(), expected);
        }
        check("", "");
        check("# ours\n\n三會一課\n   \n#两学一做\n", "三会一课 0\n");
        check("\u{FEFF}云计算 5\r\n李小福 2 nr\r\n凱特琳 nz\r\n", "云计算 5\n凯特琳 0\n李小福 2\n");
        check("雙減\n双减 7\n双减 3\nＣ919 9", "c919 9\n双减 7\n");
        check("　三会一课　3　n　", "三会一课 3\n");
        check(&"长".repeat(64), &format!("{} 0\n", "长".repeat(64)));
    }

    #[test]
    fn mistakes_name_line_and_remedy() {
        #[track_caller]
        fn check(file: impl AsRef<[u8]>, line: usize, expected: &str) {
            let message = UserDictionary::parse(file.as_ref()).unwrap_err().to_string();
            assert!(message.starts_with(&format!("line {line}: ")) && message.contains(expected), "{message}");
        }
        check(b"\xB5\xB3\xBD\xA8 3", 1, "save the file as UTF-8");
        check("# ours\n党建\n……\n", 3, "`……` has '…'");
        check("卡尔·马克思", 1, "has '·'");
        check("easy_install 3 eng", 1, "has '_'");
        check("ラーメン店", 1, "mixes Han with letters other than A to Z");
        check("党\u{30000}", 1, "rare Han");
        check("长".repeat(65), 1, "65 characters; write at most 64");
        for (line, field) in [
            ("党建 0", "0"),
            ("党建 -1", "-1"),
            ("党建 1.5", "1.5"),
            ("党建 99999999999999999999", "99999999999999999999"),
            ("党建 工作", "工作"),
            ("党建 3 名词", "名词"),
            ("党建 3 n 4", "4"),
            ("党建 3 n v", "v"),
            ("党建 n 3", "3"),
        ] {
            check(line, 1, &format!("`{field}` behind `党建` is no frequency"));
        }
    }
}
