//! Cuts the power of a simulated disk while clients write to an index on it, and looks what is left.
//!
//! ```text
//! cargo run --release --example power_cut -- --cuts 30000
//! ```
//!
//! Each round begins with what a cut of the round before has left. The cuts are made at random points of what the disk
//! was asked for, half of them just behind a renaming, in four models: of what was not synced nothing survives, or what
//! came first, or any of it, or, as when only the process is killed, all of it. What a killed process has left is no
//! more on disk than it was before: when the power goes in the next round, it can still be lost. In every second round
//! the disk also fails for a moment, so that changes are refused, in every second one the index is built anew meanwhile,
//! in every second one too many files are open at first, and in every fourth one what is mapped cannot be read then.
//! Before every fourth round index structures rot, which are made anew from what is stored; before every eighth one what is
//! stored does, or what says which of it is deleted: that is left out by a repair, which is cut off, too. Prints figures for
//! each model; exits 1 when an acknowledged change was lost, or one that clients have seen after a restart, or an index did
//! not open, or what a repair said to be lost is not what was.

mod disk;
mod trial;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Instant,
};

use anyhow::anyhow;
use clap::Parser;
use disk::{DERIVED, Disk, Image, STORED, Survival};
use fastrand::Rng;
use rustix::io::Errno;
use trial::History;
use xunzhang::text::Segmenter;

/// The first steps of a round, as many as every round has: one of them fails in every second round.
const STEPS: usize = 2_000;

