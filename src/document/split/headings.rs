//! Which lines are headings.
//!
//! Known by their shape and by what follows them: a heading is short, ends without a mark, and heads something.

use super::{
    around::{Around, lists_annexes},
    below::with_lines_below,
    contents::contents,
    inner::find_inner,
    letters::letters,
    lines::lines,
    markers::{Kind, Marker, Position, marker},
    series::{Candidate, keep_series},
    shape::Shape,
    span::Span,
};
use crate::text::GoesOn;

/// A line with its markers.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) span: Span,
    /// The marker at its start.
    pub(super) leading: Option<Marker>,
    /// Whether there are markers inside it.
    pub(super) has_inner: bool,
    pub(super) role: Role,
    /// Whether it begins a member that goes on in the lines below.
    pub(super) goes_on: bool,
}

/// What a line is in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The title: it heads the document.
    Title,
    /// It heads what follows.
    Heading,
    /// It heads articles, though its marker is that of an enumeration: 一、合同的订立.
    ArticlesHeading,
    /// It has no marker, and stands right above a heading without one: 抽样 above 现场抽样.
    Outer,
    /// It heads what comes before the parts of the document: 引言.
    Opening,
    /// It heads the end of the document: 附则.
    Closing,
    /// 目录: it heads a table of contents.
    Contents,
    /// The date of a signature, which ends a letter above something else.
    Signed,
    /// It heads what the letter above sends, or an annex.
    Sent,
    /// A line of a table of contents.
    Entry,
    /// A heading by its looks that heads nothing: a line of a list, of names.
    Listed,
    /// Anything else.
    Running,
}

impl Role {
    /// Whether what follows stands under it.
    pub(super) fn heads(self) -> bool {
        matches!(
            self,
            Self::Title
                | Self::Heading
                | Self::ArticlesHeading
                | Self::Outer
                | Self::Opening
                | Self::Closing
                | Self::Sent
        )
    }
}

/// The lines of a text that have something to search for.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    /// The markers inside them, in order.
    pub(super) inner: Vec<Candidate>,
}

/// Finds the lines of a text and their roles.
pub(super) fn classified<E>(text: &str, title: Option<Span>, goes_on: GoesOn<'_, E>) -> Result<Lines, E> {
    let plain = |span| Line { span, leading: None, has_inner: false, role: Role::Running, goes_on: false };
    let mut lines: Vec<Line> = lines(text, title, goes_on)?.into_iter().map(plain).collect();
    let shape = |line: &Line| goes_on().map(|()| Shape::of(text, line.span));
    let shapes: Vec<Shape> = lines.iter().map(shape).collect::<Result<_, E>>()?;
    let inner = mark(text, title, &mut lines, &shapes, goes_on)?;
    let contents = contents(text, &lines, &shapes);
    goes_on()?;
    let letters = letters(text, &lines, &shapes);
    goes_on()?;
    let last_content = lines.iter().zip(&shapes).rposition(|(line, shape)| {
        line.leading.is_some_and(|marker| marker.kind != Kind::Annex)
            || matches!(shape, Shape::Full | Shape::Open | Shape::Opening | Shape::Name)
    });
    let mut around = Around { text, shapes: &shapes, listed: 0, started: false, attached: false, last_content };
    for at in 0..lines.len() {
        goes_on()?;
        let is_title = title.is_some_and(|title| title.start == lines[at].span.start);
        let role = match contents[at].or(letters[at]) {
            _ if is_title => Role::Title,
            Some(role) => role,
            None => around.role(&lines, at),
        };
        let is_item = role == Role::Listed && shapes[at] != Shape::Row;
        around.listed = if is_item { around.listed + 1 } else { 0 };
        around.started |= shapes[at] == Shape::Full;
        around.attached = lists_annexes(&lines[at], role) || around.is_attached(&lines[at]);
        lines[at].role = role;
    }
    let with_lines_below = with_lines_below(text, &lines, &shapes);
    for (line, has_lines_below) in lines.iter_mut().zip(with_lines_below) {
        line.goes_on = has_lines_below;
    }
    Ok(Lines { lines, inner })
}

