//! Configuration as written: one layer of it, in which anything may be missing and little is checked.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::LogFormat;

/// One layer. Durations, sizes and addresses are still text.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) import: Option<Vec<PathBuf>>,
    pub(super) server: RawServer,
    pub(super) log: RawLog,
    pub(super) pool: RawPool,
    pub(super) admission: RawAdmission,
    pub(super) drain: RawDrain,
    pub(super) ingest: RawIngest,
    pub(super) text: RawText,
    pub(super) search: RawSearch,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServer {
    pub(super) listen: Option<String>,
    pub(super) admin_listen: Option<String>,
    pub(super) http_listen: Option<String>,
    pub(super) allow_plaintext: Option<bool>,
    pub(super) max_concurrent_streams: Option<u32>,
    pub(super) keepalive_interval: Option<String>,
    pub(super) keepalive_timeout: Option<String>,
    pub(super) connection_max_age: Option<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLog {
    pub(super) format: Option<LogFormat>,
    pub(super) filter: Option<String>,
    pub(super) queries: Option<bool>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPool {
    pub(super) threads: Option<u32>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAdmission {
    pub(super) max_streams: Option<u32>,
    pub(super) max_streams_per_caller: Option<u32>,
    pub(super) max_waiting: Option<u32>,
    pub(super) max_wait: Option<String>,
    pub(super) reader_patience: Option<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDrain {
    pub(super) lame_duck: Option<String>,
    pub(super) timeout: Option<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawIngest {
    pub(super) commit_changes: Option<u32>,
    pub(super) commit_bytes: Option<String>,
    pub(super) commit_linger: Option<String>,
    pub(super) keep_removals: Option<String>,
    pub(super) min_free_disk: Option<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawText {
    pub(super) user_dictionary: Option<PathBuf>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSearch {
    pub(super) candidates: Option<u32>,
    pub(super) synonyms: Option<PathBuf>,
}

impl RawConfig {
    /// This layer over `lower`: what it leaves open is taken from there.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(lower.data_dir),
            import: self.import.or(lower.import),
            server: self.server.over(lower.server),
            log: RawLog {
                format: self.log.format.or(lower.log.format),
                filter: self.log.filter.or(lower.log.filter),
                queries: self.log.queries.or(lower.log.queries),
            },
            pool: RawPool { threads: self.pool.threads.or(lower.pool.threads) },
            admission: RawAdmission {
                max_streams: self.admission.max_streams.or(lower.admission.max_streams),
                max_streams_per_caller: self
                    .admission
                    .max_streams_per_caller
                    .or(lower.admission.max_streams_per_caller),
                max_waiting: self.admission.max_waiting.or(lower.admission.max_waiting),
                max_wait: self.admission.max_wait.or(lower.admission.max_wait),
                reader_patience: self.admission.reader_patience.or(lower.admission.reader_patience),
            },
            drain: RawDrain {
                lame_duck: self.drain.lame_duck.or(lower.drain.lame_duck),
                timeout: self.drain.timeout.or(lower.drain.timeout),
            },
            ingest: RawIngest {
                commit_changes: self.ingest.commit_changes.or(lower.ingest.commit_changes),
                commit_bytes: self.ingest.commit_bytes.or(lower.ingest.commit_bytes),
                commit_linger: self.ingest.commit_linger.or(lower.ingest.commit_linger),
                keep_removals: self.ingest.keep_removals.or(lower.ingest.keep_removals),
                min_free_disk: self.ingest.min_free_disk.or(lower.ingest.min_free_disk),
            },
            text: RawText { user_dictionary: self.text.user_dictionary.or(lower.text.user_dictionary) },
            search: RawSearch {
                candidates: self.search.candidates.or(lower.search.candidates),
                synonyms: self.search.synonyms.or(lower.search.synonyms),
            },
        }
    }
}

impl RawServer {
    fn over(self, lower: Self) -> Self {
        Self {
            listen: self.listen.or(lower.listen),
            admin_listen: self.admin_listen.or(lower.admin_listen),
            http_listen: self.http_listen.or(lower.http_listen),
            allow_plaintext: self.allow_plaintext.or(lower.allow_plaintext),
            max_concurrent_streams: self.max_concurrent_streams.or(lower.max_concurrent_streams),
            keepalive_interval: self.keepalive_interval.or(lower.keepalive_interval),
            keepalive_timeout: self.keepalive_timeout.or(lower.keepalive_timeout),
            connection_max_age: self.connection_max_age.or(lower.connection_max_age),
        }
    }
}
