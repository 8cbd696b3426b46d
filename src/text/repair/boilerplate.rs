//! Lines that are not of the text: what a site puts above, below and around it.
//!
//! Some are certain wherever they stand. Others could be of the text too, as `主办单位：…` and `打印` could, and are cut
//! only in a cluster that shows what they are.

use std::cell::LazyCell;

use super::{
    Rule,
    line::{fold_into, is_running_text, lines},
    navigation::{self, Trail},
    own_lines::is_name,
    page_numbers::{are_named, is_page_number, named_page, with_margins},
    repaired::Cut,
};
use crate::text::{GoesOn, fold};

/// A longer line is never boilerplate. Fewer bytes than joined pages have, which [`super::page_breaks`] counts on.
const LONGEST_SHARE_LINE_BYTES: usize = 1_000;
/// A longer line is none of the others; the Chinese ones have 80 characters at most.
const LONGEST_LINE_BYTES: usize = 240;

/// The characters of a label and what it names, at most.
const LONGEST_LABEL_CHARACTERS: usize = 40;

/// Who runs a site or edited a page, with a colon behind: never part of a text.
const EDITOR_LABELS: [&str; 7] =
    ["责任编辑", "责编", "本文责编", "网络编辑", "网站编辑", "网站标识码", "政府网站标识码"];
/// Who else made a book or a paper, in either script.
const STAFF: [&str; 14] = [
    "主编",
    "主編",
    "总编",
    "總編",
    "编委",
    "編委",
    "美编",
    "美編",
    "美术编辑",
    "美術編輯",
    "社长",
    "社長",
    "校对",
    "校對",
];
/// The same as an event's announcement has it: only in a cluster.
const HOST_LABELS: [&str; 5] = ["主办单位", "承办单位", "主管单位", "主办", "承办"];
/// As a site has it: also at the very end.
const SITE_LABELS: [&str; 6] = ["技术支持", "技术支撑", "维护单位", "运维单位", "运行维护", "网站主办"];
/// What a counter counts, with a colon behind.
const COUNTERS: [&str; 12] = [
    "访问量",
    "浏览量",
    "阅读量",
    "点击量",
    "点击数",
    "阅读数",
    "浏览数",
    "浏览次数",
    "访问次数",
    "阅读次数",
    "点击次数",
    "访问人数",
];
/// What may stand before it.
const COUNTER_PREFIXES: [&str; 8] = ["本页", "本站", "本文", "网站", "总", "累计", "今日", "文章"];
const WELCOMES: [&str; 4] = ["欢迎您访问", "欢迎访问", "欢迎您光临", "欢迎光临"];
const SITES: [&str; 6] = ["网", "网站", "主页", "首页", "平台", "门户"];

/// How sure it is that a line, or a cluster of lines, is boilerplate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// [`Evidence::ENOUGH`] are enough.
    pub(super) points: u32,
    /// Sizes to choose from, which count only beside a label that says so.
    pub(super) sizes: u32,
    /// Labels that say so.
    pub(super) size_labels: u32,
}

impl Evidence {
    const ENOUGH: u32 = 3;
    pub(super) const NONE: Self = Self { points: 0, sizes: 0, size_labels: 0 };
    pub(super) const CERTAIN: Self = Self { points: Self::ENOUGH, ..Self::NONE };

    pub(super) fn add(&mut self, other: Self) {
        self.points += other.points;
        self.sizes += other.sizes;
        self.size_labels += other.size_labels;
    }

    fn is_enough(self) -> bool {
        let sizes = if self.size_labels > 0 { self.size_labels + self.sizes } else { 0 };
        self.points + sizes >= Self::ENOUGH
    }
}

/// Consecutive lines, blank ones aside, that could be boilerplate.
#[derive(Default)]
struct Cluster<'t> {
    cuts: Vec<Cut>,
    evidence: Evidence,
    /// Lines that could be a site's entry in a register.
    records: usize,
    /// Whether a line of it would be enough alone.
    is_certain: bool,
    /// The line before it; empty if there is none.
    before: &'t str,
    /// Whether the text leads in what stands there: 信息如下： above, and nothing but labels between.
    is_led_in: bool,
}

