//! What holds for every text.

use std::ops::Range;

use proptest::{prelude::*, sample::select};

use super::repaired;
use crate::text::{RepeatedLines, edge_lines, repair};

/// Lines that some rule cuts, or nearly.
const LINES: [&str; 44] = [
    "",
    " ",
    "正文。",
    "正文",
    "强(qiáng)调",
    "强(qi",
    "áng)调",
    "\u{200B}",
    "\u{FEFF}1",
    "1",
    "2",
    "3",
    "12",
    "2023",
    "- 3 -",
    "第3页",
    "第 3 页 共 20 页",
    "由会员分享,可在线阅读",
    "ICP备案号:某ICP备1号",
    "主办单位:某局",
    "技术支持：某公司",
    "版权所有：某站",
    "您是第 位来访者",
    "book=43,ebook=38",
    "【字体：",
    "大",
    "中",
    "】",
    "打印",
    "关闭",
    "上一篇：某文",
    "责任编辑：",
    "[",
    "]",
    "×",
    "1、",
    "2、条",
    "澄江政务网",
    "展开全文",
    "无障碍浏览",
    "各位代表：",
    "工作报告",
    "一、总则",
    "某县",
];

/// The lines that the documents of the texts' source share.
fn shared_lines() -> RepeatedLines {
    edge_lines("澄江政务网\n展开全文\n无障碍浏览\n某县\n工作报告").into_iter().collect()
}

fn pages() -> impl Strategy<Value = String> {
    let page = (0..6_u32, prop_oneof![Just("分"), Just("强"), Just("。"), Just("(qiáng)")], 0..60_usize);
    prop::collection::vec(page, 0..8).prop_map(|pages| {
        let mut number = 0;
        let page = |(step, end, words): (u32, &str, usize)| {
            number += if step == 5 { 2 } else { 1 };
            format!("{number}、{}{}{end}", if words % 7 == 0 { "(qiáng)" } else { "" }, "某些文字".repeat(words))
        };
        pages.into_iter().map(page).collect::<Vec<_>>().join("\n")
    })
}

fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        8 => select(&LINES[..]).prop_map(str::to_owned),
        1 => pages(),
        1 => (1..9_usize).prop_map(|times| "要抓好各项工作的落实".repeat(times * 10)),
    ];
    let lines = prop::collection::vec((line, select(&["\n", "\n", "\n", "\r\n", "\n\n", ""][..])), 0..24);
    prop_oneof![
        any::<String>(),
        "([强a(（)）áqin\u{301}\u{200B}\u{AD}]|qiáng){0,24}",
        lines.prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect()),
    ]
}

proptest! {
    #[test]
    fn the_original_is_what_was_kept_and_what_was_cut(original in texts()) {
        let repaired = repair(&original, &shared_lines());
        let kept = repaired.source_ranges(0..repaired.text().len());
        let slice = |range: &Range<u32>| &original[range.start as usize..range.end as usize];
        prop_assert_eq!(kept.iter().map(slice).collect::<String>(), repaired.text());

        let mut parts: Vec<&Range<u32>> = kept.iter().chain(repaired.edits().iter().map(|edit| &edit.range)).collect();
        parts.sort_by_key(|range| range.start);
        prop_assert!(parts.iter().all(|range| !range.is_empty()));
        prop_assert_eq!(parts.into_iter().map(slice).collect::<String>(), original.as_str());
        prop_assert!(kept.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?} touch", kept);
    }

    #[test]
    fn any_part_leads_back(original in texts(), start: prop::sample::Index, length: prop::sample::Index) {
        let repaired = repair(&original, &shared_lines());
        let boundaries: Vec<usize> =
            repaired.text().char_indices().map(|(at, _)| at).chain([repaired.text().len()]).collect();
        let start = start.index(boundaries.len());
        let range = boundaries[start]..boundaries[start + length.index(boundaries.len() - start)];
        let parts = repaired.source_ranges(range.clone());
        let joined: String = parts.iter().map(|part| &original[part.start as usize..part.end as usize]).collect();
        prop_assert_eq!(joined, &repaired.text()[range]);
    }

    #[test]
    fn what_is_repaired_needs_no_repair(original in texts()) {
        let repaired = repair(&original, &shared_lines());
        prop_assert!(repair(repaired.text(), &shared_lines()).edits().is_empty(), "{:?}", repaired.text());
    }

    /// Only page breaks join lines, and only to long ones.
    #[test]
    fn neighbours_are_not_glued(original in texts()) {
        const SHORTEST_JOINED_BYTES: usize = 1_000;
        // Without what is cut inside a line.
        let is_inside = |c| matches!(c, '(' | '（' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
        let original = original.replace(is_inside, "");
        let repaired = repair(&original, &shared_lines());
        for line in repaired.text().lines().map(str::trim).filter(|line| line.len() < SHORTEST_JOINED_BYTES) {
            prop_assert!(original.lines().any(|whole| whole.trim().ends_with(line)), "{:?}", line);
        }
    }
}

/// Moments of linear work; quadratic work would not end.
#[test]
fn large_hostile_texts_are_repaired() {
    const BYTES: usize = 1 << 20;
    let patterns = [
        "(",
        "强(",
        "强(qiáng)",
        "强(a\u{301}",
        "\u{301}",
        "强(\u{200B}\u{200B}",
        "\u{200B}",
        "\u{200B} ",
        "\u{200B}\n",
        "1",
        "1\n",
        "1、\n",
        "1、强",
        "\n",
        " ",
        "【",
        "大\n",
        "打印\n",
        "主办单位：\n",
        "由会员分享",
        "澄江政务网\n",
        "第3页\n",
        "\r\n",
        "=",
        "aaaa=1,",
        "[\n1\n]\n",
        "版权所有：\n×\n",
    ];
    for pattern in patterns {
        let original = pattern.repeat(BYTES / pattern.len());
        let repaired = repaired(&original);
        let cut: usize = repaired.edits().iter().map(|edit| edit.range.len()).sum();
        assert_eq!(repaired.text().len() + cut, original.len(), "{pattern}");
        assert!(edge_lines(&original).len() < 50, "{pattern}");
    }
}
