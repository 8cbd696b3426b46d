//! Segmentation: text to words, by dictionary alone.
//!
//! Words serve ranking and divide queries; what matches is decided by character sequence. The hidden Markov model
//! that jieba offers for unknown words stays off: it cuts one formula differently in different sentences.

use std::io::BufReader;
use std::ops::Range;
use std::sync::Arc;

use flate2::read::GzDecoder;
use jieba_rs::Jieba;

use super::fold::{fold, is_ideograph, is_searchable};
use super::query_words::{self, QueryWord};

/// jieba's dictionary, folded: a word and its frequency a line.
pub(super) const DICTIONARY: &[u8] = include_bytes!("data/dictionary.txt.gz");
/// Our own words, one a line.
pub(super) const WORDS: &str = include_str!("data/words.txt");

/// The least frequency of our own words, as high as that of words in daily use (the dictionary's frequencies add up to
/// 60 million): a formula has to win in a sentence, too, where one of its ends could go with the next word.
const LEAST_FREQUENCY: usize = 1_000;
/// The most characters of an indexed word. Nothing in a language is longer; what is, is data, and would swell the index.
const MOST_CHARACTERS: usize = 64;

/// Cuts text into words. Costs some 33 MB and 0.2 s to make, and next to nothing to clone.
#[derive(Clone, Debug)]
pub struct Segmenter {
    jieba: Arc<Jieba>,
}

impl Segmenter {
    /// Reads the built-in dictionary.
    ///
    /// # Panics
    ///
    /// If the built-in dictionary is broken, which the tests rule out.
    pub fn new() -> Self {
        let mut dictionary = BufReader::new(GzDecoder::new(DICTIONARY));
        let mut jieba = Jieba::with_dict(&mut dictionary).expect("the built-in dictionary is sound: it is tested");
        for word in own_words() {
            let frequency = jieba.suggest_freq(&word).max(LEAST_FREQUENCY);
            jieba.add_word(&word, Some(frequency), None);
        }
        Self { jieba: Arc::new(jieba) }
    }

    /// Calls `visit` with every word of a text for an index: folded, overlapping sub-words included, punctuation dropped.
    ///
    /// A run of letters and digits outside the Han script is one word. Words have at most 64 characters; longer ones
    /// are cut. Memory is some 40 times the text, so it is meant for a paragraph, not for a document.
    pub fn for_each_word(&self, text: &str, mut visit: impl FnMut(&str)) {
        let folded = fold(text);
        let tokens = self.jieba.cut_for_search(&folded, false);
        for_each_token(&folded, tokens.iter().map(|token| token.byte_start..token.byte_end), |range| {
            let word = &folded[range];
            self.for_each_long_part(word, &mut visit);
            for_each_piece(word, &mut visit);
        });
    }

    /// The words of a query, in order, none overlapping, punctuation dropped.
    ///
    /// The dictionary's words, except that single characters which nothing divides are one word together: see
    /// `query_words::join`.
    pub fn query_words(&self, text: &str) -> Vec<QueryWord> {
        let folded = fold(text);
        let mut tokens = Vec::new();
        let mut end = None;
        let ranges = self.jieba.cut(&folded, false);
        for_each_token(&folded, ranges.iter().map(|token| token.byte_start..token.byte_end), |range| {
            let adjoins = end == Some(range.start);
            end = Some(range.end);
            tokens.push(query_words::Token { characters: &folded[range], adjoins });
        });
        query_words::join(&tokens)
    }
}

