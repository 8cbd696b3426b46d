//! What the lines at the head of a text are.

use std::ops::Range;

use super::{
    byline::byline,
    day,
    issue::is_dated_organ,
    label::{Label, Labelled},
    line::Line,
    number::{announces, completes, document_number},
    person::is_salutation,
    share::is_share_line,
};

/// The longest title in characters, with and without a word at its end that names a kind of document.
const MAX_TITLE: usize = 50;
const MAX_NAMED_TITLE: usize = 150;

/// The shortest title without such a word, in characters; shorter lines are buttons of a page, or 案情回顾.
const MIN_TITLE: usize = 5;

/// The longest line of a page's frame that is known by a word in it, and the longest name of a site, in characters.
const MAX_FRAME: usize = 30;
const MAX_NAME: usize = 12;

/// How far below the first line of the body a title that begins above can have its last line, or the proof of it.
const MAX_INTO_BODY: usize = 9;

/// What a line at the head of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Of the page around the text: 打印, 首页 > 新闻, the name of a site.
    Frame,
    /// It tells of the text: labels, a byline, a date, a number, how a law came about.
    Note,
    /// The text begins: a sentence, a salutation, 第一章, 一、.
    Body,
    /// `# ` of Markdown.
    Markdown,
    /// A short line that may be a title.
    Open,
}

/// What each line is, by its labels; of lines far below the first of the body nobody asks, and they count as body.
pub(super) fn shapes(lines: &[Line<'_>], labels: &[Vec<Labelled<'_>>]) -> Vec<Shape> {
    let (mut shapes, mut awaits_value, mut last) = (Vec::with_capacity(lines.len()), false, lines.len());
    for (at, (line, labels)) in lines.iter().zip(labels).enumerate() {
        if at >= last {
            shapes.push(Shape::Body);
            continue;
        }
        let is_value = awaits_value && labels.is_empty() && line.characters() <= MAX_FRAME;
        awaits_value = labels.last().is_some_and(|last| last.value.is_none() && last.label != Label::Other);
        let in_order = || {
            at > 0 && announces(&lines[at - 1]) && completes(line)
                || announces(line) && lines.get(at + 1).is_some_and(completes)
        };
        let is_talk = labels.iter().all(|found| found.label == Label::Participant) && line.folded.contains('。');
        let is_note = is_value || !labels.is_empty() && !is_talk || in_order();
        shapes.push(if is_note { Shape::Note } else { shape(line) });
        if shapes[at] == Shape::Body {
            last = last.min(at + MAX_INTO_BODY);
        }
    }
    if let Some(first) = shapes.iter().position(|&shape| shape != Shape::Frame && shape != Shape::Note)
        && shapes[first] == Shape::Body
        && lines.get(first + 1).is_some_and(|below| is_asking_title(&lines[first], below))
    {
        shapes[first] = Shape::Open;
    }
    if let Some(first) = lines.first()
        && is_short_title(&first.folded, &shapes[1..])
    {
        shapes[0] = Shape::Open;
    }
    shapes
}

/// Whether a first line, which may be too short to be known for a title, is one by what stands below it.
fn is_short_title(folded: &str, below: &[Shape]) -> bool {
    let is_alone = ALONE.contains(&folded);
    // What another title follows is the name of the column that the text stands in.
    let next = below.iter().find(|&&shape| shape != Shape::Frame);
    let is_treatise = || folded.starts_with('论') && (3..MIN_TITLE).contains(&folded.chars().count());
    is_alone && next != Some(&Shape::Open) || is_treatise() && below.first() == Some(&Shape::Body)
}

/// Whether a line that asks or calls is a title, because the line below is its subtitle: 乡村振兴怎么干？ above ——访….
fn is_asking_title(line: &Line<'_>, below: &Line<'_>) -> bool {
    let said = line.folded.trim_end_matches(['!', '?']);
    said.len() < line.folded.len()
        && below.folded.starts_with("——")
        && !is_running(said)
        && !said.contains(['!', '?'])
        && !is_salutation(&line.folded)
}

/// 第12期, 第3辑（总第136期）: which issue of a series a text is.
fn is_issue(folded: &str) -> bool {
    let number = |character: char| character.is_ascii_digit() || "零一二三四五六七八九十百".contains(character);
    let rest = folded.strip_prefix('第').map(|rest| (rest, rest.trim_start_matches(number)));
    rest.filter(|(rest, unit)| unit.len() < rest.len())
        .and_then(|(_, unit)| unit.strip_prefix(['期', '辑', '号']))
        .is_some_and(|behind| behind.is_empty() || behind.starts_with('(') && behind.ends_with(')'))
}

