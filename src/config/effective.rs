//! Configuration as needed: checked, complete, in the types that its users take.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// Everything that can be configured, checked.
///
/// `Config::default()` is what an empty configuration means. Relative paths are relative to the working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Directory of the index.
    pub data_dir: PathBuf,
    /// Files and directories to bring in before serving.
    pub import: Vec<PathBuf>,
    /// Listeners and connections.
    pub server: ServerConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// The threads for CPU work.
    pub pool: PoolConfig,
    /// How much is taken on at once.
    pub admission: AdmissionConfig,
    /// How long stopping may take.
    pub drain: DrainConfig,
    /// How writes are grouped.
    pub ingest: IngestConfig,
    /// How text is analysed.
    pub text: TextConfig,
    /// How matches are ranked.
    pub search: SearchConfig,
}

/// Listeners and connections. Port 0 picks a free port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Address of the gRPC listener.
    pub listen: SocketAddr,
    /// Address of the gRPC listener for operators; `None` is off.
    pub admin_listen: Option<SocketAddr>,
    /// Address of the HTTP listener for probes and metrics; `None` is off.
    pub http_listen: Option<SocketAddr>,
    /// Whether addresses that other machines can reach may be served without TLS.
    pub allow_plaintext: bool,
    /// Most calls at once on one connection; at least 1.
    pub max_concurrent_streams: u32,
    /// Silence on a connection after which it is probed; not zero.
    pub keepalive_interval: Duration,
    /// Wait for the answer to a probe before the connection is closed; not zero.
    pub keepalive_timeout: Duration,
    /// Age at which a connection is closed, so that load spreads again; not zero.
    pub connection_max_age: Duration,
}

/// What is logged, and how. Logs go to standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Form of a line.
    pub format: LogFormat,
    /// Levels by module, in the syntax of `tracing_subscriber::EnvFilter`; known to parse.
    pub filter: String,
    /// Whether the access line of a call holds its query text.
    pub queries: bool,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The threads for CPU work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Number of threads.
    pub threads: NonZeroUsize,
}

/// How much is taken on at once. What comes beyond is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionConfig {
    /// Most streams open at once, over all connections.
    pub max_streams: NonZeroUsize,
    /// Most of these of one caller.
    pub max_streams_per_caller: NonZeroUsize,
    /// Most calls that wait for a core to begin.
    pub max_waiting: NonZeroUsize,
    /// The longest that a call may be expected to wait for one; not zero.
    pub max_wait: Duration,
    /// How long a reader may take nothing before its stream ends; not zero.
    pub reader_patience: Duration,
}

/// How long stopping may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainConfig {
    /// Time between saying "not ready" and ceasing to accept, for load balancers to notice.
    pub lame_duck: Duration,
    /// Time for the whole of it, from the request to stop; longer than `lame_duck`.
    pub timeout: Duration,
}

/// How writes are grouped, and when none are taken. A commit happens when the first of the three is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestConfig {
    /// Changes in one commit.
    pub commit_changes: NonZeroUsize,
    /// Bytes of text in one commit; at least 1.
    pub commit_bytes: u64,
    /// Wait of the first change for others to share its commit; zero commits at once.
    pub commit_linger: Duration,
    /// How long deletions and replacements are remembered for those who follow; zero forgets them with the next commit.
    pub keep_removals: Duration,
    /// Bytes of the disk that stay free: while there are fewer, no document is taken in.
    pub min_free_disk: u64,
}

/// How text is analysed. What changes here changes the fingerprint of the text chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextConfig {
    /// File of words that are kept whole; `None` for none.
    pub user_dictionary: Option<PathBuf>,
}

/// How matches are ranked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchConfig {
    /// How many of the best matches the second stage ranks again, at most 1,000; 0 for none.
    pub candidates: usize,
    /// File of names of the same things; `None` for the built-in list.
    pub synonyms: Option<PathBuf>,
}
