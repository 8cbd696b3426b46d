//! A state of the index as others read it: what makes no sense there is not forgotten when it is told.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{
    document::{DocumentId, Layout, Paragraph},
    engine::{
        Address, Branch, Counts, DocumentRecord, DocumentView, Explanation, Expression, FacetField, Generation, Given,
        Occurrences, Position, Ranking, ReadError, Reader, Removals, Removed, Snapshot, SourceLine, Statistics,
        StoredParagraph, Term, Token, TokenStatistics, Version, Walk, WeighedToken,
        tantivy::{doubt::Doubt, snapshot::TantivySnapshot},
    },
    query::Filter,
};

/// A state of which every reading is watched.
pub(super) struct Watched(Arc<TantivySnapshot>);

/// What reads on from one.
struct Reading<T: ?Sized> {
    doubt: Doubt,
    of: Box<T>,
}

impl Watched {
    /// The same state.
    pub(super) fn of(snapshot: Arc<TantivySnapshot>) -> Arc<dyn Snapshot> {
        Arc::new(Self(snapshot))
    }

    fn met(&self) -> &Doubt {
        self.0.segments().doubt()
    }

    fn watch<T>(&self, read: impl FnOnce(&TantivySnapshot) -> Result<T, ReadError>) -> Result<T, ReadError> {
        self.met().watch(|| read(&self.0))
    }

    fn reading<T: ?Sized>(&self, of: Box<T>) -> Reading<T> {
        Reading { doubt: self.met().clone(), of }
    }
}

impl Snapshot for Watched {
    fn generation(&self) -> Generation {
        self.0.generation()
    }

    fn sequence(&self) -> u64 {
        self.0.sequence()
    }

    fn in_common(&self, index: u32) -> Option<Branch> {
        self.0.in_common(index)
    }

    fn entries(&self) -> u64 {
        self.0.entries()
    }

    fn forgotten(&self) -> u64 {
        self.0.forgotten()
    }

    fn rebuilt(&self) -> u32 {
        self.0.rebuilt()
    }

    fn doubt(&self, what: &str) -> ReadError {
        self.0.doubt(what)
    }

    fn statistics(&self) -> Result<Statistics, ReadError> {
        self.watch(Snapshot::statistics)
    }

    fn frequency(&self, term: &Term, stop: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        self.watch(|snapshot| snapshot.frequency(term, stop))
    }

    fn rank(
        &self,
        expression: &Expression,
        filter: &Filter,
        limit: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError> {
        self.watch(|snapshot| snapshot.rank(expression, filter, limit, stop))
    }

    fn candidates(
        &self,
        expression: &Expression,
        tokens: &[WeighedToken],
        filter: &Filter,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Ranking, ReadError> {
        self.watch(|snapshot| snapshot.candidates(expression, tokens, filter, count, stop))
    }

    fn token_statistics(&self, tokens: &[Token], stop: &Arc<AtomicBool>) -> Result<TokenStatistics, ReadError> {
        self.watch(|snapshot| snapshot.token_statistics(tokens, stop))
    }

    fn occurrences(
        &self,
        tokens: &[Token],
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Occurrences, ReadError> {
        self.watch(|snapshot| snapshot.occurrences(tokens, paragraphs, stop))
    }

    fn scores(
        &self,
        expression: &Expression,
        paragraphs: &[Address],
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<Option<f32>>, ReadError> {
        self.watch(|snapshot| snapshot.scores(expression, paragraphs, stop))
    }

    fn explain(
        &self,
        expression: &Expression,
        filter: &Filter,
        paragraph: Address,
        stop: &Arc<AtomicBool>,
    ) -> Result<Explanation, ReadError> {
        self.watch(|snapshot| snapshot.explain(expression, filter, paragraph, stop))
    }

    fn walk(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Option<Position>,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Walk>, ReadError> {
        Ok(Box::new(self.reading(self.watch(|snapshot| snapshot.walk(expression, filter, after, stop))?)))
    }

    fn removals(
        &self,
        expression: &Expression,
        filter: &Filter,
        after: Position,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn Removals>, ReadError> {
        Ok(Box::new(self.reading(self.watch(|snapshot| snapshot.removals(expression, filter, after, stop))?)))
    }

    fn count(
        &self,
        expression: &Expression,
        filter: &Filter,
        facets: &[FacetField],
        stop: &Arc<AtomicBool>,
    ) -> Result<Counts, ReadError> {
        self.watch(|snapshot| snapshot.count(expression, filter, facets, stop))
    }

    fn documents(
        &self,
        filter: &Filter,
        after: Option<u64>,
        count: usize,
        stop: &Arc<AtomicBool>,
    ) -> Result<Vec<DocumentRecord>, ReadError> {
        self.watch(|snapshot| snapshot.documents(filter, after, count, stop))
    }

    fn number_of_documents(&self, filter: &Filter, stop: &Arc<AtomicBool>) -> Result<u64, ReadError> {
        self.watch(|snapshot| snapshot.number_of_documents(filter, stop))
    }

    fn paragraphs(&self, addresses: &[Address]) -> Result<Vec<StoredParagraph>, ReadError> {
        self.watch(|snapshot| snapshot.paragraphs(addresses))
    }

    fn record(&self, paragraph: Address) -> Result<DocumentRecord, ReadError> {
        self.watch(|snapshot| snapshot.record(paragraph))
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(self.reading(self.0.reader()))
    }

    fn siblings(&self, address: Address, first: u32, count: u32) -> Result<Vec<Address>, ReadError> {
        self.watch(|snapshot| snapshot.siblings(address, first, count))
    }

    fn document(&self, id: &DocumentId) -> Result<Option<(Address, DocumentRecord)>, ReadError> {
        self.watch(|snapshot| snapshot.document(id))
    }

    fn layout(&self, record: Address) -> Result<Layout, ReadError> {
        self.watch(|snapshot| snapshot.layout(record))
    }

    fn documents_with_line(&self, line: SourceLine, count: usize) -> Result<Vec<DocumentId>, ReadError> {
        self.watch(|snapshot| snapshot.documents_with_line(line, count))
    }

    fn version(&self, id: &DocumentId) -> Result<Option<Version>, ReadError> {
        self.watch(|snapshot| snapshot.version(id))
    }
}

impl Reader for Reading<dyn Reader> {
    fn read(&mut self, address: Address) -> Result<(&Paragraph, DocumentView<'_>), ReadError> {
        let reader = &mut self.of;
        self.doubt.watch(move || reader.read(address))
    }
}

impl Walk for Reading<dyn Walk> {
    fn next(&mut self, count: usize, stop: &Arc<AtomicBool>) -> Result<Vec<(Position, Address)>, ReadError> {
        self.doubt.watch(|| self.of.next(count, stop))
    }
}

impl Removals for Reading<dyn Removals> {
    fn next(&mut self, count: usize, given: Given, stop: &Arc<AtomicBool>) -> Result<Vec<Removed>, ReadError> {
        self.doubt.watch(|| self.of.next(count, given, stop))
    }
}
