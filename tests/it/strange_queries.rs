//! Queries that nobody means: an answer with what was made of them, or a refusal that says why.

use tonic::Code;
use xunzhang::rpc::proto::{ExplainRequest, Warning, explain_request::QueryForm as ExplainForm};

use crate::support::{Service, check_refused, counted, exported, ready, searched, within};

fn explained(query: &str) -> ExplainRequest {
    ExplainRequest { query_form: Some(ExplainForm::Query(query.to_owned())), ..ExplainRequest::default() }
}

fn reasons(warnings: &[Warning]) -> String {
    assert!(warnings.iter().all(|warning| warning.field == "query" && !warning.message.is_empty()), "{warnings:?}");
    warnings.iter().map(|warning| warning.reason.as_str()).collect::<Vec<_>>().join(" ")
}

/// Every call that takes a query answers, finds as many paragraphs, and warns of the same.
async fn check(service: &Service, query: &str, paragraphs: usize, expected: &str) {
    let shown: String = query.chars().take(20).collect();
    let found = service.search(searched(query)).await;
    assert_eq!((found.hits.len(), reasons(&found.header.warnings).as_str()), (paragraphs, expected), "{shown:?}");
    let export = service.export(exported(query)).await;
    assert_eq!((export.hits.len(), reasons(&export.header.warnings).as_str()), (paragraphs, expected), "{shown:?}");
    let count = service.count(counted(query)).await;
    assert_eq!((count.paragraphs, reasons(&count.warnings).as_str()), (paragraphs as u64, expected), "{shown:?}");
    let explain = within("an explanation", service.searches().explain(explained(query))).await;
    assert_eq!(reasons(&explain.expect("it is explained").into_inner().warnings), expected, "{shown:?}");
}

#[tokio::test]
async fn strange_queries_are_answered() {
    let service = Service::start().await;
    service.put(ready("甲", &["甲乙 السلام عليكم", "丙", &"丁".repeat(1_100)])).await;
    let full = |unit: &str| unit.repeat(1_024 / unit.chars().count());
    for (query, paragraphs, warnings) in [
        ("+ - |", 0, "LONE_SIGN MISSING_ALTERNATIVE NOTHING_TO_SEARCH"),
        ("OR", 0, ""),
        ("，。！", 0, "NOTHING_TO_SEARCH"),
        ("甲乙 AND 丙", 2, "UNKNOWN_OPERATOR"),
        ("NOT 丙*", 1, "UNKNOWN_OPERATOR"),
        ("甲乙 | -丙", 2, "SIGN_OF_ALTERNATIVE"),
        ("日期:2024 丙", 1, "UNKNOWN_FIELD"),
        ("标签:#", 0, ""),
        (" \t\n\u{3000}", 0, "NOTHING_TO_SEARCH"),
        ("\"甲乙", 1, "UNCLOSED_QUOTE"),
        ("＂甲乙", 1, "UNCLOSED_QUOTE"),
        ("“甲乙", 1, "UNCLOSED_QUOTE"),
        ("‘甲乙", 1, "UNCLOSED_QUOTE"),
        ("「甲乙", 1, "UNCLOSED_QUOTE"),
        ("『甲乙", 1, "UNCLOSED_QUOTE"),
        ("《甲乙", 1, "UNCLOSED_TITLE"),
        ("甲乙”", 1, ""),
        ("(甲乙", 1, "UNPAIRED_BRACKET"),
        ("السلام", 1, ""),
        ("\"السلام عليكم\"", 1, ""),
        ("\u{202e}“甲\u{0}乙”\u{7}\u{1b}[31m", 1, ""),
        ("😀 丙", 1, ""),
        (full("(").as_str(), 0, "UNPAIRED_BRACKET NOTHING_TO_SEARCH"),
        (full(")").as_str(), 0, "UNPAIRED_BRACKET NOTHING_TO_SEARCH"),
        (full("“").as_str(), 0, "UNCLOSED_QUOTE NOTHING_TO_SEARCH"),
        (full("\\").as_str(), 0, "NOTHING_TO_SEARCH"),
        (full("丁").as_str(), 1, ""),
        (format!("“{}”", "丁".repeat(1_022)).as_str(), 1, ""),
        // What is too much is taken as words, here of one that is excluded.
        (full("-丁 ").as_str(), 0, "TOO_MANY_CLAUSES"),
    ] {
        check(&service, query, paragraphs, warnings).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn a_query_of_any_size_is_refused_by_its_length() {
    let service = Service::start().await;
    // Above what a message may have, nothing of it is read.
    for (bytes, reason, field) in [
        (1_025, "INVALID_FIELD", Some("query")),
        (200_000, "INVALID_FIELD", Some("query")),
        (10_000_000, "INVALID_MESSAGE", None),
    ] {
        let query = "(".repeat(bytes);
        let invalid = Code::InvalidArgument;
        check_refused(service.try_search(searched(&query)).await.map(drop), invalid, reason, field);
        check_refused(service.try_export(exported(&query)).await.map(drop), invalid, reason, field);
        check_refused(service.try_count(counted(&query)).await.map(drop), invalid, reason, field);
        let explain = within("an explanation", service.searches().explain(explained(&query))).await;
        check_refused(explain.map(drop), invalid, reason, field);
    }
    service.stop().await;
}
