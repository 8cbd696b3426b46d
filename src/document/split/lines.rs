//! Lines as they were meant: those that a fixed width broke are joined again.

use super::{
    cutting::{Cut, Units},
    labels::is_short_sentence,
    markers::{Kind, Marker, Position, marker},
    marks::{breaks_line, closes, is_finished},
    packing::MIN,
    shape::Shape,
    span::{Place, Span},
    widths::{Physical, Widths, page_width},
};
use crate::text::{GoesOn, fold_character, has_searchable};

/// The longest heading in characters; a longer line without a final mark is a broken sentence.
pub(super) const MAX_HEADING: usize = 50;

/// How many last characters names share that are of one kind: 委员会.
const NAME_END: usize = 3;

/// The most characters of a line that has nothing but a marker: 第一百二十，.
const MAX_MARKER: usize = 8;

/// The most bytes of a line: a longer one is divided. Whoever reads lines looks at each as a whole, several times, and
/// asks between them whether to go on.
const MAX_LINE: usize = 1 << 20;
/// How many bytes before that a line that is too long is searched for a place to divide it.
const DIVIDED_WITHIN: usize = 4 << 10;

/// The lines of a text that have something to search for, trimmed, hard wraps joined; the title is one of them.
pub(super) fn lines<E>(text: &str, title: Option<Span>, goes_on: GoesOn<'_, E>) -> Result<Vec<Span>, E> {
    let (start, page) = (Place::default(), page_width(text));
    let Some(title) = title else { return joined(text, start, text.len(), page, goes_on) };
    let mut lines = joined(text, start, title.start.byte(), page, goes_on)?;
    lines.push(title);
    lines.append(&mut joined(text, title.end, text.len(), page, goes_on)?);
    Ok(lines)
}

/// The lines between a place and the byte `end`, of a text that was broken at a width of `page` columns, if it was.
fn joined<E>(
    text: &str,
    mut start: Place,
    end: usize,
    page: Option<usize>,
    goes_on: GoesOn<'_, E>,
) -> Result<Vec<Span>, E> {
    let mut lines: Vec<Span> = Vec::new();
    // The line above as it stands in the text, and what it begins with.
    let mut previous: Option<(Span, Physical, Option<Marker>)> = None;
    let (mut quoting, mut apart, mut torn, mut turned, mut widest) = (false, false, false, false, 0);
    while start.byte() < end {
        goes_on()?;
        let physical = first_line(&text[start.byte()..end]);
        let (span, next) = Span::trimmed_from(start, physical);
        start = next;
        if span.start == span.end {
            apart = true;
            turned |= physical.contains('\u{c}');
            continue;
        }
        let opens = marker(span.text(text), Position::LineStart);
        let width = Physical::of(physical, span);
        let joins = !physical.starts_with('\u{3000}')
            && previous.is_some_and(|(above, width_above, leading)| {
                let whole = lines.last().filter(|line| !is_dated(line.text(text))).map_or(0, |line| line.characters());
                let rest = &text[start.byte()..end];
                let widths = Widths { above: width_above, below: width, widest, page };
                let between = Between { above, leading, below: span, opens, quoting, torn, whole, widths, rest };
                if apart && !turned { goes_on_apart(&between, text) } else { between.goes_on(text) }
            });
        match lines.last_mut() {
            Some(line) if joins && span.end.byte() - line.start.byte() <= MAX_LINE => line.end = span.end,
            _ => {
                (quoting, widest) = (false, 0);
                lines.push(span);
            }
        }
        widest = widest.max(width.columns);
        let line = span.text(text);
        let finished = is_finished(line);
        quoting = !finished && is_quoting(line, quoting);
        torn = !finished && (torn && joins || needs_object(line));
        (previous, apart, turned) = (Some((span, width, opens)), false, false);
    }
    let searchable = |line: Span| goes_on().map(|()| has_searchable(line.text(text)).then_some(line));
    let mut lines = lines.into_iter().map(searchable).filter_map(Result::transpose).collect::<Result<Vec<_>, E>>()?;
    lines.shrink_to_fit();
    Ok(lines)
}

