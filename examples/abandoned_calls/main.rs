//! How soon work ends that nobody wants any more, and what is left of it, on documents of your own.
//!
//! `abandoned_calls PATH DIRECTORY [STREAMS]` brings a corpus into a service of its own in a directory (not again if it
//! is there), sends it the most expensive calls that it takes, gives each of them up after some milliseconds, and prints
//! how long its threads went on with them. Then it opens so many streams (10,000 by default), gives them up at different
//! moments, and compares gauges and tasks before and after. Exits with 1 when anything is left, or goes on too long.

#![expect(clippy::print_stdout, reason = "a program")]

mod calls;
mod queries;
mod streams;
mod vocabulary;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use xunzhang::{
    app::App,
    cli::import::{Content, ImportOptions, run},
    config::Config,
};

use crate::calls::Client;

/// After how long a call is given up.
const PATIENCES_MS: [u64; 7] = [1, 3, 8, 20, 50, 120, 300];

/// How long a thread may go on.
const BOUND: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let corpus = PathBuf::from(arguments.next().context("name a file or a folder of documents")?);
    let directory = PathBuf::from(arguments.next().context("name a directory for the index")?);
    let number = arguments.next().map_or(Ok(10_000), |number| number.to_string_lossy().parse())?;
    let mut app = serve(&directory).await?;
    let client = Client::new(&mut app)?;
    if client.metric("xunzhang_index_documents").await? < 1.0 {
        let options = ImportOptions { paths: vec![corpus], content: Content::AsFound, collection: None };
        println!("{}", run(app.local_channel(), &options, |_| {}).await?);
    }
    let vocabulary = vocabulary::read(&client).await?;
    let longest = abandon(&client, &queries::all(&vocabulary)).await?;
    println!("the longest: {longest:?}");
    streams::come_and_go(&client, number, &vocabulary).await?;
    ensure!(longest <= BOUND, "a thread went on for {longest:?}");
    Ok(())
}

/// Gives every call up after each time; says how long a thread went on at most.
async fn abandon(client: &Client, calls: &[(String, queries::Asked)]) -> anyhow::Result<Duration> {
    let mut longest = Duration::ZERO;
    for (name, asked) in calls {
        let mut times = Vec::new();
        for patience in PATIENCES_MS.map(Duration::from_millis) {
            match client.abandon(asked.clone(), patience).await? {
                Some(went_on) => times.push(went_on),
                None => break, // Done before; it is with more patience, too.
            }
        }
        let most = times.iter().copied().max().unwrap_or_default();
        longest = longest.max(most);
        println!("{:9.3} ms  {name} ({} times)", most.as_secs_f64() * 1e3, times.len());
    }
    Ok(longest)
}

/// Starts a service on a directory.
async fn serve(directory: &Path) -> anyhow::Result<App> {
    let mut config = Config { data_dir: directory.to_owned(), ..Config::default() };
    config.server.listen.set_port(0);
    config.server.admin_listen = None;
    config.server.http_listen = Some(([127, 0, 0, 1], 0).into());
    let mut app = App::bind(config).await?;
    app.open().await?;
    Ok(app)
}
