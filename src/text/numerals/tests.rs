//! Which spellings are one, and what is none.

use super::*;
use crate::text::fold;
use proptest::prelude::*;

#[test]
fn spellings_meet() {
    #[track_caller]
    fn check(spellings: &str, expected: &str) {
        for spelling in spellings.split('|') {
            assert_eq!(normalised(&fold(spelling)).as_deref(), Some(expected), "{spelling}");
        }
    }
    check("2023年|二〇二三年|二○二三年|二零二三年|２０２３年|2023 年", "=2023年");
    check("第20次|第二十次|第 20 次|第 二十 次|第020次", "=第20次");
    check("第一千二百六十條|第1260条", "=第1260条");
    check("第一百零五条|第105条", "=第105条");
    check("第一百一十条|第一百十条|第110条", "=第110条");
    check("三月|3月|03月", "=3月");
    check("十五日|15日", "=15日");
    check("六个月|6個月", "=6个月");
    check("一百周年|100周年", "=100周年");
    check("两年|二年|2年", "=2年");
    check("一千零一十天|一千零十天", "=1010天");
    check("九千九百九十九年", "=9999年");
    check("第三季度|第3季度", "=第3季度");
    check("二〇二三年三月十五日|2023年3月15日|2023 年 3 月 15 日", "=2023年3月15日");
    check("第二十条第三款|第20條第3款", "=第20条第3款");
}

#[test]
fn what_is_no_numeral() {
    #[track_caller]
    fn check(words: &str) {
        for word in words.split(' ') {
            assert_eq!(normalised(word), None, "{word}");
        }
    }
    check("第 年 二十大 十 第十 2023 20条 百分之五 五万元");
    check("三五年 七八月 一百五年 零三月 一零年 百年 十百年 一百零年 一零零五年度 第一二条 二十十日");
    check("123456789年 三月份 第二次世界大战 第十四条之一");
    assert_eq!(normalised(""), None);
    assert_eq!(normalised(" "), None);
}

/// Tiles are divided by `|`.
fn cut(text: &str) -> (String, Vec<Range<usize>>) {
    let mut folded = String::new();
    let mut tiles = Vec::new();
    for tile in text.split('|') {
        let start = folded.len();
        folded += tile;
        tiles.extend((!tile.trim().is_empty()).then_some(start..folded.len()));
    }
    (folded, tiles)
}

#[test]
fn terms_of_a_text() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (folded, tiles) = cut(text);
        let mut terms = Vec::new();
        for_each_term(&folded, &tiles, |term, range| {
            assert_eq!(normalised(&folded[range]).as_deref(), Some(term));
            terms.push(term.to_owned());
        });
        assert_eq!(terms.join(" "), expected);
    }
    check("在|2023|年|召开", "=2023年");
    check("二|零|二三年|三月|十五日", "=2023年 =2023年3月 =2023年3月15日 =3月 =3月15日 =15日");
    check("第| |20| |條", ""); // Not folded.
    check("第| |20| |条", "=第20条");
    check("2023| |年| |3| |月", "=2023年 =2023年3月 =3月");
    check(
        "第二十|条|第三|款|第一|项|第二|目",
        "=第20条 =第20条第3款 =第20条第3款第1项 =第3款 =第3款第1项 =第3款第1项第2目 =第1项 =第1项第2目 =第2目",
    );
    check("第二次世界大战|2023|年度|三月份", "");
    check("几|十年|五万|三千年|1|.|5|年|3|,|000|年", "");
    check("1日|,|2日", "=1日 =2日");
}

#[test]
fn numerals_of_a_query_are_whole() {
    #[track_caller]
    fn check(query: &str, expected: &str) {
        let (folded, tiles) = cut(query);
        let joined = join(&folded, tiles);
        assert_eq!(joined.into_iter().map(|tile| &folded[tile]).collect::<Vec<_>>().join("|"), expected);
    }
    check("在|2023|年|召开", "在|2023年|召开");
    check("二|零|二三年|三月|十五日|召开", "二零二三年三月十五日|召开");
    check("第二十|条|第三|款|第一|项|第二|目", "第二十条第三款第一项|第二目");
    check("2023| |年|3|月| |4月", "2023|年|3月|4月");
    check("党建|工作", "党建|工作");
}

#[test]
fn long_runs_take_linear_time() {
    // Quadratic, each of these would take minutes.
    for unit in ["一", "十", "第", "1 ", "三月", "第1条"] {
        let text = unit.repeat(1 << 16);
        let tiles: Vec<_> =
            text.char_indices().filter(|(_, c)| *c != ' ').map(|(start, c)| start..start + c.len_utf8()).collect();
        let mut terms = 0;
        for_each_term(&text, &tiles, |_, _| terms += 1);
        assert!(terms <= MOST_TOGETHER << 16);
        assert!(join(&text, tiles).len() <= 1 << 16);
    }
}

/// A number as it is said, from 1 to 9999.
fn said(value: u32) -> String {
    let mut said = String::new();
    let mut gap = false;
    for (scale, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        match value / scale % 10 {
            0 => gap = !said.is_empty(),
            digit => {
                said += if gap { "零" } else { "" };
                said.extend("零一二三四五六七八九".chars().nth(digit as usize));
                said += name;
                gap = false;
            }
        }
    }
    said
}

#[test]
fn every_number_is_read() {
    for value in 1..10_000 {
        assert_eq!(normalised(&format!("第{}条", said(value))), Some(format!("=第{value}条")), "{}", said(value));
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "[第零一二十百千年月日条个 .,1２]{0,16}") {
        if let Some(term) = normalised(&text) {
            prop_assert_eq!(normalised(&term[1..]), Some(term.clone()));
        }
    }
}
