//! Which paragraphs match, and which do not.

use xunzhang::rpc::proto::{
    Document, Filter, MatchMode, PhraseQuery, Query, QueryField, SearchRequest, TermStats, TextQuery, ZeroHitDiagnosis,
    query::Kind,
};

use crate::support::{
    Found, Service, all_of, any_of, everything, exported, limited, nothing_of, phrase, ready, searched, text, typed,
};

const LINES: [&str; 9] = [
    "持续优化营商环境，激发经营主体活力。",
    "加强生态环境保护，改善城乡人居环境。",
    "深刻领悟“两个确立”的决定性意义，做到“两个维护”。",
    "深刻領悟「兩個確立」的決定性意義。",
    "会议明确了工作的两个，确立了目标。",
    "节约用水，保护水源地。",
    "水",
    "两个维护是最高政治原则，确立制度。",
    "A1型、A12型、B2型设备目录",
];

async fn served() -> Service {
    let service = Service::start().await;
    service.put(ready("甲", &LINES)).await;
    service.put(Document { title: "党章学习材料".to_owned(), ..ready("乙", &["第一段", "第二段"]) }).await;
    service
}

/// The lines that were found, as digits in order of arrival; those of the other document as letters.
fn lines(found: &Found) -> String {
    let mut names: Vec<_> = found
        .hits
        .iter()
        .map(|hit| match hit.document_id.as_str() {
            "甲" => char::from_digit(hit.ordinal, 10).expect("there are nine lines"),
            _ => ['a', 'b'][hit.ordinal as usize],
        })
        .collect();
    names.sort_unstable();
    names.into_iter().collect()
}

#[tokio::test]
async fn queries_as_people_write_them() {
    let service = served().await;
    for (query, expected) in [
        // A word matches where its characters stand in sequence, not where a part of it does.
        ("营商环境", "0"),
        ("環境", "01"),
        ("营商环境 人居环境", "01"),
        // What is quoted is there, whatever stands between its characters.
        ("“两个确立”", "234"),
        ("「兩個，確立」", "234"),
        ("“两个维护”", "27"),
        ("“两个确立” “两个维护”", "2"),
        ("“两个” “确立”", "2347"),
        // Words beside a quoted part are wanted, not required.
        ("目标 “两个确立”", "234"),
        // One character, in plain words and quoted; Latin letters and digits follow the same law.
        ("水", "56"),
        ("“水”", "56"),
        ("“源”", "5"),
        ("“1”", "8"),
        ("“A1”", "8"),
        ("“a1型a12”", "8"),
        ("“A2”", ""),
        ("“型A12型，B”", "8"),
        // The title counts for words, not for what is quoted.
        ("党章", "ab"),
        ("“党章”", ""),
        ("“第一段第二段”", ""),
        ("饕餮", ""),
        ("，。", ""),
    ] {
        let found = service.search(searched(query)).await;
        assert_eq!(lines(&found), expected, "{query}");
    }
    service.stop().await;
}

