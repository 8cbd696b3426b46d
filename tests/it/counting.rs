//! Counts: exact, and the same as what an export gives.

use std::collections::{BTreeMap, BTreeSet};

use tonic::Code;
use xunzhang::rpc::proto::{
    CountRequest, Document, ExportRequest, Facet, FacetField, FacetValue, Filter, MatchMode, Query, count_request,
    export_request, query::Kind,
};

use crate::support::{Service, check_refused, counted, everything, exported, ready, text};

const SOURCES: [&str; 3] = ["红星网", "人民日报", ""];
const LABELS: [&str; 3] = ["防汛", "应急", "存档"];

/// Documents of which every third has the same source, with none, one or two labels, over two years, in two segments
/// at least.
async fn served() -> Service {
    let service = Service::start().await;
    for number in 0..12_usize {
        let paragraphs = ["部署防汛工作", "落实防汛责任", "开展应急演练", "……"];
        let document = Document {
            source: SOURCES[number % 3].to_owned(),
            labels: LABELS[..number % 3].iter().map(ToString::to_string).collect(),
            publish_date: format!("{}-0{}", 2023 + number % 2, 1 + number % 9),
            ..ready(&format!("文{number}"), &paragraphs[..=number % 4])
        };
        service.put(document).await;
    }
    service
}

/// Checks the numbers of a count against what an export of the same gives.
async fn check(service: &Service, request: CountRequest, exported: ExportRequest) -> u64 {
    let fields = [FacetField::Label, FacetField::Source, FacetField::Year];
    let facets = fields.map(i32::from).to_vec();
    let counts = service.count(CountRequest { facets, ..request }).await;
    let exported = service.export(exported).await;
    let documents: BTreeSet<_> = exported.hits.iter().map(|hit| &hit.document_id).collect();
    assert_eq!((counts.paragraphs, counts.documents), (exported.hits.len() as u64, documents.len() as u64));
    assert_eq!((counts.generation, counts.parsed), (exported.header.generation, exported.header.parsed));
    assert_eq!(counts.facets.iter().map(Facet::field).collect::<Vec<_>>(), fields);
    let mut sources: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
    let mut years = sources.clone();
    for hit in &exported.hits {
        for (tallies, value) in [(&mut sources, hit.source.as_str()), (&mut years, &hit.publish_date[..4])] {
            let (paragraphs, documents) = tallies.entry(value).or_default();
            *paragraphs += 1;
            documents.insert(&hit.document_id);
        }
    }
    sources.remove("");
    for (facet, tallies) in counts.facets[1..].iter().zip([sources, years]) {
        let counted: BTreeMap<&str, (u64, u64)> =
            facet.values.iter().map(|value| (value.value.as_str(), (value.paragraphs, value.documents))).collect();
        let expected =
            tallies.into_iter().map(|(value, (paragraphs, documents))| (value, (paragraphs, documents.len() as u64)));
        assert_eq!(counted, expected.collect());
        assert!(facet.values.is_sorted_by_key(|value| std::cmp::Reverse(value.paragraphs)), "{facet:?}");
        assert_eq!((facet.further_values, facet.further_paragraphs), (0, 0));
    }
    counts.paragraphs
}

