//! What repair takes and what it leaves, rule by rule, and the laws that hold for all of it.

mod laws;
mod lines;
mod pages;
mod real_documents;
mod repeated;

use super::{Repaired, RepeatedLines, Rule, repair};

/// Repairs a text of a source of which nothing is known.
fn repaired(original: &str) -> Repaired {
    repair(original, &RepeatedLines::default())
}

#[track_caller]
fn check(original: &str, expected: &str) {
    assert_eq!(repaired(original).text(), expected);
}

#[track_caller]
fn check_kept(original: &str) {
    check(original, original);
}

#[track_caller]
fn check_rules(original: &str, expected: &[Rule]) {
    let rules: Vec<Rule> = repaired(original).edits().iter().map(|edit| edit.rule).collect();
    assert_eq!(rules, expected, "{original}");
}

#[test]
fn readings_are_cut() {
    check("", "");
    check("強(qiáng)調(diào)組織", "強調組織");
    check("强（Qiáng）调(diao\u{300})", "强调");
    check("和(hé)(hè)", "和");
    check("名額(é)已滿，啊(ā)", "名額已滿，啊");
    check("強（ qiáng ）調( diào)", "強調");
    check("绿(lǜ)色银(yín)行(háng)行(xíng)走(zǒu)", "绿色银行行走");
    // A wrong reading among true ones.
    check("组(zǔ)织(zhí)部(qiáng)门(mén)", "组织部门");
    check_rules("强(qiáng)", &[Rule::PinyinGloss]);
}

#[test]
fn other_parentheses_stay() {
    check_kept("强(qi áng) 强( )");
    check_kept("法国名(né)先生，艺名(Yú)为鱼，歌手(Pō)唱歌，巴黎(lè)");
    check_kept("附件(a) 人工智能(ai) 维生素(e) 他(he)");
    check_kept("维生素(é) 字母(à)");
    check_kept("县(市、区)工(委)会(范文)");
    check_kept("长江(Chángjiāng)");
    check_kept("a(ā) (ā) ((ā");
    check_kept("强(qiáng");
    // How a character is read that the sentence is about.
    check_kept("“行”字在“银行”中读作(háng)，在“行走”中读(xíng)。");
    check_kept("“重”音(zhòng)，又念（chóng），注音(zhòng)，讀為(zhòng)。");
    check("读(dú)作(zuò)", "读作");
}

#[test]
fn what_shows_nothing_is_cut() {
    check("\u{FEFF}组\u{200B}\u{AD}织\u{2060}", "组织");
    check("强\u{200B}(qi\u{AD}áng)调", "强调");
    check_rules("强(qiáng)調(diào)\u{200B}人", &[Rule::PinyinGloss, Rule::PinyinGloss, Rule::ZeroWidth]);
    // A line of them leaves no blank one, which would divide a word.
    check("公共服务体\n\u{200B}\n系。", "公共服务体\n系。");
    check("甲。\n\n \u{200B} \u{FEFF}\r\n\n乙。\u{200B}\n\u{200B}\n\u{200B}", "甲。\n\n\n乙。\n");
    check_kept("“两个确立”——第一；Привет・ﺀ");
    // Joiners that letters and pictures need.
    check_kept("家\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}、می\u{200C}خواهم、\u{2764}\u{FE0F}\u{200D}\u{1F525}");
    check("组\u{200D}织，\u{1F468}\u{200B}\u{200D}\u{1F469}，\u{200C}می", "组织，\u{1F468}\u{1F469}，می");
}

/// A find is a find wherever the blocks of the search begin.
#[test]
fn nothing_slips_between_blocks() {
    for spaces in 1_000..1_100 {
        let (before, after) = (" ".repeat(spaces), "文".repeat(1_000));
        check(&format!("{before}组\u{200B}织强(qiáng){after}"), &format!("{before}组织强{after}"));
    }
}

#[test]
fn ranges_lead_back_to_the_original() {
    let original = "強(qiáng)調(diào)\u{200B}人";
    let repaired = repaired(original);
    let check = |range: std::ops::Range<usize>, expected: &[&str]| {
        let parts = repaired.source_ranges(range);
        let shown: Vec<&str> = parts.iter().map(|part| &original[part.start as usize..part.end as usize]).collect();
        assert_eq!(shown, expected);
    };
    check(0..9, &["強", "調", "人"]);
    check(0..3, &["強"]);
    check(3..9, &["調", "人"]);
    check(6..1_000, &["人"]);
    check(3..3, &[]);
    check(9..9, &[]);
}

/// A cut takes in what was cut inside it before.
#[test]
fn a_line_is_cut_in_one_piece() {
    let original = "正文。\r\n版权(quán)所\u{200B}有：某站\r\n尾声。";
    let repaired = repaired(original);
    assert_eq!(repaired.text(), "正文。\r\n尾声。");
    let edits: Vec<_> = repaired.edits().iter().map(|edit| (edit.rule, edit.range.len())).collect();
    assert_eq!(edits, [(Rule::FooterLabel, "版权(quán)所\u{200B}有：某站\r\n".len())]);
}
