//! `ListDocuments`: documents without their texts, page by page.

use crate::{
    rpc::{
        call::Call,
        convert::{ListPage, list_request, list_response},
        core::Core,
        failure::Failure,
        limits::LIST_PAGE_BYTES,
        proto,
        token::{For, Kind},
    },
    search::{ListPlace, PageBound},
};

/// Answers one call. A token has the place behind which a page begins.
pub(super) async fn list(
    core: &Core,
    call: &Call,
    request: proto::ListDocumentsRequest,
) -> Result<proto::ListDocumentsResponse, Failure> {
    let ListPage { filter, documents, token: previous, list } = list_request(request)?;
    let searcher = core.opened()?.searcher.clone();
    let (tokens, list) = (core.tokens()?, For::new(Kind::List, "page_token", &list, call.caller()));
    let after: Option<ListPlace> = tokens.open(&list, &previous)?;
    core.admit_document_call(call)?;
    let bound = PageBound { documents, bytes: LIST_PAGE_BYTES };
    let page = core.in_turn(call, move |stop| searcher.documents(&filter, after, bound, stop)).await??;
    let next = page.next.map_or_else(String::new, |after| tokens.seal(&list, &after));
    Ok(list_response(page, next))
}
