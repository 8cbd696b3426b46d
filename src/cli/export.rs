//! `export [QUERY]`: every paragraph that matches; with `--follow`, what comes and goes later, too.

use std::io::{self, Write};

use tonic::transport::Channel;

use super::{
    arguments::{ExportArguments, Wording},
    connection::search_service,
    failure::Failure,
    hit::HitForm,
    json::JsonForm,
    output,
    output::{Output, Printable, Styles},
    resume::{self, Mark, Persistence, until_interrupted},
    search::{count, duration, warn},
};
use crate::rpc::proto::{
    ExportRequest, ExportResponse, ExportSummary, Removed, Warning, export_request::QueryForm, export_response::Event,
};

/// Prints every paragraph that matches, as they come; with `--follow` until it is stopped.
pub(super) async fn export(channel: Channel, arguments: ExportArguments, output: &mut Output) -> Result<(), Failure> {
    let mut printer = Printer { hits: HitForm::of(output), styles: output.styles, printed: 0, warned: Vec::new() };
    let ExportArguments { query, wording, follow, filter } = arguments;
    let request = ExportRequest { filter: filter.filter()?, follow, ..request(query, wording) };
    let persistence = if follow { Persistence::Endless } else { Persistence::Bounded };
    let open = |resume_token| {
        let (mut service, request) =
            (search_service(channel.clone()), ExportRequest { resume_token, ..request.clone() });
        async move { Ok(service.export(request).await?.into_inner()) }
    };
    let results = &mut output.results;
    let ended = until_interrupted(resume::read(persistence, open, |response| printer.take(response, results))).await;
    if let Err(Failure::Interrupted(_)) = ended {
        printer.say_how_far(None);
    }
    ended
}

/// An export of what matches a query, taken as `wording` says.
pub(super) fn request(query: String, wording: Wording) -> ExportRequest {
    ExportRequest {
        query_form: Some(wording.form(query, QueryForm::Query, QueryForm::Prose)),
        r#match: wording.mode().into(),
        no_synonyms: wording.no_synonyms,
        ..ExportRequest::default()
    }
}

struct Printer {
    hits: HitForm,
    styles: Styles,
    printed: u64,
    /// What was warned of: a stream gone on with says it again, and may have more to say.
    warned: Vec<Warning>,
}

impl Printer {
    fn take(&mut self, ExportResponse { event }: ExportResponse, out: &mut impl Write) -> Result<Mark, Failure> {
        Ok(match event {
            Some(Event::Header(header)) => {
                warn(&self.unsaid(header.warnings));
                Mark::None
            }
            Some(Event::Hits(batch)) => {
                self.hits.write_all(out, &batch.hits)?;
                self.printed += batch.hits.len() as u64;
                Mark::Token(batch.resume_token)
            }
            Some(Event::Removed(batch)) => {
                batch.removed.iter().try_for_each(|removed| self.write_removed(out, removed))?;
                out.flush()?;
                Mark::Token(batch.resume_token)
            }
            Some(Event::Progress(progress)) => Mark::Token(progress.resume_token),
            Some(Event::Summary(summary)) => {
                out.flush()?;
                self.say_how_far(Some(&summary));
                Mark::Whole
            }
            None => Mark::None,
        })
    }

    /// Those of a header's warnings that no header before it had.
    fn unsaid(&mut self, warnings: Vec<Warning>) -> Vec<Warning> {
        let unsaid: Vec<Warning> = warnings.into_iter().filter(|warning| !self.warned.contains(warning)).collect();
        self.warned.extend_from_slice(&unsaid);
        unsaid
    }

    fn write_removed(&self, out: &mut impl Write, removed: &Removed) -> io::Result<()> {
        match &self.hits {
            HitForm::Text(_) => {
                let Styles { cut, .. } = self.styles;
                writeln!(out, "removed {cut}{}{cut:#}\n", Printable(&removed.document_id))
            }
            HitForm::Json(_) => {
                write!(out, r#"{{"removed":"#)?;
                JsonForm::of("Removed").write_value(out, removed)?;
                writeln!(out, "}}")
            }
        }
    }

    /// Tells people how much there was.
    fn say_how_far(&self, summary: Option<&ExportSummary>) {
        if self.hits.is_for_people() {
            let printed = count(self.printed, "paragraph");
            let timings = summary.and_then(|summary| summary.timings.as_ref());
            output::notice(match timings {
                Some(timings) => format!("{printed} in {}", duration(timings.total_micros)),
                None => printed,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_resumed_stream_says_for_the_first_time_is_shown() {
        let mut printer = Printer {
            hits: HitForm::Json(JsonForm::of("Hit")),
            styles: Styles::default(),
            printed: 0,
            warned: Vec::new(),
        };
        let warning = |reason: &str| Warning { reason: reason.to_owned(), ..Warning::default() };
        let mut unsaid = |reasons: &[&str]| {
            let unsaid = printer.unsaid(reasons.iter().copied().map(warning).collect());
            unsaid.into_iter().map(|warning| warning.reason).collect::<Vec<_>>()
        };
        assert_eq!(unsaid(&["MISSING_VALUE"]), ["MISSING_VALUE"]);
        assert_eq!(unsaid(&["MISSING_VALUE", "DOCUMENT_REPEATED"]), ["DOCUMENT_REPEATED"]);
        assert!(unsaid(&["MISSING_VALUE", "DOCUMENT_REPEATED"]).is_empty());
    }
}
