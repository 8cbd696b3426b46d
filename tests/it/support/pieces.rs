//! Made-up texts for laws: pieces of the register that the service is made for, put together at random.

use std::ops::Range;

use proptest::{collection::vec, prelude::*, sample::select};

/// Words that meet each other, in both scripts and in several forms, some of them damaged.
pub(crate) const WORDS: [&str; 30] = [
    "两个确立",
    "兩個確立",
    "兩(liǎng)個(gè)確(què)立",
    "两个",
    "确立",
    "强调",
    "強(qiáng)調(diào)",
    "營(yíng)商環(huán)境",
    "营商环境",
    "环境",
    "著名",
    "着名",
    "乾坤",
    "干坤",
    "二〇二三年",
    "二零二三年",
    "2023年",
    "２０２３年",
    "A12型",
    "ａ1２型",
    "a12",
    "附件(a)",
    "𠮷野",
    "𝐀1",
    "😀",
    "⼈大",
    "e\u{301}",
    "党",
    "黨",
    "第一书记",
];

/// What stands between words and does not count, seen or unseen.
pub(crate) const SIGNS: [&str; 22] = [
    "，", "。", "、", "；", "：", "“", "”", "「", "」", "（", "）", "《", "》", "——", " ", "\u{3000}", "\n",
    "\u{200B}", "\u{FEFF}", "\u{AD}", "\u{202E}", "\0",
];

/// What splitting and repair look at.
const STRUCTURE: [&str; 16] = [
    "\n\n",
    "\n一、",
    "\n二、",
    "\n（一）",
    "\n（二）",
    "\n第一条 ",
    "\n第二條　",
    "\n1.",
    "\n2、",
    "\n3、",
    "\n4、",
    "第一，",
    "第二，",
    "一是",
    "二是",
    "各级各部门要结合实际抓好落实，",
];

/// Texts of so many pieces.
pub(crate) fn texts(pieces: Range<usize>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(&WORDS[..]), 3 => select(&SIGNS[..]), 1 => select(&STRUCTURE[..])];
    vec(piece, pieces).prop_map(|pieces| pieces.concat())
}

/// A few words and signs.
pub(crate) fn phrases() -> impl Strategy<Value = String> {
    vec(prop_oneof![3 => select(&WORDS[..]), 1 => select(&SIGNS[..])], 1..4).prop_map(|pieces| pieces.concat())
}
