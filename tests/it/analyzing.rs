//! What the text chain makes of a text: asked for, and as it is stored.

use tonic::{Code, Status};
use xunzhang::rpc::proto::{
    AnalyzeRequest, AnalyzeResponse, Document, DocumentView, GetDocumentRequest, Range, TokenDictionary,
    document::Content, search_service_client::SearchServiceClient,
};

use crate::support::{Found, GLOSSED, NOTICE, Service, ZERO_WIDTH, check_refused, document, searched, within};

/// A page of a site, with all that stands around its text.
const PAGE: &str = "\
压实责任 守牢底线

文章来源: 云溪网  时间: 2024-05-06 17:43

文/林知远

各地要开展“敲门行动”，压实安全生产责任，二〇二四年实现事故起数和死亡人数双下降。

(作者系云溪县委常委、组织部部长)

主办单位:中共云溪县委组织部
ICP备案号:云ICP备00000000号-1
您是第 位来访者
";

async fn analyze(service: &Service, request: AnalyzeRequest) -> Result<AnalyzeResponse, Status> {
    let mut client = SearchServiceClient::new(service.channel()).max_encoding_message_size(usize::MAX);
    within("an analysis", client.analyze(request)).await.map(tonic::Response::into_inner)
}

fn of(text: &str) -> AnalyzeRequest {
    AnalyzeRequest { text: text.to_owned(), ..AnalyzeRequest::default() }
}

fn ids(found: Found) -> Vec<String> {
    found.hits.into_iter().map(|hit| hit.paragraph_id).collect()
}

fn part(text: &str, range: Range) -> &str {
    &text[range.start as usize..range.end as usize]
}

fn values(analysis: &AnalyzeResponse) -> Vec<(&str, &str)> {
    analysis.metadata.iter().map(|found| (found.field.as_str(), found.value.as_str())).collect()
}

#[tokio::test]
async fn an_analysis_says_what_is_cut_what_is_known_and_what_is_left() {
    let service = Service::start().await;
    let analysis = analyze(&service, of(PAGE)).await.unwrap();
    let cuts: Vec<_> =
        analysis.edits.iter().map(|edit| (edit.rule.as_str(), part(PAGE, edit.range.unwrap()).trim())).collect();
    assert_eq!(
        cuts,
        [
            ("FOOTER_LABEL", "主办单位:中共云溪县委组织部"),
            ("SITE_RECORD", "ICP备案号:云ICP备00000000号-1"),
            ("VISITOR_COUNTER", "您是第 位来访者")
        ]
    );
    let mut known = values(&analysis);
    known.sort_unstable();
    assert_eq!(
        known,
        [("author", "林知远"), ("publish_date", "2024-05-06"), ("source", "云溪网"), ("title", "压实责任 守牢底线")]
    );
    for found in analysis.metadata.iter().filter(|found| found.field != "publish_date") {
        let read: String = found.source_ranges.iter().map(|&range| part(PAGE, range)).collect();
        assert_eq!(read, found.value);
    }
    for paragraph in &analysis.paragraphs {
        let read: String = paragraph.source_ranges.iter().map(|&range| part(PAGE, range)).collect();
        assert_eq!(read, paragraph.text);
    }
    let tokens: Vec<_> = analysis.paragraphs.iter().flat_map(|paragraph| &paragraph.tokens).collect();
    let known_from = |word: &str| tokens.iter().find(|token| token.token == word).map(|token| token.dictionary());
    assert_eq!(known_from("责任"), Some(TokenDictionary::BuiltIn));
    assert_eq!(known_from("=2024年"), Some(TokenDictionary::Numeral));
    assert_eq!(known_from("敲门行动"), Some(TokenDictionary::Quoted));
    assert_eq!(service.stats().await.documents, 0, "nothing is stored");
    service.stop().await;
}

#[tokio::test]
async fn what_is_analysed_is_what_would_be_stored() {
    let service = Service::start().await;
    for (id, text) in [("notice", NOTICE), ("glossed", GLOSSED), ("hidden", ZERO_WIDTH), ("page", PAGE)] {
        let analysis = analyze(&service, AnalyzeRequest { omit_tokens: true, ..of(text) }).await.unwrap();
        service.put(document(id, text)).await;
        let view = |view: DocumentView| GetDocumentRequest {
            document_id: id.to_owned(),
            view: view.into(),
            ..GetDocumentRequest::default()
        };
        let stored = service.get(view(DocumentView::Paragraphs)).await;
        let told: Vec<_> = analysis
            .paragraphs
            .iter()
            .map(|told| (told.ordinal, &told.text, &told.heading_path, &told.source_ranges))
            .collect();
        let kept: Vec<_> = stored
            .paragraphs
            .iter()
            .map(|kept| (kept.ordinal, &kept.text, &kept.heading_path, &kept.source_ranges))
            .collect();
        assert_eq!(told, kept, "{id}");
        assert_eq!(analysis.edits, service.get(view(DocumentView::Original)).await.edits, "{id}");
        assert!(analysis.paragraphs.iter().all(|paragraph| paragraph.tokens.is_empty()));
        let recognized: Vec<_> = analysis.metadata.iter().map(|found| found.field.clone()).collect();
        assert_eq!(recognized, stored.recognized_fields, "{id}");
    }
    service.stop().await;
}