/// The line that a text begins with, its break included, or the first part of one that is too long.
fn first_line(text: &str) -> &str {
    let head = &text[..text.floor_char_boundary(MAX_LINE)];
    let undivided = if head.len() < text.len() { divided_at } else { str::len };
    &text[..break_end(head).unwrap_or_else(|| undivided(head))]
}

/// Where a line is divided of which this is as much as may stay together: before the last sentence or, if none begins
/// shortly before its end, the last clause.
fn divided_at(head: &str) -> usize {
    let from = head.floor_char_boundary(head.len().saturating_sub(DIVIDED_WITHIN));
    let tail = &head[from..];
    let whole = Span { start: Place::default(), end: Place::default().after(tail) };
    let last = |cut| Units::new(tail, whole, cut).last().map(|unit| unit.start.byte()).filter(|&at| at > 0);
    last(Cut::Sentence).or_else(|| last(Cut::Clause)).map_or(head.len(), |at| from + at)
}

/// The byte behind the first line break.
fn break_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = may_break(&bytes[from..]) {
        from += at + 1;
        match bytes[from - 1] {
            0xE2 if matches!(bytes.get(from..from + 2), Some([0x80, 0xA8 | 0xA9])) => return Some(from + 2),
            0xE2 => {} // The first byte of quotation marks as well as of U+2028 and U+2029.
            _ => return Some(from),
        }
    }
    None
}

/// The first byte that may break a line. Looks at blocks without branching, which compilers make vector instructions of.
fn may_break(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let may = |byte: &u8| matches!(byte, b'\n' | 0xb | 0xc | 0xE2);
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let clear = blocks.iter().take_while(|block| !block.iter().fold(false, |found, byte| found | may(byte))).count();
    let from = clear * BLOCK;
    Some(from + bytes[from..].iter().position(may)?)
}

/// Whether a quotation or a bracket is open behind a line, if one was or was not `before` it.
fn is_quoting(line: &str, before: bool) -> bool {
    let opens = |character: char| matches!(character, '“' | '‘' | '《' | '「' | '『' | '（');
    line.rfind(|character| opens(character) || closes(character)).map_or(before, |at| line[at..].starts_with(opens))
}

/// Two neighbouring lines, and what is known where they meet.
struct Between<'t> {
    above: Span,
    /// The marker that the line above begins with.
    leading: Option<Marker>,
    below: Span,
    /// The marker that the line below begins with.
    opens: Option<Marker>,
    /// Whether a quotation is open between them.
    quoting: bool,
    /// Whether a word above still lacks what it speaks of.
    torn: bool,
    /// How many characters the line above has with those that it goes on from.
    whole: usize,
    widths: Widths,
    /// What follows the line below.
    rest: &'t str,
}

