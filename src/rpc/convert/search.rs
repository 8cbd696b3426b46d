//! Search and export requests.

use std::time::Duration;

use crate::{
    query::{self, MatchMode, Query},
    rpc::{
        convert::{
            filter::filter,
            invalid::{Invalid, at_most, match_mode},
            query::{checked_text, typed},
            unit::Unit,
        },
        limits::{CONTEXT_PARAGRAPHS, DEFAULT_SEARCH_LIMIT, SEARCH_LIMIT},
        proto::{self, export_request, search_request},
    },
    search::{Context, ExportRequest, NearCopies, RankRequest},
};

/// The longest duration of the protocol, some 10,000 years.
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;

/// A request, checked, with what its caller should know about how it was taken.
pub(crate) struct Asked<R> {
    /// What to do.
    pub(crate) request: R,
    /// What was taken otherwise than it may have been meant.
    pub(crate) warnings: Vec<proto::Warning>,
    /// The query as the caller wrote it; `None` for a tree.
    pub(crate) written: Option<String>,
    /// Whether other names of what the query names are looked for, too.
    pub(crate) synonyms: bool,
}

impl<R> Asked<R> {
    /// The same with another request, if it can be had.
    pub(crate) fn map<S, E>(self, change: impl FnOnce(R) -> Result<S, E>) -> Result<Asked<S>, E> {
        let Self { request, warnings, written, synonyms } = self;
        Ok(Asked { request: change(request)?, warnings, written, synonyms })
    }
}

/// A search, and where it goes on.
pub(crate) struct SearchOrder {
    /// What to rank, from the beginning on.
    pub(crate) request: RankRequest,
    /// The unit of highlights.
    pub(crate) unit: Unit,
    /// What the batch before said; empty for the beginning.
    pub(crate) token: String,
    /// Whether it may go on in another state of the index.
    pub(crate) allow_snapshot_change: bool,
    /// The time that it may take, from its arrival.
    pub(crate) time_budget: Option<Duration>,
    /// What all calls of one stream have in common: a token of one stream is no good for another.
    pub(crate) stream: proto::SearchRequest,
}

/// An export, and where it goes on.
pub(crate) struct ExportOrder {
    /// What to export, from the beginning on.
    pub(crate) request: ExportRequest,
    /// The unit of highlights.
    pub(crate) unit: Unit,
    /// What the batch before said; empty for the beginning.
    pub(crate) token: String,
    /// What all calls of one stream have in common: a token of one stream is no good for another.
    pub(crate) stream: proto::ExportRequest,
}

