//! The decisions that are dear to change later, each with a test named for it, and the seam's contract.

mod backups;
mod batches;
mod candidates;
mod damage;
mod explain;
mod filters;
mod harness;
mod lines;
mod model;
mod recovery;
mod removals;
mod repairing;
mod senseless;
mod told;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use proptest::prelude::*;
use tantivy::{DocAddress, collector::DocSetCollector, query::TermQuery, schema::IndexRecordOption};
use tempfile::TempDir;

use self::harness::{Index, NEVER, document, document_id, quoted, segmenter, words};
use crate::{
    engine::{
        Change, Clause, Engine, Expression, OpenError, Position, ReadError, Snapshot, Verbatim, Version, Writer as _,
        tantivy::{
            TantivyEngine,
            record::TombstoneEntry,
            schema::{Kind, column},
            stores::Stores,
            writer::TantivyWriter,
        },
    },
    query::Filter,
    text::searchable,
};

/// (a)
#[test]
fn bm25_counts_paragraphs_and_no_records_or_tombstones() {
    let texts = ["营商环境不断优化", "人才工作", "安全生产责任制"];
    let together = Index::with(&[("one", &texts)]);
    // Three records instead of one; and a tombstone of a document that had nothing to find.
    let mut apart = Index::with(&[("a", &texts[..1]), ("b", &texts[1..2]), ("c", &texts[2..]), ("d", &["——"])]);
    apart.delete("d");
    apart.commit();
    let query = words(&["营商", "优化", "安全"]);
    let scores = |index: &Index| index.ranked(&query, 10).into_iter().map(|(score, _)| score).collect::<Vec<_>>();
    assert_eq!(scores(&together).len(), 2);
    assert_eq!(scores(&together), scores(&apart));
    let statistics = apart.snapshot().statistics().expect("readable");
    assert_eq!((statistics.documents, statistics.paragraphs, statistics.tombstones), (3, 3, 1));
}

/// (a): tantivy asserts that no term is in more documents than there are.
#[test]
fn bm25_survives_deleted_paragraphs_that_are_still_in_the_postings() {
    let mut index = Index::new();
    // Several times: a large and a small document do not always meet in one segment, and one that is all deleted goes.
    for round in 0..8 {
        index.put(document(&format!("large{round}"), "", &["党建"; 20]), None);
        index.put(document(&format!("small{round}"), "", &["党建"]), None);
        index.commit();
    }
    (0..8).for_each(|round| index.delete(&format!("large{round}")));
    index.commit();
    assert_eq!(index.ranked(&quoted("党建"), 100).len(), 8);
}

/// (b)
#[test]
fn a_thousand_equal_paragraphs_come_in_the_promised_order() {
    let mut index = Index::new();
    let dates = ["2021", "2023-05-01", "", "2022-11"];
    for number in 0..250_usize {
        let text = "持续优化营商环境，推动高质量发展。";
        index.put(document(&format!("d{number}"), dates[number % 4], &[text; 4]), None);
        if number % 60 == 59 {
            index.commit();
        }
    }
    index.commit();
    let query = words(&["优化", "营商环境", "推动", "发展"]);
    let all = index.ranked(&query, 2_000);
    assert_eq!(all.len(), 1_000);
    // 2023-05-01, 2022-11, 2021, unknown: the places in `dates` of what the sequences 1, 2, 3, 4, 5 … were given.
    let by_date = |position: &Position| [2, 0, 3, 1][((position.sequence() - 1) % 4) as usize];
    let mut promised: Vec<_> = all.iter().map(|(_, position)| *position).collect();
    promised.sort_by_key(|position| (by_date(position), *position));
    assert_eq!(all.iter().map(|(_, position)| *position).collect::<Vec<_>>(), promised);
    for limit in [1, 2, 9, 10, 63, 300, 999] {
        assert_eq!(index.ranked(&query, limit), all[..limit], "limit {limit}");
    }
}

