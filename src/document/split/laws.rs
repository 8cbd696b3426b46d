//! What holds for every text.

use std::fs;

use proptest::{collection::vec, prelude::*};

use super::{
    marks::{closes, ends_clause, ends_member},
    packing::{CRUMB, MAX, MIN},
    section::{MAX_DEPTH, MAX_LABEL, Section, split},
};
use crate::text::has_searchable;

/// Every letter and digit is in one paragraph, and none is longer than it may be.
fn check_laws(text: &str, title: Option<std::ops::Range<usize>>) -> Vec<Section> {
    let mut end = 0;
    let mut left_out = String::new();
    let sections = split(text, title);
    assert!(sections.len() <= 1 + text.chars().count() / CRUMB, "{} paragraphs", sections.len());
    for Section { range, heading_path } in &sections {
        assert!(end <= range.start, "overlap at {}", range.start);
        left_out.push_str(&text[end..range.start]);
        let section = &text[range.clone()];
        assert_eq!(section, section.trim());
        assert!(has_searchable(section));
        check_length(section);
        assert!(heading_path.len() <= MAX_DEPTH);
        for heading in heading_path {
            assert_eq!(**heading, *heading.trim());
            assert!(
                !heading.is_empty() && !heading.contains('\n') && heading.chars().count() <= MAX_LABEL,
                "{heading:?}"
            );
        }
        end = range.end;
    }
    left_out.push_str(&text[end..]);
    assert!(!has_searchable(&left_out), "left out: {left_out:?}");
    sections
}

/// A paragraph with more than 400 characters has its headings and then nothing that it could be cut behind.
fn check_length(section: &str) {
    let characters = section.chars().count();
    assert!(characters <= 1_000, "{characters}: {section:?}");
    if characters > MAX {
        let beyond: String = section.chars().skip(MAX).collect();
        assert!(!has_cut(&beyond), "{characters}: {section:?}");
    }
}

/// Whether a text could be cut: at a mark that does not end it.
fn has_cut(text: &str) -> bool {
    text.trim_end_matches(|last| ends_clause(last) || closes(last)).contains(ends_clause)
}

/// Seconds of linear work; quadratic work would not end.
fn check_strange(unit: &str, size: usize) {
    let text = unit.repeat(size / unit.len());
    let sections = split(&text, Some(0..unit.len()));
    assert!(sections.len() <= 1 + text.chars().count() / CRUMB, "{unit:?}: {}", sections.len());
    let longest = sections.iter().map(|section| text[section.range.clone()].chars().count()).max();
    assert!(longest.unwrap_or(0) <= 1_000, "{unit:?}: {longest:?}");
}

#[test]
fn large_strange_texts_are_split() {
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
        "1",
        "1\n",
        "字；",
        "字、",
        "字 ",
        "第一章 字",
        "第一条 字。",
        "第一，",
        "首先",
        "字。首先字。其次字。",
        "一方面字。",
        "附件1\n",
        "习 近 平\n",
        "总则\n",
        "一是字。二是字；",
        "一是字。二是字。一是",
    ] {
        check_strange(unit, 1 << 18);
    }
}

/// Lines of a table of contents, many enough that a second look at the rest of them by each would not end.
#[test]
fn long_tables_of_contents_are_split() {
    for unit in ["第一章\n", "第一节\n", "第一编\n", "目录\n", "附则\n", "第一章 总则\n", "第一章 总则........1\n"]
    {
        check_strange(unit, 256 << 10);
    }
    let distinct: Vec<String> = (1..20_000).map(|number| format!("目录\n第{number}章\n")).collect();
    let distinct = distinct.concat();
    check_strange(&distinct, distinct.len());
}

#[test]
fn lines_of_ten_megabytes_are_split() {
    for unit in ["字", "1", "第", "（", "字，", "一是字。二是字。"] {
        check_strange(unit, 10 << 20);
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
        let sections = check_laws(text, None);
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

/// Texts made of what splitting looks at.
fn texts() -> impl Strategy<Value = String> {
    let mark = "[。！？；：，、\n 　（）()“”《》.!-]";
    let marker = "第[一二十千3]{1,2}[章节条，书] ?|\n第九{6,8}千?条 |[一二三十○⼈]{1,2}[、是要]|（[一二三]）|[1-3][.、）]|#{1,7} |①|②|目录\n|\n附件[12]?[：\n]|附则\n|首先|其次|最后|一方面|另一方面|习 近 平\n|\n# 字\n字。\n|\n1.字\n\n字。\n";
    let words = "[\\p{Han}a-z0-9○⼈]{1,12}";
    vec(prop_oneof![mark, marker, words, "\\PC{0,3}", "字{60}", "字，{300}"], 0..60).prop_map(|parts| parts.concat())
}

/// Articles, enumerations, headings, lead-ins; no two marks are more than 100 characters apart.
fn structured() -> impl Strategy<Value = String> {
    let marker = "第[一二三]条 |（[一二三]）|[一二三]、|[一二三]是||";
    let sentences = vec("[文字]{1,100}[，、；：。]", 1..9).prop_map(|clauses| clauses.concat());
    let line = prop_oneof![3 => sentences, 1 => "[文字]{2,20}", 1 => "[文字]{2,50}："];
    vec((marker, line), 1..30)
        .prop_map(|lines| lines.into_iter().flat_map(|(marker, line)| [marker, line, "\n".into()]).collect())
}

/// A text without line breaks and markers.
fn prose() -> impl Strategy<Value = String> {
    vec(("[文字]{1,30}|字{90,450}", "[。；，、]|！”"), 1..30)
        .prop_map(|parts| parts.into_iter().flat_map(|(words, mark)| [words, mark]).collect())
}

proptest! {
    #[test]
    fn every_letter_is_in_one_paragraph(text in texts(), start in 0_usize..400, length in 0_usize..200) {
        check_laws(&text, None);
        check_laws(&text, Some(start..start + length));
    }

    #[test]
    fn only_what_no_mark_divides_is_longer_than_400(text in prose()) {
        for section in check_laws(&text, None) {
            let section = &text[section.range];
            prop_assert!(section.chars().count() <= MAX || !has_cut(section), "{}", section);
        }
    }

    #[test]
    fn what_marks_divide_is_never_longer_than_400(text in structured()) {
        for section in check_laws(&text, None) {
            let section = &text[section.range];
            prop_assert!(section.chars().count() <= MAX, "{}", section);
        }
    }

    #[test]
    fn sentences_that_fit_are_never_cut(text in vec("[文字]{1,39}[，；]?[文字]{1,200}。", 1..20)) {
        let whole = text.concat();
        for section in check_laws(&whole, None) {
            prop_assert!(whole[section.range].ends_with(ends_member));
        }
    }
}
