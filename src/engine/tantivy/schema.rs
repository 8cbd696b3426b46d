//! The fields of the index.

use tantivy::{
    IndexSettings, IndexSortByField, Order, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
    },
    store::{Compressor, ZstdCompressor},
};

use crate::{
    document::DocumentId,
    engine::{FacetField, SourceLine},
    query::{MetadataKey, comparable},
};

/// The format of a data directory that this version reads and writes. It grows with every change of fields, tokens or
/// stored records.
pub(super) const FORMAT: u32 = 6;

/// Names under which tokenizers are registered.
pub(super) const WORDS: &str = "words";
pub(super) const GRAMS: &str = "grams";
pub(super) const CHARACTERS: &str = "characters";
/// tantivy's own: the whole value is one token.
const WHOLE: &str = "raw";

/// The longest value of metadata that is a term as it is, in bytes; of a longer one the term is its hash.
const MAX_TERM_BYTES: usize = 1_024;

/// Names of the numeric columns.
pub(super) mod column {
    pub(in crate::engine::tantivy) const POSITION: &str = "position";
    pub(in crate::engine::tantivy) const DATE: &str = "date";
    pub(in crate::engine::tantivy) const ETAG_HIGH: &str = "etag_high";
    pub(in crate::engine::tantivy) const ETAG_LOW: &str = "etag_low";
    pub(in crate::engine::tantivy) const PARAGRAPHS: &str = "paragraphs";
    pub(in crate::engine::tantivy) const SEARCHABLE: &str = "searchable";
}

/// What an entry of the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A paragraph that can be found.
    Paragraph,
    /// A document's record.
    Record,
    /// What a replaced or deleted document leaves.
    Tombstone,
}

impl Kind {
    pub(super) fn to_u64(self) -> u64 {
        match self {
            Self::Paragraph => 0,
            Self::Record => 1,
            Self::Tombstone => 2,
        }
    }
}

/// What has a column of values to count by, and the column's name.
const FACETS: [(MetadataKey, &str); 6] = [
    (MetadataKey::Source, "source_facet"),
    (MetadataKey::Agency, "agency_facet"),
    (MetadataKey::DocumentType, "document_type_facet"),
    (MetadataKey::Level, "level_facet"),
    (MetadataKey::Collection, "collection_facet"),
    (MetadataKey::Label, "label_facet"),
];

/// The fields of the index.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// [`Kind`]; absent on paragraphs that cannot be found.
    pub(super) kind: Field,
    /// The document's id, on its record and its paragraphs: what a replacement deletes.
    pub(super) document: Field,
    /// [`crate::engine::Position`], on everything; segments are sorted by it.
    pub(super) position: Field,
    /// The publish date, on records and on paragraphs that can be found; 0 when unknown.
    pub(super) date: Field,
    /// On records: the publish date where it is known, to find the documents of some days.
    pub(super) published: Field,
    /// On records: what the document's values are compared by, a field for each of [`MetadataKey::ALL`].
    metadata: [Field; MetadataKey::ALL.len()],
    /// On records: the values as they were written, to count by.
    facets: [(MetadataKey, Field); FACETS.len()],
    /// On records.
    pub(super) etag_high: Field,
    pub(super) etag_low: Field,
    /// On records: all paragraphs.
    pub(super) paragraphs: Field,
    /// On records: paragraphs that can be found.
    pub(super) searchable: Field,
    /// On records: [`crate::engine::SourceLine`]s of the document's head and tail.
    pub(super) edge_lines: Field,
    /// Words of the text: ranking only.
    pub(super) words: Field,
    /// Bigrams of the text with linear positions: matching and ranking.
    pub(super) grams: Field,
    /// Words of the title: ranking only.
    pub(super) title_words: Field,
    /// Bigrams of the title with linear positions: matching and ranking.
    pub(super) title_grams: Field,
    /// The letters and digits of the text, each once. Ranking only.
    pub(super) characters: Field,
    /// What the text has for types of questions: [`crate::text::cues`]. Ranking only.
    pub(super) cues: Field,
    /// A paragraph or a record, encoded.
    pub(super) stored: Field,
    /// On records: what the paragraphs leave of the original, encoded.
    pub(super) layout: Field,
    /// A tombstone, encoded. What is stored alone tells which kind an entry is of.
    pub(super) tombstone: Field,
}