#[tokio::test]
async fn a_count_is_what_an_export_gives() {
    let service = served().await;
    let mut totals = Vec::new();
    for query in ["", "防汛", "“防汛責任”", "防汛 应急", "来源:红星网 防汛", "-防汛", "饕餮"] {
        totals.push(check(&service, counted(query), exported(query)).await);
    }
    // Not in the list: the paragraphs without a letter or a digit, which cannot be found.
    assert_eq!(totals, [27, 21, 9, 27, 9, 6, 0]);
    let all = MatchMode::All.into();
    let request = CountRequest { r#match: all, ..counted("防汛 责任") };
    assert_eq!(check(&service, request, ExportRequest { r#match: all, ..exported("防汛 责任") }).await, 9);
    let filter = Some(Filter { published_from: "2024".to_owned(), ..Filter::default() });
    let request = CountRequest { filter: filter.clone(), ..counted("防汛") };
    assert_eq!(check(&service, request, ExportRequest { filter, ..exported("防汛") }).await, 12);
    let (counting, exporting) =
        (count_request::QueryForm::TypedQuery(text("防汛")), export_request::QueryForm::TypedQuery(text("防汛")));
    let request = CountRequest { query_form: Some(counting), ..CountRequest::default() };
    let export = ExportRequest { query_form: Some(exporting), ..ExportRequest::default() };
    assert_eq!(check(&service, request, export).await, 21);
    assert_eq!(check(&service, CountRequest::default(), ExportRequest::default()).await, 27);
    service.stop().await;
}

#[tokio::test]
async fn facets_of_every_field() {
    let service = Service::start().await;
    // Every field has values of its own.
    let document = |id: &str, paragraphs: &[&str], value: &str| {
        let of = |field: &str| format!("{value}{field}");
        Document {
            source: of("来源"),
            agency: of("机关"),
            document_type: of("类型"),
            level: of("级别"),
            collection: of("集合"),
            labels: vec![of("标签"), "共有".to_owned()],
            publish_date: "2024-03-05".to_owned(),
            ..ready(id, paragraphs)
        }
    };
    service.put(document("甲", &["一", "二"], "國務院")).await;
    service.put(document("乙", &["三"], "国务院")).await;
    service.put(document("丙", &["四"], "省政府")).await;
    service.put(ready("丁", &["五"])).await;
    let value = |value: &str, paragraphs, documents| FacetValue { value: value.to_owned(), paragraphs, documents };
    // Equal values are one, in the spelling of most paragraphs.
    let spelled = |field: &str| vec![value(&format!("國務院{field}"), 3, 2), value(&format!("省政府{field}"), 1, 1)];
    let expected = [
        (FacetField::Label, [vec![value("共有", 4, 3)], spelled("标签")].concat()),
        (FacetField::Collection, spelled("集合")),
        (FacetField::Level, spelled("级别")),
        (FacetField::DocumentType, spelled("类型")),
        (FacetField::Agency, spelled("机关")),
        (FacetField::Source, spelled("来源")),
        (FacetField::Year, vec![value("2024", 4, 3)]),
    ];
    let facets = expected.iter().map(|&(field, _)| field.into()).collect();
    let counts = service.count(CountRequest { facets, ..counted("") }).await;
    assert_eq!((counts.paragraphs, counts.documents), (5, 4));
    let counted: Vec<_> = counts.facets.into_iter().map(|facet| (facet.field(), facet.values)).collect();
    assert_eq!(counted, expected);
    service.stop().await;
}

#[tokio::test]
async fn a_facet_of_many_values_adds_up_the_rest() {
    let service = Service::start().await;
    for number in 0..103 {
        let level = format!("{number:03}");
        service.put(Document { level, ..ready(&format!("文{number}"), &["防汛"]) }).await;
    }
    let facets = vec![FacetField::Level.into()];
    let counts = service.count(CountRequest { facets, ..counted("防汛") }).await;
    let facet = &counts.facets[0];
    assert_eq!((facet.values.len(), facet.further_values, facet.further_paragraphs), (100, 3, 3));
    assert_eq!((facet.values[0].value.as_str(), facet.values[99].value.as_str()), ("000", "099"));
    service.stop().await;
}

#[tokio::test]
async fn fields_of_a_count() {
    let service = served().await;
    let of = |change: fn(&mut CountRequest)| {
        let mut request = counted("防汛");
        change(&mut request);
        request
    };
    for (request, field) in [
        (counted(&"党".repeat(1_025)), "query"),
        (of(|request| request.r#match = 3), "match"),
        (of(|request| request.facets = vec![0]), "facets[0]"),
        (of(|request| request.facets = vec![1, 8]), "facets[1]"),
        (of(|request| request.facets = vec![2, 3, -1]), "facets[2]"),
        (of(|request| request.facets = vec![2, 3, 2]), "facets[2]"),
        (of(|request| request.facets = vec![7; 60_000]), "facets[1]"),
        (of(|request| request.min_generation = "newest".to_owned()), "min_generation"),
        (of(|request| request.min_generation = "00000000-1".to_owned()), "min_generation"),
        (
            of(|request| request.query_form = Some(count_request::QueryForm::TypedQuery(Query { kind: None }))),
            "typed_query",
        ),
    ] {
        check_refused(service.try_count(request).await, Code::InvalidArgument, "INVALID_FIELD", Some(field));
    }
    // What was taken otherwise than it may have been meant is said, and what was put is seen.
    let put = service.put(ready("新", &["部署防汛工作"])).await;
    let counts = service.count(CountRequest { min_generation: put.generation.clone(), ..counted("“防汛") }).await;
    assert_eq!(counts.warnings.iter().map(|warning| warning.reason.as_str()).collect::<Vec<_>>(), ["UNCLOSED_QUOTE"]);
    assert_eq!(counts.generation, put.generation);
    assert!(matches!(counts.parsed.unwrap().kind, Some(Kind::Text(_))));
    assert_eq!(service.count(CountRequest::default()).await.parsed, Some(everything()));
    service.stop().await;
}
