//! `search QUERY`: one ranked search.

use std::io::{self, Write as _};

use tonic::transport::Channel;

use super::{
    arguments::{SearchArguments, Wording},
    connection::search_service,
    failure::Failure,
    hit::HitForm,
    json::JsonForm,
    output,
    output::{Output, Printable},
    resume::{self, Mark, Persistence, until_interrupted},
};
use crate::rpc::proto::{
    FinishReason, QueryField, RuledOut, SearchRequest, SearchResponse, SearchSummary, TotalHits, Warning,
    ZeroHitDiagnosis, search_request::QueryForm, search_response::Event, total_hits::Relation,
};

/// Searches and prints the hits as they come.
pub(super) async fn search(channel: Channel, arguments: SearchArguments, output: &mut Output) -> Result<(), Failure> {
    let hits = HitForm::of(output);
    let summaries = JsonForm::of("SearchSummary");
    let context = arguments.context;
    let query = arguments.query.unwrap_or_default();
    let request = SearchRequest {
        filter: arguments.filter.filter()?,
        context_before: context,
        context_after: context,
        collapse: arguments.collapse,
        ..request(query, arguments.limit, arguments.wording)
    };
    until_interrupted(receive(channel, request, |event| {
        match event {
            Event::Header(header) => warn(&header.warnings),
            Event::Hits(batch) => hits.write_all(&mut output.results, &batch.hits)?,
            Event::Summary(summary) if hits.is_for_people() => {
                // The hits stand above their summary, also where both are the terminal.
                output.results.flush()?;
                output::notice(summary_line(&summary));
                let lines = summary.diagnosis.iter().flat_map(diagnosis_lines);
                lines.for_each(|line| output::notice(Printable(&line)));
            }
            // A program that sees no line would not know why.
            Event::Summary(summary) if summary.diagnosis.is_some() => {
                write!(output.results, r#"{{"summary":"#)?;
                summaries.write_value(&mut output.results, &summary)?;
                writeln!(output.results, "}}")?;
                output.results.flush()?;
            }
            Event::Summary(_) => {}
        }
        Ok(())
    }))
    .await
}

/// A search for a query, taken as `wording` says.
pub(super) fn request(query: String, limit: u32, wording: Wording) -> SearchRequest {
    SearchRequest {
        query_form: Some(wording.form(query, QueryForm::Query, QueryForm::Prose)),
        limit,
        r#match: wording.mode().into(),
        no_synonyms: wording.no_synonyms,
        ..SearchRequest::default()
    }
}

/// Hands on the events of a search as they come, also of one that breaks and can be gone on with.
///
/// # Errors
///
/// [`Failure::Cut`] when the stream ends without its summary; what `take` says; what the service says.
pub(super) async fn receive(
    channel: Channel,
    request: SearchRequest,
    mut take: impl FnMut(Event) -> io::Result<()>,
) -> Result<(), Failure> {
    let open = |resume_token| {
        let (mut service, request) =
            (search_service(channel.clone()), SearchRequest { resume_token, ..request.clone() });
        async move { Ok(service.search(request).await?.into_inner()) }
    };
    let mut began = false;
    resume::read(Persistence::Bounded, open, |response: SearchResponse| {
        let Some(event) = response.event else { return Ok(Mark::None) };
        let mark = match &event {
            Event::Header(_) => Mark::None,
            Event::Hits(batch) => Mark::Token(batch.resume_token.clone()),
            Event::Summary(_) => Mark::Whole,
        };
        // The header of a stream gone on with says nothing new.
        let is_repeated = matches!(event, Event::Header(_)) && std::mem::replace(&mut began, true);
        if !is_repeated {
            take(event)?;
        }
        Ok(mark)
    })
    .await
}

/// Prints what the service took otherwise than it may have been meant.
pub(super) fn warn(warnings: &[Warning]) {
    for Warning { reason, message, field } in warnings {
        let field = if field.is_empty() { String::new() } else { format!(", field `{field}`") };
        output::warning(format_args!("{message} ({reason}{field})"));
    }
}

fn summary_line(summary: &SearchSummary) -> String {
    let total = total_hits(summary.total_hits.as_ref());
    let micros = summary.timings.as_ref().map_or(0, |timings| timings.total_micros);
    let mut line = format!("{} of {total} in {}", count(summary.hits_sent.into(), "hit"), duration(micros));
    if summary.finish_reason() == FinishReason::TimeBudget {
        line.push_str("; the time budget was used up, there may be better ones");
    }
    line
}

/// Says why nothing matched, a line each.
fn diagnosis_lines(diagnosis: &ZeroHitDiagnosis) -> Vec<String> {
    let ZeroHitDiagnosis { absent_terms: _, ruled_out, without_filter, absent, filter_rules_out_everything } =
        diagnosis;
    let mut lines = Vec::new();
    for (field, place) in
        [(QueryField::Unspecified, "paragraph"), (QueryField::Text, "text"), (QueryField::Title, "title")]
    {
        let terms: Vec<_> = absent.iter().filter(|term| term.field() == field).map(|term| term.term.as_str()).collect();
        if !terms.is_empty() {
            lines.push(format!("in no {place}: {}", terms.join(", ")));
        }
    }
    let without = |part: &RuledOut| format!("without {}: {}", part.written, count(part.without_it, "paragraph"));
    lines.extend(ruled_out.iter().filter(|part| part.without_it > 0).map(without));
    let conflict: Vec<_> = ruled_out.iter().filter(|part| part.in_conflict).map(|part| part.written.as_str()).collect();
    match &conflict[..] {
        [] => {}
        // What stands nowhere is named already, and there may be more of it.
        [_] if !absent.is_empty() => {}
        [only] => lines.push(format!("rules out everything: {only}")),
        parts => lines.push(format!("together they rule out everything: {}", parts.join(", "))),
    }
    if *filter_rules_out_everything {
        lines.push("no paragraph meets the filter, whatever is looked for".to_owned());
    }
    if *without_filter > 0 {
        lines.push(format!("without the filter: {}", count(*without_filter, "paragraph")));
    }
    lines
}

/// Says how many paragraphs match.
pub(super) fn total_hits(total: Option<&TotalHits>) -> String {
    match total {
        None => "an unknown number".to_owned(),
        Some(total) if total.relation() == Relation::AtLeast => format!("at least {}", total.value),
        Some(total) => total.value.to_string(),
    }
}

/// Says how many of a thing there are.
pub(super) fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Says a time in the unit that suits it.
pub(super) fn duration(micros: u64) -> String {
    let (whole, tenths) = if micros < 1_000_000 { (1_000, "ms") } else { (1_000_000, "s") };
    let rounded = (micros + whole / 20) / (whole / 10);
    format!("{}.{} {tenths}", rounded / 10, rounded % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::fake::{self, FakeService},
        rpc::proto::{TermStats, Timings},
    };

    async fn ranks(query: &str) -> Result<Vec<u32>, Failure> {
        let channel = fake::channel(FakeService::default()).await;
        let mut ranks = Vec::new();
        receive(channel, request(query.to_owned(), 2, Wording::default()), |event| {
            if let Event::Hits(batch) = event {
                ranks.extend(batch.hits.iter().map(|hit| hit.rank));
            }
            Ok(())
        })
        .await?;
        Ok(ranks)
    }

    #[tokio::test]
    async fn a_stream_without_a_summary_was_cut_and_one_that_breaks_goes_on() {
        assert_eq!(ranks("甲").await.unwrap(), [1, 2]);
        assert!(matches!(ranks("断").await, Err(Failure::Cut)));
        assert_eq!(ranks("续").await.unwrap(), [1, 2]);
        assert!(matches!(ranks("错").await, Err(Failure::Refused(_))));
    }

    #[test]
    fn summaries_for_people() {
        let mut summary = SearchSummary {
            hits_sent: 10,
            total_hits: Some(TotalHits { value: 1234, relation: Relation::AtLeast.into() }),
            timings: Some(Timings { total_micros: 3_250, ..Timings::default() }),
            ..SearchSummary::default()
        };
        assert_eq!(summary_line(&summary), "10 hits of at least 1234 in 3.3 ms");
        summary.hits_sent = 0;
        summary.total_hits = Some(TotalHits { value: 0, relation: Relation::Exact.into() });
        assert_eq!(summary_line(&summary), "0 hits of 0 in 3.3 ms");
    }

    #[test]
    fn a_diagnosis_for_people() {
        let part = |written: &str, without_it| RuledOut { written: written.into(), without_it, ..RuledOut::default() };
        let term = |term: &str, field: QueryField| TermStats {
            term: term.into(),
            field: field.into(),
            ..TermStats::default()
        };
        let mut diagnosis = ZeroHitDiagnosis {
            absent: vec![
                term("饕餮", QueryField::Unspecified),
                term("防汛", QueryField::Title),
                term("貔貅", QueryField::Unspecified),
            ],
            ruled_out: vec![part("+水源", 1), part("-环境", 12), part("+饕餮", 0)],
            without_filter: 3,
            ..ZeroHitDiagnosis::default()
        };
        let expected = [
            "in no paragraph: 饕餮, 貔貅",
            "in no title: 防汛",
            "without +水源: 1 paragraph",
            "without -环境: 12 paragraphs",
            "without the filter: 3 paragraphs",
        ];
        assert_eq!(diagnosis_lines(&diagnosis), expected);
        let conflict = |written: &str| RuledOut { in_conflict: true, ..part(written, 0) };
        diagnosis = ZeroHitDiagnosis {
            ruled_out: vec![part("改革", 0), conflict("锚点"), conflict("防汛")],
            ..ZeroHitDiagnosis::default()
        };
        assert_eq!(diagnosis_lines(&diagnosis), ["together they rule out everything: 锚点, 防汛"]);
        diagnosis = ZeroHitDiagnosis { filter_rules_out_everything: true, ..ZeroHitDiagnosis::default() };
        assert_eq!(diagnosis_lines(&diagnosis), ["no paragraph meets the filter, whatever is looked for"]);
        assert!(diagnosis_lines(&ZeroHitDiagnosis::default()).is_empty());
    }

    #[test]
    fn durations() {
        for (micros, expected) in
            [(0, "0.0 ms"), (49, "0.0 ms"), (50, "0.1 ms"), (999_949, "999.9 ms"), (9_140_000, "9.1 s")]
        {
            assert_eq!(duration(micros), expected);
        }
    }
}