/// Checks a search.
pub(crate) fn search_request(request: proto::SearchRequest) -> Result<Asked<SearchOrder>, Invalid> {
    let stream = search_stream(&request);
    let proto::SearchRequest {
        query_form,
        limit,
        r#match,
        filter: conditions,
        highlight_unit,
        context_before,
        context_after,
        collapse,
        time_budget,
        min_generation,
        resume_token,
        allow_snapshot_change,
        name_folded,
        no_synonyms,
    } = request;
    let unit = Unit::checked("highlight_unit", highlight_unit)?;
    let time_budget = time_budget.map(|budget| self::time_budget("time_budget", budget)).transpose()?;
    let mode = mode(r#match)?;
    let Understood { query, warnings, written } = match query_form {
        None => return Err(Invalid::new("query", "must not be empty")),
        Some(search_request::QueryForm::Query(text)) => Understood::written(checked_text("query", text)?, mode),
        Some(search_request::QueryForm::Prose(text)) => Understood::prose(checked_text("prose", text)?, mode),
        Some(search_request::QueryForm::TypedQuery(query)) => Understood::tree(typed("typed_query", query)?),
    };
    let request = RankRequest {
        query,
        mode,
        filter: filter(conditions)?,
        limit: effective_limit(limit)?,
        context: Context {
            before: at_most("context_before", context_before, CONTEXT_PARAGRAPHS)?,
            after: at_most("context_after", context_after, CONTEXT_PARAGRAPHS)?,
        },
        near_copies: near_copies(collapse, name_folded)?,
        min_generation: generation(&min_generation)?,
        resume: None,
    };
    let order = SearchOrder { request, unit, token: resume_token, allow_snapshot_change, time_budget, stream };
    Ok(Asked { request: order, warnings, written, synonyms: !no_synonyms })
}

/// What a request has in common with those that go on with it: what it says of one call is left out, what is said by
/// saying nothing is written.
fn search_stream(request: &proto::SearchRequest) -> proto::SearchRequest {
    proto::SearchRequest {
        limit: if request.limit == 0 { DEFAULT_SEARCH_LIMIT } else { request.limit },
        filter: request.filter.clone().filter(|filter| *filter != proto::Filter::default()),
        time_budget: None,
        min_generation: String::new(),
        resume_token: String::new(),
        allow_snapshot_change: false,
        ..request.clone()
    }
}

/// Reads a time that something may take: more than none, in the range and form of the protocol.
fn time_budget(field: &str, budget: prost_types::Duration) -> Result<Duration, Invalid> {
    let prost_types::Duration { seconds, nanos } = budget;
    let invalid = |message: &str| Invalid::new(field, message);
    if !(-MAX_DURATION_SECONDS..=MAX_DURATION_SECONDS).contains(&seconds)
        || !(-999_999_999..=999_999_999).contains(&nanos)
    {
        return Err(invalid("is out of the range of durations"));
    }
    match (u64::try_from(seconds), u32::try_from(nanos)) {
        (Ok(0), Ok(0)) => Err(invalid("must be more than zero; leave it unset for as long as it takes")),
        (Ok(seconds), Ok(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(invalid("must not be negative")),
    }
}

/// Checks an export. No query, or an empty one, means everything.
pub(crate) fn export_request(request: proto::ExportRequest) -> Result<Asked<ExportOrder>, Invalid> {
    let stream = export_stream(&request);
    let proto::ExportRequest {
        query_form,
        r#match,
        filter: conditions,
        min_generation,
        resume_token,
        allow_snapshot_change,
        follow,
        highlight_unit,
        no_synonyms,
    } = request;
    let unit = Unit::checked("highlight_unit", highlight_unit)?;
    let mode = mode(r#match)?;
    let Understood { query, warnings, written } = match query_form {
        None => Understood::everything(),
        Some(export_request::QueryForm::Query(text)) => Understood::written_or_everything(text, mode)?,
        Some(export_request::QueryForm::Prose(text)) => Understood::prose_or_everything(text, mode)?,
        Some(export_request::QueryForm::TypedQuery(query)) => Understood::tree(typed("typed_query", query)?),
    };
    let request = ExportRequest {
        query,
        mode,
        filter: filter(conditions)?,
        min_generation: generation(&min_generation)?,
        after: None,
        follow,
        allow_missing: allow_snapshot_change,
    };
    let order = ExportOrder { request, unit, token: resume_token, stream };
    Ok(Asked { request: order, warnings, written, synonyms: !no_synonyms })
}

/// What a request has in common with those that go on with it, `follow` or not: an empty query and an empty filter are
/// none.
fn export_stream(request: &proto::ExportRequest) -> proto::ExportRequest {
    let proto::ExportRequest {
        query_form,
        r#match,
        filter,
        min_generation: _,
        resume_token: _,
        allow_snapshot_change: _,
        follow: _,
        highlight_unit,
        no_synonyms,
    } = request;
    let is_empty = |form: &export_request::QueryForm| match form {
        export_request::QueryForm::Query(text) | export_request::QueryForm::Prose(text) => text.is_empty(),
        export_request::QueryForm::TypedQuery(_) => false,
    };
    proto::ExportRequest {
        query_form: query_form.clone().filter(|form| !is_empty(form)),
        r#match: *r#match,
        filter: filter.clone().filter(|filter| *filter != proto::Filter::default()),
        highlight_unit: *highlight_unit,
        no_synonyms: *no_synonyms,
        ..proto::ExportRequest::default()
    }
}

/// A query in one of its forms.
pub(super) struct Understood {
    pub(super) query: Query,
    pub(super) warnings: Vec<proto::Warning>,
    pub(super) written: Option<String>,
}

impl Understood {
    /// What services build.
    pub(super) fn tree(query: Query) -> Self {
        let warnings = query.warning().iter().map(|warning| self::warning(warning, "typed_query")).collect();
        Self { query, warnings, written: None }
    }

    pub(super) fn everything() -> Self {
        Self::tree(Query::MatchAll)
    }

    /// What people write where nothing means everything.
    pub(super) fn written_or_everything(text: String, mode: MatchMode) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(Self::everything()) } else { Ok(Self::written(checked_text("query", text)?, mode)) }
    }

    /// Prose. Where every word is required, everything in it is.
    pub(super) fn prose(text: String, mode: MatchMode) -> Self {
        let query = query::prose(&text);
        let warnings = query.warning().iter().map(|warning| self::warning(warning, "prose")).collect();
        Self { query: required(query, mode), warnings, written: Some(text) }
    }

    /// Prose where nothing means everything.
    pub(super) fn prose_or_everything(text: String, mode: MatchMode) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(Self::everything()) } else { Ok(Self::prose(checked_text("prose", text)?, mode)) }
    }

    /// What people write. Where every word is required, the words beside a quoted part are too; a tree says for itself
    /// what it requires.
    pub(super) fn written(text: String, mode: MatchMode) -> Self {
        let query::Parsed { query, warnings } = query::parse(&text);
        Self {
            query: required(query, mode),
            warnings: warnings.iter().map(|warning| self::warning(warning, "query")).collect(),
            written: Some(text),
        }
    }
}

