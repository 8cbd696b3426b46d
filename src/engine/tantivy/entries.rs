//! The entries of a document and of a removal: what is stored of them, and what is derived from that.
//!
//! Whoever has what is stored can make the same entries again: nothing stands in an index structure alone.

use std::collections::HashSet;

use tantivy::TantivyDocument;

use crate::{
    document::{DocumentId, Etag, Layout, Metadata, Paragraph},
    engine::{
        IndexedDocument, MAX_FACET_VALUE_BYTES, Position, Removed,
        tantivy::{
            record::{ParagraphEntry, RecordEntry, TombstoneEntry, WholeRecord, encode},
            schema::{Fields, Kind, value_term},
        },
    },
    query::MetadataKey,
    text,
};

/// What all paragraphs of a document have in common.
struct Common {
    id: DocumentId,
    sequence: u64,
    date: u64,
    title: String,
}

/// The entries of a version of a document, in order: its record, then its paragraphs.
pub(super) fn of_document(
    sequence: u64,
    document: IndexedDocument,
    fields: &Fields,
) -> impl Iterator<Item = TantivyDocument> + use<'_> {
    let searchable = u64::from(document.searchable());
    let IndexedDocument { id, metadata, recognized, etag, edge_lines, paragraphs, layout } = document;
    let date = metadata.publish_date.map_or(0, |date| u64::from(date.to_u32()));
    let title = metadata.title.clone();

    let mut record = TantivyDocument::default();
    record.add_u64(fields.kind, Kind::Record.to_u64());
    record.add_text(fields.document, id.as_str());
    record.add_u64(fields.position, Position::record(sequence).to_u64());
    let (high, low) = halves(etag);
    record.add_u64(fields.etag_high, high);
    record.add_u64(fields.etag_low, low);
    record.add_u64(fields.paragraphs, paragraphs.len() as u64);
    record.add_u64(fields.searchable, searchable);
    for line in &edge_lines {
        record.add_u64(fields.edge_lines, line.to_u64());
    }
    record.add_u64(fields.date, date);
    if date != 0 {
        record.add_u64(fields.published, date);
    }
    add_metadata(&mut record, &metadata, fields);
    let Layout { original_bytes, .. } = layout;
    record.add_bytes(fields.layout, &encode(&layout));
    let entry = RecordEntry { id: id.clone(), metadata, recognized, original_bytes };
    record.add_bytes(fields.stored, &encode(&WholeRecord::new(entry, sequence, etag, paragraphs.len(), edge_lines)));

    let common = Common { id, sequence, date, title };
    let paragraphs = (0..).zip(paragraphs).map(move |(ordinal, paragraph)| common.entry(ordinal, paragraph, fields));
    std::iter::once(record).chain(paragraphs)
}

/// What remembers a removal.
pub(super) fn of_removal(removed: Removed, fields: &Fields) -> TantivyDocument {
    let Removed { id, sequence, removed_sequence, at } = removed;
    let mut tombstone = TantivyDocument::default();
    tombstone.add_u64(fields.kind, Kind::Tombstone.to_u64());
    tombstone.add_u64(fields.position, Position::record(sequence).to_u64());
    let entry = TombstoneEntry { id, removed_sequence, removed_at: at, sequence };
    tombstone.add_bytes(fields.tombstone, &encode(&entry));
    tombstone
}

impl Common {
    fn entry(&self, ordinal: u32, paragraph: Paragraph, fields: &Fields) -> TantivyDocument {
        let mut entry = TantivyDocument::default();
        entry.add_text(fields.document, self.id.as_str());
        entry.add_u64(fields.position, Position::paragraph(self.sequence, ordinal).to_u64());
        // A paragraph without a token would count as a document, in some engines and not in others.
        if text::has_searchable(&paragraph.text) {
            entry.add_u64(fields.kind, Kind::Paragraph.to_u64());
            entry.add_u64(fields.date, self.date);
            entry.add_text(fields.words, &paragraph.text);
            entry.add_text(fields.grams, &paragraph.text);
            entry.add_text(fields.title_words, &self.title);
            entry.add_text(fields.title_grams, &self.title);
            entry.add_text(fields.characters, &paragraph.text);
            for cue in text::cues(&paragraph.text) {
                entry.add_text(fields.cues, cue);
            }
        }
        entry.add_bytes(fields.stored, &encode(&ParagraphEntry::from(paragraph)));
        entry
    }
}

/// Adds what documents are selected and counted by. Labels that are equal count once, as the first of them is written.
fn add_metadata(record: &mut TantivyDocument, metadata: &Metadata, fields: &Fields) {
    let mut seen = HashSet::new();
    for key in MetadataKey::ALL {
        for value in values(metadata, key).into_iter().filter(|value| !value.is_empty()) {
            let term = value_term(value);
            if seen.insert((key, term.clone())) {
                record.add_text(fields.metadata(key), term);
                if let Some(facet) = fields.facet(key) {
                    record.add_text(facet, &value[..value.floor_char_boundary(MAX_FACET_VALUE_BYTES)]);
                }
            }
        }
    }
}

fn values(metadata: &Metadata, key: MetadataKey) -> Vec<&str> {
    let value = match key {
        MetadataKey::Label => return metadata.labels.iter().map(String::as_str).collect(),
        MetadataKey::Source => &metadata.source,
        MetadataKey::Author => &metadata.author,
        MetadataKey::Agency => &metadata.agency,
        MetadataKey::DocumentNumber => &metadata.document_number,
        MetadataKey::DocumentType => &metadata.document_type,
        MetadataKey::Level => &metadata.level,
        MetadataKey::Collection => &metadata.collection,
    };
    vec![value]
}

#[expect(clippy::cast_possible_truncation, reason = "each half is taken for itself")]
fn halves(Etag(etag): Etag) -> (u64, u64) {
    ((etag >> 64) as u64, etag as u64)
}
