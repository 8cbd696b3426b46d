//! Page numbers on lines of their own.
//!
//! With a frame, as in `— 3 —` and `第 3 页`, they are certain. A bare number can also be a cell of a table, a footnote's
//! mark or the 2 of M₂ on a line of its own; it is a page number only where the other numbers of the text agree.

use super::{
    Rule,
    line::{Line, ends_sentence, fold_into, is_running_text, lines, lines_backwards, number},
    own_lines::starts_with_marker,
    repaired::Cut,
};
use crate::text::{GoesOn, columns, fold_character};

/// Fewer bare numbers are not taken for a series.
const FEWEST_IN_SERIES: usize = 3;
/// Less text than this between two numbers is no page.
const SHORTEST_PAGE_BYTES: usize = 900;
/// Less text than this between two lines as `第3页`, if there is any, is no page.
const SHORTEST_NAMED_PAGE_BYTES: usize = 300;
/// The most digits of a page number in a frame.
const MOST_DIGITS: usize = 4;
/// A narrower line is not broken off by the end of its page, in columns.
const NARROWEST_COLUMNS: usize = 20;

/// Whether a folded line is a page number in a frame.
pub(super) fn is_page_number(folded: &str) -> bool {
    let inside = |open, close| folded.strip_prefix(open).and_then(|line| line.strip_suffix(close));
    let line = inside('(', ')').or_else(|| inside('[', ']')).unwrap_or(folded);
    is_between_dashes(line) || is_page_of_pages(line)
}

/// `-3-`
fn is_between_dashes(line: &str) -> bool {
    let is_dash = |c: char| matches!(c, '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '·' | '~');
    let inner = line.trim_matches(is_dash);
    is_digits(inner) && !line.starts_with(inner) && !line.ends_with(inner)
}

/// `第3页`, `第3页共20页`, `共20页第3页`, `page3of20`
fn is_page_of_pages(line: &str) -> bool {
    let this = |part: &str| named_page(part).is_some();
    let all = |part: &str| part.strip_prefix('共').and_then(|part| part.strip_suffix('页')).is_some_and(is_digits);
    let english = |part: &str| part.split_once("of").is_some_and(|(this, all)| is_digits(this) && is_digits(all));
    let Some(first) = line.find('页') else { return line.strip_prefix("page").is_some_and(english) };
    let (one, other) = line.split_at(first + '页'.len_utf8());
    let other = other.trim_start_matches(['/', ',', '、']);
    (this(one) && (other.is_empty() || all(other))) || (all(one) && this(other))
}

/// The number of the page that a folded line names: `第3页`.
pub(super) fn named_page(folded: &str) -> Option<u32> {
    let digits = folded.strip_prefix('第').and_then(|part| part.strip_suffix('页'))?;
    digits.parse().ok().filter(|_| is_digits(digits))
}

/// Whether lines as `第12页` name pages that the text speaks of, as errata do, and are not the numbers of its own: most
/// of them do not count on, or have no page between them.
pub(super) fn are_named(text: &str) -> bool {
    let (mut last, mut steps, mut counted, mut folded) = (None, 0, 0, String::new());
    for line in lines(text).filter(|line| line.shown.starts_with('第') && line.shown.ends_with(['页', '頁'])) {
        fold_into(&mut folded, line.shown);
        let Some(page) = named_page(&folded) else { continue };
        if let Some((above, end)) = last.replace((page, line.range.end)) {
            let bytes = text[end..line.range.start].trim().len();
            steps += 1;
            counted += usize::from(page == above + 1 && (bytes == 0 || bytes >= SHORTEST_NAMED_PAGE_BYTES));
        }
    }
    2 * counted < steps
}

/// A cut of a page number, with the blank lines around it if a sentence goes on over them: they are the margins of two
/// pages, not what divides paragraphs.
pub(super) fn with_margins(text: &str, cut: Cut) -> Cut {
    let shown = |line: &Line<'_>| !line.shown.is_empty();
    let (before, behind) = text.split_at(cut.range.end);
    let above = lines_backwards(&before[..cut.range.start]).find(shown);
    let below = lines(behind).find(shown);
    match above.zip(below) {
        Some((above, below)) if goes_on(above.shown, &behind[below.range.clone()]) => {
            Cut { range: above.range.end..cut.range.end + below.range.start, ..cut }
        }
        _ => cut,
    }
}

/// Whether the sentence of one line goes on in another: it was broken off behind a letter or a comma, and the other is
/// not indented as the first of a paragraph, nor has the number of one.
fn goes_on(above: &str, below: &str) -> bool {
    const MARKER_CHARACTERS: usize = 12;
    let below = below.trim_start_matches('\u{c}');
    let opening: String = below.chars().take(MARKER_CHARACTERS).map(fold_character).collect();
    above.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '，' | '、' | ','))
        && columns(above) >= NARROWEST_COLUMNS
        && !below.starts_with(char::is_whitespace)
        && !starts_with_marker(&opening)
}

