//! Who issued a text and when: the notes below a law's title, and the signature at the end.

use std::ops::Range;

use super::{
    day,
    line::{Line, lines},
    number::order,
};
use crate::{document::PublishDate, text::fold};

/// The most lines that may follow a signature: 此件公开发布, 抄送.
const MAX_BELOW: usize = 4;

/// The most bodies that sign together.
const MAX_BODIES: usize = 4;

/// The longest line of a signature, in bytes.
const MAX_SIGNED_BYTES: usize = 200;

/// The shortest and the longest name of a body, in characters: 国务院 has three.
const MIN_BODY: usize = 3;
const MAX_BODY: usize = 40;

/// How a text came about.
#[derive(Debug, Default)]
pub(super) struct Issue<'t> {
    /// When, and what says so.
    pub(super) date: Option<(PublishDate, Range<usize>)>,
    /// Its number, if it is an order's.
    pub(super) number: Option<Line<'t>>,
    /// Who issued it; several bodies stand on lines of their own.
    pub(super) agencies: Vec<Line<'t>>,
}

/// What notes tell of a law: （2002年9月7日国务院令第362号公布 根据2016年2月6日…修订）.
///
/// The date is the latest of them, which is that of the text as it stands; the day on which it takes effect does not
/// count. A number, or a body, is told only if there is but one: of several it is not clear which holds.
pub(super) fn history<'t>(notes: &[&Line<'t>]) -> Issue<'t> {
    let events: Vec<Event<'t>> = notes.iter().flat_map(|note| events(note)).collect();
    let date = events.iter().max_by_key(|event| event.date).map(|event| (event.date, event.range.clone()));
    let orders: Vec<Range<usize>> = events.iter().filter_map(|event| order(&event.told.folded)).collect();
    let mut issuers = events.iter().filter_map(Event::issuer);
    let issuer = issuers.next().filter(|first| is_organ(first) && issuers.all(|other| other.folded == first.folded));
    let number = || {
        let ordered = events.iter().find_map(|event| event.told.folded_part(order(&event.told.folded)?));
        ordered.filter(|_| orders.len() == 1)
    };
    Issue { date, number: number(), agencies: issuer.into_iter().collect() }
}

/// Something that happened to a law.
struct Event<'t> {
    date: PublishDate,
    range: Range<usize>,
    /// What is told of the date, up to the next.
    told: Line<'t>,
}

fn events<'t>(note: &Line<'t>) -> Vec<Event<'t>> {
    let dates = day::dates(note.text);
    let ends = dates.iter().skip(1).map(|&(at, ..)| note.start + at).chain([note.range().end]);
    let event = |(&(at, date, rest), end): (&(usize, PublishDate, &str), usize)| {
        let told_start = note.range().end - rest.len();
        let told = note.part(told_start..end).filter(|told| is_event(&told.folded))?;
        Some(Event { date, range: note.start + at..told_start, told })
    };
    dates.iter().zip(ends).filter_map(event).collect()
}

fn is_event(told: &str) -> bool {
    let events =
        ["公布", "发布", "颁布", "颁发", "印发", "通过", "修正", "修订", "修改", "批准", "制定", "会上", "会议上"];
    !told.starts_with(['起', '前', '后', '至']) && events.iter().any(|event| told.contains(event))
}

impl<'t> Event<'t> {
    /// Who issued the law by it, if it says so.
    fn issuer(&self) -> Option<Line<'t>> {
        let told = self.told.folded.as_str();
        let end = match order(told) {
            Some(_) => told.find('令').or_else(|| told.find("公告"))?,
            None => ["公布", "发布", "颁布", "印发"].iter().filter_map(|event| told.find(event)).min()?,
        };
        let issuer = told[..end].strip_suffix("公告").unwrap_or(&told[..end]);
        self.told.folded_part(0..issuer.len()).filter(|issuer| is_name(&issuer.folded))
    }
}

/// Who signed a text at its end, and when: the bodies above a line that is a date, or on it.
pub(super) fn signature<'t>(tail: &[Line<'t>]) -> Issue<'t> {
    let last = tail.len().saturating_sub(MAX_BELOW + 1);
    let signature = (last..tail.len()).rev().find_map(|at| signed(tail, at));
    signature.or_else(|| tail[last..].iter().rev().find_map(printed)).unwrap_or_default()
}

