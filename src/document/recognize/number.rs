//! Numbers of official documents: 国办发〔2024〕1号, 中华人民共和国国务院令第700号, 2023年第13号.

use std::ops::Range;

use super::line::Line;

/// The most characters of what stands before the year or the number: a body's short name, or its full one.
const MAX_NAME: usize = 25;
const MAX_ISSUER: usize = 60;

/// The number that a line is, and nothing else; bytes of its folded text.
pub(super) fn document_number(line: &Line<'_>) -> Option<Range<usize>> {
    let text = line.folded.trim_end_matches(')');
    let text = if text.contains('(') && !line.folded.starts_with('(') { line.folded.as_str() } else { text };
    let inner = text.strip_prefix('(').unwrap_or(text);
    let start = text.len() - inner.len();
    let is_number = with_year(inner) || order(inner).is_some_and(|order| order.end == inner.len()) || is_bare(inner);
    is_number.then_some(start..text.len())
}

/// Whether a line ends as the first of two that write a number: 中华人民共和国国务院令, with 第700号 below.
pub(super) fn announces(line: &Line<'_>) -> bool {
    let issuer = line.folded.strip_suffix('令').or_else(|| line.folded.strip_suffix("公告"));
    issuer.is_some_and(|issuer| is_name(issuer, MAX_ISSUER))
}

/// Whether a line is the second of two that write a number: 第700号 or 2024年第5号.
pub(super) fn completes(line: &Line<'_>) -> bool {
    let inner = line.folded.trim_start_matches('(').trim_end_matches(')');
    counted(skip_year(inner)) == Some("")
}

/// Who issued the order or announcement whose number a line is, or announces.
pub(super) fn issuer<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let is_head = announces(line) || order(&line.folded).is_some_and(|order| order.end == line.folded.len());
    let end = line.folded.find('令').or_else(|| line.folded.find("公告")).filter(|_| is_head)?;
    line.folded_part(0..end)
}

/// Finds 国务院令第700号 in a text; the range ends behind 号, and starts with the text.
pub(super) fn order(folded: &str) -> Option<Range<usize>> {
    let (at, sign) = ["令", "公告"].into_iter().find_map(|sign| Some((folded.find(sign)?, sign)))?;
    // Of several bodies' orders none is the number.
    let rest = counted(skip_year(&folded[at + sign.len()..])).filter(|rest| !rest.starts_with('、'))?;
    is_name(&folded[..at], MAX_ISSUER).then_some(0..folded.len() - rest.len())
}

/// 国办发〔2024〕1号.
fn with_year(folded: &str) -> bool {
    let Some(open) = folded.find(['〔', '[', '(', '【', '〖']) else { return false };
    let behind = folded[open..].trim_start_matches(['〔', '[', '(', '【', '〖']);
    let number = year(behind).and_then(|rest| rest.strip_prefix(['〕', ']', ')', '】', '〗']));
    let number = number.map(|rest| rest.strip_prefix('第').unwrap_or(rest));
    let rest = number.and_then(figures).and_then(|rest| rest.strip_prefix('号'));
    rest == Some("") && is_name(&folded[..open], MAX_NAME)
}

/// 2024年第5号, which a body's announcements are counted by.
fn is_bare(folded: &str) -> bool {
    let rest = skip_year(folded);
    rest.len() < folded.len() && counted(rest) == Some("")
}

/// What follows 第700号.
fn counted(folded: &str) -> Option<&str> {
    let number = folded.strip_prefix('第')?;
    let chinese = number.trim_start_matches(|character| "零一二三四五六七八九十百".contains(character));
    let rest = figures(number).or((chinese.len() < number.len()).then_some(chinese))?;
    rest.strip_prefix('号')
}

/// What follows 2024年, in brackets or not, if that is there.
fn skip_year(folded: &str) -> &str {
    let inner = folded.strip_prefix(['(', '〔', '[']).unwrap_or(folded);
    let rest = year(inner).and_then(|rest| rest.strip_prefix('年'));
    rest.map_or(folded, |rest| rest.strip_prefix([')', '〕', ']']).unwrap_or(rest))
}

/// What follows the four figures of a year.
fn year(folded: &str) -> Option<&str> {
    figures(folded).filter(|rest| folded.len() - rest.len() == 4 && folded.starts_with(['1', '2']))
}

/// What follows one to five figures.
fn figures(folded: &str) -> Option<&str> {
    let rest = folded.trim_start_matches(|character: char| character.is_ascii_digit());
    (1..=5).contains(&(folded.len() - rest.len())).then_some(rest)
}

/// Whether a text is made of letters, as the name of a body or its short form is.
fn is_name(folded: &str, most: usize) -> bool {
    let of_name = |character: char| character.is_alphabetic() || matches!(character, '、' | '(' | ')');
    (2..=most).contains(&folded.chars().take(most + 1).count()) && folded.chars().all(of_name)
}

#[cfg(test)]
mod tests {
    use super::{super::line::head, *};

    fn check(text: &str, expected: Option<&str>) {
        let lines = head(text);
        let found = document_number(&lines[0]).map(|range| &text[lines[0].origin(range)]);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_of_documents() {
        for number in [
            "国办发〔2024〕1号",
            "国办发[2024]1号",
            "国办发（2024）1 号",
            "國辦發﹝２０２４﹞１號",
            "工商公字〔1997〕第4号",
            "法释〔2024〕7号",
            "中华人民共和国国务院令第700号",
            "中华人民共和国主席令 第五十号",
            "国家税务总局公告2024年第5号",
            "2023年第13号",
        ] {
            check(number, Some(number));
        }
        check("（国办发〔2024〕1号）", Some("国办发〔2024〕1号"));
        check("（国办发(2024)1号）", Some("国办发(2024)1号"));
    }

    #[test]
    fn other_lines_are_no_numbers() {
        for text in [
            "根据国办发〔2024〕1号，",
            "〔2024〕1号",
            "国办发〔2024〕",
            "国办发〔24〕1号",
            "第700号",
            "第一条",
            "2024年第5期",
            "令第1号",
            "(2024)",
            "国办发〔2024〕1号文件",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn orders_in_two_lines() {
        let lines = head("中华人民共和国国务院令\n第 700 号");
        assert!(announces(&lines[0]) && completes(&lines[1]));
        assert!(!announces(&lines[1]) && !completes(&lines[0]));
    }
}
