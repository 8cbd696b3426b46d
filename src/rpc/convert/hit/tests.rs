use std::sync::Arc;

use prost::Message as _;

use super::*;
use crate::{
    document::{DocumentId, Etag, MAX_ID_BYTES, ParagraphId},
    rpc::limits::{
        CONTEXT_PARAGRAPHS, EXPORT_BATCH, FIELD_BYTES, LATER_BATCH, READY_HEADING_BYTES, READY_HEADINGS,
        READY_PARAGRAPH_BYTES,
    },
    search::{BatchBound, DocumentRecord, LEADER_RANKS, MAX_HIGHLIGHTS, Version},
};

/// What clients accept of one message, by default.
const ACCEPTED_BYTES: usize = 4 << 20;

/// What callers read of hits.
fn read(hits: &[Hit], unit: Unit) -> Vec<proto::Hit> {
    let sent = Batch::of(hits, unit).ended("token");
    let read = proto::HitBatch::decode(sent.clone()).unwrap();
    assert_eq!(read.resume_token, "token");
    assert_eq!(read.encode_to_vec(), sent, "written as prost writes it");
    assert_eq!(proto::ExportBatch::decode(sent).unwrap().hits, read.hits, "both batches are alike");
    read.hits
}

fn id(document: &str, ordinal: u32) -> ParagraphId {
    ParagraphId { document: DocumentId::try_from(document.to_owned()).unwrap(), ordinal }
}

/// A hit that has nothing but its name.
fn bare(document: &str) -> Hit {
    let version = Version { sequence: 0, etag: Etag(0), paragraphs: 1, searchable: 1 };
    let id = id(document, 0);
    let record = DocumentRecord {
        id: id.document.clone(),
        version,
        metadata: Metadata::default(),
        recognized: Vec::new(),
        original_bytes: 0,
    };
    Hit {
        rank: 0,
        score: 0.0,
        id,
        paragraph: Paragraph { text: String::new(), heading_path: Vec::new(), source_ranges: Vec::new() },
        highlights: Vec::new(),
        document: Arc::new(record),
        before: Vec::new(),
        after: Vec::new(),
        folded_count: 0,
        folded: Vec::new(),
    }
}

#[test]
fn everything_that_a_hit_has_is_read() {
    let text = "党和𠮷".to_owned();
    let headings = ["总则", "", "第一节"];
    let heading_path = headings.map(str::to_owned).to_vec();
    let paragraph = Paragraph {
        text: text.clone(),
        heading_path: headings.map(Arc::from).to_vec(),
        source_ranges: vec![1..300, 400..500],
    };
    let neighbour = |ordinal| Neighbour { id: id("a/甲", ordinal), paragraph: paragraph.clone() };
    let mut hit = Hit {
        rank: 7,
        score: -0.5,
        id: id("a/甲", 4_000_000_000),
        paragraph: paragraph.clone(),
        highlights: vec![0..3, 6..10],
        before: vec![neighbour(1), neighbour(2)],
        after: vec![neighbour(4)],
        folded_count: 2,
        folded: vec![id("b", 1), id("c#", 200)],
        ..bare("a/甲")
    };
    let record = Arc::get_mut(&mut hit.document).unwrap();
    record.version.sequence = u64::MAX;
    record.metadata = Metadata {
        title: "标题".to_owned(),
        source: "来源".to_owned(),
        agency: "机关".to_owned(),
        publish_date: Some("2024-03".parse().unwrap()),
        ..Metadata::default()
    };
    let source_ranges = vec![proto::Range { start: 1, end: 300 }, proto::Range { start: 400, end: 500 }];
    let read_neighbour = |ordinal: u32| proto::Paragraph {
        paragraph_id: format!("a/甲#{ordinal}"),
        ordinal,
        text: text.clone(),
        heading_path: heading_path.clone(),
        source_ranges: source_ranges.clone(),
    };
    let expected = proto::Hit {
        rank: 7,
        score: -0.5,
        paragraph_id: "a/甲#4000000000".to_owned(),
        document_id: "a/甲".to_owned(),
        ordinal: 4_000_000_000,
        text: text.clone(),
        heading_path: heading_path.clone(),
        title: "标题".to_owned(),
        source: "来源".to_owned(),
        agency: "机关".to_owned(),
        publish_date: "2024-03".to_owned(),
        highlights: vec![proto::Range { start: 0, end: 1 }, proto::Range { start: 2, end: 4 }],
        source_ranges: source_ranges.clone(),
        context_before: vec![read_neighbour(1), read_neighbour(2)],
        context_after: vec![read_neighbour(4)],
        folded_count: 2,
        sequence: u64::MAX,
        folded_paragraph_ids: vec!["b#1".to_owned(), "c##200".to_owned()],
    };
    assert_eq!(read(&[hit], Unit::Utf16), [expected]);
}

