//! The operator's words, out of the file that the configuration names.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::{
    config::TextConfig,
    text::{UserDictionary, UserDictionaryError},
};

/// The most that is read, a million words or so: a segmenter takes many times the memory.
const MOST_BYTES: u64 = 16 << 20;

/// Why the file of words cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}; name a file of words with `text.user_dictionary`, or leave that empty", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is larger than any list of words.
    #[error("`{}`, which `text.user_dictionary` names, is too large: a file of words has at most {MOST_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A line of it makes no sense.
    #[error("`{}`, which `text.user_dictionary` names, {source}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Which line, and why.
        source: UserDictionaryError,
    },
}

/// Reads the words; there are none where the configuration names no file.
pub(super) fn user_dictionary(config: &TextConfig) -> Result<UserDictionary, WordsError> {
    let Some(path) = &config.user_dictionary else { return Ok(UserDictionary::default()) };
    let file = read(path).map_err(|source| WordsError::Unreadable { path: path.clone(), source })?;
    if file.len() as u64 > MOST_BYTES {
        return Err(WordsError::TooLarge { path: path.clone() });
    }
    UserDictionary::parse(&file).map_err(|source| WordsError::Wrong { path: path.clone(), source })
}

/// Reads one byte more than is allowed at most.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_words(path: &Path) -> Result<UserDictionary, WordsError> {
        user_dictionary(&TextConfig { user_dictionary: Some(path.to_owned()) })
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("words.txt");
        let check = |expected: &str| {
            let message = read_words(&path).unwrap_err().to_string();
            for part in [expected, "`text.user_dictionary`", path.to_str().unwrap()] {
                assert!(message.contains(part), "no {part} in {message}");
            }
        };
        check("cannot read");
        fs::write(&path, "# ours\n三会一课\n党建 零\n").unwrap();
        check("line 3: `零` behind `党建`");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        check("too large");
    }

    #[test]
    fn no_file_has_no_words() {
        assert_eq!(user_dictionary(&TextConfig::default()).unwrap(), UserDictionary::default());
    }
}
