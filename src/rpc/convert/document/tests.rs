//! What is refused of a document, and what becomes of the rest.

use super::*;

fn named(change: impl FnOnce(&mut proto::Document)) -> proto::Document {
    let mut document = proto::Document { id: "通知/1.txt".to_owned(), ..proto::Document::default() };
    change(&mut document);
    document
}

fn check_refused(change: impl FnOnce(&mut proto::Document), field: &str) {
    let refused = document(Some(named(change))).expect_err("must be refused");
    assert_eq!(refused.field, field, "{refused}");
}

#[test]
fn a_document_without_content_has_an_empty_text() {
    let received = document(Some(named(|_| {}))).unwrap();
    assert_eq!(received.document.content, Content::Text(String::new()));
    assert!(received.warnings.is_empty());
}

#[test]
fn sizes_are_held_to() {
    let long = |bytes: usize| "a".repeat(bytes);
    check_refused(|document| document.title = long(FIELD_BYTES + 1), "document.title");
    check_refused(|document| document.labels = vec![String::new(); LABELS + 1], "document.labels");
    check_refused(|document| document.labels = vec![String::new(), long(LABEL_BYTES + 1)], "document.labels[1]");
    check_refused(
        |document| document.attributes = HashMap::from([("k".to_owned(), long(FIELD_BYTES + 1))]),
        "document.attributes[k]",
    );
    check_refused(
        |document| document.content = Some(document::Content::Text(long(MAX_TEXT_BYTES + 1))),
        "document.text",
    );
    assert_eq!(document(None).expect_err("must be refused").field, "document");
}

fn ready(text_bytes: usize, headings: &[usize]) -> proto::Document {
    let heading_path = headings.iter().map(|&bytes| "a".repeat(bytes)).collect();
    let paragraphs = vec![proto::ReadyParagraph { text: "a".repeat(text_bytes), heading_path }];
    named(|document| {
        document.content = Some(document::Content::Paragraphs(proto::ReadyParagraphs { paragraphs }));
    })
}

#[test]
fn paragraphs_and_headings_that_no_client_could_read_back_are_refused() {
    let field = |document_: proto::Document| document(Some(document_)).map(|_| ()).map_err(|refused| refused.field);
    let [path, text] = ["heading_path", "text"].map(|name| format!("document.paragraphs.paragraphs[0].{name}"));
    assert_eq!(field(ready(256 << 10, &[256; 16])), Ok(()));
    assert_eq!(field(ready((256 << 10) + 1, &[])), Err(text));
    assert_eq!(field(ready(1, &[4 << 10])), Ok(()));
    for headings in [&[0; 17][..], &[(4 << 10) + 1], &[6 << 20], &[2 << 10, 2 << 10, 1]] {
        assert_eq!(field(ready(1, headings)), Err(path.clone()));
    }
}

/// What becomes of the date 去年, sent with attributes.
fn undated(sent: impl IntoIterator<Item = (String, String)>) -> (BTreeMap<String, String>, String) {
    let attributes = sent.into_iter().collect();
    let sent = named(|document| {
        document.publish_date = "去年".to_owned();
        document.attributes = attributes;
    });
    let Received { document, mut warnings } = document(Some(sent)).unwrap();
    (document.metadata.attributes, warnings.pop().expect("warns").message)
}

#[test]
fn an_unknown_date_replaces_no_attribute_and_makes_none_too_many() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let (kept, message) = undated([]);
    assert_eq!(kept, BTreeMap::from([pair("publish_date", "去年")]));
    assert!(message.ends_with("kept as the attribute `publish_date`"), "{message}");
    let (kept, message) = undated([pair("publish_date", "癸卯年")]);
    assert_eq!(kept, BTreeMap::from([pair("publish_date", "癸卯年")]));
    assert!(message.ends_with("there is an attribute `publish_date` already"), "{message}");
    let (kept, message) = undated((0..LABELS).map(|number| pair(&number.to_string(), "")));
    assert_eq!((kept.len(), kept.contains_key("publish_date")), (LABELS, false));
    assert!(message.ends_with("there are 64 attributes already"), "{message}");
}

#[test]
fn an_etag_is_one_of_ours_or_none() {
    assert_eq!(etag("").unwrap(), None);
    assert_eq!(etag(&Etag(0xab).to_string()).unwrap(), Some(Etag(0xab)));
    for foreign in ["ab", "+000000000000012", "W/\"1234567890ab\""] {
        assert_eq!(etag(foreign).expect_err("must be refused").field, "etag");
    }
}

#[test]
fn a_view_brings_its_own_bounds() {
    let ask = |view: i32, original_limit: u32| {
        let id = "a".to_owned();
        get_request(proto::GetDocumentRequest { document_id: id, view, original_limit, ..Default::default() })
    };
    assert_eq!(ask(0, 0).unwrap().1, ReadView::Metadata);
    assert_eq!(ask(3, 0).unwrap().1, ReadView::Original { offset: 0, bytes: DOCUMENT_PAGE_BYTES });
    assert_eq!(ask(3, DOCUMENT_PAGE_BYTES + 1).expect_err("must be refused").field, "original_limit");
    assert_eq!(ask(4, 0).expect_err("must be refused").field, "view");
}
