//! What a line looks like, whatever stands around it.

use std::borrow::Cow;

use super::{
    lines::MAX_HEADING,
    markers::{Kind, Position, marker},
    marks::{is_colon, is_finished, is_semicolon},
    people::{is_name, is_row_of_names, is_spaced_name, names_officer},
    span::Span,
};
use crate::text::{fold, is_searchable};

/// The longest heading of a chapter or the like, in characters, the line break within it included.
const MAX_PART: usize = 80;

/// The longest salutation, in characters.
const MAX_SALUTATION: usize = 20;

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Short, without marks that end a sentence: a heading, if it heads something.
    Open,
    /// The same, and its two characters could be somebody's name.
    Name,
    /// The same, but it tells of the document, as a byline does.
    Note,
    /// 目录: it heads a table of contents, and no text.
    Contents,
    /// 引言, 总纲: it opens a document, and nothing that is numbered stands under it.
    Opening,
    /// 附则, 结束语: it closes a document, and stands beside its outermost parts.
    Closing,
    /// A row of a table: its cells stand between bars.
    Row,
    /// A date or a number.
    Date,
    /// A short line that ends with a colon: 各位代表：.
    Salutation,
    /// Sentences.
    Full,
}

impl Shape {
    pub(super) fn of(text: &str, span: Span) -> Self {
        let line = span.text(text);
        if span.characters() <= MAX_SALUTATION && line.ends_with(is_colon) {
            return Self::Salutation;
        }
        let is_long = span.characters() > MAX_HEADING || line.contains('\n');
        if is_long && !is_long_part(line, span)
            || is_finished(line)
            || line.contains('。')
            || line.contains(is_semicolon)
        {
            return Self::Full;
        }
        let folded = fold(line);
        match letters(&folded).as_ref() {
            _ if folded.starts_with('|') => Self::Row,
            "目录" | "目次" => Self::Contents,
            "引言" | "前言" | "序言" | "导言" | "绪言" | "总纲" => Self::Opening,
            "附则" | "附录" | "结语" | "结束语" | "名词解释" | "名词注释" | "参考文献" => {
                Self::Closing
            }
            letters if era_less(letters).chars().all(is_dated) => Self::Date,
            letters if letters.chars().nth(1).is_none() || is_note(&folded) || tells_issue(letters) => Self::Note,
            letters if is_name(letters) && letters.chars().nth(2).is_some() => Self::Note,
            letters if is_name(letters) => Self::Name,
            _ => Self::Open,
        }
    }

    /// Whether it has sentences, or calls on those to whom they are said.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Salutation | Self::Full)
    }
}

/// The letters and digits of a folded line, most of which have nothing else.
fn letters(folded: &str) -> Cow<'_, str> {
    if folded.chars().all(is_searchable) {
        return folded.into();
    }
    folded.chars().filter(|&folded| is_searchable(folded)).collect()
}

/// Whether a long line is the heading of a chapter or the like, alone in its line, or in two that were one.
fn is_long_part(line: &str, span: Span) -> bool {
    let is_part = |kind| (Kind::Part..=Kind::Division).contains(&kind);
    span.characters() <= MAX_PART
        && line.starts_with('第')
        && line.matches('第').nth(1).is_none()
        && marker(line, Position::LineStart).is_some_and(|marker| is_part(marker.kind))
}

/// Whether a folded character belongs to dates and numbers.
fn is_dated(folded: char) -> bool {
    let is_numeral = |c| matches!(c, '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十');
    folded.is_ascii_digit() || is_numeral(folded) || matches!(folded, '年' | '月' | '日')
}

/// Letters without the era that years are counted in: 民國 89 年.
fn era_less(letters: &str) -> &str {
    letters.strip_prefix("中华").unwrap_or(letters).strip_prefix("民国").unwrap_or(letters)
}

/// Whether letters tell when a document was issued, or by which order: 民國89年5月1日修正, 行政院令發布, Issued on May 5,
/// 2024.
fn tells_issue(letters: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let date = era_less(letters);
    let has_date = (date.starts_with(is_dated) || ends_with_day(date)) && date.contains('月') && date.contains('日');
    let is_order = ["发布", "公布", "修正", "施行"].into_iter().any(|deed| letters.ends_with(deed))
        && ["院令", "部令", "会令", "府令", "总统令", "主席令", "字第"]
            .into_iter()
            .any(|order| letters.contains(order));
    let is_english = letters.is_ascii()
        && letters.bytes().rev().take_while(u8::is_ascii_digit).count() > 3
        && MONTHS.into_iter().any(|month| letters.contains(month));
    has_date || is_order || is_english
}

