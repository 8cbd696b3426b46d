//! A text with its damage cut out, and the way back to the original.

use std::{cmp::Reverse, ops::Range};

use super::Rule;

/// A cut: bytes of the original.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Edit {
    /// Where; never empty.
    pub range: Range<u32>,
    /// Why.
    pub rule: Rule,
}

/// A cut that a rule asks for: bytes of the text that it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where; not empty.
    pub(super) range: Range<usize>,
    /// Why.
    pub(super) rule: Rule,
}

/// A text with its damage cut out, and where each part of it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    text: String,
    edits: Vec<Edit>,
    runs: Vec<Run>,
}

/// A part of the original that was kept whole. Runs tile the repaired text, and between two of them there was a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Its first byte in the repaired text.
    start: u32,
    /// Its first byte in the original.
    source: u32,
}

impl Repaired {
    /// The repaired text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was cut, ascending, none overlapping.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The parts of the original (bytes, ascending, never empty, never touching) that a range of the repaired text
    /// (bytes) came from.
    ///
    /// What lies beyond the end of the text is ignored.
    pub fn source_ranges(&self, range: Range<usize>) -> Vec<Range<u32>> {
        let range = offset(range.start.min(self.text.len()))..offset(range.end.min(self.text.len()));
        let first = self.runs.partition_point(|run| run.start <= range.start).saturating_sub(1);
        let ends = self.runs.iter().skip(first + 1).map(|run| run.start).chain([offset(self.text.len())]);
        let runs = self.runs.iter().skip(first).zip(ends).take_while(|(run, _)| run.start < range.end);
        let part = |(run, end): (&Run, u32)| {
            let (start, end) = (range.start.max(run.start), range.end.min(end));
            (start < end).then(|| start - run.start + run.source..end - run.start + run.source)
        };
        runs.filter_map(part).collect()
    }

    /// A text with nothing cut out of it yet.
    pub(super) fn whole(original: &str) -> Self {
        Self::without(original, Vec::new())
    }

    /// Cuts more out of it. The cuts ascend and are ranges of the text as it is now; `original` is what it was made of.
    ///
    /// A cut takes everything between its first and its last byte in the original; what was cut in there before is
    /// part of it from now on.
    pub(super) fn cut(self, original: &str, cuts: Vec<Cut>) -> Self {
        if cuts.is_empty() {
            return self;
        }
        let cuts = cuts.into_iter().filter_map(|Cut { range, rule }| Some(Edit { range: self.hull(range)?, rule }));
        let mut edits: Vec<Edit> = cuts.collect();
        edits.extend(self.edits);
        edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));
        Self::without(original, edits)
    }

    /// From the first to the last byte of the original that a range of the text came from.
    fn hull(&self, range: Range<usize>) -> Option<Range<u32>> {
        let parts = self.source_ranges(range);
        Some(parts.first()?.start..parts.last()?.end)
    }

    /// The original without some parts of it; a longer one comes before a shorter one at the same place.
    fn without(original: &str, edits: Vec<Edit>) -> Self {
        let mut repaired = Self { text: String::with_capacity(original.len()), edits: Vec::new(), runs: Vec::new() };
        let mut kept_to = 0;
        for Edit { range, rule } in edits {
            // A cut inside an earlier, longer one has nothing left to take.
            if range.end > kept_to {
                let range = range.start.max(kept_to)..range.end;
                repaired.keep(original, kept_to..range.start);
                kept_to = range.end;
                repaired.edits.push(Edit { range, rule });
            }
        }
        repaired.keep(original, kept_to..offset(original.len()));
        repaired
    }

    fn keep(&mut self, original: &str, range: Range<u32>) {
        if !range.is_empty() {
            self.runs.push(Run { start: offset(self.text.len()), source: range.start });
            self.text.push_str(&original[range.start as usize..range.end as usize]);
        }
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a text that is repaired has at most 4 GiB")
}
