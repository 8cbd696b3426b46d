//! Lists of documents: what is asked, and what is answered.

use crate::{
    query::Filter,
    rpc::{
        convert::{
            answer::document,
            filter::filter,
            invalid::{Invalid, at_most},
        },
        limits::{DEFAULT_LIST_PAGE, LIST_PAGE},
        proto,
    },
    search::{DocumentPage, DocumentRecord},
};

/// A page that is asked for.
#[derive(Debug)]
pub(crate) struct ListPage {
    /// Which documents are listed.
    pub(crate) filter: Filter,
    /// The most documents of the page.
    pub(crate) documents: usize,
    /// What the page before said; empty for the first one.
    pub(crate) token: String,
    /// What all pages of one list have in common: a token of one list is no good for another.
    pub(crate) list: proto::ListDocumentsRequest,
}

/// Checks what is asked, but for the token.
pub(crate) fn list_request(request: proto::ListDocumentsRequest) -> Result<ListPage, Invalid> {
    let proto::ListDocumentsRequest { page_size, page_token, filter: conditions } = request;
    let documents = if page_size == 0 { DEFAULT_LIST_PAGE } else { at_most("page_size", page_size, LIST_PAGE)? };
    // A filter without conditions is none.
    let list = conditions.clone().filter(|conditions| *conditions != proto::Filter::default());
    let list = proto::ListDocumentsRequest { filter: list, ..proto::ListDocumentsRequest::default() };
    Ok(ListPage { filter: filter(conditions)?, documents: documents as usize, token: page_token, list })
}

/// Writes a page. `next` is the token of the next one, empty if there is none.
pub(crate) fn list_response(page: DocumentPage, next: String) -> proto::ListDocumentsResponse {
    let DocumentPage { generation, documents, next: _ } = page;
    proto::ListDocumentsResponse {
        documents: documents.into_iter().map(listed).collect(),
        next_page_token: next,
        generation: generation.to_string(),
    }
}

fn listed(record: DocumentRecord) -> proto::ListedDocument {
    let DocumentRecord { id, version, metadata, recognized, original_bytes } = record;
    proto::ListedDocument {
        document: Some(document(&id, metadata)),
        etag: version.etag.to_string(),
        sequence: version.sequence,
        paragraph_count: version.paragraphs,
        original_bytes: original_bytes.into(),
        recognized_fields: recognized.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_a_size() {
        let sized = |page_size| proto::ListDocumentsRequest { page_size, ..proto::ListDocumentsRequest::default() };
        for (page_size, documents) in [(0, 50), (1, 1), (1_000, 1_000)] {
            assert_eq!(list_request(sized(page_size)).unwrap().documents, documents);
        }
        for page_size in [1_001, u32::MAX] {
            assert_eq!(list_request(sized(page_size)).unwrap_err().field, "page_size");
        }
    }

    #[test]
    fn a_filter_without_conditions_is_none() {
        let with = |filter| proto::ListDocumentsRequest { filter, ..proto::ListDocumentsRequest::default() };
        let list = |filter| list_request(with(filter)).unwrap().list;
        assert_eq!(list(None), list(Some(proto::Filter::default())));
        let one = proto::Filter { levels: vec!["省级".to_owned()], ..proto::Filter::default() };
        assert_ne!(list(None), list(Some(one)));
    }
}
