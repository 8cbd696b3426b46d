//! What is left when the program is killed in the midst of writing.

#[path = "../../examples/kills/trial.rs"]
mod trial;

use std::path::Path;

use trial::{History, Served};

const KILLS: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_document_is_there_once_in_its_last_version() {
    let program = Path::new(env!("CARGO_BIN_EXE_xunzhang"));
    let (directory, history, mut rng) = (tempfile::tempdir().unwrap(), History::default(), fastrand::Rng::new());
    for kill in 0..KILLS {
        let served = Served::start(program, directory.path()).unwrap();
        trial::round(served, &history, &mut rng).await.unwrap_or_else(|error| panic!("after {kill} kills: {error:?}"));
    }
    trial::last(Served::start(program, directory.path()).unwrap(), &history).await.unwrap();
    assert!(history.acknowledged() > 10 * KILLS, "{}", history.acknowledged());
    // Alone there are three for two kills; beside the other tests there is time for fewer.
    assert!(history.times_reindexed().unwrap() > KILLS / 2, "{:?}", history.times_reindexed());
}
