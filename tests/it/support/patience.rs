//! Waiting: for an event or for a condition, never for a time, and never for ever.

use std::{future::Future, time::Duration};

use tokio::time::{interval, timeout};

/// Longer than anything takes on a busy machine: only what hangs meets it.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits for `event`, which has to come.
pub(crate) async fn within<T>(what: &str, event: impl Future<Output = T>) -> T {
    let Ok(output) = timeout(PATIENCE, event).await else { panic!("waited in vain: {what}") };
    output
}

/// Looks again and again until there is something, which has to come.
pub(crate) async fn poll<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let glances = async {
        let mut glances = interval(GLANCE);
        loop {
            glances.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    within(what, glances).await
}
