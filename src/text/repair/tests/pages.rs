//! Page breaks and page numbers.

use super::{Rule, check, check_kept, check_rules, repaired};

/// A page of over 300 bytes, broken off inside a sentence.
fn page(text: &str) -> String {
    format!("{}{text}", "各级各部门要结合实际，认真抓好落实。".repeat(9))
}

#[test]
fn pages_are_joined() {
    let (one, two, three) = (page("选派工业振兴特"), page("成效明显,坚持党"), page("的领导。"));
    let original = format!("1、{one}\n2、派员{two}\n3、{three}");
    check(&original, &format!("{one}派员{two}{three}"));
    check_rules(&original, &[Rule::PageBreak; 3]);
    check(
        &format!("讲话稿\r\n 1、 {one}\r\n\r\n2、派员{two}\r\n3、{three}\r\n"),
        &format!("讲话稿\r\n{one}派员{two}{three}\r\n"),
    );
    // The first page has lost its number.
    check(&format!("{one}\n2、派员{two}\n3、{three}\n4、{three}"), &format!("{one}派员{two}{three}{three}"));
    // A title stays a line.
    check(&format!("讲话稿\n2、{one}\n3、{two}\n4、{three}"), &format!("讲话稿\n{one}{two}{three}"));
    // A number is torn like a word.
    let (one, two) = (page("选派工业振兴特"), page("选派工作队员1"));
    check(&format!("1、{one}\n2、派员{two}\n3、200名，{three}"), &format!("{one}派员{two}200名，{three}"));
    let (one, two) = (page("选派工业振兴特"), page("成效明显,坚持党"));
    // What a site put between pages does not keep them apart, and a torn gloss comes together.
    let original = format!("1、{one}强\n第1页\n2、(qiáng)化{two}\n\n3、{three}");
    check(&original, &format!("{one}强化{two}{three}"));
}

#[test]
fn headings_do_not_keep_page_numbers() {
    let original =
        format!("1、{}\n2、成效明显 {}\n3、{}", page("工作开拓进取、"), page("回顾一年"), page("来的工作。"));
    let repaired = repaired(&original);
    assert!(repaired.text().contains("开拓进取、成效明显"), "{}", repaired.text());
    assert!(!repaired.text().contains("2、"), "{}", repaired.text());
}

#[test]
fn true_lists_stay() {
    let item = page("压实责任。");
    check_kept(&format!("1、{item}\n2、{item}\n3、{item}\n4、{item}\n5、{item}"));
    check_kept("1、加强领导\n2、压实责任\n3、强化督查\n4、严格考核");
    check_kept("1、加强领导。\n2、压实责任；\n3、强化督查。\n4、严格考核。\n5、抓好落实。");
    // Long items without a full stop at the end.
    let names = "张国强、李建华、王丽娟、赵德明、钱学礼、孙文博、周小川、".repeat(6);
    let names = names.trim_end_matches('、');
    check_kept(&format!("1、{names}\n2、{names}\n3、{names}\n4、{names}"));
    let duty = page("负责人张国强");
    check_kept(&format!("名单如下。\n1、{duty}\n2、{duty}\n3、{duty}\n4、{duty}"));
    check_kept(&format!("1、青石市（40名）：{duty}\n2、云溪市（40名）：{duty}\n3、澄江市（40名）：{duty}"));
    // With full stops inside, and each broken off: what stands above them, or how they are built, tells.
    let built = |number: usize, text: &str, end: &str| {
        let about = ["资金", "土地", "人才", "数据"][number - 1];
        format!("{number}、{about}{text}{}{end}", "各级各部门要结合实际，认真抓好落实。".repeat(7))
    };
    let list = |text: &str, end: fn(usize) -> &'static str| {
        (1..=4).map(|number| built(number, text, end(number))).collect::<Vec<_>>().join("\n")
    };
    let ends: fn(usize) -> &'static str = |number| ["资金", "建设", "企业", "平台"][number - 1];
    for above in ["一、加大支持力度", "（二）重点任务", "会议议定以下事项", "会议于上午召开。"]
    {
        check_kept(&format!("会议纪要\n{above}\n{}", list("要统筹，", ends)));
    }
    check_kept(&list("统筹。", ends));
    check_kept(&list("要统筹，", |_| "由市发展改革委牵头负责"));
    check_kept(&list("要统筹，", |_| "责任单位：市财政局、市工业和信息化局"));
    check_kept(&format!("会议议定，1、{}", list("要统筹，", ends).split_once('、').unwrap().1));
    check(
        &list("要统筹，", ends).replace('\n', "\n\n"),
        &list("要统筹，", ends).replace(['1', '2', '3', '4', '、', '\n'], ""),
    );
    let open = page("包括以下各项");
    check_kept(&format!("1、{open}\n3、{open}\n5、{open}"));
    check_kept(&format!("1、{open}\n2、{open}"));
    check_kept(&format!("1.{open}\n2.{open}\n3.{open}"));
}

