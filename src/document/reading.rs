//! Reading a text: what is cut out of it, what it says about itself, and its paragraphs.

use std::ops::Range;

use crate::{
    document::{MetadataField, Paragraph, Recognition, Recognized, Section, recognize, split_while},
    text::{EdgeLine, GoesOn, Repaired, RepeatedLines, edge_lines, repair_and_name, repair_while},
};

/// What [`edge_lines`] needs below a line to name it: another line, and running text.
const BELOW_TITLE: &str = "\n某某见闻\n正文。";

/// A text, read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What is left of it, and what was cut.
    pub repaired: Repaired,
    /// What it says about itself.
    pub recognition: Recognition,
    /// Its source: the given one, else the one that it names; empty if neither is there.
    pub source: String,
    /// The lines that it begins and ends with, cut or not, as [`edge_lines`] names them; none without a source.
    pub edge_lines: Vec<EdgeLine>,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
}

/// Reads a text of `source`, which may be empty: unknown. `repeated` says which of the lines that it begins and ends
/// with repeat in other documents of its source; it is not asked when there is no source, nor about the title.
///
/// Takes linear time.
///
/// # Errors
/// When `repeated` fails.
pub fn read<E>(
    original: &str,
    source: &str,
    repeated: impl FnOnce(&str, &[EdgeLine]) -> Result<RepeatedLines, E>,
) -> Result<Reading, E> {
    read_while(original, source, repeated, &|| Ok(()))
}

/// The same, step by step.
///
/// # Errors
/// When `repeated` or `goes_on` fails.
pub fn read_while<E>(
    original: &str,
    source: &str,
    repeated: impl FnOnce(&str, &[EdgeLine]) -> Result<RepeatedLines, E>,
    goes_on: GoesOn<'_, E>,
) -> Result<Reading, E> {
    goes_on()?;
    let (mut repaired, edge_lines) = repair_and_name(original, goes_on)?;
    goes_on()?;
    let mut recognition = recognize(original, &repaired);
    let source = if source.is_empty() { recognition.value(MetadataField::Source).unwrap_or_default() } else { source };
    let source = source.to_owned();
    let edge_lines = if source.is_empty() { Vec::new() } else { edge_lines };
    let asked = besides_title(original, &recognition, &edge_lines);
    let repeated = if asked.is_empty() { RepeatedLines::default() } else { repeated(&source, &asked)? };
    goes_on()?;
    if !repeated.is_empty() {
        let trimmed = repair_while(original, &repeated, goes_on)?;
        goes_on()?;
        let without = recognize(original, &trimmed);
        if keeps_title(&without, &recognition) {
            (repaired, recognition) = (trimmed, merged(without, recognition));
        }
    }
    goes_on()?;
    let sections = split_while(repaired.text(), recognition.title_range.clone(), goes_on)?.into_iter();
    let paragraph = |section| goes_on().map(|()| paragraph(original, &repaired, section));
    let paragraphs = sections.map(paragraph).collect::<Result<_, E>>()?;
    Ok(Reading { repaired, recognition, source, edge_lines, paragraphs })
}

/// The lines that may be another's. Those of the title are the document's own: a text that is posted three times
/// repeats them as well.
fn besides_title(original: &str, recognition: &Recognition, edge_lines: &[EdgeLine]) -> Vec<EdgeLine> {
    let title = recognition.fields.iter().find(|found| found.field == MetadataField::Title);
    let own = title.map_or_else(Vec::new, |title| names_of(whole_lines(original, title)));
    edge_lines.iter().filter(|line| !own.contains(line)).copied().collect()
}

fn names_of(lines: &str) -> Vec<EdgeLine> {
    edge_lines(&format!("{lines}{BELOW_TITLE}"))
}

/// The lines of the original that a value is written on.
fn whole_lines<'t>(original: &'t str, found: &Recognized) -> &'t str {
    let start = found.source_ranges.first().map_or(0, |part| part.start as usize);
    let end = found.source_ranges.last().map_or(0, |part| part.end as usize);
    let start = original[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = original[end..].find('\n').map_or(original.len(), |at| end + at);
    &original[start..end]
}

/// Whether a title that was found with the repeated lines is found without them.
fn keeps_title(without: &Recognition, with: &Recognition) -> bool {
    with.value(MetadataField::Title).is_none_or(|title| without.value(MetadataField::Title) == Some(title))
}

