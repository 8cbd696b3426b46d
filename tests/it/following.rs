//! Exports that follow: what comes later, what goes, and what breaks them.

use std::time::{Duration, Instant};

use tonic::Code;
use xunzhang::{
    config::Config,
    rpc::proto::{
        BooleanQuery, Document, ExportRequest, Filter, Query, SubstringQuery, export_request::QueryForm,
        export_response::Event, query::Kind,
    },
};

use crate::support::{
    Exported, Follower, Service, check_refused, check_status, export_ids, exported, phrase, poll, ready, sent,
};

/// A document of a source.
fn from(source: &str, document: Document) -> Document {
    Document { source: source.to_owned(), ..document }
}

fn of_source(source: &str, request: ExportRequest) -> ExportRequest {
    ExportRequest { filter: Some(Filter { sources: vec![source.to_owned()], ..Filter::default() }), ..request }
}

/// Exact characters as a requirement, as an alternative, and as what must not be there.
fn exact() -> [Query; 4] {
    let exact = |text: &str| Query { kind: Some(Kind::Substring(SubstringQuery { text: text.to_owned() })) };
    let boolean = |boolean| Query { kind: Some(Kind::Boolean(boolean)) };
    let (colon, comma) = (|| exact("防汛：抗旱"), || exact("防汛，抗旱"));
    [
        colon(),
        boolean(BooleanQuery { must: vec![phrase("防汛"), colon()], ..BooleanQuery::default() }),
        boolean(BooleanQuery { should: vec![colon(), phrase("人才")], ..BooleanQuery::default() }),
        boolean(BooleanQuery { must: vec![phrase("防汛")], must_not: vec![comma()], ..BooleanQuery::default() }),
    ]
}

/// Everything, a query, a filter, both; exact characters, also with a filter.
fn standing() -> Vec<ExportRequest> {
    let query = || exported("“防汛” 抗旱");
    let tree = |query| ExportRequest { query_form: Some(QueryForm::TypedQuery(query)), ..ExportRequest::default() };
    let texts = [exported(""), query(), of_source("红星网", exported("")), of_source("红星网", query())];
    let exact = exact().map(tree);
    let filtered = exact.clone().map(|request| of_source("红星网", request));
    texts.into_iter().chain(exact).chain(filtered).collect()
}

async fn following(service: &Service) -> Vec<Follower> {
    let mut followers = Vec::new();
    for request in standing() {
        followers.push(Follower::start(service, request).await);
    }
    followers
}

async fn all_agree(service: &Service, followers: &mut [Follower]) {
    for follower in followers {
        follower.agrees(service).await;
    }
}

/// Puts, replaces and deletes, some of it to no effect for some followers.
async fn change(service: &Service, turn: usize) {
    match turn % 6 {
        0 => drop(service.put(from("红星网", ready("甲", &["部署防汛工作", "人才工作"]))).await),
        1 => drop(
            service
                .put(from("别处", ready("乙", &[&["防汛：抗旱", "防汛，抗旱"][..], &["部署防汛工作"; 38]].concat())))
                .await,
        ),
        2 => drop(service.put(from("红星网", ready("甲", &["部署抗旱工作", "防汛：抗旱", "防汛抗旱"]))).await),
        3 => drop(service.put(from("红星网", ready("乙", &["另有安排"]))).await),
        4 => drop(service.try_delete("甲", "").await.expect("it is there")),
        _ => drop(service.put(from("红星网", ready("丙", &["防汛", &format!("第{turn}次")]))).await),
    }
}

#[tokio::test]
async fn a_follower_has_what_matches_after_each_change() {
    let service = Service::start().await;
    service.put(from("红星网", ready("旧", &["防汛责任", "其他"]))).await;
    let mut followers = following(&service).await;
    all_agree(&service, &mut followers).await;
    for turn in 0..12 {
        change(&service, turn).await;
        all_agree(&service, &mut followers).await;
    }
    // While nobody looks, too.
    for turn in 0..12 {
        change(&service, turn).await;
    }
    all_agree(&service, &mut followers).await;
    service.stop().await;
}

