//! Texts that no editor would write, through the whole service.

use xunzhang::{
    document::MAX_TEXT_BYTES,
    rpc::proto::{DocumentView, GetDocumentRequest, PutDocumentResponse},
};

use crate::support::{Law, Service, Whole, document, exported, phrase, typed};

/// Whether there is anything in a text to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Searchable,
    Empty,
}
use Expected::{Empty, Searchable};

/// Bytes of the large texts. Without optimisation words and bigrams take a hundred times as long, and a quadratic step
/// shows at this size, too.
const LARGE: usize = if cfg!(debug_assertions) { 1 << 18 } else { 10 << 20 };
/// Bytes of those of which each character is a sign to look at.
const SIGNS: usize = if cfg!(debug_assertions) { 1 << 18 } else { 1 << 20 };

/// A text of whole units, at most so many bytes.
fn repeated(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// Puts a text, and holds what the service makes of it to what is true of every text.
async fn check(service: &Service, law: &Law, text: &str, expected: Expected) {
    let shown: String = text.chars().take(20).collect();
    let put = service.put(document("文", text)).await;
    assert_eq!(has_warning(&put), expected == Empty, "{shown:?}: {:?}", put.warnings);
    assert_eq!(put.paragraph_count == 0, expected == Empty, "{shown:?}");

    let whole = Whole::read(service, "文").await;
    assert_eq!(whole.paragraphs.len(), put.paragraph_count as usize, "{shown:?}");
    whole.check(text, law);
    if let Some(paragraph) = whole.paragraphs.last() {
        let last: String = law.searchable(&paragraph.text).chars().rev().take(12).collect();
        let quotation: String = last.chars().rev().collect();
        // An export, since more paragraphs may be equal than a search gives.
        let found = service.export(exported(&format!("“{quotation}”"))).await;
        assert!(found.hits.iter().any(|hit| hit.ordinal == paragraph.ordinal), "{shown:?}: {quotation}");
    }
}

fn has_warning(put: &PutDocumentResponse) -> bool {
    put.warnings.iter().any(|warning| warning.reason == "EMPTY_TEXT")
}

async fn check_all(texts: &[(String, Expected)]) {
    let (service, law) = (Service::start().await, Law::read());
    for (text, expected) in texts {
        check(&service, &law, text, *expected).await;
    }
    service.stop().await;
}

fn short(texts: &[(&str, Expected)]) -> Vec<(String, Expected)> {
    texts.iter().map(|&(text, expected)| (text.to_owned(), expected)).collect()
}

#[tokio::test]
async fn texts_with_nothing_to_search() {
    check_all(&short(&[
        ("", Empty),
        (" \t\r\n\u{3000}\u{A0}\u{2028}\u{85}", Empty),
        ("\u{200B}\u{200C}\u{200D}\u{200E}\u{2060}\u{FEFF}\u{AD}", Empty),
        ("，。；：！？（）《》“”——……、·-_=+*/", Empty),
        ("\u{301}\u{300}\u{20DD}", Empty),
        ("\0\u{1}\u{7F}\u{9F}", Empty),
        ("😀👨\u{200D}👩\u{200D}👧🇨🇳", Empty),
        ("\u{E000}\u{F8FF}\u{F0000}\u{10FFFD}", Empty),
        ("\u{FFFD}\u{FFFE}\u{FFFF}\u{10FFFF}", Empty),
        ("\u{202E}\u{2066}\u{2069}\u{202C}", Empty),
    ]))
    .await;
}

#[tokio::test]
async fn texts_of_strange_characters() {
    check_all(&short(&[
        ("字", Searchable),
        ("\0党\0建\0引\0领\0", Searchable),
        ("\u{1}党\u{7F}建\u{9F}", Searchable),
        ("党\u{301}建\u{20DD}e\u{301}\u{302}\u{303}", Searchable),
        ("שלום עולם \u{202E}ابجد\u{202C} 党建", Searchable),
        ("𠮷野家𪚥𰻝 𝐀𝟙𝔘 😀", Searchable),
        ("ﬁ㍿㈱½²İß ﷺ", Searchable),
        ("○〇◯", Searchable),
        ("⼈⺟⻓", Searchable),
        ("\u{FEFF}党建\u{FEFF}", Searchable),
        ("党建\r引领\r\n治理\u{85}\u{2028}\u{2029}\u{B}\u{C}", Searchable),
        ("強(qiáng", Searchable),
        ("(qiáng)", Searchable),
        ("()（）强()（）", Searchable),
        ("1\n2\n3\n4\n5\n6", Searchable),
        ("第\n一\n章\n", Searchable),
        ("กำแพง ไทย नमस्ते", Searchable),
        ("१२३٤٥", Searchable),
    ]))
    .await;
}

#[tokio::test]
async fn large_texts_without_an_end() {
    check_all(&[
        (repeated("各级各部门要结合实际抓好落实", LARGE), Searchable),
        (repeated("各级各部门，", LARGE), Searchable),
        (repeated("word ", LARGE), Searchable),
        (repeated("x", LARGE), Searchable),
    ])
    .await;
}

#[tokio::test]
async fn large_texts_of_one_sign() {
    check_all(&[
        (repeated("(", SIGNS), Empty),
        (repeated("（", SIGNS), Empty),
        (repeated("\u{200B}", SIGNS), Empty),
        (repeated("，", SIGNS), Empty),
        (repeated("党", SIGNS), Searchable),
        (repeated("8", SIGNS), Searchable),
        (repeated("党\u{301}", SIGNS), Searchable),
        (repeated("𠮷", SIGNS), Searchable),
        (repeated("强(", SIGNS), Searchable),
        (repeated("强(qiáng)", SIGNS), Searchable),
        (repeated("一是", SIGNS), Searchable),
        (repeated("\n1、", SIGNS), Searchable),
        (repeated("第一章\n", SIGNS), Searchable),
    ])
    .await;
}

/// Numbers of all lengths, one after another.
#[tokio::test]
async fn large_texts_of_numbers() {
    let numbers = |between: &str| {
        let mut text = String::new();
        for number in 1.. {
            if text.len() >= SIGNS {
                break;
            }
            text.extend([&number.to_string(), between]);
        }
        text
    };
    check_all(&["", " ", "\n", "、", "\n、"].map(|between| (numbers(between), Searchable))).await;
}

/// Signs of four bytes between two words: what takes long is what can be searched.
#[tokio::test]
async fn the_largest_text_is_taken() {
    let service = Service::start().await;
    let text = format!("党建{}引领", repeated("😀", MAX_TEXT_BYTES - "党建引领".len()));
    assert_eq!(text.len(), MAX_TEXT_BYTES);
    let put = service.put(document("文", &text)).await;
    assert_eq!((put.paragraph_count > 0, &put.warnings[..]), (true, &[][..]));
    for quotation in ["党建", "引领"] {
        assert_eq!(service.search(typed(phrase(quotation))).await.hits.len(), 1, "{quotation}");
    }
    // Its end stands for all of it: each call puts the whole together anew.
    let original_offset = (text.len() - "😀引领".len()) as u64;
    let end = GetDocumentRequest {
        document_id: "文".to_owned(),
        view: DocumentView::Original.into(),
        original_offset,
        ..GetDocumentRequest::default()
    };
    assert_eq!(service.get(end).await.original, "😀引领");
    service.stop().await;
}
