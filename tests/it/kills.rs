//! What is left when the service is killed in the midst of writing.

#[path = "../../examples/kills/failing.rs"]
mod failing;
#[path = "../../examples/kills/failpoint.rs"]
mod failpoint;
#[path = "../../examples/kills/trial.rs"]
mod trial;

use std::{env, fs, path::Path, process::Command};

use failpoint::{Failpoint, Step, Work};
use trial::{History, Served, Started, Until};
use xunzhang::text::Segmenter;

const KILLS: usize = 25;

/// What this program is told by itself when it is to serve up to a step.
const FAILPOINT: &str = "TEST_FAILPOINT";
const DIRECTORY: &str = "TEST_DIRECTORY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_document_is_there_once_in_its_last_version() {
    let program = Path::new(env!("CARGO_BIN_EXE_xunzhang"));
    let (directory, history, mut rng) = (tempfile::tempdir().unwrap(), History::default(), fastrand::Rng::new());
    for kill in 0..KILLS {
        let served = Served::start(program, directory.path()).await.unwrap();
        let killed = trial::round(served, Until::SomeTime, directory.path(), &history, &mut rng).await;
        killed.unwrap_or_else(|error| panic!("after {kill} kills: {error:?}"));
    }
    trial::last(Served::start(program, directory.path()).await.unwrap(), &history).await.unwrap();
    assert!(history.acknowledged() > 10 * KILLS, "{}", history.acknowledged());
    // Alone there are three for two kills; beside the other tests there is time for far fewer.
    assert!(history.times_reindexed().unwrap() > KILLS / 5, "{:?}", history.times_reindexed());
}

/// The same on a disk on which nothing happens any more from a step on: one of each kind of work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_whatever_step_was_the_last_one() {
    let (place, segmenter) = (tempfile::tempdir().unwrap(), Segmenter::new());
    let [data, backups] = ["data", "backups"].map(|name| place.path().join(name));
    for path in [&data, &backups] {
        fs::create_dir(path).unwrap();
    }
    let (history, mut rng) = (History::default(), fastrand::Rng::new());
    let failing = |failpoint: Failpoint| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["kills::serves_up_to_a_step_if_it_is_told_to", "--exact", "--nocapture"]);
        command.env(FAILPOINT, failpoint.to_string()).env(DIRECTORY, &data);
        command
    };
    let mut steps = Step::ALL;
    for work in Work::ALL {
        rng.shuffle(&mut steps);
        let drawn: Vec<_> = steps.iter().filter_map(|step| Failpoint::draw(work, *step, &mut rng)).collect();
        let mut is_reached = false;
        for failpoint in drawn {
            let killed = match Served::run(failing(failpoint)).await.unwrap() {
                Started::Killed => Ok(true),
                Started::Serves(served) => {
                    trial::round(served, Until::Reached(failpoint), &backups, &history, &mut rng).await
                }
            };
            is_reached = killed.unwrap_or_else(|error| panic!("{failpoint}: {error:?}"));
            println!("{failpoint}: {}", if is_reached { "reached" } else { "never reached" });
            trial::check_backups(&backups, &segmenter).unwrap_or_else(|error| panic!("{failpoint}: {error:?}"));
            if is_reached {
                break;
            }
        }
        assert!(is_reached, "no step of it was reached: {work:?}");
    }
    trial::last(Served::start(Path::new(env!("CARGO_BIN_EXE_xunzhang")), &data).await.unwrap(), &history)
        .await
        .unwrap();
}

/// No test: what the one above starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_up_to_a_step_if_it_is_told_to() {
    let (Ok(failpoint), Some(directory)) = (env::var(FAILPOINT), env::var_os(DIRECTORY)) else { return };
    failing::serve(directory.into(), failpoint.parse().unwrap()).await.unwrap();
}
