//! Segments of which index structures are damaged, written anew from what is stored of their entries.
//!
//! What is stored, which entries are deleted, and the list of segments are all that an index is: the rest is derived by
//! [`entries`], as it was when the entries came. Positions stay, and so does everything that callers know: ids, places,
//! generations, counts. Deleted entries are left out, as in a merge.
//!
//! It happens before anything is served. The damaged segments stay until a list of segments is on disk that names those
//! in their place, whose files are on disk by then; cut off or failing at any point before that, it is begun anew at the
//! next start, which deletes what no list names.

use std::{collections::BTreeSet, io};

use tantivy::{
    Index, Segment, SegmentMeta,
    index::{SegmentComponent, SegmentId},
};

use crate::{
    engine::{
        OpenError, ReadError, Recovered, WriteError,
        tantivy::{
            arrivals::{Arrival, Arrivals},
            check,
            directory::IndexDirectory,
            doubt::Doubt,
            durable::{KnownList, LIST, WriterDirectory},
            entries,
            index::{Commit, last_commit, open_index, write_list},
            named::is_of,
            newest::Newest,
            ordered::OrderedSegment,
            schema::Fields,
            writer::engine_error,
        },
    },
    text::Segmenter,
};

/// Memory for a segment that is written, beside its last document; what exceeds it goes to another one.
pub(super) const SEGMENT_BYTES: usize = 96 << 20;

/// What tantivy is told to have for the terms of an entry, up to that: its table of terms grows.
const ENTRY_BYTES: usize = 4 << 10;

/// What can be derived of a segment.
pub(super) const DERIVED: [SegmentComponent; 5] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
];

/// Writes the segments anew that have files among `damaged`, which are all that are, each as segments of about
/// `segment_bytes` of memory.
///
/// # Errors
/// When something is damaged that cannot be derived, or it cannot be written: nothing is changed then.
pub(super) fn recover(
    directory: &IndexDirectory,
    segmenter: &Segmenter,
    damaged: &[String],
    segment_bytes: usize,
) -> Result<Recovered, OpenError> {
    tracing::error!(files = damaged.join(", "), "the index is damaged");
    let place = || directory.data.path().to_owned();
    write_anew(directory, segmenter, damaged, segment_bytes).map_err(|error| match error {
        WriteError::Read(ReadError::Corrupt(what)) => {
            tracing::error!(what, "the index cannot be recovered from what is stored");
            OpenError::Damaged { directory: place(), files: damaged.to_owned() }
        }
        source => OpenError::Recovery { directory: place(), source: Box::new(source) },
    })
}

fn write_anew(
    directory: &IndexDirectory,
    segmenter: &Segmenter,
    damaged: &[String],
    segment_bytes: usize,
) -> Result<Recovered, WriteError> {
    if damaged.iter().any(|file| file == LIST) {
        return Err(ReadError::Corrupt(LIST.to_owned()).into());
    }
    let broken = broken_segments(&Index::open(directory.files.clone()).map_err(engine_error)?, damaged)?;
    check::take_note_away(directory.data.own.as_ref()).map_err(WriteError::Io)?;
    let list = KnownList::read(directory.files.as_ref()).map_err(engine_error)?;
    let files = WriterDirectory::begin(directory, list).map_err(WriteError::Io)?;
    // What an attempt before this one left takes room that a full disk does not have.
    files.delete_unnamed().map_err(WriteError::Io)?;
    let index = open_index(Box::new(files.clone()), segmenter).map_err(engine_error)?;
    let doubt = Doubt::of(directory.data.own.as_ref());
    let written = check_room(directory, &broken)
        .map_err(WriteError::Io)
        .and_then(|()| replace(&broken, &index, segmenter.fingerprint(), doubt, segment_bytes));
    written.map_err(|error| {
        let failure = files.failure();
        files.give_up();
        match failure {
            // What the disk said counts, whatever tantivy made of it.
            Some(kind) => WriteError::Io(io::Error::new(kind, error)),
            None => error,
        }
    })
}

/// What is written anew takes about as much room as what it takes the place of, which stays until then.
fn check_room(directory: &IndexDirectory, broken: &BTreeSet<SegmentId>) -> io::Result<()> {
    let (place, mut needed) = (&directory.data.files, 0);
    for file in place.names(directory.name)? {
        if broken.iter().any(|segment| is_of(&file, *segment)) {
            needed += place.bytes(&directory.name.path_of(&file))?;
        }
    }
    // Where nobody can say how much is free, whoever writes finds out.
    let free = place.free_bytes().unwrap_or(u64::MAX);
    if free >= needed {
        return Ok(());
    }
    let message = format!("about {needed} bytes are needed, and {free} are free");
    Err(io::Error::new(io::ErrorKind::StorageFull, message))
}

