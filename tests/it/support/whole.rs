//! Whole documents, read back and held to what is true of every text.

use std::ops::Range;

use xunzhang::rpc::proto::{DocumentView, Edit, GetDocumentRequest, Paragraph, Range as ProtoRange};

use super::{Law, Service};

/// The most characters of a paragraph that the service split.
const MAX_PARAGRAPH: usize = 1_000;

/// A document that was sent as a text: all that the service has of it.
pub(crate) struct Whole {
    pub(crate) paragraphs: Vec<Paragraph>,
    pub(crate) original: String,
    pub(crate) edits: Vec<Edit>,
}

impl Whole {
    /// Reads a document, call by call.
    pub(crate) async fn read(service: &Service, id: &str) -> Self {
        let mut whole = Self { paragraphs: Vec::new(), original: String::new(), edits: Vec::new() };
        let request = |view: DocumentView| GetDocumentRequest {
            document_id: id.to_owned(),
            view: view.into(),
            ..GetDocumentRequest::default()
        };
        let mut first_ordinal = 0;
        loop {
            let part = service.get(GetDocumentRequest { first_ordinal, ..request(DocumentView::Paragraphs) }).await;
            whole.paragraphs.extend(part.paragraphs);
            first_ordinal = part.next_ordinal;
            if first_ordinal == 0 {
                break;
            }
        }
        let mut original_offset = 0;
        loop {
            let part = service.get(GetDocumentRequest { original_offset, ..request(DocumentView::Original) }).await;
            whole.original.push_str(&part.original);
            whole.edits.extend(part.edits);
            original_offset = part.next_original_offset;
            if original_offset == 0 {
                return whole;
            }
        }
    }

    /// The original comes back byte for byte; every letter and digit of it is in one paragraph or in a cut; paragraphs
    /// are what stands at their source ranges; nothing is cut within a character.
    pub(crate) fn check(&self, sent: &str, law: &Law) {
        assert!(self.original == sent, "the original comes back as another");
        for paragraph in &self.paragraphs {
            assert_eq!(cut(sent, &paragraph.source_ranges), paragraph.text);
            assert!(!law.searchable(&paragraph.text).is_empty(), "{paragraph:?} has nothing to search");
            assert!(paragraph.text.chars().count() <= MAX_PARAGRAPH, "{paragraph:?}");
        }
        let edits = self.edits.iter().map(|edit| edit.range.expect("an edit has a range"));
        let mut parts: Vec<ProtoRange> =
            self.paragraphs.iter().flat_map(|paragraph| paragraph.source_ranges.clone()).chain(edits).collect();
        parts.sort_by_key(|range| range.start);
        let mut end = 0;
        let mut left_out = String::new();
        for ProtoRange { start, end: next } in parts {
            assert!(end <= start, "{start} is in two parts");
            left_out.push_str(&sent[end as usize..start as usize]);
            end = next;
        }
        left_out.push_str(&sent[end as usize..]);
        assert_eq!(law.searchable(&left_out), "", "in no paragraph, and not cut");
    }
}

/// What stands at some ranges of a text.
fn cut(text: &str, ranges: &[ProtoRange]) -> String {
    let ranges = ranges.iter().map(|range| Range { start: range.start as usize, end: range.end as usize });
    ranges.map(|range| &text[range]).collect()
}
