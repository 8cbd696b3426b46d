//! Reindexing: begun by one call, looked at by others.

use std::{
    future::pending,
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use tokio::select;
use tracing::Instrument as _;

use crate::{
    ingest::{Progress, Rebuilt, ReindexError},
    rpc::{
        core::{Core, Opened},
        failure::Failure,
        operations::Operation,
        status::chain,
    },
    search::Generation,
};

/// Begins to build the index anew, unless that is not needed and not `force`d, which is said as if it were done.
pub(super) async fn start(core: &Arc<Core>, force: bool) -> Result<Arc<Operation>, Failure> {
    let opened = core.opened()?.clone();
    let alone = Arc::clone(&core.maintenance).try_acquire_owned().map_err(|_| Failure::MaintenanceRuns)?;
    let searcher = opened.searcher.clone();
    let (generation, statistics) = core.pool.run(move |_| searcher.statistics()).await??;
    let progress = Arc::new(Progress::default());
    if !force && statistics.fingerprint == core.policy.fingerprint {
        let operation = core.operations.begin(progress);
        operation.end(Ok(generation));
        return Ok(operation);
    }
    let (ingest, shown) = (opened.ingest.clone(), Arc::clone(&progress));
    let rebuilt = core.pool.run(move |_| ingest.begin_rebuild(shown)).await??;
    let operation = core.operations.begin(progress);
    let (running, core_of) = (Arc::clone(&operation), Arc::clone(core));
    let work = async move {
        tracing::info!(operation = running.name(), "the index is being built anew");
        let result = run(&core_of, &opened, rebuilt, &running).await;
        // Before it is known to have ended: who waits for that may begin the next one.
        drop(alone);
        match &result {
            Ok(generation) => tracing::info!(%generation, took = ?running.elapsed(), "the index was built anew"),
            Err(failure) => {
                let (reason, cause) = (failure.reason(), chain(failure));
                tracing::warn!(reason, cause, "the index was not built anew: it is as it was");
            }
        }
        running.end(result);
    };
    core.tasks.spawn(work.in_current_span());
    Ok(operation)
}

/// Builds the index, and has it take the place of the old one; ends with the service.
async fn run(core: &Core, opened: &Opened, mut rebuilt: Rebuilt, operation: &Operation) -> Result<Generation, Failure> {
    let (ingest, stop) = (opened.ingest.clone(), Arc::clone(&operation.stop));
    let bringing_up = core.pool.run_aside(pending(), move |_| {
        ingest.bring_up(&mut rebuilt, &stop)?;
        Ok::<_, ReindexError>(rebuilt)
    });
    let mut work = pin!(async {
        let rebuilt = bringing_up.await??;
        Ok(opened.ingest.take_over(rebuilt, Arc::clone(&operation.stop)).await?)
    });
    select! {
        biased;
        done = &mut work => done,
        () = core.shutdown.stopping() => {
            operation.stop.store(true, Ordering::Relaxed);
            work.await
        }
    }
}
