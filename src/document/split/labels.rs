//! What of a line stands for it in a heading path.

use super::{
    cutting::{Cut, Units},
    markers::{BOLD, Kind, Marker},
    marks::{breaks_line, ends_clause, ends_member, ends_sentence, is_semicolon},
    packing::MIN,
    span::{Place, Span},
};

/// The longest first sentence that is a label, in characters; of a longer one, the clauses within [`MAX_CLAUSES`] are.
const MAX_SENTENCE: usize = 60;
const MAX_CLAUSES: usize = 40;

/// The longest sentence that is a topic, and how far its enumeration may begin behind its start, in characters.
const MAX_TOPIC: usize = 25;
const MAX_TOPIC_LEAD: usize = 200;

/// The longest line that is a sentence and opens what the next one tells, in characters.
const MAX_OPENING: usize = 30;

/// The longest sentence that turns to something else, in characters.
const MAX_TURN: usize = 10;

/// The longest close of a speech, in characters.
const MAX_CLOSE: usize = 800;

/// The longest name of a chapter within a line, and the shortest heading that white space alone divides from its text.
const MAX_NAME: usize = 20;
const MIN_SPACED: usize = 4;

/// A label without the signs of bold type around it.
fn plain(text: &str, label: Span) -> Span {
    let written = label.text(text);
    let inner = written.strip_prefix(BOLD).unwrap_or(written);
    let start = label.start.after(&written[..written.len() - inner.len()]);
    Span { start, end: start.after(inner.strip_suffix(BOLD).unwrap_or(inner)) }.trimmed(text)
}

/// Of a line that is a heading: the whole, without the signs of Markdown.
pub(super) fn heading_label(text: &str, line: Span, marker: Marker) -> Span {
    match marker.kind {
        Kind::Markdown(_) => {
            let start = line.start.after(&line.text(text)[..marker.bytes()]);
            plain(text, Span { start, end: line.end }.trimmed(text))
        }
        _ => plain(text, line),
    }
}

/// Of a member that goes on as text: the marker and the first sentence; of an article only the marker.
pub(super) fn member_label(text: &str, member: Span, marker: Marker) -> Span {
    let (lead, rest) = parts(text, member, marker);
    let end = if marker.kind == Kind::Article { marker.bytes() } else { lead + label_end(rest, marker.kind) };
    plain(text, Span { start: member.start, end: member.start.after(&member.text(text)[..end]) })
}

/// Of a chapter that starts within a line: the marker and its name, which white space ends.
pub(super) fn chapter_label(text: &str, chapter: Span, marker: Marker) -> Span {
    let (lead, rest) = parts(text, chapter, marker);
    let name = head(rest, MAX_NAME);
    let end = lead + name.find(|character: char| character.is_whitespace() || ends_member(character)).unwrap_or(0);
    Span { start: chapter.start, end: chapter.start.after(&chapter.text(text)[..end]) }.trimmed(text)
}

/// The bytes of the marker with white space after it, and what follows.
fn parts(text: &str, span: Span, marker: Marker) -> (usize, &str) {
    let written = span.text(text);
    let rest = written[marker.bytes()..].trim_start();
    (written.len() - rest.len(), rest)
}

/// The first characters of a text, so many at most.
pub(super) fn head(text: &str, characters: usize) -> &str {
    if text.len() <= characters {
        return text;
    }
    text.char_indices().nth(characters).map_or(text, |(at, _)| &text[..at])
}

/// Where the label of a member ends in what follows its marker.
fn label_end(rest: &str, kind: Kind) -> usize {
    let head = head(rest, MAX_SENTENCE);
    // Who speaks is no heading: 一、问：….
    let spoken = ["问：", "答：", "问:", "答:", "問：", "問:"].into_iter().find(|speaks| head.starts_with(speaks));
    let from = spoken.map_or(0, str::len);
    let sentence =
        head[from..].find(ends_member).map(|at| from + at).or_else(|| (head.len() == rest.len()).then_some(head.len()));
    if kind < Kind::Is
        && let Some(end) = spaced_heading(head, sentence)
    {
        return end;
    }
    sentence.unwrap_or_else(|| clauses_end(head))
}

