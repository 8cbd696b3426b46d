//! What stands under which headings, in texts whose structure is easily misread.

mod members;

use super::split;

/// A sentence or two of some 80 characters about something.
fn body(about: &str) -> String {
    format!("{about}工作要抓紧抓实，各级各部门结合实际细化措施。{}务求实效。", "层层压实责任，逐项对账销号，".repeat(4))
}

/// The first characters of each paragraph after its heading path.
#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let sections = split(text, None);
    let found: Vec<(String, String)> = sections
        .iter()
        .map(|section| (section.heading_path.join(" › "), text[section.range.clone()].chars().take(5).collect()))
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(path, start)| (path.as_str(), start.as_str())).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_closing_address_is_apart_from_the_last_point() {
    let points = ["一要", "二要"].map(|marker| format!("{marker}学习。{}", body("学习"))).concat();
    let close = "同志们，蓝图已经绘就，奋进正当其时，让我们携起手来，以更加昂扬的斗志、更加饱满的热情和更加务实的作风，奋力谱写高质量发展的崭新篇章！";
    check(
        &format!("# 讲话\n一、任务\n要做到：{points}要严明纪律。{}{close}", body("作风")),
        &[
            ("讲话 › 一、任务 › 一要学习", "# 讲话\n"),
            ("讲话 › 一、任务 › 二要学习", "二要学习。"),
            ("讲话 › 一、任务", "要严明纪律"),
            ("讲话", "同志们，蓝"),
        ],
    );
    check(
        &format!("# 讲话\n一、任务\n{}\n{close}", body("学习")),
        &[("讲话 › 一、任务", "# 讲话\n"), ("讲话", "同志们，蓝")],
    );
    check(
        &format!("# 讲话\n一、任务\n{}{close}\n二、要求\n{}", body("学习"), body("宣传")),
        &[("讲话 › 一、任务", "# 讲话\n"), ("讲话 › 二、要求", "二、要求\n")],
    );
}

#[test]
fn a_glossary_closes_a_report_behind_its_last_words() {
    let close = "各位代表！蓝图已经绘就，奋进正当其时，让我们携起手来，以更加昂扬的斗志、更加饱满的热情和更加务实的作风，奋力谱写高质量发展的崭新篇章！";
    check(
        &format!("# 报告\n一、任务\n{}\n{close}\n名词解释\n1.三资：指资金。\n2.三农：指农业。", body("学习")),
        &[("报告 › 一、任务", "# 报告\n"), ("报告", "各位代表！"), ("报告 › 名词解释", "名词解释\n")],
    );
}

#[test]
fn an_annex_stands_beside_headings_without_markers() {
    let title = "某市报告";
    let text = format!("{title}\n过去一年的工作\n{0}\n附件\n民生实事\n{0}", body("工作"));
    let sections = split(&text, Some(0..title.len()));
    let paths: Vec<String> = sections.iter().map(|section| section.heading_path.join(" › ")).collect();
    assert_eq!(paths, ["某市报告 › 过去一年的工作", "某市报告 › 附件 › 民生实事"]);
}

#[test]
fn chapters_that_begin_again_are_of_another_document() {
    let articles = |about: &str| format!("第一条 {}\n第二条 {}\n", body(about), body("施行"));
    let chapters = format!("第一章 总则\n{}第二章 附则\n第三条 {}\n", articles("制定"), body("解释"));
    check(
        &format!("# 汇编\n会议制度\n{chapters}督察制度\n{chapters}"),
        &[
            ("汇编 › 会议制度 › 第一章 总则 › 第一条", "# 汇编\n"),
            ("汇编 › 会议制度 › 第一章 总则 › 第二条", "第二条 施"),
            ("汇编 › 会议制度 › 第二章 附则 › 第三条", "第二章 附"),
            ("汇编 › 督察制度 › 第一章 总则 › 第一条", "督察制度\n"),
            ("汇编 › 督察制度 › 第一章 总则 › 第二条", "第二条 施"),
            ("汇编 › 督察制度 › 第二章 附则 › 第三条", "第二章 附"),
        ],
    );
    let letter = "现将两项制度印发给你们，请认真贯彻执行。\n某某县河长制办公室\n2023年3月9日\n";
    check(
        &format!("{letter}会议制度\n{}督察制度\n{}", articles("制定"), articles("制定")),
        &[
            ("", "现将两项制"),
            ("会议制度 › 第一条", "会议制度\n"),
            ("会议制度 › 第二条", "第二条 施"),
            ("督察制度 › 第一条", "督察制度\n"),
            ("督察制度 › 第二条", "第二条 施"),
        ],
    );
}

