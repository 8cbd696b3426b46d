//! Which segments of a damaged index are lost, which documents with them, and what is left.
//!
//! A segment is lost as a whole where something of it is damaged that cannot be derived: parts of what is stored have no
//! checksums of their own, and where it is not known what was deleted nothing is known to be there. Which documents it had,
//! only files say whose checksums are right; nothing is guessed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use tantivy::{
    Directory, Index, SegmentMeta, SegmentReader,
    index::{SegmentComponent, SegmentId},
    schema::IndexRecordOption,
};

use crate::{
    document::DocumentId,
    engine::{
        LostDocument, Position, ReadError,
        tantivy::{
            arrivals::{Arrival, Arrivals},
            directory::IndexDirectory,
            doubt::Doubt,
            index::{Commit, last_commit},
            newest::{Newest, alive, alive_of},
            record::read_error,
            recover::DERIVED,
            schema::{Fields, Kind, column},
            standing::open_without,
        },
    },
};

/// What the ids of a segment's documents, and whether they are there, are read from.
const TELLING: [SegmentComponent; 4] =
    [SegmentComponent::Terms, SegmentComponent::Postings, SegmentComponent::FastFields, SegmentComponent::Delete];
/// What is not read for that.
const UNREAD: [SegmentComponent; 3] =
    [SegmentComponent::Store, SegmentComponent::Positions, SegmentComponent::FieldNorms];

/// What is lost of an index, and what is left.
pub(super) struct Losses {
    /// In order of the list.
    pub(super) segments: Vec<SegmentMeta>,
    /// Those whose ids can be read, in order of these.
    pub(super) documents: Vec<LostDocument>,
    /// How many segments say nothing of theirs.
    pub(super) unnamed_segments: u64,
    /// The other segments, in order of the list.
    pub(super) kept: Vec<SegmentMeta>,
    /// Those of them of which something is damaged that can be derived.
    pub(super) derivable: BTreeSet<SegmentId>,
    /// What was committed last.
    pub(super) before: Commit,
    /// What is to be committed with the others.
    pub(super) commit: Commit,
}

impl Losses {
    /// Looks what is lost with damaged files, which are all that are.
    pub(super) fn of(directory: &IndexDirectory, damaged: &[String]) -> Result<Self, ReadError> {
        let index = Index::open(directory.files.clone()).map_err(read_error)?;
        // There is a commit where there is a segment.
        let before = last_commit(&index, "").map_err(read_error)?;
        let doubt = Doubt::of(directory.data.own.as_ref());
        let (files, fields, newest) = (directory.files.as_ref(), Fields::new(), before.sequence);
        let survey = Survey { index: &index, files, damaged, fields, newest, doubt };
        let (mut segments, mut kept, mut derivable) = (Vec::new(), Vec::new(), BTreeSet::new());
        for segment in index.searchable_segment_metas().map_err(read_error)? {
            match survey.state(&segment)? {
                State::Lost => segments.push(segment),
                state => {
                    if state == State::Derivable {
                        derivable.insert(segment.id());
                    }
                    kept.push(segment);
                }
            }
        }
        if segments.is_empty() {
            let (documents, commit) = (Vec::new(), before.clone());
            return Ok(Self { segments, documents, unnamed_segments: 0, kept, derivable, before, commit });
        }
        let versions = Newest::of(&index, &kept, &derivable, before.sequence, &survey.doubt)?;
        let (mut found, mut unnamed_segments) = (Found::default(), 0);
        for segment in &segments {
            unnamed_segments += u64::from(!survey.find(segment, &mut found)?);
        }
        let documents = found.newest(&versions)?;
        let mut left = Left::default();
        for segment in &kept {
            survey.count(segment, derivable.contains(&segment.id()), &mut left)?;
        }
        let Left { documents: count, paragraphs, tombstones } = left;
        let number = before.number + 1;
        let commit = Commit { number, documents: count, paragraphs, tombstones, ..before.clone() };
        Ok(Self { segments, documents, unnamed_segments, kept, derivable, before, commit })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    Derivable,
    Lost,
}

/// What segments are looked at with.
struct Survey<'a> {
    index: &'a Index,
    files: &'a dyn Directory,
    damaged: &'a [String],
    fields: Fields,
    /// The newest number that was given out.
    newest: u64,
    doubt: Doubt,
}

