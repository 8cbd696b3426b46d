//! Where a fixed width broke lines: the one above had no room for how the one below begins.

use super::{marks::closes, span::Span};
use crate::text::columns;

/// The narrowest line that may have been broken by a fixed width, in columns and in characters: narrower ones are
/// headings as well, and count only where the whole text shows its width.
const MIN_COLUMNS: usize = 2 * MIN_CHARACTERS;
const MIN_CHARACTERS: usize = 20;

/// The narrowest width that whole texts show, in columns; the last one stands for all that no page has.
const NARROWEST: usize = 20;
const WIDEST: usize = 200;

/// The widest page that texts are set for, in columns.
const WIDEST_PAGE: usize = 100;

/// By how many columns the first line of a paragraph is indented.
const PARAGRAPH_INDENT: usize = 4;

/// How much narrower than its page a full line may be, in columns: a mark that may not begin the next one takes a
/// character with it.
const SLACK: usize = 4;

/// How much wider than its page, or than the line above, a line may be: a mark that may not begin the next one hangs out.
const HANG: usize = 2;

/// The most columns of what is never broken: a Latin word, and what stands around it.
const MAX_UNIT: usize = 24;

/// A line as it stands on its page, and how wide it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Physical {
    /// Columns, its indentation included: the first line of a paragraph is as wide as the others only with it.
    pub(super) columns: usize,
    /// Columns of what is shown of it.
    shown: usize,
    /// Characters of what is shown of it.
    characters: usize,
}

impl Physical {
    /// A line, and what is shown of it.
    pub(super) fn of(physical: &str, shown: Span) -> Self {
        let indent = &physical[..physical.len() - physical.trim_start().len()];
        let (characters, shown) = (shown.characters(), shown.columns());
        Self { columns: columns(indent) + shown, shown, characters }
    }
}

/// How wide two neighbouring lines are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    pub(super) above: Physical,
    pub(super) below: Physical,
    /// The widest of the line above and those that it goes on from.
    pub(super) widest: usize,
    /// What [`page_width`] tells of the whole text.
    pub(super) page: Option<usize>,
}

impl Widths {
    /// Whether the line above is indented as the first of a paragraph, the one below is not, and both are of a page: the
    /// one above is too wide for most headings, and the one below no paragraph in one line.
    pub(super) fn open_paragraph(&self) -> bool {
        let indent = |line: Physical| line.columns - line.shown;
        let is_of_page = self.above.columns >= MIN_COLUMNS && self.below.columns <= WIDEST_PAGE;
        is_of_page && indent(self.above) == PARAGRAPH_INDENT && indent(self.below) == 0
    }

    /// Whether they may be of one fixed width: no line has room for what the next one begins with, and the last of a
    /// sentence ends it. `next` is the line below, which is `finished` if it ends a sentence; `rest` follows it.
    pub(super) fn fit(&self, next: &str, rest: &str, finished: bool) -> bool {
        let (above, below) = (self.above.columns, self.below.columns);
        let (begins, goes_on) = (unit(next), unit(rest).max(SLACK));
        let fits = |width: usize| above + begins.max(SLACK) >= width && (finished || below + goes_on >= width);
        let by_page = |page: usize| above.max(below) <= page + HANG && fits(page);
        // Where the one below is not indented, the indentation of the one above is that of a paragraph.
        let measured = if below == self.below.shown { above } else { self.above.shown };
        let is_wide = measured >= MIN_COLUMNS && below <= above + begins.max(HANG);
        is_wide && fits(self.widest) || self.page.is_some_and(by_page) || self.fit_by_characters(finished)
    }

    /// The same of pages that have so many characters a line, however wide these are.
    fn fit_by_characters(&self, finished: bool) -> bool {
        const SLACK: usize = 2;
        let (above, below) = (self.above.characters, self.below.characters);
        above >= MIN_CHARACTERS && below <= above + 1 && (finished || below + SLACK >= above)
    }
}

