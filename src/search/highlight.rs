//! What of a paragraph matched: where the terms of a query stand in it.
//!
//! Rests on the fold alone, as matching does, and knows nothing of what matched or why: a term is found wherever its
//! letters and digits stand in sequence, whatever stands between them.

use std::ops::Range;

use aho_corasick::{
    Anchored,
    automaton::{Automaton as _, StateID},
    nfa::contiguous::NFA,
};

use crate::{
    engine::{Expression, TermField},
    search::plan::terms,
    text::{fold_character, is_searchable},
};

/// The most ranges of one paragraph. Only paragraphs that their sender split can have as many; with more, the largest
/// of them would not fit a message that clients accept.
pub const MAX_HIGHLIGHTS: usize = 8_192;

/// Finds the terms of one query in any number of texts.
#[derive(Debug)]
pub struct Highlighter {
    /// `None` when there is nothing to look for.
    terms: Option<Terms>,
}

impl Highlighter {
    /// Looks for all that the expression wants or requires of a text.
    pub fn new(expression: &Expression) -> Self {
        let in_text = terms(expression).into_iter().filter(|term| term.field != TermField::Title);
        Self::of(in_text.map(|term| term.characters.as_str()))
    }

    /// Looks for these terms: folded letters and digits, none of them empty.
    fn of<'t>(terms: impl Iterator<Item = &'t str>) -> Self {
        let terms: Vec<_> = terms.collect();
        Self { terms: (!terms.is_empty()).then(|| Terms::new(&terms)) }
    }

    /// The bytes of a text that terms take, ascending, none overlapping, the first [`MAX_HIGHLIGHTS`] of them, in time
    /// linear in the text.
    ///
    /// Every place where a term stands is covered. Where two places overlap, the second range begins where the first
    /// ends, so that each range is a term or the end of one.
    pub fn ranges(&self, text: &str) -> Vec<Range<u32>> {
        let Some(terms) = &self.terms else { return Vec::new() };
        let mut letters: Vec<u32> = Vec::new();
        let mut covered = Vec::new();
        let mut state = terms.start;
        for (start, character) in text.char_indices() {
            let searched = fold_character(character);
            if is_searchable(searched) {
                letters.push(offset(start));
                state = terms.after(state, searched);
                if let Some(length) = terms.longest_ending(state) {
                    cover(&mut covered, letters.len() - length..letters.len());
                }
            }
        }
        covered.truncate(MAX_HIGHLIGHTS);
        covered.into_iter().map(|range| bytes(text, &letters, &range)).collect()
    }
}

/// Terms as an automaton over the UTF-8 of folded letters and digits.
#[derive(Debug)]
struct Terms {
    automaton: NFA,
    start: StateID,
    /// Of each term, in letters and digits.
    lengths: Vec<usize>,
}

impl Terms {
    fn new(terms: &[&str]) -> Self {
        // The texts of a query are limited: states are far from running out.
        let automaton = NFA::new(terms).expect("the terms of a query fit an automaton");
        let start = automaton.start_state(Anchored::No).expect("by default, automata search anywhere");
        Self { automaton, start, lengths: terms.iter().map(|term| term.chars().count()).collect() }
    }

    /// The state after one more letter or digit.
    fn after(&self, state: StateID, letter: char) -> StateID {
        let mut encoded = [0; 4];
        let bytes = letter.encode_utf8(&mut encoded).as_bytes();
        bytes.iter().fold(state, |state, &byte| self.automaton.next_state(Anchored::No, state, byte))
    }

    /// The length of the longest term that ends here. The others, which end it too, need not be looked at: there may
    /// be as many as the query has terms.
    fn longest_ending(&self, state: StateID) -> Option<usize> {
        // A state lists its own term before those that it ends with.
        self.automaton.is_match(state).then(|| self.lengths[self.automaton.match_pattern(state, 0)])
    }
}

/// Adds a place to those that are covered, which end before it ends. Each is added once and taken away at most once.
fn cover(covered: &mut Vec<Range<usize>>, place: Range<usize>) {
    while covered.last().is_some_and(|last| place.start <= last.start) {
        covered.pop();
    }
    let start = covered.last().map_or(place.start, |last| place.start.max(last.end));
    covered.push(start..place.end);
}

