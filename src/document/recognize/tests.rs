//! What texts say about themselves, from title to signature.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    document::Metadata,
    text::{RepeatedLines, repair},
};

/// Each field with its value, in order, one a line.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found = recognize(text, &repair(text, &RepeatedLines::default()));
    let fields: Vec<String> = found.fields.iter().map(|found| format!("{}: {}", found.field, found.value)).collect();
    assert_eq!(fields, expected, "{text}");
}

/// A sentence that begins the body.
const BODY: &str =
    "各级各部门要结合实际，细化措施，压实责任，把各项工作抓紧抓实，务求取得实效，并及时报告进展情况和存在的问题。";

#[track_caller]
fn check_head(head: &str, expected: &[&str]) {
    check(&format!("{head}\n{BODY}"), expected);
}

#[track_caller]
fn check_tail(tail: &str, expected: &[&str]) {
    check(&format!("{BODY}\n{tail}"), expected);
}

#[test]
fn titles() {
    check_head("守正创新练本领 精业笃行勇当先\n", &["title: 守正创新练本领 精业笃行勇当先"]);
    check_head("关于进一步优化营商环境\n的若干意见", &["title: 关于进一步优化营商环境的若干意见"]);
    check_head("某某市人民政府\n关于开展检查的通知", &["title: 某某市人民政府关于开展检查的通知"]);
    check_head("政府工作报\n告", &["title: 政府工作报告"]);
    check_head("《某某市数据条例》", &["title: 某某市数据条例"]);
    check_head("关于修改《某法》和《某条例》的决定", &["title: 关于修改《某法》和《某条例》的决定"]);
    check_head("# 全县乡村振兴工作情况", &["title: 全县乡村振兴工作情况"]);
    check_head("某某新闻网\n首页 > 新闻\n把人才工作做到群众心坎上", &["title: 把人才工作做到群众心坎上"]);
    check_head("标　题：某市条例", &["title: 某市条例"]);
    check_head(
        "法規名稱：某某罰法\n修正日期：民國 111 年 06 月 15 日",
        &["title: 某某罰法", "publish_date: 2022-06-15"],
    );
    check("某市条例\n目录\n第一章 总则", &["title: 某市条例"]);
    check_head("用好智慧党建平台", &["title: 用好智慧党建平台"]);
    check_head("**全县乡村振兴工作情况**\n", &["title: 全县乡村振兴工作情况"]);
    check_head(
        "点击上方“某某发布”关注我们\n收录于合集 #乡村 12个\n稻渔综合种养 一水两用促增收",
        &["title: 稻渔综合种养 一水两用促增收"],
    );
    let page = "关于印发蓝天行动计划的通知_某某政府网\n";
    check_head(
        &format!("{page}关于印发打赢蓝天保卫战\n行动计划的通知"),
        &["title: 关于印发打赢蓝天保卫战行动计划的通知"],
    );
    check_head(page, &["title: 关于印发蓝天行动计划的通知"]);
    check("在推进会上的讲话\n\n同志们：\n会议开始。", &["title: 在推进会上的讲话"]);
}

#[test]
fn letters_are_signed_above_what_they_send() {
    let sent = format!("关于加强监管的实施意见\n第一章 总则\n{}", format!("{BODY}\n").repeat(20));
    let signed = |signature: &str| format!("关于印发意见的通知\n各县：\n{BODY}\n附件：实施意见\n{signature}\n{sent}");
    check(
        &signed("某市教育局\n某市财政局\n2024年3月1日"),
        &["title: 关于印发意见的通知", "agency: 某市教育局 某市财政局", "publish_date: 2024-03-01"],
    );
    check(
        &signed("中共中央\n国务院\n2024年3月1日"),
        &["title: 关于印发意见的通知", "agency: 中共中央 国务院", "publish_date: 2024-03-01"],
    );
    check_tail("中共中央\n国务院\n2024年3月1日", &["agency: 中共中央 国务院", "publish_date: 2024-03-01"]);
}

