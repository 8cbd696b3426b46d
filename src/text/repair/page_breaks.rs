//! Page breaks of sites that show a file page by page: each page is one line, with its number before it, and the line
//! break comes wherever the page ended, inside a sentence or a word: `工业振兴特\n4、派员`.
//!
//! The items of a list can be long and without a full stop at the end, too: `1、青石市（40名）：…`. But then they have none
//! inside either, or a text or a heading stands above them, or most of them are built alike: they begin with a label or
//! a short sentence, `1、加强统筹。…`, or end with a label or the same word, `…责任单位：市财政局`. What a page begins and
//! ends with is what happens to stand there.

use super::{
    Rule,
    line::{Line, end_without_break, ends_sentence, is_running_text, lines, number},
    repaired::Cut,
};
use crate::text::{GoesOn, fold::is_ideograph};

/// Fewer numbered lines are not taken for pages.
const FEWEST_PAGES: usize = 3;
/// Pages have more on average. With [`FEWEST_TEXT_BYTES`], what tells them from the items of a list.
const SHORTEST_PAGE_BYTES: usize = 300;
/// Pages have more together, and so has the one line that they become: more than any line that other rules cut, glosses
/// that come together in joining taken off.
const FEWEST_TEXT_BYTES: usize = 1_200;

/// A line that begins with a number.
struct Page<'a> {
    number: u32,
    /// The bytes of the number and of what goes with it, from the line's first byte on.
    label_bytes: usize,
    line: Line<'a>,
    /// The page that it goes on from, which is the line before it, blank ones aside.
    goes_on_from: Option<Line<'a>>,
}

impl<'a> Page<'a> {
    fn read(line: Line<'a>, before: Option<Line<'a>>, text: &str) -> Option<Self> {
        let (number, rest) = numbered(line.shown)?;
        let indented = text[line.range.clone()].trim_end();
        // Above the first page stands a title, or a page whose number was lost.
        let is_page = |line: &Line<'_>| numbered(line.shown).is_some() || line.shown.len() >= SHORTEST_PAGE_BYTES;
        let goes_on_from = before.filter(|before| number > 1 && is_page(before));
        Some(Self { number, label_bytes: indented.len() - rest.len(), line, goes_on_from })
    }

    /// Cuts the number out, with the line break before it if it goes on from a page.
    fn cut(&self, text: &str) -> Cut {
        let end_of_page = self.goes_on_from.as_ref().map(|page| end_without_break(&text[..page.range.end]));
        let start = end_of_page.unwrap_or(self.line.range.start);
        Cut { range: start..self.line.range.start + self.label_bytes, rule: Rule::PageBreak }
    }
}

/// The number that a line begins with, and what follows it.
fn numbered(line: &str) -> Option<(u32, &str)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line[digits..].strip_prefix('、')?;
    Some((number(&line[..digits])?, rest.trim_start()))
}

/// Numbered lines that follow one another.
#[derive(Default)]
struct Stretch<'a> {
    /// Whether there is running text above: pages are a whole text.
    is_below_text: bool,
    /// Whether the line above the first page announces what follows, or has its beginning.
    is_announced: bool,
    /// As long as they count up by one; so there are never more than the numbers that a page can have.
    pages: Vec<Page<'a>>,
    miscounted: bool,
}

impl<'a> Stretch<'a> {
    fn add(&mut self, page: Page<'a>, before: Option<&Line<'_>>) {
        if self.pages.is_empty() {
            self.is_announced |= match page.number {
                1 => self.is_below_text || before.is_some_and(|before| announces(before.shown)),
                _ => before.is_some_and(|before| before.shown.contains("1、")),
            };
        }
        self.miscounted |= self.pages.last().is_some_and(|last| last.number + 1 != page.number);
        if self.miscounted { self.pages.clear() } else { self.pages.push(page) }
    }

    /// The page breaks of it, and the next one begins.
    fn close(&mut self, text: &str) -> Vec<Cut> {
        let next = Self { is_below_text: self.is_below_text || !self.pages.is_empty(), ..Self::default() };
        let Self { pages, is_announced, .. } = std::mem::replace(self, next);
        if !is_announced && are_pages(&pages) { pages.iter().map(|page| page.cut(text)).collect() } else { Vec::new() }
    }
}

