//! Records by the date of publishing, looked up one by one.
//!
//! To ask about a record costs one look at a column, however many dates the days span; to find the next one means to
//! go from record to record. Postings of dates are the other way round: see [`super::filter::Dates`].

use std::fmt;

use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError,
    query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

use crate::{
    engine::tantivy::columns::{Columns, SegmentColumns},
    query::Days,
};

/// Matches the records of documents that were published, or may have been, on one of these days.
#[derive(Clone)]
pub(super) struct PublishedOn {
    pub(super) days: Days,
    pub(super) columns: SegmentColumns,
}

/// The records, in order.
struct Records {
    days: Days,
    columns: Columns,
    entries: DocId,
    /// The one that it stands at, or the end.
    record: DocId,
}

impl fmt::Debug for PublishedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishedOn").field("days", &self.days).finish_non_exhaustive()
    }
}

impl Query for PublishedOn {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for PublishedOn {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut records = self.records(segment)?;
        records.go_to(0);
        Ok(Box::new(ConstScorer::new(records, boost)))
    }

    /// Without a look for the first match, which may be as far away as there are records.
    fn scorer_danger(
        &self,
        segment: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        let mut records = self.records(segment)?;
        let found = records.seek_danger(target);
        Ok((found, Box::new(ConstScorer::new(records, boost))))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("a condition has no score".to_owned()))
    }
}

impl PublishedOn {
    /// Not yet at a match.
    fn records(&self, segment: &SegmentReader) -> tantivy::Result<Records> {
        let columns = self.columns.of(segment)?.clone();
        Ok(Records { days: self.days, columns, entries: segment.max_doc(), record: 0 })
    }
}

impl Records {
    fn matches(&self, entry: DocId) -> bool {
        self.columns.position(entry).slot() == 0 && self.days.meet(self.columns.date(entry))
    }

    /// Goes to the first match from an entry on.
    fn go_to(&mut self, mut entry: DocId) -> DocId {
        while entry < self.entries && !self.matches(entry) {
            entry = self.columns.end_of(self.columns.record_of(entry));
        }
        self.record = if entry < self.entries { entry } else { TERMINATED };
        self.record
    }
}

impl DocSet for Records {
    fn advance(&mut self) -> DocId {
        if self.record == TERMINATED { TERMINATED } else { self.go_to(self.columns.end_of(self.record)) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.record { self.record } else { self.go_to(target) }
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target >= self.entries {
            SeekDangerResult::SeekLowerBound(TERMINATED)
        } else if self.matches(target) {
            self.record = target;
            SeekDangerResult::Found
        } else {
            SeekDangerResult::SeekLowerBound(target + 1)
        }
    }

    fn doc(&self) -> DocId {
        self.record
    }

    /// As if every record matched, so that others lead.
    fn size_hint(&self) -> u32 {
        self.entries / self.columns.paragraphs_per_document()
    }
}
