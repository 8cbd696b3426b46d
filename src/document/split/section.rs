//! The paragraphs of a text.

use std::{ops::Range, sync::Arc};

use super::{
    labels::head,
    marks::{breaks_line, is_colon},
    nesting::outline,
    outline::{NodeId, Outline},
    packing::pack,
    span::{Place, Span},
};
use crate::text::{GoesOn, has_searchable, to_the_end};

/// The most headings of a path, and the most characters of each: what a reader takes in.
pub(super) const MAX_DEPTH: usize = 16;
pub(super) const MAX_LABEL: usize = 100;

/// A paragraph of a repaired text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Bytes of the repaired text, trimmed of white space at both ends, with at least one letter or digit.
    pub range: Range<usize>,
    /// The headings above it, outermost first; at most 16, each trimmed and at most 100 characters long. Those that
    /// the paragraph begins with are part of its text as well, and so are those of short parts gathered in it, which
    /// are not in the path. Labels of the members of one enumeration are in the paths of all of them or of none, but for
    /// members cut in several paragraphs.
    pub heading_path: Vec<Arc<str>>,
}

/// Splits a repaired text into paragraphs, in order, none overlapping; every letter and digit is in one.
///
/// `title`: the bytes of the title in the text, where it is known. It is then a line of its own, whatever it is glued to,
/// and heads all that follows. A range that is not one of the text, or has nothing to search for, is no title.
///
/// Follows the text's own structure (编章节条, 附件, 一、, （一）, 第一，, 1., 1.1, 一是, 首先, 目录,
/// headings without a marker), then packs sentences towards 240 characters. A paragraph has at most 400, headings included: a longer sentence is cut
/// between members of a list (；, line end), else between clauses; only what no mark divides has up to 1,000. One with
/// fewer than 60 goes with a neighbour under the same heading, if there is one, but with no other member of an enumeration
/// whose members are paragraphs; one with fewer than 20 with any that
/// has fewer than 60, and the two then stand under what both stand under. So a text of n characters, white space
/// included, has at most 1 + n / 20 paragraphs. Takes linear time and never panics.
pub fn split(text: &str, title: Option<Range<usize>>) -> Vec<Section> {
    to_the_end(|goes_on| split_while(text, title, goes_on))
}

/// The same, step by step.
///
/// # Errors
/// When `goes_on` fails.
pub fn split_while<E>(text: &str, title: Option<Range<usize>>, goes_on: GoesOn<'_, E>) -> Result<Vec<Section>, E> {
    let mut outline = outline(text, title.and_then(|range| title_span(text, range)), goes_on)?;
    let drafts = pack(text, &outline, goes_on)?.into_iter().map(|draft| (draft.span.trimmed(text), draft.node));
    outline.blocks = Vec::new(); // They are in the drafts, and may take more room than these.
    let with_content = drafts.filter(|(span, _)| has_searchable(span.text(text)));
    let mut headings = Headings { text, outline: &outline, open: Vec::new() };
    let section = |(span, node): (Span, NodeId)| {
        goes_on()?;
        Ok(Section { range: span.start.byte()..span.end.byte(), heading_path: headings.path(node, span.start) })
    };
    with_content.map(section).collect()
}

/// The title's place, without white space around it.
fn title_span(text: &str, range: Range<usize>) -> Option<Span> {
    let title = text.get(range.clone()).filter(|title| has_searchable(title))?;
    let start = Place::default().after(&text[..range.start]);
    Some(Span { start, end: start.after(title) }.trimmed(text))
}

/// The headings of a text, each written once for all that stand under it.
struct Headings<'t> {
    text: &'t str,
    outline: &'t Outline,
    /// Those above the last paragraph that was asked about, outermost first.
    open: Vec<(Span, Arc<str>)>,
}

