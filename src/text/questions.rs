//! Questions: words that only make one, what type it is of, and what in a text answers that type.
//!
//! The lists are in `data/questions.toml`. Knows nothing of scores: it says what is there.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use serde::Deserialize;

use super::fold::{fold, searchable};

const LISTS: &str = include_str!("data/questions.toml");
/// A character of a number, in the patterns.
const DIGIT: (&str, &str) = ("#", "[0-9一二三四五六七八九十百千两半]");
/// A title in a question is not what it wants explained.
const TITLE: &str = "《[^》]*》(?:中|里|规定的|所称的|对)?";

static LISTED: LazyLock<Lists> = LazyLock::new(|| toml::from_str(LISTS).expect("our own lists are sound: tested"));
static WORDS: LazyLock<WordLists> = LazyLock::new(WordLists::new);
static ASKED: LazyLock<RegexSet> = LazyLock::new(|| patterns(|question| &question.query));
static CUES: LazyLock<RegexSet> = LazyLock::new(|| patterns(|question| &question.cue));
static DEFINITION: LazyLock<Definition> = LazyLock::new(Definition::new);

/// The lists as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    question_words: String,
    function_words: String,
    generic_words: String,
    question_type: Vec<QuestionType>,
    definition: WrittenDefinition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionType {
    name: String,
    query: String,
    cue: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDefinition {
    asked: Vec<String>,
    before: String,
    after: String,
}

struct WordLists {
    not_content: HashSet<&'static str>,
    /// In bytes.
    longest_not_content: usize,
    generic: HashSet<&'static str>,
}

struct Definition {
    title: Regex,
    asked: Vec<Regex>,
}

/// Whether a folded word carries meaning: question and function words do not.
pub(super) fn is_content(word: &str) -> bool {
    // Most are longer, which is known at once.
    word.len() > WORDS.longest_not_content || !WORDS.not_content.contains(word)
}

/// Whether a folded word means little by itself: official texts have it everywhere.
pub fn is_generic(word: &str) -> bool {
    WORDS.generic.contains(word)
}

/// The types that a question is of, as the names of their cues; none for most queries.
pub fn question_types(query: &str) -> impl Iterator<Item = &'static str> + use<> {
    names(&ASKED, &fold(query))
}

/// The names of the cues that a text has, for an index.
pub fn cues(text: &str) -> impl Iterator<Item = &'static str> + use<> {
    names(&CUES, &fold(text))
}

/// How a definition of what a query wants explained begins or goes on: folded letters and digits, to be found in
/// sequence. Nothing for a query that asks for something else.
pub fn definitions(query: &str) -> Vec<String> {
    let folded = fold(query);
    let question = DEFINITION.title.replace_all(&folded, "");
    let defined = DEFINITION.asked.iter().find_map(|asked| asked.captures(&question)?.get(1));
    let defined = defined.map(|defined| searchable(defined.as_str())).unwrap_or_default();
    if defined.is_empty() {
        return Vec::new();
    }
    let WrittenDefinition { before, after, .. } = &LISTED.definition;
    let begun = before.split_whitespace().map(|before| format!("{before}{defined}"));
    begun.chain(after.split_whitespace().map(|after| format!("{defined}{after}"))).collect()
}

/// What of the lists an index is made with.
pub(super) fn indexed() -> impl Iterator<Item = &'static str> {
    LISTED.question_type.iter().flat_map(|question| [question.name.as_str(), question.cue.as_str()])
}

impl WordLists {
    fn new() -> Self {
        let Lists { question_words, function_words, generic_words, .. } = &*LISTED;
        let not_content = question_words.split_whitespace().chain(function_words.split_whitespace());
        let not_content: HashSet<_> = not_content.collect();
        let longest_not_content = not_content.iter().map(|word| word.len()).max().unwrap_or(0);
        Self { not_content, longest_not_content, generic: generic_words.split_whitespace().collect() }
    }
}

impl Definition {
    fn new() -> Self {
        let regex = |pattern: &str| Regex::new(pattern).expect("our own patterns are sound: tested");
        Self { title: regex(TITLE), asked: LISTED.definition.asked.iter().map(|asked| regex(asked)).collect() }
    }
}

fn patterns(of: fn(&QuestionType) -> &String) -> RegexSet {
    let (mark, digit) = DIGIT;
    RegexSet::new(LISTED.question_type.iter().map(|question| of(question).replace(mark, digit)))
        .expect("our own patterns are sound: tested")
}

fn names(patterns: &RegexSet, folded: &str) -> impl Iterator<Item = &'static str> + use<> {
    patterns.matches(folded).into_iter().map(|index| LISTED.question_type[index].name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_folded() {
        let Lists { question_words, function_words, generic_words, question_type, definition } = &*LISTED;
        for list in [question_words, function_words, generic_words, &definition.before, &definition.after] {
            assert_eq!(fold(list), *list);
        }
        for QuestionType { name: _, query, cue } in question_type {
            assert_eq!((fold(query), fold(cue)), (query.clone(), cue.clone()));
        }
    }

    #[test]
    fn questions_have_types() {
        #[track_caller]
        fn check(query: &str, expected: &[&str]) {
            assert_eq!(question_types(query).collect::<Vec<_>>(), expected, "{query}");
        }
        check("营商环境", &[]);
        check("什麼是營商環境？", &["define"]);
        check("申请补贴需要哪些材料", &["list"]);
        check("本条例何时施行", &["effect", "duration"]);
        check("不按时申报会被罚款吗", &["penalty"]);
    }

    #[test]
    fn texts_have_cues() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            assert_eq!(cues(text).collect::<Vec<_>>(), expected, "{text}");
        }
        check("持续优化营商环境。", &[]);
        check("本办法所称网格员，是指在网格内服务的人员。", &["define"]);
        check("本條例自2024年3月1日起施行。", &["effect", "duration"]);
        check("申请人应当提交：（一）申请书；（二）身份证明。", &["list"]);
        check("第一步。2．第二步", &["list"]);
        check("为规范收费，制定本办法。", &["purpose"]);
    }

    #[test]
    fn definitions_are_of_what_the_query_names() {
        #[track_caller]
        fn check(query: &str, defined: &str) {
            let found = definitions(query);
            assert!(!found.contains(&format!("{defined}是指")), "{query}");
            assert_eq!(found.contains(&format!("{defined}指")), !defined.is_empty(), "{query}");
            assert_eq!(found.contains(&format!("所称{defined}")), !defined.is_empty(), "{query}");
        }
        check("什么是网格员？", "网格员");
        check("《基层治理办法》中网格员是什么意思", "网格员");
        check("网格员的待遇", "");
    }
}
