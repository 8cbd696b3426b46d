//! What a line looks like, whatever stands around it.

use super::{
    lines::MAX_HEADING,
    marks::{is_colon, is_finished, is_semicolon},
    people::{is_name, is_spaced_name, names_officer},
    span::Span,
};
use crate::text::{fold_character, is_searchable};

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
    /// 引言, 前言: it opens a document, and nothing that is numbered stands under it.
    Opening,
    /// 附则, 结束语: it closes a document, and stands beside its outermost parts.
    Closing,
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
        if span.characters() > MAX_HEADING
            || is_finished(line)
            || line.contains(['。', '\n'])
            || line.contains(is_semicolon)
        {
            return Self::Full;
        }
        let folded: String = line.chars().map(fold_character).collect();
        let letters: String = folded.chars().filter(|&folded| is_searchable(folded)).collect();
        match letters.as_str() {
            "目录" | "目次" => Self::Contents,
            "引言" | "前言" | "序言" | "导言" | "绪言" => Self::Opening,
            "附则" | "附录" | "结语" | "结束语" => Self::Closing,
            letters if letters.chars().all(is_dated) => Self::Date,
            letters if letters.chars().nth(1).is_none() || is_note(&folded) => Self::Note,
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

/// Whether a folded character belongs to dates and numbers.
fn is_dated(folded: char) -> bool {
    folded.is_ascii_digit() || "年月日零一二三四五六七八九十".contains(folded)
}

/// Whether a short, folded line is a byline, a source, the passage of a law, a document's number or its issuer.
fn is_note(folded: &str) -> bool {
    let has_date = folded.starts_with(is_dated) && folded.contains('月') && folded.contains('日');
    has_date
        || folded.contains(is_colon)
        || folded.contains(['/', '=', '〔'])
        || folded.starts_with(['(', '（', '—', '-'])
        || folded.starts_with("本报记者")
        || folded.starts_with("记者")
        || folded.ends_with([',', '，'])
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
        check("（2024年1月通过）", Shape::Note);
        check("——2026年2月2日在某会议上", Shape::Note);
        check("本報記者 某某", Shape::Note);
        check("某市人民政府", Shape::Note);
        check("习 近 平", Shape::Note);
        check("国务院总理 李克强", Shape::Note);
        check("李克强", Shape::Note);
        check("李强", Shape::Name);
        check("中", Shape::Note);
    }
}
