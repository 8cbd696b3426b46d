//! What is read of one document: its paragraphs, its original.

use tonic::Code;
use xunzhang::rpc::proto::{
    Document, DocumentView, Edit, GetDocumentRequest, GetDocumentResponse, ReadyParagraph, ReadyParagraphs,
    document::Content,
};

use crate::support::{GLOSSED, NOTICE, Service, ZERO_WIDTH, check_refused, document, exported, ready};

/// The most bytes of text that one answer has.
const PAGE_BYTES: usize = 2 << 20;

fn view(id: &str, view: DocumentView) -> GetDocumentRequest {
    GetDocumentRequest { document_id: id.to_owned(), view: view.into(), ..GetDocumentRequest::default() }
}

/// Reads an original page by page.
async fn original(service: &Service, id: &str, limit: u32) -> (String, Vec<Edit>) {
    let (mut text, mut edits, mut pages) = (String::new(), Vec::<Edit>::new(), 0);
    loop {
        let offset = text.len() as u64;
        let request =
            GetDocumentRequest { original_offset: offset, original_limit: limit, ..view(id, DocumentView::Original) };
        let GetDocumentResponse { original, next_original_offset: next, edits: of_page, .. } =
            service.get(request).await;
        assert!(!original.is_empty() && original.len() <= if limit == 0 { PAGE_BYTES } else { limit as usize });
        text.push_str(&original);
        // One that lies across the end of a page is told with both.
        let is_known = edits.last() == of_page.first();
        edits.extend(of_page.into_iter().skip(usize::from(is_known)));
        pages += 1;
        if next == 0 {
            assert!(pages > 1 || text.len() <= limit as usize || limit == 0, "{pages} pages");
            return (text, edits);
        }
        assert_eq!(next, text.len() as u64);
    }
}

#[tokio::test]
async fn the_original_comes_back_byte_for_byte_with_what_was_cut() {
    let service = Service::start().await;
    let odd = "\u{feff}\r\n 　标题\r\n\r\n\n正文一句。\t \r\n\u{200b}\n";
    let texts = [("notice", NOTICE), ("glossed", GLOSSED), ("hidden", ZERO_WIDTH), ("odd", odd), ("dots", "……\n。")];
    for (id, text) in texts {
        service.put(document(id, text)).await;
        for limit in [0, 4, 100, 1_001] {
            assert_eq!(original(&service, id, limit).await.0, text, "{id}, {limit} bytes a page");
        }
    }
    let cut = async |id: &str, limit: u32| {
        let (text, edits) = original(&service, id, limit).await;
        let cut = edits.into_iter().map(|Edit { range, rule }| {
            let range = range.unwrap();
            format!("{rule} {}", text[range.start as usize..range.end as usize].escape_unicode())
        });
        cut.collect::<Vec<_>>()
    };
    for limit in [0, 4, 50] {
        let glosses = cut("glossed", limit).await;
        assert!(glosses.iter().all(|edit| edit.starts_with("PINYIN_GLOSS \\u{28}")), "{glosses:?}");
        assert_eq!(glosses.len(), GLOSSED.matches('(').count() - 2, "all but `(a)` and the clause around it");
        assert_eq!(cut("hidden", limit).await, ["200b", "200b", "feff"].map(|c| format!("ZERO_WIDTH \\u{{{c}}}")));
        assert!(cut("notice", limit).await.is_empty());
    }
    service.stop().await;
}

#[tokio::test]
async fn a_page_begins_and_ends_between_characters() {
    let service = Service::start().await;
    service.put(document("甲", "落实责任，强化保障。")).await;
    let part = async |original_offset, original_limit| {
        let request = GetDocumentRequest { original_offset, original_limit, ..view("甲", DocumentView::Original) };
        service.try_get(request).await
    };
    let got = part(3, 7).await.unwrap();
    assert_eq!((got.original.as_str(), got.next_original_offset), ("实责", 9));
    let got = part(24, 100).await.unwrap();
    assert_eq!((got.original.as_str(), got.next_original_offset), ("障。", 0));
    for offset in [1, 5, 31, u64::MAX] {
        let refused = part(offset, 0).await;
        check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("original_offset"));
    }
    service.stop().await;
}

