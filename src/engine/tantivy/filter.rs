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
            asked::{Conditions, Selected},
            columns::Columns,
            compile::Compiler,
            documents::Paragraphs,
            excluded::Excluded,
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
    conditions: Conditions,
    /// What finds the records, if it leads.
    leading: Option<Box<dyn Weight>>,
}

impl Selection {
    /// `None` for a filter without conditions, which selects everything.
    pub(super) fn new(filter: &Filter, compiler: Compiler<'_>, searcher: &Searcher) -> Result<Option<Self>, ReadError> {
        if filter.is_empty() {
            return Ok(None);
        }
        let unscored = EnableScoring::disabled_from_searcher(searcher);
        let conditions = Conditions::new(filter, compiler.fields, unscored).map_err(read_error)?;
        let leads = share(&conditions, compiler, searcher).map_err(read_error)? < LEADING_SHARE;
        let leading = leads.then(|| records(filter, compiler.fields).weight(unscored));
        Ok(Some(Self { conditions, leading: leading.transpose().map_err(read_error)? }))
    }

    /// Whether it is so little that to score each of its paragraphs costs less than to look for the best matches.
    pub(super) fn leads(&self) -> bool {
        self.leading.is_some()
    }

    /// The paragraphs of selected documents in a segment, to be asked about.
    pub(super) fn asked(&self, segment: &SegmentReader, columns: &Columns) -> Result<Selected, ReadError> {
        let asked = self.conditions.asked(segment).map_err(read_error)?;
        Ok(Selected::new(asked, columns.clone()))
    }

    /// The same to be walked through; `None` unless it leads.
    pub(super) fn walk(&self, segment: &SegmentReader, columns: &Columns) -> Result<Option<Paragraphs>, ReadError> {
        let Some(leading) = &self.leading else { return Ok(None) };
        let records = leading.scorer(segment, 1.0).map_err(read_error)?;
        Ok(Some(Paragraphs::new(records, columns.clone(), segment.max_doc())))
    }
}

/// The share of selected ones among entries taken at equal distances.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn share(conditions: &Conditions, compiler: Compiler<'_>, searcher: &Searcher) -> tantivy::Result<f32> {
    let entries: u32 = searcher.segment_readers().iter().map(SegmentReader::max_doc).sum();
    let distance = (entries / SAMPLED_ENTRIES).max(1);
    let (mut looked_at, mut selected) = (0_u32, 0_u32);
    for (segment, columns) in searcher.segment_readers().iter().zip(compiler.columns.iter()) {
        let mut asked = conditions.asked(segment)?;
        for entry in (0..segment.max_doc()).step_by(distance as usize) {
            let record = columns.record_of(entry);
            looked_at += 1;
            selected += u32::from(asked.are_met(record, columns));
        }
    }
    Ok(selected as f32 / looked_at.max(1) as f32)
}

/// The query that matches the records of the documents that a filter lets through.
pub(super) fn records(filter: &Filter, fields: &Fields) -> Box<dyn Query> {
    let mut clauses: Clauses = listed(filter, fields).into_iter().map(|records| (Occur::Must, records)).collect();
    if let Some(days) = filter.published() {
        clauses.push((Occur::Must, published(days, fields)));
    }
    // All other conditions are on what records alone have.
    if clauses.is_empty() || !filter.document_ids.is_empty() {
        clauses.push((Occur::Must, every_record(fields)));
    }
    for excluded in &filter.none_of {
        clauses.push((Occur::MustNot, Box::new(Excluded(records(excluded, fields)))));
    }
    all_of(clauses)
}

/// What the record of a document has to match each of, as lists of the index have it: all but dates and `none_of`.
pub(super) fn listed(filter: &Filter, fields: &Fields) -> Vec<Box<dyn Query>> {
    let one_of =
        filter.one_of().map(|(key, values)| any_of(values.iter().map(|value| fields.metadata_term(key, value))));
    let labels = filter.labels.iter().map(|label| any_of([fields.metadata_term(MetadataKey::Label, label)]));
    let mut listed: Vec<_> = one_of.chain(labels).collect();
    if !filter.document_ids.is_empty() {
        let ids = filter.document_ids.iter().map(|id| IndexTerm::from_field_text(fields.document, id));
        listed.push(any_of(ids));
    }
    listed
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
