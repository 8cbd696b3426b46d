//! Compares the service with the bare engine on one corpus, side by side in one run.
//!
//! ```text
//! cargo run --release --example bare_engine -- --bare RAWTV --documents DOCS.jsonl.gz --queries QUERIES.jsonl
//! ```
//!
//! RAWTV is a program that does in its own process, with tantivy and jieba-rs alone, what the service does behind gRPC:
//! `RAWTV both CORPUS DIR THREADS MB` and `RAWTV index search CORPUS DIR THREADS MB 1` write an index, `RAWTV query
//! search DIR QUERIES QUERIES REPEAT` asks it; each prints its figures as JSON lines. The service is the `xunzhang`
//! beside this program (`cargo build --release` makes it), with its settings as they are by default.
//!
//! Documents are imported whole for the rows about writing; for those about reading, every line that is not empty is a
//! paragraph of its own, for both. Where words are filtered or required, the engine is asked in this program, on the
//! service's own index, with the trees that `Explain` says the service looks for. Rounds alternate between the two; of each figure the median is taken. Times on a
//! machine that others use mean little: read the ratios.

mod bare;
mod corpus;
mod same_tree;
mod service;
mod table;

use std::path::PathBuf;

use clap::Parser;
use tempfile::TempDir;

use crate::{
    bare::{Bare, Read},
    same_tree::{Rate, SameTree},
    service::Service,
    table::{Row, median, print},
};

/// Compares the service with the bare engine.
#[derive(Parser)]
struct Arguments {
    /// The program that uses the engine alone.
    #[arg(long)]
    bare: PathBuf,
    /// Documents as JSON lines, gzipped.
    #[arg(long)]
    documents: PathBuf,
    /// Queries as JSON lines with `qid`, `kind` and `q`; kinds are term, words, question and phrase.
    #[arg(long)]
    queries: PathBuf,
    /// How often each side is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How often each query is asked in a round.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

/// What was measured, a figure a round.
#[derive(Default)]
struct Writing {
    bare_mb_s: Vec<f64>,
    service_mb_s: Vec<f64>,
    index_ratio: Vec<f64>,
    start_s: Vec<f64>,
    rest_mib: Vec<f64>,
}

/// What was measured, a figure a round.
#[derive(Default)]
struct Reading {
    bare: Vec<Read>,
    one: Vec<service::Load>,
    eight: Vec<service::Load>,
    questions: Vec<service::Load>,
    filtered: Vec<Rate>,
    all_words: Vec<Rate>,
    first_word: Vec<Rate>,
    phrases: Vec<service::Load>,
    export: Vec<service::Load>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let scratch = TempDir::new()?;
    let lines = scratch.path().join("corpus.jsonl");
    let text_bytes = corpus::write_lines(&arguments.documents, &lines)?;
    let bare = Bare { program: &arguments.bare, corpus: &lines };

    let mut writing = Writing::default();
    for round in 0..arguments.rounds {
        writing.bare_mb_s.push(bare.write_everything(&scratch.path().join("both"))?);
        let data = scratch.path().join(format!("data-{round}"));
        let mut service = Service::start(&data)?;
        writing.service_mb_s.push(service.import(&arguments.documents, &[], text_bytes)?);
        writing.index_ratio.push(service.disk_bytes()? / table::float(text_bytes));
        service.stop()?;
        let service = Service::start(&data)?;
        writing.start_s.push(service.started_in.as_secs_f64());
        writing.rest_mib.push(service.anonymous_mib()?);
        service.stop()?;
        std::fs::remove_dir_all(&data)?;
    }

    let index = scratch.path().join("search");
    bare.write_for_reading(&index)?;
    let data = scratch.path().join("data");
    let mut service = Service::start(&data)?;
    service.import(&lines, &["--ready-made"], text_bytes)?;
    service.settle()?;
    let same_tree = SameTree::open(&data)?;
    let [filtered, all_words, first_word] = same_tree.asked(&service, &arguments.queries, scratch.path())?;
    let mut reading = Reading::default();
    for _ in 0..arguments.rounds {
        let load = |flags: &[&str]| service.load(&arguments.queries, arguments.repeat, flags);
        reading.bare.push(bare.read(&index, &arguments.queries, arguments.repeat)?);
        reading.one.push(load(&[])?);
        reading.eight.push(load(&["--clients", "8"])?);
        reading.questions.push(load(&["--kind", "question"])?);
        let compare = |asked| same_tree.compare(&service, asked, arguments.repeat);
        reading.filtered.push(compare(&filtered)?);
        reading.all_words.push(compare(&all_words)?);
        reading.first_word.push(compare(&first_word)?);
        reading.phrases.push(load(&["--kind", "phrase"])?);
        reading.export.push(load(&["--kind", "term", "--export"])?);
    }
    service.stop()?;
    print(&rows(&writing, &reading))
}

/// The table, row by row.
fn rows(writing: &Writing, reading: &Reading) -> Vec<Row> {
    let bare = |figure: fn(&Read) -> f64| median(reading.bare.iter().map(figure));
    let of = |loads: &[service::Load], figure: fn(&service::Load) -> f64| median(loads.iter().map(figure));
    let same_tree = |what, rates: &[Rate]| {
        let of = |figure: fn(&Rate) -> f64| median(rates.iter().map(figure));
        Row::at_least(what, of(|rate| rate.bare), of(|rate| rate.service), 0.8)
    };
    vec![
        Row::at_least("import, MB/s", median_of(&writing.bare_mb_s), median_of(&writing.service_mb_s), 0.7),
        Row::bound("index, times the text", median_of(&writing.index_ratio), 2.0),
        Row::bound("start, s", median_of(&writing.start_s), 1.0),
        Row::bound("memory at rest, MiB anonymous", median_of(&writing.rest_mib), 200.0),
        Row::slower_by("search, p50 ms", bare(|read| read.p50_ms), of(&reading.one, |load| load.best_p50_ms), 0.15),
        Row::at_least(
            "search, one client, queries/s",
            bare(|read| read.qps),
            of(&reading.one, |load| load.best_qps),
            1.0,
        ),
        Row::at_least(
            "search, eight clients, queries/s",
            bare(|read| read.qps),
            of(&reading.eight, |load| load.qps),
            1.8,
        ),
        Row::at_most(
            "questions, p99 ms",
            bare(|read| read.questions_p99_ms),
            of(&reading.questions, |load| load.best_p99_ms),
            0.45,
        ),
        same_tree("same tree, filtered, queries/s", &reading.filtered),
        same_tree("same tree, all words required, queries/s", &reading.all_words),
        same_tree("same tree, first word required, queries/s", &reading.first_word),
        Row::bound("quoted phrase, p50 ms", of(&reading.phrases, |load| load.best_p50_ms), 0.15),
        Row::floor("export, paragraphs/s", of(&reading.export, |load| load.paragraphs_per_s), 500_000.0),
    ]
}

fn median_of(figures: &[f64]) -> f64 {
    median(figures.iter().copied())
}
