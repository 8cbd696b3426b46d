//! Every match, in order of arrival.

use xunzhang::rpc::proto::{ExportRequest, MatchMode, export_request::QueryForm};

use crate::support::{Service, export_ids, exported, phrase, ready, searched};

async fn served() -> Service {
    let service = Service::start().await;
    service.put(ready("乙", &["加强组织领导", "强化责任落实"])).await;
    service.put(ready("甲", &["落实主体责任", "加强督促检查", "做好总结评估"])).await;
    service.put(ready("丙", &["健全长效机制"])).await;
    service
}

#[tokio::test]
async fn everything_in_order_of_arrival() {
    let service = served().await;
    let all = ["乙#0", "乙#1", "甲#0", "甲#1", "甲#2", "丙#0"];
    for query_form in [None, Some(QueryForm::Query(String::new()))] {
        let request = ExportRequest { query_form, ..ExportRequest::default() };
        assert_eq!(export_ids(&service.export(request).await), all);
    }
    // A new version comes last, wherever the old one stood, and is all that there is of it.
    let put = service.put(ready("乙", &["加强组织领导", "明确职责分工", "强化责任落实"])).await;
    let exported = service.export(exported("")).await;
    assert_eq!(export_ids(&exported), ["甲#0", "甲#1", "甲#2", "丙#0", "乙#0", "乙#1", "乙#2"]);
    assert_eq!(exported.header.generation, put.generation);
    service.stop().await;
}

#[tokio::test]
async fn the_matches_of_a_query() {
    let service = served().await;
    let ids = async |request| export_ids(&service.export(request).await).join(" ");
    assert_eq!(ids(exported("责任")).await, "乙#1 甲#0");
    assert_eq!(ids(exported("“責任，落實”")).await, "乙#1");
    assert_eq!(ids(exported("责任 督促检查")).await, "乙#1 甲#0 甲#1");
    assert_eq!(ids(exported("饕餮")).await, "");
    let all = ExportRequest { r#match: MatchMode::All.into(), ..exported("责任 主体") };
    assert_eq!(ids(all).await, "甲#0");
    let tree = ExportRequest { query_form: Some(QueryForm::TypedQuery(phrase("加强"))), ..ExportRequest::default() };
    let found = service.export(tree).await;
    assert_eq!(export_ids(&found).join(" "), "乙#0 甲#1");
    service.stop().await;
}

#[tokio::test]
async fn a_hit_of_an_export_says_what_a_hit_of_a_search_says() {
    let service = served().await;
    let mut searched = service.search(searched("“督促检查”")).await.hits.remove(0);
    (searched.rank, searched.score) = (0, 0.0);
    assert_eq!(service.export(exported("“督促检查”")).await.hits, [searched]);
    service.stop().await;
}

#[tokio::test]
async fn many_in_batches() {
    let service = Service::start().await;
    let lines: Vec<String> = (0..700).map(|number| format!("第{number}项重点任务")).collect();
    service.put(ready("清单", &lines.iter().map(String::as_str).collect::<Vec<_>>())).await;
    let exported = service.export(exported("")).await;
    let texts: Vec<_> = exported.hits.iter().map(|hit| hit.text.as_str()).collect();
    assert_eq!(texts, lines);
    service.stop().await;
}
