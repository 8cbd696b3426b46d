//! The words of a query: what it asks for, and what only makes it a question.

use super::questions;

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
    (1..=adjoining).rev().find(|&count| !questions::is_content(&concatenated(&tokens[..count])))
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
