//! `Count`: exact numbers.

use crate::{
    rpc::{
        convert::{Asked, count_response},
        failure::Failure,
        proto,
        search::produce::Producer,
    },
    search::CountRequest,
};

impl Producer {
    /// Counts. It takes a place among the calls that answer once.
    pub(super) async fn count(self, asked: Asked<CountRequest>) -> Result<proto::CountResponse, Failure> {
        let Asked { mut request, warnings, written: _, synonyms } = asked;
        let Self { core, searcher, call, enough: _ } = self;
        core.admit_document_call(&call)?;
        let counted = core.in_turn(&call, move |stop| {
            request.query = searcher.understood(request.query, synonyms);
            searcher.count(&request, stop).map(|counted| (request.query, counted))
        });
        let (query, (generation, counts)) = counted.await??;
        Ok(count_response(&query, warnings, generation, counts))
    }
}