#[test]
fn lines_that_are_no_titles() {
    for head in [
        "",
        "各位代表：",
        "同志们！",
        "第一章 总则",
        "第壹章　總則",
        "一、总体要求",
        "**一、总体要求**",
        "（一）加强领导",
        "目录",
        "近日，某市召开会议，",
        "会议听取和审议了国务院总理所作的",
        "現在我代表中央委員會作關於上屆代表會議",
        "茲制定本條款如左",
        "首页 > 新闻",
        "打印",
        "某某网",
        "智慧党建平台",
        "根据《安全生产法》《事故调查处理条例》",
    ] {
        check_head(head, &[]);
    }
    check("优化营商环境条例", &[]);
    check(
        "為改善瀛東地區之經商環境，簡化行政程序，扶植中小型事業之發展，並\n維護作業場所之安全與從業人員之權益，特制定本條例，以為各級機關推\n動優化營商環境之依據。",
        &[],
    );
}

/// A page of one width: the first line of its first paragraph is no title.
#[test]
fn the_first_line_of_a_set_page_is_no_title() {
    check("　　会议认为，要统筹发展和安全，坚持系统观念，做到\n一是目标不变，二是标准不降，确保任务完成。", &[]);
    check("　　据统计，全市共有各类主体30万户，比上年末增加\n3、4万户，增长较快，市场活力进一步激发。", &[]);
    check(
        "我市在“互联网+政务服务”、电子证照共享方面走在全省前列，已经\n建成统一的API Gateway、Data Lake和CA认证体系，基本实现了跨部门\n数据共享。",
        &[],
    );
    check_head(
        "　　把人才工作做到群众心坎上的经验和体会\n　　——某市见闻",
        &["title: 把人才工作做到群众心坎上的经验和体会"],
    );
    check_head("　　把人才工作做到群众心坎上的经验和体会", &["title: 把人才工作做到群众心坎上的经验和体会"]);
    check_head("            把人才工作做到群众心坎上的经验和体会\n", &["title: 把人才工作做到群众心坎上的经验和体会"]);
}

#[test]
fn who_takes_part_is_no_title() {
    check_head("会议纪要\n主持人：张三", &["title: 会议纪要"]);
    check_head("常务会议纪要\n主持人：县长 张大山", &["title: 常务会议纪要"]);
    check_head("访谈实录\n嘉宾：李四教授\n主持人：王五\n主持人：欢迎您。\n嘉宾：谢谢。", &["title: 访谈实录"]);
    check_head("主持人：张三", &[]);
    check_head(
        "简报\n第12期\n某某市委办公室  2024年3月1日\n我市召开大会",
        &["title: 简报", "agency: 某某市委办公室", "publish_date: 2024-03-01"],
    );
    check_head("通知\n各科室负责人", &["title: 通知"]);
    check_head("各科室负责人", &[]);
    check_head("公告\n关于停水的公告", &["title: 关于停水的公告"]);
    check_head("论持久战\n", &["title: 论持久战"]);
    check_head("案情回顾\n", &[]);
    check_head("浙江：数字赋能乡村治理", &["title: 浙江：数字赋能乡村治理"]);
}

#[test]
fn a_question_above_its_subtitle_is_a_title() {
    check_head(
        "对话：乡村振兴怎么干？\n——访某某县委书记\n本报记者 周敏",
        &["title: 对话：乡村振兴怎么干？", "author: 周敏"],
    );
    check_head("乡村振兴怎么干？", &[]);
    check_head("你来了？来了！\n——他这样说", &[]);
}

#[test]
fn what_an_order_makes_known_has_the_title() {
    let order =
        "某某县人民政府令\n第12号\n《某某县管理办法》已经县人民政府审议通过，现予公布。\n县长　王小明\n2024年5月20日";
    let number = ["agency: 某某县人民政府", "document_number: 某某县人民政府令第12号"];
    check_head(
        &format!("{order}\n某某县管理办法\n第一章　总则"),
        &["title: 某某县管理办法", number[0], number[1], "publish_date: 2024-05-20"],
    );
    check(&format!("{order}\n某某县检查办法\n第一章　总则"), &number);
}

#[test]
fn the_issue_of_a_series_is_no_title() {
    check_head(
        "工作简报\n第12期（总第136期）\n某某县委办公室　　2024年5月20日",
        &["title: 工作简报", "agency: 某某县委办公室", "publish_date: 2024-05-20"],
    );
    check_head(
        "工作简报\n某某市委组织部办公室编  2024年3月15日\n市委组织部召开会议",
        &["title: 工作简报", "agency: 某某市委组织部办公室", "publish_date: 2024-03-15"],
    );
    check_head("第三辑\n某某县的茶马古道", &["title: 某某县的茶马古道"]);
}

