//! Conditions on documents: what they let through, the same in searches, exports, counts and lists, and what is no
//! condition.

use tonic::Code;
use xunzhang::rpc::proto::{
    CountRequest, Document, ExplainRequest, ExportRequest, Filter, ListDocumentsRequest, MetadataField, MetadataQuery,
    PurgeDocumentsRequest, Query, SearchRequest, explain_request::QueryForm as ExplainForm, query::Kind,
};

use crate::support::{
    Service, all_of, any_of, check_refused, counted, everything, export_ids, exported, hit_ids, listed_ids, nothing_of,
    phrase, purged, ready, searched, typed, within,
};

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Three documents that differ in all that is known about them, and one about which nothing is.
async fn served() -> Service {
    let service = Service::start().await;
    let notice = Document {
        source: "人民日報".to_owned(),
        author: "李明".to_owned(),
        agency: "国务院办公厅".to_owned(),
        document_number: "国办发〔2024〕1号".to_owned(),
        document_type: "通知".to_owned(),
        publish_date: "2024-03-05".to_owned(),
        level: "国家级".to_owned(),
        collection: "法规 A".to_owned(),
        labels: texts(&["防汛", "应急"]),
        ..ready("甲", &["部署防汛工作", "——"])
    };
    let law = Document {
        source: "红星网".to_owned(),
        agency: "云溪市人民政府".to_owned(),
        document_type: "意见".to_owned(),
        publish_date: "2023-06".to_owned(),
        level: "市级".to_owned(),
        collection: "政策".to_owned(),
        labels: texts(&["防汛"]),
        ..ready("乙", &["加强防汛值守", "落实防汛责任"])
    };
    let press = Document {
        source: "人民日报".to_owned(),
        publish_date: "2023".to_owned(),
        labels: texts(&["应急", "存档"]),
        ..ready("丙#1", &["宣传防汛知识"])
    };
    for document in [notice, law, press, ready("丁", &["总结防汛经验"])] {
        service.put(document).await;
    }
    service
}

/// Checks which documents a filter leaves: searched, exported, counted and listed.
async fn check(service: &Service, filter: &Filter, expected: &[&str]) {
    let filtered = Some(filter.clone());
    let found = service.search(SearchRequest { filter: filtered.clone(), ..searched("防汛") }).await;
    let mut ids = hit_ids(&found);
    let exported = service.export(ExportRequest { filter: filtered.clone(), ..exported("防汛") }).await;
    let everything = service.export(ExportRequest { filter: filtered.clone(), ..ExportRequest::default() }).await;
    assert_eq!(export_ids(&exported), export_ids(&everything), "all are about it: {filter:?}");
    let counts = service.count(CountRequest { filter: filtered.clone(), ..counted("防汛") }).await;
    assert_eq!((counts.paragraphs, counts.documents), (ids.len() as u64, expected.len() as u64), "{filter:?}");
    ids.sort_unstable();
    let mut all = export_ids(&exported);
    all.sort_unstable();
    assert_eq!(ids, all, "{filter:?}");
    let list = ListDocumentsRequest { filter: filtered, ..ListDocumentsRequest::default() };
    assert_eq!(listed_ids(&service.list(list).await.documents), expected, "{filter:?}");
    all.dedup_by_key(|id| id.rsplit_once('#').expect("it is a paragraph's").0);
    assert_eq!(all.len(), expected.len(), "{filter:?}");
}

