//! The signs that open headings and members of enumerations: 第一章, 第一条, 一、, （一）, 第一，, 1., 1.1, 一是, 首先.

use super::numerals::{Script, formal_number, number};

/// What a marker looks like. The order is that of nesting, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `#` to `######`, by their number.
    Markdown(u8),
    /// 附件, 附件1; the number is 0 if there is none.
    Annex,
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
    /// 1, 1.1 or 1.1.1, by how many numbers they have; up to [`MAX_DECIMALS`].
    Decimal(u8),
    /// （1） or 1）.
    BracketedFigure,
    /// ①.
    Circled,
    /// 一是.
    Is,
    /// 一要.
    Must,
    /// 首先, 其次, 再次, 最后.
    Order,
    /// 一方面, 另一方面.
    Side,
}

impl Kind {
    /// How many kinds there are, those of Markdown counted as one.
    pub(super) const SLOTS: usize = 17 + MAX_DECIMALS as usize;

    /// Its place among all kinds.
    pub(super) fn slot(self) -> usize {
        let slot = match self {
            Self::Markdown(_) => 0,
            Self::Annex => 1,
            Self::Part => 2,
            Self::Subpart => 3,
            Self::Chapter => 4,
            Self::Division => 5,
            Self::Article => 6,
            Self::Numeral => 7,
            Self::BracketedNumeral => 8,
            Self::Ordinal => 9,
            Self::Figure => 10,
            Self::Decimal(numbers) => 10 + numbers,
            Self::BracketedFigure => 11 + MAX_DECIMALS,
            Self::Circled => 12 + MAX_DECIMALS,
            Self::Is => 13 + MAX_DECIMALS,
            Self::Must => 14 + MAX_DECIMALS,
            Self::Order => 15 + MAX_DECIMALS,
            Self::Side => 16 + MAX_DECIMALS,
        };
        usize::from(slot)
    }

    /// Whether it counts the members of an enumeration, not the parts of a document.
    pub(super) fn is_enumeration(self) -> bool {
        self > Self::Article
    }

    /// Whether it is a common word, which counts only next to the others of its series.
    pub(super) fn is_spoken(self) -> bool {
        self >= Self::Order
    }
}

/// The most numbers of a decimal number: 1.2.3.4.
const MAX_DECIMALS: u8 = 4;

/// What stands around bold type in Markdown.
pub(super) const BOLD: &str = "**";

/// 最后, which follows any of its series.
const LAST: u32 = 9;

/// A marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) kind: Kind,
    pub(super) number: u32,
    /// Its length in bytes, with its punctuation, without white space after it: numbers and spaces have their limits.
    length: u16,
}

impl Marker {
    pub(super) fn new(kind: Kind, number: u32, bytes: usize) -> Self {
        let length = u16::try_from(bytes).expect("a marker is a few characters long");
        Self { kind, number, length }
    }

    /// Its length in bytes, with its punctuation, without white space after it.
    pub(super) fn bytes(self) -> usize {
        usize::from(self.length)
    }

    /// Whether it counts on from another.
    pub(super) fn follows(self, other: Option<Self>) -> bool {
        other.is_some_and(|other| {
            let skips = self.kind == Kind::Order && self.number > other.number; // 首先……再次……最后.
            self.kind == other.kind && (skips || other.number.checked_add(1) == Some(self.number))
        })
    }
}

/// Where a marker may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// At the start of a line.
    LineStart,
    /// Within a line, where a sentence or a member of a list starts.
    Sentence,
    /// Within a line, behind white space.
    Space,
}

/// Reads the marker that a text starts with; one in the bold type of Markdown begins with its signs. Looks at a few
/// characters only, however long the text is.
pub(super) fn marker(text: &str, position: Position) -> Option<Marker> {
    match text.strip_prefix(BOLD).filter(|bold| position == Position::LineStart && !bold.starts_with('*')) {
        Some(bold) => {
            plain(bold, position).map(|marker| Marker::new(marker.kind, marker.number, BOLD.len() + marker.bytes()))
        }
        None => plain(text, position),
    }
}