#[tokio::test]
async fn a_follower_goes_on_with_another_service_wherever_it_was() {
    let mut service = Service::start().await;
    service.put(from("红星网", ready("旧", &["防汛责任"; 40]))).await;
    let mut followers = following(&service).await;
    for turn in 0..12 {
        // Some have taken all there is, some little.
        if turn % 2 == 0 {
            all_agree(&service, &mut followers).await;
        }
        change(&service, turn).await;
        for follower in &mut followers {
            follower.take().await.expect("something changed for each of them, or they have not caught up");
        }
        service = service.restart().await;
        for follower in &mut followers {
            follower.go_on(&service).await;
        }
    }
    all_agree(&service, &mut followers).await;
    service.stop().await;
}

#[tokio::test]
async fn what_goes_and_what_comes_in_order() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let mut follower = Follower::start(&service, exported("防汛")).await;
    follower.catches_up().await;
    service.put(ready("甲", &["抗旱和防汛"])).await;
    let Event::Removed(batch) = follower.take().await.unwrap() else { panic!("the old version goes first") };
    assert_eq!((batch.removed.len(), batch.removed[0].document_id.as_str()), (1, "甲"));
    let Event::Hits(batch) = follower.take().await.unwrap() else { panic!("the new one comes") };
    assert_eq!((batch.hits[0].paragraph_id.as_str(), batch.hits[0].text.as_str()), ("甲#0", "抗旱和防汛"));
    // What does not match any more goes too, and nothing comes.
    service.put(ready("甲", &["另有安排"])).await;
    let Event::Removed(batch) = follower.take().await.unwrap() else { panic!("the old version goes") };
    assert_eq!((batch.removed[0].document_id.as_str(), follower.texts().len()), ("甲", 0));
    service.stop().await;
}

#[tokio::test]
async fn an_export_that_ended_can_be_followed_on() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let token = service.export(exported("防汛")).await.tokens[0].1.clone();
    service.put(ready("乙", &["防汛"])).await;
    let mut follower = Follower::start(&service, ExportRequest { resume_token: token, ..exported("防汛") }).await;
    follower.catches_up().await;
    assert_eq!(follower.texts(), ["防汛"], "the first one was there before");
    service.try_delete("甲", "").await.unwrap();
    follower.take().await.unwrap();
    assert_eq!(follower.removed, ["甲"]);
    service.stop().await;
}

#[tokio::test]
async fn what_was_passed_over_without_following_is_not_followed_from() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let behind = |token: &str| ExportRequest { resume_token: token.to_owned(), ..exported("") };
    let last_token = |found: &Exported| found.tokens.last().expect("there is a batch").1.clone();
    let early = last_token(&service.export(exported("")).await);
    service.try_delete("甲", "").await.unwrap();
    service.put(ready("乙", &["抗旱"])).await;
    let late = last_token(&service.export(behind(&early)).await);

    let address = service.addresses.service;
    let refused = Follower::start_at(address, behind(&late)).await.map(|_| ());
    check_refused(refused, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    let allowed = ExportRequest { allow_snapshot_change: true, ..behind(&late) };
    let allowed = Follower::start_at(address, allowed).await.unwrap();
    assert_eq!(allowed.header.warnings[0].reason, "REMOVALS_MISSING");
    let mut told = Follower::start_at(address, behind(&early)).await.unwrap();
    told.catches_up().await;
    assert_eq!((told.removed.as_slice(), told.texts()), (["甲".to_owned()].as_slice(), vec!["抗旱"]));
    service.stop().await;
}

