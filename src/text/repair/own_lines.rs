//! What a document's own lines look like, above all at its head and tail, where what others share is cut.
//!
//! In doubt a line is the document's own: a banner that is left does little harm, a title that is lost does much.

use super::line::{is_running_text, number};

/// A longer line has something to say.
const MOST_CHARACTERS: usize = 100;

/// How titles and headings end, folded.
const TITLES: [&str; 49] = [
    "报告",
    "通知",
    "意见",
    "决定",
    "决议",
    "条例",
    "办法",
    "规定",
    "公告",
    "通告",
    "讲话",
    "方案",
    "则",
    "公报",
    "法",
    "法典",
    "宪法",
    "修正案",
    "纲要",
    "规划",
    "计划",
    "通报",
    "批复",
    "函",
    "令",
    "解释",
    "章程",
    "制度",
    "标准",
    "规范",
    "规程",
    "指南",
    "要点",
    "纪要",
    "致辞",
    "发言",
    "说明",
    "目录",
    "目次",
    "名单",
    "清单",
    "书",
    "表",
    "案例",
    "议案",
    "答复",
    "声明",
    "倡议",
    "责任",
];
/// How the names of those end who issue and sign, folded.
const AGENCIES: [&str; 24] = [
    "院", "部", "委", "局", "厅", "室", "会", "政府", "署", "办", "处", "中心", "社", "组", "团", "党", "队", "校",
    "大学", "所", "站", "公司", "军", "台",
];
/// How sites call themselves, though it looks like an agency, folded.
const SITES: [&str; 2] = ["平台", "网站"];
/// What metadata is labelled with, folded; a colon follows.
const LABELS: [&str; 16] = [
    "来源",
    "出处",
    "时间",
    "日期",
    "作者",
    "记者",
    "通讯员",
    "撰稿",
    "供稿",
    "摄影",
    "文号",
    "索引号",
    "机构",
    "单位",
    "主题词",
    "抄送",
];
/// What begins a line of metadata, folded.
const OPENINGS: [&str; 8] = ["文/", "图/", "本报记者", "本刊记者", "记者", "附件", "附录", "附:"];
/// The first characters of most people's names, folded.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁\
    魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文习温";

/// Where a line stands in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Head,
    Tail,
}

/// Whether a line at an edge is its document's own: running text, a heading, a title, a salutation, metadata, a
/// signature. `folded` is the line folded and without white space.
pub(super) fn is_own_line(line: &str, folded: &str, edge: Edge) -> bool {
    folded.chars().nth(MOST_CHARACTERS).is_some()
        || is_running_text(line)
        || number(line).is_some()
        || (edge == Edge::Head && folded.ends_with(':'))
        || starts_with_marker(folded)
        || ends_with_any(folded, &TITLES)
        || (ends_with_any(folded, &AGENCIES) && !ends_with_any(folded, &SITES))
        || is_metadata(folded)
        || is_name(folded)
}

/// Whether a folded line begins with the number of a heading: `第一章`, `第12条`, `一、`, `(一)`, `1.`, `1)`, `#`.
pub(super) fn starts_with_marker(folded: &str) -> bool {
    let is_numeral = |c: char| c.is_ascii_digit() || "一二三四五六七八九十百千零两".contains(c);
    let numbered = folded.trim_start_matches(['(', '第']);
    let rest = numbered.trim_start_matches(is_numeral);
    folded.starts_with('#')
        || (rest.len() < numbered.len()
            && rest.starts_with(['、', '.', ')', '是', '编', '章', '节', '条', '款', '项', '部', '篇']))
}

fn ends_with_any(folded: &str, endings: &[&str]) -> bool {
    // A title may have a remark behind it: `…办法(试行)`.
    let title = folded.strip_suffix(')').and_then(|line| line.rfind('(').map(|start| &line[..start]));
    let title = title.unwrap_or(folded).trim_end_matches(['》', '”', '"']);
    endings.iter().any(|ending| title.ends_with(ending))
}

fn is_metadata(folded: &str) -> bool {
    let is_labelled = |label: &str| folded.split_once(label).is_some_and(|(_, rest)| rest.starts_with(':'));
    let is_enclosed = folded.starts_with('(') && folded.ends_with(')');
    is_enclosed
        || OPENINGS.iter().any(|opening| folded.starts_with(opening))
        || LABELS.iter().any(|label| is_labelled(label))
        || (folded.ends_with('号') && !folded.ends_with("公众号"))
        || has_date(folded)
}

/// A year with what follows it: `2024-05-16`, `2024年`, `二零二四年`; not what a telephone number begins with, `0794-8888`.
fn has_date(folded: &str) -> bool {
    const YEAR_DIGITS: usize = 4;
    let is_digit = |c: char| c.is_ascii_digit() || "零一二三四五六七八九".contains(c);
    let (mut digits, mut first) = (0, ' ');
    folded.chars().any(|c| {
        let is_date = digits >= YEAR_DIGITS && first != '0' && matches!(c, '-' | '/' | '.' | '年');
        first = if digits == 0 { c } else { first };
        digits = if is_digit(c) { digits + 1 } else { 0 };
        is_date
    })
}

/// Whether a folded line is nothing but the name of a person.
pub(super) fn is_name(folded: &str) -> bool {
    const LONGEST: usize = 3;
    let characters = folded.chars().take(LONGEST + 1).count();
    (2..=LONGEST).contains(&characters) && folded.chars().next().is_some_and(|first| SURNAMES.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn own_lines_are_told_from_banners() {
        #[track_caller]
        fn check(edge: Edge, lines: &[&str], expected: bool) {
            for line in lines {
                let folded: String = fold(line).split_whitespace().collect();
                assert_eq!(is_own_line(line, &folded, edge), expected, "{line}");
            }
        }
        let own = [
            "政府工作报告",
            "关于印发暂行办法（试行）的通知",
            "安全生产条例（草案）",
            "第十五条　本法自公布之日起施行。",
            "第 3 條",
            "第一章　總則",
            "一、总体要求",
            "（二）",
            "3.保障措施",
            "2023年5月1日",
            "二〇二三年五月一日",
            "文章来源: 红星网  时间: 2023-04-20 17:43",
            "文/楊宏偉",
            "（作者系县委常委）",
            "云政办发〔2024〕17号",
            "某某市人民政府办公室",
            "附件",
            "王小明",
            "他说：“好。”",
            "# 标题",
            "12",
        ];
        check(Edge::Head, &own, true);
        check(Edge::Tail, &own, true);
        check(Edge::Head, &["各位代表：", "同志们:"], true);
        check(Edge::Tail, &["相关推荐："], false);
        check(Edge::Tail, &["欢迎关注澄江微信公众号", "联系我们：0794-8888"], false);
        let banners = ["澄江政务网", "首页 > 新闻", "无障碍浏览", "登录", "展开全文", "Public domain"];
        check(Edge::Head, &banners, false);
        check(Edge::Tail, &banners, false);
    }

    #[test]
    fn words_are_folded() {
        for word in TITLES.iter().chain(&AGENCIES).chain(&LABELS).chain(&OPENINGS).chain(&[SURNAMES]) {
            assert_eq!(fold(word), *word);
        }
    }
}