/// Reads a marker in plain type.
fn plain(text: &str, position: Position) -> Option<Marker> {
    let (kind, number, rest) = match text.chars().next()? {
        '第' => ordinal(text, position)?,
        _ if position == Position::Space => return None,
        '#' if position == Position::LineStart => markdown(text)?,
        '附' if position == Position::LineStart => annex(text)?,
        '（' | '(' => bracketed(text)?,
        circled @ '①'..='⑳' => {
            (Kind::Circled, u32::from(circled) - u32::from('①') + 1, &text[circled.len_utf8()..])
        }
        '首' | '其' | '再' | '最' | '另' => spoken(text)?,
        _ if text.starts_with("一方面") => spoken(text)?,
        _ => counted(text, position).or_else(|| decimal(text).filter(|_| position == Position::LineStart))?,
    };
    Some(Marker::new(kind, number, text.len() - rest.len()))
}

type Read<'t> = Option<(Kind, u32, &'t str)>;

fn markdown(text: &str) -> Read<'_> {
    let level = text.bytes().take(7).take_while(|&byte| byte == b'#').map(|_| 1).sum::<u8>();
    let rest = &text[usize::from(level)..];
    (level <= 6 && rest.starts_with(' ')).then_some((Kind::Markdown(level), 0, rest))
}

/// 附件, 附件1, 附件一：, but not 附件1所列.
fn annex(text: &str) -> Read<'_> {
    let rest = ["附件", "附录", "附錄", "附表"].iter().find_map(|name| text.strip_prefix(name))?;
    let (value, rest) = number(skip_spaces(rest)).map_or((0, rest), |(value, _, rest)| (value, rest));
    if let Some(rest) = rest.strip_prefix(['：', ':', '.', '．', '、']) {
        return Some((Kind::Annex, value, rest));
    }
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    ends.then_some((Kind::Annex, value, rest))
}

/// 首先, 一方面.
fn spoken(text: &str) -> Read<'_> {
    let words = [
        ("首先", Kind::Order, 1),
        ("其次", Kind::Order, 2),
        ("再次", Kind::Order, 3),
        ("最后", Kind::Order, LAST),
        ("最後", Kind::Order, LAST),
        ("一方面", Kind::Side, 1),
        ("另一方面", Kind::Side, 2),
    ];
    words.iter().find_map(|&(word, kind, number)| Some((kind, number, text.strip_prefix(word)?)))
}

