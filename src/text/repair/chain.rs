//! The order of the rules.

use super::{
    EdgeLine, Repaired, RepeatedLines, boilerplate::boilerplate, glosses::pinyin_glosses, page_breaks::page_breaks,
    page_numbers, repaired::Cut, repeated_lines, zero_width::zero_width,
};
use crate::text::{GoesOn, to_the_end};

/// Cuts damage out of a text of at most 4 GiB, in time linear in its length.
///
/// `repeated` has the lines that documents of its source share; see [`edge_lines`]. What is repaired needs no repair:
/// another pass, with the same lines, finds nothing.
///
/// # Panics
///
/// On a text over 4 GiB, whose bytes an [`Edit`](super::Edit) cannot count. The largest document is 16 MiB.
pub fn repair(original: &str, repeated: &RepeatedLines) -> Repaired {
    to_the_end(|goes_on| repair_while(original, repeated, goes_on))
}

/// The same, step by step.
///
/// # Errors
/// When `goes_on` fails.
pub fn repair_while<E>(original: &str, repeated: &RepeatedLines, goes_on: GoesOn<'_, E>) -> Result<Repaired, E> {
    trim(original, mend(original, goes_on)?, repeated, goes_on)
}

/// Repairs a text of a source of which nothing is known, and names its [`edge_lines`], which one pass can do together.
///
/// # Errors
/// When `goes_on` fails.
pub fn repair_and_name<E>(original: &str, goes_on: GoesOn<'_, E>) -> Result<(Repaired, Vec<EdgeLine>), E> {
    let mended = mend(original, goes_on)?;
    let lines = repeated_lines::edge_lines(mended.text());
    goes_on()?;
    Ok((trim(original, mended, &RepeatedLines::default(), goes_on)?, lines))
}

/// The lines at the head and at the tail of a text that would be boilerplate if enough documents of its source,
/// [`MIN_DOCUMENTS_WITH_LINE`](super::MIN_DOCUMENTS_WITH_LINE), had them there; each once.
///
/// Before them, if there are any, comes the name of what the text says: documents that share it are copies of one, and
/// all of them together have a line once.
pub fn edge_lines(original: &str) -> Vec<EdgeLine> {
    repeated_lines::edge_lines(to_the_end(|goes_on| mend(original, goes_on)).text())
}

/// Cuts what stands around a text.
fn trim<E>(original: &str, mended: Repaired, repeated: &RepeatedLines, goes_on: GoesOn<'_, E>) -> Result<Repaired, E> {
    let repeated = repeated_lines::repeated(mended.text(), repeated);
    let trimmed = mended.cut(original, repeated);
    goes_on()?;
    let last_number = page_numbers::at_the_end(trimmed.text());
    Ok(trimmed.cut(original, last_number))
}

/// Finds what one rule cuts.
type Finding<E> = fn(&str, GoesOn<'_, E>) -> Result<Vec<Cut>, E>;

/// All that can be seen in the text alone. Each rule works on what the ones before it have left.
///
/// Characters first, so that lines read as they were meant; then lines that are not of the text, so that what they
/// had come between meets; then the pages, which become one line of over a thousand bytes and so none of the lines
/// before. Only a gloss can come together when pages are joined, so glosses are looked for again.
fn mend<E>(original: &str, goes_on: GoesOn<'_, E>) -> Result<Repaired, E> {
    let rules: [Finding<E>; 6] =
        [zero_width, pinyin_glosses, boilerplate, page_numbers::between_pages, page_breaks, pinyin_glosses];
    rules.iter().try_fold(Repaired::whole(original), |repaired, rule| {
        let cuts = rule(repaired.text(), goes_on)?;
        goes_on()?;
        Ok(repaired.cut(original, cuts))
    })
}
