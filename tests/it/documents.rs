//! Documents put, read and deleted, one at a time.

use tonic::Code;
use xunzhang::rpc::proto::{
    Document, GetDocumentRequest, Outcome, PutDocumentRequest, ReadyParagraph, ReadyParagraphs, document::Content,
};

use crate::support::{
    NOTICE, Service, check_refused, document, exported, hit_ids, phrase, poll, ready, searched, typed,
};

fn of(id: &str) -> GetDocumentRequest {
    GetDocumentRequest { document_id: id.to_owned(), ..GetDocumentRequest::default() }
}

#[tokio::test]
async fn put_get_delete() {
    let service = Service::start().await;
    let sent = Document {
        title: "关于召开安全生产工作会议的通知".to_owned(),
        source: "市政府门户网站".to_owned(),
        author: "市安委办".to_owned(),
        agency: "市安全生产委员会办公室".to_owned(),
        document_number: "安委办〔2024〕3号".to_owned(),
        document_type: "通知".to_owned(),
        publish_date: "2024-03-05".to_owned(),
        level: "市级".to_owned(),
        collection: "安全生产".to_owned(),
        labels: vec!["会议".to_owned(), "安全".to_owned()],
        attributes: [("页数".to_owned(), "3".to_owned())].into(),
        ..document("通知.txt", NOTICE)
    };
    let put = service.put(sent.clone()).await;
    assert_eq!((put.document_id.as_str(), put.outcome()), ("通知.txt", Outcome::Created));
    assert!(put.warnings.is_empty() && !put.etag.is_empty() && put.paragraph_count > 3);
    let got = service.get(of("通知.txt")).await;
    assert_eq!(got.document, Some(Document { content: None, ..sent }));
    assert_eq!((&got.etag, got.paragraph_count), (&put.etag, put.paragraph_count));
    assert_eq!(got.original_bytes, NOTICE.len() as u64);
    assert!(got.sequence > 0 && got.paragraphs.is_empty() && got.original.is_empty() && got.edits.is_empty());
    let deleted = service.try_delete("通知.txt", "").await.unwrap();
    assert_ne!(deleted.generation, put.generation);
    check_refused(service.try_get(of("通知.txt")).await, Code::NotFound, "DOCUMENT_NOT_FOUND", None);
    assert!(service.search(searched("营商环境")).await.hits.is_empty());
    let again = service.try_delete("通知.txt", "").await;
    check_refused(again, Code::NotFound, "DOCUMENT_NOT_FOUND", None);
    // What comes back is new, and later than all that was.
    assert_eq!(service.put(document("通知.txt", NOTICE)).await.outcome(), Outcome::Created);
    assert!(service.get(of("通知.txt")).await.sequence > got.sequence);
    service.stop().await;
}

#[tokio::test]
async fn a_replaced_document_is_another_from_one_moment_to_the_next() {
    let service = Service::start().await;
    let old = service.put(ready("纪要", &["会议研究防汛抗旱工作", "会议研究秋粮收购工作"])).await;
    let new = service.put(ready("纪要", &["会议研究防汛抗旱和供水保障工作"])).await;
    assert_eq!((new.outcome(), new.paragraph_count), (Outcome::Replaced, 1));
    assert!(new.etag != old.etag && new.generation != old.generation);
    assert_eq!(hit_ids(&service.search(searched("“供水保障”")).await), ["纪要#0"]);
    assert_eq!(hit_ids(&service.search(searched("“防汛抗旱”")).await), ["纪要#0"]);
    assert!(service.search(searched("“秋粮收购”")).await.hits.is_empty());
    assert_eq!(service.export(exported("")).await.hits.len(), 1);
    // Whoever read the first answer may demand as much, and gets more.
    for generation in [&old.generation, &new.generation] {
        let request =
            xunzhang::rpc::proto::SearchRequest { min_generation: generation.clone(), ..searched("防汛抗旱") };
        assert_eq!(service.search(request).await.header.generation, new.generation);
    }
    // The frequency of a term is that of what can be found.
    let found = service.search(typed(phrase("会议研究"))).await;
    assert_eq!(found.hits.len(), 1);
    service.stop().await;
}

#[tokio::test]
async fn equal_content_changes_nothing() {
    let service = Service::start().await;
    let first = service.put(document("甲", NOTICE)).await;
    let sequence = service.stats().await.sequence;
    let again = service.put(document("甲", NOTICE)).await;
    assert_eq!(again.outcome(), Outcome::Unchanged);
    assert_eq!(
        (again.etag.as_str(), again.generation.as_str(), again.paragraph_count),
        (first.etag.as_str(), first.generation.as_str(), first.paragraph_count)
    );
    assert_eq!(service.stats().await.sequence, sequence);
    // Content is what the caller sent, metadata and all; the id is not part of it.
    let titled = service.put(Document { title: "通知".to_owned(), ..document("甲", NOTICE) }).await;
    assert_eq!(titled.outcome(), Outcome::Replaced);
    let other = service.put(document("乙", NOTICE)).await;
    assert_eq!((other.outcome(), other.etag), (Outcome::Created, first.etag));
    service.stop().await;
}

