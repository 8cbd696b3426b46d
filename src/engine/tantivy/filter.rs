//! From a filter to a query over records, and to the paragraphs of what it selects.

use std::{
    borrow::Cow,
    ops::Bound,
    sync::{Arc, atomic::AtomicBool},
};

use tantivy::{
    DocSet as _, SegmentReader, TERMINATED, Term as IndexTerm,
    query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery, Weight},
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
            rank::Place,
            record::read_error,
            schema::{Fields, Kind},
            segments::Segments,
        },
    },
    query::{Days, Filter, MetadataKey},
};

/// How many entries are looked at to guess how much a filter lets through.
const SAMPLED_ENTRIES: u64 = 256;

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// Groups of lists of the index, of each of which a record has to be in one, in an order of their own.
pub(super) type Lists = Arc<[Vec<IndexTerm>]>;

/// The share of entries below which a filter leads and its paragraphs are scored one by one. Tests have few entries,
/// with which both ways have to be gone.
const LEADING_SHARE: f32 = if cfg!(test) { 0.4 } else { 0.01 };

/// What a filter selects in a snapshot.
pub(super) enum Selection {
    /// So little that to score each of its paragraphs costs less than to look for the best matches: what finds the
    /// records.
    Leading(Box<dyn Weight>),
    /// To be asked, in each segment.
    Asked(Vec<Selected>),
}

impl Selection {
    /// `None` for a filter without conditions, which selects everything.
    pub(super) fn new(filter: &Filter, compiler: Compiler<'_>, segments: &Segments) -> Result<Option<Self>, ReadError> {
        if filter.is_empty() {
            return Ok(None);
        }
        let conditions = Conditions::new(filter, compiler);
        Self::of(&conditions, filter, compiler, segments).map(Some).map_err(read_error)
    }

    fn of(
        conditions: &Conditions,
        filter: &Filter,
        compiler: Compiler<'_>,
        segments: &Segments,
    ) -> tantivy::Result<Self> {
        let readers = segments.readers();
        let all = readers.iter().map(|segment| u64::from(segment.max_doc())).sum();
        let at_most: u64 =
            readers.iter().map(|segment| conditions.at_most(segment, compiler)).sum::<tantivy::Result<_>>()?;
        let leading = || {
            let unscored = segments.unscored();
            records(filter, compiler.fields).weight(unscored).map(Self::Leading)
        };
        if is_little(at_most, all) {
            let leading = leading()?;
            // Documents differ in length.
            if leading.is_little_of(all, compiler, segments)? {
                return Ok(leading);
            }
        }
        let selected = readers.iter().map(|segment| conditions.in_segment(segment, compiler));
        let selected: Vec<_> = selected.collect::<tantivy::Result<_>>()?;
        let (found, looked_at) = sample(&selected, compiler, segments, all);
        if is_little(found, looked_at) { leading() } else { Ok(Self::Asked(selected)) }
    }

    /// Whether what it walks through is little of all entries.
    fn is_little_of(&self, all: u64, compiler: Compiler<'_>, segments: &Segments) -> tantivy::Result<bool> {
        let mut number = 0;
        for (segment, columns) in segments.readers().iter().zip(compiler.columns.iter()) {
            compiler.stop.check()?;
            let Some(mut paragraphs) = self.paragraphs(segment, columns)? else { return Ok(false) };
            while paragraphs.doc() != TERMINATED && is_little(number, all) {
                number += 1;
                paragraphs.advance();
            }
        }
        Ok(is_little(number, all))
    }

    pub(super) fn leads(&self) -> bool {
        matches!(self, Self::Leading(_))
    }

    /// The paragraphs of selected documents in a segment, to be asked about; `None` if it leads.
    pub(super) fn asked(&self, place: &Place<'_>) -> Option<&Selected> {
        match self {
            Self::Leading(_) => None,
            Self::Asked(selected) => Some(&selected[place.ordinal as usize]),
        }
    }

    /// The same, also if it leads.
    pub(super) fn selected(&self, place: &Place<'_>, stop: &AtomicBool) -> Result<Cow<'_, Selected>, ReadError> {
        Ok(match self.walk(place)? {
            Some(walked) => Cow::Owned(Selected::these(walked, place, stop)),
            None => Cow::Borrowed(self.asked(place).expect("it does not lead")),
        })
    }

    /// The same to be walked through; `None` unless it leads.
    pub(super) fn walk(&self, place: &Place<'_>) -> Result<Option<Paragraphs>, ReadError> {
        self.paragraphs(place.segment, place.columns).map_err(read_error)
    }

    fn paragraphs(&self, segment: &SegmentReader, columns: &Columns) -> tantivy::Result<Option<Paragraphs>> {
        let Self::Leading(leading) = self else { return Ok(None) };
        let records = leading.scorer(segment, 1.0)?;
        Ok(Some(Paragraphs::new(records, columns.clone(), segment.max_doc())))
    }
}

/// Whether some of all entries are so few that they lead.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn is_little(some: u64, all: u64) -> bool {
    (some as f32) < all.max(1) as f32 * LEADING_SHARE
}

/// How many are selected of how many paragraphs at equal distances.
fn sample(selected: &[Selected], compiler: Compiler<'_>, segments: &Segments, all: u64) -> (u64, u64) {
    let distance = usize::try_from(all / SAMPLED_ENTRIES).unwrap_or(usize::MAX).max(1);
    let (mut found, mut looked_at) = (0, 0);
    for ((segment, columns), selected) in segments.readers().iter().zip(compiler.columns.iter()).zip(selected) {
        for entry in (0..segment.max_doc()).step_by(distance) {
            // Behind a record stands a paragraph, or else nothing is found.
            let paragraph = if columns.record_of(entry) == entry { entry + 1 } else { entry };
            let paragraph = paragraph.min(segment.max_doc() - 1);
            looked_at += 1;
            found += u64::from(selected.contains(paragraph));
        }
    }
    (found, looked_at)
}

/// The query that matches the records of the documents that a filter lets through.
pub(super) fn records(filter: &Filter, fields: &Fields) -> Box<dyn Query> {
    let mut clauses: Clauses =
        listed(filter, fields).iter().map(|group| (Occur::Must, any_of(group.iter().cloned()))).collect();
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

/// The lists of the index that a filter asks for: all but dates and `none_of`.
pub(super) fn listed(filter: &Filter, fields: &Fields) -> Lists {
    let one_of = filter.one_of().map(|(key, values)| {
        let terms = values.iter().map(|value| fields.metadata_term(key, value));
        terms.collect::<Vec<_>>()
    });
    let labels = filter.labels.iter().map(|label| vec![fields.metadata_term(MetadataKey::Label, label)]);
    let mut lists: Vec<_> = one_of.chain(labels).collect();
    if !filter.document_ids.is_empty() {
        let ids = filter.document_ids.iter().map(|id| IndexTerm::from_field_text(fields.document, id));
        lists.push(ids.collect());
    }
    for group in &mut lists {
        group.sort_unstable();
        group.dedup();
    }
    lists.sort_unstable();
    lists.dedup();
    lists.into()
}

fn every_record(fields: &Fields) -> Box<dyn Query> {
    any_of([fields.kind_term(Kind::Record)])
}

/// The records of documents that were published, or may have been, on one of these days.
pub(super) fn published(days: Days, fields: &Fields) -> Box<dyn Query> {
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
