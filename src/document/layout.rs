//! Where a document's paragraphs stood in its original, which is not stored a second time.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::text::Edit;

/// A paragraph: what is found and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// The text in the document's own script, damage cut out, headings that open it included.
    pub text: String,
    /// The headings above it, outermost first.
    pub heading_path: Vec<Arc<str>>,
    /// The bytes of the original it came from, ascending; joined, they are `text`. Empty when the caller split.
    pub source_ranges: Vec<Range<u32>>,
}

/// What a document's paragraphs leave of its original: together they rebuild it.
///
/// A document that the caller split has no original; its layout is the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Bytes of the original; 0 when the caller split.
    pub original_bytes: u32,
    /// The text between and around the paragraphs' source ranges, in order, joined.
    pub remains: String,
    /// What repair cut, ascending. The texts are in `remains`.
    pub edits: Vec<Edit>,
}

impl Layout {
    /// What `paragraphs` leave of `original`, in time linear in both.
    ///
    /// Over all paragraphs, in order, the source ranges ascend without overlap and lie on character boundaries of the
    /// original. With ranges that do not, [`Layout::original`] will find nothing to rebuild.
    ///
    /// # Panics
    /// If the original is 4 GiB or longer; documents are checked against [`crate::document::MAX_TEXT_BYTES`] before.
    pub fn new(original: &str, paragraphs: &[Paragraph], edits: Vec<Edit>) -> Self {
        let original_bytes = u32::try_from(original.len()).expect("a document's text is at most 16 MiB");
        let mut remains = String::new();
        let mut end = 0;
        for range in source_ranges(paragraphs) {
            debug_assert!(end <= range.start && range.start <= range.end, "source ranges ascend");
            remains.push_str(original.get(end..range.start).unwrap_or_default());
            end = range.end;
        }
        remains.push_str(original.get(end..).unwrap_or_default());
        Self { original_bytes, remains, edits }
    }

    /// The original, rebuilt byte for byte from `paragraphs` (all of them, in order), in linear time.
    ///
    /// `None` if the caller split and there is no original, or if paragraphs and layout do not belong together, which
    /// means that stored data is damaged.
    pub fn original(&self, paragraphs: &[Paragraph]) -> Option<String> {
        let bytes = self.remains.len() + paragraphs.iter().map(|paragraph| paragraph.text.len()).sum::<usize>();
        if bytes != self.original_bytes as usize {
            return None;
        }
        let mut original = String::with_capacity(bytes);
        let mut remains = Supply(&self.remains);
        for paragraph in paragraphs {
            let mut text = Supply(&paragraph.text);
            for range in source_ranges(std::slice::from_ref(paragraph)) {
                original.push_str(remains.take(range.start.checked_sub(original.len())?)?);
                original.push_str(text.take(range.end.checked_sub(range.start)?)?);
            }
            text.is_used_up().then_some(())?;
        }
        original.push_str(remains.0);
        Some(original)
    }
}

/// Text that is taken from its front.
struct Supply<'t>(&'t str);

impl<'t> Supply<'t> {
    /// The next bytes, if there are as many and they end with a character.
    fn take(&mut self, bytes: usize) -> Option<&'t str> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

fn source_ranges(paragraphs: &[Paragraph]) -> impl Iterator<Item = Range<usize>> {
    paragraphs
        .iter()
        .flat_map(|paragraph| &paragraph.source_ranges)
        .map(|range| range.start as usize..range.end as usize)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;

    /// Paragraphs of `original`, each made of the given ranges of bytes.
    fn paragraphs(original: &str, ranges: &[&[Range<u32>]]) -> Vec<Paragraph> {
        let slice = |range: &Range<u32>| &original[range.start as usize..range.end as usize];
        let paragraph = |ranges: &&[Range<u32>]| Paragraph {
            text: ranges.iter().map(slice).collect(),
            heading_path: Vec::new(),
            source_ranges: ranges.to_vec(),
        };
        ranges.iter().map(paragraph).collect()
    }

    fn check(original: &str, ranges: &[&[Range<u32>]], remains: &str) {
        let paragraphs = paragraphs(original, ranges);
        let layout = Layout::new(original, &paragraphs, Vec::new());
        assert_eq!(layout.remains, remains);
        assert_eq!(layout.original(&paragraphs).as_deref(), Some(original));
    }

    #[test]
    fn remains_are_what_no_paragraph_has() {
        check("", &[], "");
        check("(x)", &[], "(x)");
        check("abcdef", &[&[0..2, 2..6]], "");
        check("  a(x)b\ncd ", &[&[2..3, 6..7], &[8..9, 9..10]], "  (x)\n ");
        check("強(qiáng)調", &[&[0..3, 11..14]], "(qiáng)");
    }

    #[test]
    fn ready_made_paragraphs_have_no_original() {
        let ready = Paragraph { text: "a".to_owned(), heading_path: Vec::new(), source_ranges: Vec::new() };
        assert_eq!(Layout::default().original(&[ready]), None);
    }

    #[test]
    fn damaged_lengths_are_refused_before_anything_is_allocated() {
        let layout = Layout { original_bytes: u32::MAX, ..Layout::default() };
        assert_eq!(layout.original(&[]), None);
    }

    /// Any text with ascending ranges on character boundaries, dealt out to paragraphs.
    fn laid_out() -> impl Strategy<Value = (String, Vec<Paragraph>)> {
        let text = "(\\PC|\n|強|á){0,60}";
        (text, vec(any::<Index>(), 0..12), 1_usize..4).prop_map(|(original, cuts, per_paragraph)| {
            let boundaries: Vec<u32> = (0..)
                .zip(0..=original.len())
                .filter(|&(_, at)| original.is_char_boundary(at))
                .map(|(boundary, _)| boundary)
                .collect();
            let mut cuts: Vec<u32> = cuts.iter().map(|cut| *cut.get(&boundaries)).collect();
            cuts.sort_unstable();
            let ranges: Vec<Range<u32>> = cuts.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect();
            let per_paragraph: Vec<&[Range<u32>]> = ranges.chunks(per_paragraph).collect();
            let paragraphs = paragraphs(&original, &per_paragraph);
            (original, paragraphs)
        })
    }

    proptest! {
        #[test]
        fn paragraphs_and_remains_rebuild_the_original((original, paragraphs) in laid_out()) {
            let layout = Layout::new(&original, &paragraphs, Vec::new());
            prop_assert_eq!(layout.original(&paragraphs), Some(original));
        }

        #[test]
        fn damage_never_panics(
            (original, mut paragraphs) in laid_out(),
            which: Index, start in 0_u32..80, end in 0_u32..80, text in "\\PC{0,3}", bytes in 0_u32..80,
        ) {
            let mut layout = Layout::new(&original, &paragraphs, Vec::new());
            if let Some(paragraph) = paragraphs.get_mut(which.index(12)) {
                paragraph.source_ranges.push(start..end);
                paragraph.text.push_str(&text);
            }
            layout.original_bytes = bytes;
            if let Some(rebuilt) = layout.original(&paragraphs) {
                prop_assert_eq!(rebuilt.len(), bytes as usize);
            }
        }
    }
}
