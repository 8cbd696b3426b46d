//! What lines of a site look like: its name, its menus, its links, its invitations.
//!
//! None of them is certain: `织密民生保障网` is a title. They are boilerplate only where a source repeats them.

/// A longer line is a text's.
const MOST_CHARACTERS: usize = 60;
/// A longer name is none.
const MOST_CHARACTERS_OF_A_NAME: usize = 14;

/// How sites call themselves, folded.
const NAMES: [&str; 9] = ["网", "网站", "官网", "平台", "门户", "频道", "主页", "客户端", "公众号"];
/// What is done to networks and platforms in titles: no name of a site begins so.
const DEEDS: [char; 16] =
    ['织', '筑', '扎', '搭', '建', '打', '编', '张', '结', '构', '拉', '撒', '布', '用', '让', '以'];
/// What no document says of itself, folded.
const WORDS: [&str; 47] = [
    "首页",
    "导航",
    "无障碍",
    "长者模式",
    "登录",
    "注册",
    "用户中心",
    "个人中心",
    "站内搜索",
    "网站地图",
    "联系我们",
    "关于我们",
    "设为首页",
    "加入收藏",
    "收藏本站",
    "展开全文",
    "阅读全文",
    "查看全文",
    "查看更多",
    "点击查看",
    "点击进入",
    "相关推荐",
    "相关阅读",
    "相关链接",
    "相关新闻",
    "相关报道",
    "相关文章",
    "相关稿件",
    "推荐阅读",
    "延伸阅读",
    "热门推荐",
    "热点推荐",
    "友情链接",
    "扫码",
    "扫一扫",
    "扫描二维码",
    "微信公众号",
    "关注我们",
    "欢迎关注",
    "欢迎访问",
    "欢迎光临",
    "欢迎订阅",
    "下载app",
    "版权所有",
    "版权声明",
    "新闻热线",
    "免责声明",
];
/// Parts of addresses and of paths through a site, folded.
const MARKS: [&str; 8] = ["http:", "https:", "www.", ".com", ".cn", ">", "»", "|"];

/// Whether a folded line looks like one of a site.
pub(super) fn is_site_line(folded: &str) -> bool {
    folded.chars().nth(MOST_CHARACTERS).is_none()
        && (is_site_name(folded)
            || (folded.contains('您') && NAMES.iter().any(|name| folded.contains(name)))
            || WORDS.iter().chain(&MARKS).any(|word| folded.contains(word)))
}

fn is_site_name(folded: &str) -> bool {
    folded.chars().nth(MOST_CHARACTERS_OF_A_NAME).is_none()
        && !folded.starts_with(DEEDS)
        && NAMES.iter().any(|name| folded.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn lines_of_sites_are_told_from_titles_and_signatures() {
        #[track_caller]
        fn check(lines: &[&str], expected: bool) {
            for line in lines {
                let folded: String = fold(line).split_whitespace().collect();
                assert_eq!(is_site_line(&folded), expected, "{line}");
            }
        }
        let site = [
            "澄江政務網",
            "云溪网上服务平台",
            "首页 > 政务公开",
            "相关报道：",
            "云溪网与您同行",
            "无障碍浏览 | 登录",
            "WWW.EXAMPLE.CN",
            "扫一扫关注",
            "展开全文",
        ];
        check(&site, true);
        let own = [
            "中华人民共和国",
            "山乡巨变谱华章",
            "——青石沟产业发展纪实",
            "让我们一起奔向美好明天",
            "织密民生保障网",
            "此致",
            "敬礼",
            "奏唱国歌",
            "附图：",
            "不能正常工作",
            "編 註：本辦法業經廢止",
            "实验中学",
            "祝您健康",
            "主办单位：某市图书馆",
        ];
        check(&own, false);
    }

    #[test]
    fn words_are_folded() {
        for word in NAMES.iter().chain(&WORDS).chain(&MARKS) {
            assert_eq!(fold(word), *word);
        }
    }
}
