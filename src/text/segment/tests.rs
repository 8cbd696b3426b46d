//! What comes out of cutting, and that it is the same however it is asked for.

use super::*;
use crate::text::{fold_character, normalised};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::sync::LazyLock;

static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(Segmenter::new);

/// The terms of a text for an index, divided by spaces.
#[track_caller]
fn check_words(text: &str, expected: &Expect) {
    let mut words = Vec::new();
    SEGMENTER.for_each_word(text, |word| words.push(word.to_owned()));
    expected.assert_eq(&words.join(" "));
}

#[test]
fn words_for_the_index_overlap() {
    check_words("", &expect![[""]]);
    check_words("，。 \n", &expect![[""]]);
    check_words("全国代表大会胜利召开。", &expect!["全国 代表 代表大会 大会 全国代表大会 胜利 召开"]);
    check_words(
        "優化“營商環境”，推動高質量發展",
        &expect!["优化 营商 环境 营商环境 推动 高质 高质量 质量 发展 高质量发展"],
    );
    check_words("中国特色社会主义", &expect!["中国 特色 社会 社会主义 主义 中国特色社会主义"]);
    check_words("成效顯著，著名景點", &expect!["成效 显着 成效显着 着名 景点 着名景点"]);
    check_words("优\n化 服、务", &expect!["优化 服 务"]);
    check_words(
        "AT&T、C++、GB50016、Ｗｉ－Ｆｉ、café、Привет мир、カード",
        &expect!["at t c gb50016 wi fi cafe привет мир カード"],
    );
    check_words("4S店的T恤和abcT恤", &expect!["4s店 的 t恤 和 abc t恤"]);
}

#[test]
fn hard_wraps_are_seen_through() {
    check_words("优\n化 服、务", &expect!["优化 服 务"]);
    check_words("中華民國之遺\r\n教", &expect!["中华 民国 中华民国 之 遗教"]);
    check_words("干部\n\n群众", &expect!["干部 群众"]);
}

#[test]
fn numerals_have_one_term_for_all_spellings() {
    check_words(
        "二〇二三年三月召开第二十次会议",
        &expect!["二 零 二三 二三年 三月 召开 第二十 二十 二十次 第二十次 会议 =2023年 =2023年3月 =3月 =第20次"],
    );
    check_words("2023年3月召开第20次会议", &expect!["2023 年 3 月 召开 第 20 次 会议 =2023年 =2023年3月 =3月 =第20次"]);
    check_words(
        "第 20 條、第二次世界大战、2023年度",
        &expect!["第 20 条 第二 第二次 二次 世界 世界大战 大战 第二次世界大战 2023 年度 =第20条"],
    );
}

#[test]
fn formulas_are_terms_whole() {
    check_words("推行“积分制管理”和《党章》", &expect!["推行 积分 制 管理 和 党章 积分制管理"]);
    check_words("“守初心、担使命”", &expect!["守 初 心 担 使命 守初心担使命"]);
}

#[test]
fn words_of_the_operator_win() {
    let text = "双减工作专班研究營商環境办法";
    check_words(text, &expect!["双 减 工作 专 班 研究 营商 环境 营商环境 办法"]);
    let user = UserDictionary::parse("双减 3\n工作專班\n研究营商 1000000000".as_bytes()).unwrap();
    let segmenter = Segmenter::with(&user);
    let words = segmenter.query_words(text);
    let words = words.iter().map(|word| word.characters.as_str());
    expect!["双减 工作专班 研究营商 环境 办法"].assert_eq(&words.collect::<Vec<_>>().join(" "));
    assert_ne!(segmenter.fingerprint(), SEGMENTER.fingerprint());
    let dictionaries = segmenter.tokens("双减工作").into_iter().map(|token| token.dictionary.to_string());
    assert_eq!(dictionaries.collect::<Vec<_>>(), ["USER", "BUILT_IN"]);
}

#[test]
fn a_word_that_the_user_dictionary_takes_is_whole() {
    let file = "党建\n组工干部\nC919\n5G网络\n\u{20BB7}野家\n国粹苑\nкафе";
    let user = UserDictionary::parse(file.as_bytes()).unwrap();
    let segmenter = Segmenter::with(&user);
    for (word, _) in user.words() {
        let words = segmenter.query_words(&format!("的{word}的"));
        let words = words.iter().map(|word| word.characters.as_str());
        assert_eq!(words.collect::<Vec<_>>(), ["的", word, "的"]);
    }
}

