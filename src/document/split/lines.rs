//! Lines as they were meant: those that a fixed width broke are joined again.

use super::{
    markers::{Position, marker},
    sentences::{closes, ends_member},
    span::{Place, Span},
};

/// The longest heading in characters; a longer line without a final mark is a broken sentence.
pub(super) const MAX_HEADING: usize = 50;

/// The shortest line that may have been broken by a fixed width, in characters.
const MIN_WIDTH: usize = 20;

/// The lines of a text, trimmed, none empty, hard wraps joined.
pub(super) fn lines(text: &str) -> Vec<Span> {
    let mut lines: Vec<Span> = Vec::new();
    let mut previous: Option<Span> = None; // The physical line right above, unless it is blank.
    let mut start = Place::default();
    for physical in text.split_inclusive(is_line_break) {
        let end = start.after(physical);
        let span = Span { start, end }.trimmed(text);
        start = end;
        if span.start == span.end {
            previous = None;
            continue;
        }
        let indented = physical.starts_with('\u{3000}');
        match (previous, lines.last_mut()) {
            (Some(above), Some(line)) if !indented && goes_on(text, above, span) => line.end = span.end,
            _ => lines.push(span),
        }
        previous = Some(span);
    }
    lines
}

/// Whether the last sign of a line is one that ends a sentence, a member of a list or a lead-in.
pub(super) fn is_finished(line: &str) -> bool {
    line.trim_end_matches(closes).ends_with(|last: char| ends_member(last) || matches!(last, '…' | '.'))
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

/// Whether the sentence of one line goes on in the next.
fn goes_on(text: &str, above: Span, below: Span) -> bool {
    let (line, next) = (above.text(text), below.text(text));
    let inside_brackets = line.ends_with(['（', '(', '《', '〈', '“', '‘', '「', '『', '【']);
    if inside_brackets || next.starts_with(|first: char| "，。、；：！？,;:!?".contains(first) || closes(first))
    {
        return true;
    }
    if is_finished(line) || marker(next, Position::LineStart).is_some() {
        return false;
    }
    let breaks_off = line.ends_with(['，', ',', '、']) || above.characters() > MAX_HEADING;
    // Under a fixed width no line is longer than the one above, and the last of a sentence ends it.
    let width = above.characters();
    let fits = width >= MIN_WIDTH && below.characters() <= width + 1;
    breaks_off || fits && (is_finished(next) || below.characters() + 2 >= width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = lines(text).iter().map(|line| line.text(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_trimmed() {
        check("", &[]);
        check(" \n\u{3000}\n", &[]);
        check("　　甲。\r\n 乙 \n", &["甲。", "乙"]);
    }

    #[test]
    fn hard_wraps_are_joined() {
        let wrapped = "中華民國國民大會受全體國民之付託，依據創立中華民國之遺\n教，為鞏固國權，保障民權，增進人民之福利，制定本憲法\n，頒行全國。";
        check(&format!("{wrapped}\n第一條"), &[wrapped, "第一條"]);
        check("批准\n政府工作报告\n。会议", &["批准", "政府工作报告\n。会议"]);
        check("根据《\n章程\n》规定。", &["根据《\n章程\n》规定。"]);
        check("加强领导、\n压实责任。", &["加强领导、\n压实责任。"]);
    }

    #[test]
    fn headings_and_paragraphs_stay_apart() {
        let body = "把准方向盘。".repeat(9);
        let heading = "在思想上守正，忠诚捍卫“两个确立”坚决做到“两个维护”";
        check(&format!("{heading}\n{body}"), &[heading, &body]);
        check(&format!("{heading}\n\n守正。"), &[heading, "守正。"]);
        check("甲。\n乙。", &["甲。", "乙。"]);
        check(&format!("{heading}\n一、守正。"), &[heading, "一、守正。"]);
        check(&format!("{heading}\n　　守正。"), &[heading, "守正。"]);
    }
}