/// A query of which every word is required, if the mode says so.
fn required(query: Query, mode: MatchMode) -> Query {
    match mode {
        MatchMode::Any => query,
        MatchMode::All => query.requiring_all(),
    }
}

fn warning(warning: &query::Warning, field: &str) -> proto::Warning {
    proto::Warning { reason: warning.reason().to_owned(), message: warning.to_string(), field: field.to_owned() }
}

/// Reads how many of the words have to match.
pub(super) fn mode(value: i32) -> Result<MatchMode, Invalid> {
    Ok(match_mode("match", value)?.unwrap_or_default())
}

fn effective_limit(limit: u32) -> Result<usize, Invalid> {
    let limit = if limit == 0 { DEFAULT_SEARCH_LIMIT } else { at_most("limit", limit, SEARCH_LIMIT)? };
    Ok(limit as usize)
}

fn near_copies(collapse: bool, name_folded: bool) -> Result<NearCopies, Invalid> {
    match (collapse, name_folded) {
        (false, false) => Ok(NearCopies::Kept),
        (true, false) => Ok(NearCopies::Counted),
        (true, true) => Ok(NearCopies::Named),
        (false, true) => Err(Invalid::new("name_folded", "needs `collapse`; set both or neither")),
    }
}

/// Reads the generation that has to have been reached.
pub(super) fn generation(text: &str) -> Result<Option<crate::search::Generation>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|error: crate::search::InvalidGeneration| Invalid::new("min_generation", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> proto::SearchRequest {
        let query = proto::Query { kind: Some(proto::query::Kind::MatchAll(proto::MatchAllQuery {})) };
        proto::SearchRequest {
            query_form: Some(search_request::QueryForm::TypedQuery(query)),
            ..proto::SearchRequest::default()
        }
    }

    fn check_refused(change: impl FnOnce(&mut proto::SearchRequest), field: &str) {
        let mut request = everything();
        change(&mut request);
        let refused = search_request(request).err().expect("must be refused");
        assert_eq!(refused.field, field, "{refused}");
    }

    #[test]
    fn defaults_are_the_contracts() {
        let asked = search_request(everything()).unwrap().request.request;
        assert_eq!((asked.limit, asked.mode, asked.context), (10, MatchMode::Any, Context::default()));
        assert_eq!(asked.min_generation, None);
        assert_eq!(search_request(everything()).unwrap().request.unit, Unit::Utf8Byte);
    }

    #[test]
    fn limits_are_held_to_and_never_cut_in_silence() {
        let mut request = everything();
        request.limit = SEARCH_LIMIT;
        assert_eq!(search_request(request).unwrap().request.request.limit, 10_000);
        check_refused(|request| request.limit = SEARCH_LIMIT + 1, "limit");
        check_refused(|request| request.context_before = 6, "context_before");
        check_refused(|request| request.context_after = 6, "context_after");
        check_refused(|request| request.query_form = None, "query");
        let form = |text: String| Some(search_request::QueryForm::Query(text));
        check_refused(|request| request.query_form = form(String::new()), "query");
        check_refused(|request| request.query_form = form("党".repeat(1_025)), "query");
    }

    #[test]
    fn unknown_and_contradictory_values_are_refused() {
        check_refused(|request| request.r#match = 3, "match");
        check_refused(|request| request.highlight_unit = -1, "highlight_unit");
        check_refused(|request| request.name_folded = true, "name_folded");
        check_refused(|request| request.min_generation = "newest".to_owned(), "min_generation");
    }

    #[test]
    fn a_time_budget_is_a_duration_above_zero() {
        let asked = |seconds, nanos| {
            let time_budget = Some(prost_types::Duration { seconds, nanos });
            search_request(proto::SearchRequest { time_budget, ..everything() })
        };
        let check = |seconds, nanos, expected: Option<Duration>| {
            let found = asked(seconds, nanos).map(|asked| asked.request.time_budget);
            match expected {
                Some(_) => assert_eq!(found.unwrap(), expected),
                None => assert_eq!(found.unwrap_err().field, "time_budget"),
            }
        };
        check(1, 500_000_000, Some(Duration::from_millis(1_500)));
        check(0, 1, Some(Duration::from_nanos(1)));
        check(MAX_DURATION_SECONDS, 0, Some(Duration::from_secs(MAX_DURATION_SECONDS.unsigned_abs())));
        for (seconds, nanos) in [(0, 0), (-1, 0), (0, -1), (1, -1), (-1, 1)] {
            check(seconds, nanos, None);
        }
        for (seconds, nanos) in [(MAX_DURATION_SECONDS + 1, 0), (i64::MIN, 0), (0, 1_000_000_000), (0, i32::MIN)] {
            check(seconds, nanos, None);
        }
    }

    #[test]
    fn a_stream_is_what_is_asked_for_and_not_where_it_goes_on() {
        let stream = |request| search_request(request).unwrap().request.stream;
        let gone_on = proto::SearchRequest {
            limit: DEFAULT_SEARCH_LIMIT,
            filter: Some(proto::Filter::default()),
            time_budget: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            min_generation: "00000001-1".to_owned(),
            resume_token: "t".to_owned(),
            allow_snapshot_change: true,
            ..everything()
        };
        assert_eq!(stream(gone_on), stream(everything()));
        for other in [
            proto::SearchRequest { limit: 11, ..everything() },
            proto::SearchRequest { collapse: true, ..everything() },
            proto::SearchRequest { context_after: 1, ..everything() },
            proto::SearchRequest { highlight_unit: 2, ..everything() },
            proto::SearchRequest { r#match: 2, ..everything() },
        ] {
            assert_ne!(stream(other), stream(everything()));
        }
    }

    #[test]
    fn trees_are_warned_of_like_texts() {
        use proto::query::Kind;
        let node = |kind| proto::Query { kind: Some(kind) };
        let words = |text: &str| node(Kind::Text(proto::TextQuery { text: text.to_owned(), ..Default::default() }));
        let boolean = |must, should, must_not| node(Kind::Boolean(proto::BooleanQuery { must, should, must_not }));
        let check = |query, expected: &[&str]| {
            let query_form = Some(search_request::QueryForm::TypedQuery(query));
            let asked = search_request(proto::SearchRequest { query_form, ..proto::SearchRequest::default() });
            let warnings = asked.unwrap().warnings;
            assert!(warnings.iter().all(|warning| warning.field == "typed_query"));
            assert_eq!(warnings.iter().map(|warning| warning.reason.as_str()).collect::<Vec<_>>(), expected);
        };
        check(words("，"), &["NOTHING_TO_SEARCH"]);
        check(boolean(vec![words("甲"), words("，")], vec![], vec![]), &["NOTHING_TO_SEARCH"]);
        check(boolean(vec![], vec![words("甲"), words("，")], vec![]), &[]);
        check(boolean(vec![], vec![], vec![words("甲")]), &["ONLY_EXCLUSIONS"]);
        let nested = boolean(vec![boolean(vec![], vec![], vec![words("甲")])], vec![], vec![words("乙")]);
        check(nested, &["ONLY_EXCLUSIONS"]);
        check(boolean(vec![words("甲")], vec![], vec![words("乙")]), &[]);
        check(node(Kind::MatchAll(proto::MatchAllQuery {})), &[]);
    }

    #[test]
    fn an_export_without_a_query_is_of_everything() {
        for query_form in [None, Some(export_request::QueryForm::Query(String::new()))] {
            let request = proto::ExportRequest { query_form, ..proto::ExportRequest::default() };
            assert_eq!(export_request(request).unwrap().request.request.query, Query::MatchAll);
        }
    }

    #[test]
    fn an_exports_stream_is_what_is_asked_for_and_not_where_it_goes_on() {
        let asked = |query: &str| proto::ExportRequest {
            query_form: Some(export_request::QueryForm::Query(query.to_owned())),
            ..proto::ExportRequest::default()
        };
        let stream = |request| export_request(request).unwrap().request.stream;
        let gone_on = proto::ExportRequest {
            filter: Some(proto::Filter::default()),
            resume_token: "t".to_owned(),
            allow_snapshot_change: true,
            follow: true,
            ..asked("")
        };
        assert_eq!(stream(gone_on), stream(proto::ExportRequest::default()));
        assert_ne!(stream(asked("甲")), stream(asked("乙")));
        assert_ne!(stream(proto::ExportRequest { highlight_unit: 2, ..asked("甲") }), stream(asked("甲")));
    }
}
