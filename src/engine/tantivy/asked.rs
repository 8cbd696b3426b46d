//! Conditions on documents, asked about paragraphs.
//!
//! What lists of the index say about records is turned into a set of paragraphs, once for a segment, and kept for the
//! next query with the same conditions: to ask is to look at a bit, and whoever adds scores up passes over what is not
//! selected. A paragraph has the date of its document, so days need no set; they get one when they are asked for again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, DocSet, SegmentReader, TERMINATED, Term as IndexTerm, query::EnableScoring, schema::IndexRecordOption,
};

use crate::{
    engine::tantivy::{
        columns::Columns,
        compile::Compiler,
        entry_set::{EntrySet, WORD},
        filter::{Lists, listed, published},
        lately::{Condition, SetOf},
        rank::Place,
        schema::Kind,
    },
    query::{Days, Filter},
};

/// What a filter asks for, ready for any segment.
pub(super) struct Conditions {
    days: Option<Days>,
    /// Whether the same days were asked for before.
    are_days_known: bool,
    /// `None` where it asks for nothing that lists of the index have.
    listed: Option<Lists>,
    none_of: Vec<Self>,
}

/// The paragraphs of a segment whose documents meet conditions.
#[derive(Clone)]
pub(super) struct Selected {
    /// They are in all of these.
    sets: Vec<Arc<EntrySet>>,
    /// `None` where it does not matter when a document was published, or a set says it.
    days: Option<Days>,
    none_of: Vec<Self>,
    columns: Columns,
    /// How many entries the segment has.
    entries: DocId,
}

impl Conditions {
    pub(super) fn new(filter: &Filter, compiler: Compiler<'_>) -> Self {
        let listed = listed(filter, compiler.fields);
        let days = filter.published();
        Self {
            days,
            are_days_known: days.is_some_and(|days| compiler.lately.is_known(days)),
            listed: (!listed.is_empty()).then_some(listed),
            none_of: filter.none_of.iter().map(|excluded| Self::new(excluded, compiler)).collect(),
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
        let listed = self.listed.iter().map(|lists| Condition::Listed(Arc::clone(lists)));
        let published = self.days.filter(|_| self.are_days_known).map(Condition::Published);
        let sets = listed.chain(published).map(|condition| paragraphs(condition, segment, compiler));
        let none_of = self.none_of.iter().map(|excluded| excluded.in_segment(segment, compiler));
        Ok(Selected {
            sets: sets.collect::<tantivy::Result<_>>()?,
            days: self.days.filter(|_| !self.are_days_known),
            none_of: none_of.collect::<tantivy::Result<_>>()?,
            columns: compiler.columns.of(segment)?.clone(),
            entries: segment.max_doc(),
        })
    }
}

impl Selected {
    /// Some of a segment's: those that were walked through before work was to stop.
    pub(super) fn these(mut paragraphs: impl DocSet, place: &Place<'_>, stop: &AtomicBool) -> Self {
        let entries = place.segment.max_doc();
        let mut set = EntrySet::none_of(entries);
        while paragraphs.doc() != TERMINATED && !stop.load(Relaxed) {
            set.add(&[paragraphs.doc()]);
            paragraphs.advance();
        }
        let sets = vec![Arc::new(set)];
        Self { sets, days: None, none_of: Vec::new(), columns: place.columns.clone(), entries }
    }

    /// Whether a paragraph that can be found is one of them.
    pub(super) fn contains(&self, paragraph: DocId) -> bool {
        self.admits(paragraph, || self.columns.date(paragraph))
    }

    /// Whether a document with a date is let through, by any of its paragraphs.
    pub(super) fn admits(&self, paragraph: DocId, date: impl Fn() -> u32 + Copy) -> bool {
        self.sets.iter().all(|set| set.contains(paragraph))
            && self.days.is_none_or(|days| days.meet(date()))
            && !self.none_of.iter().any(|excluded| excluded.admits(paragraph, date))
    }

    /// Whether there are sets: whoever adds scores up need not look at what they leave out.
    pub(super) fn has_sets(&self) -> bool {
        !self.sets.is_empty() || self.none_of.iter().any(Self::is_set)
    }

    /// How many words of bits there are.
    pub(super) fn words(&self) -> DocId {
        self.entries.div_ceil(WORD)
    }

    /// Bits of 64 entries in a row: what sets leave out is not set.
    pub(super) fn word(&self, index: DocId) -> u64 {
        let within = self.sets.iter().fold(u64::MAX, |word, set| word & set.word(index));
        let excluded = self.none_of.iter().filter(|excluded| excluded.is_set());
        excluded.fold(within, |word, excluded| word & !excluded.word(index))
    }

    /// Whether sets say it all.
    fn is_set(&self) -> bool {
        self.days.is_none() && self.none_of.iter().all(Self::is_set)
    }
}

/// The paragraphs of the documents that meet a condition.
fn paragraphs(condition: Condition, segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<Arc<EntrySet>> {
    let (lately, fields) = (compiler.lately, compiler.fields);
    lately.set(segment, SetOf::ParagraphsOf(condition.clone()), || {
        let heads = lately.set(segment, SetOf::Heads, || {
            let kinds = [Kind::Record, Kind::Tombstone].map(|kind| fields.kind_term(kind));
            in_one_of(&kinds, segment, compiler)
        })?;
        // Lists of ids have more than records.
        let mut found = EntrySet::clone(&heads);
        match condition {
            Condition::Listed(lists) => {
                for group in lists.iter() {
                    found.keep(&in_one_of(group, segment, compiler)?);
                }
            }
            Condition::Published(days) => found.keep(&records_of(days, segment, compiler)?),
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
            set.add_list(list);
        }
    }
    Ok(set)
}

/// The records of documents that were published, or may have been, on one of some days.
fn records_of(days: Days, segment: &SegmentReader, compiler: Compiler<'_>) -> tantivy::Result<EntrySet> {
    let unscored = EnableScoring::disabled_from_schema(&compiler.fields.schema);
    let mut set = EntrySet::none_of(segment.max_doc());
    let records = published(days, compiler.fields).weight(unscored)?;
    records.for_each_no_score(segment, &mut |records| set.add(records))?;
    Ok(set)
}
