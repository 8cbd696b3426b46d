//! Measures whether short queries find words, or characters that happen to meet: 人才 is in 个人才能, too.
//!
//! ```text
//! cargo run --release --example short_queries -- draw FILE… > queries.tsv
//! xunzhang search --queries queries.tsv --format jsonl --limit 10 > hits.jsonl       (the files imported before)
//! cargo run --release --example short_queries -- judge queries.tsv hits.jsonl [--cut words.jsonl]
//! ```
//!
//! FILE is JSON lines with a `text` (`.jsonl`, `.jsonl.gz`), or plain text. Words are cut by ICU's dictionary, which
//! has nothing in common with the service's, and by the service's own: either is wrong at times (ICU sees 税收 in
//! 非税收入), so that queries are drawn where they agree. A query is a word of two to four Han characters that some
//! lines have as a word and others only across the boundary of two; which are drawn is left to chance, always the same.
//!
//! `judge` prints what share of the first ten hits has the query as a word, by ICU alone and by at least one of the two,
//! a mean over the queries. Hits whose text does not have the characters, but whose title does, are left out. With
//! `--cut` a third judge has a say, any segmenter: for each line of the hits, the words of its text as a JSON array of
//! strings. A hit is then also judged by this one alone, and by at least one of it and ICU: both know nothing of the
//! service's dictionary, and what neither sees as a word is none. THULAC, for example:
//!
//! ```text
//! import json, sys, thulac
//! cutter = thulac.thulac(seg_only=True)
//! for line in sys.stdin:
//!     lines = json.loads(line)["text"].splitlines()
//!     print(json.dumps([word for text in lines for word, _ in cutter.cut(text)]))
//! ```

mod cut;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{BufRead, BufReader, Read, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use fastrand::Rng;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::cut::{Cut, Cutter, Sight};

/// Lines that have to have a query as a word, so that ten right hits can be, and lines that have it by accident only.
const LEAST_LINES: usize = 10;
/// Hits that are looked at.
const HITS: usize = 10;

/// Measures whether short queries find words.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Draws queries from texts.
    Draw {
        /// JSON lines or plain text.
        files: Vec<PathBuf>,
        /// How many at most.
        #[arg(long, default_value_t = 200)]
        queries: usize,
    },
    /// Judges what was found for them.
    Judge {
        /// The queries, `id<TAB>word`.
        queries: PathBuf,
        /// Hits as `search --queries … --format jsonl` prints them.
        hits: PathBuf,
        /// Their words as another segmenter sees them, a JSON array a line.
        #[arg(long)]
        cut: Option<PathBuf>,
    },
}

/// A line of a file of documents.
#[derive(Deserialize)]
struct Document {
    text: String,
}

/// A line of a file of hits.
#[derive(Deserialize)]
struct Hit {
    qid: String,
    rank: usize,
    text: String,
}

/// Whether a hit has its query as a word.
struct Judged {
    by_icu: bool,
    by_own: bool,
    /// By the third judge; never without one.
    by_third: bool,
}

fn main() -> anyhow::Result<()> {
    let cutter = Cutter::new();
    match Arguments::parse().command {
        Command::Draw { files, queries } => {
            for (number, word) in (1..).zip(draw(&files, queries, &cutter)?) {
                say(&format!("s{number:04}\t{word}"))?;
            }
        }
        Command::Judge { queries, hits, cut } => {
            say(&judge(&read_queries(&queries)?, &hits, cut.as_deref(), &cutter)?)?;
        }
    }
    Ok(())
}

