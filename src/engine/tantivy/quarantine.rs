//! What is taken out of an index because it is lost: kept aside, for whoever can make something of it.
//!
//! Nothing in there is read again, and nothing is removed by anybody but an operator.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use tantivy::SegmentMeta;

use crate::engine::{
    Repaired,
    tantivy::{directory::IndexDirectory, durable::LIST, named::is_of},
};

/// The directory that has all of it, in the data directory.
const DIRECTORY: &str = "quarantine";
/// The documents that are lost with it, as lines of JSON.
const LOST: &str = "lost.jsonl";

/// Names the directory of what is taken out of one state of an index: whoever does it again, because it was cut off, finds
/// what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarantineName(u64);

impl QuarantineName {
    /// That of a state with this list of segments.
    pub(super) fn of(list: &[u8]) -> Self {
        Self(u64::from_le_bytes(*blake3::hash(list).as_bytes().first_chunk().expect("a hash has 32 bytes")))
    }
}

impl fmt::Display for QuarantineName {
    /// Its path within the data directory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DIRECTORY}/{:016x}", self.0)
    }
}

/// Puts all files of segments aside, the list that names them, and one of the documents that are lost. They stay where they
/// are, too; when this returns, all of it is on disk. Says where it is.
pub(super) fn set_aside(
    directory: &IndexDirectory,
    list: &[u8],
    segments: &[SegmentMeta],
    told: &Repaired,
) -> io::Result<PathBuf> {
    let (place, name) = (&directory.data.files, QuarantineName::of(list));
    let quarantine = place.quarantine(name)?;
    for file in place.names(directory.name)? {
        if segments.iter().any(|segment| is_of(&file, segment.id())) {
            place.set_aside(directory.name, &file, name)?;
        }
    }
    let mut lines = Vec::new();
    told.write_lines(&mut lines)?;
    quarantine.atomic_write(Path::new(LIST), list)?;
    quarantine.atomic_write(Path::new(LOST), &lines)?;
    quarantine.sync_directory()?;
    Ok(directory.data.path().join(name.to_string()))
}
