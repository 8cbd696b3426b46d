//! Who wrote a text: 文/张三, 本报记者 张三, （作者系某市市长 张三）, 某省省长 张三.

use super::{day, line::Line, person::is_person};

/// The longest byline, in characters.
const MAX_BYLINE: usize = 30;

/// The longest name: 阿布都热西提·买买提.
const MAX_NAME: usize = 12;

/// How far into the first sentence 电（记者 张三） may stand, in characters.
const MAX_DATELINE: usize = 40;

/// The author in a line that is a byline: 文/张三, 本报记者 张三.
pub(super) fn byline<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    if line.characters() > MAX_BYLINE || line.folded.contains(['。', ';', '!', '?', ':']) {
        return None;
    }
    let folded = line.folded.trim_start_matches(['(', '■', '□', '●', '◆', '【', '[']);
    let written_by = ["文/图", "图/文", "文/", "文|", "撰文/", "作者/", "作者|"];
    let behind = written_by.iter().find_map(|sign| folded.strip_prefix(sign));
    let behind = behind.or_else(|| behind_reporter(folded).filter(|_| line.text.contains(char::is_whitespace)));
    let found = names(line, line.folded.len() - behind?.len())?;
    (2..=MAX_BYLINE).contains(&found.characters()).then_some(found)
}

/// The reporter in the dateline of a text's first sentence: 新华社北京3月5日电（记者 张三）.
pub(super) fn dateline<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let opened = ["电(", "讯("].into_iter().filter_map(|sign| Some(line.folded.find(sign)? + sign.len())).min()?;
    let near = line.folded[..opened].chars().nth(MAX_DATELINE).is_none();
    let close = opened + line.folded[opened..].find(')')?;
    let inner = line.folded_part(opened..close).filter(|inner| near && inner.characters() <= MAX_BYLINE)?;
    reporter(&inner)
}

/// The author in brackets at the end of a line: （某市市长 张三）, （本报记者 张三）; where 作者系某市市长 names nobody, the
/// office is all that is said of the author.
pub(super) fn closing<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let inner = last_brackets(line)?;
    let subject = ["本文作者", "作者", "笔者"].iter().find_map(|sign| inner.folded.strip_prefix(sign));
    let Some(subject) = subject else {
        return reporter(&inner).or_else(|| posted_name(&inner));
    };
    // 作者张三系某市市长 has the name before the verb.
    let start = inner.folded.len() - subject.len();
    let verb = subject.find(['系', '为', '是'])?;
    if is_name(&subject[..verb]) {
        return inner.folded_part(start..start + verb);
    }
    posted_name(&inner).or_else(|| {
        let office = start + verb + subject[verb..].chars().next().map_or(0, char::len_utf8);
        inner.folded_part(office..inner.folded.len()).filter(|office| is_post(&office.folded))
    })
}

/// The speaker of a report, below its title: 某省省长 张三, in one line or two.
pub(super) fn speaker<'t>(lines: &[Line<'t>]) -> Option<Line<'t>> {
    let [line, below @ ..] = lines else { return None };
    let in_two = || below.first().filter(|name| is_post(&line.folded) && is_name(&name.folded)).cloned();
    posted_name(line).or_else(in_two).filter(|_| !line.folded.contains(['。', ',', ':']))
}

/// The names behind the reporter's title: 记者 张三 通讯员 李四.
pub(super) fn reporter<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    names(line, line.folded.len() - behind_reporter(&line.folded)?.len())
}

/// Whether a line is nothing but a name, and the one below a date in brackets.
pub(super) fn dated_name(name: &Line<'_>, date: &Line<'_>) -> bool {
    is_person(&name.folded) && date.folded.starts_with('(') && day::whole(date.text).is_some()
}

/// What follows 记者, with the name of a paper before it or not.
fn behind_reporter(folded: &str) -> Option<&str> {
    let paper = ["本报", "本刊", "本网", "本台", "新华社", "新华网", "人民网", "中新社", "中新网", "央视"];
    let folded = paper.iter().find_map(|paper| folded.strip_prefix(paper)).unwrap_or(folded);
    ["特约记者", "见习记者", "记者", "通讯员"].iter().find_map(|sign| folded.strip_prefix(sign))
}

/// The names from a byte of a line's folded text on, up to those of other helpers.
fn names<'t>(line: &Line<'t>, start: usize) -> Option<Line<'t>> {
    let rest = &line.folded[start..];
    let ends = ["通讯员", "实习", "摄", "报道", "图/", ")", "】", "]"];
    let end = ends.iter().filter_map(|sign| rest.find(sign)).min().unwrap_or(rest.len());
    let skipped = rest[..end].len() - rest[..end].trim_start_matches(['/', '|', ':', '、']).len();
    let found = line.folded_part(start + skipped..start + end)?;
    found
        .folded
        .chars()
        .all(|character| character.is_alphabetic() || matches!(character, '、' | '·' | ','))
        .then_some(found)
}

/// What stands in the brackets at the end of a line.
fn last_brackets<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let open = line.folded.strip_suffix(')')?.rfind('(')?;
    line.folded_part(open + 1..line.folded.len() - 1)
}

/// The name at the end of a line, behind a post and a space: 某省省长 张三, 国务院总理 李 克 强.
fn posted_name<'t>(line: &Line<'t>) -> Option<Line<'t>> {
    let spaces = line.text.rmatch_indices(char::is_whitespace).take(MAX_NAME);
    let mut splits = spaces.map(|(at, _)| line.start + at);
    splits.find_map(|at| {
        let (post, name) = (line.part(line.start..at)?, line.part(at..line.range().end)?);
        (is_post(&post.folded) && is_name(&name.folded)).then_some(name)
    })
}

fn is_post(folded: &str) -> bool {
    let posts = [
        "长",
        "书记",
        "主任",
        "委员",
        "常委",
        "主席",
        "总理",
        "教授",
        "研究员",
        "讲师",
        "干部",
        "总裁",
        "经理",
        "博士",
        "记者",
    ];
    posts.iter().any(|post| folded.ends_with(post))
}

/// Whether a text can be the name of a person.
fn is_name(folded: &str) -> bool {
    let characters = folded.chars().take(MAX_NAME + 1).count();
    let most = if folded.contains('·') { MAX_NAME } else { 4 };
    (2..=most).contains(&characters) && folded.chars().all(|character| character.is_alphabetic() || character == '·')
}