/// Where white space divides a heading from its text: before any mark, and what it divides off is more than a clause.
fn spaced_heading(head: &str, sentence: Option<usize>) -> Option<usize> {
    let end = head.find(|character| character != '、' && ends_clause(character))?;
    let after = &head[end..sentence.unwrap_or(head.len()).max(end)];
    let is_text = sentence.is_none() || after.contains(['，', ',']);
    let spaced = after.starts_with(|first: char| first.is_whitespace() && !breaks_line(first));
    (spaced && is_text && head[..end].chars().nth(MIN_SPACED - 1).is_some()).then_some(end)
}

/// The end of the last clause that is short enough.
fn clauses_end(rest: &str) -> usize {
    let head = head(rest, MAX_CLAUSES);
    let ends = |character: char| character != '、' && ends_clause(character) && !breaks_line(character);
    head.rfind(ends).unwrap_or(head.len())
}

/// Whether a sentence speaks of more than the member of an enumeration that it follows: it sums up, or ends the speech.
pub(super) fn sums_up(sentence: &str) -> bool {
    ["以上", "总之", "總之", "综上", "綜上", "同志们", "同志們", "各位", "让我们", "讓我們"]
        .into_iter()
        .any(|opening| sentence.starts_with(opening))
        || looks_back(sentence)
}

/// Whether a sentence looks back on years of work: 回顾一年来的工作，成绩来之不易.
fn looks_back(sentence: &str) -> bool {
    let looked = ["回顾", "回顧"].into_iter().find_map(|opening| sentence.strip_prefix(opening));
    let clause = |rest: &str| rest.split_once(['，', ',']).is_some_and(|(clause, _)| clause.contains('年'));
    looked.is_some_and(|rest| clause(head(rest, MAX_TOPIC)))
}

/// Whether a line speaks of more than the part of a report that it follows: of the year as a whole, or of what fell short.
pub(super) fn closes_parts(line: &str) -> bool {
    const OPENINGS: [&str; 8] = [
        "一年来，我们",
        "过去一年，我们",
        "五年来，我们",
        "在肯定成绩",
        "在看到成绩",
        "我们也清醒",
        "同时，我们也清醒",
        "总的看",
    ];
    // Most lines begin with none of these, which is known sooner of one character than of all openings.
    line.starts_with(|first: char| "以总總综綜同各让讓回一过五在我".contains(first))
        && (sums_up(line) || OPENINGS.into_iter().any(|opening| line.starts_with(opening)))
}

/// The last sentence of a text that says what those behind it are about, without its full stop: 要抓紧能力提升。
pub(super) fn last_topic(text: &str, span: Span) -> Option<Span> {
    let mut sentences = Units::new(text, span, Cut::Sentence).peekable();
    let mut topic = None;
    while let Some(sentence) = sentences.next() {
        topic = topic.filter(|_| !is_task(sentence.text(text)));
        if sentences.peek().is_some() && is_task(sentence.text(text)) {
            topic = Some(sentence);
        }
    }
    let label = |topic: Span| topic.start.after(topic.text(text).trim_end().trim_end_matches('。'));
    topic
        .filter(|topic| span.end.character() - topic.start.character() <= MAX_TOPIC_LEAD)
        .map(|topic| Span { start: topic.start, end: label(topic) })
}

/// Whether a text begins with a topic, which ends the one before.
pub(super) fn opens_with_topic(text: &str, span: Span) -> bool {
    span.text(text).starts_with('要')
        && Units::new(text, span, Cut::Sentence).next().is_some_and(|first| is_task(first.text(text)))
}

/// Whether a sentence turns to something else in few words: 打铁必须自身硬。
pub(super) fn is_turn(sentence: &str) -> bool {
    let statement = sentence.trim_end().strip_suffix('。');
    statement.is_some_and(|said| said.chars().nth(MAX_TURN).is_none() && !said.contains(ends_clause))
}

/// Whether a sentence is a topic that says what is to be done.
fn is_task(sentence: &str) -> bool {
    sentence.starts_with('要') && is_topic(sentence)
}

/// Whether a sentence is short, and of one clause.
pub(super) fn is_topic(sentence: &str) -> bool {
    let goes_on = |character: char| matches!(character, '，' | ',' | '：' | ':') || is_semicolon(character);
    sentence.trim_end().ends_with('。') && sentence.chars().nth(MAX_TOPIC).is_none() && !sentence.contains(goes_on)
}

