//! Hard wraps: lines that were broken to fit a page, in the middle of a word as often as not.
//!
//! A dictionary has to see such a word whole. What divides words on purpose stays: a space between two words, and an
//! empty line. Nothing is lost for matching, where no line break ever counted.

use std::ops::Range;

use super::fold::{fold_character, is_ideograph};

/// Folds a text and leaves out the line breaks between two ideographs.
pub(super) fn fold_unwrapped(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in lines(text) {
        folded.extend(text[line].chars().map(fold_character));
    }
    folded
}

/// Where the characters of [`fold_unwrapped`] stand in the text.
pub(super) struct Places {
    /// By the byte in the folded text at which a character begins: the byte in the text.
    starts: Vec<usize>,
    /// By the byte in the folded text at which a character ends: the byte in the text.
    ends: Vec<usize>,
}

impl Places {
    /// Of all characters of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut places = Self { starts: Vec::with_capacity(text.len()), ends: vec![0] };
        for line in lines(text) {
            for (index, c) in text[line.clone()].char_indices() {
                let start = line.start + index;
                let folded_end = places.starts.len() + fold_character(c).len_utf8();
                places.starts.resize(folded_end, start);
                places.ends.resize(folded_end + 1, start + c.len_utf8());
            }
        }
        places
    }

    /// The bytes of the text that bytes of the folded text were made of; both on character boundaries, neither empty.
    pub(super) fn range(&self, folded: Range<usize>) -> Range<usize> {
        self.starts[folded.start]..self.ends[folded.end]
    }
}

/// The text without its hard wraps.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = Some(0);
    let mut searched = 0;
    std::iter::from_fn(move || {
        let begin = start?;
        while let Some(space) = next_break(text, searched) {
            searched = space.end;
            if is_wrap(text, &space) {
                start = Some(space.end);
                return Some(begin..space.start);
            }
        }
        start = None;
        Some(begin..text.len())
    })
}

/// The white space around the first line break from a place on.
fn next_break(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let (before, after) = rest.split_at(rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r'))?);
    Some(from + before.trim_end().len()..text.len() - after.trim_start().len())
}

/// Whether a line ends and the next one begins in the middle of Han text.
fn is_wrap(text: &str, space: &Range<usize>) -> bool {
    let is_han = |c: Option<char>| c.is_some_and(|c| is_ideograph(fold_character(c)));
    let count = |line_break: char| text[space.clone()].matches(line_break).count();
    // The two of them together are one line break.
    count('\n').max(count('\r')) == 1
        && is_han(text[..space.start].chars().next_back())
        && is_han(text[space.end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;
    use proptest::prelude::*;

    #[test]
    fn one_line_break_within_han_is_left_out() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(fold_unwrapped(text), expected);
        }
        check("之遺\n教，為鞏固", "之遗教,为巩固");
        check("优\r\n化", "优化");
        check("优 \n  化", "优化");
        check("优\r化\n环\n境", "优化环境");
        check("长⻓\n⺟", "长长母");
        check("干部 群众", "干部 群众");
        check("总则\n\n第一条", "总则\n\n第一条");
        check("总则\r\n\r\n第一条", "总则\r\n\r\n第一条");
        check("，\n教", ",\n教");
        check("GB\n50016", "gb\n50016");
        check("教\n", "教\n");
        check("\n教", "\n教");
        check("\n", "\n");
        check("", "");
    }

    #[test]
    fn much_white_space_takes_linear_time() {
        // Quadratic, this would take minutes.
        let text = "教 \n".repeat(1 << 16) + &" \n".repeat(1 << 16);
        let folded = fold_unwrapped(&text);
        assert_eq!(folded.len(), "教".len() * (1 << 16) + " \n".len() * ((1 << 16) + 1));
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_characters(text in prop_oneof![any::<String>(), "[一國\n\r Ａa]{0,12}"]) {
            let folded = fold_unwrapped(&text);
            let places = Places::of(&text);
            for (start, c) in folded.char_indices() {
                let range = places.range(start..start + c.len_utf8());
                prop_assert_eq!(fold(&text[range]), c.to_string());
            }
            let lost: String = fold(&text).split_whitespace().collect();
            prop_assert_eq!(folded.split_whitespace().collect::<String>(), lost);
        }
    }
}