/// Names of kinds that are all that some texts have for a title, folded.
const ALONE: [&str; 24] = [
    "纪要",
    "会议纪要",
    "会议记录",
    "访谈",
    "访谈录",
    "访谈实录",
    "通知",
    "通报",
    "公告",
    "通告",
    "公报",
    "简报",
    "工作简报",
    "讲话",
    "致辞",
    "发言",
    "声明",
    "决定",
    "决议",
    "意见",
    "批复",
    "启事",
    "讣告",
    "会议议程",
];

/// Whether a folded line ends with a word that names a kind of document; 试行 in brackets may follow.
pub(super) fn names_kind(folded: &str) -> bool {
    let bare = folded.trim_end_matches(['》', '”', '"']);
    let bare = bare.strip_suffix(')').and_then(|open| Some(&open[..open.rfind('(')?])).unwrap_or(bare);
    KINDS.iter().any(|kind| bare.ends_with(kind))
}

const KINDS: [&str; 48] = [
    "法",
    "条例",
    "规定",
    "细则",
    "决定",
    "决议",
    "意见",
    "通知",
    "通报",
    "公告",
    "通告",
    "公报",
    "命令",
    "规则",
    "规程",
    "程序",
    "规范",
    "方案",
    "规划",
    "计划",
    "纲要",
    "要点",
    "批复",
    "复函",
    "解释",
    "安排",
    "措施",
    "标准",
    "准则",
    "章程",
    "守则",
    "制度",
    "报告",
    "讲话",
    "致辞",
    "发言",
    "总结",
    "建议",
    "说明",
    "指南",
    "清单",
    "声明",
    "宣言",
    "倡议书",
    "公约",
    "协定",
    "议定书",
    "修正案",
];

fn shape(line: &Line<'_>) -> Shape {
    let is_note = || {
        day::whole(line.text).is_some()
            || document_number(line).is_some()
            || byline(line).is_some()
            || is_remark(line)
            || is_dated_organ(line)
            || is_issue(&line.folded)
    };
    if markdown(line.text).is_some() {
        Shape::Markdown
    } else if is_salutation(&line.folded) {
        Shape::Body
    } else if is_frame(line) {
        Shape::Frame
    } else if is_note() {
        Shape::Note
    } else if opens_part(line) || is_running(&line.folded) {
        Shape::Body
    } else {
        Shape::Open
    }
}

/// What follows the signs of a Markdown heading.
pub(super) fn markdown(text: &str) -> Option<&str> {
    let behind = text.trim_start_matches('#');
    (1..=6).contains(&(text.len() - behind.len())).then_some(behind)?.strip_prefix(' ')
}

/// Words of the page around a text, and how the names of sites end.
const FRAME_WORDS: [&str; 17] = [
    "首页",
    "当前位置",
    "您的位置",
    "打印本",
    "分享到",
    "分享:",
    "关闭窗口",
    "点击数",
    "点击次数",
    "浏览次数",
    "无障碍",
    "扫一扫",
    "加入收藏",
    "点击上方",
    "点击蓝字",
    "关注我们",
    "收录于合集",
];
const SITE_NAMES: [&str; 14] =
    ["网", "网站", "在线", "日报", "晚报", "早报", "时报", "客户端", "公众号", "频道", "要闻", "新闻", "动态", "专栏"];

/// Whether a line is of the page around the text.
fn is_frame(line: &Line<'_>) -> bool {
    let (folded, characters) = (line.folded.as_str(), line.characters());
    let has_word = || characters <= MAX_FRAME && FRAME_WORDS.iter().any(|word| folded.contains(word));
    // What is done for one is a headline: 用好党建平台.
    let is_done = || folded.starts_with(['用', '建', '搭', '打', '筑', '让', '以', '借']);
    let is_of_site = || ["网", "智慧", "党建", "政务", "融媒"].iter().any(|word| folded.contains(word));
    let is_platform = || folded.ends_with("平台") && is_of_site() && !is_done();
    let is_name = || characters <= MAX_NAME && (SITE_NAMES.iter().any(|name| folded.ends_with(name)) || is_platform());
    let is_path = || characters <= MAX_FRAME && folded.contains(['>', '»', '›']);
    let letters = folded.chars().filter(|&character| is_ideograph(character)).count();
    let is_said = folded.ends_with([':', '。', '!', '?', ';', ',']);
    let is_button = letters < MIN_TITLE && !is_said && !(names_kind(folded) && letters > 2);
    let is_chrome = characters <= MAX_FRAME && !names_kind(folded) && (is_path() || is_name() || has_word());
    is_chrome || is_button || is_share_line(line) || is_file_head(folded) || page_title(line).is_some()
}