#[test]
fn who_printed_a_text_that_nobody_signed_issued_it() {
    let printed = "分送：各乡镇。\n某某县人民政府办公室　　　2024年8月12日印发";
    check_tail(printed, &["agency: 某某县人民政府办公室", "publish_date: 2024-08-12"]);
    check_tail(
        &format!("某某县人民政府\n2024年8月9日\n{printed}"),
        &["agency: 某某县人民政府", "publish_date: 2024-08-09"],
    );
}

#[test]
fn the_date_beside_the_source_is_that_of_publication() {
    let session = "——2026年1月28日在某省第十四届人民代表大会第四次会议上";
    let expected = ["title: 某省政府工作报告", "source: 云南日报", "publish_date: 2026-02-03"];
    for told in [
        "来源：云南日报\n2026-02-03 09:02:33",
        "2026年02月03日 07时41分\n来源:\n云南日报",
        "来源:\n云南日报\n2026-02-03",
    ] {
        check_head(&format!("某省政府工作报告\n{told}\n{session}"), &expected);
    }
    check_head(
        &format!("某省政府工作报告\n来源：云南日报\n{session}"),
        &["title: 某省政府工作报告", "source: 云南日报", "publish_date: 2026-01-28"],
    );
}

#[test]
fn a_name_between_title_and_date_is_the_author() {
    check_head("讲话\n张三\n（2023年3月5日）", &["title: 讲话", "author: 张三", "publish_date: 2023-03-05"]);
    check_head("关于工作的讲话\n高新区\n（2023年3月5日）", &["title: 关于工作的讲话", "publish_date: 2023-03-05"]);
}

#[test]
fn labels_and_bylines() {
    check_head("守正创新\n\n文章来源: 红星网  时间: 2023-04-20 17:43", &["source: 红星网", "publish_date: 2023-04-20"]);
    check_head(
        "来源：新华社 作者：张三 发布时间：2024年3月1日 浏览次数：12",
        &["source: 新华社", "author: 张三", "publish_date: 2024-03-01"],
    );
    check_head(
        "來　源：新 華 社　作　者：李 克 強\n發布時間：2024/3/1",
        &["source: 新華社", "author: 李克強", "publish_date: 2024-03-01"],
    );
    check_head("来源：某某日报 作者：记者 周敏 通讯员 刘洋 编辑：李华", &["source: 某某日报", "author: 周敏"]);
    check_head("来源：\n某省人民政府\n时间：\n2026-02-02 09:20", &["source: 某省人民政府", "publish_date: 2026-02-02"]);
    check_head("来源：人民日报 2024年03月05日08:12", &["source: 人民日报", "publish_date: 2024-03-05"]);
    check_head(
        "文/楊宏偉\n組織工作要把群眾路線貫穿始終\n文/楊宏偉",
        &["title: 組織工作要把群眾路線貫穿始終", "author: 楊宏偉"],
    );
    check_head("基层治理开新局\n本报记者 张三 通讯员 李四", &["title: 基层治理开新局", "author: 张三"]);
    check("新华社北京3月5日电（记者 张三、李四）今天，会议开幕。", &["author: 张三、李四"]);
    check_head(
        "政府工作报告\n——2024年3月5日在某会议上\n国务院总理 李 强",
        &["title: 政府工作报告", "author: 李强", "publish_date: 2024-03-05"],
    );
    check_head("任命名单及说明\n主任 张三\n副主任 李四", &["title: 任命名单及说明"]);
    check_head("分享:\n某省政府工作报告", &["title: 某省政府工作报告"]);
    check_head("现在我代表大会作关于工作的", &[]);
    check_head("政府工作报告\n某省省长\n张三丰", &["title: 政府工作报告", "author: 张三丰"]);
}

#[test]
fn what_is_said_of_others_is_not_said_of_the_text() {
    check_head("责任编辑：张三\n作者：佚名\n资料来源：年鉴\n更新时间：2024-03-01", &[]);
    check_head("时间：2024年3月5日上午9时\n地点：会议室", &[]);
    check_head("记者从会上获悉，", &[]);
    check_tail("（联系人：张三）\n（市、区）", &[]);
    check("根据国办发〔2024〕1号文件和《某法》，于2024年3月1日由某市人民政府（市长 张三）办理。各地来源：不详。", &[]);
}