/// Cuts the power of a simulated disk while clients write.
#[derive(Parser)]
struct Arguments {
    /// Power cuts, over all models.
    #[arg(long, default_value_t = 30_000)]
    cuts: usize,
    /// Power cuts in the same round of writing.
    #[arg(long, default_value_t = 100)]
    cuts_a_round: usize,
    /// Makes the same draw again. By default a new one, which is printed; threads do not repeat themselves.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> anyhow::Result<ExitCode> {
    let Arguments { cuts, cuts_a_round, seed } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    say(&format!("seed {seed}"))?;
    let (runtime, segmenter) = (tokio::runtime::Runtime::new()?, Segmenter::new());
    let (mut rng, mut disk, mut history) = (Rng::with_seed(seed), Disk::new(Image::default()), History::default());
    let (mut tallies, mut acknowledged, mut refused, mut rebuilt, mut failing, mut filled, mut recovered) =
        ([Tally::default(); Survival::ALL.len()], 0, 0, 0, 0, 0, 0);
    let (mut repaired, started) = (0, Instant::now());
    while tallies.iter().map(|tally| tally.cuts).sum::<usize>() < cuts {
        if history.acknowledged() > 0 {
            (disk, history) = rot(disk, history, &segmenter, &mut repaired, &mut rng)?;
        }
        let before = (history.acknowledged(), history.refused());
        let engine = trial::open(&disk, &segmenter).map_err(|error| anyhow!(error))?;
        recovered += usize::from(engine.recovered().segments > 0);
        let ingest = trial::start(engine.clone(), &segmenter).map_err(|error| anyhow!(error))?;
        if rng.bool() {
            fail(&disk, &mut rng);
        }
        let is_filled = rng.bool();
        if is_filled {
            disk.fill(true);
        }
        runtime.block_on(async {
            let rebuilding = rng.bool().then(|| tokio::spawn(trial::reindex(ingest.clone())));
            // Too many files are open for a while.
            disk.fail_reads(rng.bool().then_some(Errno::MFILE));
            disk.fail_mapped((rng.u8(..4) == 0).then_some(Errno::NOMEM), None);
            trial::work(&disk, &ingest, &mut history, 8, &mut rng).await;
            disk.fail_reads(None);
            disk.fail_mapped(None, None);
            trial::work(&disk, &ingest, &mut history, 16, &mut rng).await;
            if let Some(rebuilding) = rebuilding {
                rebuilt += usize::from(rebuilding.await.is_ok_and(|rebuilt| rebuilt.is_ok()));
            }
            ingest.close().await;
            failing += usize::from(disk.has_failed());
            filled += usize::from(is_filled && disk.was_filled());
        });
        acknowledged += history.acknowledged() - before.0;
        refused += history.refused() - before.1;
        let live = trial::found(&engine).and_then(|found| history.check(&found, disk.length()));
        live.map_err(|wrong| anyhow!("before any cut: {wrong}"))?;
        let next = cut(&disk, &history, cuts_a_round, &segmenter, &mut tallies, &mut rng)?;
        (disk, history) = next.unwrap_or_else(|| (Disk::new(Image::default()), History::default()));
    }
    for (survival, Tally { cuts, failed }) in Survival::ALL.into_iter().zip(tallies) {
        say(&format!("{survival:?} of the unsynced survives: {failed} of {cuts} cuts lost something"))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "{acknowledged} changes acknowledged, {refused} refused in {failing} rounds with failures, {filled} times a merge has \
         filled the disk, {rebuilt} times the index was built anew, {recovered} times what has rotted was made anew, {repaired} times left out, {seconds:.0} s"
    ))?;
    Ok(if tallies.iter().all(|tally| tally.failed == 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Cuts the power at so many moments of what was done to a disk; what one of them has left, unless it lost something.
fn cut(
    disk: &Disk,
    history: &History,
    cuts: usize,
    segmenter: &Segmenter,
    tallies: &mut [Tally],
    rng: &mut Rng,
) -> anyhow::Result<Option<(Disk, History)>> {
    let (mut next, kept) = (None, rng.usize(..cuts));
    for cut in 0..cuts {
        let model = cut % Survival::ALL.len();
        let (length, survival) = (disk.moment(rng), Survival::ALL[model]);
        let left = disk.cut(length, survival, rng);
        tallies[model].cuts += 1;
        match trial::reopen(&left, (length, survival), history, segmenter, rng) {
            Ok(history) if cut == kept => next = Some((left, history)),
            Ok(_) => {}
            Err(lost) => tallies[model].fail(&lost)?,
        }
    }
    Ok(next)
}

/// Has something of a disk rot, or nothing; counts what is repaired.
fn rot(
    disk: Disk,
    history: History,
    segmenter: &Segmenter,
    repaired: &mut usize,
    rng: &mut Rng,
) -> anyhow::Result<(Disk, History)> {
    match rng.u8(..8) {
        0 | 1 => Ok((disk.rotten(&DERIVED, rng), history.synced())),
        2 => {
            *repaired += 1;
            repair(&disk, &history, segmenter, rng).map_err(|wrong| anyhow!("repaired: {wrong}"))
        }
        _ => Ok((disk, history)),
    }
}

/// Has what is stored rot, and what is lost left out, though the power goes meanwhile; what is there then.
fn repair(disk: &Disk, history: &History, segmenter: &Segmenter, rng: &mut Rng) -> Result<(Disk, History), String> {
    let before = trial::open(disk, segmenter).and_then(|engine| trial::found(&engine))?;
    let rotten = disk.rotten(&STORED[rng.usize(..STORED.len())..][..1], rng);
    let left = trial::repair(&rotten, &before, segmenter)?;
    let cut = rotten.cut(rotten.moment(rng), Survival::ALL[rng.usize(..3)], rng);
    let again = trial::repair(&cut, &before, segmenter)?;
    if again != left {
        return Err(format!("{left:?} is left, and {again:?} where it was cut off and done again"));
    }
    Ok((cut.cut(cut.length(), Survival::Nothing, rng), history.after(&left)))
}

/// Has steps of writing fail for a moment, and syncs of directories.
fn fail(disk: &Disk, rng: &mut Rng) {
    let first = rng.usize(..STEPS);
    disk.fail(first..first + rng.usize(1..4), io::ErrorKind::Other);
    let first = rng.usize(..STEPS / 8);
    disk.fail_index_syncs(first..first + rng.usize(..4));
    // The switch to another index is one sync of many.
    disk.fail_data_syncs(rng.usize(1..3)..rng.usize(2..5), rng.usize(..3));
}

/// What became of the cuts in one model.
#[derive(Clone, Copy, Default)]
struct Tally {
    cuts: usize,
    failed: usize,
}

impl Tally {
    /// Counts a failure, and says what the first ones were.
    fn fail(&mut self, why: &str) -> anyhow::Result<()> {
        self.failed += 1;
        if self.failed <= 3 { say(why) } else { Ok(()) }
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