/// From letters and digits, which begin at these bytes, to bytes.
fn bytes(text: &str, letters: &[u32], range: &Range<usize>) -> Range<u32> {
    let last = letters[range.end - 1] as usize;
    letters[range.start]..offset(text.ceil_char_boundary(last + 1))
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).expect("a paragraph has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        engine::{Clause, Term},
        text::searchable,
    };

    fn ranges(terms: &[&str], text: &str) -> Vec<Range<usize>> {
        let ranges = Highlighter::of(terms.iter().copied()).ranges(text).into_iter();
        ranges.map(|range| range.start as usize..range.end as usize).collect()
    }

    #[track_caller]
    fn check(terms: &[&str], text: &str, expected: &str) {
        let mut shown = String::new();
        let mut end = 0;
        for range in ranges(terms, text) {
            shown.extend([&text[end..range.start], "<", &text[range.clone()], ">"]);
            end = range.end;
        }
        assert_eq!(shown + &text[end..], expected);
    }

    #[test]
    fn terms_are_found_as_matching_finds_them() {
        check(&["营商环境"], "優化“營商”環境。", "優化“<營商”環境>。");
        check(&["优化", "营商环境"], "优化营商环境", "<优化><营商环境>");
        check(&["wto"], "加入ＷＴＯ后，W.T.O.规则", "加入<ＷＴＯ>后，<W.T.O>.规则");
        check(&["党"], "黨的建設", "<黨>的建設");
        check(&["𠮷野"], "在𠮷\n野家", "在<𠮷\n野>家");
        check(&[], "党", "党");
        check(&["党"], "", "");
        check(&["党"], "，。", "，。");
    }

    #[test]
    fn overlapping_places_are_all_covered() {
        check(&["人民", "民法"], "人民法院", "<人民><法>院");
        check(&["中国", "中国共产党", "共产"], "中国共产党", "<中国共产党>");
        check(&["啊啊"], "啊啊啊", "<啊啊><啊>");
        check(&["甲乙丙丁", "丙丁戊", "丁戊己"], "甲乙丙丁戊己", "<甲乙丙丁><戊己>");
        check(&["甲乙", "乙丙丁戊", "丙丁", "丁"], "甲乙丙丁戊", "<甲乙><丙丁戊>");
    }

    #[test]
    fn what_is_excluded_or_looked_for_in_titles_is_not_shown() {
        let term =
            |characters: &str, field| Expression::Term(Term { characters: characters.to_owned(), field, word: false });
        let expression = Expression::Combined(vec![
            Clause::Must(term("甲", TermField::Text)),
            Clause::Should(Expression::Combined(vec![Clause::Should(term("乙", TermField::TextOrTitle))])),
            Clause::Should(term("丙", TermField::Title)),
            Clause::MustNot(term("丁", TermField::Text)),
        ]);
        assert_eq!(Highlighter::new(&expression).ranges("丁丙乙甲"), [6..9, 9..12]);
        assert!(Highlighter::new(&Expression::All).ranges("甲").is_empty());
    }

    /// Terms that end each other, in a text that has nothing else: as many places as the product of both.
    #[test]
    fn many_places_take_no_more_time_than_few() {
        let terms: Vec<String> = (1..=180).map(|length| "啊".repeat(length)).collect();
        let text = "啊".repeat(400_000);
        let begun = std::time::Instant::now();
        let ranges = Highlighter::of(terms.iter().map(String::as_str)).ranges(&text);
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        assert_eq!((ranges.len(), &ranges[1], ranges[2_222].end), (2_223, &(540..1_080), 1_200_000));
    }

    #[test]
    fn no_more_is_shown_than_a_message_carries() {
        let ranges = ranges(&["啊"], &"啊，".repeat(MAX_HIGHLIGHTS + 1));
        assert_eq!((ranges.len(), ranges[MAX_HIGHLIGHTS - 1].start), (MAX_HIGHLIGHTS, 6 * (MAX_HIGHLIGHTS - 1)));
    }

    proptest! {
        #[test]
        fn every_occurrence_is_covered_and_nothing_else(
            text in "[一二三Ａa，。 𠮷]{0,24}", terms in prop::collection::vec("[一二三a𠮷]{1,4}", 0..5),
        ) {
            let borrowed: Vec<_> = terms.iter().map(String::as_str).collect();
            let ranges = ranges(&borrowed, &text);
            for pair in ranges.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for range in &ranges {
                let part = searchable(&text[range.clone()]);
                prop_assert!(!part.is_empty() && terms.iter().any(|term| term.ends_with(&part)), "{part}");
            }
            let covered = |byte: usize| ranges.iter().any(|range| range.contains(&byte));
            let letters: Vec<(usize, char)> = text
                .char_indices()
                .map(|(start, character)| (start, fold_character(character)))
                .filter(|&(_, character)| is_searchable(character))
                .collect();
            let stands = |start: usize, term: &str| {
                letters[start..].iter().map(|&(_, letter)| letter).take(term.chars().count()).eq(term.chars())
            };
            for (at, &(byte, _)) in letters.iter().enumerate() {
                let reached = |term: &String| {
                    let length = term.chars().count();
                    (at.saturating_sub(length - 1)..=at).any(|start| stands(start, term))
                };
                prop_assert_eq!(covered(byte), terms.iter().any(reached), "byte {}", byte);
            }
        }
    }
}
