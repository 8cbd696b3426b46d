//! Titles in share lines: 《…讲话(范文).docx》由会员分享,可在线阅读.

use std::ops::Range;

use super::{
    line::{self, Line},
    page::written,
};
use crate::text::Repaired;

/// What a site puts behind the title.
const SHARED: &str = "》由会员";

/// Names of files end with these.
const EXTENSIONS: [&str; 10] = [".docx", ".doc", ".pdf", ".pptx", ".ppt", ".xlsx", ".xls", ".wps", ".txt", ".rtf"];

/// How far from the start of an original a share line is looked for, in bytes.
const MAX_START: u32 = 8_000;

/// A title that a share line names.
pub(super) struct SharedTitle {
    pub(super) value: String,
    /// Where it is written in the original: in the text itself if it stands there, or else in the share line.
    pub(super) source_ranges: Vec<Range<u32>>,
    /// Where it stands in the repaired text.
    pub(super) standing: Option<Range<usize>>,
}

/// Finds the title of a share line that was cut, or that was left in the text, whose first lines are given.
pub(super) fn shared_title(original: &str, repaired: &Repaired, head: &[Line<'_>]) -> Option<SharedTitle> {
    let mut edits = repaired.edits().iter().map(|edit| edit.range.clone()).take_while(|cut| cut.start < MAX_START);
    let cut = edits.find_map(|cut| Some((cut.start, title_in(&line::head(&original[bytes(&cut)]))?)));
    let (title, written_at) = match cut {
        Some((start, title)) => {
            let range = title.range();
            let written_at = start + offset(range.start)..start + offset(range.end);
            (title, vec![written_at])
        }
        None => title_in(head).map(|title| {
            let ranges = repaired.source_ranges(title.range());
            (title, ranges)
        })?,
    };
    let standing = standing(&title, head);
    let (value, source_ranges) = match &standing {
        Some(range) => (written(&repaired.text()[range.clone()]), repaired.source_ranges(range.clone())),
        None => (written(title.text), written_at),
    };
    Some(SharedTitle { value, source_ranges, standing })
}

/// Whether a line is one that a site put above a shared text.
pub(super) fn is_share_line(line: &Line<'_>) -> bool {
    named(line).is_some()
}

fn title_in<'t>(lines: &[Line<'t>]) -> Option<Line<'t>> {
    lines.iter().find_map(named)
}

/// The title that a share line names, without the extension of its file.
fn named<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let start = line.folded.starts_with('《').then_some('《'.len_utf8())?;
    let name = &line.folded[start..line.folded.find(SHARED)?];
    let title = EXTENSIONS.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(name);
    line.folded_part(start..start + title.len())
}

/// Where a title stands in the text itself: at the start of a line, behind the number of a page.
fn standing(title: &Line<'_>, lines: &[Line<'_>]) -> Option<Range<usize>> {
    lines.iter().find_map(|line| {
        let unnumbered = line.folded.trim_start_matches(|character: char| character.is_ascii_digit());
        let unnumbered = unnumbered.strip_prefix('、').unwrap_or(&line.folded);
        let start = line.folded.len() - unnumbered.len();
        unnumbered.starts_with(&title.folded).then(|| line.origin(start..start + title.folded.len()))
    })
}

fn bytes(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// A place within [`MAX_START`] and the head of a cut.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("the head of a text has some thousand bytes")
}
