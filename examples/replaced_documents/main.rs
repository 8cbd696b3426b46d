//! Reads from a service whose documents are replaced all the time, and looks whether any stream mixes two versions of a
//! document or misses both.
//!
//! ```text
//! cargo run --release --example replaced_documents -- --seconds 60 --reindex
//! ```
//!
//! The service is one of its own, in this process. Exits 1 on the first stream that is wrong.

#[path = "trial.rs"]
mod trial;

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use tokio_stream::wrappers::ReceiverStream;
use xunzhang::{
    app::{App, Ending},
    config::Config,
    rpc::Channel,
};

/// Reads from a service whose documents are replaced all the time.
#[derive(Parser)]
struct Arguments {
    /// For how long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Builds the index anew meanwhile, again and again.
    #[arg(long)]
    reindex: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { seconds, reindex } = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let mut config = Config { data_dir: directory.path().join("data"), ..Config::default() };
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.admin_listen = Some(([127, 0, 0, 1], 0).into());
    config.server.http_listen = None;
    // Refused for want of a core, a stream says nothing.
    config.admission.max_wait = Duration::from_mins(1);
    let mut app = App::bind(config).await?;
    app.open().await?;
    app.ready().await;
    let addresses = app.addresses();
    let admin = addresses.admin.context("it is on")?;
    let (stop, stopping) = tokio::sync::mpsc::channel(1);
    let served = tokio::spawn(app.run_until(ReceiverStream::new(stopping)));
    let connect =
        async |address| Channel::from_shared(format!("http://{address}"))?.connect().await.context("no answer");
    let (service, admin) = (connect(addresses.service).await?, connect(admin).await?);
    let until = Instant::now() + Duration::from_secs(seconds);
    let tally = trial::run(service, reindex.then_some(admin), |_| Instant::now() >= until).await?;
    writeln!(std::io::stdout(), "{tally}, {seconds} s")?;
    stop.send(()).await?;
    ensure!(served.await? == Ending::Stopped, "the service did not stop in order");
    Ok(())
}
