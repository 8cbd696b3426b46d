//! What labelled lines say: 来源：… 作者：… 发布时间：….

use std::{collections::HashMap, sync::LazyLock};

use super::{
    byline, day,
    line::Line,
    recognition::MetadataField::{self, Agency, Author, DocumentNumber, PublishDate, Source, Title},
};
use crate::text::has_searchable;

/// What a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// The value of a field.
    Field(MetadataField),
    /// The day of completion (成文日期), which stands for that of publication where there is none.
    Completed,
    /// A time, of whatever it may be: 时间：.
    Time,
    /// Who takes part in what is told or talked over, or what they say there.
    Participant,
    /// Something that is no metadata; it ends the value before it.
    Other,
}

/// A label and what follows it.
#[derive(Debug)]
pub(super) struct Labelled<'t> {
    pub(super) label: Label,
    /// Nothing if the line ends behind the label: the value may be on the next.
    pub(super) value: Option<Line<'t>>,
}

/// What may stand in front of the first label.
const OPENING: [char; 7] = ['(', '[', '【', '●', '■', '□', '|'];

/// The longest line of labels, in bytes of its folded text; a longer one is a sentence.
const MAX_LINE_BYTES: usize = 600;

/// Labels, folded, without the colon.
const LABELS: [(Label, &str); 10] = [
    (Label::Field(Title), "标题 文件标题 文件名称 文件名 法规名称 法律名称 法规标题"),
    (Label::Field(Source), "来源 文章来源 信息来源 稿件来源 新闻来源 内容来源 文稿来源 稿源 出处"),
    (
        Label::Field(Author),
        "作者 本文作者 文章作者 作者姓名 撰文 撰稿 撰稿人 执笔 执笔人 记者 本报记者 本网记者 本刊记者",
    ),
    (
        Label::Field(Agency),
        "发文机关 发文单位 发文机构 发文部门 发布机关 发布机构 发布单位 发布部门 公布机关 制定机关 制发机关 颁布机关 \
         颁布单位 颁布部门 印发机关 印发单位",
    ),
    (Label::Field(DocumentNumber), "发文字号 发文文号 发文号 发布文号 公文文号 公文字号 文件编号 文件号 文号"),
    (
        Label::Field(PublishDate),
        "发布时间 发布日期 发表时间 发表日期 公布时间 公布日期 颁布时间 颁布日期 发稿时间 刊发时间 刊登时间 发文日期 \
         发文时间 印发日期 印发时间 公发布日 修正日期 修订日期",
    ),
    (Label::Completed, "成文日期 成文时间 生成日期"),
    (Label::Time, "时间 日期"),
    (
        Label::Participant,
        "主持人 主持 会议主持 记录人 记录 会议记录 嘉宾 访谈嘉宾 受访嘉宾 特邀嘉宾 做客嘉宾 出席 出席人 出席人员 出席领导 列席 \
         列席人 列席人员 参会 参会人 参会人员 参会领导 与会人员 与会领导 参加人 参加人员 参会单位 参加单位 缺席 缺席人员 请假 \
         请假人员 采访人 采访者 受访人 受访者 被采访人 被访谈人 访谈人 访谈对象 主讲 主讲人 发言人 报告人 汇报人 整理 整理人 \
         会议议题 会议主题 访谈主题 议题",
    ),
    (
        Label::Other,
        "责任编辑 责编 编辑 审核 审核人 审校 校对 初审 复审 终审 监制 签发 签发人 录入 发布人 发布者 通讯员 实习生 摄影 供稿 \
         浏览次数 浏览量 浏览 点击次数 点击数 点击量 点击 阅读次数 阅读量 阅读 访问次数 访问量 字号 字体 字体大小 打印 打印本页 \
         分享 分享到 收藏 关闭 关闭窗口 扫一扫 索引号 主题分类 主题词 组配分类 体裁分类 公文种类 信息分类 分类 类别 栏目 \
         有效性 时效性 更新时间 更新日期 修改时间 施行日期 实施日期 生效日期 失效日期 废止日期 地点 会议地点 会议时间 \
         活动时间 电话 联系人 联系电话 联系方式 关键词 关键字 原标题 资料来源 数据来源 图片来源 经费来源 资金来源 作者单位 \
         单位 主办单位 承办单位 主送 抄送 附件",
    ),
];

/// The longest name of a label, in bytes.
const MAX_NAME_BYTES: usize = 24;

/// What each label announces, by its name.
static NAMES: LazyLock<HashMap<&str, Label>> = LazyLock::new(|| {
    let named = |&(label, names): &(Label, &'static str)| names.split_whitespace().map(move |name| (name, label));
    LABELS.iter().flat_map(named).collect()
});

/// The labels of lines, given line by line, each with the place of its line; a label at the end of a line has its value
/// on the next.
pub(super) fn labels<'t>(lines: &[Line<'t>], by_line: Vec<Vec<Labelled<'t>>>) -> Vec<(usize, Labelled<'t>)> {
    let mut labels: Vec<(usize, Labelled<'t>)> = Vec::new();
    for (at, (line, found)) in lines.iter().zip(by_line).enumerate() {
        if let Some((above, Labelled { value: value @ None, .. })) = labels.last_mut()
            && *above + 1 == at
            && found.is_empty()
        {
            *value = Some(line.clone());
        }
        labels.extend(found.into_iter().map(|found| (at, found)));
    }
    labels
}

/// The value of a field behind its label, if one is stated.
pub(super) fn stated<'t>(field: MetadataField, value: &Line<'t>) -> Option<Line<'t>> {
    let value = match field {
        Source => first_word(value)?,
        Author => named(value)?,
        _ => value.clone(),
    };
    let most = match field {
        Source | Author | DocumentNumber => 40,
        Agency => 60,
        Title | PublishDate => 200,
    };
    let folded = value.folded.as_str();
    let is_sentence = field != Title && folded.contains(['。', ';', '!', '?', '=']) || folded.contains("//");
    let says_nothing =
        ["无", "暂无", "未知", "佚名", "不详", "本站", "网络", "互联网", "原创", "转载"].contains(&folded);
    let is_number = field != DocumentNumber || folded.contains(|character: char| character.is_ascii_digit());
    let fits = (2..=most).contains(&value.characters());
    (fits && is_number && !is_sentence && !says_nothing && has_searchable(folded)).then_some(value)
}

