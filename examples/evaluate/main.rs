//! Measures how well a ranking finds what people marked as relevant, and compares settings.
//!
//! ```text
//! cargo run --release --example evaluate -- CORPUS QUERIES QRELS [--candidates 0,200]
//! ```
//!
//! CORPUS is JSON lines, `.jsonl` or `.jsonl.gz`: `{"id","title","text"}`, each a document of one paragraph. QUERIES is
//! `id<TAB>text`; QRELS is `query id<TAB>document id<TAB>grade`, or TREC's four columns. The index is made once, in
//! memory of the process alone, and asked without a service around it.
//!
//! For each number of candidates (0: the first stage alone) it prints nDCG@10, MRR@10, Recall@10 and Recall@100, each a
//! mean over the queries with a judgement, with the interval that holds 95 % of 1,000 bootstrap draws; then what the
//! others differ by from the first, query by query.

mod collection;
mod measure;

use std::{
    io::Write as _,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use anyhow::Context as _;
use clap::Parser;
use xunzhang::{
    engine::{Engine, tantivy::TantivyEngine},
    query::{Filter, MatchMode, parse, prose},
    search::{BatchBound, Context, NearCopies, RankRequest, Rescoring, Searcher},
    text::Segmenter,
};

use crate::measure::{Judgements, METRICS, Scores};

/// Measures how well a ranking finds what people marked as relevant.
#[derive(Parser)]
struct Arguments {
    /// Passages, `.jsonl` or `.jsonl.gz`.
    corpus: PathBuf,
    /// Queries, `id<TAB>text`.
    queries: PathBuf,
    /// Judgements, `query<TAB>document<TAB>grade`.
    qrels: PathBuf,
    /// Numbers of candidates that the second stage looks at; the first of them is what the others are compared with.
    #[arg(long, value_delimiter = ',', default_value = "0,200")]
    candidates: Vec<usize>,
    /// Keeps the index in this directory, or takes the one that is there. By default a temporary one is made.
    #[arg(long)]
    index: Option<PathBuf>,
    /// Hits of each query that are looked at.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Looks for words as they stand, not for other names of the same thing.
    #[arg(long)]
    no_synonyms: bool,
    /// Takes the queries as prose: what is quoted is wanted and not required, and signs mean nothing.
    #[arg(long)]
    prose: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let directory = arguments.index.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(directory)?;
    let segmenter = Segmenter::new();
    let engine: Arc<dyn Engine> = Arc::new(TantivyEngine::open(directory, &segmenter)?);
    if engine.snapshot().statistics()?.paragraphs == 0 {
        collection::index(&arguments.corpus, engine.as_ref())?;
    }
    let judgements = Judgements::read(&arguments.qrels)?;
    let queries = collection::queries(&arguments.queries)?;
    let mut baseline: Option<Scores<'_>> = None;
    for &candidates in &arguments.candidates {
        let searcher = Searcher::new(Arc::clone(&engine), segmenter.clone()).rescoring(Rescoring { candidates });
        let started = Instant::now();
        let mut scores = Scores::new(&judgements);
        for (id, text) in queries.iter().filter(|(id, _)| judgements.has(id)) {
            let query = if arguments.prose { prose(text) } else { parse(text).query };
            let query = searcher.understood(query, !arguments.no_synonyms);
            scores.add(id, &search(&searcher, query, arguments.limit).with_context(|| format!("for `{text}`"))?);
        }
        say(&format!("candidates {candidates:>4}  {} queries in {:.1?}", queries.len(), started.elapsed()))?;
        for (metric, name) in METRICS.iter().enumerate() {
            let difference = baseline.as_ref().map(|baseline| scores.difference(baseline, metric));
            let difference = difference.map_or_else(String::new, |by| format!("   against the first {by}"));
            say(&format!("  {name:<11}{}{difference}", scores.interval(metric)))?;
        }
        baseline.get_or_insert(scores);
    }
    Ok(())
}

/// The ids of the documents found, best first.
fn search(searcher: &Searcher, query: xunzhang::query::Query, limit: usize) -> anyhow::Result<Vec<String>> {
    let never = Arc::new(AtomicBool::new(false));
    let request = RankRequest {
        query,
        mode: MatchMode::Any,
        filter: Filter::default(),
        limit,
        context: Context::default(),
        near_copies: NearCopies::Kept,
        min_generation: None,
        resume: None,
    };
    let mut ranked = searcher.rank(&request, &never)?;
    let mut found = Vec::new();
    loop {
        let hits = ranked.next_batch(BatchBound { hits: limit, bytes: usize::MAX }, &never)?;
        if hits.is_empty() {
            return Ok(found);
        }
        found.extend(hits.iter().map(|hit| hit.document.id.to_string()));
    }
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
