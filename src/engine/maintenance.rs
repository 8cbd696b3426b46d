//! What operators ask of an engine.

use std::{io, path::PathBuf};

use crate::engine::{Generation, ReadError};

/// A copy of an index, whole and on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The state that it is of.
    pub generation: Generation,
    /// How many files it has.
    pub files: u64,
    /// How many of them take no room of their own, as the index has them too.
    pub linked_files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// What came of looking at every file of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The state that was looked at.
    pub generation: Generation,
    /// How many files were read.
    pub files: u64,
    /// Bytes of the segments among them.
    pub bytes: u64,
    /// Those that are not what was written.
    pub damaged: Vec<String>,
}

/// What was written anew when an index was opened, because index structures of it were damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Parts of the index that were.
    pub segments: u64,
    /// Their documents.
    pub documents: u64,
    /// Paragraphs of these that can be found.
    pub paragraphs: u64,
}

/// Why a directory cannot take a backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// It depends on where the service was started.
    #[error("has to be an absolute path on the machine of the service")]
    Relative,
    /// Something is there.
    #[error("exists already; name a directory that does not")]
    Exists,
    /// It would be a part of what is copied.
    #[error("lies in the data directory; name one outside of it")]
    WithinData,
    /// The directory above it cannot be used.
    #[error("cannot be made: {0}; name one in a directory that the service can write to")]
    Unusable(io::ErrorKind),
}

/// Why a backup was not made. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There can be none in that directory.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// The copy could not be written.
    #[error("the backup cannot be written: {0}")]
    Write(#[source] io::Error),
    /// The index could not be read, or nobody waits any more.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl BackupError {
    /// Names a file that is not what was written.
    #[must_use]
    pub fn damaged(files: &[PathBuf]) -> Self {
        let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        Self::Read(ReadError::Corrupt(names.join(", ")))
    }
}
