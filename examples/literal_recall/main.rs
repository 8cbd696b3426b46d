//! Measures the literal law on real documents: does a quoted query find every paragraph that has its characters, and
//! nothing else?
//!
//! ```text
//! cargo run --release --example literal_recall -- FILE_OR_FOLDER…
//! ```
//!
//! Each argument is a corpus (`.txt`, `.md`, `.jsonl`, `.jsonl.gz`, or a folder of these) and is brought into a
//! service of its own in a temporary directory. Substrings of its paragraphs, drawn at random and changed as people
//! and other documents change them, are asked for in quotation marks. What has to be found is known from a scan that
//! shares no code with the service but the fold table. Prints figures per corpus and kind; exits 1 on any miss, on any
//! hit without the characters, and where the original cut by a paragraph's source ranges is not its text.

mod ask;
mod corpus;
mod draw;
mod law;
mod narrow;
mod scan;
mod service;

use std::{collections::HashMap, io::Write as _, ops::Range, path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use fastrand::Rng;
use xunzhang::rpc::proto::Hit;

use crate::{
    ask::{Tally, ask},
    draw::{Kind, draw},
    law::Law,
    narrow::narrow,
    service::{Client, Service},
};

/// Measures the literal law on real documents.
#[derive(Parser)]
struct Arguments {
    /// Corpora: .txt, .md, .jsonl and .jsonl.gz files, or folders of them.
    #[arg(required = true)]
    corpora: Vec<PathBuf>,
    /// Quoted queries of 2 to 12 letters and digits for each corpus.
    #[arg(long, default_value_t = 20_000)]
    queries: usize,
    /// Queries of a single character for each corpus.
    #[arg(long, default_value_t = 200)]
    characters: usize,
    /// Makes the same draw again. By default a new one, which is printed.
    #[arg(long)]
    seed: Option<u64>,
}

/// A paragraph as the service has it.
pub(crate) struct Paragraph {
    id: String,
    text: String,
    source_ranges: Vec<Range<usize>>,
    /// The string of the literal law, by this program's own reading of it.
    searchable: String,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    say(&format!("seed {seed}"))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut holds = true;
    for corpus in &arguments.corpora {
        // Each corpus begins with the seed, so that it can be drawn again without the others.
        let measured = runtime.block_on(measure(corpus.clone(), &arguments, Rng::with_seed(seed)));
        holds &= measured.with_context(|| format!("in {}", corpus.display()))?;
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures one corpus; says whether the law holds on it.
async fn measure(corpus: PathBuf, arguments: &Arguments, mut rng: Rng) -> anyhow::Result<bool> {
    let started = Instant::now();
    let law = Law::read();
    let originals: HashMap<String, String> = corpus::documents(&corpus)?.into_iter().collect();
    let service = Service::start(&corpus).await?;
    let paragraphs = read_back(&service.client, &law).await?;
    ensure!(!paragraphs.is_empty(), "there is nothing to search");
    let imported = started.elapsed();

    let misplaced = paragraphs.iter().filter(|paragraph| !is_in_place(paragraph, &originals)).count();
    let mut questions = draw(&paragraphs, &law, arguments.queries, &mut rng);
    questions.extend(draw::characters(&paragraphs, arguments.characters, &mut rng));
    let expected = narrow(&paragraphs, &mut questions, &law);
    let answered = ask(&service.client, &paragraphs, &questions, &expected).await?;

    let bytes: usize = originals.values().map(String::len).sum();
    let holds = report(&answered)? && misplaced == 0;
    say(&format!(
        "{}: {} texts, {bytes} bytes, {} paragraphs, {misplaced} of them not where they say; import {imported:.1?}, \
         in all {:.1?}\n",
        corpus.display(),
        originals.len(),
        paragraphs.len(),
        started.elapsed(),
    ))?;
    Ok(holds)
}

/// Every paragraph, in order of arrival.
async fn read_back(client: &Client, law: &Law) -> anyhow::Result<Vec<Paragraph>> {
    let paragraph = |hit: Hit| Paragraph {
        id: hit.paragraph_id,
        searchable: law.searchable(&hit.text),
        text: hit.text,
        source_ranges: hit.source_ranges.iter().map(|range| range.start as usize..range.end as usize).collect(),
    };
    Ok(client.export(&[]).await?.into_iter().map(paragraph).collect())
}

/// Whether the original, cut by the paragraph's source ranges, is its text. What was split already has no original.
fn is_in_place(paragraph: &Paragraph, originals: &HashMap<String, String>) -> bool {
    let Paragraph { id, text, source_ranges, .. } = paragraph;
    let Some(original) = id.rsplit_once('#').and_then(|(document, _)| originals.get(document)) else {
        return source_ranges.is_empty();
    };
    let parts = source_ranges.iter().map(|range| original.get(range.clone()));
    parts.collect::<Option<String>>().as_ref() == Some(text)
}

/// Prints the figures of each kind; says whether there is no miss and no false hit.
fn report(answered: &ask::Answered) -> anyhow::Result<bool> {
    say("kind             asked   found    matches  missed  false  altered")?;
    for kind in Kind::ALL {
        let Tally { asked, found, matches, missed, foreign, altered } = answered.tallies[kind as usize];
        say(&format!("{:<14}{asked:>8}{found:>8}{matches:>11}{missed:>8}{foreign:>7}{altered:>9}", kind.name()))?;
    }
    for failure in &answered.failures {
        say(failure)?;
    }
    Ok(answered.tallies.iter().all(Tally::holds))
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