#[test]
fn years_and_articles_stay() {
    check_kept("2023\n正文。");
    check_kept("正文。\n2023");
    check_kept("2023年是重要的一年。\n2024年再接再厉。");
    check_kept("第3条 本法自公布之日起施行。\n第十五条　本法自2024年1月1日起施行。");
}

#[test]
fn a_bare_number_below_the_text_is_its_page() {
    check("正文。\n\n1\n", "正文。\n\n");
    check("正文。(作者单位:某局)\n1", "正文。(作者单位:某局)");
    check_rules("正文。\n1", &[Rule::PageNumber]);
    check("正文。\n\n1\n\n主办单位:某局\nICP备案号:某ICP备00000000号-1\n", "正文。\n\n\n");
    check_kept("合计\n1");
    check_kept("序号\n1\n正文。\n2");
    check_kept("1\n正文。");
}

#[test]
fn bare_numbers_between_pages_are_cut() {
    let text = page("").repeat(3);
    check(&format!("{text}\n1\n{text}\n2\n{text}\n3\n"), &format!("{text}\n{text}\n{text}\n"));
    check_kept(&format!("论治理\n1\n{text}\n2\n{text}\n3\n{text}\n"));
    // Sections of a standard.
    check_kept(&format!("某某标准\n{text}\n1\n范围\n{text}\n2\n术语和定义\n{text}\n3\n一般要求\n{text}\n"));
    // Too few, not in order, too near to each other, a footnote's mark, the 2 of M₂.
    check_kept(&format!("{text}\n1\n{text}\n2\n{text}"));
    check_kept(&format!("{text}\n1\n{text}\n2\n{text}\n2\n{text}\n4\n{text}"));
    check_kept("序号\n1\n不超过\n3\n2\n超过\n10");
    check_kept("1\n甲\n2\n乙\n3\n丙\n");
    check_kept(&format!("{text}[\n1\n]{text}[\n2\n]{text}[\n3\n]{text}"));
    check_kept("广义货币M\n2\n增长11.3%，低于预期目标。");
}

#[test]
fn page_numbers_need_their_whole_frame() {
    check_kept("（某某法规汇编\n第 918 页）\n正文。");
    check_kept("-3\n正文。");
    check_kept("共 页 第 页\n正文。");
    check_kept("列宁全集第26卷，第269页\n正文。");
}

#[test]
fn the_margins_between_two_pages_go_with_the_number() {
    let (above, below) =
        ("充分发挥数据要素乘数效应，加快培育新兴产业，推动全", "省数字经济核心产业增加值占比重达到预期。");
    for number in ["- 3 -", "第3页", "— 3 —", "第 3 页 共 9 页"] {
        check(&format!("{above}\n\n{number}\n\n{below}"), &format!("{above}\n{below}"));
        check(&format!("{above}\r\n\r\n{number}\r\n\u{c}{below}"), &format!("{above}\r\n\u{c}{below}"));
        for (above, below) in
            [(above, "　　省数字经济。"), (above, "一、省数字经济。"), ("总则", below), ("到了。", below)]
        {
            check(&format!("{above}\n\n{number}\n\n{below}"), &format!("{above}\n\n\n{below}"));
        }
    }
    let text = format!("{}{above}", page("").repeat(3));
    let pages = |between: [&str; 3]| between.map(|between| format!("{text}{between}")).concat();
    check(&pages(["\n\n1\n\n", "\n\n2\n\n", "\n\n3\n"]), &pages(["\n", "\n", "\n\n"]));
}

#[test]
fn pages_that_errata_name_stay() {
    check_kept("勘误表\n第12页\n“甲”应为“乙”。\n第15页\n“丙”应为“丁”。\n第20頁\n“戊”应为“己”。");
    check_kept("勘误表\n第12页\n“甲”应为“乙”。\n第 13 页\n“丙”应为“丁”。");
    let text = page("");
    check(&format!("{text}\n第12页\n{text}\n第13页\n第14页\n"), &format!("{text}\n{text}\n"));
}
