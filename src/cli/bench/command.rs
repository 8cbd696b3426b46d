//! The command: reads the queries, runs the load, prints the figures.

use std::{io::Write as _, thread};

use tokio::sync::oneshot;

use super::{
    figures::Figures,
    load::{self, Call, Load, Pace},
    queries,
};
use crate::cli::{
    arguments::BenchArguments,
    failure::Failure,
    output::{Form, Output},
};

/// Runs a load against the service at `endpoint`. Requests that fail are counted; when none is answered the command
/// fails.
pub(in crate::cli) async fn bench(
    endpoint: &str,
    arguments: BenchArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let BenchArguments { queries: file, kinds, clients, rate, repeat, limit, wording, filter, export } = arguments;
    let load = Load {
        endpoint: endpoint.to_owned(),
        queries: queries::read(&file, &kinds)?,
        repeat: usize::from(repeat),
        clients: usize::from(clients),
        wording,
        filter: filter.filter()?,
        pace: rate.map_or(Pace::Closed, |rate| Pace::Open { rate }),
        call: if export { Call::Export } else { Call::Search { limit } },
    };
    let (report, ended) = oneshot::channel();
    // Nobody listens when the command was stopped.
    thread::spawn(move || drop(report.send(load::run(load))));
    let measured = ended.await.map_err(|_| Failure::Incomplete("the load broke off".to_owned()))??;
    let figures = Figures::of(&measured);
    match output.form {
        Form::Json => {
            serde_json::to_writer(&mut output.results, &figures).map_err(std::io::Error::from)?;
            writeln!(output.results)?;
        }
        Form::Text => figures.write(&mut output.results)?,
    }
    if figures.errors == figures.queries {
        return Err(Failure::Incomplete("no request was answered".to_owned()));
    }
    Ok(())
}
