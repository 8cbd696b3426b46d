//! The members of one enumeration are all treated alike, however long each is.

use std::sync::Arc;

use super::{body, check, split};

/// Members of a kind in one line, each with its first sentence and something about it.
fn members(markers: [&str; 3], about: [&str; 3]) -> String {
    markers.into_iter().zip(about).flat_map(<[&str; 2]>::from).collect()
}

const IS: [&str; 3] = ["一是", "二是", "三是"];

#[test]
fn members_are_paragraphs_though_one_is_short() {
    let (first, third) = (format!("学习。{}", body("学习")), format!("实践。{}", body("实践")));
    let short = "宣传。办好讲堂，走进村组，让大家都听得懂、记得住、用得上。";
    check(
        &format!("# 讲话\n要做到：{}", members(IS, [&first, short, &third])),
        &[("讲话 › 一是学习", "# 讲话\n"), ("讲话 › 二是宣传", "二是宣传。"), ("讲话 › 三是实践", "三是实践。")],
    );
}

#[test]
fn members_of_which_one_says_too_little_go_together() {
    let (first, third) = (format!("学习。{}", body("学习")), format!("实践。{}", body("实践")));
    check(
        &format!("# 讲话\n要做到：{}", members(IS, [&first, "宣传。", &third])),
        &[("讲话", "# 讲话\n"), ("讲话", "二是宣传。")],
    );
}

#[test]
fn a_label_stays_where_it_is_needed_far_below() {
    let (first, third) = (format!("学习。{}", body("学习").repeat(6)), format!("实践。{}", body("实践")));
    check(
        &format!("# 讲话\n要做到：{}", members(IS, [&first, "宣传。", &third])),
        &[
            ("讲话 › 一是学习", "# 讲话\n"),
            ("讲话 › 一是学习", "学习工作要"),
            ("讲话 › 二是宣传", "二是宣传。"),
            ("讲话 › 三是实践", "三是实践。"),
        ],
    );
}

#[test]
fn short_lists_stand_under_what_leads_them_in() {
    let short = |about: &str| format!("必须坚持抓好{about}工作，把各项要求落到实处；");
    let list = members(IS, [&short("学习"), &short("宣传"), &short("实践")]);
    check(&format!("# 讲话\n{}体会是：{list}", body("一年来，")), &[("讲话", "# 讲话\n")]);
}

#[test]
fn a_label_alone_goes_with_what_it_heads() {
    let points = members(["一要", "二要", "三要"], [&body("学习"), &body("宣传"), &body("实践")]);
    let label = "创新基层党建抓手，推动党建工作与中心工作深度融合，持续增强组织功能";
    let other = format!("第二，压实责任。{}", body("责任"));
    let text = format!("# 讲话\n第一，{label}。{points}\n{other}");
    let paths: Vec<Vec<Arc<str>>> = split(&text, None).into_iter().map(|section| section.heading_path).collect();
    assert_eq!(paths[0].len(), 3, "{paths:?}");
    assert!(paths[0][1].ends_with(label) && paths[0][2].starts_with("一要学习"), "{paths:?}");
    assert_eq!(paths.last().unwrap(), &["讲话", "第二，压实责任"].map(Arc::from));
}

#[test]
fn members_head_the_lines_below_them() {
    let text = format!(
        "一、回顾\n（一）加强调控。\n{}\n{}\n（二）夯实基础。\n{}\n我们也清醒地看到，{}",
        body("调控"),
        body("投资"),
        body("基础"),
        body("不足")
    );
    check(
        &text,
        &[
            ("一、回顾 › （一）加强调控", "一、回顾\n"),
            ("一、回顾 › （一）加强调控", "投资工作要"),
            ("一、回顾 › （二）夯实基础", "（二）夯实"),
            ("一、回顾", "我们也清醒"),
        ],
    );
    let quoted = |number: usize| {
        format!("{number}.将第{number}条修改为：\n（一）甲款。\n{}\n（二）乙款。\n{}\n", body("甲"), body("乙"))
    };
    let text = format!("一、修改\n{}{}", quoted(1), quoted(2));
    assert!(split(&text, None).iter().all(|section| section.heading_path.len() < 3), "{text}");
    let text = format!("一、回顾\n（一）学习；\n（二）宣传；\n（三）实践。\n{}", body("以下"));
    check(&text, &[("一、回顾", "一、回顾\n")]);
}

#[test]
fn looking_back_is_no_part_of_the_last_member() {
    let done = |about: &str| format!("{about}有声有色。{}", body(about));
    let points = members(IS, [&done("学习"), &done("宣传"), &done("实践")]);
    check(
        &format!("# 讲话\n主要有：{points}回顾一年来的工作，成绩来之不易，{}", body("各地")),
        &[
            ("讲话 › 一是学习有声有色", "# 讲话\n"),
            ("讲话 › 二是宣传有声有色", "二是宣传有"),
            ("讲话 › 三是实践有声有色", "三是实践有"),
            ("讲话", "回顾一年来"),
        ],
    );
}

#[test]
fn the_last_member_ends_where_the_text_turns() {
    let point = |about: &str| format!("坚持{about}。{}", body(about));
    let points = members(["一要", "二要", "三要"], [&point("学习"), &point("宣传"), &point("实践")]);
    let close =
        format!("打铁必须自身硬。完成好各项任务，我们必须抓好自身建设。要旗帜鲜明讲政治。{}", body("政治").repeat(2));
    check(
        &format!("# 讲话\n要做到：{points}{close}"),
        &[
            ("讲话 › 一要坚持学习", "# 讲话\n"),
            ("讲话 › 二要坚持宣传", "二要坚持宣"),
            ("讲话 › 三要坚持实践", "三要坚持实"),
            ("讲话", "打铁必须自"),
        ],
    );
}

#[test]
fn long_lines_are_cut_before_sentences_built_alike() {
    let part = |topic: &str| format!("传承好{topic}基因。{}", body(topic).repeat(2));
    let text = format!("{}{}{}", part("讲政治的"), part("重公道的"), part("作风好的"));
    check(&text, &[("", "传承好讲政"), ("", "传承好重公"), ("", "传承好作风")]);
}

#[test]
fn items_of_articles_call_what_is_cut_off_from_them() {
    let item = |number: &str| format!("（{number}）管理有关事项，{}\n", "拟订计划并组织实施，".repeat(6));
    let items = ["一", "二", "三", "四", "五", "六"].map(item).concat();
    check(
        &format!("第1条 各科职责如下：\n一、第一科\n{items}第2条 {}", body("本条")),
        &[("第1条", "第1条 各"), ("第1条 › 一、第一科", "（六）管理"), ("第2条", "第2条 本")],
    );
}
