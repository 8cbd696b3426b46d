//! A document in, its paragraphs out.

use std::collections::HashSet;

use tonic::Request;
use xunzhang::rpc::proto::{Document, Hit, SearchRequest};

use crate::support::{
    GLOSSED, NOTICE, Service, UNPUNCTUATED, ZERO_WIDTH, document, exported, limited, ready, searched, text, typed,
};

/// The notice as its office would send it.
fn notice() -> Document {
    Document {
        title: "关于进一步优化营商环境服务经营主体的通知".to_owned(),
        source: "市政府门户网站".to_owned(),
        agency: "市人民政府办公室".to_owned(),
        publish_date: "2024年3月5日".to_owned(),
        ..document("通知/2024-15.txt", NOTICE)
    }
}

#[tokio::test]
async fn a_document_comes_out_as_paragraphs_best_first() {
    let service = Service::start().await;
    let put = service.put(notice()).await;
    let found = service.search(limited(3, searched("缓解小微企业融资困难"))).await;
    let best = &found.hits[0];
    assert!(best.text.contains("缓解企业融资困难。引导金融机构"), "{}", best.text);
    assert_eq!(best.document_id, "通知/2024-15.txt");
    assert!(best.heading_path.iter().any(|heading| heading.contains("降低企业经营成本")), "{:?}", best.heading_path);
    let about = [&best.title, &best.source, &best.agency, &best.publish_date].map(String::as_str);
    assert_eq!(about, ["关于进一步优化营商环境服务经营主体的通知", "市政府门户网站", "市人民政府办公室", "2024-03-05"]);
    assert!(best.context_before.is_empty() && best.context_after.is_empty());
    assert_eq!(found.header.generation, put.generation);
    assert_eq!(found.header.effective_limit, 3);
    // Every paragraph is there, and its text is what the document says.
    let all = service.export(exported("")).await;
    assert_eq!(all.hits.len(), put.paragraph_count as usize);
    assert!(all.hits.len() >= 5 && all.hits.iter().all(|hit| hit.text.chars().count() <= 400));
    service.stop().await;
}

/// Checks that a hit's source ranges, cut out of the original and joined, are its text.
fn check_ranges(hit: &Hit, original: &str) {
    let ranges: Vec<_> = hit.source_ranges.iter().map(|range| range.start as usize..range.end as usize).collect();
    assert!(!ranges.is_empty() && ranges.iter().all(|range| !range.is_empty()), "{hit:?}");
    assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start), "{hit:?}");
    let cut: String = ranges.into_iter().map(|range| &original[range]).collect();
    assert_eq!(cut, hit.text);
}

#[tokio::test]
async fn source_ranges_cut_the_text_out_of_the_original() {
    let service = Service::start().await;
    let originals = [("notice", NOTICE), ("glossed", GLOSSED), ("flat", UNPUNCTUATED), ("hidden", ZERO_WIDTH)];
    for (id, original) in originals {
        service.put(document(id, original)).await;
    }
    let all = service.export(exported("")).await;
    for (id, original) in originals {
        let hits: Vec<_> = all.hits.iter().filter(|hit| hit.document_id == id).collect();
        assert!(!hits.is_empty(), "{id}");
        for hit in &hits {
            check_ranges(hit, original);
        }
        // Together they are all that is to be read: nothing is lost, nothing is there twice.
        let ranges: Vec<_> = hits.iter().flat_map(|hit| &hit.source_ranges).collect();
        assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start), "{id}");
    }
    // A search says the same of the same paragraph.
    let found = service.search(searched("“高质量党建”")).await;
    check_ranges(&found.hits[0], GLOSSED);
    // What was cut out is not shown, and what only looks like it is.
    let texts: String = all.hits.iter().map(|hit| hit.text.as_str()).collect();
    assert!(texts.contains("“兩個確立”") && texts.contains("附件(a)所列") && texts.contains("森林火险等级"));
    assert!(!texts.contains("(liǎng)") && !texts.contains(['\u{200b}', '\u{feff}']));
    service.stop().await;
}