#[tokio::test]
async fn paragraphs_in_order_with_where_they_stand() {
    let service = Service::start().await;
    let put = service.put(document("notice", NOTICE)).await;
    let got = service.get(view("notice", DocumentView::Paragraphs)).await;
    assert_eq!((got.paragraphs.len(), got.next_ordinal), (put.paragraph_count as usize, 0));
    assert!(got.original.is_empty());
    // They are what an export sends.
    let exported = service.export(exported("")).await;
    for (paragraph, hit) in got.paragraphs.iter().zip(&exported.hits) {
        assert_eq!(
            (&paragraph.paragraph_id, paragraph.ordinal, &paragraph.text),
            (&hit.paragraph_id, hit.ordinal, &hit.text)
        );
        assert_eq!((&paragraph.heading_path, &paragraph.source_ranges), (&hit.heading_path, &hit.source_ranges));
    }
    let path = |text: &str| {
        let paragraph = got.paragraphs.iter().find(|paragraph| paragraph.text.contains(text)).unwrap();
        paragraph.heading_path.join(" › ")
    };
    assert!(path("缓解企业融资困难").contains("二、着力降低企业经营成本"), "{}", path("缓解企业融资困难"));
    assert!(!path("开展评估通报").contains("经营成本"), "{}", path("开展评估通报"));
    // From an ordinal on.
    let rest = service.get(GetDocumentRequest { first_ordinal: 3, ..view("notice", DocumentView::Paragraphs) }).await;
    assert_eq!(rest.paragraphs, got.paragraphs[3..]);
    service.stop().await;
}

#[tokio::test]
async fn ready_made_paragraphs_are_taken_as_they_are() {
    let service = Service::start().await;
    let paragraphs = [
        ("強(qiáng)調(diào)問題導向\u{200b}\n\n  一、标题", vec!["第一章", "第一节"]),
        ("", vec![]),
        (" ", vec!["空白"]),
        ("短。", vec!["a"; 16]),
    ];
    let ready = |(text, path): &(&str, Vec<&str>)| ReadyParagraph {
        text: (*text).to_owned(),
        heading_path: path.iter().map(ToString::to_string).collect(),
    };
    let content = Content::Paragraphs(ReadyParagraphs { paragraphs: paragraphs.iter().map(ready).collect() });
    let put = service.put(Document { id: "甲".to_owned(), content: Some(content), ..Document::default() }).await;
    assert_eq!(put.paragraph_count, 4);
    let got = service.get(view("甲", DocumentView::Paragraphs)).await;
    for (number, (sent, kept)) in paragraphs.iter().zip(&got.paragraphs).enumerate() {
        assert_eq!((sent.0, number), (kept.text.as_str(), kept.ordinal as usize));
        assert_eq!((kept.heading_path.len(), kept.source_ranges.len()), (sent.1.len(), 0));
    }
    assert_eq!((got.paragraphs.len(), got.original_bytes), (4, 0));
    assert_eq!(service.get(view("甲", DocumentView::Original)).await.original, "");
    service.stop().await;
}

#[tokio::test]
async fn what_is_large_comes_in_pages() {
    let service = Service::start().await;
    let paragraph = "落实责任，强化保障。".repeat(1_000);
    let count = 2 * PAGE_BYTES / paragraph.len();
    service.put(ready("甲", &vec![paragraph.as_str(); count])).await;
    let (mut read, mut pages, mut first) = (0, 0, 0);
    loop {
        let request = GetDocumentRequest { first_ordinal: first, ..view("甲", DocumentView::Paragraphs) };
        let got = service.get(request).await;
        let bytes: usize = got.paragraphs.iter().map(|paragraph| paragraph.text.len()).sum();
        assert!((1..=PAGE_BYTES).contains(&bytes), "{bytes}");
        assert_eq!(got.paragraphs[0].ordinal as usize, read);
        (read, pages, first) = (read + got.paragraphs.len(), pages + 1, got.next_ordinal);
        if first == 0 {
            break;
        }
    }
    assert_eq!((read, pages > 1), (count, true));
    service.stop().await;
}
