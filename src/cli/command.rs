//! Runs one client command, from its arguments to its exit code.

use std::{io::Write as _, process::ExitCode};

use tonic::transport::Channel;

use super::{
    analyze,
    arguments::{ClientArguments, Command, SearchArguments},
    bench::command as bench,
    connection::connect,
    count, document, explain, export,
    failure::Failure,
    import::command as import,
    list, maintenance,
    output::{self, Form, Output},
    queries, reindex, search, stats,
};

/// Runs a command and says how it went: 0, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. What went wrong stands on
/// standard error then.
///
/// The future writes to standard output and may wait there for a slow reader, so it belongs on a thread of its own:
/// the one that blocks on it.
pub async fn run(command: Command, client: ClientArguments) -> ExitCode {
    let mut output = Output::open(if client.json { Form::Json } else { Form::Text });
    let ended = match dispatch(command, &client, &mut output).await {
        Ok(()) => output.results.flush().map_err(Failure::from),
        Err(failure) => {
            // What was found before stays of use; a reader who left is known already.
            let _ = output.results.flush();
            Err(failure)
        }
    };
    let Err(failure) = ended else { return ExitCode::SUCCESS };
    if !failure.reader_left() {
        output::error(&failure);
    }
    ExitCode::from(failure.exit_code())
}

async fn dispatch(command: Command, client: &ClientArguments, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Import(arguments) => {
            // A path that is not there is said before anybody is asked to serve.
            let import = import::prepare(arguments)?;
            import.run(service(client).await?, output).await
        }
        Command::Search(arguments) => search_or_queries(client, arguments, output).await,
        Command::Export(arguments) => export::export(service(client).await?, arguments, output).await,
        Command::Count(arguments) => count::count(service(client).await?, arguments, output).await,
        Command::List(arguments) => list::list(service(client).await?, arguments, output).await,
        Command::Purge(arguments) => list::purge(service(client).await?, arguments, output).await,
        Command::Get(arguments) => document::get(service(client).await?, arguments, output).await,
        Command::Delete(arguments) => document::delete(service(client).await?, arguments, output).await,
        Command::Explain(arguments) => explain::explain(service(client).await?, arguments, output).await,
        Command::Analyze(arguments) => {
            let text = analyze::read(&arguments.file)?;
            analyze::analyze(service(client).await?, text, arguments, output).await
        }
        Command::Bench(arguments) => bench::bench(&client.endpoint, arguments, output).await,
        Command::Stats => stats::stats(admin(client).await?, output).await,
        Command::Backup(arguments) => {
            let directory = maintenance::directory(&arguments.directory)?;
            maintenance::back_up(admin(client).await?, directory, output).await
        }
        Command::Verify => maintenance::verify(admin(client).await?, output).await,
        Command::Reindex(arguments) => reindex::reindex(admin(client).await?, arguments, output).await,
    }
}

async fn search_or_queries(
    client: &ClientArguments,
    arguments: SearchArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    match arguments.queries {
        None => search::search(service(client).await?, arguments, output).await,
        Some(ref file) => {
            let batch = queries::Batch::of(file, &arguments, output.form)?;
            batch.run(service(client).await?, &mut output.results).await
        }
    }
}

async fn admin(client: &ClientArguments) -> Result<Channel, Failure> {
    connect(&client.admin_endpoint, "--admin-endpoint").await
}

async fn service(client: &ClientArguments) -> Result<Channel, Failure> {
    connect(&client.endpoint, "--endpoint").await
}
