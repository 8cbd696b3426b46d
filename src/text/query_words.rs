//! The words of a query: what it asks for, and what only makes it a question.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that make a question; they say nothing about the answer's words.
const QUESTION_WORDS: &str = "\
    什么 哪些 哪个 哪一 哪一个 哪种 哪一种 哪里 哪儿 哪 何 何时 何处 何种 为何 如何 怎么 怎样 怎么样 怎么办 如何处理 \
    是否 能否 可否 是不是 有没有 能不能 会不会 可不可以 吗 呢 吧 啊 呀 嘛 几 几个 多少 多久 多长 多长时间 多大 为什么 \
    为啥 啥 咋 谁 请问 怎 哪些方面 什么样 要不要 该不该 行不行 算不算 么 一个 哪一位 哪位 哪年 几年 第几";
/// Words that hold a sentence together; nearly every paragraph has them.
const FUNCTION_WORDS: &str = "\
    的 了 是 在 和 与 及 或 或者 以及 对 对于 将 被 由 从 其 之 以 为 有 于 这 那 我 你 他 她 它 我们 你们 他们 们 等 也 \
    都 就 还 要 会 能 可以 可能 把 给 让 到 向 并 而 但 但是 如果 若 因 因为 所以 这个 那个 这些 那些 这样 那样 自己 可 应 \
    则 即 当 时 中 后 前 上 下 里 不 没 没有 地 得 着 过 又 再 很 该 所 此 且 用 来 去 做 说 想 请 个 一 人";
/// How many tokens one of these may have been cut into.
const MOST_TOKENS: usize = 4;

static NOT_CONTENT: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [QUESTION_WORDS, FUNCTION_WORDS].into_iter().flat_map(str::split_whitespace).collect());

/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// Its folded letters and digits; never empty.
    pub characters: String,
    /// Whether it carries meaning: question and function words do not.
    pub content: bool,
}

/// What a query was cut into, folded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile<'a> {
    /// Its letters and digits; never empty.
    pub(super) characters: &'a str,
    /// Whether it follows the one before it immediately.
    pub(super) adjoins: bool,
}

/// Makes words of tokens, the first of these rules that fits, from left to right:
///
/// 1. Adjoining tokens that together are a question or function word are that word, the longest first.
/// 2. Adjoining *loose* tokens are one word. Loose is a single character or a number, unless rule 1 takes it.
/// 3. A token is a word.
///
/// The second rule is there because a dictionary never has every formula, and one that it lacks falls apart into
/// single characters, each of which nearly every paragraph has: 四史 would find whatever has 四. Looked for in
/// sequence they mean what was written. A number joins in for the same reason, 第20条 and 2023年 being one thing to
/// whoever asks. What stands alone, between spaces or between longer words, stays alone.
pub(super) fn join(mut tokens: &[Tile<'_>]) -> Vec<QueryWord> {
    let mut words = Vec::new();
    while !tokens.is_empty() {
        let not_content = not_content_tokens(tokens);
        let count = not_content.unwrap_or_else(|| loose_tokens(tokens).max(1));
        let (word, rest) = tokens.split_at(count);
        words.push(QueryWord { characters: concatenated(word), content: not_content.is_none() });
        tokens = rest;
    }
    words
}

/// How many of the first tokens are one question or function word together.
fn not_content_tokens(tokens: &[Tile<'_>]) -> Option<usize> {
    let adjoining = 1 + tokens.iter().skip(1).take(MOST_TOKENS - 1).take_while(|token| token.adjoins).count();
    (1..=adjoining).rev().find(|&count| NOT_CONTENT.contains(concatenated(&tokens[..count]).as_str()))
}

/// How many of the first tokens are loose and adjoin one another.
fn loose_tokens(tokens: &[Tile<'_>]) -> usize {
    let joins = |&index: &usize| {
        let token = tokens[index];
        (index == 0 || token.adjoins) && is_loose(token.characters) && not_content_tokens(&tokens[index..]).is_none()
    };
    (0..tokens.len()).take_while(joins).count()
}

fn is_loose(characters: &str) -> bool {
    let mut rest = characters.chars();
    (rest.next().is_some() && rest.next().is_none()) || characters.bytes().all(|byte| byte.is_ascii_digit())
}

fn concatenated(tokens: &[Tile<'_>]) -> String {
    tokens.iter().map(|token| token.characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn lists_are_folded() {
        for word in NOT_CONTENT.iter() {
            assert_eq!(fold(word), *word);
        }
    }

    #[test]
    fn loose_tokens_join() {
        /// Tiles are divided by `|` where they adjoin and by spaces where they do not; `(…)` is no content.
        #[track_caller]
        fn check(tokens: &str, expected: &str) {
            let token = |(index, characters)| Tile { characters, adjoins: index > 0 };
            let runs = tokens.split(' ').flat_map(|run| run.split('|').enumerate().map(token));
            let words = join(&runs.collect::<Vec<_>>());
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
