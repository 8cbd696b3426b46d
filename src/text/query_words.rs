//! The words of a query: what it asks for, and what only makes it a question.

use std::{
    num::NonZeroUsize,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;

use super::questions;

/// How many texts of queries are remembered with their words: as many as some requests have.
const CUT_LATELY: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

/// How many tokens one of these may have been cut into.
const MOST_TOKENS: usize = 4;

/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// Its folded letters and digits; never empty.
    pub characters: String,
    /// Whether it carries meaning: question and function words do not.
    pub content: bool,
}

/// The words of the texts that were cut lately. A request has its texts cut several times over: to see what they say,
/// to plan, to rank.
#[derive(Debug)]
pub(super) struct CutLately(Mutex<LruCache<Box<str>, Arc<[QueryWord]>>>);

impl Default for CutLately {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CUT_LATELY)))
    }
}

impl CutLately {
    /// The words of a text: as remembered, or else as `cut` says. Two that ask for the same at once may both cut it.
    pub(super) fn get_or(&self, text: &str, cut: impl FnOnce() -> Vec<QueryWord>) -> Arc<[QueryWord]> {
        let remembered = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = remembered().get(text) {
            return Arc::clone(words);
        }
        let words: Arc<[_]> = cut().into();
        remembered().put(text.into(), Arc::clone(&words));
        words
    }
}

/// Makes words of tokens of folded text, the first of these rules that fits, from left to right:
///
/// 1. Adjoining tokens that together are a question or function word are that word, the longest first.
/// 2. Adjoining *loose* tokens are one word. Loose is a single character or a number, unless rule 1 takes it.
/// 3. A token is a word.
///
/// The second rule is there because a dictionary never has every formula, and one that it lacks falls apart into
/// single characters, each of which nearly every paragraph has: 四史 would find whatever has 四. Looked for in
/// sequence they mean what was written. A number joins in for the same reason, 第20条 and 2023年 being one thing to
/// whoever asks. What stands alone, between spaces or between longer words, stays alone.
pub(super) fn join(folded: &str, mut tokens: &[Range<usize>]) -> Vec<QueryWord> {
    let mut words = Vec::new();
    while !tokens.is_empty() {
        let not_content = not_content_tokens(folded, tokens);
        let count = not_content.unwrap_or_else(|| loose_tokens(folded, tokens).max(1));
        let (word, rest) = tokens.split_at(count);
        words.push(QueryWord { characters: together(folded, word).to_owned(), content: not_content.is_none() });
        tokens = rest;
    }
    words
}

/// How many of the first tokens are one question or function word together.
fn not_content_tokens(folded: &str, tokens: &[Range<usize>]) -> Option<usize> {
    let adjoining = 1 + tokens.windows(2).take(MOST_TOKENS - 1).take_while(|pair| adjoin(pair)).count();
    (1..=adjoining).rev().find(|&count| !questions::is_content(together(folded, &tokens[..count])))
}

/// How many of the first tokens are loose and adjoin one another.
fn loose_tokens(folded: &str, tokens: &[Range<usize>]) -> usize {
    let joins = |&index: &usize| {
        (index == 0 || adjoin(&tokens[index - 1..=index]))
            && is_loose(&folded[tokens[index].clone()])
            && not_content_tokens(folded, &tokens[index..]).is_none()
    };
    (0..tokens.len()).take_while(joins).count()
}

fn is_loose(characters: &str) -> bool {
    let mut rest = characters.chars();
    (rest.next().is_some() && rest.next().is_none()) || characters.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the second of two tokens follows the first immediately.
fn adjoin(pair: &[Range<usize>]) -> bool {
    pair[0].end == pair[1].start
}

/// What adjoining tokens are together.
fn together<'a>(folded: &'a str, tokens: &[Range<usize>]) -> &'a str {
    &folded[tokens[0].start..tokens[tokens.len() - 1].end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_tokens_join() {
        /// Tiles are divided by `|` where they adjoin and by spaces where they do not; `(…)` is no content.
        #[track_caller]
        fn check(tokens: &str, expected: &str) {
            let folded = tokens.replace('|', "");
            let mut end = 0;
            let runs = tokens.split(' ').flat_map(|run| {
                let tokens: Vec<_> =
                    run.split('|').map(|token| (end..end + token.len(), end += token.len()).0).collect();
                end += 1;
                tokens
            });
            let words = join(&folded, &runs.collect::<Vec<_>>());
            let shown = words.into_iter().map(
                |QueryWord { characters, content }| {
                    if content { characters } else { format!("({characters})") }
                },
            );
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
        }
        check("优化|营|商|环境", "优化 营商 环境");
        check("四|史 五|史", "四史 五史");
        check("四 史", "四 史");
        check("水", "水");
        check("抓|党建", "抓 党建");
        check("2023|年|工作", "2023年 工作");
        check("民法典|第|20|条", "民法典 第20条");
        check("狗|咬|了|谁|赔", "狗咬 (了) (谁) 赔");
        check("有|哪些|方面", "(有) (哪些方面)");
        check("哪些 方面", "(哪些) 方面");
        check("能|不|能|养|犬", "(能不能) 养犬");
        check("的", "(的)");
    }
}
