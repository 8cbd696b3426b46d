//! What comes out of cutting, and that it is the same however it is asked for.

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
    check("全国代表大会胜利召开。", &expect!["全国 国代 代表 代表大会 大会 全国代表大会 胜利 召开"]);
    check("優化“營商環境”，推動高質量發展", &expect!["优化 营商 环境 营商环境 推动 高质 高质量 质量 发展 高质量发展"]);
    check("中国特色社会主义", &expect!["中国 国特 特色 社会 社会主义 会主 主义 中国特色社会主义"]);
    check("成效顯著，著名景點", &expect!["成效 显着 成效显着 着名 景点 着名景点"]);
    check("优\n化 服、务", &expect!["优化 服 务"]);
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
        let words = |query: &&str| SEGMENTER.query_words(query).into_iter().map(shown).collect::<Vec<_>>().join(" ");
        expected.assert_eq(&queries.iter().map(words).collect::<Vec<_>>().join("\n"));
    }
    check(
        &["营商环境", "优化营商环境", "優化營商環境", "问题导向 干部", "推动高质量发展", "三会一课", "党的二十大精神"],
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
