//! The files of segments by their names, and which of them no list names.

use std::{collections::HashSet, io, path::Path};

use serde::Deserialize;
use tantivy::{Directory, directory::error::DeleteError, index::SegmentId};

use crate::engine::tantivy::{files::Files, format::IndexName};

/// What a list of segments says of their files.
#[derive(Deserialize)]
struct NamedSegments {
    segments: Vec<NamedSegment>,
}

#[derive(Deserialize)]
struct NamedSegment {
    segment_id: String,
}

/// Deletes the files of segments that no list names: they were begun and never committed, or merged away.
pub(super) fn delete_unnamed<'a>(
    place: &dyn Files,
    name: IndexName,
    files: &dyn Directory,
    lists: impl IntoIterator<Item = &'a Vec<u8>>,
) -> io::Result<()> {
    // Elsewhere other lists name them.
    place.check_place()?;
    let mut named = HashSet::new();
    for list in lists {
        let NamedSegments { segments } = serde_json::from_slice(list)?;
        named.extend(segments.into_iter().map(|segment| segment.segment_id.replace('-', "")));
    }
    for path in place.names(name)?.iter().filter(|path| is_of_segment(path)) {
        if segment_of(path).is_some_and(|segment| !named.contains(segment)) {
            match files.delete(path) {
                Ok(()) | Err(DeleteError::FileDoesNotExist(_)) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
    Ok(())
}

/// Whether a file has the name of a segment's, which tantivy gives: nobody else's are ever deleted.
pub(super) fn is_of_segment(name: &Path) -> bool {
    segment_of(name).is_some_and(|segment| segment.len() == 32 && segment.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a file is one of a segment's.
pub(super) fn is_of(name: &Path, segment: SegmentId) -> bool {
    segment_of(name).is_some_and(|named| named == segment.uuid_string())
}

/// What stands for the segment in a file's name.
fn segment_of(name: &Path) -> Option<&str> {
    Some(name.to_str()?.split_once('.')?.0)
}
