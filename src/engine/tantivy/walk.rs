//! Every match in order of position: a merge over segments, each of which is sorted by it.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, atomic::AtomicBool},
};

use tantivy::{DocId, DocSet, SegmentReader, TERMINATED, query::Scorer};

use crate::engine::{
    Address, Position, ReadError, Walk,
    tantivy::{
        columns::{Columns, SegmentColumns},
        heed::Stop,
        matching::{Judge, Matching},
        record::read_error,
        segments::Segments,
    },
};

/// The merge.
pub(super) struct Merge {
    segments: Vec<Segment>,
    /// The next position of every segment that is not at its end, with the segment's index. What is found there is not
    /// decided about yet.
    heads: BinaryHeap<Reverse<(Position, usize)>>,
    /// What its scorers look at.
    stop: Stop,
    /// Whether they have seen it set: what they passed over then is lost.
    is_stopped: bool,
}

/// What is found in one segment.
struct Segment {
    ordinal: u32,
    reader: SegmentReader,
    scorer: Box<dyn Scorer>,
    judge: Judge,
    columns: Columns,
}

impl Merge {
    pub(super) fn new(
        segments: &Segments,
        columns: &SegmentColumns,
        matching: &Matching,
        after: Option<Position>,
        stop: Stop,
    ) -> Result<Self, ReadError> {
        let mut merge = Self { segments: Vec::new(), heads: BinaryHeap::new(), stop, is_stopped: false };
        for ((ordinal, reader), columns) in (0..).zip(segments.readers()).zip(columns.iter()) {
            // Sorted: what was committed since is in few segments, which are all that is looked at.
            if after.is_some_and(|after| last_position(reader, columns) <= after) {
                continue;
            }
            let (scorer, judge) = matching.in_segment(reader)?;
            let mut segment = Segment { ordinal, reader: reader.clone(), scorer, judge, columns: columns.clone() };
            if let Some(head) = segment.begin(after) {
                merge.heads.push(Reverse((head, merge.segments.len())));
            }
            merge.segments.push(segment);
        }
        merge.stop.check().map_err(read_error)?;
        Ok(merge)
    }

    fn check(&mut self) -> Result<(), ReadError> {
        self.is_stopped |= self.stop.is_set();
        if self.is_stopped { Err(ReadError::Stopped) } else { Ok(()) }
    }
}

impl Walk for Merge {
    fn next(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<(Position, Address)>, ReadError> {
        self.stop.follow(stop);
        let mut found = Vec::new();
        while found.len() < count {
            self.check()?;
            let Some(Reverse((position, index))) = self.heads.pop() else { break };
            let segment = &mut self.segments[index];
            if segment.judge.accepts(segment.scorer.doc())? {
                found.push((position, segment.address()));
            }
            if let Some(head) = segment.advance() {
                self.heads.push(Reverse((head, index)));
            }
        }
        // What ended may have ended on `stop`.
        self.check()?;
        Ok(found)
    }
}

/// The position of the last entry of a segment, which has at least one.
fn last_position(reader: &SegmentReader, columns: &Columns) -> Position {
    columns.position(reader.max_doc().saturating_sub(1))
}

impl Segment {
    fn address(&self) -> Address {
        Address { segment: self.ordinal, document: self.scorer.doc() }
    }

    /// Goes to what is found first after a position.
    fn begin(&mut self, after: Option<Position>) -> Option<Position> {
        if let Some(after) = after {
            let target = self.first_after(after);
            if self.scorer.doc() < target {
                self.scorer.seek(target);
            }
        }
        self.skip_deleted()
    }

    fn advance(&mut self) -> Option<Position> {
        self.scorer.advance();
        self.skip_deleted()
    }

    fn skip_deleted(&mut self) -> Option<Position> {
        while self.scorer.doc() != TERMINATED && self.reader.is_deleted(self.scorer.doc()) {
            self.scorer.advance();
        }
        (self.scorer.doc() != TERMINATED).then(|| self.position(self.scorer.doc()))
    }

    /// The first entry behind a position, by bisection.
    fn first_after(&self, after: Position) -> DocId {
        let (mut low, mut high) = (0, self.reader.max_doc());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.position(middle) <= after {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low == self.reader.max_doc() { TERMINATED } else { low }
    }

    fn position(&self, document: DocId) -> Position {
        self.columns.position(document)
    }
}
