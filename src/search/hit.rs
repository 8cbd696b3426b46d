//! Hits, and how their texts are fetched.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    document::{DocumentId, Paragraph, ParagraphId},
    engine::{Address, DocumentRecord, ReadError, Snapshot, StoredParagraph},
    search::SearchError,
};

/// How many texts are fetched before the bound is looked at again: paragraphs sent ready-made may be large.
const FETCHED_AT_ONCE: usize = 8;

/// How much a batch may carry: it ends at whichever comes first, but has at least one hit if there is one.
#[derive(Clone, Copy, Debug)]
pub struct BatchBound {
    /// Hits.
    pub hits: usize,
    /// Bytes of text.
    pub text_bytes: usize,
}

/// Neighbours of the same document to fetch with each hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Paragraphs before it.
    pub before: u32,
    /// Paragraphs after it.
    pub after: u32,
}

/// A paragraph that matches.
#[derive(Clone, Debug)]
pub struct Hit {
    /// From 1; 0 in an export.
    pub rank: u32,
    /// 0 in an export.
    pub score: f32,
    /// The paragraph.
    pub id: ParagraphId,
    /// What it says and where it stands.
    pub paragraph: Paragraph,
    /// Its document.
    pub document: Arc<DocumentRecord>,
    /// The paragraphs before it, in document order.
    pub before: Vec<Neighbour>,
    /// The paragraphs after it, in document order.
    pub after: Vec<Neighbour>,
}

/// A paragraph beside a hit, or of a document that is read.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The paragraph.
    pub id: ParagraphId,
    /// What it says and where it stands.
    pub paragraph: Paragraph,
}

/// A match whose text is not fetched yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) rank: u32,
    pub(super) score: f32,
    pub(super) address: Address,
}

/// Fetches the first of `found`, as many as the bound allows.
pub(super) fn fetch(
    snapshot: &dyn Snapshot,
    found: &[Found],
    bound: BatchBound,
    context: Context,
    stop: &AtomicBool,
) -> Result<Vec<Hit>, SearchError> {
    let mut batch = Vec::with_capacity(bound.hits.min(found.len()));
    let mut bytes = 0;
    for part in found[..bound.hits.min(found.len())].chunks(FETCHED_AT_ONCE) {
        if stop.load(Relaxed) {
            return Err(ReadError::Stopped.into());
        }
        for hit in fetch_all(snapshot, part, context)? {
            let hit_bytes = text_bytes(&hit);
            if !batch.is_empty() && bytes + hit_bytes > bound.text_bytes {
                return Ok(batch);
            }
            bytes += hit_bytes;
            batch.push(hit);
        }
    }
    Ok(batch)
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
            Ok(Neighbour {
                id: ParagraphId { document: document.clone(), ordinal: ordinal(&stored)? },
                paragraph: stored.paragraph,
            })
        })
        .collect()
}

fn fetch_all(snapshot: &dyn Snapshot, found: &[Found], context: Context) -> Result<Vec<Hit>, ReadError> {
    let addresses: Vec<_> = found.iter().map(|hit| hit.address).collect();
    let paragraphs = snapshot.paragraphs(&addresses)?;
    let records = snapshot.records(&addresses)?;
    found
        .iter()
        .zip(paragraphs)
        .zip(records)
        .map(|((found, stored), document)| {
            let ordinal = ordinal(&stored)?;
            let first = ordinal.saturating_sub(context.before);
            let beside = |first, count| -> Result<Vec<Neighbour>, ReadError> {
                if count == 0 {
                    return Ok(Vec::new());
                }
                neighbours(snapshot, &document.id, &snapshot.siblings(found.address, first, count)?)
            };
            Ok(Hit {
                rank: found.rank,
                score: found.score,
                id: ParagraphId { document: document.id.clone(), ordinal },
                before: beside(first, ordinal - first)?,
                after: beside(ordinal + 1, context.after)?,
                paragraph: stored.paragraph,
                document,
            })
        })
        .collect()
}

fn text_bytes(hit: &Hit) -> usize {
    let beside = hit.before.iter().chain(&hit.after).map(|neighbour| neighbour.paragraph.text.len());
    hit.paragraph.text.len() + beside.sum::<usize>()
}

fn ordinal(stored: &StoredParagraph) -> Result<u32, ReadError> {
    stored
        .position
        .ordinal()
        .ok_or_else(|| ReadError::Corrupt(format!("{:?} is a record, not a paragraph", stored.position)))
}
