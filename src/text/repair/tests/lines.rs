//! Lines that are not of the text, told by their words.

use super::{Rule, check, check_kept, check_rules};

/// Lines that are cut wherever they stand, between two that are not.
#[track_caller]
fn check_lines(rule: Rule, lines: &[&str]) {
    for line in lines {
        check(&format!("正文第一句。\n{line}\n正文第二句。"), "正文第一句。\n正文第二句。");
        check_rules(&format!("正文第一句。\n{line}\n正文第二句。"), &[rule]);
    }
}

#[test]
fn certain_lines_are_cut() {
    check_lines(
        Rule::ShareLine,
        &["《会议讲话(范文).docx》由会员分享,可在线阅读,更多相关《会议讲话(范文).docx(7页珍藏版)》请在某文库上搜索。"],
    );
    check_lines(Rule::SiteRecord, &["ICP备案号:某ICP备00000000号-1", "某公网安备 00000000000000号"]);
    check_lines(
        Rule::FooterLabel,
        &[
            "版权所有：某某网",
            "责任编辑：王小明",
            "（責任編輯:王小明）",
            "网站标识码：0000000000",
            "政府网站标识码：0000000000",
            "Copyright © 2024",
        ],
    );
    check_lines(
        Rule::VisitorCounter,
        &[
            "您是第 位来访者",
            "您是第10086位访客",
            "欢迎您访问某某网",
            "本页浏览量：1024次",
            "阅读次数：",
            "浏览次数：123",
        ],
    );
    check_lines(Rule::KeyValue, &["book=43,ebook=38", "article_id=12&pages=3"]);
    check_lines(
        Rule::PageNumber,
        &[
            "- 3 -",
            "—3—",
            "— 12 —",
            "－ 3 －",
            "第3页",
            "第 3 页 共 20 页",
            "第3頁/共20頁",
            "共 20 页，第 3 页",
            "Page 3 of 20",
        ],
    );
    check_lines(
        Rule::Navigation,
        &[
            "【字体：大 中 小】 打印 关闭",
            "字号：【大 中 小】  打印本页  关闭窗口",
            "分享到：微信 微博 QQ空间",
            "上一篇：某某会议召开",
            "下一篇：没有了",
            "【打印】【关闭】",
            "您的位置：首页 > 政务公开 > 通知",
            "某某网 > 首页 > 要闻",
            "扫一扫在手机打开当前页",
            "返回顶部",
        ],
    );
}

#[test]
fn buttons_on_lines_of_their_own_are_cut_together() {
    check("下载\n打印\n全屏\n收藏\n\n【字号：\n加大\n还原\n减小\n】\n某某工作报告", "\n某某工作报告");
    check("正文。\n分享到：\n微信\n×\n", "正文。\n");
    check_kept("型号\n大\n中\n小\n合计");
    check_kept("字体\n仿宋\n字号\n三号");
    check_kept("打印\n针式打印机");
    check_kept("宣传平台\n微信\n微博\n报纸");
}

#[test]
fn what_a_site_puts_above_and_below_is_cut() {
    check("无障碍阅读 | 长者模式 | 登录 | 注册\n某某通知\n正文。", "某某通知\n正文。");
    check("某某通知\n正文。\n微信扫一扫，分享到朋友圈\n", "某某通知\n正文。\n");
    let footer = "上一篇：某某会议召开\n相关阅读\n版权所有：某某网\n";
    check(&format!("某某通知\n正文。\n{footer}"), "某某通知\n正文。\n");
    let path = "当前位置：\n首页\n>\n政务信息\n>\n要闻\n";
    check(&format!("{path}某某通知\n正文。"), "某某通知\n正文。");
    check("当前位置：\n某某通知\n正文。", "某某通知\n正文。");
    check("首页 > 政务\n某某通知\n正文。\n扫一扫 手机打开当前页\n", "首页 > 政务\n某某通知\n正文。\n");
    check("某某通知\n正文。\n网站地图　联系我们　版权声明\n", "某某通知\n正文。\n");
    check_kept("某某通知\n正文。\n相关阅读\n某某会议召开\n");
    check_kept("操作手册\n登录\n输入账号。\n注册\n填写表格。");
}

/// A statute says what a site has to show, and a decision tells what one did.
#[test]
fn what_a_text_tells_of_a_site_stays() {
    check_kept("第一条　各网站应当在页脚标明：\n主办单位：某某局\n网站标识码：3610000001\n第二条　本办法施行。");
    let site = "网站名称：某某资讯网\nICP备案号：某ICP备00000000号-1\n域名：某某\n公安备案号：某公网安备00000000号\n";
    check_kept(&format!("经查，当事人的网站信息如下：\n{site}当事人未经许可提供服务。"));
    check(&format!("会议开到晚上。\n{site}"), "会议开到晚上。\n网站名称：某某资讯网\n域名：某某\n");
}

/// A manual names buttons.
#[test]
fn buttons_that_a_text_speaks_of_stay() {
    check_kept("表格填写完毕，窗口下方有以下按钮：\n打印\n下载\n关闭\n请按需要使用。");
    check_kept("表格填写完毕。\n打印\n收藏\n关闭\n以上按钮都在窗口下方。");
    check_kept("表格填写完毕，请点击\n返回首页\n按钮，系统会保存表格。");
    check("某某通知\n来源：\n打印\n收藏\n关闭\n表格填写完毕。", "某某通知\n来源：\n表格填写完毕。");
    check("表格填写完毕。\n打印\n收藏\n关闭", "表格填写完毕。\n");
}