impl<'t> Cluster<'t> {
    /// Adds a line; lines that meet and go by one rule are one cut.
    fn add(&mut self, cut: Cut, evidence: Evidence) {
        self.evidence.add(evidence);
        self.is_certain |= evidence.is_enough();
        self.records += usize::from(cut.rule == Rule::SiteRecord);
        match self.cuts.last_mut() {
            Some(last) if last.rule == cut.rule && last.range.end >= cut.range.start => last.range.end = cut.range.end,
            _ => self.cuts.push(cut),
        }
    }

    /// What of it is to be cut: all or nothing. The next one begins behind the line that stands behind it.
    fn close(&mut self, behind: &'t str) -> Vec<Cut> {
        let is_led_in = behind.ends_with(LEADING_IN) && leads_in(behind) || self.is_led_in && is_labelled(behind);
        let closed = std::mem::replace(self, Self { before: behind, is_led_in, ..Self::default() });
        if closed.evidence.is_enough() && !closed.is_listed(behind) { closed.cuts } else { Vec::new() }
    }

    /// Whether it is part of a text's own list, of staff, of sites, of buttons, or its text says what it is for.
    fn is_listed(&self, behind: &str) -> bool {
        const FEWEST_SITES: usize = 4;
        let has_only = |rule| self.cuts.iter().all(|cut| cut.rule == rule);
        let is_among_staff = || is_staff(self.before) || is_staff(behind);
        let is_inside_text = || !self.is_certain && is_running_text(self.before) && is_running_text(behind);
        (has_only(Rule::FooterLabel) && is_among_staff())
            || (has_only(Rule::SiteRecord) && self.records >= FEWEST_SITES)
            || (self.is_led_in && !behind.is_empty() && self.cuts.iter().all(|cut| is_named_of_sites(cut.rule)))
            || (has_only(Rule::KeyValue) && speaks_of_values(self.before))
            || (has_only(Rule::Navigation) && (leads_in(self.before) || is_inside_text()))
    }
}

/// The boilerplate of a text that can be told by its words.
pub(super) fn boilerplate<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let (mut cuts, mut cluster, mut folded) = (Vec::new(), Cluster::default(), String::new());
    let (mut lacks_name, mut trail) = (false, Trail::default());
    let speaks_of_pages = LazyCell::new(|| are_named(text));
    for line in lines(text).filter(|line| !line.shown.is_empty()) {
        goes_on()?;
        let is_its_name = lacks_name && is_short_name(line.shown);
        let is_step = trail.goes_on(line.shown);
        let judged = if is_its_name {
            Some((Rule::FooterLabel, Evidence::NONE))
        } else if is_step {
            Some((Rule::Navigation, Evidence::NONE))
        } else {
            judge(line.shown, &mut folded)
        };
        lacks_name = !is_its_name && judged == Some((Rule::FooterLabel, Evidence::CERTAIN)) && folded.ends_with(':');
        match judged {
            Some((Rule::PageNumber, _)) if named_page(&folded).is_some() && *speaks_of_pages => {
                cuts.append(&mut cluster.close(line.shown));
            }
            Some((rule @ Rule::PageNumber, evidence)) => {
                cluster.add(with_margins(text, line.cut(text, rule)), evidence);
            }
            Some((rule, evidence)) => cluster.add(line.cut(text, rule), evidence),
            None => cuts.append(&mut cluster.close(line.shown)),
        }
    }
    cuts.append(&mut cluster.close(""));
    Ok(cuts)
}

/// What a line could be, and how sure that is.
fn judge(line: &str, folded: &mut String) -> Option<(Rule, Evidence)> {
    if is_share_line(line) {
        return Some((Rule::ShareLine, Evidence::CERTAIN));
    }
    if line.len() > LONGEST_LINE_BYTES || is_clause(line) {
        return None;
    }
    if is_key_value(line) {
        return Some((Rule::KeyValue, Evidence::CERTAIN));
    }
    fold_into(folded, line);
    if let Some(rule) = certain_rule(folded) {
        return Some((rule, Evidence::CERTAIN));
    }
    if is_footer_label(folded) {
        return Some((Rule::FooterLabel, Evidence::NONE));
    }
    Some((Rule::Navigation, navigation::evidence(folded)?))
}