#[tokio::test]
async fn every_condition_by_itself() {
    let service = served().await;
    let all = Filter::default;
    for (filter, expected) in [
        (all(), &["甲", "乙", "丙#1", "丁"][..]),
        // Equal in letters and digits: script, width, case, spaces and signs do not matter.
        (Filter { sources: texts(&["人民日报"]), ..all() }, &["甲", "丙#1"]),
        (Filter { sources: texts(&["人民 日報"]), ..all() }, &["甲", "丙#1"]),
        (Filter { sources: texts(&["紅星網", "人民日报"]), ..all() }, &["甲", "乙", "丙#1"]),
        (Filter { sources: texts(&["人民"]), ..all() }, &[]),
        (Filter { agencies: texts(&["國務院辦公廳"]), ..all() }, &["甲"]),
        (Filter { document_types: texts(&["（通知）", "办法"]), ..all() }, &["甲"]),
        (Filter { levels: texts(&["市級"]), ..all() }, &["乙"]),
        (Filter { collections: texts(&["法规ａ"]), ..all() }, &["甲"]),
        (Filter { labels: texts(&["防汛"]), ..all() }, &["甲", "乙"]),
        (Filter { labels: texts(&["应急", "防汛"]), ..all() }, &["甲"]),
        // Ids are taken byte for byte.
        (Filter { document_ids: texts(&["丁", "丙#1", "无"]), ..all() }, &["丙#1", "丁"]),
        (Filter { document_ids: texts(&["丙1", "甲 "]), ..all() }, &[]),
        (
            Filter {
                sources: texts(&["人民日报"]), labels: texts(&["应急"]), levels: texts(&["国家级"]), ..all()
            },
            &["甲"],
        ),
    ] {
        check(&service, &filter, expected).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn dates_that_are_known_in_part() {
    let service = served().await;
    for (from, to, expected) in [
        ("2024", "", &["甲"][..]),
        ("2023", "2023", &["乙", "丙#1"]),
        ("2023-06", "2024-03", &["甲", "乙", "丙#1"]),
        // It may have been published then.
        ("2023-06-10", "2023-06-20", &["乙", "丙#1"]),
        ("2023-07", "2023-12-31", &["丙#1"]),
        ("2024-03-05", "20240305", &["甲"]),
        ("2024年3月6日", "", &[]),
        ("", "2024-03-04", &["乙", "丙#1"]),
        ("", "2022", &[]),
    ] {
        let filter = Filter { published_from: from.to_owned(), published_to: to.to_owned(), ..Filter::default() };
        check(&service, &filter, expected).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn what_meets_one_of_these_is_taken_away() {
    let service = served().await;
    let all = Filter::default;
    let without = |none_of: Filter| Filter { none_of: Some(Box::new(none_of)), ..all() };
    for (filter, expected) in [
        (without(Filter { sources: texts(&["人民日报"]), ..all() }), &["乙", "丁"][..]),
        (without(Filter { sources: texts(&["红星网", "人民日报"]), ..all() }), &["丁"]),
        (without(Filter { labels: texts(&["防汛", "存档"]), ..all() }), &["丁"]),
        (without(Filter { levels: texts(&["国家级"]), labels: texts(&["存档"]), ..all() }), &["乙", "丁"]),
        (without(Filter { published_from: "2024".to_owned(), ..all() }), &["乙", "丙#1", "丁"]),
        (without(Filter { document_ids: texts(&["甲", "丁"]), ..all() }), &["乙", "丙#1"]),
        (
            Filter {
                sources: texts(&["人民日报"]), ..without(Filter { published_to: "2023".to_owned(), ..all() })
            },
            &["甲"],
        ),
    ] {
        check(&service, &filter, expected).await;
    }
    service.stop().await;
}

#[tokio::test]
async fn conditions_within_a_query() {
    let service = served().await;
    let metadata = |field: MetadataField, value: &str| {
        let query = MetadataQuery { field: field.into(), value: value.to_owned() };
        Query { kind: Some(Kind::Metadata(query)) }
    };
    let ids = async |query: Query| {
        let found = service.search(typed(query)).await;
        let mut ids: Vec<String> = hit_ids(&found).into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    for (field, value, expected) in [
        (MetadataField::Source, "人民日报", "丙#1#0 甲#0"),
        (MetadataField::Author, "李明", "甲#0"),
        (MetadataField::Agency, "雲溪市人民政府", "乙#0 乙#1"),
        (MetadataField::DocumentNumber, "國辦發(2024) 1号", "甲#0"),
        (MetadataField::DocumentType, "意见", "乙#0 乙#1"),
        (MetadataField::Level, "国家级", "甲#0"),
        (MetadataField::Collection, "政策", "乙#0 乙#1"),
        (MetadataField::Label, "存档", "丙#1#0"),
        (MetadataField::Label, "档", ""),
    ] {
        assert_eq!(ids(metadata(field, value)).await, expected, "{field:?}");
    }
    let paper = || metadata(MetadataField::Source, "人民日报");
    assert_eq!(ids(all_of(&[paper(), phrase("部署")], &[])).await, "甲#0");
    assert_eq!(ids(any_of(&[paper(), phrase("总结")])).await, "丁#0 丙#1#0 甲#0");
    assert_eq!(ids(nothing_of(&[everything()], &[paper()])).await, "丁#0 乙#0 乙#1");
    // As people write it.
    assert_eq!(hit_ids(&service.search(searched("来源:人民日報 部署")).await)[0], "甲#0");
    service.stop().await;
}

/// Checks that every call that takes a filter refuses one.
async fn check_refused_everywhere(service: &Service, filter: Filter, field: &str) {
    let filtered = Some(filter.clone());
    let refused = |result| check_refused(result, Code::InvalidArgument, "INVALID_FIELD", Some(field));
    refused(service.try_search(SearchRequest { filter: filtered.clone(), ..searched("甲") }).await.map(drop));
    refused(service.try_export(ExportRequest { filter: filtered.clone(), ..exported("") }).await.map(drop));
    refused(service.try_count(CountRequest { filter: filtered.clone(), ..counted("") }).await.map(drop));
    let explain = ExplainRequest {
        query_form: Some(ExplainForm::Query("甲".to_owned())),
        filter: filtered.clone(),
        ..ExplainRequest::default()
    };
    refused(within("an explanation", service.searches().explain(explain)).await.map(drop));
    let list = ListDocumentsRequest { filter: filtered, ..ListDocumentsRequest::default() };
    refused(service.try_list(list).await.map(drop));
    refused(service.try_purge(purged(filter)).await.map(drop));
}

#[tokio::test]
async fn what_is_no_condition() {
    let service = Service::start().await;
    let all = Filter::default;
    let without = |none_of: Filter| Filter { none_of: Some(Box::new(none_of)), ..all() };
    let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    let long = "长".repeat(1_366); // 4,098 bytes.
    for (filter, field) in [
        (Filter { published_from: "去年".to_owned(), ..all() }, "filter.published_from"),
        (Filter { published_from: "2024-02-30".to_owned(), ..all() }, "filter.published_from"),
        (Filter { published_to: "2024-13".to_owned(), ..all() }, "filter.published_to"),
        (Filter { published_to: "0".repeat(100_000), ..all() }, "filter.published_to"),
        (
            Filter { published_from: "2024".to_owned(), published_to: "2023-12-31".to_owned(), ..all() },
            "filter.published_to",
        ),
        (Filter { document_types: texts(&[""]), ..all() }, "filter.document_types[0]"),
        (Filter { agencies: texts(&["甲", &long]), ..all() }, "filter.agencies[1]"),
        (Filter { levels: texts(&["甲", "乙", ""]), ..all() }, "filter.levels[2]"),
        (Filter { sources: many(257), ..all() }, "filter.sources"),
        (Filter { collections: texts(&[""]), ..all() }, "filter.collections[0]"),
        (Filter { labels: texts(&[&long]), ..all() }, "filter.labels[0]"),
        (Filter { labels: many(200), document_ids: many(57), ..all() }, "filter.document_ids"),
        (Filter { document_ids: texts(&["甲", "行\n二"]), ..all() }, "filter.document_ids[1]"),
        (Filter { document_ids: texts(&[&"a".repeat(513)]), ..all() }, "filter.document_ids[0]"),
        (without(all()), "filter.none_of"),
        (without(without(all())), "filter.none_of.none_of"),
        (without(Filter { labels: texts(&["甲", "乙", "丙", ""]), ..all() }), "filter.none_of.labels[3]"),
        (without(Filter { published_from: "24".to_owned(), ..all() }), "filter.none_of.published_from"),
        // One side asks for no more than the other takes away.
        (
            Filter { labels: texts(&["甲"]), ..without(Filter { labels: texts(&["甲", "乙"]), ..all() }) },
            "filter.none_of.labels",
        ),
        (
            Filter { sources: texts(&["網"]), ..without(Filter { sources: texts(&["网 "]), ..all() }) },
            "filter.none_of.sources",
        ),
        (
            Filter {
                published_from: "2024-02".to_owned(),
                ..without(Filter { published_from: "2023".to_owned(), ..all() })
            },
            "filter.none_of.published_from",
        ),
        (Filter { sources: many(256), ..without(Filter { levels: many(1), ..all() }) }, "filter.none_of.levels"),
    ] {
        check_refused_everywhere(&service, filter, field).await;
    }
    // The largest that is taken.
    let largest = Filter { sources: texts(&["a".repeat(4_096).as_str()]), labels: many(255), ..all() };
    service.search(SearchRequest { filter: Some(largest), ..searched("甲") }).await;
    service.stop().await;
}

#[tokio::test]
async fn what_is_no_condition_in_a_query_or_of_a_purge() {
    let service = Service::start().await;
    let long = "长".repeat(1_366); // 4,098 bytes.
    for (field, value, path) in [
        (0, "甲", "typed_query.metadata.field"),
        (9, "甲", "typed_query.metadata.field"),
        (-1, "甲", "typed_query.metadata.field"),
        (1, "", "typed_query.metadata.value"),
        (1, long.as_str(), "typed_query.metadata.value"),
    ] {
        let query = Query { kind: Some(Kind::Metadata(MetadataQuery { field, value: value.to_owned() })) };
        check_refused(service.try_search(typed(query)).await, Code::InvalidArgument, "INVALID_FIELD", Some(path));
    }
    // Nobody deletes everything by a filter that was forgotten, or by two that contradict.
    let nothing = PurgeDocumentsRequest::default();
    check_refused(service.try_purge(nothing).await, Code::InvalidArgument, "INVALID_FIELD", Some("filter"));
    let one_level = Filter { levels: texts(&["市级"]), ..Filter::default() };
    let both = PurgeDocumentsRequest { all: true, ..purged(one_level) };
    check_refused(service.try_purge(both).await, Code::InvalidArgument, "INVALID_FIELD", Some("all"));
    service.stop().await;
}