impl Fields {
    pub(super) fn new() -> Self {
        let mut schema = Schema::builder();
        let words = IndexRecordOption::WithFreqs;
        let grams = IndexRecordOption::WithFreqsAndPositions;
        Self {
            kind: schema.add_u64_field("kind", INDEXED),
            document: schema.add_text_field("document", STRING),
            position: schema.add_u64_field(column::POSITION, FAST),
            date: schema.add_u64_field(column::DATE, FAST),
            published: schema.add_u64_field("published", INDEXED),
            metadata: MetadataKey::ALL.map(|key| add_values(&mut schema, term_field(key))),
            facets: FACETS.map(|(key, name)| (key, schema.add_text_field(name, FAST))),
            etag_high: schema.add_u64_field(column::ETAG_HIGH, FAST),
            etag_low: schema.add_u64_field(column::ETAG_LOW, FAST),
            paragraphs: schema.add_u64_field(column::PARAGRAPHS, FAST),
            searchable: schema.add_u64_field(column::SEARCHABLE, FAST),
            edge_lines: schema.add_u64_field("edge_lines", INDEXED),
            words: add_text(&mut schema, "words", WORDS, words),
            grams: add_text(&mut schema, "grams", GRAMS, grams),
            title_words: add_text(&mut schema, "title_words", WORDS, words),
            title_grams: add_text(&mut schema, "title_grams", GRAMS, grams),
            characters: add_text(&mut schema, "characters", CHARACTERS, IndexRecordOption::Basic),
            cues: add_values(&mut schema, "cues"),
            stored: schema.add_bytes_field("stored", STORED),
            layout: schema.add_bytes_field("layout", STORED),
            tombstone: schema.add_bytes_field("tombstone", STORED),
            schema: schema.build(),
        }
    }

    pub(super) fn kind_term(&self, kind: Kind) -> Term {
        Term::from_field_u64(self.kind, kind.to_u64())
    }

    pub(super) fn edge_line_term(&self, line: SourceLine) -> Term {
        Term::from_field_u64(self.edge_lines, line.to_u64())
    }

    /// The field of a key's terms.
    pub(super) fn metadata(&self, key: MetadataKey) -> Field {
        self.metadata[key as usize]
    }

    /// The field of a key's column, for those that are counted by.
    pub(super) fn facet(&self, key: MetadataKey) -> Option<Field> {
        self.facets.iter().find(|(facet, _)| *facet == key).map(|(_, field)| *field)
    }

    /// What all values that are equal to this one have in common.
    pub(super) fn metadata_term(&self, key: MetadataKey, value: &str) -> Term {
        Term::from_field_text(self.metadata(key), &value_term(value))
    }

    pub(super) fn published_term(&self, date: u32) -> Term {
        Term::from_field_u64(self.published, u64::from(date))
    }

    pub(super) fn document_term(&self, id: &DocumentId) -> Term {
        Term::from_field_text(self.document, id.as_str())
    }
}

/// How segments are laid out: in order of arrival, so that an export is a merge and a document's entries are
/// neighbours, its record first.
pub(super) fn settings() -> IndexSettings {
    IndexSettings {
        sort_by_field: Some(IndexSortByField { field: column::POSITION.to_owned(), order: Order::Asc }),
        docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
        ..IndexSettings::default()
    }
}

/// The name of the column that has a field's values, of which the year needs none.
pub(super) fn facet_column(field: FacetField) -> Option<&'static str> {
    let wanted = match field {
        FacetField::Year => return None,
        FacetField::Source => MetadataKey::Source,
        FacetField::Agency => MetadataKey::Agency,
        FacetField::DocumentType => MetadataKey::DocumentType,
        FacetField::Level => MetadataKey::Level,
        FacetField::Collection => MetadataKey::Collection,
        FacetField::Label => MetadataKey::Label,
    };
    FACETS.iter().find(|(key, _)| *key == wanted).map(|(_, name)| *name)
}

/// The text of a value's term.
pub(super) fn value_term(value: &str) -> String {
    let term = comparable(value);
    if term.len() > MAX_TERM_BYTES { blake3::hash(term.as_bytes()).to_hex().to_string() } else { term }
}

fn term_field(key: MetadataKey) -> &'static str {
    match key {
        MetadataKey::Source => "source",
        MetadataKey::Author => "author",
        MetadataKey::Agency => "agency",
        MetadataKey::DocumentNumber => "document_number",
        MetadataKey::DocumentType => "document_type",
        MetadataKey::Level => "level",
        MetadataKey::Collection => "collection",
        MetadataKey::Label => "label",
    }
}

fn add_values(schema: &mut SchemaBuilder, name: &str) -> Field {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(WHOLE)
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
}

fn add_text(schema: &mut SchemaBuilder, name: &str, tokenizer: &str, record: IndexRecordOption) -> Field {
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record);
    schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
}
