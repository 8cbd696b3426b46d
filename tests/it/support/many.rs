//! Calls about many documents: counts, lists, purges.

use tonic::{Response, Status};
use xunzhang::rpc::proto::{
    CountRequest, CountResponse, Filter, ListDocumentsRequest, ListDocumentsResponse, ListedDocument,
    PurgeDocumentsRequest, PurgeDocumentsResponse, count_request::QueryForm,
};

use super::{Service, within};

/// A count of what people write; of everything if that is nothing.
pub(crate) fn counted(query: &str) -> CountRequest {
    CountRequest { query_form: Some(QueryForm::Query(query.to_owned())), ..CountRequest::default() }
}

/// A purge of what a filter lets through.
pub(crate) fn purged(filter: Filter) -> PurgeDocumentsRequest {
    PurgeDocumentsRequest { filter: Some(filter), ..PurgeDocumentsRequest::default() }
}

/// Ids, in order.
pub(crate) fn listed_ids(documents: &[ListedDocument]) -> Vec<&str> {
    documents.iter().map(|listed| listed.document.as_ref().expect("it has its metadata").id.as_str()).collect()
}

impl Service {
    pub(crate) async fn count(&self, request: CountRequest) -> CountResponse {
        self.try_count(request).await.expect("it is answered")
    }

    pub(crate) async fn try_count(&self, request: CountRequest) -> Result<CountResponse, Status> {
        within("a count", self.searches().count(request)).await.map(Response::into_inner)
    }

    pub(crate) async fn list(&self, request: ListDocumentsRequest) -> ListDocumentsResponse {
        self.try_list(request).await.expect("it is answered")
    }

    pub(crate) async fn try_list(&self, request: ListDocumentsRequest) -> Result<ListDocumentsResponse, Status> {
        within("a list", self.documents().list_documents(request)).await.map(Response::into_inner)
    }

    /// All pages of a list.
    pub(crate) async fn list_all(&self, mut request: ListDocumentsRequest) -> Vec<ListedDocument> {
        let mut documents = Vec::new();
        loop {
            let page = self.list(request.clone()).await;
            documents.extend(page.documents);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return documents;
            }
        }
    }

    pub(crate) async fn purge(&self, request: PurgeDocumentsRequest) -> PurgeDocumentsResponse {
        self.try_purge(request).await.expect("it is answered")
    }

    pub(crate) async fn try_purge(&self, request: PurgeDocumentsRequest) -> Result<PurgeDocumentsResponse, Status> {
        within("a purge", self.documents().purge_documents(request)).await.map(Response::into_inner)
    }
}