/// Whether a text is one sentence of a few clauses, and short.
pub(super) fn is_short_sentence(text: &str) -> bool {
    let said = text.trim_end().strip_suffix('。');
    let divides = |character: char| ends_member(character) || breaks_line(character);
    said.is_some_and(|said| said.chars().nth(MAX_OPENING).is_none() && !said.contains(divides))
}

/// Whether a member begins with a sentence that is short enough for a heading, and goes on.
pub(super) fn has_heading_sentence(text: &str, member: Span) -> bool {
    let mut sentences = Units::new(text, member, Cut::Sentence);
    let is_short = sentences.next().is_some_and(|first| first.characters() <= MAX_CLAUSES);
    is_short && sentences.next().is_some()
}

/// Where in a part of a text that ends at `end` the last words to those who are spoken to begin: 同志们，…….
pub(super) fn closing_address(text: &str, span: Span, end: Place) -> Option<Place> {
    let written = span.text(text);
    let at = ADDRESSED.iter().filter_map(|addressed| addressing(written, addressed)).max()?;
    let place = span.start.after(&written[..at]);
    (MIN..=MAX_CLOSE).contains(&(end.character() - place.character())).then_some(place)
}

/// Those whom speeches are made to.
const ADDRESSED: [&str; 5] = ["同志们", "同志們", "各位代表", "各位委员", "各位委員"];

/// Where a text last speaks to somebody, at the start of a sentence.
fn addressing(written: &str, addressed: &str) -> Option<usize> {
    let at = written.rfind(addressed)?;
    let calls = written[at + addressed.len()..].starts_with(['，', ',', '：', ':', '！', '!']);
    let opens = written[..at].trim_end().chars().next_back().is_none_or(ends_sentence);
    (calls && opens).then_some(at)
}

/// Whether a chapter within a line has a name only, as in a table of contents.
pub(super) fn is_name_only(text: &str, chapter: Span) -> bool {
    chapter.characters() <= MAX_NAME + 2 && !chapter.text(text).contains(ends_sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::split::{
        markers::{Position, marker},
        span::Place,
    };

    fn check(text: &str, label: fn(&str, Span, Marker) -> Span, expected: &str) {
        let span = Span { start: Place::default(), end: Place::default().after(text) };
        let marker = marker(text, Position::LineStart).unwrap();
        assert_eq!(label(text, span, marker).text(text), expected);
    }

    #[test]
    fn a_member_is_called_by_its_first_sentence() {
        let check = |text, expected| check(text, member_label, expected);
        check("一是全力以赴，抓好学习。二来", "一是全力以赴，抓好学习");
        check("一是多方评价 给干部“画像”。要", "一是多方评价 给干部“画像”");
        check("第五条 国家保护。", "第五条");
        check("一、问：为何制定本办法？答：为了", "一、问：为何制定本办法");
        check("三是\n认真落实。", "三是\n认真落实");
        let long = format!("（一）违反规定，未经许可的，{}。", "依法处罚".repeat(20));
        check(&long, "（一）违反规定，未经许可的");
        let unmarked = format!("一是{}", "字".repeat(80));
        check(&unmarked, &unmarked["".len().."一是".len() + 40 * "字".len()]);
    }

    #[test]
    fn white_space_divides_a_heading_from_its_text() {
        let check = |text, expected| check(text, member_label, expected);
        check("一、工作开拓进取、成效明显 2021年是重要一年，也是起点。", "一、工作开拓进取、成效明显");
        check("一、守正创新 精业笃行。要", "一、守正创新 精业笃行");
        check("一、在县 市，要落实。", "一、在县 市，要落实");
    }

    #[test]
    fn a_chapter_is_called_by_its_name() {
        let check = |text, expected| check(text, chapter_label, expected);
        check("第一章 总则 为了发展，", "第一章 总则");
        check("第 一 章 總綱 第 1 條", "第 一 章 總綱");
        check("第一章 总则", "第一章");
        check("第一章 为了发展各项事业而制定并且施行的全部规定如下所述", "第一章");
    }
}
