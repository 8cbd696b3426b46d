//! Page breaks of sites that show a file page by page: each page is one line, with its number before it, and the line
//! break comes wherever the page ended, inside a sentence or a word: `工业振兴特\n4、派员`.

use super::{
    Rule,
    line::{Line, end_without_break, ends_sentence, lines, number},
    repaired::Cut,
};

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
    /// The line before it, blank ones aside.
    before: Option<Line<'a>>,
}

impl<'a> Page<'a> {
    fn read(line: Line<'a>, before: Option<Line<'a>>, text: &str) -> Option<Self> {
        let digits = line.shown.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.shown[digits..].strip_prefix('、')?;
        let number = number(&line.shown[..digits])?;
        let indented = text[line.range.clone()].trim_end();
        Some(Self { number, label_bytes: indented.len() - rest.trim_start().len(), line, before })
    }

    /// Cuts the number out; with the line break before it, if the page goes on where the line before broke off.
    fn cut(&self, goes_on: bool, text: &str) -> Cut {
        let start = match &self.before {
            Some(before) if goes_on => end_without_break(&text[..before.range.end]),
            _ => self.line.range.start,
        };
        Cut { range: start..self.line.range.start + self.label_bytes, rule: Rule::PageBreak }
    }
}

/// The page breaks of a text.
///
/// Numbered lines that follow one another are all pages or all not: what is joined leaves at most one of them, which
/// has no numbered neighbour, so that no other pages can come to light.
pub(super) fn page_breaks(text: &str) -> Vec<Cut> {
    let (mut cuts, mut pages, mut before) = (Vec::new(), Vec::new(), None);
    for line in lines(text).filter(|line| !line.shown.is_empty()) {
        match Page::read(line.clone(), before.replace(line), text) {
            Some(page) => pages.push(page),
            None => cuts.extend(take_cuts(&mut pages, text)),
        }
    }
    cuts.extend(take_cuts(&mut pages, text));
    cuts
}

fn take_cuts(numbered: &mut Vec<Page<'_>>, text: &str) -> Vec<Cut> {
    let numbered = std::mem::take(numbered);
    if !are_pages(&numbered) {
        return Vec::new();
    }
    // Above the first page stands a title, or a page whose number was lost.
    let is_page = |line: &Line<'_>| line.shown.len() >= SHORTEST_PAGE_BYTES;
    let follows_page = |page: &Page<'_>| page.number > 1 && page.before.as_ref().is_some_and(is_page);
    numbered.iter().enumerate().map(|(nth, page)| page.cut(nth > 0 || follows_page(page), text)).collect()
}

/// Whether numbered lines are pages: counted without a gap, long, and most of them broken off inside a sentence.
fn are_pages(numbered: &[Page<'_>]) -> bool {
    let bytes: usize = numbered.iter().map(|page| page.line.shown.len()).sum();
    let breaks = || numbered.iter().skip(1);
    let broken_off = breaks().filter(|page| page.before.as_ref().is_some_and(|line| !ends_sentence(line.shown)));
    numbered.len() >= FEWEST_PAGES
        && bytes >= FEWEST_TEXT_BYTES.max(SHORTEST_PAGE_BYTES * numbered.len())
        && numbered.windows(2).all(|pair| pair[0].number + 1 == pair[1].number)
        && broken_off.count() * 2 > breaks().count()
}
