//! Lines that the documents of a source share.

use std::collections::HashMap;

use super::{Rule, repaired};
use crate::text::{EdgeLine, MIN_DOCUMENTS_WITH_LINE, RepeatedLines, edge_lines, repair};

/// The lines that enough of a source's documents have at an edge.
fn repeated_in(documents: &[&str]) -> RepeatedLines {
    let mut counts: HashMap<EdgeLine, usize> = HashMap::new();
    for line in documents.iter().flat_map(|document| edge_lines(document)) {
        *counts.entry(line).or_default() += 1;
    }
    counts.into_iter().filter(|&(_, count)| count >= MIN_DOCUMENTS_WITH_LINE).map(|(line, _)| line).collect()
}

#[track_caller]
fn check(documents: &[&str], expected: &[&str]) {
    let repeated = repeated_in(documents);
    let texts: Vec<String> = documents.iter().map(|document| repair(document, &repeated).text().to_owned()).collect();
    assert_eq!(texts, expected);
}

#[test]
fn banners_are_trimmed_from_both_ends() {
    let documents = [
        "澄江政务网\n————\n无障碍浏览\n\n乡村振兴见成效\n甲文。\n\n相关推荐：\n展开全文",
        "澄江政务網\n无障碍浏览\n招商引资谱新篇\n乙文。\n相关推荐:\n展开全文\n",
        "澄江政务网\n无障碍浏览\n安全生产不放松\n丙文。\n相关推荐：\n***\n展开全文\n",
    ];
    let expected = ["\n乡村振兴见成效\n甲文。\n\n", "招商引资谱新篇\n乙文。\n", "安全生产不放松\n丙文。\n"];
    check(&documents, &expected);
    check(&documents[..2], &documents[..2]);
    let edits = repair(documents[1], &repeated_in(&documents));
    assert!(edits.edits().iter().all(|edit| edit.rule == Rule::RepeatedLine), "{:?}", edits.edits());
    assert_eq!(edits.edits().len(), 4);
}

#[test]
fn what_documents_share_as_documents_stays() {
    let reports = [
        "政府工作报告\n各位代表：\n甲文。\n某某市人民政府\n2024年1月5日",
        "政府工作报告\n各位代表：\n乙文。\n某某市人民政府\n2024年1月5日",
        "政府工作报告\n各位代表：\n丙文。\n某某市人民政府\n2024年1月5日",
    ];
    check(&reports, &reports);
    let laws = [
        "第一章　总则\n第一条　甲。\n第十五条　本法自公布之日起施行。",
        "第一章　总则\n第一条　乙。\n第十五条　本法自公布之日起施行。",
        "第一章　总则\n第一条　丙。\n第十五条　本法自公布之日起施行。",
    ];
    check(&laws, &laws);
    let speeches = [
        "同志们：\n甲文。\n（作者系县委常委）",
        "同志们：\n乙文。\n（作者系县委常委）",
        "同志们：\n丙文。\n（作者系县委常委）",
    ];
    check(&speeches, &speeches);
}

/// A line in the middle stays, whatever the edges of other documents have.
#[test]
fn nothing_is_cut_inside_the_text() {
    let banner = "澄江政务网";
    let middle = format!("乡村振兴见成效\n甲文。\n{banner}\n乙文。");
    let repeated = edge_lines(&format!("{banner}\n乡村振兴见成效\n甲文。")).into_iter().collect();
    assert_eq!(repair(&middle, &repeated).text(), middle);
}

/// Three copies of one text have all their lines in common.
#[test]
fn copies_keep_their_title_and_are_never_emptied() {
    let article = "让数据多跑路 让群众少跑腿\n近日，某地推出新举措。";
    check(&[article; 3], &[article; 3]);
    let table = "序号\n品名\n规格";
    check(&[table; 3], &[table; 3]);
}

/// What articles, laws, poems, lists and letters begin and end with, though every document of the source does.
#[test]
fn lines_that_could_be_a_documents_own_stay() {
    #[track_caller]
    fn check_kept(text: &str) {
        check(&[text; 3], &[text; 3]);
    }
    check_kept("山乡巨变谱华章\n——青石沟产业发展纪实\n张三\n春风拂过大地，万物复苏。\n让我们一起奔向美好明天\n");
    check_kept("中华人民共和国\n市场主体登记细则\n（2022年3月1日第52号公布）\n第一条 为了登记，制定本细则。\n");
    check_kept("织密民生保障网\n——来自青石沟的调查\n张三\n春风拂过大地。\n");
    check_kept("春水谣\n山青青\n水蓝蓝\n他唱完了。\n山青青\n水蓝蓝\n");
    check_kept("名单如下。\n第一实验小学\n青石沟完小\n");
    check_kept("剧中人\n大春\n小芳\n大幕拉开。\n");
    check_kept("表扬信\n感谢贵处的支持。\n此致\n敬礼\n");
    check_kept("议程\n奏唱国歌\n听取报告。\n奏唱国歌\n");
    check_kept("设备停用。\n不能正常工作\n附图：\n編 註：本辦法業經廢止\n");
}

#[test]
fn a_line_is_named_by_its_folded_letters() {
    let names = |text: &str| edge_lines(&format!("{text}\n某某见闻\n正文。"));
    assert_eq!(names("澄江政務網"), names("  澄江·政务网 \r"));
    assert_ne!(names("澄江政务网"), names("澄江新闻网"));
    assert_eq!(names("澄江政务网\n澄江政务网"), names("澄江政务网"));
    let [body, name] = names("澄江政务网")[..] else { panic!("one line has one name, below that of the body") };
    assert_eq!(edge_lines("澄江新闻网\n另一题目\n正文。")[0], body);
    assert_ne!(edge_lines("澄江新闻网\n另一题目\n别的。")[0], body);
    assert_eq!(EdgeLine::from(name.to_u64()), name);
    assert_eq!(name.to_u64(), 428_126_228_415_893_624, "stays the same in every run and on every machine");
    assert!(repaired("澄江政务网\n某某见闻\n正文。").edits().is_empty());
}
