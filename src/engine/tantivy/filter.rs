//! From a filter to a query over records, and to the paragraphs of what it selects.

use std::ops::Bound;

use tantivy::{
    Searcher, SegmentReader, Term as IndexTerm,
    query::{BooleanQuery, EnableScoring, Occur, Query, RangeQuery, TermQuery, Weight},
    schema::IndexRecordOption,
};

use crate::{
    engine::{
        ReadError,
        tantivy::{
            columns::Columns,
            compile::Compiler,
            documents::Paragraphs,
            excluded::Excluded,
            probe::Probe,
            record::read_error,
            schema::{Fields, Kind},
        },
    },
    query::{Days, Filter, MetadataKey},
};

/// How many entries are looked at to guess how much a filter lets through.
const SAMPLED_ENTRIES: u32 = 256;

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// What a filter selects in a snapshot.
pub(super) struct Selection {
    records: Box<dyn Weight>,
    share: f32,
}

impl Selection {
    /// `None` for a filter without conditions, which selects everything.
    pub(super) fn new(filter: &Filter, compiler: Compiler<'_>, searcher: &Searcher) -> Result<Option<Self>, ReadError> {
        if filter.is_empty() {
            return Ok(None);
        }
        let unscored = EnableScoring::disabled_from_searcher(searcher);
        let records = records(filter, compiler.fields).weight(unscored).map_err(read_error)?;
        let share = share(records.as_ref(), compiler, searcher).map_err(read_error)?;
        Ok(Some(Self { records, share }))
    }

    /// Roughly the share of entries that belong to selected documents.
    pub(super) fn share(&self) -> f32 {
        self.share
    }

    /// The paragraphs of selected documents in a segment.
    pub(super) fn paragraphs(&self, segment: &SegmentReader, columns: &Columns) -> Result<Paragraphs, ReadError> {
        let records = self.records.scorer(segment, 1.0).map_err(read_error)?;
        Ok(Paragraphs::new(records, columns.clone(), segment.max_doc()))
    }
}

/// The share of selected ones among entries taken at equal distances.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn share(records: &dyn Weight, compiler: Compiler<'_>, searcher: &Searcher) -> tantivy::Result<f32> {
    let entries: u32 = searcher.segment_readers().iter().map(SegmentReader::max_doc).sum();
    let distance = (entries / SAMPLED_ENTRIES).max(1);
    let (mut looked_at, mut selected) = (0_u32, 0_u32);
    for (segment, columns) in searcher.segment_readers().iter().zip(compiler.columns.iter()) {
        let mut records = Probe::new(records.scorer(segment, 1.0)?);
        for entry in (0..segment.max_doc()).step_by(distance as usize) {
            looked_at += 1;
            selected += u32::from(records.matches(columns.record_of(entry)));
        }
    }
    Ok(selected as f32 / looked_at.max(1) as f32)
}

/// The query that matches the records of the documents that a filter lets through.
pub(super) fn records(filter: &Filter, fields: &Fields) -> Box<dyn Query> {
    let Filter { published_from: _, published_to: _, labels, document_ids, none_of, .. } = filter;
    let mut clauses = Clauses::new();
    for (key, values) in filter.one_of() {
        clauses.push((Occur::Must, any_of(values.iter().map(|value| fields.metadata_term(key, value)))));
    }
    for label in labels {
        clauses.push((Occur::Must, any_of([fields.metadata_term(MetadataKey::Label, label)])));
    }
    if let Some(days) = filter.published() {
        clauses.push((Occur::Must, published(days, fields)));
    }
    if !document_ids.is_empty() {
        let ids = document_ids.iter().map(|id| IndexTerm::from_field_text(fields.document, id));
        clauses.push((Occur::Must, any_of(ids)));
    }
    // All other conditions are on what records alone have.
    if clauses.is_empty() || !document_ids.is_empty() {
        clauses.push((Occur::Must, every_record(fields)));
    }
    if let Some(excluded) = none_of {
        clauses.push((Occur::MustNot, Box::new(Excluded(records(excluded, fields)))));
    }
    all_of(clauses)
}

fn every_record(fields: &Fields) -> Box<dyn Query> {
    any_of([fields.kind_term(Kind::Record)])
}

/// The records of documents that were published, or may have been, on one of these days.
fn published(days: Days, fields: &Fields) -> Box<dyn Query> {
    let bound = |date| Bound::Included(fields.published_term(date));
    let (first, last) = (days.first(), days.last());
    let mut queries: Vec<Box<dyn Query>> = vec![Box::new(RangeQuery::new(bound(first), bound(last)))];
    // Dates without a day, or without a month, come before the days that they stand for.
    for date in days.begun().into_iter().filter(|&date| date < first && days.meet(date)) {
        queries.push(any_of([fields.published_term(date)]));
    }
    union(queries)
}

fn any_of(terms: impl IntoIterator<Item = IndexTerm>) -> Box<dyn Query> {
    let query = |term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
    union(terms.into_iter().map(query).collect())
}

fn union(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if queries.len() == 1 { queries.swap_remove(0) } else { Box::new(BooleanQuery::union(queries)) }
}

fn all_of(mut clauses: Clauses) -> Box<dyn Query> {
    if clauses.len() == 1 { clauses.swap_remove(0).1 } else { Box::new(BooleanQuery::new(clauses)) }
}