/// The columns of what a text begins with that may not be broken: a word or a character, the brackets that open before
/// it, and the marks that may not begin a line behind it.
fn unit(text: &str) -> usize {
    let opens = |c: char| matches!(c, '“' | '‘' | '《' | '〈' | '「' | '『' | '（' | '(' | '【');
    let of_word = |c: char| c.is_ascii_graphic();
    let bare = text.trim_start_matches(opens);
    let behind = bare.trim_start_matches(of_word);
    let behind = match bare.chars().next() {
        Some(first) if behind.len() == bare.len() => &bare[first.len_utf8()..],
        _ => behind,
    };
    let behind =
        behind.trim_start_matches(|c: char| matches!(c, '，' | '。' | '、' | '；' | '：' | '！' | '？') || closes(c));
    columns(&text[..text.len() - behind.len()]).min(MAX_UNIT)
}

/// The width at which a text was broken throughout, in columns: next to no line is wider, and some of those that wide
/// stop within a sentence while another ends in them, as a line of a list or of a poem does not.
pub(super) fn page_width(text: &str) -> Option<usize> {
    /// Fewer lines that were broken off at one width are chance.
    const FEWEST: usize = 4;
    /// Fewer of them that another sentence ends in.
    const FEWEST_WITHIN: usize = 2;
    /// One line of so many may be wider: a row of a table, an address.
    const ONE_WIDER_OF: usize = 32;
    /// As many lines show how the rest is broken.
    const SAMPLE: usize = 400;
    let (mut lines, mut by_width) = (0, [Broken::default(); WIDEST + 1]);
    let shown = text.split('\n').map(str::trim_end).filter(|line| !line.is_empty());
    for line in shown.take(SAMPLE) {
        lines += 1;
        by_width[columns(line).min(WIDEST)].add(line);
        // Most texts have lines as long as their paragraphs.
        if by_width[WIDEST].lines * ONE_WIDER_OF > SAMPLE {
            return None;
        }
    }
    let mut wider = 0;
    for width in (NARROWEST..WIDEST - HANG).rev() {
        wider += by_width[width + HANG + 1].lines;
        if wider * ONE_WIDER_OF > lines {
            return None;
        }
        let full = &by_width[width - SLACK..=width + HANG];
        let (off, within) = full.iter().fold((0, 0), |(off, within), line| (off + line.off, within + line.within));
        if by_width[width].off > 0 && off >= FEWEST && within >= FEWEST_WITHIN {
            return Some(width);
        }
    }
    None
}

/// The lines of one width.
#[derive(Clone, Copy, Debug, Default)]
struct Broken {
    lines: usize,
    /// Those that stop behind a letter.
    off: usize,
    /// Those of them that a sentence ends in.
    within: usize,
}

