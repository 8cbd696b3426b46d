//! What of a paragraph matched: where the terms of a query stand in it.
//!
//! Rests on the fold alone, as matching does, and knows nothing of what matched or why: a term is found wherever its
//! letters and digits stand in sequence, whatever stands between them; exact characters where they stand so.

use std::{collections::BTreeSet, ops::Range, sync::OnceLock};

use aho_corasick::{
    Anchored,
    automaton::{Automaton as _, StateID},
    nfa::noncontiguous::{Builder, NFA},
};

use crate::{
    engine::{Clause, Expression, Term, TermField},
    text::{fold_character, forms, is_searchable},
};

/// The most ranges of one paragraph. Only paragraphs that their sender split can have as many; with more, the largest
/// of them would not fit a message that clients accept.
pub const MAX_HIGHLIGHTS: usize = 8_192;

/// Finds the terms of one query in any number of texts.
#[derive(Debug)]
pub struct Highlighter {
    wanted: Wanted,
    /// Made for the first text: for a query of the longest texts that takes some ten milliseconds, and for nothing where
    /// ranking was stopped.
    looked_for: OnceLock<LookedFor>,
}

#[derive(Debug)]
struct LookedFor {
    /// Letters and digits; `None` when there are none to look for.
    terms: Option<Sequences>,
    /// Exact characters; `None` when there are none to look for.
    verbatim: Option<Sequences>,
}

impl LookedFor {
    fn of(Wanted { terms, verbatim }: &Wanted) -> Self {
        Self {
            terms: (!terms.is_empty()).then(|| Sequences::new(terms, |first| forms(first).collect())),
            verbatim: (!verbatim.is_empty()).then(|| Sequences::new(verbatim, |first| vec![first])),
        }
    }
}

impl Highlighter {
    /// Looks for all that the expression wants or requires of a text.
    pub fn new(expression: &Expression) -> Self {
        let mut wanted = Wanted::default();
        wanted.collect(expression);
        Self::of(wanted)
    }

    fn of(wanted: Wanted) -> Self {
        Self { wanted, looked_for: OnceLock::new() }
    }

    /// The bytes of a text that terms take, ascending, none overlapping, the first [`MAX_HIGHLIGHTS`] of them, in time
    /// linear in the text.
    ///
    /// Every place where a term stands is covered. Where two places overlap, the second range begins where the first
    /// ends, so that each range is a term or the end of one.
    pub fn ranges(&self, text: &str) -> Vec<Range<u32>> {
        let LookedFor { terms, verbatim } = self.looked_for.get_or_init(|| LookedFor::of(&self.wanted));
        let letter = |character| Some(fold_character(character)).filter(|&folded| is_searchable(folded));
        let terms = terms.as_ref().map_or_else(Vec::new, |terms| terms.places(text, letter));
        let verbatim = verbatim.as_ref().map_or_else(Vec::new, |verbatim| verbatim.places(text, Some));
        let mut ranges = if verbatim.is_empty() { terms } else { merged(terms, verbatim) };
        ranges.truncate(MAX_HIGHLIGHTS);
        ranges
    }
}

/// What an expression wants or requires of a text: folded letters and digits, and exact characters. None is empty.
#[derive(Debug, Default)]
struct Wanted {
    terms: Vec<String>,
    verbatim: Vec<String>,
}

impl Wanted {
    fn collect(&mut self, expression: &Expression) {
        match expression {
            Expression::All
            | Expression::Nothing
            | Expression::Metadata(_)
            | Expression::Term(Term { field: TermField::Title, .. }) => {}
            Expression::Term(Term { characters, .. }) => self.terms.push(characters.clone()),
            Expression::Verbatim(verbatim) => self.verbatim.push(verbatim.text().to_owned()),
            Expression::Combined(clauses) => {
                for clause in clauses {
                    if let Clause::Must(part) | Clause::Should(part) = clause {
                        self.collect(part);
                    }
                }
            }
        }
    }
}

/// Character sequences as an automaton over their UTF-8.
#[derive(Debug)]
struct Sequences {
    automaton: NFA,
    start: StateID,
    /// Of each sequence, in characters.
    lengths: Vec<usize>,
    first: FirstCharacters,
}