#[tokio::test]
async fn an_etag_lets_only_one_version_be_replaced_or_deleted() {
    let service = Service::start().await;
    let put =
        |text: &str, etag: &str| PutDocumentRequest { document: Some(ready("纪要", &[text])), etag: etag.to_owned() };
    let first = service.try_put(put("第一稿", "")).await.unwrap();
    let second = service.try_put(put("第二稿", &first.etag)).await.unwrap();
    assert_eq!(second.outcome(), Outcome::Replaced);
    let late = service.try_put(put("第三稿", &first.etag)).await;
    let late = late.expect_err("the first version is gone");
    assert_eq!(
        tonic_types::StatusExt::get_error_details(&late).error_info().unwrap().metadata["etag"],
        second.etag,
        "the stored version is named"
    );
    check_refused::<()>(Err(late), Code::Aborted, "ETAG_MISMATCH", None);
    check_refused(service.try_delete("纪要", &first.etag).await, Code::Aborted, "ETAG_MISMATCH", None);
    // Even what would change nothing is held to it, and so is what is not there.
    check_refused(service.try_put(put("第二稿", &first.etag)).await, Code::Aborted, "ETAG_MISMATCH", None);
    let absent = PutDocumentRequest { document: Some(ready("别的", &["一"])), etag: first.etag.clone() };
    check_refused(service.try_put(absent).await, Code::Aborted, "ETAG_MISMATCH", None);
    assert_eq!(hit_ids(&service.search(searched("“第二稿”")).await), ["纪要#0"]);
    assert_eq!(service.stats().await.documents, 1);
    service.try_delete("纪要", &second.etag).await.unwrap();
    assert_eq!(service.stats().await.documents, 0);
    service.stop().await;
}

#[tokio::test]
async fn dates_in_every_form() {
    let service = Service::start().await;
    for (number, (given, expected)) in [
        ("2024", Some("2024")),
        ("2024-03", Some("2024-03")),
        ("2024-03-05", Some("2024-03-05")),
        ("20240305", Some("2024-03-05")),
        ("2024年3月5日", Some("2024-03-05")),
        ("2024年12月15日", Some("2024-12-15")),
        ("", Some("")),
        ("去年秋天", None),
        ("2024-02-30", None),
        ("2024/03/05", None),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("{number}");
        let put =
            service.put(Document { publish_date: given.to_owned(), ..ready(&id, &["关于节假日安排的通知"]) }).await;
        let kept = service.get(of(&id)).await.document.unwrap();
        let warnings: Vec<_> =
            put.warnings.iter().map(|warning| (warning.reason.as_str(), warning.field.as_str())).collect();
        if let Some(date) = expected {
            assert_eq!((kept.publish_date.as_str(), kept.attributes.len()), (date, 0), "{given}");
            assert!(warnings.is_empty(), "{given}: {warnings:?}");
        } else {
            assert_eq!((kept.publish_date.as_str(), kept.attributes["publish_date"].as_str()), ("", given));
            assert_eq!(warnings, [("UNKNOWN_DATE", "document.publish_date")], "{given}");
        }
        assert_eq!(put.outcome(), Outcome::Created, "{given}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_text_with_nothing_to_search_is_taken() {
    let service = Service::start().await;
    let contents = [
        None,
        Some(Content::Text(String::new())),
        Some(Content::Text(" \n\u{3000}\n".to_owned())),
        Some(Content::Text("……——。".to_owned())),
        Some(Content::Paragraphs(ReadyParagraphs { paragraphs: vec![] })),
        Some(Content::Paragraphs(ReadyParagraphs { paragraphs: vec![ReadyParagraph::default()] })),
    ];
    for (number, content) in contents.into_iter().enumerate() {
        let id = format!("空 {number}");
        let put = service.put(Document { id: id.clone(), content: content.clone(), ..Document::default() }).await;
        assert_eq!(put.outcome(), Outcome::Created, "{content:?}");
        let warnings: Vec<_> = put.warnings.iter().map(|warning| warning.reason.as_str()).collect();
        assert_eq!(warnings, ["EMPTY_TEXT"], "{content:?}");
        assert_eq!(service.get(of(&id)).await.document.unwrap().id, id);
    }
    assert!(service.export(exported("")).await.hits.is_empty());
    assert_eq!(service.stats().await.documents, 6);
    service.stop().await;
}

#[tokio::test]
async fn ids_of_every_kind() {
    let service = Service::start().await;
    let long = format!("{}ab", "章".repeat(170));
    assert_eq!(long.len(), 512);
    let ids = ["a", "通知 2024/附件 1.txt", "#", "a#1", "a#1#2", "../x?y=1&z", "\u{1F4C4}", long.as_str()];
    for id in ids {
        let put = service.put(ready(id, &["落实责任", "强化保障"])).await;
        assert_eq!(put.document_id, id);
        assert_eq!(service.get(of(id)).await.document.unwrap().id, id);
    }
    let found = service.search(searched("“强化保障”")).await;
    assert_eq!(hit_ids(&found), ids.map(|id| format!("{id}#1")));
    for id in ids {
        service.try_delete(id, "").await.unwrap();
        check_refused(service.try_get(of(id)).await, Code::NotFound, "DOCUMENT_NOT_FOUND", None);
    }
    assert!(service.export(exported("")).await.hits.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn an_index_that_cannot_be_written_to_refuses_changes_until_it_can() {
    let service = Service::start().await;
    service.put(document("甲", "部署防汛工作。")).await;
    let (index, aside) = (service.data_dir().join("index"), service.data_dir().join("aside"));
    std::fs::rename(&index, &aside).unwrap();
    let put =
        |id: &str| PutDocumentRequest { document: Some(document(id, "部署防火工作。")), etag: String::new() };
    check_refused(service.try_put(put("乙")).await, Code::Unavailable, "ENGINE_UNAVAILABLE", None);
    assert_eq!(service.search(searched("防汛")).await.hits.len(), 1, "reads go on");
    std::fs::rename(&aside, &index).unwrap();
    poll("it to be written to again", async || service.try_put(put("丙")).await.ok()).await;
    assert_eq!(hit_ids(&service.search(searched("防火")).await), ["丙#0"]);
    service.stop().await;
}
