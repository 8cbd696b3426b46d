//! Queries of one or two words: what comes first.

use xunzhang::rpc::proto::Document;

use crate::support::{Service, dated, hit_ids, ready, searched};

/// The documents that a query finds, best first.
async fn check(query: &str, documents: Vec<Document>, expected: &str) {
    let service = Service::start().await;
    for document in documents {
        service.put(document).await;
    }
    let found = service.search(searched(query)).await;
    let found: Vec<_> = hit_ids(&found).iter().map(|id| id.trim_end_matches("#0").to_owned()).collect();
    assert_eq!(found.join(" "), expected, "{query}");
    service.stop().await;
}

fn titled(title: &str, document: Document) -> Document {
    Document { title: title.to_owned(), ..document }
}

#[tokio::test]
async fn words_come_before_characters_that_meet() {
    // However short what has them by accident is, and however often it does.
    let accident = "充分发挥个人才能，个人才能各有不同。";
    let word = "各地要把引进和培养人才放在更加突出的位置，完善评价、激励和保障办法，做好联系服务。";
    check("人才", vec![ready("偶", &[accident]), ready("词", &[word])], "词 偶").await;
    check("人才 服务", vec![ready("偶", &[accident]), ready("词", &[word])], "词 偶").await;
    let accident = "市场主体依法登记，市场主体公平竞争。";
    let word = "那位场主在山里办了三十年的林场，种下的树已经有上万棵，附近的村民都来这里学种树。";
    check("场主", vec![ready("偶", &[accident]), ready("词", &[word])], "词 偶").await;
    let accident = "第三十七条 违反本办法的，由主管部门处理。";
    let word = "对照本办法第十七条的规定，各单位逐项查找差距，列出清单，明确责任人和完成时限。";
    check("十七条", vec![ready("偶", &[accident]), ready("词", &[word])], "词 偶").await;
}

#[tokio::test]
async fn titles_come_before_texts() {
    let in_text = ready("文", &["会议要求各地做好人才工作，抓好各项任务的落实。"]);
    let in_title = titled("人才工作办法", ready("题", &["第一条 为了引进和培养各类人才，制定本办法。"]));
    check("人才", vec![in_text.clone(), in_title.clone()], "题 文").await;
    check("人才工作", vec![in_text, in_title], "题 文").await;
}

#[tokio::test]
async fn newer_comes_before_older_where_all_else_is_equal() {
    let paragraph = &["做好人才工作。"];
    let documents = vec![
        dated("2021", ready("旧", paragraph)),
        ready("无", paragraph),
        dated("2024-03-01", ready("新", paragraph)),
    ];
    check("人才", documents.clone(), "新 旧 无").await;
    check("人才 工作", documents, "新 旧 无").await;
}
