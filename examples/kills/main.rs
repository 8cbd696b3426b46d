//! Kills a service again and again while clients put, replace, delete and import and the index is built anew or copied, and
//! looks what is left.
//!
//! ```text
//! cargo build --release && cargo run --release --example kills -- --kills 1000
//! ```
//!
//! Each service is started on what the one before left, and ended by SIGKILL while requests are under way: every other
//! one, the program itself, at a random moment, and those between, the same service in this program, at a step on the
//! disk of a commit, a merge, a reindex, its taking the old index's place, a backup, or the start. Exits 1 when an
//! acknowledged change is not there, or a document is there twice or in parts, or what has the name of a backup is none,
//! or steps of one of these kinds were never reached.

mod failing;
mod failpoint;
mod trial;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use failpoint::{Failpoint, Step, Work};
use fastrand::Rng;
use trial::{History, Served, Started, Until};
use xunzhang::text::Segmenter;

/// Kills a service again and again while clients write.
#[derive(Parser)]
struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// The program to kill; by default the one that was built with this.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Serves a directory instead, up to a step.
    #[arg(long, hide = true, requires = "failpoint")]
    serve: Option<PathBuf>,
    #[arg(long, hide = true)]
    failpoint: Option<Failpoint>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { kills, program, serve, failpoint } = Arguments::parse();
    if let (Some(directory), Some(failpoint)) = (serve, failpoint) {
        return failing::serve(directory, failpoint).await;
    }
    let program = match program {
        Some(program) => program,
        None => built_with_this().context("name the program with --program")?,
    };
    let (place, segmenter) = (tempfile::tempdir()?, Segmenter::new());
    let [data, backups] = ["data", "backups"].map(|name| place.path().join(name));
    std::fs::create_dir(&backups)?;
    let (history, mut rng, mut tally) = (History::default(), Rng::new(), Tally::default());
    let started = Instant::now();
    for kill in 0..kills {
        let after = || format!("after {kill} kills");
        if let Some(failpoint) = draw(kill, &mut rng) {
            let is_reached = match Served::run(failing(&data, failpoint)?).await.with_context(after)? {
                Started::Killed => true,
                Started::Serves(served) => {
                    let until = Until::Reached(failpoint);
                    trial::round(served, until, &backups, &history, &mut rng).await.with_context(after)?
                }
            };
            tally.count(failpoint, is_reached);
            trial::check_backups(&backups, &segmenter).with_context(after)?;
        } else {
            let served = Served::start(&program, &data).await?;
            trial::round(served, Until::SomeTime, &backups, &history, &mut rng).await.with_context(after)?;
        }
    }
    trial::last(Served::start(&program, &data).await?, &history).await?;
    let (acknowledged, reindexed) = (history.acknowledged(), history.times_reindexed()?);
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "{kills} kills, {acknowledged} changes acknowledged, 0 lost, {reindexed} times built anew, {seconds:.0} s"
    ))?;
    tally.print()?;
    tally.check(kills)
}

/// The steps take their turns, at every other kill; `None` for a random moment.
fn draw(kill: usize, rng: &mut Rng) -> Option<Failpoint> {
    let turn = (kill % 2 == 1).then_some(kill / 2)?;
    Failpoint::draw(Work::ALL[turn % 6], Step::ALL[turn / 6 % 6], rng)
}

/// This program, serving up to a step.
fn failing(data: &Path, failpoint: Failpoint) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(data).arg("--failpoint").arg(failpoint.to_string());
    Ok(command)
}

/// How often which steps were reached, of those that were to be.
#[derive(Default)]
struct Tally(BTreeMap<(Work, Step), (usize, usize)>);

impl Tally {
    fn count(&mut self, Failpoint { work, step, .. }: Failpoint, is_reached: bool) {
        let (reached, tried) = self.0.entry((work, step)).or_default();
        (*reached, *tried) = (*reached + usize::from(is_reached), *tried + 1);
    }

    fn print(&self) -> anyhow::Result<()> {
        for work in Work::ALL {
            let of_it: Vec<_> = self.0.iter().filter(|((other, _), _)| *other == work).collect();
            let killed: usize = of_it.iter().map(|(_, (reached, _))| reached).sum();
            let steps: Vec<_> = of_it
                .iter()
                .map(|((_, step), (reached, tried))| format!("{} {reached} of {tried}", step.name()))
                .collect();
            say(&format!("killed at a step of a {}: {killed} ({})", work.name(), steps.join(", ")))?;
        }
        Ok(())
    }

    /// Where each kind of work had its turn, each was hit.
    fn check(&self, kills: usize) -> anyhow::Result<()> {
        if kills < 2 * Work::ALL.len() * Step::ALL.len() {
            return Ok(());
        }
        for work in Work::ALL {
            let is_hit = self.0.iter().any(|((other, _), (reached, _))| *other == work && *reached > 0);
            ensure!(is_hit, "no step of a {} was reached", work.name());
        }
        Ok(())
    }
}

fn built_with_this() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.parent()?.parent()?.join("xunzhang");
    program.exists().then_some(program)
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