impl Between<'_> {
    /// Whether the sentence of the one line goes on in the other.
    fn goes_on(&self, text: &str) -> bool {
        let &Self { above, leading, below, opens, .. } = self;
        let is_bare = || is_bare_marker(leading, above);
        let (line, next) = (above.text(text), below.text(text));
        let inside_brackets = line.ends_with(['（', '(', '《', '〈', '“', '‘', '「', '『', '【']);
        if inside_brackets || next.starts_with(|first: char| "，。、；：！？,;:!?".contains(first) || closes(first))
        {
            return true;
        }
        if self.widths.open_paragraph() && self.opens_sentence(line, next) {
            return true;
        }
        if opens.is_some()
            || is_bracketed(line)
            || may_be_contents(next, below) && Shape::of(text, below) == Shape::Contents
        {
            return false;
        }
        if is_finished(line) || lists_whole_names(line) && Shape::of(text, below) != Shape::Full {
            return is_bare();
        }
        let breaks_off = line.ends_with(['，', ',', '、', '的', '和', '与', '與', '及']) && !line.ends_with("目的")
            || above.characters() > MAX_HEADING
            || self.whole > MAX_HEADING && !begins_anew(text, below)
            || self.quoting
            || self.torn
            || is_sentence(line)
            || line.matches('，').nth(1).is_some()
            || self.is_above_link(text)
            || is_number_broken_off(line, next)
            || is_article_broken_off(line, next)
            || is_bare();
        breaks_off
            || self.widths.fit(next, self.rest, is_finished(next)) && !is_entry(line, next) && !self.heads_topic(text)
    }

    /// Whether the line above begins a sentence which, as far as can be told, the one below does not stand apart from.
    fn opens_sentence(&self, line: &str, next: &str) -> bool {
        self.leading.is_none()
            && line.contains('，')
            && !is_finished(line)
            && (self.opens.is_none() || is_finished(next))
    }

    /// Whether the line below was torn off as a link within the clauses of the one above: 我们贯彻 above 民族区域自治法 above
    /// ，支持….
    fn is_above_link(&self, text: &str) -> bool {
        let (line, phrase) = (self.above.text(text), self.below.text(text));
        let goes_on = || {
            let rest = &self.rest[..self.rest.find(breaks_line).unwrap_or(self.rest.len())];
            rest.starts_with(['，', '。', '、', '；', '的']) || is_number_broken_off(phrase, rest)
        };
        line.contains('，') && !is_finished(phrase) && goes_on()
    }

    /// Whether a numbered heading stands above a sentence that opens a long text: （一）聚焦转型 above 加强保护。 above it.
    fn heads_topic(&self, text: &str) -> bool {
        let marked = |line| marker(line, Position::LineStart).map(|marker| marker.kind);
        let rest = self.rest.trim_start();
        matches!(marked(self.above.text(text)), Some(Kind::Numeral | Kind::BracketedNumeral))
            && is_short_sentence(self.below.text(text))
            && marked(rest).is_none()
            && rest.chars().take_while(|&character| !breaks_line(character)).nth(MIN).is_some()
    }
}

/// Whether a line can be 目录, which is worth a look before all that tells its shape.
fn may_be_contents(line: &str, span: Span) -> bool {
    span.characters() <= MAX_HEADING && line.chars().any(|character| fold_character(character) == '目')
}

/// Whether a line is a word that lacks what it speaks of, as where a link or a stressed word has a line of its own, or a
/// dash that lacks its item: 在 above 价格改革 above 上迈出步子。
fn needs_object(line: &str) -> bool {
    const WORDS: [&str; 22] = [
        "——", "在", "对", "對", "把", "将", "將", "从", "從", "向", "由", "以", "于", "於", "为", "為", "关于", "關於",
        "对于", "對於", "按照", "依照",
    ];
    WORDS.contains(&line)
}

/// Whether a line tells something of its own, which does not go on from what was torn above.
fn begins_anew(text: &str, below: Span) -> bool {
    !matches!(Shape::of(text, below), Shape::Open | Shape::Full) || is_dated(below.text(text))
}

