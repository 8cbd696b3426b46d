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
    /// Whether a document meets them, by its record; by any of its paragraphs if they are on dates alone. To be asked in
    /// ascending order.
    pub(super) fn are_met(&mut self, entry: DocId, columns: &Columns) -> bool {
        self.may_be_met(entry, columns)
            && self.records.iter_mut().all(|records| records.matches(entry))
            && !self.none_of.iter_mut().any(|excluded| excluded.are_met(entry, columns))
    }

    /// Whether the date of an entry's document lets it meet them.
    fn may_be_met(&self, entry: DocId, columns: &Columns) -> bool {
        self.days.is_none_or(|days| days.meet(columns.date(entry)))
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
        if paragraph < self.end {
            return self.is_met;
        }
        if self.asked.are_on_dates_alone() {
            return self.asked.are_met(paragraph, &self.columns);
        }
        // One look does where the date says no.
        if !self.asked.may_be_met(paragraph, &self.columns) {
            return false;
        }
        let record = self.columns.record_of(paragraph);
        self.is_met = self.asked.are_met(record, &self.columns);
        self.end = self.columns.end_of(record);
        self.is_met
    }
}
