//! How documents fall into paragraphs, as it was checked by reading.
//!
//! The files in `golden/` are what is expected; `UPDATE_EXPECT=1` writes them anew, and whoever does that reads the
//! difference. Ours are written out. Of documents that others wrote only places, lengths and hashes are kept.

use std::{
    convert::Infallible,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect_file;
use xunzhang::{
    document::{Paragraph, read},
    text::RepeatedLines,
};

/// The paragraphs of a file that is nothing but its text.
fn paragraphs(path: &Path) -> Vec<Paragraph> {
    let nothing_repeats = |_: &str, _: &[_]| Ok::<_, Infallible>(RepeatedLines::default());
    let Ok(reading) = read(&fs::read_to_string(path).expect("it is a text"), "", nothing_repeats);
    reading.paragraphs
}

/// The texts of a folder, in order.
fn texts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_text = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt" || extension == "md");
    let mut texts: Vec<PathBuf> = files.filter(is_text).collect();
    texts.sort_unstable();
    texts
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8")
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name)
}

#[test]
fn our_samples_fall_into_the_paragraphs_that_were_read() {
    let samples = texts("samples");
    assert!(samples.len() > 5, "{samples:?}");
    for sample in samples {
        let mut written = String::new();
        for (ordinal, paragraph) in paragraphs(&sample).iter().enumerate() {
            let Paragraph { text, heading_path, .. } = paragraph;
            let characters = text.chars().count();
            writeln!(written, "#{ordinal} · {characters} · {}\n{text}\n", heading_path.join(" › ")).unwrap();
        }
        expect_file![golden(&format!("{}.txt", stem(&sample)))].assert_eq(&written);
    }
}

#[test]
fn real_documents_fall_into_the_paragraphs_that_were_read() {
    let seeds = texts("../shared/seeds");
    if seeds.is_empty() {
        eprintln!("skipped: there are no texts in ../shared/seeds");
        return;
    }
    for seed in seeds {
        let mut written = "# bytes of the original, pieces, characters, text › headings as hashes\n".to_owned();
        for Paragraph { text, heading_path, source_ranges } in paragraphs(&seed) {
            let (first, last) = (source_ranges.first().unwrap(), source_ranges.last().unwrap());
            let (pieces, characters) = (source_ranges.len(), text.chars().count());
            let parts = [&*text].into_iter().chain(heading_path.iter().map(|heading| &**heading));
            let hashes: Vec<String> = parts.map(short_hash).collect();
            let hashes = hashes.join(" › ");
            writeln!(written, "{}..{} {pieces} {characters} {hashes}", first.start, last.end).unwrap();
        }
        expect_file![golden(&format!("seed-{}.txt", &stem(&seed)[..3]))].assert_eq(&written);
    }
}

/// Tells texts apart, and tells nothing of them.
fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..8].to_owned()
}
