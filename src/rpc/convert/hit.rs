//! Hits and paragraphs, on their way out.

use std::ops::Range;

use crate::{
    document::{Metadata, Paragraph},
    rpc::proto,
    search::{Hit, Neighbour},
};

/// Writes a hit.
pub(crate) fn hit(hit: Hit) -> proto::Hit {
    let Hit { rank, score, id, paragraph, document, before, after } = hit;
    let Paragraph { text, heading_path, source_ranges } = paragraph;
    let Metadata { title, source, agency, publish_date, .. } = &document.metadata;
    proto::Hit {
        rank,
        score,
        paragraph_id: id.to_string(),
        ordinal: id.ordinal,
        document_id: id.document.into(),
        text,
        heading_path,
        title: title.clone(),
        source: source.clone(),
        agency: agency.clone(),
        publish_date: publish_date.map_or_else(String::new, |date| date.to_string()),
        highlights: Vec::new(),
        source_ranges: source_ranges.into_iter().map(range).collect(),
        context_before: before.into_iter().map(self::paragraph).collect(),
        context_after: after.into_iter().map(self::paragraph).collect(),
        folded_count: 0,
        sequence: document.version.sequence,
    }
}

/// Writes a paragraph.
pub(super) fn paragraph(neighbour: Neighbour) -> proto::Paragraph {
    let Neighbour { id, paragraph: Paragraph { text, heading_path, source_ranges } } = neighbour;
    proto::Paragraph {
        paragraph_id: id.to_string(),
        ordinal: id.ordinal,
        text,
        heading_path,
        source_ranges: source_ranges.into_iter().map(range).collect(),
    }
}

/// Writes a range.
pub(super) fn range(range: Range<u32>) -> proto::Range {
    proto::Range { start: range.start, end: range.end }
}
