//! Hits and paragraphs, on their way out.
//!
//! Hits are written as they are sent, straight from what was fetched: to make messages of them first copies every text,
//! and took as long as to fetch it.

use std::{
    fmt::{Display, Write as _},
    ops::Range,
    sync::Arc,
};

use prost::bytes::{BufMut as _, Bytes};

use crate::{
    document::{Metadata, Paragraph},
    rpc::{convert::unit::Unit, proto},
    search::{DocumentView, Hit, HitView, Neighbour, Removed},
};

/// Numbers of the fields of a batch of either kind, `HitBatch` and `ExportBatch`.
const HITS: u32 = 1;
const RESUME_TOKEN: u32 = 2;

/// What a field is written as.
#[derive(Clone, Copy)]
enum Form {
    Varint = 0,
    Bytes = 2,
    Fixed32 = 5,
}

/// A batch of hits, written as `HitBatch` and `ExportBatch` are, which are alike.
pub(crate) struct Batch {
    written: Vec<u8>,
    /// The hit that is being written: its length comes first.
    hit: Fields,
    hits: usize,
    unit: Unit,
}

impl Batch {
    /// An empty one, with highlights in this unit and room for some bytes.
    pub(crate) fn new(unit: Unit, bytes: usize) -> Self {
        Self { written: Vec::with_capacity(bytes), hit: Fields::default(), hits: 0, unit }
    }

    /// One of these hits.
    pub(crate) fn of(hits: &[Hit], unit: Unit) -> Self {
        let mut batch = Self::new(unit, 0);
        for hit in hits {
            batch.push(&hit.view());
        }
        batch
    }

    /// Adds a hit.
    pub(crate) fn push(&mut self, hit: &HitView<'_>) {
        self.hits += 1;
        self.hit.written.clear();
        self.hit.write(hit, self.unit);
        key(HITS, Form::Bytes, &mut self.written);
        delimited(&self.hit.written, &mut self.written);
    }

    /// Hits that it has.
    pub(crate) fn hits(&self) -> usize {
        self.hits
    }

    /// Ends it with a token to go on behind it.
    pub(crate) fn ended(mut self, resume_token: &str) -> Bytes {
        bytes(RESUME_TOKEN, resume_token.as_bytes(), &mut self.written);
        // It may wait for its reader: without the room that it does not need.
        self.written.into_boxed_slice().into()
    }
}

/// Fields of a message, as they are written.
#[derive(Default)]
struct Fields {
    written: Vec<u8>,
    /// What is being made a text.
    text: String,
}

impl Fields {
    /// Writes what a `Hit` has. What is empty or zero is left out, as protobuf has it.
    fn write(&mut self, hit: &HitView<'_>, unit: Unit) {
        let HitView { rank, score, ordinal, paragraph, highlights, document, before, after, folded_count, folded } =
            *hit;
        let Paragraph { text, heading_path, source_ranges } = paragraph;
        let DocumentView { id, sequence, metadata } = document;
        let Metadata {
            title,
            source,
            author: _,
            agency,
            document_number: _,
            document_type: _,
            publish_date,
            level: _,
            collection: _,
            labels: _,
            attributes: _,
        } = metadata;
        self.number(1, u64::from(rank));
        self.score(2, score);
        self.paragraph_id(3, id.as_str(), ordinal);
        self.string(4, id.as_str());
        self.number(5, u64::from(ordinal));
        self.string(6, text);
        self.strings(7, heading_path);
        self.string(8, title);
        self.string(9, source);
        self.string(10, agency);
        if let Some(date) = publish_date {
            self.shown(11, date);
        }
        self.ranges(12, unit.ranges(text, highlights));
        self.ranges(13, source_ranges.iter().cloned().map(range));
        self.paragraphs(14, before);
        self.paragraphs(15, after);
        self.number(16, u64::from(folded_count));
        self.number(17, sequence);
        for id in folded {
            self.shown(18, id);
        }
    }

