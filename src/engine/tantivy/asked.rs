//! Conditions on documents, asked about one paragraph after the other.
//!
//! A paragraph has the date of its document, and each other condition is a look at the postings of records. To bring
//! conditions together in one query would be to look for the next record that meets all of them, which may be as far
//! away as there are records: see [`super::filter`] for that.

use tantivy::{
    DocId, SegmentReader,
    query::{EnableScoring, Weight},
};

use crate::{
    engine::tantivy::{columns::Columns, filter::listed, probe::Probe, schema::Fields},
    query::{Days, Filter},
};

/// What a filter asks for, ready for any segment.
pub(super) struct Conditions {
    days: Option<Days>,
    /// Each of them has to match the record of a document.
    records: Vec<Box<dyn Weight>>,
    none_of: Vec<Self>,
}

/// The same in one segment.
pub(super) struct Asked {
    days: Option<Days>,
    records: Vec<Probe>,
    none_of: Vec<Self>,
}

/// The paragraphs of a segment whose documents meet conditions.
pub(super) struct Selected {
    asked: Asked,
    columns: Columns,
    /// Behind the entries of the document that was asked about last.
    end: DocId,
    /// Whether it meets the conditions.
    is_met: bool,
}

impl Conditions {
    pub(super) fn new(filter: &Filter, fields: &Fields, unscored: EnableScoring<'_>) -> tantivy::Result<Self> {
        let records = listed(filter, fields).into_iter().map(|records| records.weight(unscored));
        let none_of = filter.none_of.iter().map(|excluded| Self::new(excluded, fields, unscored));
        Ok(Self {
            days: filter.published(),
            records: records.collect::<tantivy::Result<_>>()?,
            none_of: none_of.collect::<tantivy::Result<_>>()?,
        })
    }

    pub(super) fn asked(&self, segment: &SegmentReader) -> tantivy::Result<Asked> {
        // Without a look for the first match.
        let scorers = self.records.iter().map(|records| records.scorer_danger(segment, 0, 1.0));
        let probes = scorers.map(|scorer| scorer.map(|(found, scorer)| Probe::at(0, found, scorer)));
        Ok(Asked {
            days: self.days,
            records: probes.collect::<tantivy::Result<_>>()?,
            none_of: self.none_of.iter().map(|excluded| excluded.asked(segment)).collect::<tantivy::Result<_>>()?,
        })
    }
}

impl Asked {
    /// Whether a document meets them, by its record and the date of its publishing. Records are to be asked about in
    /// ascending order.
    pub(super) fn are_met(&mut self, record: DocId, date: u32) -> bool {
        self.may_be_met(date)
            && self.records.iter_mut().all(|records| records.matches(record))
            && !self.none_of.iter_mut().any(|excluded| excluded.are_met(record, date))
    }

    /// Whether a document of that date can meet them.
    fn may_be_met(&self, date: u32) -> bool {
        self.days.is_none_or(|days| days.meet(date))
    }

    /// Whether the date says all.
    fn are_on_dates_alone(&self) -> bool {
        self.records.is_empty() && self.none_of.iter().all(Self::are_on_dates_alone)
    }
}

impl Selected {
    pub(super) fn new(asked: Asked, columns: Columns) -> Self {
        Self { asked, columns, end: 0, is_met: false }
    }

    /// Whether a paragraph that can be found is one of them. To be asked in ascending order.
    pub(super) fn contains(&mut self, paragraph: DocId) -> bool {
        let date = self.columns.date(paragraph);
        if !self.asked.may_be_met(date) {
            return false;
        }
        if paragraph >= self.end {
            if self.asked.are_on_dates_alone() {
                return self.asked.are_met(paragraph, date);
            }
            let record = self.columns.record_of(paragraph);
            self.is_met = self.asked.are_met(record, date);
            self.end = self.columns.end_of(record);
        }
        self.is_met
    }
}
