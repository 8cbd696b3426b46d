//! Whole streams, read to their end and held to the contract.

use std::cmp::Reverse;

use tonic::{Status, Streaming};
use xunzhang::rpc::proto::{
    ExportHeader, ExportResponse, ExportSummary, FinishReason, Hit, SearchHeader, SearchResponse, SearchSummary,
    TotalHits, export_response, search_response, total_hits::Relation,
};

use super::within;

/// The most hits of one message of a search.
const BATCH_HITS: usize = 32;
/// The same of an export.
pub(super) const EXPORT_BATCH_HITS: usize = 1_024;

/// A search, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) header: SearchHeader,
    pub(crate) hits: Vec<Hit>,
    pub(crate) summary: SearchSummary,
    /// After how many hits there is a token to go on with, and which.
    pub(crate) tokens: Vec<(usize, String)>,
}

/// An export, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    pub(crate) header: ExportHeader,
    pub(crate) hits: Vec<Hit>,
    /// The token of each batch, and how many hits there were behind it.
    pub(crate) tokens: Vec<(usize, String)>,
    pub(crate) summary: ExportSummary,
}

/// Paragraph ids, in order.
pub(crate) fn hit_ids(found: &Found) -> Vec<&str> {
    ids(&found.hits)
}

/// Paragraph ids, in order.
pub(crate) fn export_ids(exported: &Exported) -> Vec<&str> {
    ids(&exported.hits)
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.paragraph_id.as_str()).collect()
}

impl Found {
    /// Reads a stream: header first, batches, summary last.
    pub(crate) async fn read(stream: Streaming<SearchResponse>) -> Result<Self, Status> {
        Self::read_behind(&[], stream).await
    }

    /// Reads a stream that goes on behind some hits.
    pub(crate) async fn read_behind(head: &[Hit], mut stream: Streaming<SearchResponse>) -> Result<Self, Status> {
        use search_response::Event;
        let Some(Event::Header(header)) = next(&mut stream).await?.and_then(|message| message.event) else {
            panic!("a search begins with its header");
        };
        let (mut hits, mut tokens) = (Vec::new(), Vec::new());
        let summary = loop {
            match next(&mut stream).await?.and_then(|message| message.event) {
                Some(Event::Hits(batch)) => {
                    check_batch(&batch.hits, BATCH_HITS);
                    hits.extend(batch.hits);
                    assert!(batch.resume_token.len() <= 256);
                    tokens.push((hits.len(), batch.resume_token));
                }
                Some(Event::Summary(summary)) => break summary,
                other => panic!("after the header come hits and one summary, not {other:?}"),
            }
        };
        assert!(next(&mut stream).await?.is_none(), "nothing comes after the summary");
        let found = Self { header, hits, summary, tokens };
        found.check(head);
        Ok(found)
    }

    fn check(&self, head: &[Hit]) {
        let Self { header, hits, summary, tokens: _ } = self;
        assert!(!header.request_id.is_empty() && !header.generation.is_empty() && header.parsed.is_some());
        assert_eq!(summary.hits_sent as usize, hits.len());
        let hits = [head, hits].concat();
        let last = u32::try_from(hits.len()).expect("a search has at most 10,000 hits");
        let ranks: Vec<u32> = hits.iter().map(|hit| hit.rank).collect();
        assert_eq!(ranks, (1..=last).collect::<Vec<_>>(), "ranks count from 1, without gaps");
        if header.warnings.iter().all(|warning| warning.reason != "SNAPSHOT_CHANGED") {
            assert!(hits.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])), "{:?}", ids(&hits));
            check_end(summary.finish_reason(), summary.total_hits, &hits, header.effective_limit);
        }
        assert_eq!(summary.last_rank, last);
        assert!(last <= header.effective_limit);
        assert!(summary.timings.is_some());
        let is_cut = summary.finish_reason() == FinishReason::TimeBudget;
        assert_eq!(summary.diagnosis.is_some(), hits.is_empty() && !is_cut, "a diagnosis says why there is nothing");
    }

    /// What the summary says of how many there are.
    pub(crate) fn total(&self) -> (u64, Relation) {
        let total = self.summary.total_hits.expect("every summary has it");
        (total.value, total.relation())
    }
}

