//! Cuts long texts where an editor would: between sentences, else between members of a list, else between clauses.

use super::{
    marks::{breaks_line, closes, ends_clause, ends_member, ends_sentence, is_semicolon, leading_ideographs},
    span::{Place, Span},
};
use crate::text::GoesOn;

/// What a text may be cut behind, the best place first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A sentence.
    Sentence,
    /// A member of a list, a line.
    Member,
    /// A clause; exports that lost their commas have spaces instead.
    Clause,
    /// A word of an enumeration: 、.
    Word,
}

impl Cut {
    /// The next best place.
    fn finer(self) -> Option<Self> {
        match self {
            Self::Sentence => Some(Self::Member),
            Self::Member => Some(Self::Clause),
            Self::Clause => Some(Self::Word),
            Self::Word => None,
        }
    }

    /// Whether it stands behind a character.
    fn is_behind(self, character: char) -> bool {
        match self {
            Self::Sentence => ends_sentence(character),
            Self::Member => is_semicolon(character) || breaks_line(character),
            Self::Clause => character != '、' && ends_clause(character),
            Self::Word => ends_clause(character),
        }
    }
}

/// The units of a span that a cut divides it into, what closes them and white space after them included; they tile it.
pub(super) struct Units<'t> {
    text: &'t str,
    rest: Span,
    cut: Cut,
}

impl<'t> Units<'t> {
    pub(super) fn new(text: &'t str, span: Span, cut: Cut) -> Self {
        Self { text, rest: span, cut }
    }
}

impl Iterator for Units<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let start = self.rest.start;
        let (mut place, mut ended) = (start, false);
        let mut period = Period::default();
        let mut characters = self.rest.text(self.text).chars();
        loop {
            let skipped = if ended { "" } else { leading_ideographs(characters.as_str()) };
            if !skipped.is_empty() {
                (place, period) = (place.after(skipped), Period::default());
                characters = characters.as_str()[skipped.len()..].chars();
            }
            let Some(character) = characters.next() else { break };
            let behind = self.cut.is_behind(character);
            if ended && !behind && !closes(character) && !ends_member(character) && !character.is_whitespace()
                || self.cut == Cut::Sentence && period.ended_before(character)
            {
                break;
            }
            ended |= behind;
            place = place.after_character(character);
        }
        self.rest.start = place;
        (place != start).then_some(Span { start, end: place })
    }
}

/// What of a sentence that ends with a full stop was read: a word, the stop, white space. One letter before the stop is
/// an initial or an abbreviation; so is what goes on with a small letter.
#[derive(Clone, Copy, Debug, Default)]
enum Period {
    #[default]
    Other,
    /// So many Latin letters or digits, up to 2.
    Word(u8),
    Stop,
    Space,
}

impl Period {
    /// Reads a character; whether a sentence ended before it.
    fn ended_before(&mut self, character: char) -> bool {
        let ended = matches!(self, Self::Space)
            && (character.is_ascii_uppercase() || character.is_ascii_digit() || matches!(character, '"' | '“'));
        *self = match (*self, character) {
            (Self::Word(2), '.') => Self::Stop,
            (Self::Word(_), '.') => Self::Other,
            (Self::Stop, character) if closes(character) => Self::Stop,
            (Self::Stop | Self::Space, character) if character.is_whitespace() => Self::Space,
            (Self::Word(_), character) if character.is_ascii_alphanumeric() => Self::Word(2),
            (_, character) if character.is_ascii_alphanumeric() => Self::Word(1),
            _ => Self::Other,
        };
        ended
    }
}

/// Divides a text into units none of which has more than `longest` characters, `lead` before the first one included,
/// unless no mark divides it: then it has at most `utmost`. They tile the text; sentences that are short enough stay whole.
pub(super) fn units<E>(
    text: &str,
    span: Span,
    lead: usize,
    longest: usize,
    utmost: usize,
    goes_on: GoesOn<'_, E>,
) -> Result<Vec<Span>, E> {
    let mut divider = Divider { text, start: span.start, lead, longest, utmost, goes_on, units: Vec::new() };
    divider.divide(span, Some(Cut::Sentence))?;
    Ok(divider.units)
}