/// Writes segments anew, and then the list that names these in place of the old ones.
fn replace(
    broken: &BTreeSet<SegmentId>,
    index: &Index,
    fingerprint: &str,
    doubt: Doubt,
    segment_bytes: usize,
) -> Result<Recovered, WriteError> {
    let commit = last_commit(index, fingerprint).map_err(engine_error)?;
    let mut list = index.load_metas().map_err(engine_error)?;
    let versions = Newest::of(index, &list.segments, broken, commit.sequence, &doubt)?;
    let mut recovery = Recovery {
        fields: Fields::new(),
        doubt,
        newest: commit.sequence,
        versions,
        segment_bytes,
        recovered: Recovered::default(),
        superseded: Superseded::default(),
    };
    let mut segments = Vec::with_capacity(list.segments.len());
    for segment in list.segments {
        if broken.contains(&segment.id()) {
            segments.extend(recovery.write_anew(&index.segment(segment))?);
        } else {
            segments.push(segment);
        }
    }
    list.segments = segments;
    let commit = recovery.superseded.behind(commit, fingerprint);
    write_list(index.directory(), list, &commit).map_err(WriteError::Io)?;
    Ok(recovery.recovered)
}

/// The segments that have damaged files, if all of these can be derived.
fn broken_segments(index: &Index, damaged: &[String]) -> Result<BTreeSet<SegmentId>, WriteError> {
    let mut lost: BTreeSet<&str> = damaged.iter().map(String::as_str).collect();
    let mut broken = BTreeSet::new();
    for segment in index.searchable_segment_metas().map_err(engine_error)? {
        for file in DERIVED.map(|component| segment.relative_path(component)) {
            if file.to_str().is_some_and(|file| lost.remove(file)) {
                broken.insert(segment.id());
            }
        }
    }
    if lost.is_empty() {
        return Ok(broken);
    }
    Err(ReadError::Corrupt(lost.into_iter().collect::<Vec<_>>().join(", ")).into())
}

/// Versions that were counted and are not the newest of their documents: see [`Newest`].
#[derive(Default)]
struct Superseded {
    documents: u64,
    paragraphs: u64,
}

impl Superseded {
    /// What is committed with segments that were written anew. Their entries are cut as this process cuts. Where the
    /// others are cut otherwise, as the fingerprint says and goes on to say, some match otherwise from now on: so it is when
    /// an index is built anew, and who follows is told as then. So it is where something was there that is left out.
    fn behind(&self, commit: Commit, fingerprint: &str) -> Commit {
        let Self { documents, paragraphs } = *self;
        if commit.fingerprint == fingerprint && documents == 0 {
            return commit;
        }
        Commit {
            number: commit.number + 1,
            rebuilt: commit.rebuilt + 1,
            documents: commit.documents.saturating_sub(documents),
            paragraphs: commit.paragraphs.saturating_sub(paragraphs),
            ..commit
        }
    }
}

/// What segments are written anew with.
struct Recovery {
    fields: Fields,
    doubt: Doubt,
    /// The newest number that was given out.
    newest: u64,
    versions: Newest,
    segment_bytes: usize,
    recovered: Recovered,
    superseded: Superseded,
}

impl Recovery {
    /// Writes what is left of a segment, as one or several.
    fn write_anew(&mut self, broken: &Segment) -> Result<Vec<SegmentMeta>, WriteError> {
        let mut arrivals = Arrivals::of(broken, &self.fields, self.newest, &self.doubt)?;
        let (mut written, mut open) = (Vec::new(), None);
        let term_bytes = (broken.meta().num_docs() as usize).saturating_mul(ENTRY_BYTES).min(self.segment_bytes);
        while let Some(arrival) = arrivals.next()? {
            if self.is_superseded(&arrival)? {
                continue;
            }
            let begin = || OrderedSegment::begin(broken.index(), term_bytes);
            let mut segment = open.take().map_or_else(begin, Ok).map_err(engine_error)?;
            self.add(arrival, &mut segment).map_err(engine_error)?;
            // Not within a document, whose entries stay together.
            if segment.memory_bytes() < self.segment_bytes {
                open = Some(segment);
            } else {
                written.push(segment.finish().map_err(engine_error)?);
            }
        }
        if let Some(segment) = open {
            written.push(segment.finish().map_err(engine_error)?);
        }
        self.recovered.segments += 1;
        Ok(written)
    }

    /// Whether it is a version that another one has taken the place of, or that was removed: it is left out.
    fn is_superseded(&mut self, arrival: &Arrival) -> Result<bool, WriteError> {
        let Arrival::Version(sequence, document) = arrival else { return Ok(false) };
        if self.versions.is(&document.id, *sequence)? {
            return Ok(false);
        }
        tracing::warn!(id = document.id.as_str(), sequence, "a version is left out that a newer change had not found");
        self.superseded.documents += 1;
        self.superseded.paragraphs += u64::from(document.searchable());
        Ok(true)
    }

    fn add(&mut self, arrival: Arrival, segment: &mut OrderedSegment) -> tantivy::Result<()> {
        match arrival {
            Arrival::Version(sequence, document) => {
                self.recovered.documents += 1;
                self.recovered.paragraphs += u64::from(document.searchable());
                entries::of_document(sequence, *document, &self.fields).try_for_each(|entry| segment.add(entry))
            }
            Arrival::Removal(removed) => segment.add(entries::of_removal(removed, &self.fields)),
        }
    }
}