/// Words that some lines have as words and others by accident only.
fn draw(files: &[PathBuf], count: usize, cutter: &Cutter) -> anyhow::Result<Vec<String>> {
    let mut words: HashMap<String, usize> = HashMap::new();
    for_each_line(files, |line| {
        let cut = cutter.cut(line);
        let known: HashSet<_> = cut.words().filter(|word| cut.is_own(word)).map(str::to_owned).collect();
        for word in known {
            *words.entry(word).or_default() += 1;
        }
    })?;
    words.retain(|_, lines| *lines >= LEAST_LINES);
    let mut accidents: HashMap<String, usize> = HashMap::new();
    for_each_line(files, |line| {
        let cut = cutter.cut(line);
        let is_accident = |met: &str| !cut.is_own(met) && cut.sight(met) == Sight::Accident;
        let met = cut.accidents().filter(|met| words.contains_key(*met) && is_accident(met));
        let met: HashSet<_> = met.map(str::to_owned).collect();
        for met in met {
            *accidents.entry(met).or_default() += 1;
        }
    })?;
    let lines = accidents.into_iter().filter(|(_, lines)| *lines >= LEAST_LINES);
    let mut drawn: Vec<_> = lines.map(|(word, _)| word).collect();
    drawn.sort_unstable();
    Rng::with_seed(7).shuffle(&mut drawn);
    drawn.truncate(count);
    Ok(drawn)
}

/// What share of the hits is right.
fn judge(
    queries: &BTreeMap<String, String>,
    hits: &Path,
    cut: Option<&Path>,
    cutter: &Cutter,
) -> anyhow::Result<String> {
    let mut judged: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    let mut third = cut.map(lines).transpose()?;
    for line in lines(hits)? {
        let Hit { qid, rank, text } = serde_json::from_str(&line?).context("a line of the hits")?;
        let words =
            third.as_mut().map(|lines| lines.next().context("fewer lines of words than hits")?.context("words"));
        let Some((id, word)) = queries.get_key_value(&qid) else {
            words.transpose()?;
            continue;
        };
        let words: Option<Vec<String>> =
            words.transpose()?.map(|words| serde_json::from_str(&words)).transpose().context("a line of words")?;
        let cut = cutter.cut(&text);
        let sight = cut.sight(word);
        if rank <= HITS && sight != Sight::Absent {
            let by_third = words.is_some_and(|words| Cut::of(&words).sight(word) > Sight::Accident);
            let by_icu = sight > Sight::Accident;
            judged.entry(id).or_default().push(Judged { by_icu, by_own: cut.is_own(word), by_third });
        }
    }
    let mean = |is_word: fn(&Judged) -> bool| {
        let share = |hits: &Vec<Judged>| number(hits.iter().filter(|hit| is_word(hit)).count()) / number(hits.len());
        judged.values().map(share).sum::<f64>() / number(judged.len())
    };
    let mut said = format!(
        "{} of {} queries judged; as words {:.3} by ICU, {:.3} by ICU or the service",
        judged.len(),
        queries.len(),
        mean(|hit| hit.by_icu),
        mean(|hit| hit.by_icu || hit.by_own),
    );
    if third.is_some() {
        let (alone, either) = (mean(|hit| hit.by_third), mean(|hit| hit.by_third || hit.by_icu));
        let third = format!(", {alone:.3} by the third judge, {either:.3} by it or ICU");
        said.push_str(&third);
    }
    Ok(said)
}

fn read_queries(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let query = |line: std::io::Result<String>| {
        let line = line?;
        let (id, word) = line.split_once('\t').with_context(|| format!("no tab in `{line}`"))?;
        Ok((id.to_owned(), word.to_owned()))
    };
    lines(path)?.map(query).collect()
}

/// Visits every line of every text.
fn for_each_line(files: &[PathBuf], mut visit: impl FnMut(&str)) -> anyhow::Result<()> {
    for file in files {
        let is_json = file.to_string_lossy().contains(".jsonl");
        for line in lines(file)? {
            let line = line?;
            if is_json {
                let Document { text } = serde_json::from_str(&line).context("a line of documents")?;
                text.lines().for_each(&mut visit);
            } else {
                visit(&line);
            }
        }
    }
    Ok(())
}

/// The lines of a file, unpacked.
fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::new(reader).lines())
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn number(count: usize) -> f64 {
    count as f64
}