#[tokio::test]
async fn what_other_words_matched_is_removed_all_the_same() {
    let service = Service::start().await;
    // Together, so that what is deleted of them can be looked at for a while.
    let documents = [ready("甲", &["各地专班"]), ready("乙", &["成立工作专班"])];
    let documents = (1..).zip(documents).map(|(number, document)| sent(number, document));
    let answers = service.documents().import_documents(tokio_stream::iter(documents.collect::<Vec<_>>())).await;
    let mut answers = answers.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    let mut follower = Follower::start(&service, exported("工作专班")).await;
    follower.catches_up().await;
    assert_eq!(follower.texts(), ["各地专班", "成立工作专班"]);
    let words = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(words.path(), "工作专班\n").unwrap();
    let change = |config: &mut Config| config.text.user_dictionary = Some(words.path().to_owned());
    let service = service.stop().await.start_with(change).await;
    assert_eq!(export_ids(&service.export(exported("工作专班")).await), ["乙#0"]);
    follower.go_on(&service).await;
    assert_eq!(follower.header.warnings[0].reason, "MATCHED_OTHERWISE");
    service.try_delete("甲", "").await.unwrap();
    while follower.removed.is_empty() {
        follower.take().await.unwrap();
    }
    assert_eq!((follower.removed.as_slice(), follower.texts()), (["甲".to_owned()].as_slice(), vec!["成立工作专班"]));
    service.stop().await;
}

#[tokio::test]
async fn the_end_of_the_service_ends_a_follower_that_has_its_token() {
    let service = Service::start().await;
    service.put(ready("甲", &["防汛"])).await;
    let mut follower = Follower::start(&service, exported("防汛")).await;
    follower.catches_up().await;
    service.ask_to_stop().await;
    check_status(&follower.end().await, Code::Unavailable, "SERVER_DRAINING", None);
    let (_, stopped) = service.stopped().await;
    let service = stopped.start().await;
    service.put(ready("乙", &["防汛抗旱"])).await;
    follower.go_on(&service).await;
    follower.agrees(&service).await;
    assert_eq!(follower.texts(), ["防汛", "防汛抗旱"]);
    service.stop().await;
}

#[tokio::test]
async fn a_token_older_than_what_is_remembered_has_expired() {
    let service = Service::start_with(|config| config.ingest.keep_removals = Duration::ZERO).await;
    service.put(ready("甲", &["防汛"])).await;
    let old = service.export(exported("")).await.tokens[0].1.clone();
    service.try_delete("甲", "").await.unwrap();
    let behind = |allow_snapshot_change| ExportRequest {
        resume_token: old.clone(),
        follow: true,
        allow_snapshot_change,
        ..exported("")
    };
    let address = service.addresses.service;
    let mut in_time = Follower::start_at(address, behind(false)).await.expect("the removal is not forgotten yet");
    in_time.catches_up().await;
    assert_eq!(in_time.removed, ["甲"]);
    // Each commit forgets what was committed before it.
    service.put(ready("乙", &["抗旱"])).await;
    assert_eq!(service.stats().await.tombstones, 0);
    let expired = Follower::start_at(address, behind(false)).await.map(|_| ());
    check_refused(expired, Code::FailedPrecondition, "SNAPSHOT_EXPIRED", Some("resume_token"));
    // One that has read on has not missed it.
    in_time.go_on(&service).await;
    in_time.catches_up().await;
    assert_eq!(in_time.texts(), ["抗旱"]);
    // It is about removals only.
    let exported_on = ExportRequest { follow: false, ..behind(false) };
    assert_eq!(service.export(exported_on).await.hits.len(), 1);
    let mut allowed = Follower::start_at(address, behind(true)).await.expect("it is allowed");
    assert_eq!(allowed.header.warnings[0].reason, "REMOVALS_MISSING");
    allowed.catches_up().await;
    assert_eq!(allowed.texts(), ["抗旱"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_followers_see_a_put_soon() {
    let service = Service::start().await;
    service.put(ready("旧", &["防汛"])).await;
    let mut followers = Vec::new();
    for _ in 0..100 {
        let mut follower = Follower::start(&service, exported("防汛")).await;
        follower.catches_up().await;
        followers.push(follower);
    }
    service.put(ready("新", &["防汛抗旱"])).await;
    let acknowledged = Instant::now();
    for follower in &mut followers {
        assert!(matches!(follower.take().await.unwrap(), Event::Hits(_)));
    }
    // They are woken: nobody comes to look only when it is time to say how far it is.
    let took = acknowledged.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    drop(followers);
    poll("the places to be given back", async || {
        (crate::support::metric(&service, "xunzhang_active_streams").await == 0).then_some(())
    })
    .await;
    service.stop().await;
}
