//! Lists of documents, page by page, and purges.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tonic::{Code, Request};
use xunzhang::rpc::proto::{
    Document, Filter, GetDocumentRequest, ListDocumentsRequest, ListedDocument, PurgeDocumentsRequest,
};

use crate::support::{
    GLOSSED, Service, check_refused, document, export_ids, exported, later, listed_ids, purged, ready, sent, within,
};

const INVALID: Code = Code::InvalidArgument;

fn level(level: &str) -> Filter {
    Filter { levels: vec![level.to_owned()], ..Filter::default() }
}

fn paged(page_size: u32) -> ListDocumentsRequest {
    ListDocumentsRequest { page_size, ..ListDocumentsRequest::default() }
}

fn filtered(page_size: u32, filter: Filter) -> ListDocumentsRequest {
    ListDocumentsRequest { filter: Some(filter), ..paged(page_size) }
}

fn id(number: usize) -> String {
    format!("文{number}")
}

/// Documents of two levels in turn.
async fn served(documents: usize) -> Service {
    let service = Service::start().await;
    for number in 0..documents {
        let level = ["市级", "省级"][number % 2].to_owned();
        service.put(Document { level, ..ready(&id(number), &["部署防汛工作"]) }).await;
    }
    service
}

#[tokio::test]
async fn a_listed_document_says_what_a_read_says() {
    let service = Service::start().await;
    service.put(Document { labels: vec!["一".to_owned()], ..document("讲话", GLOSSED) }).await;
    service.put(ready("清单", &["一", "二"])).await;
    service.put(Document { publish_date: "2024-03".to_owned(), ..document("空", "") }).await;
    let page = service.list(ListDocumentsRequest::default()).await;
    assert_eq!(listed_ids(&page.documents), ["讲话", "清单", "空"]);
    assert_eq!((page.next_page_token.as_str(), &page.generation), ("", &service.stats().await.generation));
    for listed in page.documents {
        let document_id = listed.document.as_ref().unwrap().id.clone();
        let got = service.get(GetDocumentRequest { document_id, ..GetDocumentRequest::default() }).await;
        let expected = ListedDocument {
            document: got.document,
            etag: got.etag,
            sequence: got.sequence,
            paragraph_count: got.paragraph_count,
            original_bytes: got.original_bytes,
            recognized_fields: got.recognized_fields,
        };
        assert_eq!(listed, expected);
    }
    service.stop().await;
}