impl Exported {
    /// Reads a stream: header first, batches, summary last.
    pub(crate) async fn read(mut stream: Streaming<ExportResponse>) -> Result<Self, Status> {
        use export_response::Event;
        let Some(Event::Header(header)) = next(&mut stream).await?.and_then(|message| message.event) else {
            panic!("an export begins with its header");
        };
        let (mut hits, mut tokens) = (Vec::new(), Vec::new());
        let summary = loop {
            match next(&mut stream).await?.and_then(|message| message.event) {
                Some(Event::Hits(batch)) => {
                    check_batch(&batch.hits, EXPORT_BATCH_HITS);
                    assert!(!batch.resume_token.is_empty(), "every batch of an export can be gone on from");
                    tokens.push((hits.len() + batch.hits.len(), batch.resume_token));
                    hits.extend(batch.hits);
                }
                Some(Event::Summary(summary)) => break summary,
                other => panic!("after the header come hits and one summary, not {other:?}"),
            }
        };
        assert!(next(&mut stream).await?.is_none(), "nothing comes after the summary");
        let exported = Self { header, hits, tokens, summary };
        exported.check();
        Ok(exported)
    }

    fn check(&self) {
        let Self { header, hits, tokens: _, summary } = self;
        assert!(!header.request_id.is_empty() && !header.generation.is_empty() && header.parsed.is_some());
        assert!(hits.iter().all(|hit| hit.rank == 0 && hit.score.to_bits() == 0), "exports have no order of worth");
        let arrival = |hit: &Hit| (hit.sequence, hit.ordinal);
        assert!(hits.windows(2).all(|pair| arrival(&pair[0]) < arrival(&pair[1])), "{:?}", ids(hits));
        let total = summary.total_hits.expect("every summary has it");
        assert_eq!((summary.hits_sent, total.value), (hits.len() as u64, hits.len() as u64));
        assert_eq!(summary.finish_reason(), FinishReason::Exhausted);
    }
}

/// Each message has to come in time.
async fn next<T>(stream: &mut Streaming<T>) -> Result<Option<T>, Status> {
    within("the next message", stream.message()).await
}

fn check_batch(hits: &[Hit], most: usize) {
    assert!((1..=most).contains(&hits.len()), "{} hits in a batch", hits.len());
    for hit in hits {
        assert_eq!(hit.paragraph_id, format!("{}#{}", hit.document_id, hit.ordinal));
        assert!(hit.sequence > 0, "{hit:?}");
        assert!(hit.highlights.windows(2).all(|pair| pair[0].end <= pair[1].start), "{hit:?}");
        assert!(hit.highlights.iter().all(|range| range.start < range.end), "{hit:?}");
    }
}

/// The promised order, as a key that ascends: score down, newer date, then arrival. Scores are not negative, so that
/// their bits are ordered as they are; dates of different precision are ordered as text.
fn order(hit: &Hit) -> impl Ord {
    assert!(hit.score >= 0.0, "{hit:?}");
    (Reverse(hit.score.to_bits()), Reverse(hit.publish_date.clone()), hit.sequence, hit.ordinal)
}

fn check_end(finish_reason: FinishReason, total: Option<TotalHits>, hits: &[Hit], limit: u32) {
    let total = total.expect("every summary has it");
    let folded: u64 = hits.iter().map(|hit| u64::from(hit.folded_count)).sum();
    let sent = hits.len() as u64;
    match finish_reason {
        // Every match is a hit or folded into one; of those behind the first thousand, not all are counted.
        FinishReason::Exhausted if folded > 0 && total.value > 1_000 => {
            assert!(total.value >= sent + folded, "{total:?}");
        }
        FinishReason::Exhausted => assert_eq!((total.value, total.relation()), (sent + folded, Relation::Exact)),
        FinishReason::Limit => assert!(sent == u64::from(limit) && total.value >= sent + folded, "{total:?}"),
        FinishReason::TimeBudget => assert_eq!(total.relation(), Relation::AtLeast),
        FinishReason::Unspecified => panic!("never sent"),
    }
}
