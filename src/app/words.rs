//! The operator's own lists, out of the files that the configuration names: words, and synonyms.

use std::{
    error::Error,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::{
    config::{SearchConfig, TextConfig},
    text::{Synonyms, UserDictionary},
};

/// The most that is read, a million words or so: a segmenter takes many times the memory.
const MOST_BYTES: u64 = 16 << 20;

/// Why a file of words or synonyms cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}; name a file with `{key}`, or leave that empty", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The key of the configuration that names it.
        key: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// It is larger than any list.
    #[error("`{}`, which `{key}` names, is too large: it may have at most {MOST_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The key of the configuration that names it.
        key: &'static str,
    },
    /// Something in it makes no sense.
    #[error("`{}`, which `{key}` names, {source}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The key of the configuration that names it.
        key: &'static str,
        /// Where, and why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Reads the words; there are none where the configuration names no file.
pub(super) fn user_dictionary(config: &TextConfig) -> Result<UserDictionary, WordsError> {
    let Some(path) = &config.user_dictionary else { return Ok(UserDictionary::default()) };
    read_list(path, "text.user_dictionary", UserDictionary::parse)
}

/// Reads the synonyms; the built-in ones where the configuration names no file.
pub(super) fn synonyms(config: &SearchConfig) -> Result<Synonyms, WordsError> {
    let Some(path) = &config.synonyms else { return Ok(Synonyms::default()) };
    read_list(path, "search.synonyms", Synonyms::parse)
}

fn read_list<L, E: Error + Send + Sync + 'static>(
    path: &Path,
    key: &'static str,
    parse: impl FnOnce(&[u8]) -> Result<L, E>,
) -> Result<L, WordsError> {
    let path = || path.to_owned();
    let file = read(&path()).map_err(|source| WordsError::Unreadable { path: path(), key, source })?;
    if file.len() as u64 > MOST_BYTES {
        return Err(WordsError::TooLarge { path: path(), key });
    }
    parse(&file).map_err(|source| WordsError::Wrong { path: path(), key, source: source.into() })
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
    fn a_list_of_synonyms_that_cannot_be_used_is_named_with_the_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("synonyms.toml");
        let read = || synonyms(&SearchConfig { candidates: 0, synonyms: Some(path.clone()) });
        fs::write(&path, "version = \"1\"\ngroups = [[\"发改委\"]]").unwrap();
        let message = read().unwrap_err().to_string();
        for part in ["a group of 1 names", "`search.synonyms`", path.to_str().unwrap()] {
            assert!(message.contains(part), "no {part} in {message}");
        }
        fs::write(&path, "version = \"云溪 3\"\ngroups = []").unwrap();
        assert_eq!(read().unwrap().version(), "云溪 3");
    }

    #[test]
    fn without_files_there_are_no_words_and_the_built_in_synonyms() {
        assert_eq!(user_dictionary(&TextConfig::default()).unwrap(), UserDictionary::default());
        let ours = synonyms(&SearchConfig { candidates: 0, synonyms: None }).unwrap();
        assert_eq!(ours.fingerprint(), Synonyms::default().fingerprint());
    }
}
