//! Reading documents: metadata, paragraphs, the original rebuilt.

use std::sync::Arc;

use crate::{
    document::DocumentId,
    engine::{Address, DocumentRecord, ReadError, Snapshot, all_paragraphs, original},
    search::{Neighbour, SearchError, Searcher, fetch::neighbours},
    text::Edit,
};

/// How many paragraphs are fetched at once.
const FETCHED_AT_ONCE: u32 = 256;

/// The most edits that one answer lists: with their names they stay far below the 4 MiB that clients accept.
const MAX_EDITS: usize = 16_384;

/// Paragraphs of a document.
#[derive(Clone, Debug)]
pub struct ParagraphPage {
    /// The document.
    pub document: DocumentRecord,
    /// Paragraphs, in order.
    pub paragraphs: Vec<Neighbour>,
    /// The ordinal at which the next page begins; `None` when there is nothing more.
    pub next: Option<u32>,
}

/// A part of an original.
#[derive(Clone, Debug)]
pub struct Original {
    /// The document.
    pub document: DocumentRecord,
    /// The text.
    pub text: String,
    /// What was cut out of this part.
    pub edits: Vec<Edit>,
    /// The byte at which the next part begins; `None` when there is nothing more.
    pub next: Option<u64>,
}

impl Searcher {
    /// A document's record.
    ///
    /// # Errors
    /// When there is no such document or the index cannot be read.
    pub fn document(&self, id: &DocumentId) -> Result<DocumentRecord, SearchError> {
        self.find(id).map(|(_, _, record)| record)
    }

    /// A document's record and its paragraphs from `first` on, up to `max_bytes` of all that it says of them but
    /// at least one.
    ///
    /// # Errors
    /// When there is no such document or the index cannot be read.
    pub fn paragraphs(&self, id: &DocumentId, first: u32, max_bytes: usize) -> Result<ParagraphPage, SearchError> {
        let (snapshot, address, document) = self.find(id)?;
        let mut paragraphs = Vec::new();
        let mut bytes = 0;
        let mut next = first;
        while next < document.version.paragraphs {
            for neighbour in page(snapshot.as_ref(), address, id, next)? {
                bytes += neighbour.bytes();
                if bytes > max_bytes && !paragraphs.is_empty() {
                    return Ok(ParagraphPage { document, paragraphs, next: Some(next) });
                }
                paragraphs.push(neighbour);
                next += 1;
            }
        }
        Ok(ParagraphPage { document, paragraphs, next: None })
    }

    /// A document's record and its original from byte `offset` on, up to `max_bytes` but at least
    /// one character, ending at a character's end. Empty for paragraphs that the caller split: they have none.
    ///
    /// # Errors
    /// When there is no such document, `offset` is no character's start, or the index cannot be read.
    pub fn original(&self, id: &DocumentId, offset: u64, max_bytes: usize) -> Result<Original, SearchError> {
        let (snapshot, address, document) = self.find(id)?;
        let layout = snapshot.layout(address)?;
        let snapshot = snapshot.as_ref();
        let whole = original(snapshot, &document, &layout, &all_paragraphs(snapshot, address, &document)?)?;
        let start = usize::try_from(offset)
            .ok()
            .filter(|&start| whole.is_char_boundary(start))
            .ok_or(SearchError::BadOffset(offset))?;
        let one_character = whole.ceil_char_boundary(start.saturating_add(1));
        let end = whole.floor_char_boundary(start.saturating_add(max_bytes)).max(one_character);
        let edits: Vec<_> = layout.edits.into_iter().filter(|edit| edit.range.end as usize > start).collect();
        let end = end_of_part(&whole, &edits, start, end);
        let within = |edit: &Edit| (edit.range.start as usize) < end;
        let text = whole
            .get(start..end)
            .ok_or_else(|| snapshot.doubt(&format!("document `{id}` is cut within a character")))?;
        Ok(Original {
            document,
            edits: edits.into_iter().filter(within).collect(),
            next: (end < whole.len()).then_some(end as u64),
            text: text.to_owned(),
        })
    }

    fn find(&self, id: &DocumentId) -> Result<(Arc<dyn Snapshot>, Address, DocumentRecord), SearchError> {
        let snapshot = self.engine.snapshot();
        let (address, record) = snapshot.document(id)?.ok_or_else(|| SearchError::DocumentNotFound(id.clone()))?;
        Ok((snapshot, address, record))
    }
}

/// Where a part ends that may have so many bytes: sooner where more was cut out than one answer can list.
fn end_of_part(whole: &str, edits: &[Edit], start: usize, end: usize) -> usize {
    match edits.get(MAX_EDITS) {
        // At least a character: an edit that begins before the part is listed with it.
        Some(next) => end.min((next.range.start as usize).max(whole.ceil_char_boundary(start + 1))),
        None => end,
    }
}

/// Some paragraphs from `first` on; at least one if there is one.
fn page(snapshot: &dyn Snapshot, record: Address, id: &DocumentId, first: u32) -> Result<Vec<Neighbour>, ReadError> {
    let page = neighbours(snapshot, id, &snapshot.siblings(record, first, FETCHED_AT_ONCE)?)?;
    if page.is_empty() {
        return Err(snapshot.doubt(&format!("document `{id}` has no paragraph `{first}`")));
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Rule;

    #[test]
    fn a_part_of_an_original_ends_before_it_has_too_many_edits() {
        let edit = |start| Edit { range: start..start + 3, rule: Rule::ZeroWidth };
        let whole = "\u{200b}".repeat(2 * MAX_EDITS);
        let edits: Vec<_> = (0..2 * u32::try_from(MAX_EDITS).unwrap()).map(|number| edit(3 * number)).collect();
        assert_eq!(end_of_part(&whole, &edits, 0, whole.len()), 3 * MAX_EDITS);
        assert_eq!(end_of_part(&whole, &edits[MAX_EDITS..], 3 * MAX_EDITS, whole.len()), whole.len());
        assert_eq!(end_of_part(&whole, &edits, 0, 6), 6);
    }
}
