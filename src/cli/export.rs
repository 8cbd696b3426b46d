//! `export [QUERY]`: every paragraph that matches.

use std::io::Write as _;

use tonic::transport::Channel;

use super::{
    arguments::ExportArguments,
    connection::search_service,
    failure::Failure,
    hit::HitForm,
    output,
    output::Output,
    search::{count, duration, warn},
};
use crate::rpc::proto::{ExportRequest, ExportSummary, MatchMode, export_request::QueryForm, export_response::Event};

/// Prints every paragraph that matches, as they come.
pub(super) async fn export(channel: Channel, arguments: ExportArguments, output: &mut Output) -> Result<(), Failure> {
    let hits = HitForm::of(output);
    let ExportArguments { query, words_wanted, filter } = arguments;
    let request = ExportRequest {
        query_form: Some(QueryForm::Query(query)),
        r#match: MatchMode::from(words_wanted).into(),
        filter: filter.filter()?,
        ..ExportRequest::default()
    };
    let mut stream = search_service(channel).export(request).await?.into_inner();
    let mut end = None;
    while let Some(response) = stream.message().await? {
        match response.event {
            Some(Event::Header(header)) => warn(&header.warnings),
            Some(Event::Hits(batch)) => hits.write_all(&mut output.results, &batch.hits)?,
            Some(Event::Summary(summary)) => end = Some(summary),
            // Removals belong to `follow`, which is not asked for.
            Some(Event::Removed(_)) | None => {}
        }
    }
    let summary = end.ok_or(Failure::Cut)?;
    output.results.flush()?;
    if hits.is_for_people() {
        output::notice(summary_line(&summary));
    }
    Ok(())
}

fn summary_line(summary: &ExportSummary) -> String {
    let micros = summary.timings.as_ref().map_or(0, |timings| timings.total_micros);
    format!("{} in {}", count(summary.hits_sent, "paragraph"), duration(micros))
}
