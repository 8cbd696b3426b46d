//! `format.json`: the format of a data directory, which index is in it, where that lies, and where it comes from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::engine::{
    Branch, OpenError,
    tantivy::{check, schema::FORMAT},
};

/// Where it is, in the data directory. There is one where there is an index.
pub(super) const FORMAT_FILE: &str = "format.json";

/// How the name of every index's directory begins; the first one has no other.
const INDEX: &str = "index";

/// The name of an index's directory: `index`, and `index-2`, `index-3` and so on for those that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndexName(u32);

impl IndexName {
    /// That of the first index in a data directory.
    pub const FIRST: Self = Self(1);

    /// That of the index which takes the place of this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// A file of the index, by its path within the data directory.
    pub(super) fn path_of(self, file: &Path) -> PathBuf {
        Path::new(&self.to_string()).join(file)
    }

    /// The index whose directory has this name; `None` for other directories.
    #[must_use]
    pub fn of(directory: &str) -> Option<Self> {
        let number = match directory.strip_prefix(INDEX)? {
            "" => 1,
            number => number.strip_prefix('-')?.parse().ok()?,
        };
        Some(Self(number)).filter(|name| name.to_string() == directory)
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str(INDEX),
            number => write!(f, "{INDEX}-{number}"),
        }
    }
}

impl TryFrom<String> for IndexName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::of(&name).ok_or_else(|| format!("`{name}` is no directory of an index"))
    }
}

impl From<IndexName> for String {
    fn from(name: IndexName) -> Self {
        name.to_string()
    }
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Format {
    #[serde(rename = "format")]
    version: u32,
    /// Names the index.
    pub(super) index_id: u32,
    /// The directory that it lies in.
    pub(super) index: IndexName,
    /// The indexes that this one was restored from, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) history: Vec<Branch>,
    /// The digest of the manifest of the backup that this one is being restored from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restored: Option<String>,
}

impl Format {
    /// That of an index in this version's format.
    pub(super) fn new(index_id: u32, history: Vec<Branch>, restored: Option<String>) -> Self {
        Self { version: FORMAT, index_id, index: IndexName::FIRST, history, restored }
    }

    /// The same with an index in another directory.
    pub(super) fn with(&self, index: IndexName) -> Self {
        Self { index, ..self.clone() }
    }

    /// The same once it is not being restored any more.
    pub(super) fn at_last(self) -> Self {
        Self { restored: None, ..self }
    }

    /// Reads the file in a data directory.
    ///
    /// # Errors
    /// When it is not what was written, or another version wrote it, or nobody of ours.
    pub(super) fn read(directory: &Path, text: &[u8]) -> Result<Self, OpenError> {
        let damaged = || OpenError::Damaged { directory: directory.to_owned(), files: vec![FORMAT_FILE.to_owned()] };
        let value: serde_json::Value = serde_json::from_slice(text).map_err(|_| damaged())?;
        let is_ours = value.get("format").and_then(serde_json::Value::as_u64) == Some(FORMAT.into());
        match check::is_sealed(text) {
            true if is_ours => serde_json::from_value(value).map_err(|_| damaged()),
            // Of a version before there was a checksum.
            false if !is_ours && value.get("checksum").is_none() => Err(unknown(directory, version(&value))),
            true => Err(unknown(directory, version(&value))),
            false => Err(damaged()),
        }
    }

    /// As it is written: with a checksum.
    pub(super) fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("numbers and strings can be encoded");
        text.push(b'\n');
        check::sealed(&text).expect("what is printed ends so")
    }
}

fn version(value: &serde_json::Value) -> String {
    value.get("format").map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// Another version's format.
pub(super) fn unknown(directory: &Path, found: String) -> OpenError {
    OpenError::UnknownFormat { directory: directory.to_owned(), found, known: FORMAT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_indexes_are_numbered() {
        let names: Vec<_> = std::iter::successors(Some(IndexName::FIRST), |name| Some(name.next())).take(3).collect();
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["index", "index-2", "index-3"]);
        for name in names {
            assert_eq!(IndexName::of(&name.to_string()), Some(name));
        }
        for other in ["", "index-", "index-1", "index-02", "index-2/..", "index.old", "../index", "index-x"] {
            assert_eq!(IndexName::of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_not_as_it_was_written_is_told_from_what_another_version_wrote() {
        let text = Format::new(7, Vec::new(), None).to_text();
        let read = |text: &[u8]| Format::read(Path::new("data"), text);
        assert_eq!(read(&text).unwrap(), Format::new(7, Vec::new(), None));
        for place in 0..text.len() {
            let mut damaged = text.clone();
            damaged[place] ^= 1 << (place % 8);
            assert!(matches!(read(&damaged), Err(OpenError::Damaged { .. })), "{}", String::from_utf8_lossy(&damaged));
            assert!(matches!(read(&text[..place]), Err(OpenError::Damaged { .. })), "{place}");
        }
        let other = br#"{"format":4,"index_id":7}"#;
        assert!(matches!(read(other), Err(OpenError::UnknownFormat { found, .. }) if found == "4"));
    }
}
