//! How a query is understood, what is matched for it, and what scores are made of.

use tonic::{Code, Status};
use xunzhang::rpc::proto::{
    Document, ExplainRequest, ExplainResponse, ExplainedParagraph, ExplainedTerm, ExplainedTermKind, Filter, Hit,
    LeftOutReason, MatchMode, Mismatch, MismatchReason, PhraseQuery, PlanClause, PlanOccurrence, Query, QueryField,
    ScorePart, ScorePartKind, SearchRequest, TextQuery, TokenDictionary, explain_request::QueryForm, plan_clause::Node,
    query::Kind, search_request,
};

use crate::support::{
    Service, all_of, any_of, check_refused, everything, exported, limited, nothing_of, phrase, ready, searched, text,
    typed, within,
};

async fn try_explain(service: &Service, request: ExplainRequest) -> Result<ExplainResponse, Status> {
    within("an explanation", service.searches().explain(request)).await.map(tonic::Response::into_inner)
}

async fn explain(service: &Service, request: ExplainRequest) -> ExplainResponse {
    try_explain(service, request).await.expect("it is explained")
}

fn of(query: &str) -> ExplainRequest {
    ExplainRequest { query_form: Some(QueryForm::Query(query.to_owned())), ..ExplainRequest::default() }
}

fn of_paragraph(query: &str, paragraph_id: &str) -> ExplainRequest {
    ExplainRequest { paragraph_id: paragraph_id.to_owned(), ..of(query) }
}

/// The same question as a search.
fn as_explanation(search: SearchRequest, paragraph_id: &str) -> ExplainRequest {
    let query_form = search.query_form.map(|form| match form {
        search_request::QueryForm::Query(query) => QueryForm::Query(query),
        search_request::QueryForm::Prose(query) => QueryForm::Prose(query),
        search_request::QueryForm::TypedQuery(query) => QueryForm::TypedQuery(query),
    });
    ExplainRequest {
        query_form,
        r#match: search.r#match,
        paragraph_id: paragraph_id.to_owned(),
        ..ExplainRequest::default()
    }
}

fn titled(id: &str, title: &str, paragraphs: &[&str]) -> Document {
    Document { title: title.to_owned(), ..ready(id, paragraphs) }
}

/// Documents with and without titles, one of them with a number.
async fn served() -> Service {
    let service = Service::start().await;
    service
        .put(titled(
            "甲",
            "优化营商环境条例",
            &[
                "持续优化营商环境，激发经营主体活力。营商环境没有最好，只有更好。",
                "节约用水，保护水源地，优化水务。",
                "——",
            ],
        ))
        .await;
    service
        .put(Document {
            document_number: "国办发〔2024〕1号".to_owned(),
            ..titled("乙#1", "党章学习材料", &["深刻领悟“两个确立”的决定性意义，做到“两个维护”。", "人才"])
        })
        .await;
    service.put(ready("丙", &["按照国办发〔2024〕1号的要求，优化个人才能培养。", "水", "A1型、A12型设备"])).await;
    service.put(ready("丁", &["优化人才发展环境。"])).await;
    service
}

fn close(one: f32, other: f32) -> bool {
    (one - other).abs() <= 1e-5 * one.abs().max(other.abs())
}

#[expect(clippy::cast_precision_loss, reason = "scores are single precision")]
fn number(count: u64) -> f32 {
    count as f32
}

/// Rarity as BM25 has it.
fn idf(document_frequency: u64, paragraphs: u64) -> f32 {
    let [frequency, paragraphs] = [document_frequency, paragraphs].map(number);
    (1.0 + (paragraphs - frequency + 0.5) / (frequency + 0.5)).ln()
}

