//! Reading a text: what is cut out of it, what it says about itself, and its paragraphs.

use std::ops::Range;

use crate::{
    document::{MetadataField, Paragraph, Recognition, Recognized, Section, recognize, split},
    text::{EdgeLine, Repaired, RepeatedLines, edge_lines, repair},
};

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
/// with repeat in other documents of its source; it is not asked when there is no source.
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
    let mut repaired = repair(original, &RepeatedLines::default());
    let mut recognition = recognize(original, &repaired);
    let source = if source.is_empty() { recognition.value(MetadataField::Source).unwrap_or_default() } else { source };
    let source = source.to_owned();
    let edge_lines = if source.is_empty() { Vec::new() } else { edge_lines(original) };
    let repeated = if edge_lines.is_empty() { RepeatedLines::default() } else { repeated(&source, &edge_lines)? };
    if !repeated.is_empty() {
        repaired = repair(original, &repeated);
        recognition = merged(recognize(original, &repaired), recognition);
    }
    let sections = split(repaired.text(), recognition.title_range.clone()).into_iter();
    let paragraphs = sections.map(|section| paragraph(original, &repaired, section)).collect();
    Ok(Reading { repaired, recognition, source, edge_lines, paragraphs })
}

/// What was found without the repeated lines; of what only they say all but the title, which on such a line is that of
/// a site.
fn merged(without: Recognition, with: Recognition) -> Recognition {
    let lost = |field: &Recognized| field.field != MetadataField::Title && without.value(field.field).is_none();
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