impl Sequences {
    /// `forms` gives the characters of a text that a character of a sequence stands for.
    fn new(sequences: &[String], forms: impl Fn(char) -> Vec<char>) -> Self {
        // Texts are gone through by character: nobody asks a prefilter.
        let automaton = Builder::new().prefilter(false).build(sequences);
        // The texts of a query are limited: states are far from running out.
        let automaton = automaton.expect("the sequences of a query fit an automaton");
        let start = automaton.start_state(Anchored::No).expect("by default, automata search anywhere");
        let lengths = sequences.iter().map(|sequence| sequence.chars().count()).collect();
        Self { automaton, start, lengths, first: FirstCharacters::of(sequences, forms) }
    }

    /// The bytes of a text that sequences take: as [`Highlighter::ranges`] says, but all of them. `read` says what a
    /// character of the text is in sequences, `None` where it stands in none and between any two.
    fn places(&self, text: &str, read: impl Fn(char) -> Option<char>) -> Vec<Range<u32>> {
        let mut starts: Vec<u32> = Vec::new();
        let mut covered = Vec::new();
        let mut state = self.start;
        for (start, character) in text.char_indices() {
            // Most characters belong to nothing. No sequence goes over one of them, so that they need not be counted,
            // nor be read.
            if state == self.start && !self.first.have(character) {
                continue;
            }
            let Some(character) = read(character) else { continue };
            starts.push(offset(start));
            state = self.after(state, character);
            if let Some(length) = self.longest_ending(state) {
                cover(&mut covered, starts.len() - length..starts.len());
            }
        }
        covered.into_iter().map(|range| bytes(text, &starts, &range)).collect()
    }

    /// The state after one more character.
    fn after(&self, state: StateID, character: char) -> StateID {
        let mut encoded = [0; 4];
        let bytes = character.encode_utf8(&mut encoded).as_bytes();
        bytes.iter().fold(state, |state, &byte| self.automaton.next_state(Anchored::No, state, byte))
    }

    /// The length of the longest sequence that ends here. The others, which end it too, need not be looked at: there
    /// may be as many as the query has.
    fn longest_ending(&self, state: StateID) -> Option<usize> {
        // A state lists its own sequence before those that it ends with.
        self.automaton.is_match(state).then(|| self.lengths[self.automaton.match_pattern(state, 0)])
    }
}

/// The characters of a text that sequences begin with.
#[derive(Debug)]
struct FirstCharacters {
    /// Whether one of them ends with these bits: most questions end here.
    low_bits: [bool; 256],
    ascending: Vec<char>,
}

impl FirstCharacters {
    fn of(sequences: &[String], forms: impl Fn(char) -> Vec<char>) -> Self {
        let first: BTreeSet<_> = sequences.iter().filter_map(|sequence| sequence.chars().next()).collect();
        let mut ascending: Vec<_> = first.into_iter().flat_map(forms).collect();
        ascending.sort_unstable();
        let mut low_bits = [false; 256];
        for &character in &ascending {
            low_bits[low_byte(character)] = true;
        }
        Self { low_bits, ascending }
    }

    fn have(&self, character: char) -> bool {
        self.low_bits[low_byte(character)] && self.ascending.binary_search(&character).is_ok()
    }
}

fn low_byte(character: char) -> usize {
    character as usize & 0xFF
}

/// Adds a place to those that are covered, which end no later. Each is added once and taken away at most once.
fn cover<N: Copy + Ord>(covered: &mut Vec<Range<N>>, place: Range<N>) {
    while covered.last().is_some_and(|last| place.start <= last.start) {
        covered.pop();
    }
    let start = covered.last().map_or(place.start, |last| place.start.max(last.end));
    if start < place.end {
        covered.push(start..place.end);
    }
}

/// Two rows of places as one.
fn merged(one: Vec<Range<u32>>, other: Vec<Range<u32>>) -> Vec<Range<u32>> {
    let mut places = [one, other].concat();
    places.sort_by_key(|place| place.end);
    let mut covered = Vec::with_capacity(places.len());
    for place in places {
        cover(&mut covered, place);
    }
    covered
}

