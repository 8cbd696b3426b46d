//! Buttons and links of a web page that were copied with the text.

use super::boilerplate::Evidence;

/// Links to other pages, with a colon behind.
const LINKS: [&str; 6] = ["上一篇", "下一篇", "上一条", "下一条", "前一篇", "后一篇"];
/// Where the page is, with a colon behind.
const PLACES: [&str; 7] =
    ["当前位置", "您的位置", "您当前位置", "您当前的位置", "您现在的位置", "您所在的位置", "当前所在位置"];
/// How the way there is written.
const PATHS: [&str; 5] = ["首页", "主页", ">", "»", "›"];

const CERTAIN: Evidence = Evidence::CERTAIN;
const HINT: Evidence = Evidence { points: 1, ..Evidence::NONE };
const STRONG_HINT: Evidence = Evidence { points: 2, ..Evidence::NONE };
const SIZE: Evidence = Evidence { sizes: 1, ..Evidence::NONE };
const SIZE_LABEL: Evidence = Evidence { size_labels: 1, ..Evidence::NONE };

/// What is written on buttons, sorted.
const BUTTONS: [(&str, Evidence); 84] = [
    ("qq", Evidence::NONE),
    ("qq空间", Evidence::NONE),
    ("上一篇", STRONG_HINT),
    ("上一页", STRONG_HINT),
    ("下一篇", STRONG_HINT),
    ("下一页", STRONG_HINT),
    ("下载", HINT),
    ("中", SIZE),
    ("使用帮助", HINT),
    ("全屏", HINT),
    ("关于我们", HINT),
    ("关闭", STRONG_HINT),
    ("关闭本页", CERTAIN),
    ("关闭此页", CERTAIN),
    ("关闭窗口", CERTAIN),
    ("减小", SIZE),
    ("分享", HINT),
    ("分享到", CERTAIN),
    ("分享到微信", CERTAIN),
    ("分享到微信朋友圈", CERTAIN),
    ("分享到微博", CERTAIN),
    ("分享到新浪微博", CERTAIN),
    ("分享到朋友圈", CERTAIN),
    ("加入收藏", CERTAIN),
    ("加大", SIZE),
    ("回到顶部", CERTAIN),
    ("复制链接", CERTAIN),
    ("大", SIZE),
    ("字体", SIZE_LABEL),
    ("字体大小", SIZE_LABEL),
    ("字号", SIZE_LABEL),
    ("小", SIZE),
    ("展开全文", HINT),
    ("微信", Evidence::NONE),
    ("微信扫一扫,分享到朋友圈", CERTAIN),
    ("微博", Evidence::NONE),
    ("我要打印", CERTAIN),
    ("打印", HINT),
    ("打印文章", CERTAIN),
    ("打印本页", CERTAIN),
    ("打印此页", CERTAIN),
    ("扫一扫在手机打开当前页", CERTAIN),
    ("扫一扫手机打开当前页", CERTAIN),
    ("推荐阅读", Evidence::NONE),
    ("收藏", HINT),
    ("收藏本页", CERTAIN),
    ("放大", SIZE),
    ("新浪微博", Evidence::NONE),
    ("无障碍", STRONG_HINT),
    ("无障碍浏览", STRONG_HINT),
    ("无障碍阅读", STRONG_HINT),
    ("朋友圈", Evidence::NONE),
    ("正常", SIZE),
    ("注册", HINT),
    ("点击展开全文", HINT),
    ("热点推荐", Evidence::NONE),
    ("热门推荐", Evidence::NONE),
    ("版权声明", HINT),
    ("特大", SIZE),
    ("猜你喜欢", Evidence::NONE),
    ("用手机打开当前页", CERTAIN),
    ("登录", HINT),
    ("相关报道", Evidence::NONE),
    ("相关推荐", Evidence::NONE),
    ("相关文章", Evidence::NONE),
    ("相关新闻", Evidence::NONE),
    ("相关阅读", Evidence::NONE),
    ("纠错", HINT),
    ("缩小", SIZE),
    ("网站地图", STRONG_HINT),
    ("网站声明", HINT),
    ("联系我们", HINT),
    ("设为首页", CERTAIN),
    ("超大", SIZE),
    ("转发", HINT),
    ("返回顶部", CERTAIN),
    ("返回首页", CERTAIN),
    ("还原", SIZE),
    ("适老化", STRONG_HINT),
    ("长者助手", STRONG_HINT),
    ("长者模式", STRONG_HINT),
    ("隐私声明", HINT),
    ("首页", HINT),
    ("默认", SIZE),
];