#[test]
fn a_lead_in_stands_under_what_it_leads_in() {
    let points = ["一是", "二是"].map(|marker| format!("{marker}学习。{}", body("学习"))).concat();
    check(
        &format!("# 讲话\n要按照重心下移、力量下沉的思路，把基层基础工作进一步抓实抓好。{points}"),
        &[("讲话", "# 讲话\n"), ("讲话 › 一是学习", "一是学习。"), ("讲话 › 二是学习", "二是学习。")],
    );
    check(&format!("# 讲话\n要做到：{points}"), &[("讲话 › 一是学习", "# 讲话\n"), ("讲话 › 二是学习", "二是学习。")]);
}

#[test]
fn a_topic_heads_the_enumeration_that_it_opens() {
    let points = ["一是", "二是"].map(|marker| format!("{marker}学习。{}", body("学习"))).concat();
    check(
        &format!(
            "# 讲话\n{}要抓紧业务能力提升。发扬钻研精神，以标准化、精细化、科学化不断系统提升干部队伍的业务能力。{points}要抓好实际能力提升。{}",
            body("思想"),
            body("实际")
        ),
        &[
            ("讲话", "# 讲话\n"),
            ("讲话 › 要抓紧业务能力提升", "要抓紧业务"),
            ("讲话 › 要抓紧业务能力提升 › 一是学习", "一是学习。"),
            ("讲话 › 要抓紧业务能力提升 › 二是学习", "二是学习。"),
            ("讲话", "要抓好实际"),
        ],
    );
}

#[test]
fn contents_stand_under_no_chapter() {
    let chapter = |number: char| format!("第{number}章 各地各部门的主要职责\n第一节 保障\n第二节 监督\n");
    let chapters = ['一', '二', '三', '四', '五', '六', '七', '八', '九'].map(chapter).concat();
    let text = format!("# 条例\n目　录\n{chapters}第一章 各地各部门的主要职责\n第一节 保障\n第一条 {}", body("本条"));
    check(
        &text,
        &[("条例 › 目　录", "# 条例\n"), ("条例 › 第一章 各地各部门的主要职责 › 第一节 保障 › 第一条", "第一章 各")],
    );
    let text = format!("{chapters}第一章 各地各部门的主要职责\n第一节 保障\n第一条 {}", body("本条"));
    check(&text, &[("", "第一章 各"), ("第一章 各地各部门的主要职责 › 第一节 保障 › 第一条", "第一章 各")]);
}

#[test]
fn bracketed_numerals_head_lines_below() {
    let text =
        format!("一、安排\n（一）扩大内需。{}\n{}\n（二）创新驱动。{}", body("内需"), body("消费"), body("创新"));
    check(
        &text,
        &[
            ("一、安排 › （一）扩大内需", "一、安排\n"),
            ("一、安排 › （一）扩大内需", "消费工作要"),
            ("一、安排 › （二）创新驱动", "（二）创新"),
        ],
    );
}

/// Its items are parts of a sentence, wherever their markers stand in other texts.
#[test]
fn a_list_that_is_one_sentence_stands_under_what_the_sentence_stands_under() {
    let item = |marker: &str, end: &str| format!("{marker}{}{end}\n", body("价格").trim_end_matches('。'));
    let text = format!(
        "（一）改革\n改革的主要内容是：\n{}{}{}{}\n（二）对外\n{}",
        item("一、", "；"),
        item("二、", "；"),
        item("三、", "。"),
        body("方案"),
        body("外交")
    );
    let part = |marker: &str| format!("（一）改革 › {marker}价格工作要抓紧抓实，各级各部门结合实际细化措施");
    check(
        &text,
        &[
            (&part("一、"), "（一）改革"),
            (&part("二、"), "二、价格工"),
            (&part("三、"), "三、价格工"),
            ("（一）改革", "方案工作要"),
            ("（二）对外", "（二）对外"),
        ],
    );
}