/// What was found without the repeated lines, and what only they say.
fn merged(without: Recognition, with: Recognition) -> Recognition {
    let lost = |field: &Recognized| without.value(field.field).is_none();
    let lost: Vec<_> = with.fields.into_iter().filter(lost).collect();
    let Recognition { mut fields, title_range } = without;
    fields.extend(lost);
    fields.sort_by_key(|found| found.field);
    Recognition { fields, title_range }
}

fn paragraph(original: &str, repaired: &Repaired, section: Section) -> Paragraph {
    let Section { range, heading_path } = section;
    let source_ranges = repaired.source_ranges(range);
    let part = |range: &Range<u32>| &original[range.start as usize..range.end as usize];
    let text = source_ranges.iter().map(part).collect();
    Paragraph { text, heading_path, source_ranges }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible};

    use super::*;

    /// Read as when copies of all its lines are in its source already.
    #[track_caller]
    fn check(text: &str, title: &str, repaired: &str) {
        let all = |_: &str, lines: &[EdgeLine]| Ok::<RepeatedLines, Infallible>(lines.iter().copied().collect());
        let Ok(reading) = read(text, "某某日报", all);
        assert_eq!(reading.recognition.value(MetadataField::Title), Some(title).filter(|title| !title.is_empty()));
        assert_eq!(reading.repaired.text(), repaired);
    }

    #[test]
    fn an_article_posted_three_times_keeps_its_title() {
        let article = "山乡巨变谱华章\n——青石沟产业发展纪实\n春风拂过大地，万物复苏。\n产业兴旺了，农民富了。\n";
        check(article, "山乡巨变谱华章", article);
        check(&format!("某某新闻网\n{article}"), "山乡巨变谱华章", article);
        check(&format!("{article}某某网与您同行\n"), "山乡巨变谱华章", article);
    }

    #[test]
    fn every_line_of_a_title_stays() {
        let law =
            "中华人民共和国\n市场主体登记管理条例实施细则\n（2022年3月1日公布）\n第一条 为了实施条例，制定本细则。\n";
        check(law, "中华人民共和国市场主体登记管理条例实施细则", law);
        let article = "让数据多跑路　讓群众少跑腿\n扎实做好服务\n——某市见闻\n近日，某地推出新举措。\n";
        check(article, "让数据多跑路　讓群众少跑腿扎实做好服务", article);
    }

    #[test]
    fn it_is_given_up_between_any_two_steps() {
        let given_up_at = |text: &str, step: usize| {
            let asked = Cell::new(0);
            let goes_on = || if asked.replace(asked.get() + 1) == step { Err(step) } else { Ok(()) };
            let all = |_: &str, lines: &[EdgeLine]| Ok(lines.iter().copied().collect());
            read_while(text, "某某日报", all, &goes_on).map(|_| asked.get())
        };
        let text =
            "某某新闻网\n山乡巨变谱华章\n——青石沟产业发展纪实\n春风拂过大地，万物复苏。\n产业兴旺了，农民富了。\n";
        let steps = given_up_at(text, usize::MAX).expect("read to its end");
        assert!((0..steps).all(|step| given_up_at(text, step) == Err(step)));
        // Neither many lines nor a long one is read in one step.
        for text in ["一是抓学习。\n".repeat(1_000), "学习。".repeat(100_000), "学".repeat(1_000_000)] {
            let steps = given_up_at(&text, usize::MAX).expect("read to its end");
            assert!(steps >= 1_000, "{steps}");
        }
    }

    #[test]
    fn what_a_source_puts_around_its_documents_is_cut() {
        let page = "关于第1号工作的情况\n我市推进园区建设，取得明显成效。\n";
        let text = format!("临川客户端\n智慧党建平台\n{page}欢迎关注临川微信公众号\n联系我们：0794-8888\n");
        check(&text, "关于第1号工作的情况", page);
    }

    #[test]
    fn a_site_is_no_title_of_what_it_shows() {
        let page = "第1号通报\n通报指出，各项工作有序推进，任务全面完成。\n";
        check(&format!("云溪网上政务服务平台\n{page}"), "第1号通报", page);
    }
}