/// How sure it is that a folded line is navigation; nothing if it has anything else in it.
pub(super) fn evidence(folded: &str) -> Option<Evidence> {
    if is_link(folded) || is_place(folded) || is_trail(folded) { Some(CERTAIN) } else { buttons(folded) }
}

fn is_link(folded: &str) -> bool {
    folded.split_once(':').is_some_and(|(link, _)| LINKS.contains(&link))
}

/// `您的位置:首页>新闻`; the path may be on lines of its own.
fn is_place(folded: &str) -> bool {
    let is_path = |path: &str| path.is_empty() || PATHS.iter().any(|step| path.contains(step));
    folded.split_once(':').is_some_and(|(place, path)| PLACES.contains(&place) && is_path(path))
}

/// `某某网>首页>要闻`: the way from a site's first page.
fn is_trail(folded: &str) -> bool {
    const LONGEST_STEP_CHARACTERS: usize = 12;
    let is_step = |step: &str| !step.is_empty() && step.chars().nth(LONGEST_STEP_CHARACTERS).is_none();
    let mut steps = folded.split(['>', '»', '›']);
    steps.clone().count() > 2 && steps.clone().all(is_step) && steps.any(|step| step == "首页")
}

/// The way to a page as lines of their own: 当前位置：, 首页, >, 政务信息, >, 要闻.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Trail {
    /// There is none.
    #[default]
    Off,
    /// The site's first page follows, or there is none.
    Begins,
    /// What divides two steps follows, or it has ended.
    Step,
    /// A step follows.
    Between,
}

impl Trail {
    /// Goes on to the next line; whether it is of the way.
    pub(super) fn goes_on(&mut self, line: &str) -> bool {
        const LONGEST_STEP_CHARACTERS: usize = 12;
        let divides = || line.chars().all(|c| matches!(c, '>' | '＞' | '»' | '›'));
        let names = || {
            line.chars().nth(LONGEST_STEP_CHARACTERS).is_none() && !line.contains(['：', ':', '。', '，', '《', '〔'])
        };
        *self = match self {
            Self::Begins if line.ends_with("首页") || line.ends_with("主页") => Self::Step,
            Self::Step if divides() => Self::Between,
            Self::Between if names() => Self::Step,
            _ if PLACES
                .iter()
                .any(|place| line.strip_prefix(place).is_some_and(|rest| rest == "：" || rest == ":")) =>
            {
                Self::Begins
            }
            _ => Self::Off,
        };
        matches!(self, Self::Step | Self::Between)
    }
}

/// A line of buttons and what stands between them.
fn buttons(folded: &str) -> Option<Evidence> {
    let mut rest = folded;
    let mut evidence = Evidence::NONE;
    while let Some(first) = rest.chars().next() {
        if let Some((button, worth)) = longest_button(rest, first) {
            rest = &rest[button.len()..];
            evidence.add(worth);
        } else if is_between_buttons(first) {
            rest = &rest[first.len_utf8()..];
        } else {
            return None;
        }
    }
    Some(evidence)
}

/// The longest button that a text begins with; `first` is the text's first character.
fn longest_button(text: &str, first: char) -> Option<(&'static str, Evidence)> {
    // Most texts begin with a character that no button does, which is known sooner of characters than of words.
    let after = BUTTONS.partition_point(|(button, _)| button.chars().next().is_none_or(|other| other < first));
    if !BUTTONS.get(after).is_some_and(|(button, _)| button.starts_with(first)) {
        return None;
    }
    // What a text begins with sorts before it, the longest last.
    let not_after = BUTTONS.partition_point(|(button, _)| *button <= text);
    let near = BUTTONS[..not_after].iter().rev().take_while(|(button, _)| button.starts_with(first));
    near.copied().find(|(button, _)| text.starts_with(button))
}

fn is_between_buttons(c: char) -> bool {
    matches!(c, '[' | ']' | '(' | ')' | '【' | '】' | '|' | '│' | '/' | '>' | '»' | '›' | '·' | '×' | ':' | '+' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn words_are_folded_and_sorted() {
        let buttons = BUTTONS.iter().map(|(button, _)| button);
        for word in LINKS.iter().chain(&PLACES).chain(&PATHS).chain(buttons) {
            assert_eq!(fold(word), *word);
        }
        assert!(BUTTONS.is_sorted_by_key(|(button, _)| button));
    }

    #[test]
    fn the_longest_button_counts() {
        for (button, worth) in BUTTONS {
            let first = button.chars().next().unwrap();
            assert_eq!(longest_button(&format!("{button}|"), first), Some((button, worth)));
        }
        assert_eq!(longest_button("打字", '打'), None);
    }
}