/// Finds the markers of each line, keeps those that stand, and returns those within lines, in order.
fn mark<E>(
    text: &str,
    title: Option<Span>,
    lines: &mut [Line],
    shapes: &[Shape],
    goes_on: GoesOn<'_, E>,
) -> Result<Vec<Candidate>, E> {
    let mut candidates = Vec::new();
    for ((&Line { span, .. }, shape), line) in lines.iter().zip(shapes).zip(0..) {
        goes_on()?;
        if title == Some(span) {
            continue;
        }
        let written = span.text(text);
        let leading = marker(written, Position::LineStart).filter(|marker| match marker.kind {
            Kind::Decimal(1) => !written.contains('。'),
            kind => !shape.is_text() || kind >= Kind::Article || kind == Kind::Annex,
        });
        candidates.extend(leading.map(|marker| Candidate {
            marker,
            place: span.start,
            position: Position::LineStart,
            line,
        }));
        if shape.is_text() || leading.is_some_and(|marker| marker.kind == Kind::Annex) {
            find_inner(text, span, line, leading.is_none(), &mut candidates);
        }
    }
    goes_on()?;
    keep_series(&mut candidates);
    candidates.retain(|found| {
        let line = &mut lines[found.line as usize];
        let leads = found.position == Position::LineStart;
        if leads {
            line.leading = Some(found.marker);
        }
        line.has_inner |= !leads;
        !leads
    });
    candidates.shrink_to_fit();
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::split::span::Place, text::to_the_end};

    fn lines_of(text: &str, title: Option<Span>) -> Lines {
        to_the_end(|goes_on| classified(text, title, goes_on))
    }

    fn check_titled(text: &str, title: &str, expected: &str) {
        let place = |byte: usize| Place::default().after(&text[..byte]);
        let title = text
            .find(title)
            .filter(|_| !title.is_empty())
            .map(|at| Span { start: place(at), end: place(at + title.len()) });
        let letters = |line: &Line| format!("{:?}", line.role).chars().take(1).collect::<String>();
        assert_eq!(lines_of(text, title).lines.iter().map(letters).collect::<String>(), expected, "{text}");
    }

    /// Each line with the first letter of its role.
    fn check(text: &str, expected: &str) {
        check_titled(text, "", expected);
    }

    #[test]
    fn headings_head_something() {
        check_titled("工作报告\n各位代表：\n一、回顾\n成绩很大。\n（一）经济\n增长。", "工作报告", "TRHRHR");
        check_titled("守正创新\n文章来源: 网站\n正文。\n在思想上守正\n正文。", "守正创新", "TRRHR");
        check("守正创新\n正文。\n在思想上守正\n正文。", "HRHR");
        check("正文。\n某市人民政府\n2024年3月1日", "RRR");
        check("某市通知\n某办发〔2024〕1号\n正文。\n某市办公室\n正文。", "RRRRR");
        check("优化营商环境", "R");
        check("某市通知\n各县：\n正文。\n注释\n三资：\n资金。", "RRRHRR");
        check("正文没有\n优化环境\n正文。", "LHR");
        check("正文。而没有\n优化环境\n正文。", "RRR");
    }

    #[test]
    fn names_and_dates_are_no_headings() {
        check_titled("报告\n本报记者 某某\n正文。", "报告", "TRR");
        check_titled("报告\n某省省长 李小明\n各位代表：\n正文。", "报告", "TRRR");
        check_titled("报告\n（2024年3月5日）\n李克强\n正文。", "报告", "TRRR");
        check_titled("报告\n李 小 明\n一、回顾\n正文。", "报告", "TRHR");
        check_titled("报告\n李强\n正文。", "报告", "TRR");
        check("正文。\n安全\n正文。", "RHR");
    }

    #[test]
    fn lists_and_contents_are_no_headings() {
        check_titled("条例\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 为了。", "条例", "TCEEHR");
        check("目录\n第一章 总则\n第二章 施行\n附 则\n第一章 总则\n第一条 为了。", "CEEEHR");
        check("正文：\n1.身份证\n2.申请表\n请携带。", "RLLR");
        check("正文。\n甲乙\n丙丁\n戊己\n正文。", "RLLLR");
        let names = ["青石", "云溪", "澄江", "白塔", "红旗", "松岭", "双河"].map(|name| format!("{name}仲裁委员会"));
        check(&format!("名单。\n甲省\n{0}\n乙省\n{1}\n丙省\n{0}", names.join("、"), names[..2].join("、")), "RLRRRLR");
        check("正文。\n| 甲 | 乙 |\n|---|---|\n| 丙 | 丁 |\n优化环境\n正文。", "RLLHR");
    }

    #[test]
    fn headings_above_articles() {
        check("第一条 甲。\n一、订立\n第二条 乙。\n二、效力\n（一）无效\n第三条 丙。", "RARAAR");
        check("第一条 包括：\n一、甲\n二、乙\n第二条 丙。", "RLLR");
        check("第一条 包括：\n一、甲\n第二条 丙。", "RLR");
        check("第一条 甲。\n（一）乙；\n（二）丙\n第二条 丁。", "RRLR");
        check("一、订立\n二、效力\n一、订立\n第一条 甲。", "LLAR");
        check("第一条 甲。\n抽样\n现场抽样\n第二条 乙。", "ROHR");
        check("第一条 包括：\n甲类物品\n乙类物品\n第二条 丁。", "RLHR");
        check("第一条 甲。\n(一) 第 8 頁)\n第二条 乙。", "RLR");
    }

    #[test]
    fn the_last_line_of_a_list_heads_nothing_that_counts_on() {
        let text = "1 总则\n1.1 用途\n甲。\n1.2 范围\n乙。\n2 文件\n下列文件。\n甲规范\n乙规范\n3 术语\n丙。";
        check(text, "HHRHRHRLLHR");
        check("第一条 甲。\n甲类\n乙类\n第二条 乙。", "ROHR");
    }

    #[test]
    fn who_wrote_a_text_is_no_heading() {
        check_titled("调研报告\n县人大常委会调研组\n摘要：本文。\n一、情况\n内容。", "调研报告", "TRRHR");
        check_titled("某省条例\n第12号\n正文。", "某省条例", "TRR");
    }

    #[test]
    fn annexes() {
        check("通知。\n附件1\n分工表\n| 甲 | 乙 |\n正文。", "RHSLR");
        check("通知。\n附件1\n分工表\n序号\t任务\t单位\n正文。", "RHSHR");

        check("通知。\n附件：1.办法\n2.名单\n某市人民政府\n附件1\n办法\n一、总则\n内容。", "RRLRHSHR");
        check("通知。\n附件：1. 办法\n2. 名单\n3. 表格\n附件1\n办法\n一、总则\n内容。", "RRLLHSHR");
        check("通知。\n附件1：办法\n附件2：名单\n某市人民政府", "RRRR");
        check("通知。\n附件：\n名单\n正文。", "RHHR");
        check("通知。\n附件1.名单\n正文。", "RHR");
        check("通知。\n附件：\n1.办法\n2.名单\n某市人民政府", "RRLLR");
    }

    #[test]
    fn headings_are_read_folded() {
        check_titled("条例\n⽬錄\n⼈⼤\n第一条 为了。", "条例", "TLHR");
        check("⼈⼤\n正文。", "HR");
        check("正文。\n二○二四年三⽉\n正文。", "RRR");
        check("第十章 責任\n責任。\n附 則\n施行。", "HRCR");
    }

    #[test]
    fn markers_inside_a_line() {
        let lines = lines_of("会议要求：一是学习。二是实践。见第一条规定。\n第一，改革。", None);
        let numbers: Vec<u32> =
            lines.inner.iter().filter(|found| found.line == 0).map(|found| found.marker.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(lines.lines[1].leading.map(|marker| marker.kind), Some(Kind::Ordinal));
    }
}