impl Segmenter {
    /// Visits the dictionary's words of four characters and more inside a longer one; jieba's search mode stops at
    /// three, and 中国特色社会主义 would hide 社会主义.
    fn for_each_long_part(&self, word: &str, visit: &mut impl FnMut(&str)) {
        const SHORTEST: usize = 4;
        // Han of this length comes from the dictionary, so it is short; a run of other letters need not be.
        if word.chars().nth(SHORTEST).is_none() || !word.contains(is_ideograph) {
            return;
        }
        let ends: Vec<usize> = word.char_indices().map(|(start, _)| start).skip(1).chain([word.len()]).collect();
        for (index, (start, _)) in word.char_indices().enumerate() {
            let parts = ends.iter().skip(index + SHORTEST - 1).map(|&end| &word[start..end]);
            parts.filter(|part| part.len() < word.len() && self.jieba.has_word(part)).for_each(&mut *visit);
        }
    }
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

fn own_words() -> impl Iterator<Item = String> {
    WORDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(fold)
}

/// Drops what has no letter or digit, and puts together what jieba takes apart: it knows ASCII and Han, and leaves
/// every other letter on its own.
fn for_each_token(text: &str, tokens: impl Iterator<Item = Range<usize>>, mut visit: impl FnMut(Range<usize>)) {
    let mut run: Option<Range<usize>> = None;
    for token in tokens {
        let foreign = is_foreign(&text[token.clone()]);
        match &mut run {
            Some(run) if foreign && run.end == token.start => {
                run.end = token.end;
                continue;
            }
            run => run.take().into_iter().for_each(&mut visit),
        }
        if foreign {
            run = Some(token);
        } else if text[token.clone()].starts_with(is_searchable) {
            visit(token);
        }
    }
    run.into_iter().for_each(visit);
}

/// Whether a token has nothing but letters and digits of other scripts than Han.
fn is_foreign(token: &str) -> bool {
    token.chars().all(|c| is_searchable(c) && !is_ideograph(c))
}

fn for_each_piece(word: &str, visit: &mut impl FnMut(&str)) {
    let mut rest = word;
    while let Some((end, _)) = rest.char_indices().nth(MOST_CHARACTERS) {
        let (piece, after) = rest.split_at(end);
        visit(piece);
        rest = after;
    }
    visit(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::searchable;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

    #[test]
    fn words_for_the_index_overlap() {
        #[track_caller]
        fn check(text: &str, expected: &Expect) {
            let mut words = Vec::new();
            SEGMENTER.for_each_word(text, |word| words.push(word.to_owned()));
            expected.assert_eq(&words.join(" "));
        }
        check("", &expect![[""]]);
        check("，。 \n", &expect![[""]]);
        check("全国代表大会胜利召开。", &expect!["全国 国代 代表 大会 代表大会 全国代表大会 胜利 召开"]);
        check(
            "優化“營商環境”，推動高質量發展",
            &expect!["优化 营商 环境 营商环境 推动 高质 质量 发展 高质量 高质量发展"],
        );
        check("中国特色社会主义", &expect!["中国 国特 特色 社会 会主 主义 社会主义 中国特色社会主义"]);
        check("成效顯著，著名景點", &expect!["成效 显着 成效显着 着名 景点 着名景点"]);
        check("优\n化 服、务", &expect!["优 化 服 务"]);
        check(
            "AT&T、C++、GB50016、Ｗｉ－Ｆｉ、café、Привет мир、カード",
            &expect!["at t c gb50016 wi fi café привет мир カード"],
        );
        check("4S店的T恤和abcT恤", &expect!["4s店 的 t恤 和 abc t恤"]);
    }

    #[test]
    fn words_of_a_query_do_not() {
        #[track_caller]
        fn check(queries: &[&str], expected: &Expect) {
            let shown = |word: QueryWord| if word.content { word.characters } else { format!("({})", word.characters) };
            let words =
                |query: &&str| SEGMENTER.query_words(query).into_iter().map(shown).collect::<Vec<_>>().join(" ");
            expected.assert_eq(&queries.iter().map(words).collect::<Vec<_>>().join("\n"));
        }
        check(
            &[
                "营商环境",
                "优化营商环境",
                "優化營商環境",
                "问题导向 干部",
                "推动高质量发展",
                "三会一课",
                "党的二十大精神",
            ],
            &expect![[r"
                营商环境
                优化 营商环境
                优化 营商环境
                问题导向 干部
                推动 高质量发展
                三会一课
                党的二十大 精神"]],
        );
        check(
            &["四史学习教育", "四 史", "水", "水 污染", "抓党建", "县委书记讲话", "组织部长讲话"],
            &expect![[r"
            四史 学习 教育
            四 史
            水
            水 污染
            抓 党建
            县委书记 讲话
            组织部长 讲话"]],
        );
        check(
            &["醉酒驾驶怎么判刑？", "公积金贷款额度是多少", "被狗咬了谁赔", "有哪些方面", "是什么", "的"],
            &expect![[r"
                醉酒 驾驶 (怎么) 判刑
                公积金 贷款额度 (是) (多少)
                (被) 狗咬 (了) (谁) 赔
                (有) (哪些方面)
                (是) (什么)
                (的)"]],
        );
        check(
            &["2023年工作总结", "民法典第20条", "第三条", "GB50016规范", "C++", "“”", ""],
            &expect![[r"
            2023年 工作 总结
            民法典 第20条
            第三条
            gb50016 规范
            c

        "]],
        );
    }

    #[test]
    fn own_words_are_needed_and_stay_whole() {
        let without = Jieba::with_dict(&mut BufReader::new(GzDecoder::new(DICTIONARY))).expect("sound");
        let mut seen = std::collections::HashSet::new();
        for word in own_words() {
            assert!(without.cut(&word, false).len() > 1, "`{word}` is whole without our list");
            let words = SEGMENTER.query_words(&word);
            assert_eq!(words, [QueryWord { characters: word.clone(), content: true }]);
            assert!(seen.insert(word.clone()), "`{word}` is there twice");
        }
    }

    #[test]
    fn the_dictionary_is_folded() {
        let dictionary = std::io::read_to_string(GzDecoder::new(DICTIONARY)).expect("gzip");
        for line in dictionary.lines() {
            let (word, _frequency) = line.split_once(' ').expect(line);
            assert_eq!(searchable(word), word, "{line}");
        }
        assert_eq!(dictionary.lines().count(), 347_327);
    }

    #[test]
    fn long_runs_are_cut() {
        let mut lengths = Vec::new();
        SEGMENTER.for_each_word(&"é".repeat(150), |word| lengths.push(word.chars().count()));
        assert_eq!(lengths, [64, 64, 22]);
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "([组织工作營商環境中国特色社会主义的三会一课一二3aé，。 &+\r\n]){0,24}"]
    }

    proptest! {
        #[test]
        fn words_of_a_query_tile_its_letters_and_digits(text in texts()) {
            let words = SEGMENTER.query_words(&text);
            prop_assert!(words.iter().all(|word| !word.characters.is_empty()));
            prop_assert_eq!(words.into_iter().map(|word| word.characters).collect::<String>(), searchable(&text));
        }

        #[test]
        fn words_for_the_index_stand_in_the_text(text in texts()) {
            let searchable = searchable(&text);
            let mut words = Vec::new();
            SEGMENTER.for_each_word(&text, |word| words.push(word.to_owned()));
            for word in &words {
                prop_assert!(searchable.contains(word) && (1..=MOST_CHARACTERS).contains(&word.chars().count()), "{}", word);
            }
            prop_assert!(searchable.chars().all(|c| words.iter().any(|word| word.contains(c))));
        }
    }
}
