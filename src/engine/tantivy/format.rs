//! `format.json`: the format of a data directory, which index is in it, and where that comes from.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engine::{Branch, OpenError, tantivy::schema::FORMAT};

/// Where it is, in the data directory. There is one where there is an index.
pub(super) const FORMAT_FILE: &str = "format.json";

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Format {
    #[serde(rename = "format")]
    version: u32,
    /// Names the index.
    pub(super) index_id: u32,
    /// The indexes that this one was restored from, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) history: Vec<Branch>,
    /// The digest of the manifest of the backup that this one was restored from last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restored: Option<String>,
}

impl Format {
    /// That of an index in this version's format.
    pub(super) fn new(index_id: u32, history: Vec<Branch>, restored: Option<String>) -> Self {
        Self { version: FORMAT, index_id, history, restored }
    }

    /// Reads the file in a data directory.
    ///
    /// # Errors
    /// When another version wrote it, or nobody.
    pub(super) fn read(directory: &Path, text: &[u8]) -> Result<Self, OpenError> {
        let value: serde_json::Value =
            serde_json::from_slice(text).map_err(|_| unknown(directory, "unreadable".to_owned()))?;
        let found = value.get("format").map_or_else(|| "unreadable".to_owned(), ToString::to_string);
        match serde_json::from_value::<Self>(value) {
            Ok(format) if format.version == FORMAT => Ok(format),
            _ => Err(unknown(directory, found)),
        }
    }

    /// As it is written.
    pub(super) fn to_text(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and strings can be encoded")
    }
}

/// Another version's format.
pub(super) fn unknown(directory: &Path, found: String) -> OpenError {
    OpenError::UnknownFormat { directory: directory.to_owned(), found, known: FORMAT }
}