/// The rule that is certain of a folded line.
fn certain_rule(folded: &str) -> Option<Rule> {
    match folded {
        line if is_page_number(line) => Some(Rule::PageNumber),
        line if is_site_record(line) => Some(Rule::SiteRecord),
        line if is_visitor_counter(line) => Some(Rule::VisitorCounter),
        line if is_certain_label(line) => Some(Rule::FooterLabel),
        _ => None,
    }
}

/// Whether a line can be the name that the label above it, 责任编辑：, stands for.
fn is_short_name(line: &str) -> bool {
    const LONGEST_BYTES: usize = 12;
    line.len() <= LONGEST_BYTES && is_name(&fold(line))
}

/// Whether a line names one of those who made a book or a paper.
fn is_staff(line: &str) -> bool {
    line.len() <= LONGEST_LINE_BYTES
        && line.split_once(['：', ':']).is_some_and(|(label, _)| STAFF.iter().any(|staff| label.ends_with(staff)))
}

/// Whether a rule cuts what a text may tell of a site as well: who runs it, where it is registered.
fn is_named_of_sites(rule: Rule) -> bool {
    matches!(rule, Rule::SiteRecord | Rule::FooterLabel)
}

/// Whether a line is a label and what it names, as in a list of them: 网站名称：某某网.
fn is_labelled(line: &str) -> bool {
    line.len() <= LONGEST_LINE_BYTES
        && !line.contains('。')
        && line.split_once(['：', ':']).is_some_and(|(_, named)| !named.is_empty())
}

/// The last characters of lines that lead in.
const LEADING_IN: [char; 6] = ['：', ':', '击', '擊', '择', '擇'];

/// Whether a line leads in a list, or stops before the name of a button: 请点击. A label does not: 来源：.
fn leads_in(line: &str) -> bool {
    const FEWEST_CHARACTERS: usize = 8;
    let announces = || {
        let announced = line.strip_suffix(['：', ':']);
        announced.is_some_and(|said| said.chars().nth(FEWEST_CHARACTERS - 1).is_some() && !said.contains(['：', ':']))
    };
    ["点击", "點擊", "单击", "單擊", "双击", "雙擊", "选择", "選擇"].iter().any(|deed| line.ends_with(deed))
        || announces()
}

/// Whether a line says that values follow, or gives some itself: 示例如下。 配置文件中写入
fn speaks_of_values(line: &str) -> bool {
    const SAID: [&str; 8] = ["如下", "下列", "以下", "参数", "參數", "配置", "示例", "="];
    const DEEDS: [&str; 8] = ["写入", "寫入", "输入", "輸入", "执行", "執行", "设置", "設置"];
    line.ends_with(['：', ':'])
        || SAID.iter().any(|word| line.contains(word))
        || DEEDS.iter().any(|deed| line.ends_with(deed))
}

/// Whether a line is plainly of a text or of a table, as most are: it goes on or ends like a sentence, or begins with a
/// number.
fn is_clause(line: &str) -> bool {
    line.ends_with(['。', '；', '，', '、', ';', ',']) || line.starts_with(|c: char| c.is_ascii_digit())
}

fn is_share_line(line: &str) -> bool {
    line.len() <= LONGEST_SHARE_LINE_BYTES
        && line.contains('》') // One character is found faster than four phrases.
        && ["》由会员分享", "》由會員分享"].into_iter().any(|shared| line.contains(shared))
        && ["在线阅读", "在線閱讀"].into_iter().any(|read| line.contains(read))
}

