//! The program: serves, or asks a service that runs.

use std::{
    env, fmt,
    io::{self, Write as _},
    process::ExitCode,
    thread,
};

use anyhow::anyhow;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use tokio::{runtime::Builder, select};
use tokio_stream::StreamExt as _;
use tokio_util::task::AbortOnDropHandle;
use xunzhang::{
    app::{Addresses, App, Ending, Repairing, ReportForm},
    cli::{
        self, ClientArguments,
        import::{Content, ImportOptions, Rest},
    },
    config::{Config, LogFormat, RepairFlags, ServeFlags},
    shutdown::{EXIT_FORCED, StopSignals, outlive_file_size_limit},
    telemetry::{self, LogForm},
};

/// Searches allocate much for a short time, on several threads: with the system's allocator eight clients get 0.9 of the
/// answers.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The exit code of wrong use, as clap has it.
const EXIT_USAGE: u8 = 2;

/// Threads of a client beside its own, which may wait for a slow reader of its output while they keep the connection alive.
/// More would mostly wake each other.
const CLIENT_THREADS: usize = 1;

/// Finds paragraphs in Chinese documents (寻章).
#[derive(Parser)]
#[command(name = "xunzhang", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Serve: take documents in, find paragraphs
    Serve(ServeFlags),
    /// Look at every file of an index that is not served, and say which documents are lost; leave them out if told to
    Repair(RepairFlags),
    #[command(flatten)]
    Client(cli::Command),
}

fn main() -> ExitCode {
    let Cli { command, client } = Cli::parse();
    match command {
        Command::Serve(flags) => configure_and_serve(&flags),
        Command::Repair(flags) => configure_and_repair(&flags, client.json),
        Command::Client(command) => run(Builder::new_multi_thread().worker_threads(CLIENT_THREADS), async {
            Ok(cli::run(command, client).await)
        }),
    }
}

/// Runs a future to its end on a runtime of its own; what is left behind then does not hold the program up.
fn run(runtime: &mut Builder, future: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(ExitCode::FAILURE, format_args!("cannot start the runtime: {error}")),
    };
    let ended = runtime.block_on(future);
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(ExitCode::FAILURE, error))
}

/// What flags, the environment and the file say; else how the program ends.
fn configure(flags: &ServeFlags) -> Result<Config, ExitCode> {
    // Names and values that are no text are replaced, not skipped: a variable of ours that is damaged is an error then.
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    };
    // With what is behind it: where in the file, and what was expected.
    let wrong = |error| failed(ExitCode::from(EXIT_USAGE), format_args!("{:#}", anyhow::Error::from(error)));
    Config::load(flags, env::vars_os().map(text)).map_err(wrong)
}

fn configure_and_repair(flags: &RepairFlags, json: bool) -> ExitCode {
    let config = match configure(&flags.of_service()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let repairing = if flags.leave_out_damaged { Repairing::LeaveOut } else { Repairing::Look };
    let form = if json { ReportForm::Json } else { ReportForm::Text };
    match App::repair(&config, repairing, form, &mut io::stdout().lock(), &mut io::stderr().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.reader_left() => ExitCode::SUCCESS,
        Err(error) => failed(ExitCode::FAILURE, error),
    }
}

fn configure_and_serve(flags: &ServeFlags) -> ExitCode {
    let config = match configure(flags) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if flags.print_config {
        let _ = write!(io::stdout(), "{}", config.to_toml());
    }
    if flags.check_config
        && let Err(error) = App::check(&config)
    {
        return failed(ExitCode::from(EXIT_USAGE), error);
    }
    if flags.print_config || flags.check_config {
        return ExitCode::SUCCESS;
    }
    run(Builder::new_multi_thread().worker_threads(connection_threads()), serve(config))
}

/// Threads that serve connections, half as many as there are cores: what takes time is done by the pool's, and more of
/// them would mostly wake each other.
fn connection_threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// Serves until the system says stop.
async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let form = match config.log.format {
        LogFormat::Text => LogForm::Text,
        LogFormat::Json => LogForm::Json,
    };
    telemetry::init(form, &config.log.filter)?;
    let mut stop = StopSignals::listen().map_err(|error| anyhow!("cannot listen for signals: {error}"))?;
    outlive_file_size_limit().map_err(|error| anyhow!("cannot take over a signal: {error}"))?;
    let options = ImportOptions { paths: config.import.clone(), content: Content::AsFound, collection: None };
    let mut app = App::bind(config).await?;
    let ending = select! {
        prepared = prepare(&mut app, options) => {
            let rest = prepared?;
            announce(&app.addresses());
            let _importing = rest.map(|rest| AbortOnDropHandle::new(tokio::spawn(rest.run())));
            app.run_until(stop).await
        }
        // What is on its way in is given up, what was acknowledged stays.
        Some(()) = stop.next() => app.run_until(tokio_stream::once(()).chain(stop)).await,
    };
    Ok(match ending {
        Ending::Stopped => ExitCode::SUCCESS,
        Ending::Failed => ExitCode::FAILURE,
        Ending::Forced => ExitCode::from(EXIT_FORCED),
    })
}

/// Opens the index, brings in what is to be brought in first, and says that the service is ready. What could not be brought
/// in yet.
async fn prepare(app: &mut App, options: ImportOptions) -> anyhow::Result<Option<Rest>> {
    app.open().await?;
    let rest = if options.paths.is_empty() || app.is_damaged() {
        None
    } else {
        cli::import::begin(app.local_channel(), options).await?
    };
    app.ready().await;
    Ok(rest)
}

/// Prints where the service listens, for who started it. Nothing else is printed there.
fn announce(addresses: &Addresses) {
    let mut stdout = io::stdout().lock();
    if let Some(admin) = addresses.admin {
        let _ = writeln!(stdout, "admin listening on {admin}");
    }
    let _ = writeln!(stdout, "listening on {}", addresses.service);
}

/// Prints why the program ends. If nobody reads standard error there is nobody to tell.
fn failed(code: ExitCode, reason: impl fmt::Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {reason}");
    code
}
