//! Figures and Chinese numerals: what each character is worth, and what several are together.

use super::fold_character;

/// What a character is worth in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digit {
    /// 0 to 9, in any width.
    Arabic(u32),
    /// 零 or 〇 to 九, and 两.
    Chinese(u32),
    /// 十, 百, 千: what the digit before it is to be multiplied by.
    Scale(u32),
}

impl Digit {
    /// What a character is worth, in whatever script it is written.
    pub fn of(character: char) -> Option<Self> {
        Self::of_folded(fold_character(character))
    }

    /// What a folded character is worth.
    pub fn of_folded(folded: char) -> Option<Self> {
        Some(match folded {
            '零' => Self::Chinese(0),
            '一' => Self::Chinese(1),
            '二' | '两' => Self::Chinese(2),
            '三' => Self::Chinese(3),
            '四' => Self::Chinese(4),
            '五' => Self::Chinese(5),
            '六' => Self::Chinese(6),
            '七' => Self::Chinese(7),
            '八' => Self::Chinese(8),
            '九' => Self::Chinese(9),
            '十' => Self::Scale(10),
            '百' => Self::Scale(100),
            '千' => Self::Scale(1_000),
            folded => Self::Arabic(folded.to_digit(10)?),
        })
    }

    /// Whether it is a figure, and no numeral.
    pub fn is_arabic(self) -> bool {
        matches!(self, Self::Arabic(_))
    }
}

/// The number that digits make, as headings and dates write it: 12, 二〇二四, 三十一, 一百〇三. Nothing if a `u32` cannot
/// hold it. Does not ask whether anybody would write it so; a scale without a digit before it counts once.
pub fn number_of(digits: impl IntoIterator<Item = Digit>) -> Option<u32> {
    let (mut value, mut pending) = (0_u32, 0_u32);
    for digit in digits {
        match digit {
            Digit::Arabic(digit) | Digit::Chinese(digit) => pending = pending.checked_mul(10)?.checked_add(digit)?,
            Digit::Scale(scale) => {
                value = value.checked_add(pending.max(1).checked_mul(scale)?)?;
                pending = 0;
            }
        }
    }
    value.checked_add(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_make_numbers() {
        let check = |written: &str, expected: Option<u32>| {
            let digits: Vec<Digit> = written.chars().map_while(Digit::of).collect();
            assert_eq!(digits.len(), written.chars().count(), "{written}");
            assert_eq!(number_of(digits), expected, "{written}");
        };
        check("12", Some(12));
        check("１２", Some(12));
        check("十", Some(10));
        check("三十一", Some(31));
        check("一百〇三", Some(103));
        check("一千二百六十", Some(1_260));
        check("二○二四", Some(2_024));
        check("兩百", Some(200));
        check("九九九九九九九千", None);
        check("99999999999", None);
        assert_eq!(Digit::of('甲').or(Digit::of('万')), None);
        assert!(Digit::of('３').is_some_and(Digit::is_arabic) && !Digit::of('三').is_some_and(Digit::is_arabic));
    }
}