/// (b)
#[test]
fn the_first_hits_of_a_large_limit_are_those_of_a_small_one() {
    let mut index = Index::new();
    let parts = ["优化营商环境", "推动高质量发展", "人才", "安全生产", "数据安全管理", "党", "优化人才发展环境"];
    for number in 0..400_usize {
        let text = format!("{}{}第{number}条", parts[number % 7], parts[(number * number + 3) % 7]);
        index.put(document(&format!("d{number}"), "", &[&text]), None);
        if number % 90 == 0 {
            index.commit();
        }
    }
    index.commit();
    for query in [words(&["优化", "发展", "人才", "安全"]), words(&["营商环境", "党"]), quoted("安全")] {
        let all = index.ranked(&query, 1_000);
        for limit in [1, 10, 50, 300] {
            assert_eq!(index.ranked(&query, limit), all[..limit.min(all.len())], "{query:?}, limit {limit}");
        }
    }
}

/// (c)
#[test]
fn segments_stay_sorted_by_position_through_commits_replacements_and_merges() {
    let mut index = Index::new();
    for round in 0..12 {
        for number in 0..30 {
            let id = format!("d{}", (round * 7 + number) % 100);
            let replaces = index.version(&id);
            let text = format!("第{round}轮第{number}篇关于基层治理");
            index.put(document(&id, "", &[&text, "第二段"]), replaces);
        }
        index.commit();
    }
    let index = index.reopen();
    let newest = index.engine.shared().newest();
    for segment in newest.segments().readers() {
        let positions = segment.fast_fields().u64(column::POSITION).expect("a column");
        let stored: Vec<_> = (0..segment.max_doc()).map(|document| positions.first(document)).collect();
        assert!(stored.is_sorted() && stored.iter().all(Option::is_some));
    }
    let walked = index.walked(&Expression::All);
    assert_eq!(walked.len(), 200);
    assert!(walked.is_sorted());
    let after = walked[77];
    let mut rest = index.snapshot().walk(&Expression::All, &Filter::default(), Some(after), &NEVER).expect("readable");
    let first = rest.next(1, &NEVER).expect("readable");
    assert_eq!(first[0].0, walked[78]);
}

/// (d)
#[test]
fn deletions_and_replacements_leave_tombstones_with_sequences_of_their_own() {
    let mut index = Index::with(&[("a", &["一份通知"]), ("b", &["一份讲话"])]);
    let (a, b) = (index.version("a").expect("there"), index.version("b").expect("there"));
    index.put(document("a", "", &["一份通知", "有所补充"]), Some(a));
    index.delete("b");
    index.commit();
    let index = index.reopen();

    let newest = index.engine.shared().newest();
    let fields = &index.engine.shared().fields;
    let query = TermQuery::new(fields.kind_term(Kind::Tombstone), IndexRecordOption::Basic);
    let searcher = index.engine.shared().index.reader().expect("readable").searcher();
    let found: BTreeSet<DocAddress> =
        searcher.search(&query, &DocSetCollector).expect("readable").into_iter().collect();
    let stores = Stores::open(newest.segments(), None).expect("readable");
    let mut tombstones: Vec<TombstoneEntry> =
        found.into_iter().map(|address| stores.fetch(address, fields.tombstone).expect("readable")).collect();
    tombstones.sort_by_key(|entry| entry.removed_sequence);
    let expected = |id, sequence, version: Version| TombstoneEntry {
        id: document_id(id),
        removed_sequence: version.sequence,
        removed_at: 1_700_000_000,
        sequence,
    };
    assert_eq!(tombstones, [expected("a", 3, a), expected("b", 5, b)]);
    assert_eq!(index.version("b"), None);
    assert_eq!(index.version("a").map(|version| (version.sequence, version.paragraphs)), Some((4, 2)));
    let statistics = index.snapshot().statistics().expect("readable");
    assert_eq!((statistics.documents, statistics.paragraphs, statistics.sequence), (1, 2, 5));
}