/// 第一章, 第 1 條, 第一，.
fn ordinal(text: &str, position: Position) -> Read<'_> {
    let counted = skip_spaces(text.strip_prefix('第')?);
    let (value, rest) = number(counted).map(|(value, _, rest)| (value, rest)).or_else(|| formal_number(counted))?;
    if let Some(rest) = rest.strip_prefix(['，', ',', '、', '：', ':']) {
        let lists_numbers = rest.starts_with('第') || number(rest).is_some_and(|(next, _, _)| next == value + 1);
        return (position != Position::Space && !lists_numbers).then_some((Kind::Ordinal, value, rest));
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
        Position::Sentence | Position::Space => rest.starts_with(char::is_whitespace),
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

/// 1.1, 1.1.1、 or 1 before a name; but not 1.5亿元.
fn decimal(text: &str) -> Read<'_> {
    let (mut last, script, mut rest) = number(text).filter(|&(value, _, _)| value < 100)?;
    let mut numbers = 1;
    while let Some((value, Script::Arabic, after)) = rest.strip_prefix(['.', '．']).and_then(number) {
        (last, rest, numbers) = (value, after, numbers + 1);
    }
    let stop = rest.strip_prefix(['、', '.', '．']).filter(|_| numbers > 1);
    let spaced = rest.starts_with(char::is_whitespace);
    let named = rest.starts_with(|next: char| {
        next.is_alphabetic() && !next.is_ascii() && !"亿億万萬千百个個倍元年月".contains(next)
    });
    let stands = script == Script::Arabic && (spaced || named || numbers > 1 && (stop.is_some() || rest.is_empty()));
    (stands && last < 100 && numbers <= MAX_DECIMALS).then_some((Kind::Decimal(numbers), last, stop.unwrap_or(rest)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, position: Position, expected: Option<(Kind, u32, &str)>) {
        let found = marker(text, position).map(|marker| (marker.kind, marker.number, &text[..marker.bytes()]));
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
        check("第貳拾參條 本法", Some((Kind::Article, 23, "第貳拾參條")));
        check("第五条规定的行为", None);
        check("第五条、第六条", None);
        check("一、总体要求", Some((Kind::Numeral, 1, "一、")));
        check("**一、总体要求**", Some((Kind::Numeral, 1, "**一、")));
        check("****一、", None);
        check("二 蒙古選出代表", Some((Kind::Numeral, 2, "二")));
        check("（十一）加强领导", Some((Kind::BracketedNumeral, 11, "（十一）")));
        check("(3)材料", Some((Kind::BracketedFigure, 3, "(3)")));
        check("１．材料", Some((Kind::Figure, 1, "１．")));
        check("1.5亿元", None);
        check("1.5%", None);
        check("1.5", Some((Kind::Decimal(2), 5, "1.5")));
        check("3总则", Some((Kind::Decimal(1), 3, "3")));
        check("3个月", None);
        check("3 总则", Some((Kind::Decimal(1), 3, "3")));
        check("3.1 目的", Some((Kind::Decimal(2), 1, "3.1")));
        check("3.1.2原则", Some((Kind::Decimal(3), 2, "3.1.2")));
        check("4.1.2、名称", Some((Kind::Decimal(3), 2, "4.1.2、")));
        check("2024.3.1 通过", None);
        check("1.2.3.4.5 深", None);
        check("一、二、三产业", None);
        check("一、二〇二三年工作", Some((Kind::Numeral, 1, "一、")));
        check("2024、2025年", None);
        check("## 要求", Some((Kind::Markdown(2), 0, "##")));
        check("#标签", None);
        check("第一书记", None);
        check("第一议题", None);
        check("（市、区）", None);
        check("②材料", Some((Kind::Circled, 2, "②")));
        check("附件", Some((Kind::Annex, 0, "附件")));
        check("附件：", Some((Kind::Annex, 0, "附件：")));
        check("附件1 名单", Some((Kind::Annex, 1, "附件1")));
        check("附 件", None);
        check("附件二：名单", Some((Kind::Annex, 2, "附件二：")));
        check("附件1所列", None);
        check("附件材料", None);
    }

    #[test]
    fn behind_white_space() {
        let check = |text, expected| check(text, Position::Space, expected);
        check("第一章 总则", Some((Kind::Chapter, 1, "第一章")));
        check("第 1 條 本法", Some((Kind::Article, 1, "第 1 條")));
        check("第一条规定", None);
        check("第一，加强", None);
        check("一、加强", None);
    }

    #[test]
    fn slots_are_in_the_order_of_nesting() {
        let kinds = [Kind::Markdown(6), Kind::Annex, Kind::Part, Kind::Article, Kind::Must, Kind::Side];
        assert!(kinds.is_sorted() && kinds.iter().is_sorted_by_key(|kind| kind.slot()));
        assert_eq!(Kind::Side.slot() + 1, Kind::SLOTS);
    }

    #[test]
    fn inside_a_line() {
        let check = |text, expected| check(text, Position::Sentence, expected);
        check("第一，加强", Some((Kind::Ordinal, 1, "第一，")));
        check("一是加强", Some((Kind::Is, 1, "一是")));
        check("十要加强", Some((Kind::Must, 10, "十要")));
        check("第五条 本法", Some((Kind::Article, 5, "第五条")));
        check("第五条规定", None);
        check("第五条", None);
        check("第一章 总则", Some((Kind::Chapter, 1, "第一章")));
        check("第一章总则", None);
        check("一 二", None);
        check("首先，要", Some((Kind::Order, 1, "首先")));
        check("最後", Some((Kind::Order, LAST, "最後")));
        check("一方面要", Some((Kind::Side, 1, "一方面")));
        check("另一方面要", Some((Kind::Side, 2, "另一方面")));
        check("第一、第二产业", None);
        check("第一、二产业", None);
        check("附件1", None);
    }
}