/// The title within what a page calls itself, in front of its site: `某某通知_某某网`; bytes of the folded line.
pub(super) fn page_title(line: &Line<'_>) -> Option<Range<usize>> {
    let (titled, site) = line.folded.rsplit_once('_')?;
    let is_site = site.chars().nth(MAX_NAME).is_none() && SITE_NAMES.iter().any(|name| site.ends_with(name));
    let title = titled.split('_').next().filter(|title| is_site && title.chars().nth(MIN_TITLE).is_some())?;
    Some(0..title.len())
}

/// 某某市人民政府文件, the printed head of a document.
fn is_file_head(folded: &str) -> bool {
    ["政府文件", "委员会文件", "办公厅文件", "办公室文件", "局文件"].iter().any(|head| folded.ends_with(head))
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a line tells how or where a text came about: （2024年1月5日…通过）, ——2024年3月5日在…会议上.
pub(super) fn is_remark(line: &Line<'_>) -> bool {
    let bare = line.text.trim_start_matches(['(', '（', '—', '―', '─', '-', '–', ' ', '\u{3000}']);
    let bare = bare.strip_prefix("根据").or_else(|| bare.strip_prefix("根據")).unwrap_or(bare);
    let dated = day::date(bare)
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with(['，', ',', '至', '-', '起', '前', '后']));
    let bracketed = line.folded.starts_with('(') && line.folded.ends_with(')');
    let subtitle = line.folded.starts_with("——") || line.folded.starts_with("--");
    (dated || bracketed || subtitle) && !line.folded.contains('。')
}

/// Whether a line begins with the marker of a part: 第一章, 一、, （一）, 1., 1 范围, ①.
fn opens_part(line: &Line<'_>) -> bool {
    let folded = line.folded.trim_start_matches('*'); // Of Markdown.
    let numerals = "零一二三四五六七八九十百千壹贰叁参肆伍陆柒捌玖拾";
    let is_number = |character: char| character.is_ascii_digit() || numerals.contains(character);
    if let Some(rest) = folded.strip_prefix('第') {
        let unit = rest.trim_start_matches(is_number);
        return unit.len() < rest.len()
            && ["章", "节", "条", "编", "篇", "部分", ",", "、"].iter().any(|mark| unit.starts_with(mark));
    }
    let bare = folded.strip_prefix('(').unwrap_or(folded);
    let rest = bare.trim_start_matches(is_number);
    let is_short = (1..=2).contains(&bare[..bare.len() - rest.len()].chars().count());
    let spaced = line.text.chars().nth(1).is_some_and(char::is_whitespace) && folded.starts_with(is_number);
    is_short && (rest.starts_with(['、', '.', ')']) || spaced) || folded.starts_with(|first| matches!(first, '①'..='⑳'))
}

/// Whether a line is of running text, or too long for a title.
fn is_running(folded: &str) -> bool {
    let characters = folded.chars().take(MAX_NAMED_TITLE + 1).count();
    let most = if names_kind(folded) && !folded.contains(',') { MAX_NAMED_TITLE } else { MAX_TITLE };
    let contents = matches!(folded, "目录" | "目次");
    let leads_in = ["如左", "如下", "如后"].iter().any(|end| folded.ends_with(end));
    let inside = |character| matches!(character, '。' | ';' | '=' | '…');
    let at_end = [',', ':', '、', '!', '?', '.', '—', '-', '(', '《', '“'];
    let at_start = [',', '。', '、', ':', ')', '》', '”', '!', '?'];
    let opens = ["现在我", "我代表", "近日", "日前", "本报讯", "根据《", "依据《", "依照《", "按照《"];
    let begins = opens.iter().any(|start| folded.starts_with(start));
    contents
        || leads_in
        || begins
        || characters > most
        || folded.contains(inside)
        || folded.ends_with(at_end)
        || folded.starts_with(at_start)
}