    /// Writes the name of a paragraph, as [`crate::document::ParagraphId`] shows it: every hit has one.
    fn paragraph_id(&mut self, field: u32, document: &str, ordinal: u32) {
        let mut digits = [0; 10];
        let mut begin = digits.len();
        let mut rest = ordinal;
        loop {
            begin -= 1;
            digits[begin] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        key(field, Form::Bytes, &mut self.written);
        varint((document.len() + 1 + digits.len() - begin) as u64, &mut self.written);
        self.written.extend_from_slice(document.as_bytes());
        self.written.push(b'#');
        self.written.extend_from_slice(&digits[begin..]);
    }

    fn number(&mut self, field: u32, number: u64) {
        if number != 0 {
            key(field, Form::Varint, &mut self.written);
            varint(number, &mut self.written);
        }
    }

    fn score(&mut self, field: u32, score: f32) {
        if score.to_bits() != 0 {
            key(field, Form::Fixed32, &mut self.written);
            self.written.put_f32_le(score);
        }
    }

    fn string(&mut self, field: u32, text: &str) {
        if !text.is_empty() {
            bytes(field, text.as_bytes(), &mut self.written);
        }
    }

    fn strings(&mut self, field: u32, texts: &[Arc<str>]) {
        for text in texts {
            bytes(field, text.as_bytes(), &mut self.written);
        }
    }

    /// Writes a value that is not empty as it is shown.
    fn shown(&mut self, field: u32, value: &impl Display) {
        self.text.clear();
        write!(self.text, "{value}").expect("a text takes whatever there is room for");
        bytes(field, self.text.as_bytes(), &mut self.written);
    }

    fn ranges(&mut self, field: u32, ranges: impl Iterator<Item = proto::Range>) {
        for range in ranges {
            self.message(field, &range);
        }
    }

    fn paragraphs(&mut self, field: u32, neighbours: &[Neighbour]) {
        for neighbour in neighbours {
            self.message(field, &paragraph(neighbour.clone()));
        }
    }

    fn message(&mut self, field: u32, message: &impl prost::Message) {
        key(field, Form::Bytes, &mut self.written);
        message.encode_length_delimited(&mut self.written).expect("a vector takes whatever there is room for");
    }
}

fn bytes(field: u32, bytes: &[u8], written: &mut Vec<u8>) {
    key(field, Form::Bytes, written);
    delimited(bytes, written);
}

fn delimited(bytes: &[u8], written: &mut Vec<u8>) {
    varint(bytes.len() as u64, written);
    written.extend_from_slice(bytes);
}

fn key(field: u32, form: Form, written: &mut Vec<u8>) {
    varint(u64::from(field << 3 | form as u32), written);
}

/// Seven bits a byte, the lowest first, and a bit that says whether more come.
fn varint(mut number: u64, written: &mut Vec<u8>) {
    while number >= 0x80 {
        written.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    written.push(number.to_le_bytes()[0]);
}

/// Hits as a batch without a token. For the benchmark alone.
pub fn written(hits: &[Hit]) -> Bytes {
    Batch::of(hits, Unit::Utf8Byte).ended("")
}

/// Writes that a document is gone.
pub(crate) fn removed(removed: Removed) -> proto::Removed {
    let Removed { id, sequence, removed_sequence: _, at: _ } = removed;
    proto::Removed { document_id: id.to_string(), sequence }
}

/// Writes a paragraph.
pub(super) fn paragraph(neighbour: Neighbour) -> proto::Paragraph {
    let Neighbour { id, paragraph: Paragraph { text, heading_path, source_ranges } } = neighbour;
    proto::Paragraph {
        paragraph_id: id.to_string(),
        ordinal: id.ordinal,
        text,
        heading_path: headings(&heading_path),
        source_ranges: source_ranges.into_iter().map(range).collect(),
    }
}

/// Writes a heading path.
pub(super) fn headings(path: &[Arc<str>]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}

/// Writes a range.
pub(super) fn range(range: Range<u32>) -> proto::Range {
    proto::Range { start: range.start, end: range.end }
}

#[cfg(test)]
mod tests;
