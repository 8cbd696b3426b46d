//! The numbers that are kept beside the entries of a segment.

use tantivy::{DocId, SegmentReader, columnar::Column};

use crate::{
    document::Etag,
    engine::{Position, ReadError, Version, tantivy::schema::column},
};

/// The columns of one segment, opened once for all that read it.
#[derive(Clone)]
pub(super) struct Columns {
    position: Column<u64>,
    date: Column<u64>,
    etag_high: Column<u64>,
    etag_low: Column<u64>,
    paragraphs: Column<u64>,
    searchable: Column<u64>,
}

impl Columns {
    pub(super) fn new(segment: &SegmentReader) -> tantivy::Result<Self> {
        let open = |name| segment.fast_fields().u64(name);
        Ok(Self {
            position: open(column::POSITION)?,
            date: open(column::DATE)?,
            etag_high: open(column::ETAG_HIGH)?,
            etag_low: open(column::ETAG_LOW)?,
            paragraphs: open(column::PARAGRAPHS)?,
            searchable: open(column::SEARCHABLE)?,
        })
    }

    /// The place of an entry; every entry has one.
    pub(super) fn position(&self, document: DocId) -> Position {
        Position::from_u64(self.position.first(document).unwrap_or(0))
    }

    /// The publish date of a paragraph; 0 when unknown.
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
