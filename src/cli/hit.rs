//! Hits as they are printed: for people, or as JSON lines.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    json::JsonForm,
    output::{Form, Output, Printable, Styles},
};
use crate::rpc::proto::{Hit, Paragraph, Range};

/// What stands between two headings of a path.
pub(super) const HEADING_SEPARATOR: &str = " › ";

/// What stands before each line of a paragraph.
pub(super) const INDENT: &str = "   ";

/// The most characters of a value beside a title.
const MAX_VALUE: usize = 40;

/// How hits are printed.
pub(super) enum HitForm {
    /// For people, in these colours.
    Text(Styles),
    /// One JSON object a line.
    Json(JsonForm),
}

impl HitForm {
    /// The form that an output wants.
    pub(super) fn of(output: &Output) -> Self {
        match output.form {
            Form::Text => Self::Text(output.styles),
            Form::Json => Self::Json(JsonForm::of("Hit")),
        }
    }

    /// Says whether people read the hits.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Writes a batch and lets its reader have it.
    pub(super) fn write_all(&self, out: &mut impl Write, hits: &[Hit]) -> io::Result<()> {
        for hit in hits {
            match self {
                Self::Text(styles) => write_hit(out, styles, hit)?,
                Self::Json(form) => form.write(out, hit)?,
            }
        }
        out.flush()
    }
}

fn write_hit(out: &mut impl Write, styles: &Styles, hit: &Hit) -> io::Result<()> {
    let Styles { name, place, aside, .. } = styles;
    // An export has neither rank nor score.
    if hit.rank > 0 {
        write!(out, "{}. {aside}{:.4}{aside:#} ", hit.rank, hit.score)?;
    }
    let title = if hit.title.is_empty() { &hit.document_id } else { &hit.title };
    write!(out, "{name}{}{name:#}", Printable(title))?;
    for value in [hit.publish_date.as_str(), &shortened(&hit.source)] {
        if !value.is_empty() {
            write!(out, "  {}", Printable(value))?;
        }
    }
    if hit.folded_count > 0 {
        write!(out, "  {aside}and {}{aside:#}", near_copies(hit.folded_count))?;
    }
    writeln!(out)?;
    write!(out, "{INDENT}{place}{}{place:#}", Printable(&hit.paragraph_id))?;
    if !hit.heading_path.is_empty() {
        write!(out, "  {aside}{}{aside:#}", Printable(&hit.heading_path.join(HEADING_SEPARATOR)))?;
    }
    writeln!(out)?;
    write_context(out, styles, &hit.context_before)?;
    write_highlighted(out, styles, &hit.text, &hit.highlights)?;
    write_context(out, styles, &hit.context_after)?;
    writeln!(out)
}

/// The beginning of a value that would push everything else off the line, as addresses do.
fn shortened(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MAX_VALUE) {
        None => Cow::Borrowed(value),
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
    }
}

fn near_copies(number: u32) -> String {
    if number == 1 { "a near copy".to_owned() } else { format!("{number} near copies") }
}

/// Writes a text line by line, with what matched in its colour. Ranges are bytes, ascending.
fn write_highlighted(out: &mut impl Write, styles: &Styles, text: &str, ranges: &[Range]) -> io::Result<()> {
    let Styles { matched, .. } = styles;
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let end = begin + line.trim_end_matches(['\n', '\r']).len();
        write!(out, "{INDENT}")?;
        let mut written = begin;
        let first = ranges.partition_point(|range| range.end as usize <= begin);
        for range in ranges[first..].iter().take_while(|range| (range.start as usize) < end) {
            let range = (range.start as usize).max(begin)..(range.end as usize).min(end);
            // What a service counted otherwise is not shown.
            let (Some(before), Some(part)) = (text.get(written..range.start), text.get(range.clone())) else {
                continue;
            };
            if !part.is_empty() {
                write!(out, "{}{matched}{}{matched:#}", Printable(before), Printable(part))?;
                written = range.end;
            }
        }
        writeln!(out, "{}", Printable(&text[written..end]))?;
        begin += line.len();
    }
    Ok(())
}

fn write_context(out: &mut impl Write, Styles { aside, .. }: &Styles, paragraphs: &[Paragraph]) -> io::Result<()> {
    for paragraph in paragraphs {
        write!(out, "{aside}")?;
        writeln!(out, "{INDENT}[{}]", Printable(&paragraph.paragraph_id))?;
        write_text(out, &paragraph.text)?;
        write!(out, "{aside:#}")?;
    }
    Ok(())
}

