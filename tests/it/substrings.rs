//! Exact characters: the same matches in every call, shown where they stand, explained, and told apart from what has
//! only their letters and digits.

use xunzhang::rpc::proto::{
    CountRequest, ExplainRequest, ExportRequest, Filter, Hit, MismatchReason, OffsetUnit, Query, SearchRequest,
    SubstringQuery, count_request, explain_request, export_request, plan_clause::Node, query::Kind,
};

use crate::support::{Service, all_of, any_of, limited, nothing_of, phrase, ready, text, typed, within};

const LINES: [&str; 8] = [
    "按照国发〔2024〕1号文件的要求，优化营商环境。",
    "按照國發〔2024〕1號文件的要求，優化營商環境。",
    "按照国发[2024]1号文件的要求，优化营商环境。",
    "国发［2024］1号、国发〔2024〕1号都是同一份文件。",
    "ＧＤＰ增长，优化营商环境。",
    "GDP增长，\n优化营商环境。",
    "gdp 增长。",
    "——",
];

fn substring(text: &str) -> Query {
    Query { kind: Some(Kind::Substring(SubstringQuery { text: text.to_owned() })) }
}

async fn served() -> Service {
    let service = Service::start().await;
    service.put(ready("甲", &LINES)).await;
    service
}

/// The lines that were found, as digits in order of arrival.
fn lines(hits: &[Hit]) -> String {
    let mut ordinals: Vec<_> = hits.iter().map(|hit| hit.ordinal.to_string()).collect();
    ordinals.sort_unstable();
    ordinals.concat()
}

