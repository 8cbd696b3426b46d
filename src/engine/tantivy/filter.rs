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
            published::PublishedOn,
            record::read_error,
            schema::{Fields, Kind},
        },
    },
    query::{Days, Filter, MetadataKey},
};

/// How many entries are looked at to guess how much a filter lets through.
const SAMPLED_ENTRIES: u32 = 256;

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// The share of entries below which a filter leads and its paragraphs are scored one by one. Tests have few entries,
/// with which both ways have to be gone.
const LEADING_SHARE: f32 = if cfg!(test) { 0.4 } else { 0.01 };

/// What a filter selects in a snapshot.
pub(super) struct Selection {
    records: Box<dyn Weight>,
    leads: bool,
}

impl Selection {
    /// `None` for a filter without conditions, which selects everything.
    pub(super) fn new(filter: &Filter, compiler: Compiler<'_>, searcher: &Searcher) -> Result<Option<Self>, ReadError> {
        if filter.is_empty() {
            return Ok(None);
        }
        let unscored = EnableScoring::disabled_from_searcher(searcher);
        let weight = |dates| records(filter, dates, compiler).weight(unscored).map_err(read_error);
        let asked = weight(Dates::LookedUp)?;
        let leads = share(asked.as_ref(), compiler, searcher).map_err(read_error)? < LEADING_SHARE;
        Ok(Some(Self { records: if leads { weight(Dates::Listed)? } else { asked }, leads }))
    }

    /// Whether it is so little that to score each of its paragraphs costs less than to look for the best matches.
    pub(super) fn leads(&self) -> bool {
        self.leads
    }

    /// The paragraphs of selected documents in a segment: to be walked through if it leads, else only to be asked.
    pub(super) fn paragraphs(&self, segment: &SegmentReader, columns: &Columns) -> Result<Paragraphs, ReadError> {
        if self.leads {
            let records = self.records.scorer(segment, 1.0).map_err(read_error)?;
            return Ok(Paragraphs::new(records, columns.clone(), segment.max_doc()));
        }
        let records = asked(self.records.as_ref(), segment).map_err(read_error)?;
        Ok(Paragraphs::asked(records, columns.clone(), segment.max_doc()))
    }
}

/// Records that are asked about from the first on, without a look for the first one that matches.
fn asked(records: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<Probe> {
    let (found, scorer) = records.scorer_danger(segment, 0, 1.0)?;
    Ok(Probe::at(0, found, scorer))
}

/// The share of selected ones among entries taken at equal distances.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn share(records: &dyn Weight, compiler: Compiler<'_>, searcher: &Searcher) -> tantivy::Result<f32> {
    let entries: u32 = searcher.segment_readers().iter().map(SegmentReader::max_doc).sum();
    let distance = (entries / SAMPLED_ENTRIES).max(1);
    let (mut looked_at, mut selected) = (0_u32, 0_u32);
    for (segment, columns) in searcher.segment_readers().iter().zip(compiler.columns.iter()) {
        let mut records = asked(records, segment)?;
        for entry in (0..segment.max_doc()).step_by(distance as usize) {
            looked_at += 1;
            selected += u32::from(records.matches(columns.record_of(entry)));
        }
    }
    Ok(selected as f32 / looked_at.max(1) as f32)
}

/// How records are found by the days of their publishing.
#[derive(Clone, Copy)]
pub(super) enum Dates {
    /// By postings: all of them at once, for a filter that leads. Costs a little for each date that there is.
    Listed,
    /// By a column: one by one, for a filter that is asked about what others find.
    LookedUp,
}

/// The query that matches the records of the documents that a filter lets through.
pub(super) fn records(filter: &Filter, dates: Dates, compiler: Compiler<'_>) -> Box<dyn Query> {
    let fields = compiler.fields;
    let Filter { published_from: _, published_to: _, labels, document_ids, none_of, .. } = filter;
    let mut clauses = Clauses::new();
    for (key, values) in filter.one_of() {
        clauses.push((Occur::Must, any_of(values.iter().map(|value| fields.metadata_term(key, value)))));
    }
    for label in labels {
        clauses.push((Occur::Must, any_of([fields.metadata_term(MetadataKey::Label, label)])));
    }
    if let Some(days) = filter.published() {
        let query = match dates {
            Dates::Listed => published(days, fields),
            Dates::LookedUp => Box::new(PublishedOn { days, columns: compiler.columns.clone() }),
        };
        clauses.push((Occur::Must, query));
    }
    if !document_ids.is_empty() {
        let ids = document_ids.iter().map(|id| IndexTerm::from_field_text(fields.document, id));
        clauses.push((Occur::Must, any_of(ids)));
    }
    // All other conditions are on what records alone have.
    if clauses.is_empty() || !document_ids.is_empty() {
        clauses.push((Occur::Must, every_record(fields)));
    }
    for excluded in none_of {
        clauses.push((Occur::MustNot, Box::new(Excluded(records(excluded, dates, compiler)))));
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