fn is_digits(text: &str) -> bool {
    (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Bare numbers between the pages of a text: all that it has, counted without a gap, and a page between any two. A 1 that
/// has none above it heads a section, and so do they all if headings stand below most of them.
pub(super) fn between_pages<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let mut numbered: Vec<(u32, Line<'_>)> = Vec::new();
    for line in lines(text) {
        goes_on()?;
        let Some(number) = number(line.shown) else { continue };
        let is_next = numbered.last().is_none_or(|(last_number, last)| {
            number == last_number + 1 && line.range.start - last.range.end >= SHORTEST_PAGE_BYTES
        });
        let is_next = is_next && (number > 1 || line.range.start >= SHORTEST_PAGE_BYTES);
        if !is_next || is_in_brackets(text, &line) {
            return Ok(Vec::new());
        }
        numbered.push((number, line));
    }
    let sections = numbered.iter().filter(|(_, line)| heads_section(text, line)).count();
    let cuts = numbered.iter().map(|(_, line)| with_margins(text, line.cut(text, Rule::PageNumber)));
    let are_pages = numbered.len() >= FEWEST_IN_SERIES && 2 * sections <= numbered.len();
    Ok(if are_pages { cuts.collect() } else { Vec::new() })
}

/// Whether a heading stands right below a number, and no sentence goes on over it.
fn heads_section(text: &str, line: &Line<'_>) -> bool {
    const LONGEST_HEADING_CHARACTERS: usize = 30;
    let shown = |line: &Line<'_>| !line.shown.is_empty();
    let above = lines_backwards(&text[..line.range.start]).find(shown);
    let below = lines(&text[line.range.end..]).find(shown);
    above.is_none_or(|above| ends_sentence(above.shown))
        && below.is_some_and(|below| {
            !ends_sentence(below.shown)
                && !below.shown.contains('。')
                && below.shown.chars().nth(LONGEST_HEADING_CHARACTERS).is_none()
        })
}

/// Whether the lines around a number are brackets, as those of a footnote's mark that was torn apart.
fn is_in_brackets(text: &str, line: &Line<'_>) -> bool {
    let before = text[..line.range.start].trim_end();
    let after = text[line.range.end..].trim_start();
    before.ends_with(['[', '［', '〔', '(', '（']) || after.starts_with([']', '］', '〕', ')', '）'])
}

/// A bare number below the text, if it is the only one and what stands above it is running text.
pub(super) fn at_the_end(text: &str) -> Vec<Cut> {
    let mut from_the_end = lines_backwards(text).filter(|line| !line.shown.is_empty());
    let Some(last) = from_the_end.next().filter(|line| number(line.shown).is_some()) else { return Vec::new() };
    let is_below_text = from_the_end.next().is_some_and(|line| is_running_text(line.shown));
    let is_only_one = from_the_end.all(|line| number(line.shown).is_none());
    if is_below_text && is_only_one { vec![last.cut(text, Rule::PageNumber)] } else { Vec::new() }
}