/// `name=12` pairs, two or more, each name of four letters or more: shorter ones are in formulas.
fn is_key_value(line: &str) -> bool {
    const SHORTEST_NAME: usize = 4;
    const BETWEEN: [char; 3] = [',', '&', ';'];
    let is_pair = |pair: &str| {
        pair.split_once('=').is_some_and(|(name, value)| {
            name.len() >= SHORTEST_NAME
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && !value.is_empty()
                && value.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    line.starts_with(|c: char| c.is_ascii_lowercase())
        && line.contains(BETWEEN)
        && line.split(BETWEEN).all(|pair| is_pair(pair.trim()))
}

fn is_site_record(folded: &str) -> bool {
    const MARKS: [char; 2] = ['备', '证']; // The same.
    const SHORTEST_BYTES: usize = 10;
    // What a sentence about them says before one.
    const SAID: [&str; 8] = ["应", "须", "未", "的", "将", "请", "违", "为"];
    let has_number_after = |name: &str| {
        folded.split_once(name).is_some_and(|(before, rest)| {
            rest.contains(|c: char| c.is_ascii_digit()) && !SAID.iter().any(|word| before.contains(word))
        })
    };
    folded.len() >= SHORTEST_BYTES
        && MARKS.into_iter().any(|mark| folded.contains(mark))
        && ["icp备", "icp证", "公网安备"].into_iter().any(has_number_after)
        && !folded.contains('。')
}

fn is_visitor_counter(folded: &str) -> bool {
    const MOST_CHARACTERS: usize = 30;
    let welcome = WELCOMES.iter().find_map(|welcome| folded.strip_prefix(welcome));
    let is_site = |name: &str| SITES.iter().any(|site| name.trim_end_matches('!').ends_with(site));
    let is_visitor = || {
        let rest = folded.strip_prefix("您是第").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        rest.and_then(|rest| rest.strip_prefix('位')).is_some_and(|rest| !rest.contains("来到"))
    };
    (is_visitor() || welcome.is_some_and(is_site) || is_count(folded)) && is_label_like(folded, MOST_CHARACTERS)
}

/// `本页访问量：1024次`, and with no number also without saying of what: an indicator has one.
fn is_count(folded: &str) -> bool {
    let is_counter = |label: &str, count: &str| {
        let prefixed = COUNTER_PREFIXES.iter().find_map(|prefix| label.strip_prefix(prefix));
        let is_own = prefixed.is_some() || count.is_empty() || label == "浏览次数";
        COUNTERS.contains(&prefixed.unwrap_or(label)) && is_own
    };
    let is_of_count = |c: char| c.is_ascii_digit() || matches!(c, '万' | '+' | '人' | '次');
    folded.split_once(':').is_some_and(|(label, count)| count.chars().all(is_of_count) && is_counter(label, count))
}

fn is_certain_label(folded: &str) -> bool {
    let label = folded.trim_start_matches(['[', '(', '【', '〔']);
    let is_owner = |rest: &str| !rest.trim_start_matches(':').starts_with(['者', '人', '权', '的', '是']);
    // A job is offered, not an editor named.
    let is_offer = || ["要求", "经验", "岗位", "职责"].iter().any(|word| label.contains(word));
    ((starts_with_label(label, &EDITOR_LABELS) && !is_offer())
        || label.strip_prefix("版权所有").is_some_and(is_owner)
        || label.starts_with("copyright©")
        || label.strip_prefix('©').is_some_and(is_owner))
        && is_label_like(label, LONGEST_LABEL_CHARACTERS)
}

/// Whether a folded line names who runs something: a site, or an event.
pub(super) fn is_footer_label(folded: &str) -> bool {
    (starts_with_label(folded, &HOST_LABELS) && is_label_like(folded, LONGEST_LABEL_CHARACTERS))
        || is_site_label(folded)
}

/// Whether a folded line names who runs a site.
pub(super) fn is_site_label(folded: &str) -> bool {
    starts_with_label(folded, &SITE_LABELS) && is_label_like(folded, LONGEST_LABEL_CHARACTERS)
}

/// Whether a folded line is short and no clause.
fn is_label_like(folded: &str, most_characters: usize) -> bool {
    folded.chars().nth(most_characters).is_none() && !folded.contains(['。', ',', ';'])
}

/// Whether a folded line begins with one of some labels and a colon.
fn starts_with_label(folded: &str, labels: &[&str]) -> bool {
    folded.split_once(':').is_some_and(|(label, _)| labels.contains(&label))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not folded would never be found in what is.
    #[test]
    fn words_are_folded() {
        let words =
            EDITOR_LABELS.iter().chain(&HOST_LABELS).chain(&SITE_LABELS).chain(&COUNTERS).chain(&COUNTER_PREFIXES);
        for word in words.chain(&WELCOMES).chain(&SITES) {
            assert_eq!(fold(word), *word);
        }
    }
}
