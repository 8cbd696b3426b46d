//! The text chain, step by step: bytes a second, and memory.
//!
//! Runs over the samples, or over the corpus that `XUNZHANG_BENCH_CORPUS` names (a folder or a file: `.txt`, `.md`,
//! `.jsonl`, `.jsonl.gz`), and over texts that are made to be slow: their time per byte has to stay near that of
//! ordinary ones. `max alloc` is the memory that a step takes beside its input.

#[path = "../examples/literal_recall/corpus.rs"]
mod corpus;

use std::{convert::Infallible, env, path::PathBuf, sync::LazyLock};

use divan::{AllocProfiler, Bencher, black_box, counter::BytesCount};
use xunzhang::{
    document::{Paragraph, read, split},
    text::{RepeatedLines, Segmenter, fold, for_each_gram, repair},
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let path = env::var_os("XUNZHANG_BENCH_CORPUS").map_or_else(|| PathBuf::from("samples"), PathBuf::from);
    let documents = corpus::documents(&path).expect("the corpus can be read");
    documents.into_iter().map(|(_, text)| text).collect()
});

/// A megabyte, as a goal means it.
const MB: usize = 1_000_000;
/// The largest document.
const LARGEST: usize = 16 << 20;

/// What the chain runs over.
const INPUTS: [&str; 15] = [
    "corpus",
    "no line break",
    "parentheses",
    "one character",
    "digits",
    "numbered lines",
    "glosses",
    "enumerations",
    "chapters",
    "contents",
    "named chapters",
    "short lines",
    "distinct lines",
    "articles",
    "deep headings",
];

fn main() {
    divan::main();
}

fn texts(input: &str) -> Vec<String> {
    match input {
        "corpus" => CORPUS.clone(),
        "no line break" => vec![repeated("各级各部门要结合实际抓好落实", 10 * MB)],
        "parentheses" => vec![repeated("(", MB)],
        "one character" => vec![repeated("党", MB)],
        "digits" => vec![repeated("1234567890", MB)],
        "numbered lines" => vec![lines(MB, |number| format!("{number}、\n"))],
        "glosses" => vec![repeated("强(qiáng)", MB)],
        "enumerations" => vec![repeated("一是抓落实；二是", MB)],
        "chapters" => vec![repeated("第一章\n", MB)],
        "contents" => vec![repeated("目录\n", MB)],
        "named chapters" => vec![repeated("第一章 总则........1\n", MB)],
        "short lines" => vec![repeated("第一章\n目录\n附则\n一、\n（一）\n", MB) + "完。"],
        "distinct lines" => vec![lines(MB, |number| format!("{number:x}甲\n"))],
        "articles" => vec![lines(MB, |number| format!("第{number}条\n"))],
        "deep headings" => vec![deep_headings(MB)],
        _ => panic!("there is no input `{input}`"),
    }
}

fn repeated(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// Lines that differ in their numbers.
fn lines(bytes: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 1.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&line(number));
    }
    text
}

/// Long headings of every kind, one under the other, and below the innermost many short paragraphs.
fn deep_headings(bytes: usize) -> String {
    let markers = ["# ", "## ", "### ", "#### ", "第一编 ", "第一章 ", "第一节 ", "一、", "（一）", "1.", "（1）"];
    let headings = markers.map(|marker| format!("{marker}{}\n", "抓落实".repeat(14)));
    let members = |number: usize| {
        let marker = if number.is_multiple_of(2) { "一是" } else { "二是" };
        format!("{marker}{}。\n", "抓落实".repeat(22))
    };
    headings.concat() + &lines(bytes, members)
}

/// From an original to its paragraphs, as the service does it.
fn cut(original: &str) -> Vec<Paragraph> {
    let nothing_repeats = |_: &str, _: &[_]| Ok::<_, Infallible>(RepeatedLines::default());
    let Ok(reading) = read(original, "", nothing_repeats);
    reading.paragraphs
}

/// Measures a step over texts.
fn measure(bencher: Bencher<'_, '_>, texts: &[String], step: impl Fn(&str) + Sync) {
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| texts.iter().for_each(|text| step(text)));
}

/// The paragraphs of texts, as the chain makes them.
fn paragraphs(input: &str) -> Vec<String> {
    texts(input).iter().flat_map(|original| cut(original)).map(|paragraph| paragraph.text).collect()
}

fn words(paragraph: &str) {
    SEGMENTER.for_each_word(paragraph, |word| {
        black_box(word);
    });
}

fn bigrams(paragraph: &str) {
    for_each_gram(paragraph, |gram, position| {
        black_box((gram, position));
    });
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn step_1_repair(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &texts(input), |text| drop(black_box(repair(text, &RepeatedLines::default()))));
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn step_2_split(bencher: Bencher<'_, '_>, input: &str) {
    let repaired = |text: &String| repair(text, &RepeatedLines::default()).text().to_owned();
    let repaired: Vec<String> = texts(input).iter().map(repaired).collect();
    measure(bencher, &repaired, |text| drop(black_box(split(text, None))));
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn step_3_fold(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &paragraphs(input), |text| drop(black_box(fold(text))));
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn step_4_words(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &paragraphs(input), words);
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn step_5_bigrams(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &paragraphs(input), bigrams);
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn through_repair_split_fold(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &texts(input), |text| {
        for paragraph in cut(text) {
            black_box(fold(&paragraph.text));
        }
    });
}

#[divan::bench(args = INPUTS, max_time = 5)]
fn whole_chain(bencher: Bencher<'_, '_>, input: &str) {
    measure(bencher, &texts(input), chain);
}

/// One document of the largest size: the whole chain, for its memory.
#[divan::bench(args = INPUTS, max_time = 5)]
fn whole_chain_over_16_mib(bencher: Bencher<'_, '_>, input: &str) {
    let texts = texts(input).concat();
    let mut text = texts.repeat(LARGEST.div_ceil(texts.len()));
    text.truncate(text.floor_char_boundary(LARGEST));
    measure(bencher, &[text], chain);
}

fn chain(text: &str) {
    for paragraph in cut(text) {
        words(&paragraph.text);
        bigrams(&paragraph.text);
    }
}
