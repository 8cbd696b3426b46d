//! The units in which callers count the characters of a text.

use std::ops::Range;

use crate::rpc::{
    convert::invalid::{Invalid, enumeration},
    proto,
};

/// A unit of an offset into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes of UTF-8.
    Utf8Byte,
    /// Code units of UTF-16.
    Utf16,
    /// Code points.
    CodePoint,
}

impl Unit {
    /// Checks the unit that a caller wants.
    pub(super) fn checked(field: &str, value: i32) -> Result<Self, Invalid> {
        Ok(match enumeration(field, value)? {
            proto::OffsetUnit::Unspecified | proto::OffsetUnit::Utf8Byte => Self::Utf8Byte,
            proto::OffsetUnit::Utf16 => Self::Utf16,
            proto::OffsetUnit::CodePoint => Self::CodePoint,
        })
    }

    /// Writes ranges of a text, given in bytes, ascending and not overlapping. Reads the text once.
    pub(super) fn ranges(self, text: &str, ranges: &[Range<u32>]) -> impl Iterator<Item = proto::Range> {
        let (mut byte, mut counted) = (0, 0);
        let mut place = move |end: u32| {
            let end = end as usize;
            counted += self.length(&text[byte..end]);
            byte = end;
            // No more than bytes, which 32 bits count.
            u32::try_from(counted).unwrap_or(u32::MAX)
        };
        ranges.iter().map(move |range| proto::Range { start: place(range.start), end: place(range.end) })
    }

    fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8Byte => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::CodePoint => text.chars().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The part of a text that a range names, as a program would take it that counts so.
    fn part(unit: Unit, text: &str, range: proto::Range) -> String {
        let range = range.start as usize..range.end as usize;
        match unit {
            Unit::Utf8Byte => text[range].to_owned(),
            Unit::Utf16 => String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[range]).unwrap(),
            Unit::CodePoint => text.chars().skip(range.start).take(range.len()).collect(),
        }
    }

    proptest! {
        #[test]
        fn every_unit_names_the_same_part(parts in prop::collection::vec("[aé一𠮷😀]{1,3}", 0..8), gap in 0..3_usize) {
            let (mut text, mut ranges) = (String::new(), Vec::new());
            for part in &parts {
                text.push_str(&"，a"[..[0, 3, 4][gap]]);
                let start = u32::try_from(text.len()).unwrap();
                text.push_str(part);
                ranges.push(start..u32::try_from(text.len()).unwrap());
            }
            for unit in [Unit::Utf8Byte, Unit::Utf16, Unit::CodePoint] {
                let found: Vec<_> =
                    unit.ranges(&text, &ranges).map(|range| part(unit, &text, range)).collect();
                prop_assert_eq!(&found, &parts, "{:?}", unit);
            }
        }
    }
}
