//! Tombstones, and whether what they stand for matched.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocAddress, DocSet as _, Searcher, TERMINATED,
    query::{Scorer, TermQuery, Weight},
    schema::IndexRecordOption,
};

use crate::{
    document::DocumentId,
    engine::{
        ReadError, Removals, Removed, Walk as _,
        tantivy::{
            columns::SegmentColumns,
            record::{TombstoneEntry, fetch, read_error},
            schema::{Fields, Kind},
            walk::Merge,
        },
    },
};

/// The query that matches all tombstones.
pub(super) fn every_tombstone(fields: &Fields) -> TermQuery {
    TermQuery::new(fields.kind_term(Kind::Tombstone), IndexRecordOption::Basic)
}

/// Tombstones in order of position.
pub(super) struct Tombstones {
    entries: Merge,
    /// What the removed versions have to have matched; `None` for everything.
    matching: Option<Box<dyn Weight>>,
    searcher: Searcher,
    columns: SegmentColumns,
    fields: Fields,
    /// Of the segments in which a removed version was looked for.
    scorers: HashMap<u32, Asked>,
}

/// A scorer, and the entry that it was last sent to: it goes forward only.
struct Asked {
    scorer: Box<dyn Scorer>,
    from: u32,
}

impl Tombstones {
    pub(super) fn new(
        entries: Merge,
        matching: Option<Box<dyn Weight>>,
        searcher: &Searcher,
        columns: &SegmentColumns,
        fields: &Fields,
    ) -> Self {
        let (searcher, columns, fields) = (searcher.clone(), columns.clone(), fields.clone());
        Self { entries, matching, searcher, columns, fields, scorers: HashMap::new() }
    }

    /// Whether a version matched, as far as its entries are still there: they are until their segments are merged.
    fn may_have_matched(&mut self, id: &DocumentId, sequence: u64) -> Result<bool, ReadError> {
        let Some(matching) = &self.matching else { return Ok(true) };
        let Some((segment, record)) = self.find(id, sequence)? else { return Ok(true) };
        let reader = self.searcher.segment_reader(segment);
        let asked = match self.scorers.remove(&segment) {
            Some(asked) if asked.from <= record => Some(asked),
            _ => None,
        };
        let mut asked = match asked {
            Some(asked) => asked,
            None => Asked { scorer: matching.scorer(reader, 1.0).map_err(read_error)?, from: 0 },
        };
        if asked.scorer.doc() < record {
            asked.scorer.seek(record);
        }
        asked.from = record;
        let matched = asked.scorer.doc() < self.columns.at(segment).end_of(record);
        self.scorers.insert(segment, asked);
        Ok(matched)
    }

    /// Where the record of a version that is gone still is.
    fn find(&self, id: &DocumentId, sequence: u64) -> Result<Option<(u32, u32)>, ReadError> {
        let term = self.fields.document_term(id);
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let index = reader.inverted_index(term.field()).map_err(read_error)?;
            let postings = index.read_postings(&term, IndexRecordOption::Basic).map_err(read_error_of_io)?;
            let Some(mut postings) = postings else { continue };
            let columns = self.columns.at(segment);
            while postings.doc() != TERMINATED {
                let entry = postings.doc();
                if columns.position(entry).sequence() == sequence {
                    return Ok(Some((segment, columns.record_of(entry))));
                }
                postings.advance();
            }
        }
        Ok(None)
    }
}

impl Removals for Tombstones {
    fn next(&mut self, count: usize, seen: u64, stop: &AtomicBool) -> Result<Vec<Removed>, ReadError> {
        let mut found = Vec::new();
        while found.len() < count {
            if stop.load(Relaxed) {
                return Err(ReadError::Stopped);
            }
            let Some((position, address)) = self.entries.next(1, stop)?.pop() else { break };
            let address = DocAddress::new(address.segment, address.document);
            let TombstoneEntry { id, removed_sequence, removed_at: _ } =
                fetch(&self.searcher, address, self.fields.stored)?;
            if removed_sequence <= seen && self.may_have_matched(&id, removed_sequence)? {
                found.push(Removed { id, sequence: position.sequence(), removed_sequence });
            }
        }
        Ok(found)
    }
}

fn read_error_of_io(error: std::io::Error) -> ReadError {
    read_error(error.into())
}