/// From characters, which begin at these bytes, to bytes.
fn bytes(text: &str, starts: &[u32], range: &Range<usize>) -> Range<u32> {
    let last = starts[range.end - 1] as usize;
    starts[range.start]..offset(text.ceil_char_boundary(last + 1))
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).expect("a paragraph has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{engine::Verbatim, text::searchable};

    fn ranges(terms: &[&str], verbatim: &[&str], text: &str) -> Vec<Range<usize>> {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let wanted = Wanted { terms: owned(terms), verbatim: owned(verbatim) };
        let ranges = Highlighter::of(wanted).ranges(text).into_iter();
        ranges.map(|range| range.start as usize..range.end as usize).collect()
    }

    #[track_caller]
    fn check(terms: &[&str], text: &str, expected: &str) {
        check_both(terms, &[], text, expected);
    }

    #[track_caller]
    fn check_both(terms: &[&str], verbatim: &[&str], text: &str, expected: &str) {
        let mut shown = String::new();
        let mut end = 0;
        for range in ranges(terms, verbatim, text) {
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
    fn exact_characters_are_covered_with_all_between_them() {
        check_both(&[], &["〔2024〕1号"], "国发〔2024〕1号、国发[2024]1号", "国发<〔2024〕1号>、国发[2024]1号");
        check_both(&[], &["党"], "黨和党", "黨和<党>");
        check_both(&["2024"], &["〔2024〕"], "〔2024〕、2024", "<〔2024〕>、<2024>");
        check_both(&["国发20241号"], &["〔2024〕"], "国发〔2024〕1号", "<国发〔2024〕1号>");
        check_both(&["国发2024", "1号"], &["2024〕", "〕1"], "国发〔2024〕1号", "<国发〔2024><〕><1号>");
        check_both(&[], &["，，"], "，，，", "<，，><，>");
    }

    #[test]
    fn what_is_excluded_or_looked_for_in_titles_is_not_shown() {
        let term =
            |characters: &str, field| Expression::Term(Term { characters: characters.to_owned(), field, word: false });
        let verbatim = |text| Expression::Verbatim(Verbatim::new(text).expect("it has a letter"));
        let expression = Expression::Combined(vec![
            Clause::Must(term("甲", TermField::Text)),
            Clause::Should(Expression::Combined(vec![Clause::Should(term("乙", TermField::TextOrTitle))])),
            Clause::Should(term("丙", TermField::Title)),
            Clause::MustNot(term("丁", TermField::Text)),
            Clause::Should(verbatim("甲。")),
            Clause::MustNot(verbatim("丁，")),
        ]);
        assert_eq!(Highlighter::new(&expression).ranges("丁，丙乙甲。"), [9..12, 12..18]);
        assert!(Highlighter::new(&Expression::All).ranges("甲").is_empty());
    }

    /// As many places as the product of both.
    #[test]
    fn terms_that_end_each_other_in_a_text_that_has_nothing_else() {
        let terms: Vec<String> = (1..=180).map(|length| "啊".repeat(length)).collect();
        let text = "啊".repeat(400_000);
        let ranges = Highlighter::of(Wanted { terms, verbatim: Vec::new() }).ranges(&text);
        assert_eq!((ranges.len(), &ranges[1], ranges[2_222].end), (2_223, &(540..1_080), 1_200_000));
    }

    #[test]
    fn no_more_is_shown_than_a_message_carries() {
        let ranges = ranges(&["啊"], &[], &"啊，".repeat(MAX_HIGHLIGHTS + 1));
        assert_eq!((ranges.len(), ranges[MAX_HIGHLIGHTS - 1].start), (MAX_HIGHLIGHTS, 6 * (MAX_HIGHLIGHTS - 1)));
    }

    proptest! {
        #[test]
        fn every_occurrence_is_covered_and_nothing_else(
            text in "[一二三Ａa，。 𠮷]{0,24}", terms in prop::collection::vec("[一二三a𠮷]{1,4}", 0..5),
        ) {
            let borrowed: Vec<_> = terms.iter().map(String::as_str).collect();
            let ranges = ranges(&borrowed, &[], &text);
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
