//! From what is written to what is needed: defaults, types, and what must hold between values.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    thread,
    time::Duration,
};

use crate::config::{
    AdmissionConfig, Config, ConfigError, DrainConfig, IngestConfig, LogConfig, LogFormat, PoolConfig, SearchConfig,
    ServerConfig, TextConfig, values,
    written::{RawAdmission, RawConfig, RawDrain, RawIngest, RawLog, RawPool, RawSearch, RawServer, RawText},
};

const DATA_DIR: &str = "xunzhang-data";
const LISTEN: SocketAddr = loopback(50051);
const ADMIN_LISTEN: SocketAddr = loopback(50052);
const HTTP_LISTEN: SocketAddr = loopback(9090);
/// Calls on one connection: several times what a busy client has threads.
const MAX_CONCURRENT_STREAMS: u32 = 64;
/// Below the minute or so after which middleboxes forget a silent connection.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// A machine that is slower to answer is taken for gone.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Clients keep connections for ever, and a new server would get no load.
const CONNECTION_MAX_AGE: Duration = Duration::from_mins(30);
const LOG_FILTER: &str = "info";
/// An open stream costs a batch of memory, not a thread.
const MAX_STREAMS: NonZeroUsize = NonZeroUsize::new(256).expect("above zero");
/// Half of them: one caller leaves room for others.
const MAX_STREAMS_PER_CALLER: NonZeroUsize = NonZeroUsize::new(128).expect("above zero");
/// At a millisecond or two each, what stands at the end of this queue is answered well before callers give up.
const MAX_WAITING: NonZeroUsize = NonZeroUsize::new(64).expect("above zero");
/// A fifth of a second more is still an answer; what would take longer had better be asked elsewhere.
const MAX_WAIT: Duration = Duration::from_millis(200);
/// Longer than a reader needs that is merely busy.
const READER_PATIENCE: Duration = Duration::from_secs(30);
/// Load balancers look every second or two.
const LAME_DUCK: Duration = Duration::from_secs(5);
/// Kubernetes kills after 30 seconds.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);
const COMMIT_CHANGES: NonZeroUsize = NonZeroUsize::new(4096).expect("above zero");
const COMMIT_BYTES: u64 = 64 << 20;
/// Room for what a group leaves on disk, several times over, and for small merges.
const MIN_FREE_DISK: u64 = 256 << 20;
/// The longest that a lone write waits for company.
const COMMIT_LINGER: Duration = Duration::from_millis(500);
/// As many as the second stage was measured with, see `docs/ranking.md`.
const CANDIDATES: usize = 200;
/// Each costs a look at the postings of every bigram of a query.
const MAX_CANDIDATES: u32 = 1_000;
/// A reader that was away for a week begins anew.
const KEEP_REMOVALS: Duration = Duration::from_hours(7 * 24);

impl Default for Config {
    fn default() -> Self {
        RawConfig::default().resolve().expect("defaults pass their own checks, and a test looks")
    }
}

impl RawConfig {
    /// Fills in defaults and checks everything.
    pub(super) fn resolve(self) -> Result<Config, ConfigError> {
        Ok(Config {
            data_dir: or(self.data_dir, DATA_DIR.into(), |path| values::directory("data_dir", path))?,
            import: self.import.unwrap_or_default(),
            server: self.server.resolve()?,
            log: self.log.resolve()?,
            pool: self.pool.resolve()?,
            admission: self.admission.resolve()?,
            drain: self.drain.resolve()?,
            ingest: self.ingest.resolve()?,
            text: self.text.resolve(),
            search: self.search.resolve()?,
        })
    }
}

