//! Document numbers (发文字号) in running text, such as `国办发〔2024〕1号`.

use crate::{query::scan::Character, text::fold_character};

/// Characters of the longest prefix: the agency and the series.
const LONGEST_PREFIX: usize = 10;
/// Digits of the longest number within a year.
const LONGEST_ORDINAL: usize = 6;
/// White space that may stand between two parts of a number.
const MOST_SPACES: usize = 3;
/// What stands before a number in a sentence and is no part of it, folded.
const INTRODUCTIONS: [&str; 19] = [
    "贯彻", "落实", "执行", "按照", "依照", "根据", "依据", "遵照", "参照", "参见", "详见", "关于", "印发", "转发",
    "下发", "学习", "以及", "文件", "的",
];
/// What joins a number to the number or title before it, folded.
const JOINTS: [char; 4] = ['和', '与', '及', '或'];

/// A document number in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The first of its characters.
    pub(super) start: usize,
    /// The end of its characters, a following 文 or 文件 included.
    pub(super) end: usize,
    /// The number, in the form that all of its forms have in common.
    pub(super) text: String,
}

/// Finds every document number, from left to right, in linear time.
///
/// A number is a prefix of Chinese characters, a year of four digits in brackets of any kind, and a number with 号.
pub(super) fn numbers(characters: &[Character]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    let brackets = (0..characters.len()).filter(|&at| characters[at].bare().is_some_and(is_opening));
    for open in brackets {
        let earliest = numbers.last().map_or(0, |number| number.end);
        let found = (open >= earliest).then(|| number(characters, earliest, open));
        numbers.extend(found.flatten());
    }
    numbers
}

/// Whether a year in brackets and a number follow, from an opening bracket on: a document number but for its prefix. Or
/// whether the characters end before that is clear: then what stands behind them could make it one.
pub(super) fn is_number_without_prefix(characters: &[Character], open: usize) -> bool {
    let mut reader = Reader { characters, at: open + 1 };
    let is_number = |reader: &mut Reader<'_>| reader.rest().is_some() || reader.is_at_end();
    characters[open].bare().is_some_and(is_opening) && is_number(&mut reader)
}

fn number(characters: &[Character], earliest: usize, open: usize) -> Option<Number> {
    let mut reader = Reader { characters, at: open + 1 };
    let rest = reader.rest()?;
    let (start, prefix) = prefix(characters, earliest, open)?;
    Some(Number { start, end: reader.at, text: format!("{prefix}{rest}") })
}

/// The Chinese characters before the bracket, without what only introduces them.
fn prefix(characters: &[Character], earliest: usize, open: usize) -> Option<(usize, String)> {
    let space = |at: usize| characters[at].is_space();
    let end = (earliest.max(open.saturating_sub(MOST_SPACES))..open).rev().take_while(|&at| space(at)).last();
    let end = end.unwrap_or(open);
    let run = (earliest..end).rev().take(LONGEST_PREFIX + 1).take_while(|&at| is_prefix(characters[at]));
    let start = run.last()?;
    let folded: Vec<char> = characters[start..end].iter().map(|character| fold_character(character.value)).collect();
    let is_behind_title = start.checked_sub(1).is_some_and(|before| characters[before].bare() == Some('》'));
    let cut = introduction(&folded, is_behind_title || (start == earliest && earliest > 0));
    let prefix = &characters[start + cut..end];
    let prefix = (prefix.len() <= LONGEST_PREFIX).then(|| prefix.iter().map(|character| character.value).collect())?;
    Some((start + cut, prefix))
}

/// How many of the first characters only introduce the number.
fn introduction(prefix: &[char], joined: bool) -> usize {
    let ends_introduction = |&end: &usize| {
        let before: String = prefix[..end].iter().collect();
        INTRODUCTIONS.iter().any(|introduction| before.ends_with(introduction))
    };
    let joint = usize::from(joined && prefix.len() > 1 && JOINTS.contains(&prefix[0]));
    (1..prefix.len()).rev().find(ends_introduction).unwrap_or(joint)
}

fn is_prefix(character: Character) -> bool {
    character
        .bare()
        .is_some_and(|value| value.is_alphabetic() && !value.is_ascii() && !fold_character(value).is_ascii())
}

fn is_opening(character: char) -> bool {
    matches!(character, '〔' | '﹝' | '［' | '[' | '【' | '〖' | '（' | '(')
}

fn is_closing(character: char) -> bool {
    matches!(character, '〕' | '﹞' | '］' | ']' | '】' | '〗' | '）' | ')')
}

/// Reads what follows the opening bracket.
struct Reader<'a> {
    characters: &'a [Character],
    at: usize,
}

