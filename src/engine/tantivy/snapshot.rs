//! One committed state of the index.

use std::{
    iter,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use serde::de::DeserializeOwned;
use tantivy::{
    DocAddress, DocId, DocSet, SegmentReader, TERMINATED, Term as IndexTerm,
    query::{EnableScoring, Query},
    schema::IndexRecordOption,
};

use crate::{
    document::{DocumentId, Layout},
    engine::{
        Address, Branch, Counts, DocumentRecord, Explanation, Expression, FacetField, Generation, Occurrences,
        Position, Ranking, ReadError, Reader, Removals, Snapshot, SourceLine, Statistics, StoredParagraph, Term, Token,
        TokenStatistics, Version, Walk, WeighedToken,
        tantivy::{
            candidates::candidates,
            columns::{Columns, SegmentColumns},
            compile::{Compiler, any_of},
            count,
            directory::IndexDirectory,
            explain::Explainer,
            files::disk_bytes,
            filter,
            heed::Stop,
            index::Commit,
            lately::Lately,
            matching::Matching,
            rank::Ranker,
            reader::ReadInOrder,
            record::{ParagraphEntry, RecordEntry, TombstoneEntry, decode, read_error},
            removals::{self, Tombstones},
            schema::Fields,
            segments::Segments,
            statistics::ParagraphStatistics,
            stores::Stores,
            tokens,
            walk::Merge,
        },
    },
    query::Filter,
};

/// One committed state; what it reads stays readable while it lives, though merging may have taken its name away.
pub(super) struct TantivySnapshot {
    index_path: PathBuf,
    index_id: u32,
    history: Arc<[Branch]>,
    fields: Fields,
    segments: Segments,
    columns: SegmentColumns,
    stores: Stores,
    lately: Arc<Lately>,
    commit: Commit,
}

impl TantivySnapshot {
    /// A state behind another one, whose segments need not be opened again.
    pub(super) fn new(
        directory: &IndexDirectory,
        fields: &Fields,
        segments: Segments,
        lately: &Arc<Lately>,
        commit: Commit,
        before: Option<&Self>,
    ) -> tantivy::Result<Self> {
        let columns = SegmentColumns::open(&segments, before.map(|before| &before.columns))?;
        let stores = Stores::open(&segments, before.map(|before| &before.stores))?;
        Ok(Self {
            index_path: directory.path(),
            index_id: directory.data.index_id,
            history: directory.data.history.clone().into(),
            fields: fields.clone(),
            segments,
            columns,
            stores,
            lately: Arc::clone(lately),
            commit,
        })
    }

    pub(super) fn commit(&self) -> &Commit {
        &self.commit
    }

    pub(super) fn segments(&self) -> &Segments {
        &self.segments
    }

    fn columns(&self, address: Address) -> &Columns {
        self.columns.at(address.segment)
    }

    fn position(&self, address: Address) -> Position {
        self.columns(address).position(address.document)
    }

    /// What is stored with a paragraph or a record.
    fn stored<T: DeserializeOwned>(&self, address: Address) -> Result<T, ReadError> {
        let (at, segment) = (to_tantivy(address), self.segments.at(address.segment).segment_id());
        let read = || Ok::<_, ReadError>(Arc::from(&*self.stores.field(at, self.fields.stored)?));
        decode(&self.lately.entry(segment, address.document, read)?, at)
    }

    fn version_at(&self, record: Address) -> Result<Version, ReadError> {
        self.columns(record).version(record.document)
    }

    /// The record of an entry's document.
    fn record_of(&self, address: Address) -> Address {
        Address { document: self.columns(address).record_of(address.document), ..address }
    }

    fn record_at(&self, address: Address) -> Result<DocumentRecord, ReadError> {
        let RecordEntry { id, metadata, recognized, original_bytes } = self.stored(address)?;
        Ok(DocumentRecord { id, version: self.version_at(address)?, metadata, recognized, original_bytes })
    }

    /// Where a document's record is kept: the first of its entries that is not deleted.
    fn find(&self, id: &DocumentId) -> Result<Option<Address>, ReadError> {
        let term = self.fields.document_term(id);
        for (segment, reader) in (0..).zip(self.segments.readers()) {
            if let Some(&document) = alive(reader, &term, 1).map_err(read_error)?.first() {
                return Ok(Some(self.record_of(Address { segment, document })));
            }
        }
        Ok(None)
    }

    /// The numbers of the removals made until a time, in seconds since 1970: the oldest `count` of them, up to the first
    /// one that was made later.
    pub(super) fn removed_until(
        &self,
        until: u64,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<u64>, ReadError> {
        let mut tombstones = self.merge(&removals::every_tombstone(&self.fields), None, Stop::new(stop))?;
        let mut removed = Vec::new();
        while removed.len() < count {
            let Some((position, address)) = tombstones.next(1, stop)?.pop() else { break };
            let entry: TombstoneEntry = self.stores.fetch(to_tantivy(address), self.fields.tombstone)?;
            if entry.removed_at > until {
                break;
            }
            removed.push(position.sequence());
        }
        Ok(removed)
    }

    fn compiler<'a>(&'a self, stop: &'a Stop) -> Compiler<'a> {
        Compiler { fields: &self.fields, columns: &self.columns, stores: &self.stores, lately: &self.lately, stop }
    }

    fn unscored(&self) -> EnableScoring<'_> {
        self.segments.unscored()
    }

    /// Does what ranks, with statistics that count paragraphs.
    fn ranked<T>(
        &self,
        stop: &Arc<AtomicBool>,
        rank: impl FnOnce(Ranker<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let ending = &Stop::new(stop);
        let statistics =
            ParagraphStatistics::new(&self.segments, &self.lately, &self.fields, ending).map_err(read_error)?;
        let scoring = self.segments.scored(&statistics);
        let (compiler, segments) = (self.compiler(ending), &self.segments);
        rank(Ranker { compiler, segments, statistics: &statistics, scoring, stop })
    }

    fn merge(&self, query: &dyn Query, after: Option<Position>, stop: Stop) -> Result<Merge, ReadError> {
        Ok(Merge::new(&self.segments, &self.columns, Matching::of(query, self.unscored())?, after, stop))
    }

    fn matching(&self, expression: &Expression, filter: &Filter, stop: &Stop) -> Result<Matching, ReadError> {
        Matching::new(expression, filter, self.compiler(stop), self.unscored())
    }

    fn number_of(&self, query: &dyn Query, stop: &Stop) -> Result<u64, ReadError> {
        let weight = query.weight(self.unscored()).map_err(read_error)?;
        let mut count = 0;
        for segment in self.segments.readers() {
            stop.check().map_err(read_error)?;
            count += u64::from(weight.count(segment).map_err(read_error)?);
        }
        stop.check().map_err(read_error)?;
        Ok(count)
    }
}

impl Snapshot for TantivySnapshot {
    fn generation(&self) -> Generation {
        Generation { index: self.index_id, commit: self.commit.number }
    }

    fn sequence(&self) -> u64 {
        self.commit.sequence
    }

    fn in_common(&self, index: u32) -> Option<Branch> {
        let Commit { number, sequence, .. } = self.commit;
        let itself = Branch { index: self.index_id, commit: number, sequence };
        let mut branches = iter::once(&itself).chain(self.history.iter());
        branches.find(|branch| branch.index == index).copied()
    }

    fn entries(&self) -> u64 {
        self.segments.readers().iter().map(|segment| u64::from(segment.max_doc())).sum()
    }

    fn forgotten(&self) -> u64 {
        self.commit.forgotten
    }

    fn rebuilt(&self) -> u32 {
        self.commit.rebuilt
    }

    fn doubt(&self, what: &str) -> ReadError {
        self.segments.doubt().raise(what)
    }

    fn statistics(&self) -> Result<Statistics, ReadError> {
        let Commit { number: _, sequence, documents, paragraphs, tombstones, forgotten: _, rebuilt: _, fingerprint } =
            self.commit.clone();
        let disk_bytes = disk_bytes(&self.index_path).map_err(|error| ReadError::Engine(Box::new(error)))?;
        let segments = u32::try_from(self.segments.readers().len()).unwrap_or(u32::MAX);
        Ok(Statistics { documents, paragraphs, sequence, segments, disk_bytes, fingerprint, tombstones })
    }

    fn frequency(&self, term: &Term, stop: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        let stop = &Stop::new(stop);
        let weight = || {
            let leaves = self.compiler(stop).leaves(&Term { word: false, ..term.clone() });
            any_of(leaves).weight(self.unscored()).map_err(read_error)
        };
        let (mut made, mut entries) = (None, 0);
        for segment in self.segments.readers() {
            entries += self.lately.frequency(segment, term.field, &term.characters, || {
                stop.check().map_err(read_error)?;
                let weight = match made.take() {
                    Some(made) => made,
                    None => weight()?,
                };
                let counted = made.insert(weight).count(segment).map_err(read_error)?;
                // What was counted until a stop is not remembered.
                stop.check().map_err(read_error)?;
                Ok(u64::from(counted))
            })?;
        }
        Ok(entries)
    }

    fn rank(
        &self,
        expression: &Expression,
        filter: &Filter,
        limit: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError> {
        or_nothing(self.ranked(stop, |ranker| ranker.rank(&ranker.order(expression, filter, limit)?)))
    }

    fn candidates(
        &self,
        expression: &Expression,
        tokens: &[WeighedToken],
        filter: &Filter,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError> {
        or_nothing(self.ranked(stop, |ranker| candidates(ranker, &ranker.order(expression, filter, count)?, tokens)))
    }

    fn token_statistics(&self, tokens: &[Token], stop: &Arc<AtomicBool>) -> Result<TokenStatistics, ReadError> {
        let stop = &Stop::new(stop);
        let statistics =
            ParagraphStatistics::new(&self.segments, &self.lately, &self.fields, stop).map_err(read_error)?;
        tokens::statistics(tokens, &statistics, &self.fields).map_err(read_error)
    }

    fn occurrences(
        &self,
        tokens: &[Token],
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Occurrences, ReadError> {
        self.ranked(stop, |ranker| tokens::occurrences(tokens, paragraphs, ranker))
    }

    fn scores(
        &self,
        expression: &Expression,
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<Option<f32>>, ReadError> {
        self.ranked(stop, |ranker| tokens::scores(expression, paragraphs, ranker))
    }

    fn explain(
        &self,
        expression: &Expression,
        filter: &Filter,
        paragraph: Address,
        stop: &Arc<AtomicBool>,
    ) -> Result<Explanation, ReadError> {
        let stop = &Stop::new(stop);
        let statistics =
            ParagraphStatistics::new(&self.segments, &self.lately, &self.fields, stop).map_err(read_error)?;
        let explainer = Explainer {
            compiler: self.compiler(stop),
            statistics: &statistics,
            scoring: self.segments.scored(&statistics),
            segment: self.segments.at(paragraph.segment),
            paragraph: paragraph.document,
            record: self.record_of(paragraph).document,
        };
        explainer.explain(expression, filter)
    }

    fn walk(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Option<Position>,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Walk>, ReadError> {
        let stop = Stop::new(stop);
        let matching = self.matching(expression, filter, &stop)?;
        Ok(Box::new(Merge::new(&self.segments, &self.columns, matching, after, stop)))
    }

    fn removals(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Position,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Removals>, ReadError> {
        let stop = Stop::new(stop);
        let matching = match expression {
            Expression::All if filter.is_empty() => None,
            _ => Some(self.matching(expression, filter, &stop)?),
        };
        // It hands `stop` on, which the matching shares.
        let tombstones = self.merge(&removals::every_tombstone(&self.fields), Some(after), stop)?;
        Ok(Box::new(Tombstones::new(tombstones, matching, &self.segments, &self.columns, &self.stores, &self.fields)))
    }

    fn count(
        &self,
        expression: &Expression,
        filter: &Filter,
        facets: &[FacetField],
        stop: &Arc<AtomicBool>,
    ) -> Result<Counts, ReadError> {
        let stop = &Stop::new(stop);
        count::count(&self.matching(expression, filter, stop)?, facets, &self.segments, &self.columns, stop)
    }

    fn documents(
        &self,
        filter: &Filter,
        after: Option<u64>,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<DocumentRecord>, ReadError> {
        let ending = Stop::new(stop);
        let records = filter::records(filter, &self.fields);
        let found = self.merge(records.as_ref(), after.map(Position::record), ending.clone())?.next(count, stop)?;
        let record = |(_, address)| {
            ending.check().map_err(read_error)?;
            self.record_at(address)
        };
        found.into_iter().map(record).collect()
    }

    fn number_of_documents(&self, filter: &Filter, stop: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        let stop = &Stop::new(stop);
        self.number_of(filter::records(filter, &self.fields).as_ref(), stop)
    }

    fn paragraphs(&self, addresses: &[Address]) -> Result<Vec<StoredParagraph>, ReadError> {
        // In the order in which they are kept, so that each block of stored text is unpacked once.
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_unstable_by_key(|&index| addresses[index]);
        let mut fetched = Vec::with_capacity(addresses.len());
        for index in order {
            let address = addresses[index];
            let entry: ParagraphEntry = self.stored(address)?;
            let position = self.position(address);
            fetched.push((index, StoredParagraph { position, paragraph: entry.into() }));
        }
        fetched.sort_unstable_by_key(|(index, _)| *index);
        Ok(fetched.into_iter().map(|(_, paragraph)| paragraph).collect())
    }

    fn record(&self, paragraph: Address) -> Result<DocumentRecord, ReadError> {
        self.record_at(self.record_of(paragraph))
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(ReadInOrder::new(&self.stores, &self.columns, self.fields.stored))
    }

    fn siblings(&self, address: Address, first: u32, count: u32) -> Result<Vec<Address>, ReadError> {
        let record = self.record_of(address);
        let paragraphs = self.version_at(record)?.paragraphs;
        let ordinals = first..first.saturating_add(count).min(paragraphs);
        Ok(ordinals.map(|ordinal| Address { document: record.document + ordinal + 1, ..record }).collect())
    }

    fn document(&self, id: &DocumentId) -> Result<Option<(Address, DocumentRecord)>, ReadError> {
        let Some(address) = self.find(id)? else { return Ok(None) };
        Ok(Some((address, self.record_at(address)?)))
    }

    fn layout(&self, record: Address) -> Result<Layout, ReadError> {
        self.stores.fetch(to_tantivy(record), self.fields.layout)
    }

    fn documents_with_line(&self, line: SourceLine, count: usize) -> Result<Vec<DocumentId>, ReadError> {
        let term = self.fields.edge_line_term(line);
        let mut ids = Vec::new();
        for (segment, reader) in (0..).zip(self.segments.readers()) {
            for document in alive(reader, &term, count - ids.len()).map_err(read_error)? {
                ids.push(self.record_at(Address { segment, document })?.id);
            }
        }
        Ok(ids)
    }

    fn version(&self, id: &DocumentId) -> Result<Option<Version>, ReadError> {
        self.find(id)?.map(|address| self.version_at(address)).transpose()
    }
}

/// A ranking that was stopped before it found anything is one, too.
fn or_nothing(ranking: Result<Ranking, ReadError>) -> Result<Ranking, ReadError> {
    match ranking {
        Err(ReadError::Stopped) => Ok(Ranking { hits: Vec::new(), exhausted: false, stopped: true }),
        ranking => ranking,
    }
}

fn to_tantivy(Address { segment, document }: Address) -> DocAddress {
    DocAddress::new(segment, document)
}

/// The first `count` entries of a segment that have a term and are not deleted.
fn alive(segment: &SegmentReader, term: &IndexTerm, count: usize) -> tantivy::Result<Vec<DocId>> {
    let mut found = Vec::new();
    let index = segment.inverted_index(term.field())?;
    let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? else { return Ok(found) };
    while found.len() < count && postings.doc() != TERMINATED {
        if !segment.is_deleted(postings.doc()) {
            found.push(postings.doc());
        }
        postings.advance();
    }
    Ok(found)
}