impl RawServer {
    fn resolve(self) -> Result<ServerConfig, ConfigError> {
        let server = ServerConfig {
            listen: or(self.listen, LISTEN, |text| values::address("server.listen", &text))?,
            admin_listen: or(self.admin_listen, Some(ADMIN_LISTEN), |text| {
                values::optional_address("server.admin_listen", &text)
            })?,
            http_listen: or(self.http_listen, Some(HTTP_LISTEN), |text| {
                values::optional_address("server.http_listen", &text)
            })?,
            allow_plaintext: self.allow_plaintext.unwrap_or(false),
            max_concurrent_streams: or(self.max_concurrent_streams, MAX_CONCURRENT_STREAMS, |written| {
                values::count("server.max_concurrent_streams", written).map(NonZeroU32::get)
            })?,
            keepalive_interval: or(self.keepalive_interval, KEEPALIVE_INTERVAL, |text| {
                values::positive_duration("server.keepalive_interval", &text)
            })?,
            keepalive_timeout: or(self.keepalive_timeout, KEEPALIVE_TIMEOUT, |text| {
                values::positive_duration("server.keepalive_timeout", &text)
            })?,
            connection_max_age: or(self.connection_max_age, CONNECTION_MAX_AGE, |text| {
                values::positive_duration("server.connection_max_age", &text)
            })?,
        };
        server.refuse_exposure()?;
        Ok(server)
    }
}

impl ServerConfig {
    fn refuse_exposure(&self) -> Result<(), ConfigError> {
        let listeners = [
            ("server.listen", Some(self.listen)),
            ("server.admin_listen", self.admin_listen),
            ("server.http_listen", self.http_listen),
        ];
        let reachable = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
        for (key, address) in listeners {
            if let Some(address) = address.filter(reachable)
                && !self.allow_plaintext
            {
                return Err(ConfigError::Exposed { key, address });
            }
        }
        Ok(())
    }
}

impl RawLog {
    fn resolve(self) -> Result<LogConfig, ConfigError> {
        Ok(LogConfig {
            format: self.format.unwrap_or(LogFormat::Text),
            filter: or(self.filter, LOG_FILTER.to_owned(), |text| values::filter("log.filter", text))?,
            queries: self.queries.unwrap_or(false),
        })
    }
}

impl RawPool {
    fn resolve(self) -> Result<PoolConfig, ConfigError> {
        Ok(PoolConfig { threads: or(self.threads, cores(), |written| values::size("pool.threads", written))? })
    }
}

impl RawAdmission {
    fn resolve(self) -> Result<AdmissionConfig, ConfigError> {
        Ok(AdmissionConfig {
            max_streams: or(self.max_streams, MAX_STREAMS, |written| values::size("admission.max_streams", written))?,
            max_streams_per_caller: or(self.max_streams_per_caller, MAX_STREAMS_PER_CALLER, |written| {
                values::size("admission.max_streams_per_caller", written)
            })?,
            max_waiting: or(self.max_waiting, MAX_WAITING, |written| values::size("admission.max_waiting", written))?,
            max_wait: or(self.max_wait, MAX_WAIT, |text| values::positive_duration("admission.max_wait", &text))?,
            reader_patience: or(self.reader_patience, READER_PATIENCE, |text| {
                values::positive_duration("admission.reader_patience", &text)
            })?,
        })
    }
}

impl RawDrain {
    fn resolve(self) -> Result<DrainConfig, ConfigError> {
        let lame_duck = or(self.lame_duck, LAME_DUCK, |text| values::duration("drain.lame_duck", &text))?;
        let timeout = or(self.timeout, DRAIN_TIMEOUT, |text| values::duration("drain.timeout", &text))?;
        if timeout <= lame_duck {
            let written = humantime::format_duration(timeout).to_string();
            let least = humantime::format_duration(lame_duck);
            let advice = format!("write more than `drain.lame_duck`, which is `{least}`");
            return Err(values::invalid("drain.timeout", &written, &advice));
        }
        Ok(DrainConfig { lame_duck, timeout })
    }
}

