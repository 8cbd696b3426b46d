//! What of a hit matched: shown in three units, and found again by a naive scan.

use std::collections::HashSet;

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;
use xunzhang::rpc::proto::{
    Document, ExportRequest, Hit, OffsetUnit, Paragraph, PhraseQuery, Query, QueryField, Range, SearchRequest,
    query::Kind,
};

use crate::support::{
    Law, Service, all_of, any_of, exported, limited, nothing_of, phrase, phrases, ready, searched, text, texts, typed,
};

const UNITS: [OffsetUnit; 3] = [OffsetUnit::Utf8Byte, OffsetUnit::Utf16, OffsetUnit::CodePoint];

/// The part of a text that a range names, as a program would take it that counts in this unit.
fn part(text: &str, range: Range, unit: OffsetUnit) -> String {
    let range = range.start as usize..range.end as usize;
    match unit {
        OffsetUnit::Unspecified | OffsetUnit::Utf8Byte => text[range].to_owned(),
        OffsetUnit::Utf16 => {
            let units: Vec<u16> = text.encode_utf16().collect();
            String::from_utf16(&units[range]).expect("a range ends between characters")
        }
        OffsetUnit::CodePoint => {
            let characters: Vec<char> = text.chars().collect();
            characters[range].iter().collect()
        }
    }
}

/// The text with what is highlighted between brackets.
fn shown(hit: &Hit) -> String {
    let mut shown = String::new();
    let mut end = 0;
    for range in &hit.highlights {
        let (start, next) = (range.start as usize, range.end as usize);
        shown.extend([&hit.text[end..start], "<", &hit.text[start..next], ">"]);
        end = next;
    }
    shown + &hit.text[end..]
}

#[tokio::test]
async fn what_was_wanted_or_required_of_the_text_is_shown() {
    let service = Service::start().await;
    let lines = ["優化“營商”環境，党建引领。", "干部要加入ＷＴＯ，W.T.O.规则"];
    service.put(Document { title: "党建材料".to_owned(), ..ready("甲", &lines) }).await;
    let in_title = |characters: &str| {
        let query = PhraseQuery { text: characters.to_owned(), field: QueryField::Title.into() };
        Query { kind: Some(Kind::Phrase(query)) }
    };
    for (query, expected) in [
        (text("营商环境"), "優化“<營商”環境>，党建引领。"),
        (all_of(&[phrase("党建")], &[text("优化")]), "<優化>“營商”環境，<党建>引领。"),
        (nothing_of(&[phrase("引领")], &[phrase("干部")]), "優化“營商”環境，党建<引领>。"),
        (all_of(&[in_title("党建")], &[phrase("引领")]), "優化“營商”環境，党建<引领>。"),
        (phrase("wto"), "干部要加入<ＷＴＯ>，<W.T.O>.规则"),
        (any_of(&[phrase("部要加"), phrase("干部要")]), "<干部要><加>入ＷＴＯ，W.T.O.规则"),
    ] {
        let found = service.search(limited(1, typed(query.clone()))).await;
        assert_eq!(found.hits.iter().map(shown).collect::<Vec<_>>(), [expected], "{query:?}");
    }
    // A title that matches is no part of the text, and everything is nothing in particular.
    for request in [exported("标题:“党建”"), ExportRequest::default()] {
        let hits = service.export(request).await.hits;
        assert!(hits.len() == 2 && hits.iter().all(|hit| hit.highlights.is_empty()), "{hits:?}");
    }
    service.stop().await;
}

#[tokio::test]
async fn each_unit_counts_the_same_part() {
    let service = Service::start().await;
    service.put(ready("甲", &["😀𠮷野家在a区"])).await;
    for (unit, expected) in [
        (OffsetUnit::Unspecified, [(4, 11), (17, 21)]),
        (OffsetUnit::Utf8Byte, [(4, 11), (17, 21)]),
        (OffsetUnit::Utf16, [(2, 5), (7, 9)]),
        (OffsetUnit::CodePoint, [(1, 3), (5, 7)]),
    ] {
        let search = SearchRequest { highlight_unit: unit.into(), ..searched("“𠮷野” “Ａ區”") };
        let export = ExportRequest { highlight_unit: unit.into(), ..exported("“𠮷野” “Ａ區”") };
        for hits in [service.search(search).await.hits, service.export(export).await.hits] {
            let ranges: Vec<_> = hits[0].highlights.iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(ranges, expected, "{unit:?}");
        }
    }
    service.stop().await;
}