#[test]
fn tokens_tell_where_they_stand_and_who_knows_them() {
    let text = "优\n化“營商環境 評價”，2023 年第二十條Ａbc𠮷";
    let shown = SEGMENTER
        .tokens(text)
        .into_iter()
        .map(|Token { characters, range, dictionary }| format!("{characters} {:?} {dictionary}\n", &text[range]));
    expect![[r#"
        优化 "优\n化" BUILT_IN
        营商 "營商" BUILT_IN
        环境 "環境" BUILT_IN
        营商环境 "營商環境" OFFICIAL
        评价 "評價" BUILT_IN
        2023 "2023" NONE
        年 "年" BUILT_IN
        第二十 "第二十" BUILT_IN
        二十 "二十" BUILT_IN
        二十条 "二十條" BUILT_IN
        第二十条 "第二十條" BUILT_IN
        abc "Ａbc" NONE
        𠮷 "𠮷" NONE
        =2023年 "2023 年" NUMERAL
        =2023年第20条 "2023 年第二十條" NUMERAL
        =第20条 "第二十條" NUMERAL
        营商环境评价 "營商環境 評價" QUOTED
    "#]]
    .assert_eq(&shown.collect::<String>());
}

#[test]
fn cutting_takes_linear_time() {
    // Quadratic, each of these would take minutes.
    let texts =
        ["é".repeat(1 << 17), format!("党{}", "a".repeat(1 << 18)), "中".repeat(1 << 16), "第1".repeat(1 << 15)];
    for text in texts {
        let mut letters = 0;
        SEGMENTER.for_each_word(&text, |word| letters += word.chars().count());
        assert!(letters >= text.chars().count());
    }
}

/// The words of each query, those without content in parentheses.
#[track_caller]
fn check_queries(queries: &[&str], expected: &Expect) {
    let shown =
        |word: &QueryWord| if word.content { word.characters.clone() } else { format!("({})", word.characters) };
    let words = |query: &&str| SEGMENTER.query_words(query).iter().map(shown).collect::<Vec<_>>().join(" ");
    expected.assert_eq(&queries.iter().map(words).collect::<Vec<_>>().join("\n"));
}

#[test]
fn words_of_a_query_do_not() {
    check_queries(
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
    check_queries(
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
    check_queries(
        &["醉酒驾驶怎么判刑？", "公积金贷款额度是多少", "被狗咬了谁赔", "有哪些方面", "是什么", "的"],
        &expect![[r"
            醉酒 驾驶 (怎么) 判刑
            公积金 贷款额度 (是) (多少)
            (被) 狗咬 (了) (谁) 赔
            (有) (哪些方面)
            (是) (什么)
            (的)"]],
    );
}

#[test]
fn numerals_of_a_query_are_words_in_either_spelling() {
    check_queries(
        &[
            "2023年工作总结",
            "二〇二三年工作总结",
            "二〇二三年三月",
            "2023年3月",
            "第二十次会议",
            "民法典第20条",
            "民法典第二十条第一款",
            "党的二十大",
            "2023年度报告",
            "第二次世界大战",
            "第三条",
            "GB50016规范",
            "C++",
            "“”",
            "",
        ],
        &expect![[r"
            2023年 工作 总结
            二零二三年 工作 总结
            二零二三年三月
            2023年3月
            第二十次 会议
            民法典 第20条
            民法典 第二十条第一款
            党的二十大
            2023 年度报告
            第二次世界大战
            第三条
            gb50016 规范
            c

        "]],
    );
}

#[test]
fn own_words_are_needed_and_stay_whole() {
    let without = Jieba::with_dict(&mut BufReader::new(GzDecoder::new(DICTIONARY))).expect("sound");
    let mut seen = HashSet::new();
    for word in own_words() {
        assert!(without.cut(&word, false).len() > 1, "`{word}` is whole without our list");
        let words = SEGMENTER.query_words(&word);
        assert_eq!(*words, [QueryWord { characters: word.clone(), content: true }]);
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
    assert_eq!(dictionary.lines().count(), 347_304);
}

#[test]
fn long_runs_are_cut() {
    let mut lengths = Vec::new();
    SEGMENTER.for_each_word(&"é".repeat(150), |word| lengths.push(word.chars().count()));
    assert_eq!(lengths, [64, 64, 22]);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "([组织工作營商環境中国特色社会主义的三会一课一二〇十第条年月“”《》\"3aé，。 &+\r\n]){0,24}"
    ]
}

proptest! {
    #[test]
    fn words_of_a_query_tile_its_letters_and_digits(text in texts()) {
        let words = SEGMENTER.query_words(&text);
        prop_assert!(words.iter().all(|word| !word.characters.is_empty()));
        prop_assert_eq!(words.iter().map(|word| word.characters.as_str()).collect::<String>(), searchable(&text));
    }

    #[test]
    fn words_for_the_index_stand_in_the_text(text in texts()) {
        let tokens = SEGMENTER.tokens(&text);
        for Token { characters, range, dictionary } in &tokens {
            let there = searchable(&text[range.clone()]);
            prop_assert!(there.starts_with(is_searchable), "{}", characters);
            match dictionary {
                Dictionary::Numeral => prop_assert_eq!(&normalised(&there).unwrap(), characters),
                Dictionary::Quoted | Dictionary::User | Dictionary::Official | Dictionary::BuiltIn | Dictionary::None => {
                    prop_assert_eq!(&there, characters);
                }
            }
            prop_assert!(characters.chars().count() <= MOST_CHARACTERS);
        }
        let words = tokens.iter().filter(|token| token.dictionary != Dictionary::Numeral);
        let covered: Vec<_> = words.map(|token| token.range.clone()).collect();
        for (start, _) in text.char_indices().filter(|(_, c)| is_searchable(fold_character(*c))) {
            prop_assert!(covered.iter().any(|range| range.contains(&start)));
        }
    }

    #[test]
    fn what_is_shown_is_what_is_indexed(text in texts()) {
        let mut words = Vec::new();
        SEGMENTER.for_each_word(&text, |word| words.push(word.to_owned()));
        let shown: Vec<_> = SEGMENTER.tokens(&text).into_iter().map(|token| token.characters).collect();
        prop_assert_eq!(shown, words);
    }
}
