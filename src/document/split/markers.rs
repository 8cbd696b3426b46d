//! The signs that open headings and members of enumerations: 第一章, 第一条, 一、, （一）, 第一，, 1., 一是.

use std::collections::BTreeMap;

use super::{
    numerals::{Script, number},
    span::Place,
};

/// What a marker looks like. The order is that of nesting, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `#` to `######`, by their number.
    Markdown(usize),
    /// 第一编, 第一篇, 第一部分.
    Part,
    /// 第一分编.
    Subpart,
    /// 第一章.
    Chapter,
    /// 第一节.
    Division,
    /// 第一条, 第 1 條, 第 6-1 條, 第六條之一.
    Article,
    /// 一、.
    Numeral,
    /// （一）.
    BracketedNumeral,
    /// 第一，.
    Ordinal,
    /// 1. or 1、.
    Figure,
    /// （1） or 1）.
    BracketedFigure,
    /// ①.
    Circled,
    /// 一是.
    Is,
    /// 一要.
    Must,
}

impl Kind {
    /// Whether it counts the members of an enumeration, not the parts of a document.
    pub(super) fn is_enumeration(self) -> bool {
        self > Self::Article
    }
}

/// A marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) kind: Kind,
    pub(super) number: u32,
    /// Its length in bytes, with its punctuation, without white space after it.
    pub(super) bytes: usize,
}

impl Marker {
    /// Whether it counts on from another.
    pub(super) fn follows(self, other: Option<Self>) -> bool {
        other.is_some_and(|other| self.kind == other.kind && other.number.checked_add(1) == Some(self.number))
    }
}

/// Where a marker may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// At the start of a line.
    LineStart,
    /// Within a line, where a sentence starts.
    Inside,
}

/// Reads the marker that a text starts with. Looks at a few characters only, however long the text is.
pub(super) fn marker(text: &str, position: Position) -> Option<Marker> {
    let (kind, number, rest) = match text.chars().next()? {
        '#' if position == Position::LineStart => markdown(text)?,
        '第' => ordinal(text, position)?,
        '（' | '(' => bracketed(text)?,
        circled @ '①'..='⑳' => {
            (Kind::Circled, u32::from(circled) - u32::from('①') + 1, &text[circled.len_utf8()..])
        }
        _ => counted(text, position)?,
    };
    Some(Marker { kind, number, bytes: text.len() - rest.len() })
}

type Read<'t> = Option<(Kind, u32, &'t str)>;

fn markdown(text: &str) -> Read<'_> {
    let level = text.bytes().take(7).take_while(|&byte| byte == b'#').count();
    let rest = &text[level..];
    (level <= 6 && rest.starts_with(' ')).then_some((Kind::Markdown(level), 0, rest))
}

/// 第一章, 第 1 條, 第一，.
fn ordinal(text: &str, position: Position) -> Read<'_> {
    let (value, _, rest) = number(skip_spaces(text.strip_prefix('第')?))?;
    if let Some(rest) = rest.strip_prefix(['，', ',', '、', '：', ':']) {
        return Some((Kind::Ordinal, value, rest));
    }
    let rest = skip_spaces(strip_insertion(skip_spaces(rest)));
    let units = [
        ("部分", Kind::Part),
        ("编", Kind::Part),
        ("編", Kind::Part),
        ("篇", Kind::Part),
        ("分编", Kind::Subpart),
        ("章", Kind::Chapter),
        ("节", Kind::Division),
        ("節", Kind::Division),
        ("条", Kind::Article),
        ("條", Kind::Article),
    ];
    let (rest, kind) = units.iter().find_map(|&(unit, kind)| Some((rest.strip_prefix(unit)?, kind)))?;
    let rest = strip_insertion(rest);
    let stands = match position {
        Position::LineStart => kind != Kind::Article || !is_reference(rest),
        Position::Inside => kind == Kind::Article && rest.starts_with(char::is_whitespace),
    };
    stands.then_some((kind, value, rest))
}

/// Whether what follows 第五条 shows that the article is spoken of, as in 第五条规定的.
fn is_reference(rest: &str) -> bool {
    rest.starts_with(|character| "规規所至、，,的之和及或與与到中等前第）)".contains(character))
}

/// Leaves out what numbers an article inserted later: -1 in 第 6-1 條, 之一 in 第六條之一.
fn strip_insertion(text: &str) -> &str {
    text.strip_prefix(['-', '－', '之']).and_then(|rest| number(skip_spaces(rest))).map_or(text, |(_, _, rest)| rest)
}

/// （一） or （1）.
fn bracketed(text: &str) -> Read<'_> {
    let (value, script, rest) = number(skip_spaces(text.strip_prefix(['（', '('])?))?;
    let rest = skip_spaces(rest).strip_prefix(['）', ')'])?;
    Some((if script == Script::Chinese { Kind::BracketedNumeral } else { Kind::BracketedFigure }, value, rest))
}