/// What letters and digits of a text a scan covers that tries every term at every place.
fn scanned(text: &str, terms: &[String], law: &Law) -> HashSet<usize> {
    let letters: Vec<(usize, String)> = text
        .char_indices()
        .map(|(at, c)| (at, law.searchable(&c.to_string())))
        .filter(|(_, c)| !c.is_empty())
        .collect();
    let mut covered = HashSet::new();
    for term in terms {
        let length = term.chars().count();
        for place in letters.windows(length) {
            if place.iter().map(|(_, letter)| letter.as_str()).collect::<String>() == *term {
                covered.extend(place.iter().map(|(at, _)| *at));
            }
        }
    }
    covered
}

/// Checks the ranges of a hit; returns the parts that they name.
fn check_hit(hit: &Hit, unit: OffsetUnit, terms: &[String], law: &Law) -> Vec<String> {
    let parts: Vec<_> = hit.highlights.iter().map(|range| part(&hit.text, *range, unit)).collect();
    for part in &parts {
        let folded = law.searchable(part);
        assert!(!folded.is_empty() && terms.iter().any(|term| term.contains(&folded)), "{part} of {terms:?}");
    }
    if unit == OffsetUnit::Utf8Byte {
        let is_shown =
            |at: usize| hit.highlights.iter().any(|range| (range.start as usize..range.end as usize).contains(&at));
        let letters = hit.text.char_indices().filter(|&(_, c)| law.counts(c)).map(|(at, _)| at);
        let covered: HashSet<_> = letters.filter(|&at| is_shown(at)).collect();
        assert_eq!(covered, scanned(&hit.text, terms, law), "{terms:?} in {}", hit.text);
    }
    parts
}

#[test]
fn every_occurrence_is_shown_and_nothing_else() {
    let runtime = Runtime::new().unwrap();
    let (service, law) = (runtime.block_on(Service::start()), Law::read());
    let strategy = (vec(texts(1..24), 4), vec(phrases(), 1..4));
    let config = Config { cases: 48, source_file: Some(file!()), ..Config::default() };
    let shown = std::cell::Cell::new(0);
    let checked = TestRunner::new(config).run(&strategy, |(paragraphs, wanted)| {
        shown.set(shown.get() + runtime.block_on(check(&service, &law, &paragraphs, &wanted)));
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(shown.get() > 0, "nothing ever matched");
    runtime.block_on(service.stop());
}

/// Puts paragraphs and looks for phrases in them; returns how many ranges were shown.
async fn check(service: &Service, law: &Law, paragraphs: &[String], wanted: &[String]) -> usize {
    let paragraphs: Vec<_> = paragraphs.iter().map(String::as_str).collect();
    service.put(ready("甲", &paragraphs)).await;
    let query = any_of(&wanted.iter().map(|characters| phrase(characters)).collect::<Vec<_>>());
    let terms: Vec<_> = wanted.iter().map(|term| law.searchable(term)).filter(|term| !term.is_empty()).collect();
    let mut shown = Vec::new();
    for unit in UNITS {
        let request = SearchRequest { highlight_unit: unit.into(), ..limited(100, typed(query.clone())) };
        let hits = service.search(request).await.hits;
        shown.push(hits.iter().map(|hit| check_hit(hit, unit, &terms, law)).collect::<Vec<_>>());
    }
    assert!(shown.windows(2).all(|pair| pair[0] == pair[1]), "the units name different parts: {shown:?}");
    shown[0].iter().map(Vec::len).sum()
}

#[tokio::test]
async fn context_stays_in_its_document_and_is_not_highlighted() {
    let service = Service::start().await;
    let lines = |name: &str| (0..12).map(|number| format!("{name}的目标{number}")).collect::<Vec<_>>();
    for name in ["甲", "乙", "丙"] {
        service.put(ready(name, &lines(name).iter().map(String::as_str).collect::<Vec<_>>())).await;
    }
    let request = SearchRequest { context_before: 5, context_after: 5, ..limited(100, searched("目标")) };
    let hits = service.search(request).await.hits;
    assert_eq!(hits.len(), 36);
    for hit in &hits {
        let ordinals = |paragraphs: &[Paragraph]| {
            let of_it =
                |paragraph: &Paragraph| paragraph.paragraph_id == format!("{}#{}", hit.document_id, paragraph.ordinal);
            assert!(paragraphs.iter().all(of_it), "{hit:?}");
            paragraphs.iter().map(|paragraph| paragraph.ordinal).collect::<Vec<_>>()
        };
        let around = (hit.ordinal.saturating_sub(5)..hit.ordinal, hit.ordinal + 1..(hit.ordinal + 6).min(12));
        assert_eq!(ordinals(&hit.context_before), around.0.collect::<Vec<_>>());
        assert_eq!(ordinals(&hit.context_after), around.1.collect::<Vec<_>>());
        assert_eq!(hit.highlights.len(), 1);
    }
    service.stop().await;
}
