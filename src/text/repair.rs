//! Repair: cuts damage out of a text, and remembers where.
//!
//! It only ever cuts. What is left is the original, character for character, and every cut is on record with the
//! rule that made it, so that a quotation can be traced back to the bytes it came from. Each rule is a function from
//! the original to ranges of it, in order; a new one joins [`cuts`] and knows nothing of the others.

use std::ops::Range;

use super::fold::is_ideograph;
use super::pinyin::Syllable;

/// Why something was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rule {
    /// A pinyin gloss.
    PinyinGloss,
    /// Zero-width characters.
    ZeroWidth,
}

impl std::fmt::Display for Rule {
    /// The name that programs go by.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PinyinGloss => "PINYIN_GLOSS",
            Self::ZeroWidth => "ZERO_WIDTH",
        })
    }
}

/// A cut: bytes of the original.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Edit {
    /// Where; never empty.
    pub range: Range<u32>,
    /// Why.
    pub rule: Rule,
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

/// Cuts damage out of a text of at most 4 GiB, in time linear in its length.
///
/// What is repaired needs no repair: another pass finds nothing.
///
/// # Panics
///
/// On a text over 4 GiB, whose bytes an [`Edit`] cannot count. The largest document is 16 MiB.
pub fn repair(original: &str) -> Repaired {
    let mut repaired = Repaired { text: String::with_capacity(original.len()), edits: Vec::new(), runs: Vec::new() };
    let mut kept_to = 0;
    for (range, rule) in cuts(original) {
        // A cut inside an earlier, longer one has nothing left to take.
        if range.end > kept_to {
            let range = range.start.max(kept_to)..range.end;
            repaired.keep(original, kept_to..range.start);
            kept_to = range.end;
            repaired.edits.push(Edit { range: offset(range.start)..offset(range.end), rule });
        }
    }
    repaired.keep(original, kept_to..original.len());
    repaired
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

    fn keep(&mut self, original: &str, range: Range<usize>) {
        if !range.is_empty() {
            self.runs.push(Run { start: offset(self.text.len()), source: offset(range.start) });
            self.text.push_str(&original[range]);
        }
    }
}

/// What every rule cuts, by its first byte; a longer cut before a shorter one.
fn cuts(original: &str) -> Vec<(Range<usize>, Rule)> {
    let mut cuts = Vec::new();
    cuts.extend(pinyin_glosses(original).map(|range| (range, Rule::PinyinGloss)));
    cuts.extend(zero_width(original).map(|range| (range, Rule::ZeroWidth)));
    cuts.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    cuts
}

/// Runs of characters that show nothing: they come with copying from the web and break words unseen.
fn zero_width(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = text.char_indices().filter(|&(_, c)| is_zero_width(c)).peekable();
    std::iter::from_fn(move || {
        let (start, c) = rest.next()?;
        let mut end = start + c.len_utf8();
        while let Some((_, next)) = rest.next_if(|&(next, _)| next == end) {
            end += next.len_utf8();
        }
        Some(start..end)
    })
}

/// Readings in parentheses behind a character, as in `强(qiáng)`, which some reposts are sown with.
///
/// The tone mark tells them from `附件(a)` and `维生素(e)`, the single syllable from `长江(Chángjiāng)`.
fn pinyin_glosses(text: &str) -> impl Iterator<Item = Range<usize>> {
    let (mut position, mut previous) = (0, None);
    std::iter::from_fn(move || {
        while let Some(c) = text[position..].chars().next() {
            let start = position;
            position += c.len_utf8();
            if matches!(c, '(' | '（')
                && previous.is_some_and(is_ideograph)
                && let Some(rest) = gloss_rest(&text[position..])
            {
                position += rest;
                return Some(start..position); // `previous` stays: another reading of it may follow.
            }
            if !is_zero_width(c) {
                previous = Some(c);
            }
        }
        None
    })
}

/// The bytes of a gloss after its opening parenthesis, the closing one included, if there is one.
///
/// Never looks past another opening parenthesis, which is why all calls together stay linear.
fn gloss_rest(text: &str) -> Option<usize> {
    let mut syllable = Syllable::default();
    for (position, c) in text.char_indices() {
        match c {
            ')' | '）' => return syllable.is_toned().then_some(position + c.len_utf8()),
            c if is_zero_width(c) || syllable.push(c) => {}
            _ => return None,
        }
    }
    None
}

fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a text that is repaired has at most 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_damage_is_cut() {
        #[track_caller]
        fn check(original: &str, expected: &str) {
            assert_eq!(repair(original).text(), expected);
        }
        check("", "");
        check("強(qiáng)調(diào)組織", "強調組織");
        check("强（Qiáng）调(diao\u{300})", "强调");
        check("和(hé)(hè)", "和");
        check("强(qiáng ) 强( qiáng)", "强(qiáng ) 强( qiáng)");
        check("附件(a) 人工智能(ai) 维生素(e) 他(he)", "附件(a) 人工智能(ai) 维生素(e) 他(he)");
        check("县(市、区)工(委)会(范文)", "县(市、区)工(委)会(范文)");
        check("长江(Chángjiāng)", "长江(Chángjiāng)");
        check("a(ā) (ā) ((ā", "a(ā) (ā) ((ā");
        check("强(qiáng", "强(qiáng");
        check("\u{FEFF}组\u{200B}\u{AD}织\u{2060}", "组织");
        check("强\u{200B}(qi\u{AD}áng)调", "强调");
    }

    #[test]
    fn ranges_lead_back_to_the_original() {
        let original = "強(qiáng)調(diào)\u{200B}人";
        let repaired = repair(original);
        let check = |range: Range<usize>, expected: &[&str]| {
            let parts = repaired.source_ranges(range);
            let shown: Vec<&str> = parts.iter().map(|part| &original[part.start as usize..part.end as usize]).collect();
            assert_eq!(shown, expected);
        };
        check(0..9, &["強", "調", "人"]);
        check(0..3, &["強"]);
        check(3..9, &["調", "人"]);
        check(6..1_000, &["人"]);
        check(3..3, &[]);
        check(9..9, &[]);
        let rules: Vec<Rule> = repaired.edits().iter().map(|edit| edit.rule).collect();
        assert_eq!(rules, [Rule::PinyinGloss, Rule::PinyinGloss, Rule::ZeroWidth]);
    }

    /// Moments of linear work; quadratic work would not end.
    #[test]
    fn large_hostile_texts_are_repaired() {
        const BYTES: usize = 1 << 20;
        for pattern in ["(", "强(", "强(qiáng)", "强(a\u{301}", "强(\u{200B}\u{200B}", "\u{200B}"] {
            let original = pattern.repeat(BYTES / pattern.len());
            let repaired = repair(&original);
            let cut: usize = repaired.edits().iter().map(|edit| edit.range.len()).sum();
            assert_eq!(repaired.text().len() + cut, original.len(), "{pattern}");
        }
    }

    #[test]
    fn real_documents_lose_their_glosses() {
        for (file, expected) in [("000_f4c9e759f5b8f786.txt", 171), ("001_ca7ee976e50d1c96.txt", 253)] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds").join(file);
            let Ok(original) = std::fs::read_to_string(&path) else {
                eprintln!("skipped: {} is not there", path.display());
                continue;
            };
            let repaired = repair(&original);
            let glosses = repaired.edits().iter().filter(|edit| edit.rule == Rule::PinyinGloss).count();
            assert_eq!(glosses, expected, "{file}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "([强a(（)）áqin\u{301}\u{200B}\u{AD}]|qiáng){0,24}"]
    }

    proptest! {
        #[test]
        fn the_original_is_what_was_kept_and_what_was_cut(original in texts()) {
            let repaired = repair(&original);
            let kept = repaired.source_ranges(0..repaired.text().len());
            let slice = |range: &Range<u32>| &original[range.start as usize..range.end as usize];
            prop_assert_eq!(kept.iter().map(slice).collect::<String>(), repaired.text());

            let mut parts: Vec<&Range<u32>> = kept.iter().chain(repaired.edits().iter().map(|edit| &edit.range)).collect();
            parts.sort_by_key(|range| range.start);
            prop_assert!(parts.iter().all(|range| !range.is_empty()));
            prop_assert_eq!(parts.into_iter().map(slice).collect::<String>(), original.as_str());
            prop_assert!(kept.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?} touch", kept);
        }

        #[test]
        fn any_part_leads_back(original in texts(), start: prop::sample::Index, length: prop::sample::Index) {
            let repaired = repair(&original);
            let boundaries: Vec<usize> =
                repaired.text().char_indices().map(|(at, _)| at).chain([repaired.text().len()]).collect();
            let start = start.index(boundaries.len());
            let range = boundaries[start]..boundaries[start + length.index(boundaries.len() - start)];
            let parts = repaired.source_ranges(range.clone());
            let joined: String = parts.iter().map(|part| &original[part.start as usize..part.end as usize]).collect();
            prop_assert_eq!(joined, &repaired.text()[range]);
        }

        #[test]
        fn what_is_repaired_needs_no_repair(original in texts()) {
            let repaired = repair(&original);
            prop_assert!(repair(repaired.text()).edits().is_empty(), "{:?}", repaired.text());
        }
    }
}