#[tokio::test]
async fn pages_are_whole_and_without_repeats() {
    let service = served(60).await;
    let all: Vec<String> = (0..60).map(id).collect();
    for page_size in [1, 7, 59, 60, 61, 1_000] {
        assert_eq!(listed_ids(&service.list_all(paged(page_size)).await), all, "{page_size}");
    }
    let first = service.list(paged(0)).await;
    assert_eq!((first.documents.len(), first.next_page_token.is_empty()), (50, false));
    let some: Vec<&String> = all.iter().skip(1).step_by(2).collect();
    assert_eq!(listed_ids(&service.list_all(filtered(4, level("省级"))).await), some);
    assert!(service.list(filtered(4, level("县级"))).await.documents.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn pages_while_documents_come_and_go() {
    let service = served(20).await;
    let mut request = paged(4);
    let (mut seen, mut times): (Vec<String>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    for turn in 0.. {
        let page = service.list(request.clone()).await;
        for id in listed_ids(&page.documents) {
            seen.push(id.to_owned());
            *times.entry(id.to_owned()).or_default() += 1;
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
        // One is added, one that was seen goes, one that is still to come goes, one that was seen is replaced.
        if turn < 3 {
            service.put(ready(&format!("新{turn}"), &["一"])).await;
            service.try_delete(&id(turn), "").await.unwrap();
            service.try_delete(&id(19 - turn), "").await.unwrap();
            service.put(ready(&id(3), &[&format!("第{turn}稿")])).await;
        }
    }
    // What stayed as it was comes exactly once, and in order.
    let stayed: Vec<String> = (0..17).filter(|&number| number != 3).map(id).collect();
    assert_eq!(seen.iter().filter(|id| stayed.contains(id)).collect::<Vec<_>>(), stayed.iter().collect::<Vec<_>>());
    // What came is there; what was replaced comes once more; what went before its turn does not come.
    assert!((0..3).all(|turn| times[&format!("新{turn}")] == 1), "{seen:?}");
    assert_eq!(times[&id(3)], 2, "{seen:?}");
    assert!((17..20).all(|number| !times.contains_key(&id(number))), "{seen:?}");
    service.stop().await;
}

#[tokio::test]
async fn large_metadata_makes_short_pages() {
    let service = Service::start().await;
    let (long, label) = ("a".repeat(4_096), |number: usize| format!("{number:0256}"));
    let attributes: HashMap<String, String> = (0..64).map(|number| (label(number), long.clone())).collect();
    for number in 0..20 {
        let large = Document {
            title: long.clone(),
            source: long.clone(),
            author: long.clone(),
            agency: long.clone(),
            document_number: long.clone(),
            document_type: long.clone(),
            level: long.clone(),
            collection: long.clone(),
            labels: (0..64).map(label).collect(),
            attributes: attributes.clone(),
            ..ready(&id(number), &["一"])
        };
        service.put(large).await;
    }
    let first = service.list(paged(1_000)).await;
    assert!((2..20).contains(&first.documents.len()) && !first.next_page_token.is_empty());
    assert!(prost::Message::encoded_len(&first) <= 2 << 20);
    assert_eq!(listed_ids(&service.list_all(paged(1_000)).await), (0..20).map(id).collect::<Vec<_>>());
    service.stop().await;
}

#[tokio::test]
async fn tokens_are_good_for_their_list_only() {
    let service = served(6).await;
    let token = service.list(filtered(2, level("市级"))).await.next_page_token;
    assert!(!token.is_empty());
    let with = |page_token: &str, request: ListDocumentsRequest| ListDocumentsRequest {
        page_token: page_token.to_owned(),
        ..request
    };
    // The size of pages may change from page to page.
    assert_eq!(listed_ids(&service.list(with(&token, filtered(9, level("市级")))).await.documents), [id(4)]);
    for other in [paged(2), filtered(2, level("省级")), filtered(2, Filter::default())] {
        check_refused(service.try_list(with(&token, other)).await, INVALID, "TOKEN_MISMATCH", Some("page_token"));
    }
    let turned = format!("{}{}", &token[1..], &token[..1]);
    for damaged in
        ["7", "页", turned.as_str(), &later(&token), &token[1..], &token.to_uppercase(), &format!("{token}0")]
    {
        let request = with(damaged, filtered(2, level("市级")));
        check_refused(service.try_list(request).await, INVALID, "TOKEN_INVALID", Some("page_token"));
    }
    for page_size in [1_001, u32::MAX] {
        check_refused(service.try_list(paged(page_size)).await, INVALID, "INVALID_FIELD", Some("page_size"));
    }
    // It outlives a restart.
    let service = service.restart().await;
    assert_eq!(listed_ids(&service.list(with(&token, filtered(2, level("市级")))).await.documents), [id(4)]);
    service.stop().await;
}

#[tokio::test]
async fn a_purge_deletes_what_its_filter_lets_through_and_nothing_else() {
    let service = served(9).await;
    service.put(Document { level: "市级".to_owned(), ..ready("空", &[]) }).await;
    let before = service.stats().await;
    let validated = service.purge(PurgeDocumentsRequest { validate_only: true, ..purged(level("市級")) }).await;
    // Documents without paragraphs count, too.
    let expected: Vec<String> = (0..9).step_by(2).map(id).chain(["空".to_owned()]).collect();
    assert_eq!((validated.purge_count, &validated.purge_sample), (6, &expected));
    assert_eq!((&validated.generation, &service.stats().await.generation), (&before.generation, &before.generation));
    let done = service.purge(purged(level("市級"))).await;
    assert_eq!((done.purge_count, &done.purge_sample), (6, &expected));
    let left: Vec<String> = (1..9).step_by(2).map(id).collect();
    assert_eq!(listed_ids(&service.list(ListDocumentsRequest::default()).await.documents), left);
    let exported = service.export(exported("")).await;
    assert_eq!(export_ids(&exported), left.iter().map(|id| format!("{id}#0")).collect::<Vec<_>>());
    assert_eq!(exported.header.generation, done.generation);
    let stats = service.stats().await;
    assert_eq!((stats.documents, stats.tombstones), (4, before.tombstones + 6));
    // Nothing is left, and nothing is written.
    let again = service.purge(purged(level("市級"))).await;
    assert_eq!((again.purge_count, again.purge_sample.len(), again.generation), (0, 0, done.generation));
    let service = service.restart().await;
    assert_eq!(service.stats().await.documents, 4);
    let all = PurgeDocumentsRequest { all: true, ..PurgeDocumentsRequest::default() };
    let validated = service.purge(PurgeDocumentsRequest { validate_only: true, ..all.clone() }).await;
    assert_eq!((validated.purge_count, service.stats().await.documents), (4, 4));
    assert_eq!(service.purge(all).await.purge_count, 4);
    assert_eq!(service.stats().await.documents, 0);
    service.stop().await;
}

/// Imports so many documents in one go.
async fn import(service: &Service, documents: u64) {
    let sent: Vec<_> = (1..=documents).map(|number| sent(number, ready(&format!("文{number}"), &["一"]))).collect();
    let answers = service.documents().import_documents(tokio_stream::iter(sent)).await;
    let mut answers = answers.expect("it is taken").into_inner();
    while answers.message().await.expect("it goes on").is_some() {}
}

#[tokio::test]
async fn a_purge_of_many_goes_in_groups() {
    let service = Service::start().await;
    import(&service, 2_300).await;
    service.put(ready("留", &["一"])).await;
    let but_one = Filter { document_ids: vec!["留".to_owned()], ..Filter::default() };
    let filter = Filter { none_of: Some(Box::new(but_one)), ..Filter::default() };
    let done = service.purge(purged(filter)).await;
    assert_eq!((done.purge_count, done.purge_sample.len()), (2_300, 100));
    let sample: BTreeSet<_> = done.purge_sample.iter().collect();
    assert_eq!((sample.len(), done.purge_sample[0].as_str()), (100, "文1"));
    assert_eq!(listed_ids(&service.list(ListDocumentsRequest::default()).await.documents), ["留"]);
    service.stop().await;
}

#[tokio::test]
async fn a_purge_that_met_its_deadline_goes_on_when_it_is_asked_again() {
    let service = Service::start().await;
    import(&service, 2_300).await;
    let all = || PurgeDocumentsRequest { all: true, ..PurgeDocumentsRequest::default() };
    let mut timeout = Duration::from_millis(1);
    let last = loop {
        let mut request = Request::new(all());
        request.set_timeout(timeout);
        match within("an answer", service.documents().purge_documents(request)).await {
            Ok(done) => break done.into_inner(),
            // The client's own clock may be the first to say so.
            Err(status) => assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), "{status:?}"),
        }
        timeout *= 2;
    };
    assert!(timeout > Duration::from_millis(1), "a millisecond is enough for {last:?}");
    assert_eq!(service.stats().await.documents, 0);
    service.stop().await;
}

#[tokio::test]
async fn a_purge_leaves_alone_what_came_after_it_began() {
    let service = served(40).await;
    let (replaced, filter) = (id(39), level("省级"));
    let newer = Document { level: "省级".to_owned(), ..ready(&replaced, &["新的一稿"]) };
    // Both at once: the purge deletes the old version or leaves the new one, whichever comes first.
    let (done, put) = tokio::join!(service.purge(purged(filter.clone())), service.put(newer));
    assert!((19..=20).contains(&done.purge_count), "{done:?}");
    let left = service.list(filtered(0, filter)).await.documents;
    let survives = left.iter().any(|listed| listed.etag == put.etag);
    assert!(left.len() == usize::from(survives), "{left:?}");
    assert_eq!(service.stats().await.documents, 20 + u64::from(survives));
    service.stop().await;
}