/// 一、, 一是, 一要, 1., 1、 or 1）.
fn counted(text: &str, position: Position) -> Read<'_> {
    let (value, script, rest) = number(text).filter(|&(value, _, _)| value < 100)?;
    let next = rest.chars().next()?;
    let after = &rest[next.len_utf8()..];
    if number(after).is_some_and(|(following, _, _)| following == value + 1) {
        return None; // 一、二、三产业 lists the numbers themselves.
    }
    let (kind, rest) = match (script, next) {
        (Script::Chinese, '、' | '．' | '.') => (Kind::Numeral, after),
        (Script::Chinese, '是') => (Kind::Is, after),
        (Script::Chinese, '要') => (Kind::Must, after),
        (Script::Chinese, space) if space.is_whitespace() && position == Position::LineStart => (Kind::Numeral, rest),
        (Script::Arabic, '、' | '．' | '.') if number(after).is_none() => (Kind::Figure, after),
        (Script::Arabic, '）' | ')') => (Kind::BracketedFigure, after),
        _ => return None,
    };
    Some((kind, value, rest))
}

/// Leaves out the spaces that typesetting puts into 第 一 章.
fn skip_spaces(text: &str) -> &str {
    let spaces = text.chars().take(4).take_while(|character| matches!(character, ' ' | '\u{3000}'));
    &text[spaces.map(char::len_utf8).sum()..]
}

/// A marker in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) marker: Marker,
    pub(super) place: Place,
    pub(super) position: Position,
}

impl Candidate {
    /// Whether it may stand alone: 一、 at the start of a line may, 一是 needs its 二是.
    fn is_certain(&self) -> bool {
        self.position == Position::LineStart && self.marker.kind < Kind::Figure || self.marker.kind == Kind::Article
    }
}

/// Keeps the markers that may stand alone, and of the others those that count on from 1 to at least 2.
pub(super) fn keep_series(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut kept = vec![false; candidates.len()];
    let mut last_by_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let Marker { kind, number, .. } = candidate.marker;
        let last = last_by_kind.get(&kind).copied();
        let goes_on = last.filter(|&last| candidate.marker.follows(Some(candidates[last].marker)));
        if let Some(last) = goes_on {
            kept[last] = true;
        }
        kept[at] = candidate.is_certain() || goes_on.is_some();
        if kept[at] || number == 1 {
            last_by_kind.insert(kind, at);
        }
    }
    candidates.iter().zip(kept).filter(|&(_, kept)| kept).map(|(&candidate, _)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, position: Position, expected: Option<(Kind, u32, &str)>) {
        let found = marker(text, position).map(|marker| (marker.kind, marker.number, &text[..marker.bytes]));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn at_the_start_of_a_line() {
        let check = |text, expected| check(text, Position::LineStart, expected);
        check("第一章 总则", Some((Kind::Chapter, 1, "第一章")));
        check("第 一 章 總綱", Some((Kind::Chapter, 1, "第 一 章")));
        check("第二编 物权", Some((Kind::Part, 2, "第二编")));
        check("第一分编 通则", Some((Kind::Subpart, 1, "第一分编")));
        check("第十二條 本法", Some((Kind::Article, 12, "第十二條")));
        check("第 6-1 條 本法", Some((Kind::Article, 6, "第 6-1 條")));
        check("第六條之一 本法", Some((Kind::Article, 6, "第六條之一")));
        check("第五条规定的行为", None);
        check("第五条、第六条", None);
        check("一、总体要求", Some((Kind::Numeral, 1, "一、")));
        check("二 蒙古選出代表", Some((Kind::Numeral, 2, "二")));
        check("（十一）加强领导", Some((Kind::BracketedNumeral, 11, "（十一）")));
        check("(3)材料", Some((Kind::BracketedFigure, 3, "(3)")));
        check("１．材料", Some((Kind::Figure, 1, "１．")));
        check("1.5亿元", None);
        check("一、二、三产业", None);
        check("一、二〇二三年工作", Some((Kind::Numeral, 1, "一、")));
        check("2024、2025年", None);
        check("## 要求", Some((Kind::Markdown(2), 0, "##")));
        check("#标签", None);
        check("第一书记", None);
        check("第一议题", None);
        check("（市、区）", None);
        check("②材料", Some((Kind::Circled, 2, "②")));
    }

    #[test]
    fn inside_a_line() {
        let check = |text, expected| check(text, Position::Inside, expected);
        check("第一，加强", Some((Kind::Ordinal, 1, "第一，")));
        check("一是加强", Some((Kind::Is, 1, "一是")));
        check("十要加强", Some((Kind::Must, 10, "十要")));
        check("第五条 本法", Some((Kind::Article, 5, "第五条")));
        check("第五条规定", None);
        check("第一章 总则", None);
        check("一 二", None);
    }

    fn check_series(numbers: &[u32], expected: &[u32]) {
        let candidate = |&number: &u32| Candidate {
            marker: Marker { kind: Kind::Is, number, bytes: 0 },
            place: Place::default(),
            position: Position::Inside,
        };
        let candidates: Vec<Candidate> = numbers.iter().map(candidate).collect();
        let kept: Vec<u32> = keep_series(&candidates).iter().map(|candidate| candidate.marker.number).collect();
        assert_eq!(kept, expected, "{numbers:?}");
    }

    #[test]
    fn a_series_has_to_go_on() {
        check_series(&[1, 2, 3], &[1, 2, 3]);
        check_series(&[1], &[]);
        check_series(&[2, 3], &[]);
        check_series(&[1, 1, 2], &[1, 2]);
        check_series(&[1, 2, 7, 3], &[1, 2, 3]);
        check_series(&[1, 2, 1, 2, 3], &[1, 2, 1, 2, 3]);
    }
}