/// The page breaks of a text.
///
/// Numbered lines that follow one another are all pages or all not: what is joined leaves at most one of them, which
/// has no numbered neighbour, so that no other pages can come to light.
pub(super) fn page_breaks<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let (mut cuts, mut stretch, mut before) = (Vec::new(), Stretch::default(), None);
    for line in lines(text).filter(|line| !line.shown.is_empty()) {
        goes_on()?;
        let above = before.replace(line.clone());
        match Page::read(line, above.clone(), text) {
            Some(page) => stretch.add(page, above.as_ref()),
            None => cuts.append(&mut stretch.close(text)),
        }
        stretch.is_below_text |= before.as_ref().is_some_and(|line| is_running_text(line.shown));
    }
    cuts.append(&mut stretch.close(text));
    Ok(cuts)
}

/// Whether lines that count up are pages: long, and most of them with sentences, the last of which is broken off.
fn are_pages(pages: &[Page<'_>]) -> bool {
    let bytes: usize = pages.iter().map(|page| page.line.shown.len()).sum();
    let breaks = || pages.iter().filter_map(|page| page.goes_on_from.as_ref());
    let broken_off = breaks().filter(|line| is_broken_off(line.shown)).count();
    pages.len() >= FEWEST_PAGES
        && bytes >= FEWEST_TEXT_BYTES.max(SHORTEST_PAGE_BYTES * pages.len())
        && broken_off * 2 > breaks().count()
        && !are_items(pages)
}

/// Whether more than half of some numbered lines are built alike.
fn are_items(pages: &[Page<'_>]) -> bool {
    let most = |is_so: fn(&Page<'_>) -> bool| 2 * pages.iter().filter(|page| is_so(page)).count() > pages.len();
    let last = |page: &Page<'_>| page.line.shown.chars().next_back();
    let ends_as = |end| pages.iter().filter(|page| last(page) == end && end.is_some_and(is_ideograph)).count();
    most(|page| is_labelled(page.line.shown))
        || most(|page| is_titled(page.line.shown))
        || most(|page| ends_with_label(page.line.shown))
        || pages.iter().take(pages.len() / 2 + 1).any(|page| 2 * ends_as(last(page)) > pages.len())
}

/// Whether a line has whole sentences and ends inside another, after a word, a figure or a comma.
fn is_broken_off(line: &str) -> bool {
    let goes_on = |c: char| is_ideograph(c) || c.is_ascii_alphanumeric() || matches!(c, '，' | '、' | ',' | '“' | '《');
    line.contains('。') && !ends_sentence(line) && line.ends_with(goes_on)
}

/// Whether a numbered line says what it lists before it does: `1、青石市（40名）：…`.
fn is_labelled(line: &str) -> bool {
    const LONGEST_LABEL_CHARACTERS: usize = 24;
    line.chars().take(LONGEST_LABEL_CHARACTERS).any(|c| matches!(c, '：' | ':'))
}

/// Whether the first sentence of a numbered line is short and has one clause: `1、加强财政资金统筹。…`.
fn is_titled(line: &str) -> bool {
    const LONGEST_TITLE_CHARACTERS: usize = 24;
    let head = line.chars().take(LONGEST_TITLE_CHARACTERS);
    head.into_iter().find(|&c| matches!(c, '。' | '，' | ',' | '；' | ';' | '！' | '？')) == Some('。')
}

/// Whether what follows the last sentence of a line has a label: `…。责任单位：市财政局`.
fn ends_with_label(line: &str) -> bool {
    line.rsplit('。').next().is_some_and(|end| end.contains(['：', ':']))
}

/// Whether a line is about a list below it, or heads one.
fn announces(line: &str) -> bool {
    const SIGNS: [&str; 10] = ["如下", "以下", "下列", "附件", "附表", "名单", "名單", "清单", "清單", "事项"];
    line.ends_with(['：', ':']) || SIGNS.iter().any(|sign| line.contains(sign)) || is_marked_heading(line)
}

/// Whether a line begins with the number of a heading: `一、`, `（一）`, `第一章`.
fn is_marked_heading(line: &str) -> bool {
    let behind = |text: &'_ str| {
        let rest = text.trim_start_matches(|c| "一二三四五六七八九十百".contains(c));
        (rest.len() < text.len()).then(|| rest.chars().next()).flatten()
    };
    let bracketed = line.strip_prefix(['（', '(']).and_then(behind).is_some_and(|c| matches!(c, '）' | ')'));
    let ordinal = line.strip_prefix('第').and_then(behind).is_some_and(|c| "编篇章节部".contains(c));
    bracketed || ordinal || behind(line).is_some_and(|c| matches!(c, '、' | '．' | '.'))
}
