//! Paragraphs and their documents' records, one after another, as they lie in the blocks of their segments.

use std::collections::HashMap;

use tantivy::{DocAddress, schema::Field};

use crate::{
    document::Paragraph,
    engine::{
        Address, DocumentView, ReadError, Reader,
        tantivy::{
            columns::SegmentColumns,
            record::{ParagraphView, RecordEntry, decode},
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
    record: Option<(Address, RecordEntry)>,
    /// The one read last, of which the next one takes over what it can.
    paragraph: Paragraph,
}

impl ReadInOrder {
    pub(super) fn new(stores: &Stores, columns: &SegmentColumns, field: Field) -> Self {
        let (stores, columns) = (stores.clone(), columns.clone());
        let paragraph = Paragraph { text: String::new(), heading_path: Vec::new(), source_ranges: Vec::new() };
        Self { stores, columns, field, segments: HashMap::new(), record: None, paragraph }
    }
}

impl Reader for ReadInOrder {
    fn read(&mut self, address: Address) -> Result<(&Paragraph, DocumentView<'_>), ReadError> {
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
            (record, decode(bytes, at(record.document))?)
        };
        let paragraph: ParagraphView<'_> = decode(texts.field(document, self.field)?, at(document))?;
        paragraph.read_into(&mut self.paragraph);
        let sequence = columns.position(document).sequence();
        let RecordEntry { id, metadata, .. } = &self.record.insert(known).1;
        Ok((&self.paragraph, DocumentView { id, sequence, metadata }))
    }
}
