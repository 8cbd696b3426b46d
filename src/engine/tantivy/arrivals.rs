//! Versions and removals as they are stored in one segment, in order of their numbers.
//!
//! Looks at nothing but what is stored and which entries are deleted, and trusts neither: a version is one only if its
//! record and all its paragraphs are there, next to each other.

use std::sync::Arc;

use tantivy::{DocId, Segment, fastfield::AliveBitSet, index::SegmentComponent};

use crate::{
    document::{Layout, Paragraph},
    engine::{
        IndexedDocument, Position, ReadError, Removed,
        tantivy::{
            blocks::Unpackers,
            doubt::Doubt,
            record::{ParagraphEntry, TombstoneEntry, WholeRecord, decode_all, read_error},
            schema::Fields,
            stores::{InOrder, Store},
        },
    },
};

/// What came under one number.
pub(super) enum Arrival {
    Version(u64, Box<IndexedDocument>),
    Removal(Removed),
}

/// Those of a segment that are not deleted, one after another.
pub(super) struct Arrivals {
    stored: InOrder,
    /// `None` when nothing is deleted.
    alive: Option<AliveBitSet>,
    fields: Fields,
    /// The entries that were not looked at yet.
    next: DocId,
    end: DocId,
    /// The number of the one before.
    last: u64,
    /// The newest that was given out.
    newest: u64,
}

impl Arrivals {
    /// Those of a segment of an index of which numbers up to `newest` were given out. What makes no sense raises `doubt`.
    pub(super) fn of(segment: &Segment, fields: &Fields, newest: u64, doubt: &Doubt) -> Result<Self, ReadError> {
        Self::among(segment, alive(segment)?, fields, newest, doubt)
    }

    /// The same with those that were deleted, where nobody knows any more which were.
    pub(super) fn with_deleted(
        segment: &Segment,
        fields: &Fields,
        newest: u64,
        doubt: &Doubt,
    ) -> Result<Self, ReadError> {
        Self::among(segment, None, fields, newest, doubt)
    }

    fn among(
        segment: &Segment,
        alive: Option<AliveBitSet>,
        fields: &Fields,
        newest: u64,
        doubt: &Doubt,
    ) -> Result<Self, ReadError> {
        let store = Store::open(segment.index(), segment.id(), &Unpackers::default(), doubt).map_err(read_error)?;
        Ok(Self {
            stored: InOrder::new(&Arc::new(store)),
            alive,
            fields: fields.clone(),
            next: 0,
            end: segment.meta().max_doc(),
            last: 0,
            newest,
        })
    }

    /// The next one; `None` when there are no more.
    ///
    /// # Errors
    /// When what is stored next cannot be read, or makes no sense where it stands.
    pub(super) fn next(&mut self) -> Result<Option<Arrival>, ReadError> {
        while self.next < self.end && !self.is_alive(self.next) {
            self.next += 1;
        }
        if self.next == self.end {
            return Ok(None);
        }
        let first = self.take()?;
        let arrival = match self.stored.find(first, self.fields.tombstone)? {
            Some(tombstone) => {
                let TombstoneEntry { id, removed_sequence, removed_at: at, sequence } = decode_all(tombstone)?;
                Arrival::Removal(Removed { id, sequence, removed_sequence, at })
            }
            None => self.version(first)?,
        };
        let sequence = match &arrival {
            Arrival::Version(sequence, _) => *sequence,
            Arrival::Removal(removed) => removed.sequence,
        };
        if sequence <= self.last || sequence > self.newest {
            return Err(senseless(first, &format!("the number `{sequence}` behind `{}`", self.last)));
        }
        self.last = sequence;
        Ok(Some(arrival))
    }

    fn version(&mut self, record: DocId) -> Result<Arrival, ReadError> {
        let layout = self.stored.find(record, self.fields.layout)?;
        let layout: Layout = decode_all(layout.ok_or_else(|| senseless(record, "no record"))?)?;
        let whole: WholeRecord = decode_all(self.stored.field(record, self.fields.stored)?)?;
        let is_too_long = whole.paragraphs as usize > Position::MAX_PARAGRAPHS;
        if is_too_long || whole.entry.original_bytes != layout.original_bytes {
            return Err(senseless(record, "a record with another one's layout"));
        }
        // Not with room for as many as it says: it may say anything.
        let paragraphs = (0..whole.paragraphs).map(|_| self.paragraph()).collect::<Result<_, _>>()?;
        Ok(Arrival::Version(whole.sequence, Box::new(whole.with(paragraphs, layout))))
    }

    fn paragraph(&mut self) -> Result<Paragraph, ReadError> {
        let entry = self.take()?;
        for other in [self.fields.layout, self.fields.tombstone] {
            if self.stored.find(entry, other)?.is_some() {
                return Err(senseless(entry, "no paragraph"));
            }
        }
        decode_all::<ParagraphEntry>(self.stored.field(entry, self.fields.stored)?).map(Paragraph::from)
    }

    /// The next entry, which has to be there.
    fn take(&mut self) -> Result<DocId, ReadError> {
        let entry = self.next;
        if entry >= self.end || !self.is_alive(entry) {
            return Err(senseless(entry, "not there"));
        }
        self.next += 1;
        Ok(entry)
    }

    fn is_alive(&self, entry: DocId) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive.is_alive(entry))
    }
}

/// The entries that are not deleted; `None` when all are there.
fn alive(segment: &Segment) -> Result<Option<AliveBitSet>, ReadError> {
    const NUMBER_BYTES: usize = 4;
    const ENTRIES_PER_NUMBER: usize = 64;
    if !segment.meta().has_deletes() {
        return Ok(None);
    }
    let file = segment.open_read(SegmentComponent::Delete).map_err(|error| read_error(error.into()))?;
    let bytes = file.read_bytes().map_err(|error| read_error(error.into()))?;
    // tantivy panics where there are not as many bits as entries.
    let entries = segment.meta().max_doc() as usize;
    let expected = NUMBER_BYTES + entries.div_ceil(ENTRIES_PER_NUMBER) * ENTRIES_PER_NUMBER / 8;
    if bytes.len() != expected {
        return Err(ReadError::Corrupt(format!(
            "`{}` bytes say which of `{entries}` entries are deleted",
            bytes.len()
        )));
    }
    let alive = AliveBitSet::open(bytes);
    if alive.num_alive_docs() != segment.meta().num_docs() as usize {
        return Err(ReadError::Corrupt(format!("`{}` entries are not deleted", alive.num_alive_docs())));
    }
    Ok(Some(alive))
}

fn senseless(entry: DocId, what: &str) -> ReadError {
    ReadError::Corrupt(format!("entry `{entry}`: {what}"))
}
