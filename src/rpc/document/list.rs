//! `ListDocuments`: documents without their texts, page by page.

use crate::{
    rpc::{
        convert::{ListPage, list_request, list_response},
        core::Core,
        document::page_token::{after, token},
        failure::Failure,
        limits::LIST_PAGE_BYTES,
        proto,
    },
    search::PageBound,
};

/// Answers one call.
pub(super) async fn list(
    core: &Core,
    request: proto::ListDocumentsRequest,
) -> Result<proto::ListDocumentsResponse, Failure> {
    let ListPage { filter, documents, token: previous, list } = list_request(request)?;
    let after = after(&previous, &list)?;
    let searcher = core.opened()?.searcher.clone();
    let _admitted = core.admit_document_call()?;
    let bound = PageBound { documents, bytes: LIST_PAGE_BYTES };
    let page = core.in_turn(move |stop| searcher.documents(&filter, after, bound, stop)).await??;
    let next = page.next.map_or_else(String::new, |after| token(after, &list));
    Ok(list_response(page, next))
}