#[tokio::test]
async fn what_the_sender_says_wins_over_what_the_text_says() {
    let service = Service::start().await;
    let sent =
        Document { title: "安全生产评论".to_owned(), source: "内网".to_owned(), ..document("page", PAGE) };
    service.put(sent).await;
    let request = GetDocumentRequest { document_id: "page".to_owned(), ..GetDocumentRequest::default() };
    let stored = service.get(request).await;
    let Document { title, source, author, publish_date, .. } = stored.document.unwrap();
    assert_eq!([title, source, author, publish_date], ["安全生产评论", "内网", "林知远", "2024-05-06"]);
    let mut recognized = stored.recognized_fields;
    recognized.sort_unstable();
    assert_eq!(recognized, ["author", "publish_date"]);
    // What is recognised stays in the text: a name is found where it stands. What is cut is not.
    let found = async |query: &str| ids(service.search(searched(query)).await);
    assert_eq!(found("“林知远”").await.len(), 1);
    for cut in ["“主办单位”", "“云ICP备”", "“您是第”", "“位来访者”"] {
        assert!(found(cut).await.is_empty(), "{cut}");
    }
    service.stop().await;
}

#[tokio::test]
async fn lines_that_a_source_repeats_are_cut_from_the_third_document_on() {
    let service = Service::start().await;
    let page = |number: usize| {
        format!(
            "云溪网上政务服务平台\n第{number}号通报\n通报指出，第{number}季度各项工作有序推进，任务全面完成。\n云溪网与您同行\n"
        )
    };
    let sent = |number: usize| Document {
        source: "云溪网".to_owned(),
        content: Some(Content::Text(page(number))),
        ..document(&format!("page-{number}"), "")
    };
    for number in 1..=4 {
        service.put(sent(number)).await;
    }
    let found = async |service: &Service, query: &str| ids(service.search(searched(query)).await);
    assert_eq!(found(&service, "“与您同行”").await, ["page-1#0", "page-2#0"]);
    assert_eq!(found(&service, "“政务服务平台”").await, ["page-1#0", "page-2#0"]);
    assert_eq!(found(&service, "“任务全面完成”").await.len(), 4);
    // The counts are in the index: another process knows them.
    let service = service.restart().await;
    service.put(sent(5)).await;
    assert_eq!(found(&service, "“与您同行”").await.len(), 2);
    let asked = AnalyzeRequest { source: "云溪网".to_owned(), ..of(&page(6)) };
    let rules = |analysis: AnalyzeResponse| analysis.edits.into_iter().map(|edit| edit.rule).collect::<Vec<_>>();
    assert_eq!(rules(analyze(&service, asked).await.unwrap()), ["REPEATED_LINE"; 2]);
    let other = AnalyzeRequest { source: "别处".to_owned(), ..of(&page(6)) };
    assert!(rules(analyze(&service, other).await.unwrap()).is_empty());
    service.stop().await;
}

#[tokio::test]
async fn a_large_text_is_analysed_part_by_part() {
    let service = Service::start().await;
    let text = "堅持問題導(dǎo)向，推動高質(zhì)量發(fā)展，為建設美麗鄉村提供堅強組織保證。\n".repeat(12_000);
    let (mut paragraphs, mut edits, mut parts) = (Vec::new(), Vec::new(), 0);
    let mut request = AnalyzeRequest { omit_tokens: true, ..of(&text) };
    loop {
        let part = analyze(&service, request.clone()).await.unwrap();
        paragraphs.extend(part.paragraphs);
        edits.extend(part.edits);
        parts += 1;
        if part.next_original_offset == 0 {
            break;
        }
        request.original_offset = part.next_original_offset;
    }
    assert!(parts > 1);
    assert!(paragraphs.iter().map(|paragraph| paragraph.ordinal).eq(0..u32::try_from(paragraphs.len()).unwrap()));
    assert_eq!(edits.len(), 3 * 12_000);
    assert!(edits.windows(2).all(|pair| pair[0].range.unwrap().end <= pair[1].range.unwrap().start));
    service.stop().await;
}

#[tokio::test]
async fn bad_fields_are_named() {
    let service = Service::start().await;
    let refused = async |request: AnalyzeRequest, field: &str| {
        check_refused(analyze(&service, request).await, Code::InvalidArgument, "INVALID_FIELD", Some(field));
    };
    refused(of(&"字".repeat((16 << 20) / 3 + 1)), "text").await;
    refused(AnalyzeRequest { source: "源".repeat(2_000), ..of("文") }, "source").await;
    refused(AnalyzeRequest { original_offset: 1, ..of("文") }, "original_offset").await;
    refused(AnalyzeRequest { original_offset: 4, ..of("文") }, "original_offset").await;
    // Only here are long messages taken: a query of this size is refused by the transport.
    let long = AnalyzeRequest { omit_tokens: true, ..of(&"。".repeat(200_000)) };
    assert!(analyze(&service, long).await.unwrap().paragraphs.is_empty());
    let query = searched(&"。".repeat(200_000));
    check_refused(service.try_search(query).await, Code::InvalidArgument, "INVALID_MESSAGE", None);
    service.stop().await;
}
