//! What can go wrong at the seam.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why an index could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process holds the data directory.
    #[error("data directory `{}` is in use by another process; stop that one or give another directory with --data-dir", .0.display())]
    InUse(PathBuf),
    /// The data directory was written by a version that this one does not know.
    #[error("data directory `{}` has format `{found}`, this version reads format `{known}`; use the version that wrote it or another directory with --data-dir", .directory.display())]
    UnknownFormat {
        /// The data directory.
        directory: PathBuf,
        /// The format found.
        found: String,
        /// The format known.
        known: u32,
    },
    /// The directory holds something that no version of this program wrote.
    #[error("`{}` holds files but no `format.json` of this service; give an empty directory with --data-dir, or restore that file", .0.display())]
    Foreign(PathBuf),
    /// A backup was copied to where an index is.
    #[error("`{}` holds an index and a backup; copy the backup into a directory of its own and give that with --data-dir", .0.display())]
    Mixed(PathBuf),
    /// The file system said no.
    #[error("data directory `{}` cannot be used: {source}", .directory.display())]
    Io {
        /// The data directory.
        directory: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// Files are not what was written, and what they held cannot be derived from what is stored elsewhere.
    #[error("the index in `{}` is damaged: {}; stop the service and restore a backup, or have `xunzhang repair` say what is lost, and leave that out", .directory.display(), .files.join(", "))]
    Damaged {
        /// The data directory.
        directory: PathBuf,
        /// The files.
        files: Vec<String>,
    },
    /// Files are not what was written, and what can be derived anew could not be written. Nothing was changed.
    #[error("the index in `{}` is damaged, and what can be made anew of it cannot be written: {source}; start again when the disk takes it", .directory.display())]
    Recovery {
        /// The data directory.
        directory: PathBuf,
        /// What the disk or the engine said.
        source: Source,
    },
    /// The index in it cannot be opened.
    #[error("the index in `{}` cannot be opened: {source}", .directory.display())]
    Index {
        /// The data directory.
        directory: PathBuf,
        /// What the engine said.
        source: Source,
    },
}

/// Why an index could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nobody waits for the answer any more.
    #[error("stopped")]
    Stopped,
    /// Stored data does not make sense.
    #[error("the index is damaged: {0}")]
    Corrupt(String),
    /// The engine failed.
    #[error("the index cannot be read: {0}")]
    Engine(#[source] Source),
}

impl ReadError {
    /// Ends work that is to stop.
    ///
    /// # Errors
    /// [`ReadError::Stopped`] once it is.
    pub fn check(stop: &AtomicBool) -> Result<(), Self> {
        if stop.load(Relaxed) { Err(Self::Stopped) } else { Ok(()) }
    }
}

/// Why an index could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The engine failed.
    #[error("the index cannot be written: {0}")]
    Engine(#[source] Source),
    /// The file system failed.
    #[error("the index cannot be written: {0}")]
    Io(#[source] std::io::Error),
    /// The writer ended without being asked to.
    #[error("the writer is gone")]
    Gone,
    /// What was there before could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