impl Survey<'_> {
    fn is_damaged(&self, segment: &SegmentMeta, kind: SegmentComponent) -> bool {
        let path = segment.relative_path(kind);
        self.damaged.iter().any(|file| Path::new(file) == path)
    }

    fn state(&self, segment: &SegmentMeta) -> Result<State, ReadError> {
        if [SegmentComponent::Store, SegmentComponent::Delete].into_iter().any(|kind| self.is_damaged(segment, kind)) {
            return Ok(State::Lost);
        }
        if !DERIVED.into_iter().any(|kind| self.is_damaged(segment, kind)) {
            return Ok(State::Sound);
        }
        // What is made anew is what is stored, if that makes sense.
        let mut arrivals = match self.arrivals(segment) {
            Err(ReadError::Corrupt(_)) => return Ok(State::Lost),
            arrivals => arrivals?,
        };
        loop {
            match arrivals.next() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(State::Derivable),
                Err(ReadError::Corrupt(_)) => return Ok(State::Lost),
                Err(error) => return Err(error),
            }
        }
    }

    fn arrivals(&self, segment: &SegmentMeta) -> Result<Arrivals, ReadError> {
        Arrivals::of(&self.index.segment(segment.clone()), &self.fields, self.newest, &self.doubt)
    }

    /// Finds the documents of a lost segment, where any file says which they are; whether one does.
    fn find(&self, segment: &SegmentMeta, found: &mut Found) -> Result<bool, ReadError> {
        if !TELLING.into_iter().any(|kind| self.is_damaged(segment, kind)) {
            return self.find_in_dictionary(segment, found).map(|()| true);
        }
        if self.is_damaged(segment, SegmentComponent::Store) {
            return Ok(false);
        }
        let mut stored = Found::default();
        match self.find_in_store(segment, &mut stored) {
            Err(ReadError::Corrupt(_)) => Ok(false),
            read => read.map(|()| {
                found.take(stored);
                true
            }),
        }
    }

    /// Those that are not deleted.
    fn find_in_dictionary(&self, segment: &SegmentMeta, found: &mut Found) -> Result<(), ReadError> {
        let reader = open_without(self.files, segment, &UNREAD, &self.fields).map_err(read_error)?;
        let positions = reader.fast_fields().u64(column::POSITION).map_err(read_error)?;
        let ids = reader.inverted_index(self.fields.document).map_err(read_error)?;
        let failed = |error: std::io::Error| read_error(error.into());
        let mut terms = ids.terms().stream().map_err(failed)?;
        while terms.advance() {
            let postings = ids.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed)?;
            let Some(entry) = alive_of(&reader, postings).last() else { continue };
            let number = positions.first(entry).map(|position| Position::from_u64(position).sequence());
            let id = std::str::from_utf8(terms.key()).ok().and_then(|id| id.parse().ok());
            let (Some(number), Some(id)) = (number, id) else {
                return Err(ReadError::Corrupt(format!("an id in `{}`", segment.id().uuid_string())));
            };
            found.add(id, Version { number, may_be_deleted: false });
        }
        Ok(())
    }

    /// All that ever were, but for those that are known to have been deleted.
    fn find_in_store(&self, segment: &SegmentMeta, found: &mut Found) -> Result<(), ReadError> {
        let segment = self.index.segment(segment.clone());
        let mut arrivals = Arrivals::with_deleted(&segment, &self.fields, self.newest, &self.doubt)?;
        while let Some(arrival) = arrivals.next()? {
            match arrival {
                Arrival::Version(number, document) => {
                    found.add(document.id, Version { number, may_be_deleted: true });
                }
                Arrival::Removal(removed) => found.add_removal(removed.id, removed.sequence),
            }
        }
        Ok(())
    }

    /// Counts what is in a segment that is not lost.
    fn count(&self, segment: &SegmentMeta, is_derivable: bool, left: &mut Left) -> Result<(), ReadError> {
        if !is_derivable {
            let reader = SegmentReader::open(&self.index.segment(segment.clone())).map_err(read_error)?;
            let count = |kind| Ok::<_, ReadError>(alive(&reader, &self.fields.kind_term(kind))?.count() as u64);
            left.documents += count(Kind::Record)?;
            left.paragraphs += count(Kind::Paragraph)?;
            left.tombstones += count(Kind::Tombstone)?;
            return Ok(());
        }
        let mut arrivals = self.arrivals(segment)?;
        while let Some(arrival) = arrivals.next()? {
            match arrival {
                Arrival::Version(_, document) => {
                    left.documents += 1;
                    left.paragraphs += u64::from(document.searchable());
                }
                Arrival::Removal(_) => left.tombstones += 1,
            }
        }
        Ok(())
    }
}

/// What there is in segments that are not lost.
#[derive(Default)]
struct Left {
    documents: u64,
    paragraphs: u64,
    tombstones: u64,
}

/// A version of a document in a lost segment.
#[derive(Clone, Copy)]
struct Version {
    number: u64,
    may_be_deleted: bool,
}

/// What is found in lost segments.
#[derive(Default)]
struct Found {
    /// The newest version of each document.
    versions: BTreeMap<DocumentId, Version>,
    /// The newest removal of each.
    removals: HashMap<DocumentId, u64>,
}

impl Found {
    fn add(&mut self, id: DocumentId, version: Version) {
        let newest = self.versions.entry(id).or_insert(version);
        if version.number > newest.number {
            *newest = version;
        }
    }

    fn add_removal(&mut self, id: DocumentId, number: u64) {
        let newest = self.removals.entry(id).or_default();
        *newest = number.max(*newest);
    }

    fn take(&mut self, other: Self) {
        other.versions.into_iter().for_each(|(id, version)| self.add(id, version));
        other.removals.into_iter().for_each(|(id, number)| self.add_removal(id, number));
    }

    /// The documents of which nothing newer is known, neither here nor elsewhere.
    fn newest(self, elsewhere: &Newest) -> Result<Vec<LostDocument>, ReadError> {
        let mut documents = Vec::new();
        for (document_id, Version { number, may_be_deleted }) in self.versions {
            let is_removed = self.removals.get(&document_id).is_some_and(|removal| *removal > number);
            if !is_removed && elsewhere.is(&document_id, number)? {
                documents.push(LostDocument { document_id, may_have_been_deleted: may_be_deleted });
            }
        }
        Ok(documents)
    }
}