#[test]
fn words_of_footers_stay_in_sentences() {
    check_kept("主办单位要切实履行职责,加强组织领导。");
    check_kept("版权所有者依法享有的权利受法律保护。");
    check_kept("版权所有者的权利");
    check_kept("网络访问量持续上升，平台影响力不断扩大。");
    check_kept("访问量：同比增长");
    check_kept("未取得ICP备案的网站，不得提供服务，违者罚款3万元；");
    check_kept("平台运行指标。\n访问量：1024\n注册人数：12");
    check_kept("网站应当标明备案编号京ICP备00000000号");
    check_kept("欢迎您访问我们的城市！");
    check_kept("您是第一个来的人");
    check_kept("您是第一位来到这里的人");
    check_kept("责任编辑要对稿件质量负责。");
    check_kept("责任编辑：本岗位要求三年以上经验");
    check_kept("请在首页下载并打印表格。");
    check_kept("由会员分享经验，推动交流。");
    check_kept("廉政读本\n上篇：理论学习\n学习理论要入脑入心。\n下篇：实践探索\n实践要见行见效。\n");
    check_kept("上一篇章已经写就，下一篇章正在开启。");
}

#[test]
fn metadata_stays() {
    check_kept("文章来源: 某某网  时间: 2023-04-20 17:43");
    check_kept("文/王小明");
    check_kept("来源：某某日报\n正文。");
    check_kept("正文。\n(作者系某县委常委、组织部长)");
}

#[test]
fn the_name_of_an_editor_may_stand_below_the_label() {
    check("正文。\n责任编辑：\n李小小\n尾声。", "正文。\n尾声。");
    check_rules("正文。\n责任编辑：\n李小小", &[Rule::FooterLabel]);
    check("正文。\n责任编辑：\n尾声。", "正文。\n尾声。");
    check("正文。\n责任编辑：王五\n李小小\n尾声。", "正文。\n李小小\n尾声。");
}

#[test]
fn what_a_text_itself_speaks_of_stays() {
    check_kept("请各单位在网站底部加入以下文字：\n京ICP备00000000号-1\n并链接到备案系统。");
    check_kept("该文件由会员分享后可在线阅读，平台应当审核版权。");
    check_kept("版权所有：是指依法享有的权利\n©是版权标记");
    check("欢迎关注以下公众号：\n京ICP备00000000号-1", "欢迎关注以下公众号：");
}

/// A notice gives settings and requests as the program of a page does.
#[test]
fn values_that_a_text_gives_stay() {
    check_kept("系统参数说明\n配置文件中写入\ntimeout=30,retries=5\n保存后重启。");
    check_kept("接口调用示例如下。\npage=1&size=20\n返回结果见附件。");
    check_kept("令alpha=1,beta=2\nalpha=1,beta=2\n则原式成立。");
    check_kept("参数为：\npage=1&size=20");
    check("正文。\n（某县委常委、组织部长）\nbook=43,ebook=38", "正文。\n（某县委常委、组织部长）");
    check("book=43,ebook=38\n某某通知", "某某通知");
    check("正文\nbook=43,ebook=38\n打印本页\n", "正文\n");
}

/// A paper's staff and a table of sites are of the text.
#[test]
fn lists_of_what_footers_name_stay() {
    check_kept("《青石文艺》编辑部名单如下。\n主编：张三\n责任编辑：李四\n美编：王五\n订阅请来函。");
    check_kept("名单如下。\n责任编辑：李四\n責任編輯：赵六\n校對：王五\n");
    let sites = "某网 京ICP备00000001号\n乙网 京ICP备00000002号\n丙网 京ICP备00000003号\n丁网 京ICP备00000004号\n";
    check_kept(&format!("下列网站通过检查。\n{sites}特此公告。"));
    check("正文。\n主编：张三\n正文。\n责任编辑：李四", "正文。\n主编：张三\n正文。");
    check("正文。\n校对：张三\n责任编辑：李四\n打印本页\n", "正文。\n校对：张三\n");
}

/// An event's announcement has them as much as a site's footer.
#[test]
fn hosts_are_cut_below_the_text_or_beside_other_boilerplate() {
    check_kept("现将有关事项公告如下。\n主办单位：某市商务局\n承办单位：某展览公司\n欢迎参加。");
    check_kept("第十届读书节公告\n活动将举行，欢迎参加。\n主办单位：中共某市委宣传部\n承办单位：某市图书馆\n");
    check("正文。\n主办单位:某市委宣传部\n技术支持:某某公司\n", "正文。\n");
    check("正文。\n技术支持:某某公司\nICP备案号:某ICP备00000000号-1\n正文。", "正文。\n正文。");
    check_rules("正文。\n技术支持:某某公司\n", &[Rule::FooterLabel]);
}

#[test]
fn equations_stay() {
    check_kept("其中x=y，且a=1。");
    check_kept("y=kx+b");
    check_kept("max=10,min=5");
    check_kept("S=34");
    check_kept("rate=high");
    check_kept("设定如下。\nprice=100\n再行计算。");
}

#[test]
fn one_line_break_goes_with_a_line() {
    check("甲。\r\n第3页\r\n乙。", "甲。\r\n乙。");
    check("甲。\n\n第3页\n\n乙。", "甲。\n\n\n乙。");
    check("甲。\n第3页", "甲。");
    check("甲。\r\n第3页", "甲。");
    check("第3页\n甲。", "甲。");
    check("第3页", "");
    check("甲。\n第3页\n第4页", "甲。\n");
}