/// (f)
#[test]
fn bigrams_see_through_everything_that_is_no_letter_or_digit() {
    let index = Index::with(&[("a", &["坚定“四个自信”。\n(一)做到“两个维护”，HTTP/2 协议 v1.5"])]);
    for found in ["自信一做到", "两个维护http2", "P/2协", "2协议V15", "护", "5", "到“两”个", "維護"]
    {
        assert_eq!(index.walked(&quoted(found)).len(), 1, "{found}");
    }
    for absent in ["自信做到", "维护2", "个四", "6", "Htp"] {
        assert_eq!(index.walked(&quoted(absent)).len(), 0, "{absent}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The literal law, against a scan: found if and only if the characters are a substring.
    #[test]
    fn a_quoted_query_finds_exactly_the_paragraphs_that_have_its_characters(
        texts in prop::collection::vec("[一二三甲乙ab1，。 \n]{0,12}", 1..12),
        queries in prop::collection::vec("[一二三甲乙AB1，]{1,4}", 1..12),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let index = Index::with(&[("a", &texts)]);
        for query in queries.iter().filter(|query| !searchable(query).is_empty()) {
            let wanted = searchable(query);
            let expected: Vec<_> = texts.iter().filter(|text| searchable(text).contains(&wanted)).copied().collect();
            prop_assert_eq!(index.texts(&quoted(query)), expected, "{}", query);
        }
    }
}

#[test]
fn paragraphs_without_a_token_are_kept_but_not_found() {
    let index = Index::with(&[("a", &["——", "正文", "……"])]);
    assert_eq!(index.walked(&Expression::All).len(), 1);
    let snapshot = index.snapshot();
    let (address, record) = snapshot.document(&document_id("a")).expect("readable").expect("there");
    assert_eq!((record.version.paragraphs, record.version.searchable), (3, 1));
    let kept = snapshot.paragraphs(&snapshot.siblings(address, 0, 9).expect("readable")).expect("readable");
    assert_eq!(kept.iter().map(|stored| stored.paragraph.text.as_str()).collect::<Vec<_>>(), ["——", "正文", "……"]);
}

#[test]
fn combinations_match_and_score_like_their_parts() {
    let index = Index::with(&[("a", &["甲乙", "甲丙", "乙丙", "甲乙丙", "丁"])]);
    let must = |text: &str| Clause::Must(quoted(text));
    let should = |text: &str| Clause::Should(quoted(text));
    let must_not = |text: &str| Clause::MustNot(quoted(text));
    let check = |clauses: Vec<Clause>, expected: &[&str]| {
        let expression = Expression::Combined(clauses.clone());
        assert_eq!(index.texts(&expression), expected, "{expression:?}");
        let ranked = index.ranked(&expression, 10);
        assert_eq!(ranked.len(), expected.len(), "{expression:?}");
        // A combination's score is the sum of its parts'.
        for (score, position) in ranked {
            let wanted = clauses.iter().filter_map(|clause| match clause {
                Clause::Must(part) | Clause::Should(part) => Some(part),
                Clause::MustNot(_) => None,
            });
            let parts = wanted.flat_map(|part| index.ranked(part, 10)).filter(|(_, place)| *place == position);
            let sum: f32 = parts.map(|(score, _)| score).sum();
            assert!((score - sum).abs() <= sum * 1e-5, "{expression:?}: {score}, {sum}");
        }
    };
    check(vec![must("甲"), must("乙")], &["甲乙", "甲乙丙"]);
    check(vec![should("甲乙"), should("丁")], &["甲乙", "甲乙丙", "丁"]);
    check(vec![must("甲"), should("丙")], &["甲乙", "甲丙", "甲乙丙"]);
    check(vec![must("甲"), must_not("丙")], &["甲乙"]);
    check(vec![must_not("甲")], &["乙丙", "丁"]);
    check(vec![must("甲"), Clause::Must(Expression::Nothing)], &[]);
}

/// The scorer of a phrase stands at its next match while documents before it are asked for.
#[test]
fn a_phrase_may_be_excluded() {
    let index = Index::with(&[("a", &["甲", "甲丁", "甲乙丙", "甲丙", "甲", "乙丙甲乙丙", "甲"])]);
    for excluded in [quoted("甲乙丙"), Expression::Combined(vec![Clause::Must(quoted("甲乙丙"))])] {
        let expression = Expression::Combined(vec![Clause::Must(quoted("甲")), Clause::MustNot(excluded)]);
        assert_eq!(index.texts(&expression), ["甲", "甲丁", "甲丙", "甲", "甲"], "{expression:?}");
        assert_eq!(index.ranked(&expression, 10).len(), 5, "{expression:?}");
    }
}

#[test]
fn a_snapshot_never_changes() {
    let mut index = Index::with(&[("a", &["旧的内容"])]);
    let before = index.snapshot();
    let version = index.version("a").expect("there");
    index.put(document("a", "", &["新的内容", "更多"]), Some(version));
    index.commit();
    let count = |snapshot: &dyn Snapshot, text: &str| {
        snapshot.rank(&quoted(text), &Filter::default(), 10, &NEVER).expect("readable").hits.len()
    };
    assert_eq!((count(before.as_ref(), "旧的"), count(before.as_ref(), "新的")), (1, 0));
    let after = index.snapshot();
    assert_eq!((count(after.as_ref(), "旧的"), count(after.as_ref(), "新的")), (0, 1));
    assert!(after.generation().commit > before.generation().commit);
}

#[test]
fn what_was_not_committed_is_gone_after_reopening() {
    let mut index = Index::with(&[("a", &["已提交"])]);
    let generation = index.snapshot().generation();
    index.put(document("b", "", &["未提交"]), None);
    let index = index.reopen();
    assert_eq!(index.walked(&Expression::All).len(), 1);
    assert_eq!(index.snapshot().generation(), generation, "starting does not commit");
}

/// Syncing the directory may fail after tantivy's commit: what is on disk then counts, though nobody was told.
#[test]
fn a_batch_that_was_on_disk_when_its_commit_failed_is_there_once() {
    let mut index = Index::new();
    index.writer = None;
    let mut failing = TantivyWriter::new(index.engine.shared(), 1).expect("the first writer");
    index.sequence = 1;
    let change = Change::Put { sequence: 1, document: Box::new(document("a", "", &["一份通知"])), replaces: None };
    failing.write(change).expect("a change is written");
    failing.persist().expect("on disk");
    drop(failing);
    assert_eq!(index.version("a"), None, "nothing in doubt is shown");

    index.writer = Some(index.engine.writer().expect("the first writer"));
    let version = index.version("a").expect("a new writer shows what is on disk");
    index.put(document("a", "", &["一份通知"]), Some(version));
    index.commit();
    let index = index.reopen();
    assert_eq!(index.texts(&quoted("一份通知")), ["一份通知"]);
    let statistics = index.snapshot().statistics().expect("readable");
    assert_eq!((statistics.documents, statistics.paragraphs, statistics.sequence), (1, 1, 3));
    assert_eq!(index.snapshot().generation().commit, 2);
}

#[test]
fn merged_segments_are_taken_up_when_idle() {
    let mut index = Index::new();
    for number in 0..40 {
        index.put(document(&format!("d{number}"), "", &["一段文字"]), None);
        index.commit();
    }
    let generation = index.snapshot().generation();
    index.engine.shared().index.load_metas().expect("readable");
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while index.snapshot().statistics().expect("readable").segments > 4 {
        assert!(std::time::Instant::now() < deadline, "40 small segments become a few in much less time");
        index.writer().refresh().expect("readable");
        std::thread::yield_now();
    }
    assert_eq!(index.snapshot().generation(), generation, "the same content");
    assert_eq!(index.walked(&Expression::All).len(), 40);
}

#[test]
fn exact_characters_are_compared_with_the_text_itself() {
    let texts = [
        "国发〔2024〕1号",
        "國發〔2024〕1號",
        "国发[2024]1号",
        "国发〔2024〕1号、国发[2024]1号",
        "〔2024〕",
        "ＧＤＰ",
        "GDP",
    ];
    let index = Index::with(&[("a", &texts)]);
    let verbatim = |text| Expression::Verbatim(Verbatim::new(text).expect("it has a letter or digit"));
    let check = |expression: Expression, expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|&at| texts[at]).collect();
        assert_eq!(index.texts(&expression), expected, "{expression:?}");
        assert_eq!(index.ranked(&expression, 10).len(), expected.len(), "{expression:?}");
    };
    let combined = |clauses| Expression::Combined(clauses);
    check(verbatim("〔2024〕"), &[0, 1, 3, 4]);
    check(verbatim("国发〔2024〕1号"), &[0, 3]);
    check(verbatim("發"), &[1]);
    check(verbatim("GDP"), &[6]);
    check(verbatim("gdp"), &[]);
    check(verbatim("、国"), &[3]);
    check(combined(vec![Clause::Must(quoted("2024")), Clause::MustNot(verbatim("[2024]"))]), &[0, 1, 4]);
    check(combined(vec![Clause::MustNot(verbatim("2024]"))]), &[0, 1, 4, 5, 6]);
    check(combined(vec![Clause::Must(verbatim("[2024]")), Clause::Must(verbatim("〔2024〕"))]), &[3]);
    check(combined(vec![Clause::Should(verbatim("Ｇ")), Clause::Should(verbatim("[2"))]), &[2, 3, 5]);
    let same = combined(vec![Clause::Should(verbatim("〔2024〕1"))]);
    assert_eq!(index.ranked(&same, 10)[0], index.ranked(&quoted("20241"), 10)[0], "scores like the phrase");
    assert_eq!(Verbatim::new("〔〕"), None);
}