/// What the contract says of every part.
fn check_part(part: &ScorePart, score: f32, paragraphs: u64) {
    assert!(part.value > 0.0 && close(part.share, part.value / score), "{part:?}");
    match part.kind() {
        ScorePartKind::Sequence | ScorePartKind::Word => {
            let ScorePart { frequency, idf: rarity, length, average_length, length_norm, value, .. } = *part;
            assert!(frequency > 0 && length > 0, "{part:?}");
            for term in &part.index_terms {
                assert!(close(term.idf, idf(term.document_frequency, paragraphs)), "{part:?}");
            }
            assert!(close(rarity, part.index_terms.iter().map(|term| term.idf).sum()), "{part:?}");
            assert!(close(length_norm, 0.25 + 0.75 * number(length.into()) / average_length), "{part:?}");
            let frequency = number(frequency.into());
            assert!(close(value, rarity * 2.2 * frequency / (frequency + 1.2 * length_norm)), "{part:?}");
        }
        ScorePartKind::Character => assert!(close(part.value, 1.0) && part.frequency > 0, "{part:?}"),
        ScorePartKind::Document => assert!(part.frequency == 0 && part.field() == QueryField::Unspecified, "{part:?}"),
        ScorePartKind::Unspecified => panic!("{part:?}"),
    }
}

