//! Which versions in damaged segments are the newest of their documents.
//!
//! Whoever looked a version up while its index structures were damaged already, and nobody knew, may have missed it: then
//! a newer one was added and this one was not deleted, or the newer one was deleted alone.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
    sync::Arc,
};

use tantivy::{
    DocId, DocSet as _, Index, SegmentMeta, SegmentReader, TERMINATED, Term, columnar::Column, index::SegmentId,
    postings::SegmentPostings, schema::IndexRecordOption,
};

use crate::{
    document::DocumentId,
    engine::{
        Position, ReadError,
        tantivy::{
            arrivals::{Arrival, Arrivals},
            blocks::Unpackers,
            doubt::Doubt,
            record::{TombstoneEntry, decode_all, read_error},
            schema::{Fields, Kind, column},
            stores::{InOrder, Store},
        },
    },
};

/// What else is known of the documents in damaged segments.
pub(super) struct Newest {
    fields: Fields,
    /// The newest number of each, of their versions in damaged segments and of removals in all.
    numbers: HashMap<DocumentId, u64>,
    /// With the positions of their entries.
    sound: Vec<(SegmentReader, Column<u64>)>,
}

impl Newest {
    /// Looks through the damaged segments of an index of which numbers up to `newest` were given out, and through all
    /// removals.
    pub(super) fn of(
        index: &Index,
        segments: &[SegmentMeta],
        broken: &BTreeSet<SegmentId>,
        newest: u64,
        doubt: &Doubt,
    ) -> Result<Self, ReadError> {
        let mut known = Self { fields: Fields::new(), numbers: HashMap::new(), sound: Vec::new() };
        for segment in segments {
            let segment = index.segment(segment.clone());
            if broken.contains(&segment.id()) {
                let mut arrivals = Arrivals::of(&segment, &known.fields, newest, doubt)?;
                while let Some(arrival) = arrivals.next()? {
                    known.add(arrival);
                }
            } else {
                let segment = SegmentReader::open(&segment).map_err(read_error)?;
                let positions = segment.fast_fields().u64(column::POSITION).map_err(read_error)?;
                known.sound.push((segment, positions));
            }
        }
        let removed = known.sound.iter().map(|(segment, _)| removals(index, segment, &known.fields, doubt));
        for TombstoneEntry { id, sequence, .. } in removed.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            known.add_number(id, sequence);
        }
        Ok(known)
    }

    /// Whether nothing newer is known of a document than this version.
    pub(super) fn is(&self, id: &DocumentId, sequence: u64) -> Result<bool, ReadError> {
        if self.numbers.get(id).is_some_and(|number| *number > sequence) {
            return Ok(false);
        }
        let term = self.fields.document_term(id);
        for (segment, positions) in &self.sound {
            let is_newer = |entry| positions.first(entry) > Some(Position::record(sequence).to_u64());
            if alive(segment, &term)?.any(is_newer) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn add(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Version(sequence, document) => self.add_number(document.id, sequence),
            Arrival::Removal(removed) => self.add_number(removed.id, removed.sequence),
        }
    }

    fn add_number(&mut self, id: DocumentId, number: u64) {
        let newest = self.numbers.entry(id).or_default();
        *newest = number.max(*newest);
    }
}

/// The removals in a sound segment.
fn removals(
    index: &Index,
    segment: &SegmentReader,
    fields: &Fields,
    doubt: &Doubt,
) -> Result<Vec<TombstoneEntry>, ReadError> {
    let store = Store::open(index, segment.segment_id(), &Unpackers::default(), doubt).map_err(read_error)?;
    let mut stored = InOrder::new(&Arc::new(store));
    let entries = alive(segment, &fields.kind_term(Kind::Tombstone))?;
    entries.map(|entry| decode_all(stored.field(entry, fields.tombstone)?)).collect()
}

/// The entries of a sound segment that have a term and are not deleted.
pub(super) fn alive<'a>(
    segment: &'a SegmentReader,
    term: &Term,
) -> Result<impl Iterator<Item = DocId> + use<'a>, ReadError> {
    let postings = segment
        .inverted_index(term.field())
        .and_then(|index| Ok(index.read_postings(term, IndexRecordOption::Basic)?))
        .map_err(read_error)?;
    Ok(postings.into_iter().flat_map(|postings| alive_of(segment, postings)))
}

/// Those of some postings of a segment.
pub(super) fn alive_of(segment: &SegmentReader, mut postings: SegmentPostings) -> impl Iterator<Item = DocId> {
    let entries = iter::from_fn(move || {
        let entry = Some(postings.doc()).filter(|entry| *entry != TERMINATED)?;
        postings.advance();
        Some(entry)
    });
    entries.filter(|entry| !segment.is_deleted(*entry))
}
