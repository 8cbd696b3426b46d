//! The paragraphs of a text.

use std::ops::Range;

use super::{nesting::outline, packing::pack, span::Span};
use crate::text::has_searchable;

/// The most headings of a path, and the most characters of each: what a reader takes in.
const MAX_DEPTH: usize = 16;
const MAX_LABEL: usize = 100;

/// A paragraph of a repaired text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Bytes of the repaired text, trimmed of white space at both ends, with at least one letter or digit.
    pub range: Range<usize>,
    /// The headings above it, outermost first; at most 16, each trimmed and at most 100 characters long. Those that
    /// the paragraph begins with are part of its text as well, and so are those of short parts gathered in it, which
    /// are not in the path.
    pub heading_path: Vec<String>,
}

/// Splits a repaired text into paragraphs, in order, none overlapping; every letter and digit is in one.
///
/// Follows the text's own structure (编章节条, 一、, （一）, 第一，, 1., 一是, headings without a marker), then packs
/// sentences towards 240 characters. A paragraph has at most 400, a single sentence up to 1,000; one with fewer than
/// 60 goes with a neighbour under the same heading, if there is one; one with fewer than 20 with any that has fewer
/// than 60, and the two then stand under what both stand under. So a text of n characters, white space included, has
/// at most 1 + n / 20 paragraphs. Takes linear time and never panics.
pub fn split(text: &str) -> Vec<Section> {
    let outline = outline(text);
    let drafts = pack(text, &outline).into_iter().map(|draft| (draft.span.trimmed(text), draft.node));
    let with_content = drafts.filter(|(span, _)| has_searchable(span.text(text)));
    let label = |written: &str| written.trim().chars().take(MAX_LABEL).collect::<String>().trim_end().to_owned();
    let section = |(span, node): (Span, _)| Section {
        range: span.start.byte..span.end.byte,
        heading_path: outline.path(node).iter().take(MAX_DEPTH).map(|heading| label(heading.text(text))).collect(),
    };
    with_content.map(section).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use expect_test::{Expect, expect};
    use proptest::{collection::vec, prelude::*};

    use super::{
        super::packing::{CRUMB, MAX, MIN},
        *,
    };

    /// Each paragraph after its heading path.
    fn check(text: &str, expected: &Expect) {
        let written = |section: Section| format!("[{}]\n{}\n", section.heading_path.join(" › "), &text[section.range]);
        expected.assert_eq(&split(text).into_iter().map(written).collect::<String>());
    }

    /// Some 80 characters that say nothing.
    fn body(about: &str) -> String {
        format!("{about}工作要抓紧抓实。{}务求实效。", "各级各部门要结合实际，细化措施，压实责任，".repeat(3))
    }

    #[test]
    fn headings_travel_with_what_they_head() {
        let text = "关于优化环境的通知\n各县人民政府：\n一、总体要求\n坚持服务企业。\n二、主要任务\n（一）简化审批\n减少环节。\n（二）加强监管\n公平公正。\n某市人民政府\n2024年3月1日";
        check(
            text,
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
        check(
            &text,
            &expect![[r"
            [某市条例 › 第一章 总则]
            某市条例
            （2024年1月通过）
            目录
            第一章 总则
            第二章 附则
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
            assert_eq!(split(text), []);
        }
    }

    #[test]
    fn characters_that_fold_to_letters_are_kept() {
        for text in ["⼈⼤", "正文。\n○\n正文。"] {
            let whole = Section { range: 0..text.len(), heading_path: Vec::new() };
            assert_eq!(split(text), [whole]);
        }
        for character in '\u{2000}'..'\u{3400}' {
            let text = character.to_string();
            assert_eq!(split(&text).is_empty(), !has_searchable(&text), "{character:?}");
        }
    }

    #[test]
    fn articles_beyond_counting_are_text() {
        let text = "第九九九九九九九千条 甲。\n第一条 丁。";
        assert_eq!(split(text), [Section { range: 0..text.len(), heading_path: Vec::new() }]);
    }

    #[test]
    fn markdown_headings_nest() {
        let text = format!("# 报告\n## 要求\n### 环境\n{}", body("环境"));
        assert_eq!(
            split(&text),
            [Section {
                range: 0..text.len(), heading_path: ["报告", "要求", "环境"].map(str::to_owned).to_vec()
            }]
        );
    }

    /// Seconds of linear work; quadratic work would not end.
    #[test]
    fn large_strange_texts_are_split() {
        const SIZE: usize = 1 << 18;
        for unit in [
            "（",
            "字",
            "。",
            "字。",
            "，",
            "一",
            "一、",
            "一是",
            "字\n",
            "# 字\n",
            "# 字\n字。\n",
            "1.字\n",
            "第",
            "(",
            " ",
            "\n",
            "”",
        ] {
            let text = unit.repeat(SIZE / unit.len());
            let sections = split(&text);
            assert!(sections.len() <= 1 + text.chars().count() / CRUMB, "{unit:?}: {}", sections.len());
            let longest = sections.iter().map(|section| text[section.range.clone()].chars().count()).max();
            assert!(longest.unwrap_or(0) <= 1_000, "{unit:?}: {longest:?}");
        }
    }

    /// The texts of a folder beside the sources.
    fn documents(folder: &str) -> Vec<String> {
        let files = fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).into_iter().flatten().flatten();
        let text =
            |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "txt" || extension == "md");
        files.map(|file| file.path()).filter(|path| text(path)).flat_map(fs::read_to_string).collect()
    }

    fn check_documents(documents: &[String]) {
        for text in documents {
            check_laws(text);
            let sections = split(text);
            let mut lengths: Vec<usize> =
                sections.iter().map(|section| text[section.range.clone()].chars().count()).collect();
            lengths.sort_unstable();
            assert!((MIN..=MAX).contains(&lengths[lengths.len() / 2]), "{lengths:?} of {text}");
        }
    }

    #[test]
    fn the_samples_fall_into_paragraphs_of_good_length() {
        let samples = documents("samples");
        assert!(!samples.is_empty());
        check_documents(&samples);
    }

    #[test]
    fn real_documents_fall_into_paragraphs_of_good_length() {
        let real = documents("../shared/seeds");
        if real.is_empty() {
            eprintln!("skipped: no ../shared/seeds beside the repository");
        }
        check_documents(&real);
    }

    /// What holds for every text.
    fn check_laws(text: &str) {
        let mut end = 0;
        let mut left_out = String::new();
        let sections = split(text);
        assert!(sections.len() <= 1 + text.chars().count() / CRUMB, "{} paragraphs", sections.len());
        for Section { range, heading_path } in sections {
            assert!(end <= range.start, "overlap at {}", range.start);
            left_out.push_str(&text[end..range.start]);
            let section = &text[range.clone()];
            assert_eq!(section, section.trim());
            assert!(has_searchable(section));
            assert!(section.chars().count() <= 1_000);
            assert!(heading_path.len() <= MAX_DEPTH);
            for heading in heading_path {
                assert_eq!(heading, heading.trim());
                assert!(!heading.is_empty() && heading.chars().count() <= MAX_LABEL, "{heading:?}");
            }
            end = range.end;
        }
        left_out.push_str(&text[end..]);
        assert!(!has_searchable(&left_out), "left out: {left_out:?}");
    }

    /// Texts made of what splitting looks at.
    fn texts() -> impl Strategy<Value = String> {
        let mark = "[。！？；：，、\n 　（）()“”《》.!-]";
        let marker = "第[一二十千3]{1,2}[章节条，书]|\n第九{6,8}千?条 |[一二三十○⼈]{1,2}[、是要]|（[一二三]）|[1-3][.、）]|#{1,7} |①|②|目录\n|\n# 字\n字。\n|\n1.字\n\n字。\n";
        let words = "[\\p{Han}a-z0-9○⼈]{1,12}";
        vec(prop_oneof![mark, marker, words, "\\PC{0,3}", "字{60}", "字，{300}"], 0..60)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn every_letter_is_in_one_paragraph(text in texts()) {
            check_laws(&text);
        }
    }
}