#[test]
fn authors_at_the_end() {
    check_tail("(作者系某某省某某市委常委、組織部部長)", &["author: 某某省某某市委常委、組織部部長"]);
    check_tail("（本文作者為某縣縣長）", &["author: 某縣縣長"]);
    check_tail("（作者系在校学生）\n（作者系）", &[]);
    check(&format!("文/楊小明\n{BODY}\n(作者系某縣縣長)"), &["author: 楊小明"]);
    check_tail("（作者張三係某縣縣長）", &["author: 張三"]);
    check_tail("（作者系某市委书记 张三）", &["author: 张三"]);
    check_tail("（来源：人民日报）", &["source: 人民日报"]);
    check(&format!("{BODY}(吉首市委常委、组织部长 李梦涛)\n\n1\n\n主办单位:某部"), &["author: 李梦涛"]);
    check(&format!("（某县县长 张三）\n{BODY}\n结束。"), &[]);
}

#[test]
fn agencies_and_numbers() {
    check_head(
        "发文机关：国务院办公厅\n发文字号：国办发〔2024〕1号\n成文日期：2024年1月1日\n发布日期：2024年1月5日",
        &["agency: 国务院办公厅", "document_number: 国办发〔2024〕1号", "publish_date: 2024-01-05"],
    );
    check_head("某市人民政府文件\n国办发（2024）1 号", &["document_number: 国办发（2024）1号"]);
    check_head(
        "中华人民共和国国务院令\n第 700 号",
        &["agency: 中华人民共和国国务院", "document_number: 中华人民共和国国务院令第700号"],
    );
    check_tail(
        "中共某市委办公室\n某市人民政府办公室\n二〇二四年三月一日\n（此件公开发布）",
        &["agency: 中共某市委办公室 某市人民政府办公室", "publish_date: 2024-03-01"],
    );
    check_tail("某市教育局　　2024年3月1日", &["agency: 某市教育局", "publish_date: 2024-03-01"]);
    check_tail("本办法自2024年3月1日起施行。", &[]);
}

#[test]
fn notes_of_laws() {
    check(
        "某省条例\n（2024年1月5日某省第十三届人民代表大会常务委员会第十次会议通过 自2024年3月1日起施行）\n第一条 为了。",
        &["title: 某省条例", "publish_date: 2024-01-05"],
    );
    check(
        "某细则\n(2002年9月7日中华人民共和国国务院令第362号公布 根据2016年2月6日《国务院关于修改部分行政法规的决定》修订)\n第一条 为了。",
        &[
            "title: 某细则",
            "agency: 中华人民共和国国务院",
            "document_number: 中华人民共和国国务院令第362号",
            "publish_date: 2016-02-06",
        ],
    );
    check(
        "某办法\n（2003年1月14日某局令第43号公布 根据2018年3月6日国家某总局令第196号修订）\n第一条 为了。",
        &["title: 某办法", "publish_date: 2018-03-06"],
    );
    check(
        "某规定\n2012年2月15日 国务院第192次常务会议通过\n2012年2月23日 国务院发布\n2012年4月1日 施行\n第一条 为了。",
        &["title: 某规定", "agency: 国务院", "publish_date: 2012-02-23"],
    );
}

#[test]
fn titles_of_shared_files() {
    let check = |share: &str, body: &str, standing: Option<&str>| {
        let text = format!("{share}\n{body}");
        let repaired = repair(&text, &RepeatedLines::default());
        let found = recognize(&text, &repaired);
        assert_eq!(found.value(MetadataField::Title), Some("在会议上的讲话(范文)"), "{text}");
        assert_eq!(found.title_range.map(|range| &repaired.text()[range]), standing);
        let written: Vec<&str> = ranges(&text, &found.fields[0]);
        assert_eq!(written, ["在会议上的讲话(范文)"]);
    };
    let share = "《在会议上的讲话(范文).docx》由会员分享,可在线阅读,更多相关《讲话(20页珍藏版)》请在某网上搜索。";
    check(share, &format!("1、在会议上的讲话(范文)同志们:{BODY}"), Some("在会议上的讲话(范文)"));
    check(share, &format!("同志们:{BODY}"), None);
    check("《在会议上的讲话(范文)》由會員分享,可在线阅读", BODY, None);
}

/// The parts of the original that say so.
fn ranges<'t>(original: &'t str, found: &Recognized) -> Vec<&'t str> {
    found.source_ranges.iter().map(|range| &original[range.start as usize..range.end as usize]).collect()
}

