//! The import that a service begins with: what cannot be taken in now does not keep it from serving what it has.

use std::time::Duration;

use tokio::time::sleep;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{ImportError, ImportEvent, ImportOptions, run};
use crate::cli::failure::describe_status;

/// The longest wait before it is tried again: each time all is read, sent and compared that is there already.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// What is left to do of an import that a service began with.
#[derive(Debug)]
pub struct Rest {
    channel: Channel,
    options: ImportOptions,
    /// How long before it is tried again.
    wait: Duration,
}

/// Imports what a service is to begin with, and logs what happens. An import that the service ends early and that may be
/// tried again is the rest; what else ends it is logged, and nothing is left to do.
///
/// # Errors
/// When every path is wrong. Nothing was sent.
pub async fn begin(channel: Channel, options: ImportOptions) -> Result<Option<Rest>, ImportError> {
    Rest { channel, options, wait: Duration::ZERO }.attempt().await
}

impl Rest {
    /// Tries again until all is in, or that does not help any more. What was acknowledged is in, also when this is dropped.
    pub async fn run(self) {
        let mut left = Some(self);
        while let Some(rest) = left {
            sleep(rest.wait).await;
            left = rest.attempt().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the import is given up");
                None
            });
        }
    }

    async fn attempt(self) -> Result<Option<Self>, ImportError> {
        let error = match run(self.channel.clone(), &self.options, log).await {
            Ok(summary) => {
                tracing::info!("{summary}");
                return Ok(None);
            }
            Err(error @ ImportError::Path(_)) => return Err(error),
            Err(error) => error,
        };
        let wait = match &error {
            ImportError::Stream(status) if is_of_stop(status) => return Ok(None),
            ImportError::Stream(status) => retry_delay(status),
            _ => None,
        };
        // Nobody runs it again who reads this.
        let cause = match &error {
            ImportError::Stream(status) => describe_status(status),
            error => error.to_string(),
        };
        let Some(delay) = wait else {
            tracing::error!(cause, "the import is not all in, and not tried again: what is there is served");
            return Ok(None);
        };
        let wait = delay.max(self.wait.saturating_mul(2)).min(LONGEST_WAIT);
        tracing::error!(cause, ?wait, "the import is not all in: what is there is served, and the rest is tried again");
        Ok(Some(Self { wait, ..self }))
    }
}

fn log(event: ImportEvent<'_>) {
    match event {
        ImportEvent::Refused(remark) => tracing::warn!("refused: {remark}"),
        ImportEvent::Warned(remark) => tracing::info!("taken with a warning: {remark}"),
        ImportEvent::Acknowledged(_) => {}
    }
}

/// Whether the service stops, which is no failure.
fn is_of_stop(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == "SERVER_DRAINING")
}

/// When to try again, if that may help.
fn retry_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|retry| retry.retry_delay)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs, path::Path, sync::Mutex};

    use tokio::time::Instant;
    use tonic::Code;
    use tonic_types::ErrorDetails;

    use super::*;
    use crate::cli::{
        fake::{self, FakeService},
        import::Content,
    };

    fn full() -> Status {
        let mut details = ErrorDetails::with_error_info("STORAGE_FULL", "xunzhang", HashMap::new());
        details.set_retry_info(Some(Duration::from_secs(5)));
        Status::with_error_details(Code::ResourceExhausted, "full", details)
    }

    async fn begun(path: &Path, refusals: Vec<Status>) -> Result<Option<Rest>, ImportError> {
        let service = FakeService { refusals: Mutex::new(refusals.into()), ..FakeService::default() };
        let options = ImportOptions { paths: vec![path.to_owned()], content: Content::AsFound, collection: None };
        begin(fake::channel(service).await, options).await
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_full_disk_does_not_take_is_tried_again_until_it_does() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "文").unwrap();
        let rest = begun(folder.path(), vec![full(); 9]).await.unwrap().expect("it may be tried again");
        let begun = Instant::now();
        rest.run().await;
        // Twice as long each time: 5, 10, …, 160, and then no longer than it may be.
        let waited = begun.elapsed().as_secs();
        assert!((315 + 900..315 + 930).contains(&waited), "{waited}");
    }

    #[tokio::test]
    async fn what_does_not_get_better_is_not_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "文").unwrap();
        for refusal in [Status::data_loss("damaged"), Status::internal("a bug")] {
            assert!(begun(folder.path(), vec![refusal]).await.unwrap().is_none());
        }
        assert!(begun(folder.path(), Vec::new()).await.unwrap().is_none());
        let missing = folder.path().join("missing");
        assert!(matches!(begun(&missing, Vec::new()).await, Err(ImportError::Path(_))));
    }
}
