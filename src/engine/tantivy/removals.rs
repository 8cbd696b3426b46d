//! Tombstones, and whether what they stand for matched.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use tantivy::{
    DocAddress, DocSet as _, SegmentReader, TERMINATED,
    query::{Scorer, TermQuery},
    schema::IndexRecordOption,
};

use crate::{
    document::DocumentId,
    engine::{
        Given, ReadError, Removals, Removed, Walk as _,
        tantivy::{
            columns::SegmentColumns,
            matching::{Judge, Matching},
            record::{TombstoneEntry, read_error},
            schema::{Fields, Kind},
            segments::Segments,
            stores::Stores,
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
    matching: Option<Matching>,
    segments: Segments,
    columns: SegmentColumns,
    stores: Stores,
    fields: Fields,
    /// Of the segments in which a removed version was looked for.
    scorers: HashMap<u32, Asked>,
}

/// A scorer, who decides about what it finds, and the entry that both were last sent to: they go forward only.
struct Asked {
    scorer: Box<dyn Scorer>,
    judge: Judge,
    from: u32,
}

impl Tombstones {
    pub(super) fn new(
        entries: Merge,
        matching: Option<Matching>,
        segments: &Segments,
        columns: &SegmentColumns,
        stores: &Stores,
        fields: &Fields,
    ) -> Self {
        let (segments, columns, stores, fields) = (segments.clone(), columns.clone(), stores.clone(), fields.clone());
        Self { entries, matching, segments, columns, stores, fields, scorers: HashMap::new() }
    }

    /// Whether a version matched, as far as its entries are still there: they are until their segments are merged.
    fn may_have_matched(&mut self, id: &DocumentId, sequence: u64) -> Result<bool, ReadError> {
        let Some(matching) = &self.matching else { return Ok(true) };
        let Some((segment, record)) = self.find(id, sequence)? else { return Ok(true) };
        let asked = self.scorers.remove(&segment).filter(|asked| asked.from <= record);
        let mut asked = match asked {
            Some(asked) => asked,
            None => Asked::new(matching, self.segments.at(segment))?,
        };
        let matched = asked.finds(record, self.columns.at(segment).end_of(record))?;
        self.scorers.insert(segment, asked);
        Ok(matched)
    }

    /// Where the record of a version that is gone still is.
    fn find(&self, id: &DocumentId, sequence: u64) -> Result<Option<(u32, u32)>, ReadError> {
        let term = self.fields.document_term(id);
        for (segment, reader) in (0..).zip(self.segments.readers()) {
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

impl Asked {
    fn new(matching: &Matching, segment: &SegmentReader) -> Result<Self, ReadError> {
        let (scorer, judge) = matching.in_segment(segment)?;
        Ok(Self { scorer, judge, from: 0 })
    }

    /// Whether one of these entries matched.
    fn finds(&mut self, first: u32, end: u32) -> Result<bool, ReadError> {
        self.from = end;
        if self.scorer.doc() < first {
            self.scorer.seek(first);
        }
        while self.scorer.doc() < end {
            if self.judge.accepts(self.scorer.doc())? {
                return Ok(true);
            }
            self.scorer.advance();
        }
        Ok(false)
    }
}

impl Removals for Tombstones {
    fn next(&mut self, count: usize, given: Given, stop: &Arc<AtomicBool>) -> Result<Vec<Removed>, ReadError> {
        let Given { up_to, whatever_up_to } = given;
        let mut found = Vec::new();
        while found.len() < count {
            let Some((position, address)) = self.entries.next(1, stop)?.pop() else { break };
            let address = DocAddress::new(address.segment, address.document);
            let TombstoneEntry { id, removed_sequence, removed_at: at, sequence: _ } =
                self.stores.fetch(address, self.fields.tombstone)?;
            if removed_sequence <= whatever_up_to
                || removed_sequence <= up_to && self.may_have_matched(&id, removed_sequence)?
            {
                found.push(Removed { id, sequence: position.sequence(), removed_sequence, at });
            }
        }
        Ok(found)
    }
}

fn read_error_of_io(error: std::io::Error) -> ReadError {
    read_error(error.into())
}
