//! In which order hits come, and how many.

use xunzhang::rpc::proto::{FinishReason, total_hits::Relation};

use crate::support::{Service, dated, hit_ids, limited, ready, searched};

/// Documents of the equal paragraphs, and how many each has: 1,000 together.
const COPIES: (usize, usize) = (25, 40);

/// The date of a document: some newer, some of a month or year only, some unknown, in no order of arrival.
fn date(document: usize) -> &'static str {
    ["2023-05", "", "2024-01-09", "2023", "2023-05-17", "20240109", "1998年"][document % 7]
}

/// A date as it is compared: the later, the greater.
fn newness(document: usize) -> u32 {
    [20_230_500, 0, 20_240_109, 20_230_000, 20_230_517, 20_240_109, 19_980_000][document % 7]
}

#[tokio::test]
async fn a_thousand_equal_paragraphs_come_in_the_promised_order() {
    let service = Service::start().await;
    let (documents, copies) = COPIES;
    let name = |document: usize| format!("会议纪要/{document:02}");
    let paragraphs = vec!["会议研究部署了巡视整改工作。"; copies];
    // Two come late, for they are put again: their place is that of the newer version.
    let mut arrivals: Vec<usize> = (0..documents).collect();
    for &document in &arrivals {
        service.put(dated(date(document), ready(&name(document), &paragraphs))).await;
    }
    for document in [2, 10] {
        service.put(dated(date(document), ready(&name(document), &["另有安排。"]))).await;
        service.put(dated(date(document), ready(&name(document), &paragraphs))).await;
        arrivals.retain(|&other| other != document);
        arrivals.push(document);
    }
    arrivals.sort_by_key(|&document| std::cmp::Reverse(newness(document))); // Stable: arrival decides the rest.
    let expected: Vec<String> = arrivals
        .iter()
        .flat_map(|&document| (0..copies).map(move |ordinal| format!("{}#{ordinal}", name(document))))
        .collect();
    // Those that the second stage does not look at score less, again all the same.
    let scores = |found: &crate::support::Found| {
        let mut scores: Vec<f32> = found.hits.iter().map(|hit| hit.score).collect();
        scores.dedup_by_key(|score| score.to_bits());
        scores
    };
    for query in ["巡视整改", "“巡视，整改”", "会议 研究 部署 巡视 整改"] {
        for limit in [1, 10, 39, 40, 41, 200, 201, 300, 999, 1_000, 10_000] {
            let found = service.search(limited(limit, searched(query))).await;
            let whole = expected.len().min(limit as usize);
            assert_eq!(hit_ids(&found), expected[..whole], "{query}, limit {limit}");
            let is_rescored = !query.starts_with('“');
            let stages = if is_rescored && whole > 200 { 2 } else { 1 };
            assert_eq!(scores(&found).len(), stages, "equal paragraphs score equal to the last bit");
            assert!(scores(&found).is_sorted_by(|first, next| first > next), "what comes later scores less");
        }
    }
    service.stop().await;
}

/// Paragraphs of many lengths with more or fewer of the words, always the same.
fn varied(documents: usize) -> impl Iterator<Item = (String, Vec<String>)> {
    let (wanted, other) =
        (["优化营商环境", "激发经营主体活力", "问题导向"], ["统筹", "推进", "落实", "各项工作", "任务"]);
    (0..documents).map(move |document| {
        let paragraph = |ordinal: usize| {
            let seed = document * 31 + ordinal * 17;
            let words = (0..=seed % 3).map(|turn| wanted[(seed / 3 + turn * (1 + seed % 2)) % 3]);
            let filling = (0..seed * 7 % 23).map(|turn| other[(seed + turn * turn) % 5]);
            words.chain(filling).collect::<Vec<_>>().join("，")
        };
        (format!("材料/{document}"), (0..20).map(paragraph).collect())
    })
}

async fn served() -> Service {
    let service = Service::start().await;
    for (id, paragraphs) in varied(25) {
        let paragraphs: Vec<_> = paragraphs.iter().map(String::as_str).collect();
        service.put(ready(&id, &paragraphs)).await;
    }
    service
}

const QUERIES: [&str; 6] =
    ["优化营商环境", "营商环境 经营主体 问题导向", "“经营主体”", "活力 “营商环境”", "如何落实问题导向", "工作"];

#[tokio::test]
async fn a_smaller_limit_has_the_first_of_a_larger_one() {
    let service = served().await;
    for query in QUERIES {
        let most = service.search(limited(10_000, searched(query))).await;
        assert_eq!(most.summary.finish_reason(), FinishReason::Exhausted);
        let longest = hit_ids(&most);
        assert!(longest.len() > 150, "{query}: {}", longest.len());
        for limit in [0_u32, 1, 10, 32, 33, 100, 199, 200, 201, 300] {
            let found = service.search(limited(limit, searched(query))).await;
            let effective = if limit == 0 { 10 } else { limit };
            assert_eq!(found.header.effective_limit, effective);
            let expected = &longest[..longest.len().min(effective as usize)];
            assert_eq!(hit_ids(&found), expected, "{query}, limit {limit}");
            let same = |(one, other): (&xunzhang::rpc::proto::Hit, _)| one == other;
            assert!(found.hits.iter().zip(&most.hits).all(same), "{query}, limit {limit}: hits differ");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn a_summary_says_why_the_stream_ended_and_how_many_there_are() {
    let service = Service::start().await;
    service.put(ready("甲", &["水文监测", "水利工程", "水土保持", "水源保护"])).await;
    for limit in 1..6 {
        let found = service.search(limited(limit, searched("“水”"))).await;
        match found.summary.finish_reason() {
            FinishReason::Exhausted => assert!(limit >= 4 && found.total() == (4, Relation::Exact), "{limit}"),
            FinishReason::Limit => {
                let (total, relation) = found.total();
                assert!(limit <= 4, "{limit}");
                assert!(if relation == Relation::Exact { total == 4 } else { total <= 4 }, "{total} {relation:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    let none = service.search(searched("饕餮")).await;
    assert_eq!((none.summary.finish_reason(), none.total()), (FinishReason::Exhausted, (0, Relation::Exact)));
    service.stop().await;
}

#[tokio::test]
async fn two_clients_at_once_have_what_each_would_have_alone() {
    let service = served().await;
    let mut alone = Vec::new();
    for query in QUERIES {
        alone.push(service.search(limited(150, searched(query))).await);
    }
    let client = async |shift: usize| {
        let channel = Service::connect(service.addresses.service).await;
        let mut searches = xunzhang::rpc::proto::search_service_client::SearchServiceClient::new(channel);
        for turn in 0..20 {
            let number = (turn + shift) % QUERIES.len();
            let stream = searches.search(limited(150, searched(QUERIES[number]))).await.unwrap().into_inner();
            let found = crate::support::Found::read(stream).await.unwrap();
            assert_eq!(found.hits, alone[number].hits, "{}", QUERIES[number]);
        }
    };
    tokio::join!(client(0), client(3));
    service.stop().await;
}
