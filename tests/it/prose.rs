//! Prose: everything in it is wanted, nothing is required, and what it quotes is wanted in sequence.

use tonic::Code;
use xunzhang::rpc::proto::{
    CountRequest, ExplainRequest, ExportRequest, MatchMode, ScoreFeatureKind, SearchRequest, count_request,
    explain_request, export_request, search_request,
};

use crate::support::{Service, check_refused, export_ids, hit_ids, ready, within};

const QUESTION: &str = "什么是行政审批的“告知承诺”制度？-改革";

async fn served() -> Service {
    let service = Service::start().await;
    for (id, text) in [
        ("甲", "行政审批制度改革：告知事项，知承担之责，书面承诺符合条件"),
        ("乙", "行政审批制度：告知承诺，是指申请人书面表示符合条件"),
        ("丙", "干部教育培训"),
    ] {
        service.put(ready(id, &[text])).await;
    }
    service
}

fn asked(prose: &str) -> SearchRequest {
    SearchRequest { query_form: Some(search_request::QueryForm::Prose(prose.to_owned())), ..SearchRequest::default() }
}

fn exported(prose: &str) -> ExportRequest {
    ExportRequest { query_form: Some(export_request::QueryForm::Prose(prose.to_owned())), ..ExportRequest::default() }
}

fn counted(prose: &str) -> CountRequest {
    CountRequest { query_form: Some(count_request::QueryForm::Prose(prose.to_owned())), ..CountRequest::default() }
}

fn explained(prose: &str, paragraph_id: &str) -> ExplainRequest {
    ExplainRequest {
        query_form: Some(explain_request::QueryForm::Prose(prose.to_owned())),
        paragraph_id: paragraph_id.to_owned(),
        ..ExplainRequest::default()
    }
}

#[tokio::test]
async fn what_it_quotes_is_wanted_and_not_required() {
    let service = served().await;
    let found = async |request: SearchRequest| hit_ids(&service.search(request).await).join(" ");
    assert_eq!(found(asked("“从未有过”的干部")).await, "丙#0");
    // 甲 has more of it, bigram by bigram, but not what is quoted.
    assert_eq!(found(asked(QUESTION)).await, "乙#0 甲#0");
    let every = SearchRequest { r#match: MatchMode::All.into(), ..asked("“告知承诺”条件") };
    assert_eq!(found(every).await, "乙#0");
    assert_eq!(export_ids(&service.export(exported(QUESTION)).await).join(" "), "甲#0 乙#0");
    assert_eq!(service.count(counted(QUESTION)).await.paragraphs, 2);
    service.stop().await;
}

#[tokio::test]
async fn function_words_count_only_where_there_is_nothing_else() {
    let service = served().await;
    let counted = async |prose: &str, mode: MatchMode| {
        service.count(CountRequest { r#match: mode.into(), ..counted(prose) }).await.paragraphs
    };
    service.put(ready("丁", &["什么是干部，是什么"])).await;
    for mode in [MatchMode::Any, MatchMode::All] {
        assert_eq!(counted("什么是“告知承诺”？", mode).await, 1);
        assert_eq!(counted("什么是“水稻飞船”？", mode).await, 0);
        assert_eq!(counted("什么是“水稻飞船”和《水稻飞船》？", mode).await, 0);
    }
    assert_eq!(counted("什么是“告知承诺”和“干部”？", MatchMode::Any).await, 3);
    assert_eq!(counted("什么", MatchMode::Any).await, 1);
    // What is left is what the text of it alone would be.
    let explanation = service.searches().explain(explained("什么是“告知承诺”？", "")).await.unwrap().into_inner();
    assert_eq!(explanation.canonical_query, "\"告知承诺\"");
    let alone = SearchRequest {
        query_form: Some(search_request::QueryForm::Query(explanation.canonical_query)),
        ..SearchRequest::default()
    };
    assert_eq!(explanation.parsed, service.search(alone).await.header.parsed);
    let nothing = service.search(asked("什么是“水稻飞船”？")).await;
    assert_eq!(nothing.summary.diagnosis.unwrap().absent_terms, ["水稻飞船"]);
    service.stop().await;
}

#[tokio::test]
async fn an_explanation_says_what_quotations_are_worth() {
    let service = served().await;
    for (paragraph, expected) in [("甲#0", 0.0), ("乙#0", 1.0)] {
        let explained = within("an explanation", service.searches().explain(explained(QUESTION, paragraph))).await;
        let explained = explained.unwrap().into_inner();
        let features = explained.paragraph.unwrap().features;
        let phrases = features.iter().find(|feature| feature.kind() == ScoreFeatureKind::Phrases).unwrap();
        assert!((phrases.value - expected).abs() < 1e-6 && (phrases.weight - 0.5).abs() < 1e-6, "{phrases:?}");
    }
    service.stop().await;
}

#[tokio::test]
async fn nothing_is_everything_where_that_is_allowed_and_too_much_is_refused() {
    let service = served().await;
    assert_eq!(service.count(counted("")).await.paragraphs, 3);
    assert_eq!(service.export(exported("")).await.hits.len(), 3);
    let long = "党".repeat(1_025);
    let refused = |status| check_refused(status, Code::InvalidArgument, "INVALID_FIELD", Some("prose"));
    for prose in ["", &long] {
        refused(service.try_search(asked(prose)).await.map(drop));
        refused(within("a refusal", service.searches().explain(explained(prose, ""))).await.map(drop));
    }
    refused(service.try_export(exported(&long)).await.map(drop));
    refused(service.try_count(counted(&long)).await.map(drop));
    service.stop().await;
}