#[test]
fn a_stopped_call_says_so() {
    let index = Index::with(&[("a", &["内容"])]);
    let stopped = Arc::new(AtomicBool::new(true));
    let ranked = index.snapshot().rank(&quoted("内容"), &Filter::default(), 10, &stopped).expect("readable");
    assert!(ranked.stopped && !ranked.exhausted, "{ranked:?}");
    // Nothing is written so, and yet the first look at a text is one too many.
    let absent = Expression::Verbatim(Verbatim::new("，内容").expect("it has a letter"));
    let mut walk = index.snapshot().walk(&absent, &Filter::default(), None, &NEVER).expect("readable");
    assert!(matches!(walk.next(1, &stopped), Err(ReadError::Stopped)));
    let counted = index.snapshot().count(&absent, &Filter::default(), &[], &stopped);
    assert!(matches!(counted, Err(ReadError::Stopped)));
}

#[test]
fn a_directory_is_opened_only_by_who_may() {
    let open = |path: &Path| TantivyEngine::open(path, &segmenter()).map(|_| ());
    let index = Index::new();
    assert!(matches!(open(index.directory.path()), Err(OpenError::InUse(_))));

    let foreign = TempDir::new().expect("a temporary directory");
    std::fs::write(foreign.path().join("letter.txt"), "x").expect("writable");
    assert!(matches!(open(foreign.path()), Err(OpenError::Foreign(_))));

    assert!(!foreign.path().join("lock").exists(), "nothing is put there");
    // Somebody's `index` is not ours to fill, let alone to empty.
    let foreign = TempDir::new().expect("a temporary directory");
    std::fs::create_dir(foreign.path().join("index")).expect("writable");
    std::fs::write(foreign.path().join("index/letter.txt"), "x").expect("writable");
    assert!(matches!(open(foreign.path()), Err(OpenError::Foreign(_))));
    assert!(foreign.path().join("index/letter.txt").exists());

    // What an attempt left that was cut off.
    let begun = TempDir::new().expect("a temporary directory");
    std::fs::create_dir(begun.path().join("index")).expect("writable");
    std::fs::write(begun.path().join("format.draft"), r#"{"for"#).expect("writable");
    open(begun.path()).expect("it is made anew");

    let newer = TempDir::new().expect("a temporary directory");
    std::fs::write(newer.path().join("format.json"), r#"{"format":99,"index_id":1}"#).expect("writable");
    assert!(matches!(open(newer.path()), Err(OpenError::UnknownFormat { found, .. }) if found == "99"));

    let file = newer.path().join("format.json");
    assert!(matches!(open(&file), Err(OpenError::Io { .. })));
}