#[tokio::test]
async fn context_is_of_the_same_document() {
    let service = Service::start().await;
    service.put(ready("甲", &["甲一号段落", "甲二号段落", "甲三号段落"])).await;
    service.put(ready("乙", &["乙一号段落", "乙二号目标段落", "乙三号段落"])).await;
    service.put(ready("丙", &["丙一号目标段落", "丙二号段落"])).await;
    let around = |before, after| {
        let request = SearchRequest { context_before: before, context_after: after, ..searched("“目标段落”") };
        let service = &service;
        async move {
            let shown = |hit: &Hit| {
                let ids = |paragraphs: &[xunzhang::rpc::proto::Paragraph]| {
                    paragraphs.iter().map(|paragraph| paragraph.paragraph_id.clone()).collect::<Vec<_>>().join(" ")
                };
                format!("{} [{}] {}", ids(&hit.context_before), hit.paragraph_id, ids(&hit.context_after))
            };
            let mut hits: Vec<_> = service.search(request).await.hits.iter().map(shown).collect();
            hits.sort();
            hits
        }
    };
    assert_eq!(around(0, 0).await, [" [丙#0] ", " [乙#1] "]);
    assert_eq!(around(0, 1).await, [" [丙#0] 丙#1", " [乙#1] 乙#2"]);
    assert_eq!(around(5, 5).await, [" [丙#0] 丙#1", "乙#0 [乙#1] 乙#2"]);
    let request = SearchRequest { context_before: 1, ..searched("“乙二号”") };
    assert_eq!(service.search(request).await.hits[0].context_before[0].text, "乙一号段落");
    service.stop().await;
}

#[tokio::test]
async fn script_width_punctuation_and_glosses_do_not_matter() {
    let service = Service::start().await;
    let number = "依据国办发〔2024〕15号文件精神，设立ＡＢＣ科技园区。";
    for original in [
        document("notice", NOTICE),
        document("glossed", GLOSSED),
        document("flat", UNPUNCTUATED),
        document("hidden", ZERO_WIDTH),
        document("number", number),
    ] {
        service.put(original).await;
    }
    for (query, expected) in [
        ("“两个确立”", "glossed"),
        ("「兩個確立」", "glossed"),
        ("\"高质量党建引领高质量发展\"", "glossed"),
        ("“企業家安心經營、放心投資”", "glossed"),
        ("“强调，要深刻领悟”", "glossed"),
        ("“優化營商環境擺在突出位置”", "notice"),
        ("“应享尽享直达快享”", "notice"),
        ("“人民至上、生命至上，树牢安全发展理念”", "flat"),
        ("“发生。会议”", ""),
        ("“森林火险等级”", "hidden"),
        ("“首长负责制”", "hidden"),
        ("“國辦發[2024]15號”", "number"),
        ("“abc科技园区”", "number"),
        ("“Ａ Ｂ Ｃ”", "number"),
    ] {
        let found = service.search(searched(query)).await;
        let documents: HashSet<_> = found.hits.iter().map(|hit| hit.document_id.as_str()).collect();
        let expected: HashSet<_> = expected.split_whitespace().collect();
        assert_eq!(documents, expected, "{query}");
    }
    service.stop().await;
}

#[tokio::test]
async fn the_header_says_how_the_query_was_understood() {
    let service = Service::start().await;
    let lines = ["干部要坚持问题导向", "坚持问题导向和目标导向", "深刻领悟“两个确立”的决定性意义"];
    service.put(ready("甲", &lines)).await;
    let terms = async |query: &str| {
        let header = service.search(searched(query)).await.header;
        let terms = header.terms.iter().map(|term| format!("{} {}", term.term, term.document_frequency));
        terms.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(terms("問題導向　干部").await, "问题导向 2, 干部 1");
    assert_eq!(terms("“兩個，確立” 饕餮").await, "两个确立 1, 饕餮 0");
    let header = service.search(searched("问题导向")).await.header;
    assert_eq!((header.parsed, header.effective_limit), (Some(text("问题导向")), 10));
    assert!(header.warnings.is_empty());
    // A tree comes back as it was sent.
    let tree = text("问题导向");
    assert_eq!(service.search(typed(tree.clone())).await.header.parsed, Some(tree));
    // What cannot be understood is taken as it stands, with a warning.
    let found = service.search(searched("干部“两个")).await;
    let warnings: Vec<_> = found.header.warnings.iter().map(|warning| warning.reason.as_str()).collect();
    assert_eq!((warnings, found.header.warnings[0].field.as_str()), (vec!["UNCLOSED_QUOTE"], "query"));
    assert!(!found.hits.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn a_call_keeps_the_name_that_its_caller_gave() {
    let service = Service::start().await;
    for (given, kept) in [("desk-7.2_b", true), ("not fit", false)] {
        let mut request = Request::new(searched("干部"));
        request.metadata_mut().insert("x-request-id", given.parse().unwrap());
        let stream = service.searches().search(request).await.unwrap().into_inner();
        let found = crate::support::Found::read(stream).await.unwrap();
        assert_eq!(found.header.request_id == given, kept, "{}", found.header.request_id);
    }
    service.stop().await;
}
