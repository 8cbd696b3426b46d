//! The search service with the size of messages that each of its methods takes.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use http::Request;
use tonic::{body::Body, server::NamedService};
use tower::Service;

use crate::rpc::{
    limits::{DOCUMENT_REQUEST_BYTES, REQUEST_BYTES},
    search::Search,
    served::SearchServiceServer,
};

/// What the path of the one method ends with whose requests carry a document's text.
const ANALYZE: &str = "/Analyze";

/// Tonic's limit is one for a whole service: here are two of them, and a request goes to the one for its method.
#[derive(Clone)]
pub(crate) struct SizedSearch {
    short: SearchServiceServer<Search>,
    long: SearchServiceServer<Search>,
}

impl SizedSearch {
    /// Serves `search`.
    pub(crate) fn new(search: Search) -> Self {
        let search = Arc::new(search);
        let taking = |bytes| SearchServiceServer::from_arc(Arc::clone(&search)).max_decoding_message_size(bytes);
        Self { short: taking(REQUEST_BYTES), long: taking(DOCUMENT_REQUEST_BYTES) }
    }
}

impl NamedService for SizedSearch {
    const NAME: &'static str = <SearchServiceServer<Search> as NamedService>::NAME;
}

impl Service<Request<Body>> for SizedSearch {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = <SearchServiceServer<Search> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both are always ready.
        Service::<Request<Body>>::poll_ready(&mut self.short, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let server = if request.uri().path().ends_with(ANALYZE) { &mut self.long } else { &mut self.short };
        server.call(request)
    }
}