#[test]
fn what_a_hit_has_not_is_left_out() {
    let expected = proto::Hit { paragraph_id: "a#0".to_owned(), document_id: "a".to_owned(), ..proto::Hit::default() };
    assert_eq!(read(&[bare("a"), bare("a")], Unit::Utf8Byte), [expected.clone(), expected]);
    assert_eq!(read(&[], Unit::Utf8Byte), []);
}

/// The largest hit whose paragraphs have that many bytes of text.
fn largest(text_bytes: usize) -> Hit {
    let of = |bytes: usize| "a".repeat(bytes);
    let name = of(MAX_ID_BYTES);
    let heading_path = vec![of(READY_HEADING_BYTES / READY_HEADINGS).into(); READY_HEADINGS];
    let paragraph = Paragraph { text: of(text_bytes), heading_path, source_ranges: Vec::new() };
    let neighbour = Neighbour { id: id(&name, u32::MAX), paragraph: paragraph.clone() };
    let context = vec![neighbour; CONTEXT_PARAGRAPHS as usize];
    let place = u32::try_from(text_bytes).unwrap();
    let mut hit = Hit {
        rank: u32::MAX,
        score: 1.0,
        id: id(&name, u32::MAX),
        paragraph,
        highlights: vec![place..place; text_bytes.min(MAX_HIGHLIGHTS)],
        before: context.clone(),
        after: context,
        folded_count: u32::MAX,
        ..bare(&name)
    };
    let record = Arc::get_mut(&mut hit.document).unwrap();
    record.version.sequence = u64::MAX;
    record.metadata = Metadata {
        title: of(FIELD_BYTES),
        source: of(FIELD_BYTES),
        agency: of(FIELD_BYTES),
        publish_date: Some("2024-01-01".parse().unwrap()),
        ..Metadata::default()
    };
    hit
}

/// Checks a batch into which all near copies of a stream may be folded.
fn check_accepted(mut hits: Vec<Hit>) {
    let name = id(&"a".repeat(MAX_ID_BYTES), u32::MAX);
    hits[0].folded = vec![name; LEADER_RANKS - 1];
    let bytes = Batch::of(&hits, Unit::Utf8Byte).ended(&"t".repeat(256)).len();
    assert!(bytes < ACCEPTED_BYTES * 7 / 8, "{bytes}");
}

#[test]
fn a_hit_with_the_largest_paragraphs_and_all_their_context_is_accepted() {
    check_accepted(vec![largest(READY_PARAGRAPH_BYTES)]);
}

/// What a batch may say is counted roughly.
#[test]
fn a_batch_of_hits_that_take_more_than_they_are_counted_for_is_accepted() {
    let check = |bound: BatchBound, hit: Hit| {
        let fit = (bound.bytes / hit.view().bytes()).clamp(1, bound.hits);
        check_accepted(vec![hit; fit]);
    };
    let highlighted = Hit { highlights: vec![0..0; 8], ..bare("a") };
    for bound in [LATER_BATCH, EXPORT_BATCH] {
        check(bound, bare("a"));
        check(bound, highlighted.clone());
        check(bound, largest(1));
    }
}
