//! `Analyze`: what the text chain makes of a text.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::{
    ingest::Ingest,
    rpc::{
        call::Call,
        convert::{Analyze, analyze_request, analyze_response},
        core::Core,
        failure::Failure,
        proto,
    },
    search::ReadError,
};

/// Answers one call. It takes a place among those that carry a document: its text may be as long.
pub(super) async fn analyze(
    core: &Core,
    call: &Call,
    request: proto::AnalyzeRequest,
) -> Result<proto::AnalyzeResponse, Failure> {
    let asked = analyze_request(request)?;
    let ingest = core.opened()?.ingest.clone();
    core.admit_document_call(call)?;
    let fingerprint = core.policy.fingerprint.clone();
    Ok(core.in_turn(call, move |stop| answer(&ingest, &asked, &fingerprint, stop)).await??)
}

fn answer(
    ingest: &Ingest,
    asked: &Analyze,
    fingerprint: &str,
    stop: &AtomicBool,
) -> Result<proto::AnalyzeResponse, ReadError> {
    let Analyze { text, source, offset, tokens } = asked;
    let analysis = ingest.analyze(text, source, *offset > 0, stop)?;
    // Once nobody waits for them, words are left out, which ends it soon.
    let words = |paragraph: &str| if *tokens && !stop.load(Relaxed) { ingest.tokens(paragraph) } else { Vec::new() };
    let response = analyze_response(&analysis, *offset, fingerprint, words);
    let has_rest = response.next_original_offset > 0;
    if has_rest || *offset > 0 {
        ingest.remember_analysis(text, source, analysis, has_rest);
    }
    Ok(response)
}