/// Whether a line begins with a date, as how a law came about does, line by line.
fn is_dated(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether a line is a row of a table, or one of a chronicle, as how a law came about is told: 2014年7月29日 …修订.
fn is_entry(above: &str, line: &str) -> bool {
    let is_dated = |line: &str| {
        let behind = line.trim_start_matches(|first: char| first.is_ascii_digit());
        behind.len() < line.len() && behind.starts_with('年')
    };
    line.starts_with('|') || is_dated(above) && is_dated(line)
}

/// Whether the sentence of one line goes on below blank lines, as where a page or a hidden line was taken out: it is too
/// long for a heading, or reads as none, and stops between words or clauses, and what follows is no heading.
fn goes_on_apart(between: &Between<'_>, text: &str) -> bool {
    let &Between { above, below, opens, .. } = between;
    let line = above.text(text);
    (above.characters() > MAX_HEADING || is_sentence(line))
        && line.ends_with(|last: char| last.is_alphabetic() || matches!(last, '，' | ',' | '、'))
        && opens.is_none()
        && Shape::of(text, below) == Shape::Full
}

/// Whether a line reads as the start of a sentence and not as a heading: 为了加强管理，促进…, 权力机关，是由….
fn is_sentence(line: &str) -> bool {
    line.contains('，')
        && (line.contains("，是") || ["为了", "為了"].into_iter().any(|opening| line.starts_with(opening)))
}

/// Whether a line stands in brackets as a whole: how a law came about.
fn is_bracketed(line: &str) -> bool {
    line.starts_with(['（', '(']) && line.ends_with(['）', ')'])
}

/// Whether a line stops before or within a number: 550 above 多万公里, 新增 above 6700多公里, 目标设定 above 为6%以上.
fn is_number_broken_off(line: &str, next: &str) -> bool {
    let counted =
        next.trim_start_matches(|character: char| character.is_ascii_digit() || matches!(character, '.' | ','));
    let is_counted = counted.starts_with(['多', '余', '万', '亿', '萬', '億', '元', '%', '％', '‰']);
    let is_numeral = |last: char| "一二三四五六七八九十百千".contains(last);
    let is_value = next.strip_prefix('为').is_some_and(|value| value.starts_with(|first: char| first.is_ascii_digit()));
    is_value
        || is_counted
            && (counted.len() < next.len() || line.ends_with(|last: char| last.is_ascii_digit() || is_numeral(last)))
}

/// Whether a line stops before the article of the law that it names: 依照民法典 above 第一千条规定.
fn is_article_broken_off(line: &str, next: &str) -> bool {
    let named =
        ["法", "典", "条例", "條例", "规定", "規定", "办法", "辦法", "细则", "細則", "协定", "協定", "章程", "公约"];
    let cites = ["依照", "依据", "依據", "根据", "根據", "按照", "违反", "違反", "适用", "適用", "符合"];
    let is_named = || named.iter().any(|name| line.trim_end_matches('》').ends_with(name));
    let is_cited = || is_named() && cites.iter().any(|deed| line.contains(deed));
    next.starts_with('第') && is_cited() && marker(next, Position::LineStart).is_none()
}

/// Whether a line lists names without a mark behind the last one, which ends like the others: 甲仲裁委员会、乙仲裁委员会.
pub(super) fn lists_whole_names(line: &str) -> bool {
    const FEWEST: usize = 3;
    let last_characters = line.char_indices().nth_back(NAME_END - 1).map_or(line, |(at, _)| &line[at..]);
    let names = line.split('、');
    names.clone().count() >= FEWEST && names.into_iter().all(|name| name.ends_with(last_characters))
}

/// Whether a line has the marker of an enumeration and nothing that it marks.
fn is_bare_marker(leading: Option<Marker>, line: Span) -> bool {
    let bytes = line.end.byte() - line.start.byte();
    line.characters() <= MAX_MARKER
        && leading.is_some_and(|marker| marker.kind > Kind::Article && marker.bytes() == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::to_the_end;

    fn check(text: &str, expected: &[&str]) {
        let lines = to_the_end(|goes_on| lines(text, None, goes_on));
        let found: Vec<&str> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_trimmed() {
        check("", &[]);
        check(" \n\u{3000}\n——\n", &[]);
        check("　　甲。\r\n 乙 \n", &["甲。", "乙"]);
        check("甲\u{2028}乙\u{b}丙\u{2029}丁\u{c}戊…", &["甲", "乙", "丙", "丁", "戊…"]);
    }

    #[test]
    fn hard_wraps_are_joined() {
        let wrapped = "中華民國國民大會受全體國民之付託，依據創立中華民國之遺\n教，為鞏固國權，保障民權，增進人民之福利，制定本憲法\n，頒行全國。";
        check(&format!("{wrapped}\n第一條"), &[wrapped, "第一條"]);
        check("批准\n政府工作报告\n。会议", &["批准", "政府工作报告\n。会议"]);
        check("根据《\n章程\n》规定。", &["根据《\n章程\n》规定。"]);
        let sentences = [
            "为了加强管理，促进测绘\n事业发展，保障测绘事业为经济建设、国防建设服务。",
            "教，並依規定，制定本法，特為\n治理國家，保障人民之權利，增進人民之福利而頒行。",
            "我们的权力机关，是由各人民团体\n\n的代表人物组成的。",
        ];
        for sentence in sentences {
            check(sentence, &[sentence]);
        }
        check("加强领导、\n压实责任。", &["加强领导、\n压实责任。"]);
        check("光缆线路550\n多万公里。", &["光缆线路550\n多万公里。"]);
        check("高速公路\n6700多公里。", &["高速公路\n6700多公里。"]);
        check(
            "比上年有所增长，达到了一百\n亿九十一\n元，这是成绩。",
            &["比上年有所增长，达到了一百\n亿九十一\n元，这是成绩。"],
        );
        check("依照民法典\n第一千条规定执行。", &["依照民法典\n第一千条规定执行。"]);
        let passed = format!("2011年9月7日{}会议通过", "某某市人民代表大会常务委员会".repeat(3));
        let history = ["2011年9月8日 公布", "2014年11月1日 施行"];
        check(
            &format!("{passed}\n{}\n{}", history[0], history[1]),
            &[&format!("{passed}\n{}", history[0]), history[1]],
        );
        let cited = "根据《安全生产法》《事故报告和调查处理条例》\n第三条的规定，决定成立事故调查组。";
        check(cited, &[cited]);
        check("民法典\n第一千条 执行。", &["民法典", "第一千条 执行。"]);
        let cited = format!("{}并且宣布废除\n停战协定\n第十三款卯项，准备\n恢复。", "我们坚决反对，".repeat(7));
        check(&cited, &[&cited]);
        check("成果找市场“双向\n揭榜\n挂帅”的简称", &["成果找市场“双向\n揭榜\n挂帅”的简称"]);
        check("代表们审议所作的\n工作报告", &["代表们审议所作的\n工作报告"]);
    }

    #[test]
    fn words_that_links_tore_off_are_joined() {
        check("发展。\n在\n工资和价格改革\n上迈出步子。", &["发展。", "在\n工资和价格改革\n上迈出步子。"]);
        check("关于\n价格体系的改革，\n经过比较。", &["关于\n价格体系的改革，\n经过比较。"]);
        check("在\n一、改革。", &["在", "一、改革。"]);
        check("——\n改革开放\n深入推进。", &["——\n改革开放\n深入推进。"]);
        check("五年来，我们贯彻\n自治法\n，支持发展。", &["五年来，我们贯彻\n自治法\n，支持发展。"]);
        check("超过1900公里，新建\n公路\n6700多公里。", &["超过1900公里，新建\n公路\n6700多公里。"]);
        check("五年来，开创新局面\n自治法\n施行。", &["五年来，开创新局面", "自治法", "施行。"]);
        check("增速是综合性指标，预期目标设定\n为6%以上。", &["增速是综合性指标，预期目标设定\n为6%以上。"]);
        check("所在\n改革\n改革。", &["所在", "改革", "改革。"]);
    }

    #[test]
    fn a_heading_above_a_topic_is_whole() {
        let heading = "（一）聚焦“双碳”引领，推动全面绿色转型";
        let body = format!("实施保护，{}压实责任。", "细化措施，".repeat(11));
        check(&format!("{heading}\n加强保护修复。\n{body}"), &[heading, "加强保护修复。", &body]);
        let wrapped = format!("{heading}\n加强保护修复。");
        check(&wrapped, &[&wrapped]);
        check(&format!("{wrapped}\n（二）{body}"), &[&wrapped, &format!("（二）{body}")]);
        let wrapped = "在本省行政区域内从事测绘地理信息及其相关\n活动，应当遵守本条例。";
        check(&format!("{wrapped}\n{body}"), &[wrapped, &body]);
    }

    #[test]
    fn blank_lines_do_not_end_what_breaks_off_in_a_long_line() {
        let long = format!("{}完善全民健身公共服务体", "把准方向盘。".repeat(9));
        for blank in ["\n\n", "\n \n\n"] {
            let text = format!("{long}{blank}系。精心筹办赛事。");
            check(&text, &[&text]);
        }
        check(&format!("{long}\n\n　　系。"), &[&long, "系。"]);
        check(&format!("{long}\n\n一、系。"), &[&long, "一、系。"]);
        check(&format!("{long}\n\n系统建设"), &[&long, "系统建设"]);
        check(&format!("{long}\n\n各位代表："), &[&long, "各位代表："]);
        check(&format!("{long}）\n\n系。"), &[&format!("{long}）"), "系。"]);
        check(&format!("{long}系。\n\n精心。"), &[&format!("{long}系。"), "精心。"]);
        check("完善全民健身公共服务体\n\n系。", &["完善全民健身公共服务体", "系。"]);
    }

    #[test]
    fn lists_of_names_end_without_a_mark() {
        let names = ["青石", "云溪", "澄江", "白塔", "红旗", "松岭", "双河"];
        let list = names.map(|name| format!("{name}仲裁委员会")).join("、");
        check(&format!("甲省\n{list}\n乙省\n{list}"), &["甲省", &list, "乙省", &list]);
        let torn = format!("{list}、长桥仲裁");
        check(&format!("{torn}\n委员会"), &[&format!("{torn}\n委员会")]);
        let sentence = format!("{list}\n应当各自履行职责。");
        check(&sentence, &[&sentence]);
    }

    #[test]
    fn a_marker_goes_with_what_it_marks() {
        check("三是\n认真落实。", &["三是\n认真落实。"]);
        check("第二，\n改革。\n1.\n要点。", &["第二，\n改革。", "1.\n要点。"]);
        check("1.\n2.\n要点。", &["1.", "2.\n要点。"]);
        check("第一条\n为了发展。", &["第一条", "为了发展。"]);
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
        check("编制目的\n为了守正。", &["编制目的", "为了守正。"]);
        let note = format!("（2004年8月28日{}修订）", "某某会议".repeat(12));
        check(&format!("{note}\n目　录\n第一章"), &[&note, "目　录", "第一章"]);
        check(&format!("{note}\n为了守正。"), &[&note, "为了守正。"]);
    }

    #[test]
    fn the_title_is_a_line_however_it_is_glued() {
        let text = "转载：讲话稿同志们：今天开会。\n，还有。";
        let title =
            Span { start: Place::default().after("转载："), end: Place::default().after("转载：讲话稿") };
        let lines = to_the_end(|goes_on| lines(text, Some(title), goes_on));
        let found: Vec<&str> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(found, ["转载：", "讲话稿", "同志们：今天开会。\n，还有。"]);
    }

    #[test]
    fn lines_that_are_too_long_are_divided() {
        let divided = |text: &str| {
            let lines = to_the_end(|goes_on| lines(text, None, goes_on));
            let longest = lines.iter().map(|line| line.text(text).len()).max();
            assert!(lines.len() > 1 && longest <= Some(MAX_LINE), "{longest:?}");
            let parts: Vec<&str> = lines.iter().map(|line| line.text(text)).collect();
            assert_eq!(parts.concat().replace('\n', ""), text.replace(['\n', ' '], ""));
            parts.iter().map(|part| part.chars().next_back().unwrap()).collect::<Vec<_>>()
        };
        let sentences = "各级要抓落实。".repeat(MAX_LINE / 10);
        assert!(divided(&sentences).into_iter().all(|last| last == '。'));
        let clauses = "各级要抓落实，".repeat(MAX_LINE / 10);
        assert!(divided(&clauses).into_iter().all(|last| last == '，'));
        divided(&"字".repeat(MAX_LINE));
        divided(&format!("{}\n", "字".repeat(38)).repeat(MAX_LINE / 50));
    }
}