#[tokio::test]
async fn every_word_when_all_are_required() {
    let service = served().await;
    for (query, any, all) in [
        ("营商环境 活力", "0", "0"),
        ("营商环境 水源", "05", ""),
        ("两个维护 政治原则", "27", "7"),
        ("确立 “两个维护”", "27", "27"),
        ("决定性意义 “两个维护”", "27", "2"),
        ("党章 第二段", "ab", "b"),
    ] {
        for (mode, expected) in [(MatchMode::Unspecified, any), (MatchMode::Any, any), (MatchMode::All, all)] {
            let request = SearchRequest { r#match: mode.into(), ..searched(query) };
            assert_eq!(lines(&service.search(request).await), expected, "{query} {mode:?}");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn queries_as_trees() {
    let service = served().await;
    let text_in = |field: QueryField, mode: MatchMode, words: &str| {
        let query =
            TextQuery { text: words.to_owned(), field: field.into(), r#match: mode.into(), ..TextQuery::default() };
        Query { kind: Some(Kind::Text(query)) }
    };
    let in_title = |characters: &str| {
        let query = PhraseQuery { text: characters.to_owned(), field: QueryField::Title.into() };
        Query { kind: Some(Kind::Phrase(query)) }
    };
    for (query, expected) in [
        (text("营商环境 水源"), "05"),
        (text_in(QueryField::Unspecified, MatchMode::All, "营商环境 水源"), ""),
        (text_in(QueryField::Title, MatchMode::Any, "党章"), "ab"),
        (text_in(QueryField::Text, MatchMode::Any, "党章"), ""),
        (phrase("两个 确立"), "234"),
        (in_title("章学"), "ab"),
        (in_title("确立"), ""),
        (phrase("，。"), ""),
        (everything(), "012345678ab"),
        (any_of(&[phrase("两个确立"), phrase("水")]), "23456"),
        (all_of(&[phrase("两个确立"), phrase("决定性")], &[]), "23"),
        (all_of(&[phrase("两个确立")], &[text("水")]), "234"),
        (nothing_of(&[phrase("两个确立")], &[phrase("两个维护")]), "34"),
        (nothing_of(&[], &[phrase("两个"), phrase("水")]), "018ab"),
        (
            any_of(&[all_of(&[phrase("水"), phrase("源")], &[]), nothing_of(&[everything()], &[phrase("的")])]),
            "015678ab",
        ),
    ] {
        assert_eq!(lines(&service.search(limited(100, typed(query.clone()))).await), expected, "{query:?}");
    }
    // A clause that is only wanted lifts what has it.
    let found = service.search(typed(all_of(&[phrase("两个确立")], &[text("目标")]))).await;
    assert_eq!(found.hits[0].ordinal, 4);
    service.stop().await;
}

#[tokio::test]
async fn nothing_found_is_explained() {
    let service = served().await;
    let absent = async |request| {
        let found = service.search(request).await;
        assert!(found.hits.is_empty());
        found.summary.diagnosis.unwrap().absent_terms
    };
    assert_eq!(absent(searched("饕餮")).await, ["饕餮"]);
    assert_eq!(absent(searched("“两个确立的饕餮”")).await, ["两个确立的饕餮"]);
    let all = |query| SearchRequest { r#match: MatchMode::All.into(), ..searched(query) };
    assert_eq!(absent(all("营商环境 饕餮")).await, ["饕餮"]);
    // Each is somewhere, but not together.
    assert!(absent(all("营商环境 水源")).await.is_empty());
    assert!(service.search(searched("营商环境 饕餮")).await.summary.diagnosis.is_none());
    service.stop().await;
}

#[tokio::test]
async fn what_ruled_everything_out_is_said() {
    let service = served().await;
    let ruled_out = async |request| {
        let found = service.search(request).await;
        assert!(found.hits.is_empty());
        let parts = found.summary.diagnosis.unwrap().ruled_out;
        assert!(parts.iter().all(|part| part.excluded == part.written.starts_with('-') && part.clause.is_some()));
        parts.into_iter().map(|part| format!("{} {}", part.written, part.without_it)).collect::<Vec<_>>()
    };
    let all = |query| SearchRequest { r#match: MatchMode::All.into(), ..searched(query) };
    // Each is somewhere, but not together.
    assert_eq!(ruled_out(all("环境 水源")).await, ["环境 1", "水源 2"]);
    assert_eq!(ruled_out(searched("“两个确立” “水” 目标")).await, ["\"两个确立\" 2", "\"水\" 3"]);
    // What is excluded.
    assert_eq!(ruled_out(searched("“两个确立” -确立")).await, ["\"两个确立\" 7", "-确立 3"]);
    assert_eq!(ruled_out(searched("环境 水 -(环境 | 水)")).await, ["环境 水 7", "-(环境 | 水) 4"]);
    // Words that were written as one are one part.
    assert_eq!(ruled_out(searched("+人居环境 +节约用水 目标")).await, ["+人居环境 1", "+节约用水 1"]);
    // One is nowhere: without the others there is nothing either.
    assert_eq!(ruled_out(searched("+水 +饕餮")).await, ["+水 0", "+饕餮 2"]);
    // A condition is no term: what is wanted beside it is left, or everything.
    assert_eq!(ruled_out(searched("来源:求是 水")).await, ["来源:\"求是\" 2"]);
    assert_eq!(ruled_out(searched("来源:求是")).await, ["来源:\"求是\" 11"]);
    // Only one part: its terms say all.
    assert!(ruled_out(searched("饕餮 貔貅")).await.is_empty());
    let tree = nothing_of(&[all_of(&[phrase("水"), phrase("党")], &[text("目标")])], &[]);
    assert_eq!(ruled_out(typed(tree)).await, ["\"水\" 0", "\"党\" 2"]);
    // What stands in titles only is not absent.
    let diagnosed = async |request| service.search(request).await.summary.diagnosis.unwrap();
    let absent = |diagnosis: &ZeroHitDiagnosis| {
        let place = |term: &TermStats| format!("{} {:?}", term.term, term.field());
        diagnosis.absent.iter().map(place).collect::<Vec<_>>()
    };
    let titled = diagnosed(searched("+党章 +饕餮 标题:“防汛” 正文:“材料”")).await;
    assert_eq!(titled.absent_terms, ["饕餮", "防汛", "材料"]);
    assert_eq!(absent(&titled), ["饕餮 Unspecified", "防汛 Title", "材料 Text"]);
    // Which parts have nothing in common: the others do not matter.
    let conflict = |diagnosis: &ZeroHitDiagnosis| {
        let parts = diagnosis.ruled_out.iter().filter(|part| part.in_conflict);
        parts.map(|part| part.written.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(conflict(&diagnosed(all("确立 水源 优化 环境")).await), "水源 环境");
    assert_eq!(conflict(&diagnosed(all("优化 水源 激发 型")).await), "激发 型");
    assert_eq!(conflict(&diagnosed(searched("+水 +饕餮 +貔貅")).await), "+貔貅");
    assert_eq!(conflict(&diagnosed(searched("+环境 -环境 +确立 -确立")).await), "+确立 -确立");
    assert_eq!(conflict(&diagnosed(all("环境 水源")).await), "");
    // A filter that lets nothing through, whatever is looked for.
    let filter = |source: &str| Some(Filter { sources: vec![source.to_owned()], ..Filter::default() });
    let filtered = diagnosed(SearchRequest { filter: filter("求是"), ..searched("+水 +饕餮") }).await;
    assert!(filtered.filter_rules_out_everything && filtered.ruled_out.is_empty());
    let filtered = diagnosed(SearchRequest { filter: filter("求是"), ..searched("水") }).await;
    assert_eq!((filtered.filter_rules_out_everything, filtered.without_filter), (true, 2));
    // No more is worked out than so much, however much is demanded.
    let many: Vec<_> = (0..200).map(|number| phrase(&format!("饕餮{number}"))).collect();
    assert_eq!(ruled_out(typed(all_of(&many, &[]))).await.len(), 16);
    // What is demanded twice is one part: nothing else rules it out.
    assert_eq!(ruled_out(typed(all_of(&[phrase("饕餮"), phrase("饕餮")], &[]))).await.len(), 0);
    service.stop().await;
}

#[tokio::test]
async fn search_and_export_have_one_set_of_matches() {
    let service = served().await;
    for query in ["环境 两个维护", "“两个确立” 目标", "水", "党章 制度", "饕餮", "型 目录 第一段"]
    {
        let found = service.search(limited(10_000, searched(query))).await;
        let exported = service.export(exported(query)).await;
        let mut ranked: Vec<_> = found.hits.iter().map(|hit| (hit.sequence, hit.ordinal)).collect();
        ranked.sort_unstable();
        let walked: Vec<_> = exported.hits.iter().map(|hit| (hit.sequence, hit.ordinal)).collect();
        assert_eq!(ranked, walked, "{query}");
    }
    service.stop().await;
}
