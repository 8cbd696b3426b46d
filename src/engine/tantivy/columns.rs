//! The numbers that are kept beside the entries of a segment.

use std::sync::Arc;

use tantivy::{
    DocId, SegmentReader, TantivyError,
    columnar::{Column, RowId},
    index::SegmentId,
};

use crate::{
    document::Etag,
    engine::{
        Position, ReadError, Version,
        tantivy::{schema::column, segments::Segments},
    },
};

/// The columns of all segments of a snapshot, in its order.
#[derive(Clone)]
pub(super) struct SegmentColumns(Arc<[(SegmentId, Columns)]>);

impl SegmentColumns {
    /// Opens those of all segments of a state, but for those that were opened before.
    pub(super) fn open(segments: &Segments, before: Option<&Self>) -> tantivy::Result<Self> {
        let open = |segment: &SegmentReader| {
            let id = segment.segment_id();
            let known = before.and_then(|before| before.0.iter().find(|(known, _)| *known == id)).cloned();
            known.map_or_else(|| Ok((id, Columns::new(segment)?)), Ok)
        };
        segments.readers().iter().map(open).collect::<tantivy::Result<_>>().map(Self)
    }

    /// Those of the segment with a place in the order.
    pub(super) fn at(&self, ordinal: u32) -> &Columns {
        &self.0[ordinal as usize].1
    }

    /// Those of a segment.
    pub(super) fn of(&self, segment: &SegmentReader) -> tantivy::Result<&Columns> {
        let found = self.0.iter().find(|(id, _)| *id == segment.segment_id());
        found.map(|(_, columns)| columns).ok_or_else(|| {
            TantivyError::InvalidArgument(format!("segment `{}` is another snapshot's", segment.segment_id()))
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Columns> {
        self.0.iter().map(|(_, columns)| columns)
    }
}

/// The columns of one segment, opened once for all that read it.
#[derive(Clone)]
pub(super) struct Columns {
    position: Column<u64>,
    date: Column<u64>,
    etag_high: Column<u64>,
    etag_low: Column<u64>,
    paragraphs: Column<u64>,
    searchable: Column<u64>,
    paragraphs_per_document: u32,
}

/// Where a document ends.
#[derive(Clone, Copy, Default)]
pub(super) struct Ends {
    /// The first entry behind its own.
    pub(super) end: DocId,
    /// Its place in the column that tells so; `None` before the first document.
    row: Option<RowId>,
}

impl Columns {
    pub(super) fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let open = |name| segment.fast_fields().u64(name);
        let paragraphs = open(column::PARAGRAPHS)?;
        Ok(Self {
            position: open(column::POSITION)?,
            date: open(column::DATE)?,
            etag_high: open(column::ETAG_HIGH)?,
            etag_low: open(column::ETAG_LOW)?,
            paragraphs_per_document: segment.max_doc().div_ceil(paragraphs.values.num_vals().max(1)),
            paragraphs,
            searchable: open(column::SEARCHABLE)?,
        })
    }

    /// The place of an entry; every entry has one.
    pub(super) fn position(&self, document: DocId) -> Position {
        Position::from_u64(self.position.first(document).unwrap_or(0))
    }

    /// The record of an entry's document: a document's entries are neighbours in order of position, so it stands as
    /// many places before as the entry's slot says. A tombstone is its own.
    pub(super) fn record_of(&self, entry: DocId) -> DocId {
        entry.saturating_sub(self.position(entry).slot())
    }

    /// The first entry behind those of a document, from its record; behind the entry itself for a tombstone.
    pub(super) fn end_of(&self, record: DocId) -> DocId {
        let paragraphs = self.paragraphs.first(record).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        record + 1 + paragraphs
    }

    /// The same for documents that are asked for in order. Behind a document stands the next one, in the column, too: its
    /// place there is not looked for.
    pub(super) fn next_end(&self, Ends { end, row }: Ends, record: DocId) -> Ends {
        let next = row.filter(|_| record == end).map(|row| row + 1);
        let row = next.or_else(|| self.paragraphs.index.value_row_ids(record).next());
        let count = row.and_then(|row| u32::try_from(self.paragraphs.values.get_val(row)).ok()).unwrap_or(0);
        Ends { end: record + 1 + count, row }
    }

    /// Whether a paragraph can be found: only then has it a date, were it unknown.
    pub(super) fn is_searchable(&self, paragraph: DocId) -> bool {
        self.date.index.has_value(paragraph)
    }

    /// Roughly how many entries a document has.
    pub(super) fn paragraphs_per_document(&self) -> u32 {
        self.paragraphs_per_document
    }

    /// The publish date of a record or a paragraph that can be found; 0 when unknown.
    pub(super) fn date(&self, document: DocId) -> u32 {
        self.date.first(document).and_then(|date| u32::try_from(date).ok()).unwrap_or(0)
    }

    /// Which version a record is of.
    pub(super) fn version(&self, record: DocId) -> Result<Version, ReadError> {
        let number = |values: &Column<u64>, name| {
            values.first(record).ok_or_else(|| ReadError::Corrupt(format!("entry `{record}` has no `{name}`")))
        };
        let count = |values, name| {
            let count = number(values, name)?;
            u32::try_from(count).map_err(|_| ReadError::Corrupt(format!("`{name}` of entry `{record}` is `{count}`")))
        };
        let high = number(&self.etag_high, column::ETAG_HIGH)?;
        let low = number(&self.etag_low, column::ETAG_LOW)?;
        Ok(Version {
            sequence: self.position(record).sequence(),
            etag: Etag(u128::from(high) << 64 | u128::from(low)),
            paragraphs: count(&self.paragraphs, column::PARAGRAPHS)?,
            searchable: count(&self.searchable, column::SEARCHABLE)?,
        })
    }
}
