//! Near copies, folded into the best of them.

use std::{
    collections::BTreeSet,
    hint,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    sample::{Index, select},
    strategy::Strategy as _,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;
use xunzhang::{
    engine::tantivy::TantivyEngine,
    query::{self, parse},
    rpc::proto::{FinishReason, Hit, SearchRequest, total_hits::Relation},
    search::{BatchBound, Context, NearCopies, RankRequest, Searcher},
    text::Segmenter,
};

use crate::support::{Found, Law, Service, limited, ready, searched};

/// Leaders are among so many of the best matches.
const LEADER_RANKS: usize = 1_000;

/// A search whose near copies are folded and named.
fn collapsed(limit: u32, query: &str) -> SearchRequest {
    SearchRequest { collapse: true, name_folded: true, ..limited(limit, searched(query)) }
}

/// Hits with what is folded into them: `甲#0 (乙#0 丙#1)`.
fn shown(found: &Found) -> Vec<String> {
    let show = |hit: &Hit| {
        assert_eq!(hit.folded_paragraph_ids.len(), hit.folded_count as usize);
        match hit.folded_paragraph_ids.join(" ") {
            names if names.is_empty() => hit.paragraph_id.clone(),
            names => format!("{} ({names})", hit.paragraph_id),
        }
    };
    found.hits.iter().map(show).collect()
}

#[tokio::test]
async fn the_best_of_near_copies_leads() {
    let service = Service::start().await;
    service.put(ready("甲", &["各级党组织要深刻领悟“两个确立”的决定性意义。", "两个确立"])).await;
    service.put(ready("乙", &["各級黨組織要深刻領悟「兩個確立」的決定性意義", "各地要做到两个确立入脑入心"])).await;
    service.put(ready("丙", &["各级党组织应深刻领悟“两个确立”的决定性意义。"])).await;
    let all = service.search(limited(100, searched("“两个确立”"))).await;
    assert!(all.hits.len() == 5 && all.hits.iter().all(|hit| hit.folded_count == 0), "{all:?}");
    let found = service.search(collapsed(100, "“两个确立”")).await;
    assert_eq!(shown(&found), ["甲#1", "乙#1", "甲#0 (乙#0 丙#0)"]);
    assert_eq!((found.total(), found.summary.finish_reason()), ((5, Relation::Exact), FinishReason::Exhausted));
    // The number is there without the names, and a limit leaves the best.
    let counted = service.search(SearchRequest { name_folded: false, ..collapsed(100, "“两个确立”") }).await;
    assert_eq!(counted.hits.iter().map(|hit| hit.folded_count).collect::<Vec<_>>(), [0, 0, 2]);
    assert!(counted.hits.iter().all(|hit| hit.folded_paragraph_ids.is_empty()));
    let two = service.search(collapsed(2, "“两个确立”")).await;
    assert_eq!(shown(&two), ["甲#1", "乙#1"]);
    assert_eq!((two.total(), two.summary.finish_reason()), ((5, Relation::Exact), FinishReason::Limit));
    let nothing = service.search(collapsed(2, "“饕餮”")).await;
    assert_eq!(nothing.summary.finish_reason(), FinishReason::Exhausted);
    service.stop().await;
}

/// What is compared of a text.
struct Compared {
    letters: String,
    bigrams: BTreeSet<(char, char)>,
}

impl Compared {
    fn of(text: &str, law: &Law) -> Self {
        let letters = law.searchable(text);
        let characters: Vec<_> = letters.chars().collect();
        Self { letters, bigrams: characters.windows(2).map(|pair| (pair[0], pair[1])).collect() }
    }

    fn is_near(&self, other: &Self) -> bool {
        let both = self.bigrams.intersection(&other.bigrams).count();
        let either = self.bigrams.len() + other.bigrams.len() - both;
        self.letters == other.letters || (either > 0 && 5 * both >= 4 * either)
    }
}

/// The rule, applied to a ranking without near copies folded.
fn folded(ranking: &[Hit], law: &Law) -> Vec<String> {
    let mut leaders: Vec<(Compared, String, Vec<&str>)> = Vec::new();
    let mut behind = Vec::new();
    for (rank, hit) in ranking.iter().enumerate() {
        let compared = Compared::of(&hit.text, law);
        let near = leaders.iter_mut().find(|(leader, ..)| leader.is_near(&compared));
        match near {
            Some((.., copies)) if rank < LEADER_RANKS => copies.push(&hit.paragraph_id),
            Some(_) => {}
            None if rank < LEADER_RANKS => leaders.push((compared, hit.paragraph_id.clone(), Vec::new())),
            None => behind.push(hit.paragraph_id.clone()),
        }
    }
    let named = |(_, id, copies): (Compared, String, Vec<&str>)| {
        if copies.is_empty() { id } else { format!("{id} ({})", copies.join(" ")) }
    };
    leaders.into_iter().map(named).chain(behind).collect()
}

/// Checks that searches of these limits fold as the rule says; returns how many hits there are.
async fn check(service: &Service, law: &Law, limits: &[u32]) -> usize {
    let all = service.search(limited(10_000, searched("目标"))).await;
    let expected = folded(&all.hits, law);
    for &limit in limits {
        let found = service.search(collapsed(limit, "目标")).await;
        assert_eq!(shown(&found), expected[..expected.len().min(limit as usize)], "limit {limit}");
    }
    expected.len()
}

#[test]
fn a_search_folds_what_a_scan_folds() {
    let runtime = Runtime::new().unwrap();
    let (service, law) = (runtime.block_on(Service::start()), Law::read());
    // Sentences, each with some of its characters replaced: near to the sentence, to each other, or to none.
    let sentence = select(
        &[
            "目标是压实安全生产责任，聚焦重点领域全面排查整治风险隐患",
            "目標是壓實安全生產責任聚焦重點領域全面排查整治風險隱患",
            "各地要围绕目标任务优化营商环境",
            "目标",
        ][..],
    );
    let replaced = (sentence, vec((proptest::prelude::any::<Index>(), select(&["，", "新", "优"][..])), 0..4));
    let text = replaced.prop_map(|(sentence, places)| {
        let mut characters: Vec<_> = sentence.chars().map(String::from).collect();
        for (place, character) in places {
            *place.get_mut(&mut characters) = character.to_owned();
        }
        characters.concat()
    });
    let config = Config { cases: 48, source_file: Some(file!()), ..Config::default() };
    let checked = TestRunner::new(config).run(&vec(text, 1..24), |texts| {
        let paragraphs: Vec<_> = texts.iter().map(String::as_str).collect();
        runtime.block_on(async {
            service.put(ready("甲", &paragraphs)).await;
            check(&service, &law, &[1, 2, 3, 10_000]).await;
        });
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
    runtime.block_on(service.stop());
}

/// Four characters that no other number has.
fn name(number: u32) -> String {
    (0..4).filter_map(|place| char::from_u32(0x4E00 + number * 4 + place)).collect()
}

#[tokio::test]
async fn leaders_are_among_the_best_thousand() {
    let (service, law) = (Service::start().await, Law::read());
    // Of four paragraphs one is a copy of an early one, one of a late one; all match equally well.
    let text = |number: u32| match number % 4 {
        0 => name(number % 28),
        1 if number > 1_000 => name(1_001),
        _ => name(number),
    };
    let lines: Vec<_> = (0..1_400).map(|number| format!("目标{}", text(number))).collect();
    service.put(ready("甲", &lines.iter().map(String::as_str).collect::<Vec<_>>())).await;
    let hits = check(&service, &law, &[1, 10, 700, 900, 1_000, 10_000]).await;
    // 757 lead; behind them 200 differ, and 100 are copies of what does not lead.
    assert_eq!(hits, 757 + 200 + 100);
    service.stop().await;
}

#[tokio::test]
async fn many_copies_do_not_use_up_the_limit() {
    let service = Service::start().await;
    let mut lines = vec!["目标责任"; 1_200];
    lines.extend(["围绕目标任务优化营商环境", "各地要围绕既定的目标加强督促检查"]);
    service.put(ready("甲", &lines)).await;
    let found = service.search(collapsed(5, "目标")).await;
    // Of the copies, the first thousand matches are counted; they share the one rank.
    let folded: Vec<_> = found.hits.iter().map(|hit| (hit.ordinal, hit.folded_count)).collect();
    assert_eq!(folded, [(0, 999), (1_200, 0), (1_201, 0)]);
    assert_eq!((found.total(), found.summary.finish_reason()), ((1_202, Relation::Exact), FinishReason::Exhausted));
    service.stop().await;
}

/// Of a ranking that ran out of time nothing else is given than what it found, and what it found is given.
#[tokio::test]
async fn a_ranking_that_ran_out_of_time_is_not_gone_on_with() {
    let service = Service::start().await;
    let copies = vec!["各级党组织要落实目标"; LEADER_RANKS + 100];
    service.put(ready("甲", &copies)).await;
    let stopped = service.stop().await;
    let segmenter = Segmenter::new();
    let engine = Arc::new(TantivyEngine::open(stopped.data_dir(), &segmenter).unwrap());
    let searcher = Searcher::new(engine, segmenter);
    let request = RankRequest {
        query: parse("目标").query,
        mode: query::MatchMode::Any,
        filter: query::Filter::default(),
        limit: 10,
        context: Context::default(),
        near_copies: NearCopies::Counted,
        min_generation: None,
        resume: None,
    };
    let [goes_on, stop] = [false, true].map(|stop| Arc::new(AtomicBool::new(stop)));
    let bound = BatchBound { hits: 1, bytes: usize::MAX };

    // The first thousand are one hit; the time is up some moment while more are ranked.
    for moment in (0..100).map(|step| Duration::from_micros(20 * step)) {
        let mut ranked = searcher.rank(&request, &goes_on).unwrap();
        assert_eq!(ranked.next_batch(bound, &goes_on).unwrap().len(), 1);
        let later = Arc::new(AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                let begun = Instant::now();
                while begun.elapsed() < moment {
                    hint::spin_loop();
                }
                later.store(true, Relaxed);
            });
            assert!(ranked.next_batch(bound, &later).map_or(true, |hits| hits.is_empty()));
        });
        assert!(ranked.next_batch(bound, &goes_on).unwrap().is_empty());
    }

    // The time is up before anything is ranked.
    let mut ranked = searcher.rank(&request, &stop).unwrap();
    assert!(ranked.is_cut());
    assert!(ranked.next_batch(bound, &goes_on).unwrap().is_empty());
    assert!(ranked.is_cut());
}