impl Broken {
    fn add(&mut self, line: &str) {
        let is_off = line.ends_with(char::is_alphabetic);
        self.lines += 1;
        self.off += usize::from(is_off);
        self.within += usize::from(is_off && line.contains('。'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::split::lines::lines, text::to_the_end};

    fn check(text: &str, expected: &[&str]) {
        let lines = to_the_end(|goes_on| lines(text, None, goes_on));
        let found: Vec<&str> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(found, expected);
    }

    /// As official documents are set: so many characters a line, and the first line of a paragraph indented by two.
    fn set(text: &str, indent: &str, width: usize) -> String {
        let (mut page, mut line) = (indent.to_owned(), columns(indent));
        for c in text.chars() {
            let wide = columns(c.encode_utf8(&mut [0; 4]));
            if line + wide > 2 * width {
                page.push('\n');
                line = 0;
            }
            page.push(c);
            line += wide;
        }
        page
    }

    const SENTENCES: &str = "支持各类主体参与，引导有条件的单位牵头组建创新联合体。推动高校与企业共建研发平台，促进成果就地转化，\
        形成协同创新的良好局面，并把经验推广到更多的地方。";

    #[test]
    fn an_indented_first_line_is_as_wide_as_the_others() {
        for indent in ["\u{3000}\u{3000}", "    "] {
            for width in [22, 25, 28, 30, 35, 38] {
                let page = set(SENTENCES, indent, width);
                check(&page, &[page.trim_start()]);
            }
        }
        // Whatever begins the next line.
        let opened = "\u{3000}\u{3000}会议认为，要统筹发展和安全，坚持系统观念，做到\n一是目标不变，二是标准不降，确保各项任务完成。";
        check(opened, &[opened.trim_start()]);
        let heading = "第三章 审议工作报告、地方性法规案和议案\n审查国民经济、社会发展计划和财政预算";
        check(heading, &[heading]);
        let article =
            "第四条 市绿化行政主管部门负责本市行政区域内的城\n市绿化工作，并对全市绿化工作进行检查、监督和指导。";
        check(article, &[article]);
        let notice = ["各单位要认真落实，现将有关的事项通知如下", "一、检查时间", "三月。"];
        check(&format!("\u{3000}\u{3000}{}", notice.join("\n")), &notice);
        let body = format!("某某县地处山区，{}增强后劲。", "农民增收，".repeat(12));
        check(
            &format!("\u{3000}\u{3000}推动产业发展，促进农民增收致富的实践\n{body}"),
            &["推动产业发展，促进农民增收致富的实践", &body],
        );
        let hanging = "2   自委員會成立之日起，本法所列屬中央目的事業主管機關、直\n    轄市政府及第五十三條、第五十五條所列機關權責事項，由該\n    會管轄。";
        check(hanging, &[hanging]);
    }

    #[test]
    fn latin_words_are_narrower_and_never_broken() {
        let page = "坚持市场主导，坚持安全可控。充分发挥要素效应，加快培育AI、云计算\n（Cloud Computing）、区块链等新兴产业，打造具有影响力\n的集群。";
        check(page, &[page]);
        let page = "我们推进了“互联网+政务服务”和电子证照共享，目前已经建成统一的\nAPI Gateway、Data Lake和CA认证体系，基本实现了跨部门的数据共享与\n业务协同。";
        check(page, &[page]);
    }

    #[test]
    fn narrow_pages_show_their_width() {
        let paragraphs = [SENTENCES.repeat(2), SENTENCES.to_owned()];
        for width in [12, 15, 18] {
            let pages = paragraphs.each_ref().map(|paragraph| set(paragraph, "\u{3000}\u{3000}", width));
            check(&pages.join("\n"), &pages.each_ref().map(|page| page.trim_start()));
        }
        // Neither lists nor poems nor slogans are pages.
        let list = ["青石县第一实验小学", "云溪县第二实验小学", "澄江县第三实验小学", "白塔县第四实验小学"];
        check(&list.join("\n"), &list);
        let slogans = ["加强安全管理，促进安全生产", "落实安全责任，推动安全发展"].repeat(4);
        check(&slogans.join("\n"), &slogans);
    }

    #[test]
    fn rows_and_entries_stay_apart() {
        let entries =
            ["2014年7月29日 某某市人民代表大会常务委员会会议修订", "2018年3月6日 某某市人民代表大会常务委员会会议修正"];
        check(&entries.join("\n"), &entries);
        let rows = [
            "| 第一百三十三条之二 （某某修正案第二条） |某某罪 |",
            "| 第一百三十四条之一 （某某修正案第四条） |某某罪 |",
        ];
        check(&rows.join("\n"), &rows);
    }

    #[test]
    fn a_form_feed_leaves_no_blank_line() {
        let page =
            "充分发挥数据要素乘数效应，加快培育新兴产业，推动全\n\u{c}省数字经济核心产业增加值占比重达到预期的目标。";
        check(page, &[page]);
    }
}