impl Headings<'_> {
    /// The labels above a paragraph that starts at a place, outermost first.
    fn path(&mut self, node: NodeId, start: Place) -> Vec<Arc<str>> {
        let mut spans: Vec<Span> = self.outline.labels(node, start).collect();
        spans.reverse();
        spans.truncate(MAX_DEPTH);
        let is_open = |(span, (open, _)): &(&Span, &(Span, Arc<str>))| span == &open;
        let shared = spans.iter().zip(&self.open).take_while(is_open).count();
        self.open.truncate(shared);
        self.open.extend(spans[shared..].iter().map(|&span| (span, label(span.text(self.text)).into())));
        self.open.iter().map(|(_, label)| Arc::clone(label)).collect()
    }
}

/// A heading on one line, without the colon that may end it.
fn label(written: &str) -> String {
    let ends_label = |last: char| last.is_whitespace() || is_colon(last);
    let trimmed = |line: &str| head(line.trim(), MAX_LABEL).trim_end_matches(ends_label).to_owned();
    if written.contains(breaks_line) {
        trimmed(&written.split(breaks_line).map(str::trim).collect::<String>())
    } else {
        trimmed(written)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Each paragraph after its heading path.
    fn check(text: &str, expected: &Expect) {
        check_titled(text, None, expected);
    }

    fn check_titled(text: &str, title: Option<&str>, expected: &Expect) {
        let title = title.map(|title| text.find(title).map(|at| at..at + title.len()).unwrap());
        let written = |section: Section| format!("[{}]\n{}\n", section.heading_path.join(" › "), &text[section.range]);
        expected.assert_eq(&split(text, title).into_iter().map(written).collect::<String>());
    }

    /// Some 80 characters that say nothing.
    fn body(about: &str) -> String {
        format!("{about}工作要抓紧抓实。{}务求实效。", "各级各部门要结合实际，细化措施，压实责任，".repeat(3))
    }

    #[test]
    fn headings_travel_with_what_they_head() {
        let text = "关于优化环境的通知\n各县人民政府：\n一、总体要求\n坚持服务企业。\n二、主要任务\n（一）简化审批\n减少环节。\n（二）加强监管\n公平公正。\n某市人民政府\n2024年3月1日";
        check_titled(
            text,
            Some("关于优化环境的通知"),
            &expect![[r"
            [关于优化环境的通知 › 一、总体要求]
            关于优化环境的通知
            各县人民政府：
            一、总体要求
            坚持服务企业。
            [关于优化环境的通知 › 二、主要任务 › （一）简化审批]
            二、主要任务
            （一）简化审批
            减少环节。
            [关于优化环境的通知 › 二、主要任务 › （二）加强监管]
            （二）加强监管
            公平公正。
            某市人民政府
            2024年3月1日
        "]],
        );
    }

    #[test]
    fn members_of_enumerations_are_paragraphs_unless_they_are_short() {
        let long = format!("会议要求：一是{}二是{}", body("学习"), body("宣传"));
        check(
            &long,
            &expect![[r"
            [一是学习工作要抓紧抓实]
            会议要求：一是学习工作要抓紧抓实。各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，务求实效。
            [二是宣传工作要抓紧抓实]
            二是宣传工作要抓紧抓实。各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，务求实效。
        "]],
        );
        check(
            "会议强调，一要学，二要干。要做到：一是勤学；二是善思；三是笃行。以上三条要落实。",
            &expect![[r"
            []
            会议强调，一要学，二要干。要做到：一是勤学；二是善思；三是笃行。以上三条要落实。
        "]],
        );
        check(
            "会议传达第一议题。第一书记汇报工作。一要素市场化。",
            &expect![[r"
            []
            会议传达第一议题。第一书记汇报工作。一要素市场化。
        "]],
        );
    }

    #[test]
    fn articles_stay_whole() {
        let text = format!(
            "某市条例\n（2024年1月通过）\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 {}\n前款规定：\n（一）甲；\n（二）乙。\n第二条 简短。\n第二章 附则\n第三条 本条例自公布之日起施行。",
            body("本")
        );
        check_titled(
            &text,
            Some("某市条例"),
            &expect![[r"
                [某市条例 › 目录]
                某市条例
                （2024年1月通过）
                目录
                第一章 总则
                第二章 附则
                [某市条例 › 第一章 总则]
                第一章 总则
                第一条 本工作要抓紧抓实。各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，各级各部门要结合实际，细化措施，压实责任，务求实效。
                前款规定：
                （一）甲；
                （二）乙。
                第二条 简短。
                [某市条例 › 第二章 附则 › 第三条]
                第二章 附则
                第三条 本条例自公布之日起施行。
            "]],
        );
    }

    #[test]
    fn text_without_letters_has_no_paragraphs() {
        for text in ["", " \n\u{3000}", "——————\n。（）", "（（（"] {
            assert_eq!(split(text, None), []);
        }
    }

    #[test]
    fn characters_that_fold_to_letters_are_kept() {
        for text in ["⼈⼤", "正文。\n○\n正文。"] {
            let whole = Section { range: 0..text.len(), heading_path: Vec::new() };
            assert_eq!(split(text, None), [whole]);
        }
        for character in '\u{2000}'..'\u{3400}' {
            let text = character.to_string();
            assert_eq!(split(&text, None).is_empty(), !has_searchable(&text), "{character:?}");
        }
    }

    #[test]
    fn articles_beyond_counting_are_text() {
        let text = "第九九九九九九九千条 甲。\n第一条 丁。";
        assert_eq!(split(text, None), [Section { range: 0..text.len(), heading_path: Vec::new() }]);
    }

    #[test]
    fn markdown_headings_nest() {
        let text = format!("# 报告\n## 要求\n### 环境\n{}", body("环境"));
        assert_eq!(
            split(&text, None),
            [Section { range: 0..text.len(), heading_path: ["报告", "要求", "环境"].map(Into::into).to_vec() }]
        );
    }

    #[test]
    fn the_title_heads_what_it_is_glued_to() {
        let title = "工作会议上的讲话(范文)";
        let heading = "一、去年工作成效明显";
        let text = format!(
            "{title}同志们:{}{heading} 去年是重要一年,{}二、今年任务 今年{}",
            body("今天"),
            body("也是"),
            body("更是,")
        );
        let sections = split(&text, Some(0..title.len()));
        let paths: Vec<String> = sections.iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths, [title, &format!("{title} › {heading}"), &format!("{title} › 二、今年任务")]);
        assert!(text[sections[1].range.clone()].starts_with(heading));
        let broken = "关于管理\n机构的规定\n第一条 为了管理。";
        let paths = split(broken, Some(0.."关于管理\n机构的规定".len()));
        assert_eq!(&*paths[0].heading_path[0], "关于管理机构的规定");
    }

    #[test]
    fn odd_titles_are_no_titles() {
        let text = "正文。标题。";
        let untitled = split(text, None);
        let backwards = Range { start: 9, end: 3 };
        for range in [0..0, 1..4, 3..1_000, 1_000..2_000, backwards, 6..9] {
            assert_eq!(split(text, Some(range.clone())), untitled, "{range:?}");
        }
    }

    #[test]
    fn lead_ins_go_with_what_they_lead_in() {
        let text = format!("{}\n三资：\n{}\n四库：\n{}", body("改革"), body("资金"), body("水库"));
        let starts: Vec<String> =
            split(&text, None).iter().map(|section| text[section.range.clone()].chars().take(2).collect()).collect();
        assert_eq!(starts, ["改革", "三资", "四库"]);
    }

    #[test]
    fn what_follows_an_enumeration_stands_under_its_parent() {
        let items = ["一是", "二是", "三是"].map(|marker| format!("{marker}{}", body("学习")));
        let sum = "以上三条是基本要求，必须长期坚持，各级各部门都要结合实际抓好贯彻落实，确保各项任务落地见效。";
        let text = format!("一、总要求\n要做到：{}{sum}{}", items.concat(), body("基层"));
        let sections = split(&text, None);
        let last = sections.last().unwrap();
        assert!(text[last.range.clone()].starts_with("以上"), "{sections:?}");
        assert_eq!(last.heading_path, ["一、总要求".into()]);
    }

    #[test]
    fn what_leads_in_the_next_enumeration_is_no_member_of_the_last() {
        let items = ["一是", "二是"].map(|marker| format!("{marker}{}", body("学习"))).concat();
        let text = format!("要做到：{items}这些实践深化了认识。{items}");
        let sections = split(&text, None);
        let starts: Vec<&str> = sections.iter().map(|section| &text[section.range.clone()][.."要做到".len()]).collect();
        assert_eq!(starts, ["要做到", "二是学", "这些实", "二是学"]);
    }

    #[test]
    fn statutes_without_line_breaks_have_chapters() {
        let article = |number: &str| format!("{number} {}", body("本条"));
        let text = format!(
            "某市条例 目录 第一章 总则 第二章 附则 第一章 总则 {} {} 第二章 附则 {}",
            article("第一条"),
            article("第二条"),
            article("第三条")
        );
        let paths: Vec<String> = split(&text, None).iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths, ["第一章 总则 › 第一条", "第一章 总则 › 第二条", "第二章 附则 › 第三条"]);
    }

    /// The heading paths of a rule of articles, each below one heading or two.
    fn check_articles(headings: [&str; 3], expected: [&str; 3]) {
        let article = |(heading, number): (&str, usize)| format!("{heading}\n第{number}条 {}\n", body("本条"));
        let text: String = headings.into_iter().zip(1..).map(article).collect();
        let sections = split(&text, None);
        let paths: Vec<String> = sections.iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths, expected);
        for (section, heading) in sections.iter().zip(headings) {
            assert!(text[section.range.clone()].starts_with(heading), "{sections:?}");
        }
    }

    #[test]
    fn headings_above_articles_head_them() {
        check_articles(
            ["一、订立", "二、效力\n（一）无效", "（二）撤销"],
            ["一、订立 › 第1条", "二、效力 › （一）无效 › 第2条", "二、效力 › （二）撤销 › 第3条"],
        );
        check_articles(
            ["第一章 订立", "一、效力", "第二章 附则"],
            ["第一章 订立 › 第1条", "第一章 订立 › 一、效力 › 第2条", "第二章 附则 › 第3条"],
        );
        check_articles(["总则", "法律责任", "附 则"], ["总则 › 第1条", "法律责任 › 第2条", "附 则 › 第3条"]);
        check_articles(["", "", "附 则"], ["第1条", "第2条", "附 则 › 第3条"]);
        check_articles(["总则", "抽 样\n现场抽样", "附则"], ["总则 › 第1条", "现场抽样 › 第2条", "附则 › 第3条"]);
    }

    #[test]
    fn annexes_head_what_follows() {
        let text = format!(
            "各县：\n{}\n附件：1.方案\n2.名单\n某市人民政府\n附件1\n实施方案\n一、目标\n{}\n附件2\n人员名单\n{}",
            body("通知"),
            body("目标"),
            body("名单")
        );
        let paths: Vec<String> = split(&text, None).iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths, ["", "附件1 › 实施方案 › 一、目标", "附件2 › 人员名单"]);
    }

    #[test]
    fn what_a_notice_attaches_stands_under_no_heading() {
        let text = format!(
            "一、目标\n{}\n附件：\n1.工作方案\n2.任务分工\n某市人民政府办公室\n2024年4月12日\n{}",
            body("目标"),
            body("印发")
        );
        let paths: Vec<String> = split(&text, None).iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths, ["一、目标", "", ""]);
    }

    #[test]
    fn spoken_enumerations_are_split_where_they_go_on() {
        let text = format!("要重视人才。一方面{}另一方面{}", body("要优化环境，"), body("要搭建平台，"));
        let paths: Vec<String> = split(&text, None).iter().map(|section| section.heading_path.join(" › ")).collect();
        assert_eq!(paths.len(), 2);
        assert!(paths[0].starts_with("一方面") && paths[1].starts_with("另一方面"), "{paths:?}");
        assert_eq!(split(&format!("首先{}会议指出，{}", body("要学习"), body("要实践")), None)[0].heading_path, []);
    }

    #[test]
    fn a_topic_goes_with_what_it_opens() {
        let topic = "传承好作风基因。严谨细致是基本要求。";
        let text = format!("{}{topic}{}", body("讲政治，").repeat(2), body("重实干，").repeat(3));
        let second = &split(&text, None)[1];
        assert!(text[second.range.clone()].starts_with(topic), "{:?}", &text[second.range.clone()]);
    }
}