#[test]
fn values_lead_back_to_the_original() {
    let text = format!("基層(céng)治理開新局面\n文/張\u{200B}三\n{BODY}");
    let found = recognize(&text, &repair(&text, &RepeatedLines::default()));
    assert_eq!(found.value(MetadataField::Title), Some("基層治理開新局面"));
    assert_eq!(ranges(&text, &found.fields[0]), ["基層", "治理開新局面"]);
    assert_eq!(found.value(MetadataField::Author), Some("張三"));
    assert_eq!(ranges(&text, &found.fields[1]), ["張", "三"]);
}

#[test]
fn what_the_caller_set_wins() {
    let text = format!("来源：新华社 作者：张三 发布时间：2024年3月1日\n{BODY}");
    let mut metadata = Metadata { source: "红星网".to_owned(), ..Metadata::default() };
    let found = recognize(&text, &repair(&text, &RepeatedLines::default()));
    assert_eq!(found.fill(&mut metadata), [MetadataField::Author, MetadataField::PublishDate]);
    assert_eq!((metadata.source.as_str(), metadata.author.as_str()), ("红星网", "张三"));
    assert_eq!(metadata.publish_date, "2024-03-01".parse().ok());
    assert_eq!(found.fill(&mut metadata), []);
}

/// Moments of constant work; quadratic work would not end.
#[test]
fn large_strange_texts_are_read() {
    for unit in ["(", "（", "《", "来源：", "作者", "2024年", "一", "\n", "电(", " ", "字", "、\n", "# ", "〔2024〕"]
    {
        let text = unit.repeat((1 << 20) / unit.len());
        let found = recognize(&text, &repair(&text, &RepeatedLines::default()));
        assert!(found.fields.is_empty() && found.title_range.is_none(), "{unit:?}: {found:?}");
    }
}

#[test]
fn real_documents_tell_what_is_written_in_them() {
    let check_file = |file: &str, expected: &[&str]| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds").join(file);
        match std::fs::read_to_string(&path) {
            Ok(text) => check(&text, expected),
            Err(_) => eprintln!("skipped: {} is not there", path.display()),
        }
    };
    check_file("000_f4c9e759f5b8f786.txt", &["author: 青海省西寧市委常委、組織部部長"]);
    check_file("001_ca7ee976e50d1c96.txt", &["title: 組織工作要把群眾路線貫穿始終", "author: 楊宏偉"]);
    check_file(
        "002_c64a3e5ece644f37.txt",
        &["title: 守正创新练本领 精业笃行勇当先", "source: 红星网", "author: 李梦涛", "publish_date: 2023-04-20"],
    );
    check_file("003_a39bfd2a2538fbc2.txt", &["title: 市委组织部部长在全市组织工作会议上的讲话(范文)"]);
    check_file("004_ae74f486536c42f6.txt", &[]);
}

/// Texts made of what recognition looks at.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[\n 　（）()《》〔〕：:/|、。，#—]",
        "来源：|來　源:|作者|文/|本报记者 |发布时间：|时间：|标题：|电（记者 |作者系|市长 |局|令第1号|公告|通知|由会员分享",
        "2024年3月1日|二〇二四年三月|2024-03-01|〔2024〕1号|民國113年1月1日|2024/1/|公布|通过|起施行",
        "[\\p{Han}a-z0-9]{1,8}",
        "强\\(qiáng\\)|\u{200B}|\\PC{0,3}|\n{3}|字{60}",
    ];
    vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_value_is_written_in_the_text(text in texts()) {
        let repaired = repair(&text, &RepeatedLines::default());
        let found = recognize(&text, &repaired);
        let letters = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
        for found in &found.fields {
            let written = ranges(&text, found).concat();
            prop_assert!(!found.value.is_empty() && found.value.chars().count() <= 200);
            prop_assert_eq!(found.value.trim(), &found.value);
            prop_assert!(!found.value.contains('\n'), "{:?}", found.value);
            if found.field == MetadataField::PublishDate {
                prop_assert!(found.value.parse::<crate::document::PublishDate>().is_ok());
            } else {
                prop_assert_eq!(letters(&written), letters(&found.value));
            }
        }
        prop_assert!(found.fields.is_sorted_by(|one, next| one.field < next.field));
        let title = found.title_range.map(|range| repaired.text()[range].to_owned());
        prop_assert!(title.is_none_or(|title| !title.trim().is_empty()));
    }
}