#[test]
fn those_addressed_are_addressed_within_the_outermost_parts() {
    let text = format!(
        "（一）形势\n{}\n各位代表！{}\n（二）改革\n{}\n（三）外交\n{}",
        body("工业"),
        body("农业"),
        body("改革"),
        body("外交")
    );
    check(
        &text,
        &[
            ("（一）形势", "（一）形势"),
            ("（一）形势", "各位代表！"),
            ("（二）改革", "（二）改革"),
            ("（三）外交", "（三）外交"),
        ],
    );
}

#[test]
fn a_sentence_that_opens_the_next_line_goes_with_it() {
    let text = format!(
        "一、回顾\n{}\n科技、教育和社会事业全面发展。\n{}\n城乡生活水平，进一步提高。\n{}",
        body("财政"),
        body("科技"),
        body("农民")
    );
    check(&text, &[("一、回顾", "一、回顾\n"), ("一、回顾", "科技、教育"), ("一、回顾", "城乡生活水")]);
    let text = format!("一、回顾\n{}\n事业全面发展。\n生活提高。", body("财政"));
    check(&text, &[("一、回顾", "一、回顾\n")]);
}

#[test]
fn the_heading_of_a_chapter_may_fill_two_lines() {
    let text = format!(
        "第四章 保护措施\n第一节 历史文化名城、名镇、名村以及历史文化街区、\n传统风貌区、传统村落保护\n第三条 {}",
        body("本条")
    );
    let path = "第四章 保护措施 › 第一节 历史文化名城、名镇、名村以及历史文化街区、传统风貌区、传统村落保护 › 第三条";
    check(&text, &[(path, "第四章 保")]);
}

#[test]
fn what_is_said_below_a_signature_goes_with_it() {
    let text = format!(
        "# 通知\n一、目标\n{}\n附件：1.名单\n某市人民政府办公室\n2024年6月3日\n（此件公开发布）\n附件1\n名单\n青石水库\n{}",
        body("目标"),
        body("水库")
    );
    let sections = split(&text, None);
    let written: Vec<&str> = sections.iter().map(|section| &text[section.range.clone()]).collect();
    assert_eq!(written[1], "附件：1.名单\n某市人民政府办公室\n2024年6月3日\n（此件公开发布）");
    assert!(written[2].starts_with("附件1\n名单"), "{written:?}");
}

#[test]
fn what_an_officer_signs_ends_above_what_he_decrees() {
    let law = format!("管理办法\n第一条 {}", body("管理"));
    check(
        &format!("《管理办法》已经审议通过，现予公布。\n县长　王小明\n2024年5月20日\n{law}"),
        &[("", "《管理办法"), ("管理办法 › 第一条", "管理办法\n")],
    );
    let speech = format!("在会上的讲话\n县长　王小明\n2024年5月20日\n{}", body("会议"));
    check(&format!("# 文集\n{}\n{speech}", body("编者")), &[("文集", "# 文集\n"), ("文集", "在会上的讲")]);
}

#[test]
fn an_annex_without_anything_below_it_heads_nothing() {
    let text = format!("一、目标\n{}\n某市人民政府\n2024年3月1日\n附件", body("目标"));
    check(&text, &[("一、目标", "一、目标\n")]);
    let text = format!("一、目标\n{}\n附件：\n某市人民政府\n2024年3月1日", body("目标"));
    check(&text, &[("一、目标", "一、目标\n")]);
}

#[test]
fn articles_in_one_paragraph_are_called_by_none_of_them() {
    let text = format!("第1条 简短。\n第2条 简短。\n第3条 {}", body("本条"));
    check(&text, &[("", "第1条 简")]);
    let text = format!("第1条 简短。\n第2条 {}", body("本条"));
    check(&text, &[("", "第1条 简")]);
}

