//! Counting: exact totals, and by the values of documents.
//!
//! All paragraphs of a document have its values, so the matches of one document are counted first and its values are
//! looked up once.

use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, SegmentReader};

use crate::engine::{
    Counts, FacetField, ReadError, Tally,
    tantivy::{
        columns::{Columns, Ends, SegmentColumns},
        facets::{FacetCounter, SegmentFacet},
        heed::Stop,
        matching::Matching,
        record::read_error,
        segments::Segments,
    },
};

/// Counts paragraphs.
pub(super) fn count(
    matching: &Matching,
    facets: &[FacetField],
    segments: &Segments,
    columns: &SegmentColumns,
    stop: &Stop,
) -> Result<Counts, ReadError> {
    let mut total = Tally::default();
    let mut counters: Vec<_> = facets.iter().map(|&field| FacetCounter::new(field)).collect();
    for (segment, columns) in segments.readers().iter().zip(columns.iter()) {
        let facets = counters.iter().map(|counter| counter.in_segment(segment)).collect::<Result<_, _>>()?;
        let mut counting = Counting { columns, facets, total, record: 0, ends: Ends::default(), paragraphs: 0 };
        counting.segment(matching, segment, stop)?;
        total = counting.total;
        for (counter, facet) in counters.iter_mut().zip(counting.facets) {
            counter.add(facet, stop)?;
        }
    }
    Ok(Counts { total, facets: counters.into_iter().map(FacetCounter::finish).collect() })
}

/// The count in one segment.
struct Counting<'a> {
    columns: &'a Columns,
    facets: Vec<SegmentFacet>,
    total: Tally,
    /// The record of the document that is counted now.
    record: DocId,
    ends: Ends,
    /// Its matches so far.
    paragraphs: u64,
}

impl Counting<'_> {
    fn segment(&mut self, matching: &Matching, segment: &SegmentReader, stop: &Stop) -> Result<(), ReadError> {
        let (mut scorer, mut judge) = matching.in_segment(segment)?;
        let mut found = [0; COLLECT_BLOCK_BUFFER_LEN];
        loop {
            let number = scorer.fill_buffer(&mut found);
            // Behind it: what ended may have ended on `stop`.
            stop.check().map_err(read_error)?;
            for &paragraph in &found[..number] {
                if !segment.is_deleted(paragraph) && judge.accepts(paragraph)? {
                    self.paragraph(paragraph);
                }
            }
            if number < found.len() {
                self.close_document();
                return Ok(());
            }
        }
    }

    fn paragraph(&mut self, paragraph: DocId) {
        if paragraph >= self.ends.end {
            self.close_document();
            // Where a paragraph stands second behind the end of a document, what stands first is its record.
            let next = self.ends.end;
            self.record = if paragraph == next + 1 { next } else { self.columns.record_of(paragraph) };
            self.ends = self.columns.next_end(self.ends, self.record);
        }
        self.paragraphs += 1;
    }

    fn close_document(&mut self) {
        let paragraphs = std::mem::take(&mut self.paragraphs);
        if paragraphs > 0 {
            self.total.paragraphs += paragraphs;
            self.total.documents += 1;
            for facet in &mut self.facets {
                facet.document(self.record, paragraphs, self.columns);
            }
        }
    }
}
