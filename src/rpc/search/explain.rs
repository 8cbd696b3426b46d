//! `Explain`: how a query is understood, and what a score is made of.

use crate::{
    rpc::{
        call::Call,
        convert::{Asked, explain_response},
        core::Core,
        failure::Failure,
        proto,
    },
    search::{ExplainRequest, SearchError, Searcher},
};

/// Answers one call. It takes a place among the streams of searches: it does what they do.
pub(super) async fn explain(
    core: &Core,
    call: &Call,
    searcher: Searcher,
    asked: Asked<ExplainRequest>,
) -> Result<proto::ExplainResponse, Failure> {
    let Asked { mut request, warnings, written, synonyms } = asked;
    let _admitted = core.admit_stream(call)?;
    let answer = core.in_turn(call, move |stop| {
        request.query = searcher.understood(request.query, synonyms);
        let explained = searcher.explain(&request, stop)?;
        Ok::<_, SearchError>(explain_response(&request, written.is_some(), explained, warnings))
    });
    Ok(answer.await??)
}