/// Writes a paragraph of a document with its headings and its id.
pub(super) fn write_paragraph(out: &mut impl Write, styles: &Styles, paragraph: &Paragraph) -> io::Result<()> {
    let Styles { place, aside, .. } = styles;
    write!(out, "{place}{}{place:#}", Printable(&paragraph.paragraph_id))?;
    if !paragraph.heading_path.is_empty() {
        write!(out, "  {aside}{}{aside:#}", Printable(&paragraph.heading_path.join(HEADING_SEPARATOR)))?;
    }
    writeln!(out)?;
    write_text(out, &paragraph.text)?;
    writeln!(out)
}

fn write_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{INDENT}{}", Printable(line)))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(hit: &Hit, expected: &Expect) {
        let mut out = Vec::new();
        HitForm::Text(Styles::default()).write_all(&mut out, std::slice::from_ref(hit)).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_hit_for_people() {
        let neighbour = |ordinal, text: &str| Paragraph {
            paragraph_id: format!("通知.txt#{ordinal}"),
            ordinal,
            text: text.into(),
            ..Paragraph::default()
        };
        let hit = Hit {
            rank: 1,
            score: 12.345_67,
            paragraph_id: "通知.txt#3".into(),
            document_id: "通知.txt".into(),
            ordinal: 3,
            title: "关于优化营商环境的通知".into(),
            source: "红星网".into(),
            publish_date: "2023-04-20".into(),
            heading_path: vec!["二、准确把握".into(), "第三，聚焦".into()],
            text: "第一行\n第二行".into(),
            folded_count: 2,
            context_before: vec![neighbour(2, "之前")],
            context_after: vec![neighbour(4, "之后")],
            ..Hit::default()
        };
        check(
            &hit,
            &expect![[r"
                1. 12.3457 关于优化营商环境的通知  2023-04-20  红星网  and 2 near copies
                   通知.txt#3  二、准确把握 › 第三，聚焦
                   [通知.txt#2]
                   之前
                   第一行
                   第二行
                   [通知.txt#4]
                   之后

            "]],
        );
    }

    #[test]
    fn what_matched_has_its_colour_on_every_line() {
        #[track_caller]
        fn check(text: &str, ranges: &[(u32, u32)], expected: &str) {
            let styles = Styles { matched: anstyle::AnsiColor::Red.on_default(), ..Styles::default() };
            let ranges: Vec<_> = ranges.iter().map(|&(start, end)| Range { start, end }).collect();
            let mut out = Vec::new();
            write_highlighted(&mut out, &styles, text, &ranges).unwrap();
            let shown = String::from_utf8(out).unwrap().replace("\u{1b}[31m", "<").replace("\u{1b}[0m", ">");
            assert_eq!(shown.replace(INDENT, ""), expected, "{text:?} {ranges:?}");
        }
        check("优化营商环境", &[(0, 6), (12, 18)], "<优化>营商<环境>\n");
        check("优化\r\n“营商”\n环境", &[(3, 17), (21, 24)], "优<化>\n<“营商>”\n<环>境\n");
        check("甲\n\n乙", &[(0, 8)], "<甲>\n\n<乙>\n");
        check("甲乙", &[], "甲乙\n");
        check("", &[(0, 3)], "");
        // What no service should send: within a character, behind the end, in another order.
        check("甲乙丙", &[(1, 4), (3, 6), (0, 3), (6, 90)], "甲<乙><丙>\n");
    }

    #[test]
    fn a_long_source_is_cut() {
        let hit = Hit { document_id: "甲".into(), source: "网".repeat(MAX_VALUE + 1), ..Hit::default() };
        let mut out = Vec::new();
        write_hit(&mut out, &Styles::default(), &hit).unwrap();
        let first = String::from_utf8(out).unwrap().lines().next().unwrap().to_owned();
        assert_eq!(first, format!("甲  {}…", "网".repeat(MAX_VALUE)));
    }

    #[test]
    fn an_exported_hit_without_a_title() {
        let hit = Hit {
            paragraph_id: "甲#0".into(),
            document_id: "甲".into(),
            text: "文\u{1b}[31m字".into(),
            ..Hit::default()
        };
        check(
            &hit,
            &expect![[r"
                甲
                   甲#0
                   文�[31m字

            "]],
        );
    }
}