/// Whether letters end with the day of a year, as who issued a document and when do in one line.
fn ends_with_day(letters: &str) -> bool {
    let parts = letters.strip_suffix('日').and_then(|rest| rest.split_once('年')?.1.split_once('月'));
    let is_number = |part: &str| !part.is_empty() && part.chars().all(is_dated);
    parts.is_some_and(|(month, day)| is_number(month) && is_number(day))
}

/// Whether letters number an order or an issue: 第12号, 第3期.
fn is_numbered(folded: &str) -> bool {
    let rest = folded.strip_prefix('第').map(str::trim_start);
    let rest = rest.map(|rest| (rest, rest.trim_start_matches(is_dated).trim_start()));
    let unit = rest.filter(|(rest, unit)| unit.len() < rest.len()).map(|(_, unit)| unit);
    let behind = unit.and_then(|unit| unit.strip_prefix(['号', '期', '辑']));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['(', '（']))
}

/// Whether a folded line is one of the answers to choose from: C. 系统治理.
fn is_option(folded: &str) -> bool {
    let behind = folded.strip_prefix(|first: char| first.is_ascii_lowercase());
    let said = behind.and_then(|behind| behind.strip_prefix(['.', '．', '、'])).map(str::trim_start);
    said.is_some_and(|said| said.starts_with(|first: char| first.is_alphabetic() && !first.is_ascii()))
}

/// Whether a short, folded line is a byline, a source, what a speaker says before a part, the passage of a law, a document's number
/// or its issuer, what a page calls itself.
fn is_note(folded: &str) -> bool {
    folded.contains(is_colon)
        || folded.contains(['/', '=', '〔', '|'])
        || folded.starts_with(['(', '（', '—', '-', '_'])
        || ["首先", "现在", "下面"].into_iter().any(|spoken| folded.starts_with(spoken))
        || folded.starts_with("本报记者")
        || folded.starts_with("记者")
        || folded.ends_with([',', '，'])
        || is_numbered(folded)
        || is_option(folded)
        || folded.contains('_') && ["网", "网站", "频道"].into_iter().any(|site| folded.ends_with(site))
        || is_row_of_names(folded)
        || ["人民政府", "办公室", "委员会", "国务院"].into_iter().any(|issuer| folded.ends_with(issuer))
        || is_spaced_name(folded)
        || names_officer(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::split::span::Place;

    #[test]
    fn shapes() {
        let check = |line: &str, expected: Shape| {
            let span = Span { start: Place::default(), end: Place::default().after(line) };
            assert_eq!(Shape::of(line, span), expected, "{line}");
        };
        check("优化营商环境", Shape::Open);
        check("各位代表：", Shape::Salutation);
        check("規定如左︰", Shape::Salutation);
        check("工作要抓实。", Shape::Full);
        check("二○二四年三⽉", Shape::Date);
        check("（2023年3月5日）", Shape::Date);
        check("⽬　錄", Shape::Contents);
        check("附 則", Shape::Closing);
        check("引　言", Shape::Opening);
        check("某办发〔2024〕1号", Shape::Note);
        check("第12号", Shape::Note);
        check("第 748 号", Shape::Note);
        check("第十二期（总第136期）", Shape::Note);
        check("第3期工程", Shape::Open);
        check("某某县委办公室　　2024年5月20日", Shape::Note);
        check("学习纪念日", Shape::Open);
        check("总　纲", Shape::Opening);
        check("名词解释", Shape::Closing);
        check("（2024年1月通过）", Shape::Note);
        check("——2026年2月2日在某会议上", Shape::Note);
        check("本報記者 某某", Shape::Note);
        check("某市人民政府", Shape::Note);
        check("习 近 平", Shape::Note);
        check("国务院总理 李克强", Shape::Note);
        check("李克强", Shape::Note);
        check("民國 89 年 05 月 01 日", Shape::Date);
        check("中華民國八十九年五月一日行政院令發布", Shape::Note);
        check("行政院令發布", Shape::Note);
        check("Issued on May 5, 2024", Shape::Note);
        check("2024年5月1日起施行", Shape::Note);
        check("民国时期的法制", Shape::Open);
        check("首先报告２００１年的工作", Shape::Note);
        check("| 第一百三十三条之二 （某某） |妨害安全驾驶罪 |", Shape::Row);
        check("李强", Shape::Name);
        check("李明　王芳　张强", Shape::Note);
        check("严管　厚爱　激励", Shape::Open);
        check("C. 系统治理  D. 综合治理", Shape::Note);
        check("D、综合治理", Shape::Note);
        check("某某通知_某某政府网", Shape::Note);
        check("A股市场", Shape::Open);
        check("中", Shape::Note);
    }
}
