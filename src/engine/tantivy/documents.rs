//! Conditions on documents, as matches of their paragraphs.
//!
//! What is known about a document is indexed once, with its record. The entries of a document are neighbours, its
//! record first: a record that matches stands for the paragraphs behind it.

use std::fmt;

use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term,
    query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

use crate::engine::tantivy::{
    columns::{Columns, SegmentColumns},
    probe::Probe,
};

/// Matches the paragraphs that can be found of the documents whose records a query matches, all with one score.
pub(super) struct ParagraphsOf {
    records: Box<dyn Query>,
    columns: SegmentColumns,
    score: Score,
}

struct ParagraphsWeight {
    records: Box<dyn Weight>,
    columns: SegmentColumns,
    score: Score,
}

/// The paragraphs, in order.
pub(super) struct Paragraphs {
    records: Probe,
    columns: Columns,
    entries: DocId,
    /// The paragraph that it stands at, or the end.
    paragraph: DocId,
    /// Behind the entries of the document met last.
    end: DocId,
}

impl ParagraphsOf {
    /// `records` may match other entries than records too, if these never stand before what they are neighbours of.
    pub(super) fn new(records: Box<dyn Query>, columns: SegmentColumns, score: Score) -> Self {
        Self { records, columns, score }
    }
}

impl Clone for ParagraphsOf {
    fn clone(&self) -> Self {
        Self { records: self.records.box_clone(), columns: self.columns.clone(), score: self.score }
    }
}

impl fmt::Debug for ParagraphsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, columns: _, score } = self;
        f.debug_struct("ParagraphsOf").field("records", records).field("score", score).finish_non_exhaustive()
    }
}

impl Query for ParagraphsOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let unscored = EnableScoring::disabled_from_schema(scoring.schema());
        let records = self.records.weight(unscored)?;
        Ok(Box::new(ParagraphsWeight { records, columns: self.columns.clone(), score: self.score }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.records.query_terms(visitor);
    }
}

impl Weight for ParagraphsWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let records = self.records.scorer(segment, 1.0)?;
        let paragraphs = Paragraphs::new(records, self.columns.of(segment)?.clone(), segment.max_doc());
        Ok(Box::new(ConstScorer::new(paragraphs, self.score * boost)))
    }

    fn explain(&self, segment: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        if scorer.doc() > document || scorer.seek(document) != document {
            return Err(TantivyError::InvalidArgument(format!("entry `{document}` does not match")));
        }
        Ok(Explanation::new("of a document that meets the condition", scorer.score()))
    }
}

impl Paragraphs {
    /// `records` stands at its first match in a segment of so many entries.
    pub(super) fn new(records: Box<dyn Scorer>, columns: Columns, entries: DocId) -> Self {
        let mut paragraphs = Self { records: Probe::new(records), columns, entries, paragraph: 0, end: 0 };
        paragraphs.go_to(0);
        paragraphs
    }

    /// Whether an entry is a paragraph that can be found of a document that matches. To be asked in ascending order,
    /// and nothing else afterwards until the answer is yes.
    fn contains(&mut self, entry: DocId) -> bool {
        if entry < self.paragraph {
            return false;
        }
        if entry >= self.end {
            let record = self.columns.record_of(entry);
            if entry == record || !self.records.matches(record) {
                return false;
            }
            self.end = self.columns.end_of(record);
        }
        let found = self.columns.is_searchable(entry);
        if found {
            self.paragraph = entry;
        }
        found
    }

    /// Goes to the first paragraph from an entry on.
    fn go_to(&mut self, mut entry: DocId) -> DocId {
        while entry < self.entries {
            if entry >= self.end {
                let record = self.records.seek(self.columns.record_of(entry));
                if record == TERMINATED {
                    break;
                }
                self.end = self.columns.end_of(record);
                entry = entry.max(record + 1);
            }
            // A document may end with its record, or with paragraphs that cannot be found.
            while entry < self.end {
                if self.columns.is_searchable(entry) {
                    self.paragraph = entry;
                    return entry;
                }
                entry += 1;
            }
        }
        self.paragraph = TERMINATED;
        TERMINATED
    }

    /// A document that no match comes before, once an entry was found not to match.
    fn bound_after(&self, entry: DocId) -> DocId {
        match self.records.bound() {
            TERMINATED if entry >= self.end => TERMINATED,
            record if entry >= self.end => record.max(entry).saturating_add(1),
            _ => entry + 1,
        }
    }
}

impl DocSet for Paragraphs {
    fn advance(&mut self) -> DocId {
        if self.paragraph == TERMINATED { TERMINATED } else { self.go_to(self.paragraph + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.paragraph { self.paragraph } else { self.go_to(target) }
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target >= self.entries {
            SeekDangerResult::SeekLowerBound(TERMINATED)
        } else if self.contains(target) {
            SeekDangerResult::Found
        } else {
            SeekDangerResult::SeekLowerBound(self.bound_after(target))
        }
    }

    fn doc(&self) -> DocId {
        self.paragraph
    }

    fn size_hint(&self) -> u32 {
        self.records.size_hint().saturating_mul(self.columns.paragraphs_per_document())
    }

    fn cost(&self) -> u64 {
        self.records.cost() * u64::from(self.columns.paragraphs_per_document())
    }
}