struct Divider<'t, E> {
    text: &'t str,
    start: Place,
    lead: usize,
    longest: usize,
    utmost: usize,
    goes_on: GoesOn<'t, E>,
    units: Vec<Span>,
}

impl<E> Divider<'_, E> {
    /// Goes one cut finer at a time, and looks only at what is still too long: four times at every character at most.
    fn divide(&mut self, span: Span, cut: Option<Cut>) -> Result<(), E> {
        let Some(cut) = cut else { return self.chop(span) };
        for unit in Units::new(self.text, span, cut) {
            (self.goes_on)()?;
            if self.room(unit.start, self.longest) >= unit.characters() {
                self.units.push(unit);
            } else {
                self.divide(unit, cut.finer())?;
            }
        }
        Ok(())
    }

    /// Cuts what no mark divides, and what is no sentence any more, wherever its length is reached.
    fn chop(&mut self, span: Span) -> Result<(), E> {
        let mut start = span.start;
        let mut place = start;
        for character in span.text(self.text).chars() {
            if place.character() - start.character() == self.room(start, self.utmost).max(1) {
                (self.goes_on)()?;
                self.units.push(Span { start, end: place });
                start = place;
            }
            place = place.after_character(character);
        }
        self.units.push(Span { start, end: place });
        Ok(())
    }

    /// How many characters a unit that starts at a place may have.
    fn room(&self, place: Place, most: usize) -> usize {
        if place == self.start { most.saturating_sub(self.lead) } else { most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::to_the_end;

    fn whole(text: &str) -> Span {
        Span { start: Place::default(), end: Place::default().after(text) }
    }

    #[test]
    fn units_keep_what_closes_them() {
        let check = |text: &str, cut: Cut, expected: &[&str]| {
            let found: Vec<&str> = Units::new(text, whole(text), cut).map(|unit| unit.text(text)).collect();
            assert_eq!(found, expected);
        };
        check("甲。乙！？丙", Cut::Sentence, &["甲。", "乙！？", "丙"]);
        check("他说：“甲。”乙。 \n丙；丁。", Cut::Sentence, &["他说：“甲。”", "乙。 \n", "丙；丁。"]);
        check("甲；乙\n丙，丁", Cut::Member, &["甲；", "乙\n", "丙，丁"]);
        check("甲、乙，丙 丁：戊", Cut::Clause, &["甲、乙，", "丙 ", "丁：", "戊"]);
        check("甲、乙，丙", Cut::Word, &["甲、", "乙，", "丙"]);
        check("", Cut::Sentence, &[]);
        check(
            "One is here. Two, by J. Smith et al. of it.\n3 is \"so.\" \"Four.\"",
            Cut::Sentence,
            &["One is here. ", "Two, by J. Smith et al. of it.\n", "3 is \"so.\" ", "\"Four.\""],
        );
        check("增长5.2%，见No.3。", Cut::Sentence, &["增长5.2%，见No.3。"]);
    }

    fn check(text: &str, lead: usize, expected: &[&str]) {
        let units = to_the_end(|goes_on| units(text, whole(text), lead, 6, 9, goes_on));
        let found: Vec<&str> = units.iter().map(|unit| unit.text(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_best_cut_that_is_short_enough_is_taken() {
        check("一二，三。四五，六。", 0, &["一二，三。", "四五，六。"]);
        check("一二，三；四五，六。", 0, &["一二，三；", "四五，六。"]);
        check("一二，三；四五，六七八九。十。", 0, &["一二，三；", "四五，", "六七八九。", "十。"]);
        check("一、二三，四五、六七", 0, &["一、二三，", "四五、六七"]);
        check("一、二、三、四、五", 0, &["一、", "二、", "三、", "四、", "五"]);
        check("一二，三。四", 3, &["一二，", "三。", "四"]);
    }

    #[test]
    fn what_no_mark_divides_stays_whole_up_to_the_utmost() {
        check("一二三四五六七八九", 0, &["一二三四五六七八九"]);
        check("一二三四五六七八九十", 0, &["一二三四五六七八九", "十"]);
        check("一二三四五六七八九十", 4, &["一二三四五", "六七八九十"]);
        check("一，二三四五六七八", 0, &["一，", "二三四五六七八"]);
    }
}