/// Who signed the letter that a text begins with, and when, though what the letter sends follows: the first bodies and
/// date below a sentence.
pub(super) fn letter<'t>(text: &'t str) -> Option<Issue<'t>> {
    let (mut end, mut above, mut told) = (0, Vec::new(), false);
    for physical in text.split_inclusive('\n') {
        let start = end;
        end += physical.len();
        let shown = physical.trim();
        let may_sign = shown.len() <= MAX_SIGNED_BYTES;
        let tells = (may_sign || !told) && shown.contains('。');
        told |= tells;
        if tells || !may_sign {
            above.clear();
        } else if told && !above.is_empty() && day::whole(shown).is_some() {
            let first = above[above.len().saturating_sub(MAX_BODIES)];
            let lines: Vec<Line<'t>> = lines(&text[first..end], first).collect();
            let issue = signed(&lines, lines.len().checked_sub(1)?).filter(|issue| !issue.agencies.is_empty());
            if issue.is_some() {
                return issue;
            }
        } else if !shown.is_empty() {
            above.push(start);
        }
    }
    None
}

fn signed<'t>(tail: &[Line<'t>], at: usize) -> Option<Issue<'t>> {
    let line = &tail[at];
    if let Some(date) = day::whole(line.text) {
        let above = tail[..at].iter().rev().take(MAX_BODIES).take_while(|line| is_organ(line)).count();
        let date = Some((date, line.range()));
        return (above > 0 || at + 1 == tail.len()).then(|| Issue {
            date,
            number: None,
            agencies: tail[at - above..at].to_vec(),
        });
    }
    let (body, date, range) = dated_organ(line, "")?;
    Some(Issue { date: Some((date, range)), number: None, agencies: vec![body] })
}

/// Who printed a text that nobody signed, and when: 某市人民政府办公室 2024年3月1日印发.
fn printed<'t>(line: &Line<'t>) -> Option<Issue<'t>> {
    let (body, date, range) = dated_organ(line, "印发")?;
    Some(Issue { date: Some((date, range)), number: None, agencies: vec![body] })
}

/// The body that a line names before the only date in it, which a word or nothing ends: 某市教育局 2024年3月1日.
fn dated_organ<'t>(line: &Line<'t>, end: &str) -> Option<(Line<'t>, PublishDate, Range<usize>)> {
    let dates = day::dates(line.text);
    let &[(start, date, rest)] = dates.as_slice() else { return None };
    let body = line.part(line.start..line.start + start).filter(|_| fold(rest.trim()) == end)?;
    // Who edits a series issues it: 某市委办公室编.
    let edited = ["编印", "主编", "编"].into_iter().find_map(|deed| body.folded.strip_suffix(deed)).map(str::len);
    let body = edited.map_or_else(|| Some(body.clone()), |length| body.folded_part(0..length)).filter(is_organ)?;
    Some((body, date, line.start + start..line.range().end - rest.len()))
}

/// Whether a line is a body's name and a date.
pub(super) fn is_dated_organ(line: &Line<'_>) -> bool {
    line.folded.ends_with(|last: char| last == '日' || last.is_ascii_digit()) && dated_organ(line, "").is_some()
}

/// How the names of bodies end, and words that end so but name none.
const BODIES: [&str; 32] = [
    "中共中央",
    "国务院",
    "人民政府",
    "办公室",
    "办公厅",
    "委员会",
    "常委会",
    "厅",
    "局",
    "部",
    "委",
    "署",
    "法院",
    "检察院",
    "学院",
    "大学",
    "学校",
    "党校",
    "医院",
    "银行",
    "公司",
    "集团",
    "协会",
    "联合会",
    "总工会",
    "指挥部",
    "领导小组",
    "管理处",
    "中心",
    "总队",
    "支队",
    "大队",
];
const NO_BODIES: [&str; 10] = ["干部", "全部", "内部", "大局", "全局", "新局", "格局", "布局", "开局", "变局"];

/// Whether a line is the name of a body that issues documents, or of several.
pub(super) fn is_organ(line: &Line<'_>) -> bool {
    let folded = line.folded.as_str();
    let is_body = |word: &str| BODIES.iter().any(|end| word.ends_with(end));
    // A headline may have such an end as well: 党建引领聚合力 基层治理开新局.
    let is_each = || line.text.split_whitespace().all(|word| word.chars().nth(1).is_none() || is_body(&fold(word)));
    let fits = (MIN_BODY..=MAX_BODY).contains(&line.characters());
    fits && is_body(folded) && !NO_BODIES.iter().any(|word| folded.ends_with(word)) && is_name(folded) && is_each()
}

/// Whether a folded text has no signs but those in the names of bodies.
fn is_name(folded: &str) -> bool {
    folded.chars().all(|character| character.is_alphabetic() || matches!(character, '、' | '(' | ')'))
}