/// The labels of a line that begins with one, or with a date and then one.
pub(super) fn labelled<'t>(line: &Line<'t>) -> Vec<Labelled<'t>> {
    if line.folded.len() > MAX_LINE_BYTES || !line.folded.contains(':') {
        return Vec::new();
    }
    let mut at = line.folded.len() - line.folded.trim_start_matches(OPENING).len();
    if let Some((_, rest)) = day::date(line.text) {
        // A site writes `2024-03-01 09:30 来源：…`.
        let behind = line.folded_before(line.range().end - rest.len());
        let in_time = |character: char| matches!(character, '0'..='9' | ':' | '|' | '时' | '分' | '秒');
        at = line.folded.len() - line.folded[behind..].trim_start_matches(in_time).len();
    }
    let mut starts = Vec::new();
    while at < line.folded.len() {
        match label(&line.folded[at..]) {
            Some((label, bytes)) => {
                starts.push((label, at, at + bytes));
                at += bytes;
            }
            None if starts.is_empty() => return Vec::new(),
            None => at += line.folded[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    let ends = starts.iter().skip(1).map(|&(_, start, _)| start).chain([line.folded.len()]);
    let with_value = |(&(label, _, start), end): (&(Label, usize, usize), usize)| Labelled {
        label,
        value: line.folded_part(start..end).and_then(|part| value(&part)),
    };
    starts.iter().zip(ends).map(with_value).collect()
}

/// Reads the label that a folded text starts with; gives its length, colon included.
fn label(folded: &str) -> Option<(Label, usize)> {
    let colon = folded.bytes().take(MAX_NAME_BYTES + 1).position(|byte| byte == b':')?;
    NAMES.get(&folded[..colon]).map(|&label| (label, colon + 1))
}

/// What a label is followed by, up to a sign that ends it.
fn value<'t>(part: &Line<'t>) -> Option<Line<'t>> {
    let end = part.text.find(['|', '｜', '\t', '】']).unwrap_or(part.text.len());
    let text = &part.text[..end];
    let closed = text.contains(['(', '（']);
    let text = if closed { text } else { text.trim_end_matches([')', '）', ']']) };
    part.part(part.start..part.start + text.len())
}

/// The names of a value, without what stands in brackets behind them.
fn named<'t>(value: &Line<'t>) -> Option<Line<'t>> {
    let end = value.text.find(['(', '（']).unwrap_or(value.text.len());
    let names = value.part(value.start..value.start + end)?;
    Some(byline::reporter(&names).unwrap_or(names))
}

/// The first word of a value, or all of it where every character stands alone, as in 新 华 社.
fn first_word<'t>(value: &Line<'t>) -> Option<Line<'t>> {
    let spaced = value.text.split_whitespace().all(|word| word.chars().nth(1).is_none());
    let end = if spaced { value.text.len() } else { value.text.find(char::is_whitespace).unwrap_or(value.text.len()) };
    value.part(value.start..value.start + end)
}

#[cfg(test)]
mod tests {
    use super::{super::line::head, *};
    use crate::text::fold;

    fn check(text: &str, expected: &[(Label, &str)]) {
        let lines = head(text);
        let found: Vec<(Label, &str)> = labelled(&lines[0])
            .iter()
            .map(|labelled| (labelled.label, labelled.value.as_ref().map_or("", |value| value.text)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lines_of_labels() {
        let (source, author, published) = (Label::Field(Source), Label::Field(Author), Label::Field(PublishDate));
        check("文章来源: 红星网  时间: 2023-04-20 17:43", &[(source, "红星网"), (Label::Time, "2023-04-20 17:43")]);
        check(
            "来源：新华社 作者：张三 发布时间：2024年3月1日 浏览次数：12",
            &[(source, "新华社"), (author, "张三"), (published, "2024年3月1日"), (Label::Other, "12")],
        );
        check("來　源：新 華 社　發布時間：2024年", &[(source, "新 華 社"), (published, "2024年")]);
        check("【来源：人民网】", &[(source, "人民网")]);
        check("（来源：人民网）", &[(source, "人民网")]);
        check("来源：新华社（北京）", &[(source, "新华社（北京）")]);
        check("2024年3月1日 09:30 来源：人民网", &[(source, "人民网")]);
        check("来源：人民网|作者：张三", &[(source, "人民网"), (author, "张三")]);
        check("来源：", &[(source, "")]);
        check("责任编辑：张三", &[(Label::Other, "张三")]);
    }

    #[test]
    fn labels_inside_a_line_are_words() {
        check("说明来源：新华社", &[]);
        check("资金来源：财政拨款", &[(Label::Other, "财政拨款")]);
        check("来源广泛", &[]);
        check(&format!("来源：{}", "字".repeat(300)), &[]);
    }

    #[test]
    fn labels_are_written_folded() {
        for name in LABELS.iter().flat_map(|(_, names)| names.split_whitespace()) {
            assert_eq!(fold(name), name);
            assert!(name.len() <= MAX_NAME_BYTES, "{name}");
        }
    }
}
