//! Kills a service again and again while clients put, replace, delete and import and the index is built anew, and looks
//! what is left.
//!
//! ```text
//! cargo build --release && cargo run --release --example kills -- --kills 1000
//! ```
//!
//! Each service is started on what the one before left, and ended by SIGKILL while requests are under way. Exits 1
//! when an acknowledged change is not there, or a document is there twice or in parts.

mod trial;

use std::{io::Write as _, path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Parser;
use fastrand::Rng;
use trial::{History, Served};

/// Kills a service again and again while clients write.
#[derive(Parser)]
struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// The program to kill; by default the one that was built with this.
    #[arg(long)]
    program: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { kills, program } = Arguments::parse();
    let program = match program {
        Some(program) => program,
        None => built_with_this().context("name the program with --program")?,
    };
    let (directory, history, mut rng) = (tempfile::tempdir()?, History::default(), Rng::new());
    let started = Instant::now();
    for kill in 0..kills {
        let served = Served::start(&program, directory.path())?;
        trial::round(served, &history, &mut rng).await.with_context(|| format!("after {kill} kills"))?;
    }
    trial::last(Served::start(&program, directory.path())?, &history).await?;
    let (acknowledged, reindexed) = (history.acknowledged(), history.times_reindexed()?);
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{kills} kills, {acknowledged} changes acknowledged, 0 lost, {reindexed} times built anew, {seconds:.0} s"
    )?;
    Ok(())
}

fn built_with_this() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.parent()?.parent()?.join("xunzhang");
    program.exists().then_some(program)
}