impl RawIngest {
    fn resolve(self) -> Result<IngestConfig, ConfigError> {
        Ok(IngestConfig {
            commit_changes: or(self.commit_changes, COMMIT_CHANGES, |written| {
                values::size("ingest.commit_changes", written)
            })?,
            commit_bytes: or(self.commit_bytes, COMMIT_BYTES, |text| values::bytes("ingest.commit_bytes", &text))?,
            commit_linger: or(self.commit_linger, COMMIT_LINGER, |text| {
                values::duration("ingest.commit_linger", &text)
            })?,
            keep_removals: or(self.keep_removals, KEEP_REMOVALS, |text| {
                values::duration("ingest.keep_removals", &text)
            })?,
            min_free_disk: or(self.min_free_disk, MIN_FREE_DISK, |text| {
                values::bytes_or_none("ingest.min_free_disk", &text)
            })?,
        })
    }
}

impl RawText {
    fn resolve(self) -> TextConfig {
        TextConfig { user_dictionary: self.user_dictionary.filter(|path| !path.as_os_str().is_empty()) }
    }
}

impl RawSearch {
    fn resolve(self) -> Result<SearchConfig, ConfigError> {
        let candidates =
            or(self.candidates, CANDIDATES, |written| values::at_most("search.candidates", written, MAX_CANDIDATES))?;
        let synonyms = self.synonyms.filter(|path| !path.as_os_str().is_empty());
        Ok(SearchConfig { candidates, synonyms })
    }
}

/// The default, unless something is written.
fn or<W, T>(written: Option<W>, default: T, read: impl FnOnce(W) -> Result<T, ConfigError>) -> Result<T, ConfigError> {
    written.map_or(Ok(default), read)
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The cores that this process may use; one when the system does not say.
fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, load::tests::load_text};

    fn check_error(text: &str, expected: &str) {
        let message = load_text(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }

    #[test]
    fn nothing_written_is_the_default() {
        assert_eq!(load_text("").unwrap(), Config::default());
    }

    #[test]
    fn values_out_of_form_or_range() {
        check_error("data_dir = ''", "`data_dir` cannot be ``: name a directory");
        check_error("[server]\nlisten = 'localhost'", "`server.listen` cannot be `localhost`");
        check_error("[server]\nlisten = 'off'", "`server.listen` cannot be `off`");
        check_error("[server]\nhttp_listen = 'of'", "or `off`");
        check_error("[server]\nmax_concurrent_streams = 0", "from 1 to");
        check_error("[server]\nkeepalive_interval = '0s'", "more than zero");
        check_error("[drain]\nlame_duck = '5'", "`drain.lame_duck` cannot be `5`: write a number and a unit");
        check_error("[drain]\nlame_duck = '25s'", "`drain.timeout` cannot be `25s`: write more than `drain.lame_duck`");
        check_error("[ingest]\ncommit_bytes = '0'", "above zero");
        check_error("[ingest]\ncommit_bytes = 'x'", "such as `64MiB`");
        check_error("[ingest]\nmin_free_disk = 'much'", "or `0B`");
        check_error("[admission]\nmax_streams = 4000000000", "from 1 to 1000000");
        check_error(
            "[search]\ncandidates = 1001",
            "`search.candidates` cannot be `1001`: write a number from 0 to 1000",
        );
        check_error("[log]\nfilter = 'xunzhang=loud'", "`log.filter` cannot be `xunzhang=loud`");
    }

    #[test]
    fn reachable_addresses_need_permission() {
        let advice = "or set `server.allow_plaintext = true`";
        for key in ["listen", "admin_listen", "http_listen"] {
            for address in ["0.0.0.0:1", "10.1.2.3:1", "[::]:1", "[::ffff:10.0.0.1]:1"] {
                let text = format!("[server]\n{key} = '{address}'\n");
                check_error(&text, &format!("`server.{key}` cannot be `{address}`"));
                check_error(&text, advice);
                load_text(&format!("{text}allow_plaintext = true")).expect("above zero");
            }
            load_text(&format!("[server]\n{key} = '[::1]:0'")).expect("above zero");
            load_text(&format!("[server]\n{key} = '[::ffff:127.0.0.1]:0'")).expect("above zero");
        }
    }
}
