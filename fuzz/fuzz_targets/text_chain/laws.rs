//! What holds for every text that goes through the chain. Shared with the tests, which run it on what fuzzing found.

use std::{ops::Range, sync::LazyLock};

use xunzhang::{
    document::{Section, recognize, split},
    text::{Repaired, RepeatedLines, Segmenter, fold, for_each_gram, is_searchable, repair, searchable},
};

/// The most characters of a paragraph, of a heading and of an indexed word.
const MAX_PARAGRAPH: usize = 1_000;
const MAX_HEADING: usize = 100;
const MAX_WORD: usize = 64;

// Costs a fifth of a second to make, so once for all texts.
static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

/// Sends a text through the chain and holds each step to its laws.
///
/// # Panics
/// When one is broken.
pub(crate) fn check(original: &str) {
    let (repaired, sections) = chain(original);
    check_repaired(original, &repaired);
    check_sections(repaired.text(), &sections);
    for Section { range, .. } in sections {
        let paragraph = &repaired.text()[range.clone()];
        assert_eq!(joined(original, &repaired.source_ranges(range)), paragraph);
        check_fold(paragraph);
        check_words(paragraph);
        check_grams(paragraph);
    }
}

/// From an original to its paragraphs, as the service does it.
fn chain(original: &str) -> (Repaired, Vec<Section>) {
    let repaired = repair(original, &RepeatedLines::default());
    let title = recognize(original, &repaired).title_range;
    let sections = split(repaired.text(), title);
    (repaired, sections)
}

/// The original is what was kept and what was cut, and nothing else.
fn check_repaired(original: &str, repaired: &Repaired) {
    let kept = repaired.source_ranges(0..repaired.text().len());
    assert_eq!(joined(original, &kept), repaired.text());
    let cut = repaired.edits().iter().map(|edit| edit.range.clone());
    let mut parts: Vec<Range<u32>> = kept.into_iter().chain(cut).collect();
    parts.sort_by_key(|range| range.start);
    assert!(parts.iter().all(|range| !range.is_empty()));
    assert_eq!(joined(original, &parts), original);
}

/// Paragraphs ascend, are trimmed and short, and every letter and digit is in one.
fn check_sections(text: &str, sections: &[Section]) {
    let mut end = 0;
    let mut between = String::new();
    for Section { range, heading_path } in sections {
        between.push_str(&text[end..range.start]);
        let paragraph = &text[range.clone()];
        assert_eq!(paragraph, paragraph.trim());
        assert!(paragraph.chars().count() <= MAX_PARAGRAPH);
        assert_ne!(searchable(paragraph), "");
        for heading in heading_path {
            assert!(!heading.is_empty() && heading.chars().count() <= MAX_HEADING, "{heading:?}");
        }
        end = range.end;
    }
    between.push_str(&text[end..]);
    assert_eq!(searchable(&between), "", "left out");
}

/// One character folds to one, and folding twice changes nothing more.
fn check_fold(paragraph: &str) {
    let folded = fold(paragraph);
    assert_eq!(folded.chars().count(), paragraph.chars().count());
    assert_eq!(fold(&folded), folded);
}

/// Words are short and made of letters and digits.
fn check_words(paragraph: &str) {
    SEGMENTER.for_each_word(paragraph, |word| {
        assert!((1..=MAX_WORD).contains(&word.chars().count()), "{word:?}");
        assert!(word.chars().any(is_searchable), "{word:?}");
    });
}

/// The grams are the letters and digits in pairs, at positions 0, 1, 2, …, the last one alone.
fn check_grams(paragraph: &str) {
    let characters: Vec<char> = searchable(paragraph).chars().collect();
    let pair = |at: usize| &characters[at..characters.len().min(at + 2)];
    let mut expected = (0..characters.len()).map(pair);
    let mut positions = 0..;
    for_each_gram(paragraph, |gram, position| {
        assert!(expected.next().is_some_and(|pair| pair.iter().copied().eq(gram.chars())), "{gram:?}");
        assert_eq!(Some(position), positions.next());
    });
    assert_eq!(expected.next(), None);
}

/// The bytes of some ranges, which have to begin and end between characters.
fn joined(text: &str, ranges: &[Range<u32>]) -> String {
    ranges.iter().map(|range| &text[range.start as usize..range.end as usize]).collect()
}