/// Questions with one and with several terms, in the text and in titles, required and excluded, nested and empty.
fn questions() -> Vec<SearchRequest> {
    let all = |query| SearchRequest { r#match: MatchMode::All.into(), ..searched(query) };
    let in_title =
        TextQuery { text: "营商环境 党章".to_owned(), field: QueryField::Title.into(), ..TextQuery::default() };
    let mut questions: Vec<_> = [
        "优化",
        "优化营商环境",
        "什么是优化营商环境的水",
        "人才",
        "水",
        "“水”",
        "“源”",
        "“两个确立”",
        "优化 “营商环境” -水",
        "-优化",
        "《党章》 《优化营商环境条例》",
        "国办发[2024]1号",
        "文号:国办发〔2024〕1号 人才",
        "标题:营商环境 水 | 人才",
        "a1 A12型",
        "饕餮",
        "，。",
    ]
    .into_iter()
    .map(searched)
    .collect();
    questions.extend([
        all("优化营商环境"),
        all("优化 (水 | 人才)"),
        typed(everything()),
        typed(Query { kind: Some(Kind::Text(in_title)) }),
        typed(any_of(&[all_of(&[text("优化"), phrase("水")], &[text("水源地")]), phrase("人才")])),
        typed(any_of(&[nothing_of(&[text("优化")], &[phrase("水")]), text("水 优化 优化")])),
    ]);
    questions
}

/// What is said of a paragraph is what a search says, bit for bit; the parts add up to it.
#[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
fn check_paragraph(paragraph: &ExplainedParagraph, hit: Option<&Hit>) {
    let score = hit.map_or(0.0, |hit| hit.score);
    assert_eq!((paragraph.matches, paragraph.score.to_bits()), (hit.is_some(), score.to_bits()), "{paragraph:?}");
    assert_eq!(paragraph.mismatches.is_empty(), hit.is_some(), "{paragraph:?}");
    let first = paragraph.first_stage_score;
    let sum = paragraph.parts.iter().fold(0.0, |sum, part| sum + f64::from(part.value));
    assert_eq!((sum as f32).to_bits(), first.to_bits(), "{paragraph:?}");
    for part in &paragraph.parts {
        check_part(part, first, paragraph.scored_paragraph_count);
    }
    let sum = paragraph.features.iter().fold(0.0, |sum, feature| sum + feature.contribution);
    let expected =
        if paragraph.features.is_empty() { first * paragraph.first_stage_scale } else { (sum as f32).max(0.001) };
    assert_eq!(expected.to_bits(), score.to_bits(), "{paragraph:?}");
    for feature in &paragraph.features {
        assert_eq!(feature.contribution.to_bits(), (feature.value * feature.weight).to_bits(), "{feature:?}");
    }
}

#[tokio::test]
async fn scores_are_those_of_a_search_and_their_parts_add_up() {
    let service = served().await;
    let everywhere = service.export(exported("")).await.hits.into_iter().map(|hit| hit.paragraph_id);
    // One of them no query finds.
    let paragraphs: Vec<_> = everywhere.chain(["甲#2".to_owned()]).collect();
    assert_eq!(paragraphs.len(), 9);
    let mut matched = 0;
    for question in questions() {
        let found = service.search(limited(100, question.clone())).await;
        for id in &paragraphs {
            let explained = explain(&service, as_explanation(question.clone(), id)).await;
            assert_eq!((&explained.generation, &explained.parsed), (&found.header.generation, &found.header.parsed));
            let paragraph = explained.paragraph.expect("it was asked for");
            assert_eq!((explained.paragraph_count, paragraph.scored_paragraph_count), (8, 8));
            let hit = found.hits.iter().find(|hit| hit.paragraph_id == *id);
            check_paragraph(&paragraph, hit);
            matched += usize::from(hit.is_some());
        }
    }
    assert!(matched > 60, "{matched}");
    service.stop().await;
}

/// A part in one line: what, where, how often, how long the field, and what the index was asked for.
fn shown(part: &ScorePart) -> String {
    let terms: Vec<_> =
        part.index_terms.iter().map(|term| format!("{}={}", term.term, term.document_frequency)).collect();
    let kind = part.kind().as_str_name().trim_start_matches("SCORE_PART_KIND_");
    let field = part.field().as_str_name().trim_start_matches("QUERY_FIELD_");
    let line = format!("{} {kind} {field} {} {} {}", part.term, part.frequency, part.length, terms.join(" "));
    line.trim_end().to_owned()
}

#[tokio::test]
async fn parts_say_what_they_count() {
    let service = served().await;
    for (query, paragraph, expected) in [
        (
            "优化营商环境",
            "甲#0",
            [
                "优化 SEQUENCE TEXT 1 28 优化=4",
                "优化 WORD TEXT 1 16 优化=4",
                "优化 SEQUENCE TITLE 1 8 优化=2",
                "优化 WORD TITLE 1 5 优化=2",
                "营商环境 SEQUENCE TEXT 2 28 营商=1 商环=1 环境=2",
                "营商环境 WORD TEXT 2 16 营商环境=1",
                "营商环境 SEQUENCE TITLE 1 8 营商=2 商环=2 环境=2",
                "营商环境 WORD TITLE 1 5 营商环境=2",
            ]
            .as_slice(),
        ),
        // A character where it begins, goes on, and ends a text.
        ("水", "甲#1", &["水 CHARACTER TEXT 3 0"]),
        ("水", "丙#1", &["水 CHARACTER TEXT 1 0", "水 WORD TEXT 1 1 水=1"]),
        ("“水”", "丙#1", &["水 CHARACTER TEXT 1 0"]),
        // Not a word in 个人才能.
        ("人才", "丙#0", &["人才 SEQUENCE TEXT 1 22 人才=3"]),
        ("国办发〔2024〕1号", "乙#1#1", &["国办发〔2024〕1号 DOCUMENT UNSPECIFIED 0 0"]),
        ("-水", "乙#1#1", &[]),
    ] {
        let explained = explain(&service, of_paragraph(query, paragraph)).await.paragraph.unwrap();
        assert!(explained.matches, "{query} {paragraph}");
        assert_eq!(explained.parts.iter().map(shown).collect::<Vec<_>>(), expected, "{query} {paragraph}");
    }
    service.stop().await;
}

fn term(term: &ExplainedTerm) -> (&str, QueryField, u64, bool) {
    (&term.term, term.field(), term.document_frequency, term.excluded)
}

#[tokio::test]
async fn terms_say_what_they_are_and_whether_they_count() {
    let service = served().await;
    let explained = explain(&service, of("什么是优化营商环境优化 “两个，确立” 《党章》 -标题:条例 2024年 狗咬")).await;
    let terms: Vec<_> = explained.terms.iter().map(term).collect();
    let either = QueryField::Unspecified;
    assert_eq!(
        terms,
        [
            ("两个确立", QueryField::Text, 1, false),
            ("什么", either, 0, false),
            ("是", either, 0, false),
            ("优化", either, 4, false),
            ("营商环境", either, 2, false),
            ("优化", either, 4, false),
            ("2024年", either, 0, false),
            ("狗咬", either, 0, false),
            ("党章", QueryField::Title, 2, false),
            ("党章", QueryField::Text, 0, false),
            ("条例", QueryField::Title, 2, true),
        ]
    );
    let left_out = |reason| {
        let terms = explained.terms.iter().filter(move |term| term.left_out() == reason);
        terms.map(|term| term.term.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(left_out(LeftOutReason::NoContent), ["什么", "是"]);
    assert_eq!(left_out(LeftOutReason::Repeated), ["优化"]);
    for term in &explained.terms {
        assert_eq!(term.content, !["什么", "是"].contains(&term.term.as_str()), "{term:?}");
        let is_sequence = term.kind() == ExplainedTermKind::Sequence;
        assert_eq!(is_sequence, ["两个确立", "党章"].contains(&term.term.as_str()), "{term:?}");
        let dictionary = match term.term.as_str() {
            _ if is_sequence => TokenDictionary::Unspecified,
            "营商环境" => TokenDictionary::Official,
            "2024年" => TokenDictionary::Numeral,
            "狗咬" => TokenDictionary::None,
            _ => TokenDictionary::BuiltIn,
        };
        assert_eq!(term.dictionary(), dictionary, "{term:?}");
    }
    // Where nothing carries meaning, everything counts.
    let explained = explain(&service, of("是什么")).await;
    assert!(explained.terms.iter().all(|term| !term.content && term.left_out() == LeftOutReason::Unspecified));
    // What is excluded from what is excluded is not.
    let nested = nothing_of(&[everything()], &[nothing_of(&[phrase("水")], &[phrase("源")])]);
    let explained = explain(&service, as_explanation(typed(nested), "")).await;
    let excluded: Vec<_> = explained.terms.iter().map(|term| (term.term.as_str(), term.excluded)).collect();
    assert_eq!(excluded, [("水", true), ("源", false)]);
    service.stop().await;
}

/// The lines of a plan, each with its sign.
fn lines(clause: &PlanClause, depth: usize, lines: &mut Vec<String>) {
    let sign = match clause.occurrence() {
        PlanOccurrence::Must => "+",
        PlanOccurrence::Should => "|",
        PlanOccurrence::MustNot => "-",
        PlanOccurrence::Unspecified => panic!("{clause:?}"),
    };
    lines.push(format!("{}{sign} {}", "  ".repeat(depth), clause.description));
    if let Some(Node::Group(group)) = &clause.node {
        group.clauses.iter().for_each(|clause| self::lines(clause, depth + 1, lines));
    }
}

fn plan(explained: &ExplainResponse) -> String {
    let mut written = Vec::new();
    lines(explained.plan.as_ref().expect("there is always one"), 0, &mut written);
    written.join("\n")
}

#[tokio::test]
async fn a_query_is_written_back_and_planned() {
    let service = served().await;
    let explained = explain(&service, of("什么是优化 “兩個,確立” (水 | 标题:人才) -来源:云溪网 ”")).await;
    expect_test::expect![[r#"
        + every required clause, better with more of the others, no excluded clause
          + “两个确立” in the text
          | 优化 in the text or the title
          | 水 in the text or the title
          | 人才 in the title
          - 来源:"云溪网" of the document"#]]
    .assert_eq(&plan(&explained));
    assert!(explained.paragraph.is_none() && explained.plan.as_ref().unwrap().matches.is_none());
    let again = explain(&service, of(&explained.canonical_query)).await;
    assert_eq!((&again.parsed, &again.canonical_query), (&explained.parsed, &explained.canonical_query));
    // Every word is required, alternatives stay alternatives.
    let all = ExplainRequest { r#match: MatchMode::All.into(), ..of("优化 “两个确立” (水 | 人才)") };
    expect_test::expect![[r"
        + every required clause
          + “两个确立” in the text
          + 优化 in the text or the title
          + at least one clause, better with more
            | 水 in the text or the title
            | 人才 in the text or the title"]]
    .assert_eq(&plan(&explain(&service, all).await));
    // Written back beside the same `match`, it is the same tree: words stay together, so that those without meaning
    // count no more than before.
    let all = |query: &str| ExplainRequest { r#match: MatchMode::All.into(), ..of(query) };
    for query in ["的 机制", "水 来源:云溪网 人才", "+水 +(优化 人才) 《党章》 -(水源地 设备)"]
    {
        let explained = explain(&service, all(query)).await;
        let again = explain(&service, all(&explained.canonical_query)).await;
        assert_eq!((&again.parsed, &again.plan), (&explained.parsed, &explained.plan), "{query}");
    }
    let unclosed = explain(&service, of("优化 “水")).await;
    assert_eq!(unclosed.warnings.iter().map(|warning| warning.reason.as_str()).collect::<Vec<_>>(), ["UNCLOSED_QUOTE"]);
    for (query, expected) in [(everything(), "+ every paragraph"), (phrase("，。"), "+ no paragraph")] {
        assert_eq!(plan(&explain(&service, as_explanation(typed(query), "")).await), expected);
    }
    service.stop().await;
}

#[tokio::test]
async fn what_does_not_match_says_why() {
    use MismatchReason::{ExcludedPresent, NoneOfWanted, NotSearchable, RequiredMissing};
    let service = served().await;
    let why = async |request| -> Vec<(MismatchReason, Vec<String>)> {
        let paragraph = explain(&service, request).await.paragraph.unwrap();
        let told = |mismatch: Mismatch| (mismatch.reason(), mismatch.clauses);
        paragraph.mismatches.into_iter().map(told).collect()
    };
    let clause = |text: &str| vec![text.to_owned()];
    assert_eq!(
        why(of_paragraph("优化 “两个确立” -水", "甲#1")).await,
        [(RequiredMissing, clause("“两个确立” in the text")), (ExcludedPresent, clause("水 in the text or the title"))]
    );
    let wanted = ["人才 in the text or the title", "活力 in the text or the title"].map(str::to_owned).to_vec();
    assert_eq!(why(of_paragraph("人才 活力", "丙#1")).await, [(NoneOfWanted, wanted)]);
    assert_eq!(why(of_paragraph("优化", "丙#1")).await, [(RequiredMissing, clause("优化 in the text or the title"))]);
    // No query finds it, not even the one for everything.
    assert_eq!(why(as_explanation(typed(everything()), "甲#2")).await, [(NotSearchable, vec![])]);
    // An excluded clause that matches is shown as what it is.
    let plan = explain(&service, of_paragraph("优化 -水", "甲#1")).await.plan.unwrap();
    let Some(Node::Group(group)) = plan.node else { panic!("{plan:?}") };
    let matches: Vec<_> = group.clauses.iter().map(|clause| (clause.occurrence(), clause.matches)).collect();
    assert_eq!(matches, [(PlanOccurrence::Should, Some(true)), (PlanOccurrence::MustNot, Some(true))]);
    assert_eq!(plan.matches, Some(false));
    service.stop().await;
}

/// A filter that takes away what it does not say.
fn without_a_condition() -> Filter {
    Filter { none_of: Some(Box::default()), ..Filter::default() }
}

#[tokio::test]
async fn a_paragraph_that_a_filter_keeps_out_says_so() {
    let service = Service::start().await;
    service.put(ready("甲", &["部署防汛工作"])).await;
    for (id, reason) in [("甲", None), ("乙", Some(MismatchReason::FilteredOut))] {
        let filter = Some(Filter { document_ids: vec![id.to_owned()], ..Filter::default() });
        let request = ExplainRequest { filter, ..of_paragraph("防汛", "甲#0") };
        let explained = explain(&service, request).await;
        let mismatches = explained.paragraph.expect("it is there").mismatches;
        assert_eq!(mismatches.first().map(Mismatch::reason), reason, "{mismatches:?}");
    }
    service.stop().await;
}

#[tokio::test]
async fn bad_fields_are_named_and_what_is_not_there_is_said() {
    let service = served().await;
    let with = |change: fn(&mut ExplainRequest)| {
        let mut request = of("干部");
        change(&mut request);
        request
    };
    let tree = |query| as_explanation(typed(query), "");
    let in_unknown_field = PhraseQuery { text: "干部".to_owned(), field: 9 };
    for (request, field) in [
        (ExplainRequest::default(), "query"),
        (of(""), "query"),
        (of(&"党".repeat(1_025)), "query"),
        (tree(Query::default()), "typed_query"),
        (tree(Query { kind: Some(Kind::Phrase(in_unknown_field)) }), "typed_query.phrase.field"),
        (with(|request| request.r#match = 3), "match"),
        (with(|request| request.filter = Some(without_a_condition())), "filter.none_of"),
        (with(|request| request.paragraph_id = "甲".to_owned()), "paragraph_id"),
        (with(|request| request.paragraph_id = "甲#".to_owned()), "paragraph_id"),
        (with(|request| request.paragraph_id = "甲#01".to_owned()), "paragraph_id"),
        (with(|request| request.paragraph_id = "甲#4294967296".to_owned()), "paragraph_id"),
        (with(|request| request.paragraph_id = "#1".to_owned()), "paragraph_id"),
        (with(|request| request.paragraph_id = format!("{}#1", "a".repeat(513))), "paragraph_id"),
        (with(|request| request.min_generation = "newest".to_owned()), "min_generation"),
        (with(|request| request.min_generation = "00000000-1".to_owned()), "min_generation"),
    ] {
        check_refused(try_explain(&service, request).await, Code::InvalidArgument, "INVALID_FIELD", Some(field));
    }
    for (absent, reason) in [
        ("戊#0", "DOCUMENT_NOT_FOUND"),
        ("乙#0", "DOCUMENT_NOT_FOUND"),
        ("甲#3", "PARAGRAPH_NOT_FOUND"),
        ("甲#4294967295", "PARAGRAPH_NOT_FOUND"),
        ("丁#1", "PARAGRAPH_NOT_FOUND"),
    ] {
        let refused = try_explain(&service, of_paragraph("水", absent)).await;
        check_refused(refused, Code::NotFound, reason, None);
    }
    // What could not be sent back is not written back.
    assert_eq!(explain(&service, of("来源:甲")).await.canonical_query, "来源:\"甲\"");
    assert_eq!(explain(&service, of(&"来源:甲 ".repeat(200))).await.canonical_query, "");
    // The largest query, and what an earlier answer named.
    let generation = service.search(searched("水")).await.header.generation;
    let largest = ExplainRequest { min_generation: generation, ..of_paragraph(&"党".repeat(1_024), "乙#1#0") };
    assert!(!explain(&service, largest).await.paragraph.unwrap().matches);
    service.stop().await;
}

/// Clients accept 4 MiB by default: as many terms as a tree can have, all of them in one paragraph and its title.
#[tokio::test]
async fn the_largest_explanation_is_accepted() {
    let service = Service::start().await;
    let characters: Vec<String> = ('\u{4e00}'..'\u{5500}').map(|character| character.to_string()).take(512).collect();
    service.put(titled("甲", &characters.concat(), &[&characters.concat()])).await;
    let words = any_of(&vec![text(&characters.join(" ")); 16]);
    let explained = explain(&service, as_explanation(typed(words), "甲#0")).await;
    let size = prost::Message::encoded_len(&explained);
    assert!(explained.terms.len() > 6_000 && explained.paragraph.unwrap().parts.len() > 12_000);
    assert!(size < 3 << 20, "{size}");
    service.stop().await;
}
