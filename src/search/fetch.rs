//! Fetching the texts of matches, a few at a time.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use crate::{
    document::{DocumentId, ParagraphId},
    engine::{Address, DocumentRecord, Position, Ranked, ReadError, Snapshot, StoredParagraph},
    search::{BatchBound, Context, Hit, Neighbour, SearchError, highlight::Highlighter},
};

/// How many texts are fetched at once: paragraphs sent ready-made may be large.
const FETCHED_AT_ONCE: usize = 8;
/// How many documents' records are kept: hits of one stream often share a document.
const RECORDS_KEPT: usize = 64;

/// A match whose text is not fetched yet.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) rank: u32,
    pub(super) score: f32,
    pub(super) address: Address,
    /// Its near copies, in rank order.
    pub(super) folded: Vec<(Position, Address)>,
}

impl Found {
    /// A match that has no rank yet.
    pub(super) fn of(hit: &Ranked) -> Self {
        Self { rank: 0, score: hit.score, address: hit.address, folded: Vec::new() }
    }
}

/// What is sent with every hit of a stream.
pub(super) struct Extras {
    pub(super) context: Context,
    pub(super) highlighter: Highlighter,
    /// Whether near copies are named, not only counted.
    pub(super) names_folded: bool,
}

/// Fetches the texts of one stream from its snapshot.
pub(super) struct Fetcher {
    snapshot: Arc<dyn Snapshot>,
    extras: Extras,
    /// Of the documents met last, by sequence. Without their attributes, which hits do not tell and which may be long.
    records: HashMap<u64, Arc<DocumentRecord>>,
    /// Texts that are next. What goes with one is fetched when its turn comes: with neighbours it may be ten times as much.
    fetched: VecDeque<(Found, StoredParagraph)>,
    /// The next hit, if the last batch had no room for it.
    left: Option<Hit>,
}

impl Fetcher {
    pub(super) fn new(snapshot: Arc<dyn Snapshot>, extras: Extras) -> Self {
        Self { snapshot, extras, records: HashMap::new(), fetched: VecDeque::new(), left: None }
    }

    pub(super) fn snapshot(&self) -> &dyn Snapshot {
        self.snapshot.as_ref()
    }

    /// The snapshot, to be kept.
    pub(super) fn held(&self) -> &Arc<dyn Snapshot> {
        &self.snapshot
    }

    /// Whether all that was fetched was given.
    pub(super) fn is_empty(&self) -> bool {
        self.fetched.is_empty() && self.left.is_none()
    }

    /// The next hits, as many as the bound allows. `next` gives the next matches, at most so many; none at the end.
    pub(super) fn next_batch(
        &mut self,
        bound: BatchBound,
        stop: &Arc<AtomicBool>,
        mut next: impl FnMut(usize) -> Result<Vec<Found>, ReadError>,
    ) -> Result<Vec<Hit>, SearchError> {
        let mut batch: Vec<Hit> = Vec::new();
        let mut bytes = 0;
        while batch.len() < bound.hits {
            if stop.load(Relaxed) {
                // What is there is given, should anyone wait for it.
                return if batch.is_empty() { Err(ReadError::Stopped.into()) } else { Ok(batch) };
            }
            if self.is_empty() {
                self.fetch(next(FETCHED_AT_ONCE.min(bound.hits - batch.len()))?)?;
            }
            let Some(hit) = self.next_hit()? else { break };
            bytes += hit.view().bytes();
            if bytes > bound.bytes && !batch.is_empty() {
                self.left = Some(hit);
                break;
            }
            batch.push(hit);
        }
        Ok(batch)
    }

    fn fetch(&mut self, found: Vec<Found>) -> Result<(), ReadError> {
        let addresses: Vec<_> = found.iter().map(|found| found.address).collect();
        let texts = self.snapshot.paragraphs(&addresses)?;
        self.fetched.extend(found.into_iter().zip(texts));
        Ok(())
    }

    fn next_hit(&mut self) -> Result<Option<Hit>, ReadError> {
        match self.left.take() {
            None => self.fetched.pop_front().map(|(found, stored)| self.hit(&found, stored)).transpose(),
            left => Ok(left),
        }
    }

    fn hit(&mut self, found: &Found, stored: StoredParagraph) -> Result<Hit, ReadError> {
        let Context { before, after } = self.extras.context;
        let document = self.record(found.address, stored.position.sequence())?;
        let ordinal = ordinal(self.snapshot.as_ref(), stored.position)?;
        let first = ordinal.saturating_sub(before);
        Ok(Hit {
            rank: found.rank,
            score: found.score,
            id: ParagraphId { document: document.id.clone(), ordinal },
            before: self.beside(found.address, &document.id, first, ordinal - first)?,
            after: self.beside(found.address, &document.id, ordinal + 1, after)?,
            highlights: self.extras.highlighter.ranges(&stored.paragraph.text),
            paragraph: stored.paragraph,
            document,
            folded_count: u32::try_from(found.folded.len()).expect("near copies have ranks, which 32 bits count"),
            folded: if self.extras.names_folded { self.names(&found.folded)? } else { Vec::new() },
        })
    }

    fn names(&mut self, paragraphs: &[(Position, Address)]) -> Result<Vec<ParagraphId>, ReadError> {
        let name = |&(position, address): &(Position, Address)| {
            let document = self.record(address, position.sequence())?.id.clone();
            Ok(ParagraphId { document, ordinal: ordinal(self.snapshot.as_ref(), position)? })
        };
        paragraphs.iter().map(name).collect()
    }

    fn record(&mut self, address: Address, sequence: u64) -> Result<Arc<DocumentRecord>, ReadError> {
        if let Some(record) = self.records.get(&sequence) {
            return Ok(Arc::clone(record));
        }
        if self.records.len() >= RECORDS_KEPT {
            self.records.clear();
        }
        let mut record = self.snapshot.record(address)?;
        record.metadata.attributes.clear();
        let record = Arc::new(record);
        self.records.insert(sequence, Arc::clone(&record));
        Ok(record)
    }

    fn beside(
        &self,
        address: Address,
        document: &DocumentId,
        first: u32,
        count: u32,
    ) -> Result<Vec<Neighbour>, ReadError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        neighbours(self.snapshot.as_ref(), document, &self.snapshot.siblings(address, first, count)?)
    }
}

/// The paragraphs at these addresses, all of one document.
pub(super) fn neighbours(
    snapshot: &dyn Snapshot,
    document: &DocumentId,
    addresses: &[Address],
) -> Result<Vec<Neighbour>, ReadError> {
    let paragraphs = snapshot.paragraphs(addresses)?;
    paragraphs
        .into_iter()
        .map(|stored| {
            let id = ParagraphId { document: document.clone(), ordinal: ordinal(snapshot, stored.position)? };
            Ok(Neighbour { id, paragraph: stored.paragraph })
        })
        .collect()
}

/// The place of a paragraph in its document.
pub(super) fn ordinal(snapshot: &dyn Snapshot, position: Position) -> Result<u32, ReadError> {
    position.ordinal().ok_or_else(|| snapshot.doubt(&format!("{position:?} is a record, not a paragraph")))
}
