//! Log lines, on standard error.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::ParseError,
    fmt,
    layer::SubscriberExt as _,
    util::{SubscriberInitExt as _, TryInitError},
};

/// The variable that wins over the configured filter, as in every program that uses `tracing`.
const FILTER_VARIABLE: &str = "RUST_LOG";
/// The variable that asks for no colours (no-color.org).
const NO_COLOUR_VARIABLE: &str = "NO_COLOR";

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// For people; coloured on a terminal.
    Text,
    /// One JSON object a line, with the fields of the spans around it.
    Json,
}

/// Why logging was not set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A filter does not parse.
    #[error("cannot use the log filter `{filter}` of {origin}; write levels such as `info` or `warn,xunzhang=debug`")]
    Filter {
        /// The filter.
        filter: String,
        /// Where it was written.
        origin: &'static str,
        /// What the parser says.
        source: ParseError,
    },
    /// There is a logger already.
    #[error("cannot set up logging twice in one process")]
    Installed(#[from] TryInitError),
}

/// Sends log lines of the whole process to standard error, from now on.
///
/// `filter` has the syntax of [`EnvFilter`]; `RUST_LOG` wins over it when it is set.
pub fn init(form: LogForm, filter: &str) -> Result<(), LogError> {
    let filter = effective_filter(filter, env::var(FILTER_VARIABLE).ok())?;
    Ok(tracing_subscriber::registry().with(filter).with(lines(form)).try_init()?)
}

fn effective_filter(configured: &str, variable: Option<String>) -> Result<EnvFilter, LogError> {
    match variable.filter(|text| !text.is_empty()) {
        Some(text) => parse(&text, FILTER_VARIABLE),
        None => parse(configured, "the configuration"),
    }
}

fn parse(filter: &str, origin: &'static str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter).map_err(|source| LogError::Filter { filter: filter.to_owned(), origin, source })
}

fn lines<S>(form: LogForm) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
{
    match form {
        LogForm::Text => fmt::layer().with_writer(io::stderr).with_ansi(colours()).boxed(),
        LogForm::Json => fmt::layer().with_writer(io::stderr).json().flatten_event(true).boxed(),
    }
}

fn colours() -> bool {
    io::stderr().is_terminal() && env::var_os(NO_COLOUR_VARIABLE).is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(configured: &str, variable: Option<&str>, expected: &str) {
        let filter = effective_filter(configured, variable.map(str::to_owned)).unwrap();
        assert_eq!(filter.to_string(), expected);
    }

    #[test]
    fn the_variable_wins_when_it_says_something() {
        check("info", None, "info");
        check("info", Some(""), "info");
        check("info", Some("warn"), "warn");
    }

    #[test]
    fn a_bad_filter_is_named_with_its_origin() {
        let message = effective_filter("info", Some("x=loud".to_owned())).unwrap_err().to_string();
        assert!(message.contains("`x=loud` of RUST_LOG"), "{message}");
    }
}
