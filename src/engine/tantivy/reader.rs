//! Paragraphs and their documents' records, one after another, as they lie in the blocks of their segments.

use std::collections::HashMap;

use tantivy::{DocAddress, schema::Field};

use crate::{
    document::Paragraph,
    engine::{
        Address, DocumentRecord, ReadError, Reader,
        tantivy::{
            columns::SegmentColumns,
            record::{ParagraphEntry, RecordEntry, decode},
            stores::{InOrder, Stores},
        },
    },
};

/// Reads forward in each segment.
pub(super) struct ReadInOrder {
    stores: Stores,
    columns: SegmentColumns,
    /// What is stored with entries.
    field: Field,
    /// Of the segments that were read from.
    segments: HashMap<u32, InOrder>,
    /// The one met last, and where it is kept.
    record: Option<(Address, DocumentRecord)>,
}

impl ReadInOrder {
    pub(super) fn new(stores: &Stores, columns: &SegmentColumns, field: Field) -> Self {
        let (stores, columns) = (stores.clone(), columns.clone());
        Self { stores, columns, field, segments: HashMap::new(), record: None }
    }
}

impl Reader for ReadInOrder {
    fn read(&mut self, address: Address) -> Result<(Paragraph, &DocumentRecord), ReadError> {
        let Address { segment, document } = address;
        let columns = self.columns.at(segment);
        let texts = self.segments.entry(segment).or_insert_with(|| InOrder::new(self.stores.at(segment)));
        let at = |entry| DocAddress::new(segment, entry);
        // The record first: it lies before its paragraphs, most often in their block.
        let record = Address { segment, document: columns.record_of(document) };
        let known = self.record.take().filter(|(known, _)| *known == record);
        let known = if let Some(known) = known {
            known
        } else {
            let bytes = texts.field(record.document, self.field)?;
            let RecordEntry { id, metadata, recognized, original_bytes } = decode(bytes, at(record.document))?;
            let version = columns.version(record.document)?;
            (record, DocumentRecord { id, version, metadata, recognized, original_bytes })
        };
        let paragraph: ParagraphEntry = decode(texts.field(document, self.field)?, at(document))?;
        Ok((paragraph.into(), &self.record.insert(known).1))
    }
}
