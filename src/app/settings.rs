//! The configuration, in the words of the parts that it is for.

use std::time::SystemTime;

use crate::{
    app::StartError,
    config::{AdmissionConfig, Config, IngestConfig, LogConfig, PoolConfig, ServerConfig},
    ingest::{GroupCommit, Retention},
    pool::Pool,
    rpc::{ConnectionPolicy, Policy},
    text::{Segmenter, Synonyms},
};

/// The threads for CPU work.
pub(super) fn pool(config: &PoolConfig) -> Result<Pool, StartError> {
    Pool::new(config.threads).map_err(StartError::Pool)
}

/// What the services are held to.
pub(super) fn policy(config: &Config, segmenter: &Segmenter, synonyms: &Synonyms) -> Policy {
    let AdmissionConfig { max_streams, max_streams_per_caller, max_waiting, max_wait, reader_patience } =
        config.admission;
    let LogConfig { format: _, filter: _, queries } = config.log;
    Policy {
        max_streams: max_streams.get(),
        max_streams_per_caller: max_streams_per_caller.get(),
        max_waiting: max_waiting.get(),
        max_wait,
        reader_patience,
        log_queries: queries,
        fingerprint: segmenter.fingerprint().to_owned(),
        synonyms_version: synonyms.version().to_owned(),
    }
}

/// What connections are held to.
pub(super) fn connections(config: &ServerConfig) -> ConnectionPolicy {
    ConnectionPolicy {
        max_concurrent_streams: config.max_concurrent_streams,
        keepalive_interval: config.keepalive_interval,
        keepalive_timeout: config.keepalive_timeout,
        max_age: config.connection_max_age,
    }
}

/// When changes are committed.
pub(super) fn group_commit(config: &IngestConfig) -> GroupCommit {
    let IngestConfig { commit_changes, commit_bytes, commit_linger, keep_removals: _, min_free_disk: _ } = *config;
    GroupCommit {
        changes: commit_changes.get(),
        bytes: usize::try_from(commit_bytes).unwrap_or(usize::MAX),
        linger: commit_linger,
    }
}

/// How long removals are remembered.
pub(super) fn retention(config: &IngestConfig) -> Retention {
    Retention { removals: config.keep_removals, now: SystemTime::now }
}
