//! Every match in order of position: a merge over segments, each of which is sorted by it.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    sync::{Arc, atomic::AtomicBool},
};

use tantivy::{DocId, DocSet, SegmentReader, TERMINATED, query::Scorer};

use crate::engine::{
    Address, Position, ReadError, Walk,
    tantivy::{
        columns::{Columns, SegmentColumns},
        heed::Stop,
        matching::{Judge, Matching},
        segments::Segments,
    },
};

/// The merge. A segment is open from its first entry's turn to its last match: those of an import follow each other, and
/// what a query holds open in each of them is the most of what a walk takes.
pub(super) struct Merge {
    matching: Matching,
    after: Option<Position>,
    segments: Segments,
    columns: SegmentColumns,
    /// Segments that are not open yet, and the positions of their first entries, the next one last.
    waiting: Vec<(Position, u32)>,
    /// Those that are open, by their places in the order.
    open: Vec<Option<Segment>>,
    /// The next position of each of them. What is found there is not decided about yet.
    heads: BinaryHeap<Reverse<(Position, u32)>>,
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
        matching: Matching,
        after: Option<Position>,
        stop: Stop,
    ) -> Self {
        let mut waiting = Vec::new();
        for ((ordinal, reader), columns) in (0..).zip(segments.readers()).zip(columns.iter()) {
            // Sorted: what was committed since is in few segments, which are all that is looked at.
            if after.is_none_or(|after| last_position(reader, columns) > after) {
                waiting.push((columns.position(0), ordinal));
            }
        }
        waiting.sort_unstable_by_key(|&first| Reverse(first));
        let open = segments.readers().iter().map(|_| None).collect();
        let (segments, columns) = (segments.clone(), columns.clone());
        Self { matching, after, segments, columns, waiting, open, heads: BinaryHeap::new(), stop, is_stopped: false }
    }

    /// Opens the segments that may have what comes next.
    fn open(&mut self) -> Result<(), ReadError> {
        let comes = |heads: &BinaryHeap<Reverse<(Position, u32)>>, first| {
            heads.peek().is_none_or(|Reverse((head, _))| first < *head)
        };
        while let Some((_, ordinal)) = self.waiting.pop_if(|(first, _)| comes(&self.heads, *first)) {
            let (reader, columns) = (self.segments.at(ordinal).clone(), self.columns.at(ordinal).clone());
            let (scorer, judge) = self.matching.in_segment(&reader)?;
            let mut segment = Segment { ordinal, reader, scorer, judge, columns };
            if let Some(head) = segment.begin(self.after) {
                self.heads.push(Reverse((head, ordinal)));
                self.open[ordinal as usize] = Some(segment);
            }
        }
        Ok(())
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
            self.open()?;
            let Some(mut next) = self.heads.peek_mut() else { break };
            let Reverse((position, ordinal)) = *next;
            let slot = &mut self.open[ordinal as usize];
            let segment = slot.as_mut().expect("what has a head is open");
            if segment.judge.accepts(segment.scorer.doc())? {
                found.push((position, segment.address()));
            }
            if let Some(head) = segment.advance() {
                next.0.0 = head;
            } else {
                PeekMut::pop(next);
                *slot = None;
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
