//! Hits and paragraphs, on their way out.

use std::{ops::Range, sync::Arc};

use crate::{
    document::{Metadata, Paragraph},
    rpc::{convert::unit::Unit, proto},
    search::{DocumentRecord, Hit, Neighbour, Removed},
};

/// Writes a hit, with highlights in this unit.
pub(crate) fn hit(hit: Hit, unit: Unit) -> proto::Hit {
    let Hit { rank, score, id, paragraph, highlights, document, before, after, folded_count, folded } = hit;
    let Paragraph { text, heading_path, source_ranges } = paragraph;
    let DocumentRecord { id: _, version, metadata, recognized: _, original_bytes: _ } = &*document;
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
    proto::Hit {
        rank,
        score,
        paragraph_id: id.to_string(),
        ordinal: id.ordinal,
        document_id: id.document.into(),
        highlights: unit.ranges(&text, highlights),
        text,
        heading_path: headings(&heading_path),
        title: title.clone(),
        source: source.clone(),
        agency: agency.clone(),
        publish_date: publish_date.map_or_else(String::new, |date| date.to_string()),
        source_ranges: source_ranges.into_iter().map(range).collect(),
        context_before: before.into_iter().map(self::paragraph).collect(),
        context_after: after.into_iter().map(self::paragraph).collect(),
        folded_count,
        sequence: version.sequence,
        folded_paragraph_ids: folded.iter().map(ToString::to_string).collect(),
    }
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
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::{
        document::MAX_ID_BYTES,
        rpc::limits::{
            CONTEXT_PARAGRAPHS, FIELD_BYTES, LATER_BATCH, READY_HEADING_BYTES, READY_HEADINGS, READY_PARAGRAPH_BYTES,
        },
        search::{LEADER_RANKS, MAX_HIGHLIGHTS},
    };

    /// What clients accept of one message, by default.
    const ACCEPTED_BYTES: usize = 4 << 20;

    /// The largest hit whose paragraphs have that many bytes of text.
    fn largest(text_bytes: usize) -> proto::Hit {
        let of = |bytes: usize| "a".repeat(bytes);
        let [paragraph_id, document_id] = [of(MAX_ID_BYTES + 11), of(MAX_ID_BYTES)];
        let heading_path = vec![of(READY_HEADING_BYTES / READY_HEADINGS); READY_HEADINGS];
        let neighbour = proto::Paragraph {
            paragraph_id: paragraph_id.clone(),
            ordinal: u32::MAX,
            text: of(text_bytes),
            heading_path: heading_path.clone(),
            source_ranges: Vec::new(),
        };
        let highlights = text_bytes.min(MAX_HIGHLIGHTS);
        let context = vec![neighbour; CONTEXT_PARAGRAPHS as usize];
        proto::Hit {
            rank: u32::MAX,
            score: 1.0,
            paragraph_id,
            document_id,
            ordinal: u32::MAX,
            text: of(text_bytes),
            heading_path,
            title: of(FIELD_BYTES),
            source: of(FIELD_BYTES),
            agency: of(FIELD_BYTES),
            publish_date: "2024-01-01".to_owned(),
            highlights: vec![proto::Range { start: u32::MAX >> 11, end: u32::MAX >> 11 }; highlights],
            source_ranges: Vec::new(),
            context_before: context.clone(),
            context_after: context,
            folded_count: u32::MAX,
            sequence: u64::MAX,
            folded_paragraph_ids: Vec::new(),
        }
    }

    /// All near copies of a stream may be folded into one hit.
    fn check_accepted(mut hits: Vec<proto::Hit>) {
        hits[0].folded_paragraph_ids = vec!["a".repeat(MAX_ID_BYTES + 11); LEADER_RANKS - 1];
        let bytes = proto::HitBatch { hits, resume_token: "t".repeat(256) }.encoded_len();
        assert!(bytes < ACCEPTED_BYTES * 7 / 8, "{bytes}");
    }

    #[test]
    fn a_hit_with_the_largest_paragraphs_and_all_their_context_is_accepted() {
        check_accepted(vec![largest(READY_PARAGRAPH_BYTES)]);
    }

    #[test]
    fn a_batch_of_hits_with_little_text_and_the_largest_headings_is_accepted() {
        check_accepted(vec![largest(LATER_BATCH.text_bytes / LATER_BATCH.hits / 11); LATER_BATCH.hits]);
    }
}