impl Reader<'_> {
    /// The year, the closing bracket and the number within the year, in their common form; stands behind them then.
    fn rest(&mut self) -> Option<String> {
        let year = self.digits(4);
        if year.len() < 4 {
            return None;
        }
        self.next_if(|character| character == '年');
        self.next_if(is_closing)?;
        let nth = if self.next_if(|character| character == '第').is_some() { "第" } else { "" };
        let ordinal = self.digits(LONGEST_ORDINAL);
        if ordinal.is_empty() {
            return None;
        }
        self.next_if(|character| character == '号')?;
        self.skip_document();
        Some(format!("〔{year}〕{nth}{ordinal}号"))
    }

    /// Skips the 文 or 文件 that calls the number a document, if no other word begins with it.
    fn skip_document(&mut self) {
        let ends = |at: usize| self.characters.get(at).is_none_or(|character| !character.value.is_alphanumeric());
        match [self.folded(self.at), self.folded(self.at + 1)] {
            [Some('文'), Some('件')] => self.at += 2,
            [Some('文'), _] if ends(self.at + 1) => self.at += 1,
            _ => {}
        }
    }

    fn digits(&mut self, most: usize) -> String {
        self.skip_spaces();
        let digits = (self.at..).map_while(|at| self.folded(at).filter(char::is_ascii_digit));
        let digits: String = digits.take(most).collect();
        self.at += digits.len();
        digits
    }

    /// The next character, folded, if it is the right one; white space before it is passed over.
    fn next_if(&mut self, is_right: impl FnOnce(char) -> bool) -> Option<char> {
        let before = self.at;
        self.skip_spaces();
        let next = self.folded(self.at).filter(|&character| is_right(character));
        self.at = if next.is_some() { self.at + 1 } else { before };
        next
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_spaces();
        self.at >= self.characters.len()
    }

    fn skip_spaces(&mut self) {
        let rest = self.characters[self.at..].iter();
        self.at += rest.take(MOST_SPACES).take_while(|character| character.is_space()).count();
    }

    fn folded(&self, at: usize) -> Option<char> {
        self.characters.get(at)?.bare().map(fold_character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::scan::characters;

    /// Shows a text with each number in braces, in its common form.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let characters = characters(text);
        let (mut shown, mut at) = (String::new(), 0);
        for Number { start, end, text } in numbers(&characters) {
            shown.extend(characters[at..start].iter().map(|character| character.value));
            shown.extend(["{", &text, "}"]);
            at = end;
        }
        shown.extend(characters[at..].iter().map(|character| character.value));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn every_form_of_a_number_is_one() {
        for form in [
            "国办发〔2024〕1号",
            "国办发[2024]1号",
            "国办发【2024】1号",
            "国办发（2024）1号",
            "国办发(2024)1号",
            "国办发［2024］1号",
            "国办发﹝2024﹞1号",
            "国办发〖2024〗1号",
            "国办发〔２０２４〕１号",
            "国办发〔2024]1号",
            "国办发 〔2024〕 1 号",
            "国办发　（ 2024 ）1号",
            "国办发〔2024年〕1号",
            "国办发〔2024〕1號",
            "国办发〔2024〕1号文",
            "国办发〔2024〕1号文件",
        ] {
            check(form, "{国办发〔2024〕1号}");
        }
        check("国办发〔2024〕第12号", "{国办发〔2024〕第12号}");
        check("發改價格〔2024〕1號", "{發改價格〔2024〕1号}");
    }

    #[test]
    fn what_introduces_a_number_is_no_part_of_it() {
        check("贯彻国办发〔2024〕1号文件精神", "贯彻{国办发〔2024〕1号}精神");
        check("關於貫徹國發〔2024〕1号的通知", "關於貫徹{國發〔2024〕1号}的通知");
        check("国发〔2023〕1号和国办发〔2024〕2号", "{国发〔2023〕1号}和{国办发〔2024〕2号}");
        check("《党章》与国发〔2023〕1号", "《党章》与{国发〔2023〕1号}");
        check("《党章》国发〔2023〕1号", "《党章》{国发〔2023〕1号}");
        check("和政发〔2024〕1号", "{和政发〔2024〕1号}");
        check("《办法》（国发〔2024〕1号）", "《办法》（{国发〔2024〕1号}）");
        check("国发〔2024〕1号文化工作", "{国发〔2024〕1号}文化工作");
        check("转发〔2024〕1号", "{转发〔2024〕1号}");
    }

    #[test]
    fn what_is_no_number_stays() {
        for text in [
            "（2024）京01民初1号",
            "〔2024〕1号",
            "国发〔24〕1号",
            "国发〔2024〕号",
            "国发〔2024〕1",
            "国发〔2024〕1234567号",
            "国发〔20245〕1号",
            "国发2024年1号",
            "A〔2024〕1号",
            "甲乙丙丁戊己庚辛壬癸子〔2024〕1号",
            "国发〔2024    〕1号",
            "〔〔〔",
            "国发〔",
            "国发〔2024",
            "",
        ] {
            check(text, text);
        }
        check(r"国发\〔2024〕1号", "国发〔2024〕1号");
    }
}