#[test]
fn decimal_numbers_nest() {
    let text = format!(
        "# 标准\n1 总则\n1.1 目的\n{}\n1.2范围\n{}\n2 规则\n2.1 编码\n2.1.1 组成\n{}\n2.1.2原则。{}\n2.2 管理\n{}",
        body("目的"),
        body("范围"),
        body("组成"),
        body("原则"),
        body("管理")
    );
    check(
        &text,
        &[
            ("标准 › 1 总则 › 1.1 目的", "# 标准\n"),
            ("标准 › 1 总则 › 1.2范围", "1.2范围"),
            ("标准 › 2 规则 › 2.1 编码 › 2.1.1 组成", "2 规则\n"),
            ("标准 › 2 规则 › 2.1 编码 › 2.1.2原则", "2.1.2"),
            ("标准 › 2 规则 › 2.2 管理", "2.2 管"),
        ],
    );
    let text = format!(
        "引言\n{}\n1总则\n1.1 目的\n{}\n1.2 范围\n{}\n2规则\n{}",
        body("前面"),
        body("目的"),
        body("范围"),
        body("规则")
    );
    check(
        &text,
        &[
            ("引言", "引言\n前面"),
            ("1总则 › 1.1 目的", "1总则\n1"),
            ("1总则 › 1.2 范围", "1.2 范"),
            ("2规则", "2规则\n规"),
        ],
    );
    let text = format!("一、产值\n{}\n3.5亿元来自工业。{}\n5.2%为增速。{}", body("产值"), body("工业"), body("增速"));
    check(&text, &[("一、产值", "一、产值\n"), ("一、产值", "3.5亿元"), ("一、产值", "5.2%为")]);
}

#[test]
fn a_series_may_begin_in_other_words() {
    check(
        &format!("# 讲话\n首先，{}第二，{}第三，{}", body("学习"), body("宣传"), body("实践")),
        &[
            ("讲话 › 首先，学习工作要抓紧抓实，各级各部门结合实际细化措施", "# 讲话\n"),
            ("讲话 › 第二，宣传工作要抓紧抓实，各级各部门结合实际细化措施", "第二，宣传"),
            ("讲话 › 第三，实践工作要抓紧抓实，各级各部门结合实际细化措施", "第三，实践"),
        ],
    );
    check(
        &format!("# 讲话\n首先，{}再次，{}", body("学习"), body("宣传")),
        &[
            ("讲话 › 首先，学习工作要抓紧抓实，各级各部门结合实际细化措施", "# 讲话\n"),
            ("讲话 › 再次，宣传工作要抓紧抓实，各级各部门结合实际细化措施", "再次，宣传"),
        ],
    );
    check(&format!("# 讲话\n首先，{}", body("学习")), &[("讲话", "# 讲话\n")]);
}

#[test]
fn a_letter_ends_above_what_it_sends() {
    let text = format!(
        "# 关于印发方案的通知\n各县：\n一、要求\n{}\n附件：数据管理办法\n某市教育局\n2024年3月1日\n数据管理办法\n第一章 总则\n{}\n第二章 附则\n{}",
        body("通知"),
        body("目的"),
        body("施行")
    );
    check(
        &text,
        &[
            ("关于印发方案的通知 › 一、要求", "# 关于印"),
            ("关于印发方案的通知 › 数据管理办法 › 第一章 总则", "数据管理办"),
            ("关于印发方案的通知 › 数据管理办法 › 第二章 附则", "第二章 附"),
        ],
    );
}

#[test]
fn what_tells_of_a_law_heads_nothing_of_it() {
    for note in
        ["民國 89 年 05 月 01 日", "中華民國八十九年五月一日行政院令發布", "行政院令發布", "Issued on May 5, 2024"]
    {
        let text = format!("# 某某辦法\n{note}\n第 一 章 總則\n第 1 條 {}", body("本辦法"));
        check(&text, &[("某某辦法 › 第 一 章 總則 › 第 1 條", "# 某某辦")]);
    }
}

#[test]
fn rows_of_tables_head_nothing() {
    let text = format!("{}\n| 第一百三十三条之二 （某某） |妨害安全驾驶罪 |\n{}", body("罪名"), body("以上"));
    check(&text, &[("", "罪名工作要"), ("", "| 第一百")]);
}

#[test]
fn a_closing_heading_goes_with_what_follows() {
    let close = format!("同志们！{}", body("征程"));
    check(
        &format!("# 报告\n一、回顾\n{}\n二、任务\n{}\n结束语\n{close}", body("成绩"), body("目标")),
        &[("报告 › 一、回顾", "# 报告\n"), ("报告 › 二、任务", "二、任务\n"), ("报告 › 结束语", "结束语\n同")],
    );
    check(
        &format!("# 报告\n首先报告去年的工作\n一、回顾\n{}\n二、任务\n{}", body("成绩"), body("目标")),
        &[("报告 › 一、回顾", "# 报告\n"), ("报告 › 二、任务", "二、任务\n")],
    );
}
