//! Conditions on documents, asked about paragraphs.
//!
//! A paragraph has the date of its document. What lists of the index say about records is turned into a set of
//! paragraphs, once for a segment, and kept for the next query with the same conditions: to ask is to look at a bit, and
//! whoever adds scores up passes over what is not selected.

use std::sync::Arc;

use tantivy::{DocId, SegmentReader, Term as IndexTerm, schema::IndexRecordOption};

use crate::{
    engine::tantivy::{
        columns::Columns,
        compile::Compiler,
        entry_set::{EntrySet, WORD},
        filter::{Lists, listed},
        lately::SetOf,
        schema::{Fields, Kind},
    },
    query::{Days, Filter},
};

/// What a filter asks for, ready for any segment.
pub(super) struct Conditions {
    days: Option<Days>,
    /// `None` where it asks for nothing that lists of the index have.
    listed: Option<Lists>,
    none_of: Vec<Self>,
}

/// The paragraphs of a segment whose documents meet conditions.
pub(super) struct Selected {
    days: Option<Days>,
    listed: Option<Arc<EntrySet>>,
    none_of: Vec<Self>,
    columns: Columns,
    /// How many entries the segment has.
    entries: DocId,
}

impl Conditions {
    pub(super) fn new(filter: &Filter, fields: &Fields) -> Self {
        let listed = listed(filter, fields);
        Self {
            days: filter.published(),
            listed: (!listed.is_empty()).then_some(listed),
            none_of: filter.none_of.iter().map(|excluded| Self::new(excluded, fields)).collect(),
        }
    }

    /// How many entries of a segment have documents that meet them, at most and roughly.
    pub(super) fn at_most(&self, segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<u64> {
        let Some(lists) = &self.listed else { return Ok(segment.max_doc().into()) };
        let entries = u64::from(compiler.columns.of(segment)?.paragraphs_per_document());
        let mut fewest = u64::MAX;
        for group in lists.iter() {
            let mut records = 0;
            for term in group {
                records += compiler.lately.list(segment, term)?.map_or(0, |list| u64::from(list.doc_freq));
            }
            fewest = fewest.min(records * entries);
        }
        Ok(fewest)
    }

    /// The same in a segment.
    pub(super) fn in_segment(&self, segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<Selected> {
        let none_of = self.none_of.iter().map(|excluded| excluded.in_segment(segment, compiler));
        Ok(Selected {
            days: self.days,
            listed: self.listed.as_ref().map(|lists| paragraphs(lists, segment, compiler)).transpose()?,
            none_of: none_of.collect::<tantivy::Result<_>>()?,
            columns: compiler.columns.of(segment)?.clone(),
            entries: segment.max_doc(),
        })
    }
}

impl Selected {
    /// Whether a paragraph that can be found is one of them.
    pub(super) fn contains(&self, paragraph: DocId) -> bool {
        self.admits(paragraph, || self.columns.date(paragraph))
    }

    /// Whether a document with a date is let through, by any of its paragraphs.
    pub(super) fn admits(&self, paragraph: DocId, date: impl Fn() -> u32 + Copy) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.contains(paragraph))
            && self.days.is_none_or(|days| days.meet(date()))
            && !self.none_of.iter().any(|excluded| excluded.admits(paragraph, date))
    }

    /// Whether lists of the index leave something out: whoever adds scores up need not look at that.
    pub(super) fn has_lists(&self) -> bool {
        self.listed.is_some() || self.none_of.iter().any(Self::are_on_lists_alone)
    }

    /// How many words of bits there are.
    pub(super) fn words(&self) -> DocId {
        self.entries.div_ceil(WORD)
    }

    /// Bits of 64 entries in a row: what lists leave out is not set.
    pub(super) fn word(&self, index: DocId) -> u64 {
        let listed = self.listed.as_ref().map_or(u64::MAX, |listed| listed.word(index));
        let excluded = self.none_of.iter().filter(|excluded| excluded.are_on_lists_alone());
        excluded.fold(listed, |word, excluded| word & !excluded.word(index))
    }

    /// Whether no date matters.
    fn are_on_lists_alone(&self) -> bool {
        self.days.is_none() && self.none_of.iter().all(Self::are_on_lists_alone)
    }
}

/// The paragraphs of the documents whose records are in one list of each group.
fn paragraphs(lists: &Lists, segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<Arc<EntrySet>> {
    let (lately, fields) = (compiler.lately, compiler.fields);
    lately.set(segment, SetOf::ParagraphsOf(Arc::clone(lists)), || {
        let heads = lately.set(segment, SetOf::Heads, || {
            let kinds = [Kind::Record, Kind::Tombstone].map(|kind| fields.kind_term(kind));
            in_one_of(&kinds, segment, compiler)
        })?;
        let mut found = EntrySet::clone(&heads);
        for group in lists.iter() {
            found.keep(&in_one_of(group, segment, compiler)?);
        }
        Ok(found.behind(&heads))
    })
}

/// The entries that are in one of some lists.
fn in_one_of(terms: &[IndexTerm], segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<EntrySet> {
    let mut set = EntrySet::none_of(segment.max_doc());
    for term in terms {
        compiler.stop.check()?;
        if let Some(list) = compiler.lately.postings(segment, term, IndexRecordOption::Basic)? {
            set.add(list);
        }
    }
    Ok(set)
}