#[tokio::test]
async fn every_call_finds_what_is_written_so() {
    let service = served().await;
    for (query, expected) in [
        (substring("〔2024〕1号"), "03"),
        (substring("〔2024〕"), "013"),
        (substring("國"), "1"),
        (substring("优化营商环境"), "0245"),
        (substring("增长，优化"), "4"),
        (substring("增长，\n优化"), "5"),
        (substring("GDP"), "5"),
        (substring("Ｐ"), "4"),
        (substring("p "), "6"),
        (substring("号、国"), "3"),
        (substring("号，国"), ""),
        (all_of(&[substring("〔2024〕"), phrase("文件的要求")], &[]), "01"),
        (all_of(&[substring("〔2024〕"), substring("［2024］")], &[]), "3"),
        (any_of(&[substring("gdp"), substring("國")]), "16"),
        (any_of(&[substring("[2024]"), text("增长")]), "2456"),
        (all_of(&[phrase("2024")], &[substring("國")]), "0123"),
        (nothing_of(&[phrase("营商环境")], &[substring("营商环境")]), "1"),
        (nothing_of(&[], &[substring("2024")]), "456"),
        (nothing_of(&[phrase("gdp")], &[nothing_of(&[], &[substring("GDP")])]), "5"),
    ] {
        let found = service.search(limited(100, typed(query.clone()))).await;
        assert_eq!(lines(&found.hits), expected, "{query:?}");
        let first = service.search(limited(1, typed(query.clone()))).await;
        assert_eq!(first.hits.first().map(|hit| hit.ordinal), found.hits.first().map(|hit| hit.ordinal), "{query:?}");

        let query_form = Some(export_request::QueryForm::TypedQuery(query.clone()));
        let exported = service.export(ExportRequest { query_form, ..ExportRequest::default() }).await;
        assert_eq!(lines(&exported.hits), expected, "exported, {query:?}");

        let query_form = Some(count_request::QueryForm::TypedQuery(query.clone()));
        let request = CountRequest { query_form, ..CountRequest::default() };
        let counted = within("a count", service.searches().count(request)).await.expect("it is counted").into_inner();
        assert_eq!(counted.paragraphs, expected.len() as u64, "counted, {query:?}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_filter_and_collapse_hold_beside_exact_characters() {
    let service = served().await;
    service.put(ready("乙", &[LINES[0], LINES[2]])).await;
    let filter = |id: &str| Some(Filter { document_ids: vec![id.to_owned()], ..Filter::default() });
    let of = |filter| SearchRequest { filter, ..typed(substring("〔2024〕1号")) };
    assert_eq!(lines(&service.search(of(filter("乙"))).await.hits), "0");
    assert_eq!(lines(&service.search(of(filter("丙"))).await.hits), "");
    let collapsed = service.search(SearchRequest { collapse: true, ..of(None) }).await;
    assert_eq!(collapsed.hits.iter().map(|hit| hit.folded_count).sum::<u32>(), 1, "the copy of the same line");
    assert_eq!(collapsed.hits.len(), 2);
    service.stop().await;
}

#[tokio::test]
async fn the_very_characters_are_highlighted() {
    let service = served().await;
    for (query, expected) in [
        (substring("〔2024〕1号"), vec!["〔2024〕1号"]),
        (all_of(&[substring("，优化"), phrase("gdp增长")], &[]), vec!["ＧＤＰ增长", "，优化"]),
        (all_of(&[substring("增长，\n优化")], &[text("营商环境")]), vec!["增长，\n优化", "营商环境"]),
    ] {
        for unit in [OffsetUnit::CodePoint, OffsetUnit::Utf16] {
            let request = SearchRequest { highlight_unit: unit.into(), ..limited(1, typed(query.clone())) };
            let hit = service.search(request).await.hits.remove(0);
            let characters: Vec<char> = hit.text.chars().collect();
            let parts = hit.highlights.iter().map(|range| &characters[range.start as usize..range.end as usize]);
            let parts: Vec<String> = parts.map(|part| part.iter().collect()).collect();
            assert_eq!(parts, expected, "{query:?}");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn what_is_written_otherwise_is_told() {
    let service = served().await;
    let diagnosis = async |query: Query| {
        let found = service.search(typed(query)).await;
        assert!(found.hits.is_empty());
        let parts = found.summary.diagnosis.expect("nothing matched").ruled_out;
        parts.into_iter().map(|part| format!("{} {}", part.written, part.without_it)).collect::<Vec<_>>()
    };
    assert_eq!(diagnosis(substring("【2024】")).await, ["substring:\"【2024】\" 4"]);
    assert_eq!(diagnosis(all_of(&[substring("【2024】")], &[])).await, ["substring:\"【2024】\" 4"]);
    assert_eq!(diagnosis(substring("饕餮")).await, ["substring:\"饕餮\" 0"]);
    let both = all_of(&[substring("【2024】"), phrase("要求")], &[]);
    assert_eq!(diagnosis(both).await, ["substring:\"【2024】\" 3", "\"要求\" 0"]);
    service.stop().await;
}

#[tokio::test]
async fn an_explanation_names_the_characters_and_their_score() {
    let service = served().await;
    let explain = async |ordinal: u32| {
        let request = ExplainRequest {
            query_form: Some(explain_request::QueryForm::TypedQuery(substring("〔2024〕"))),
            paragraph_id: format!("甲#{ordinal}"),
            ..ExplainRequest::default()
        };
        within("an explanation", service.searches().explain(request)).await.expect("it is explained").into_inner()
    };
    let hits = service.search(typed(substring("〔2024〕"))).await.hits;
    for hit in hits {
        let explained = explain(hit.ordinal).await;
        let plan = explained.plan.expect("a plan");
        assert_eq!(plan.description, "exactly `〔2024〕` in the text");
        assert_eq!(plan.node, Some(Node::Substring(SubstringQuery { text: "〔2024〕".to_owned() })));
        let terms: Vec<_> = explained.terms.iter().map(|term| (&term.term[..], term.document_frequency)).collect();
        assert_eq!(terms, [("2024", 4)], "its letters and digits");
        let paragraph = explained.paragraph.expect("the paragraph asked for");
        assert_eq!(paragraph.score.to_bits(), hit.score.to_bits());
        assert_eq!(paragraph.parts.iter().map(|part| &part.term[..]).collect::<Vec<_>>(), ["〔2024〕"]);
    }
    let other = explain(2).await.paragraph.expect("the paragraph asked for");
    assert!(!other.matches && other.parts.is_empty());
    assert_eq!(other.mismatches[0].reason(), MismatchReason::RequiredMissing);
    assert_eq!(other.mismatches[0].clauses, ["exactly `〔2024〕` in the text"]);
    service.stop().await;
}
