//! The configuration in effect, as a file that would give it again.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use bytesize::{GIB, KIB, MIB};

use crate::config::{
    AdmissionConfig, Config, DrainConfig, IngestConfig, LogConfig, PoolConfig, SearchConfig, ServerConfig, TextConfig,
    keys::{KEYS, Key},
    written::{RawAdmission, RawConfig, RawDrain, RawIngest, RawLog, RawPool, RawSearch, RawServer, RawText},
};

impl Config {
    /// Every key with its value in effect and a comment that says what it is, as TOML.
    ///
    /// Reading it gives the same configuration, as long as all paths are UTF-8. Secrets would be masked; there are
    /// none yet.
    pub fn to_toml(&self) -> String {
        let values = toml::Table::try_from(self.written()).expect("text, numbers and tables of them are TOML");
        let tables = KEYS.chunk_by(|one, next| one.table() == next.table());
        tables.map(|keys| print_table(keys, &values)).collect::<Vec<_>>().join("\n")
    }

    /// The way back. Destructured, so that a new field cannot be forgotten.
    fn written(&self) -> RawConfig {
        let Self { data_dir, import, server, log, pool, admission, drain, ingest, text, search } = self;
        let LogConfig { format, filter, queries } = log;
        let PoolConfig { threads } = pool;
        let AdmissionConfig { max_streams, max_streams_per_caller, max_waiting, max_wait, reader_patience } = admission;
        let DrainConfig { lame_duck, timeout } = drain;
        let IngestConfig { commit_changes, commit_bytes, commit_linger, keep_removals, min_free_disk } = ingest;
        let TextConfig { user_dictionary } = text;
        let SearchConfig { candidates, synonyms } = search;
        RawConfig {
            data_dir: Some(lossy(data_dir)),
            import: Some(import.iter().map(PathBuf::as_path).map(lossy).collect()),
            server: server.written(),
            log: RawLog { format: Some(*format), filter: Some(filter.clone()), queries: Some(*queries) },
            pool: RawPool { threads: Some(count(threads.get())) },
            admission: RawAdmission {
                max_streams: Some(count(max_streams.get())),
                max_streams_per_caller: Some(count(max_streams_per_caller.get())),
                max_waiting: Some(count(max_waiting.get())),
                max_wait: Some(duration(*max_wait)),
                reader_patience: Some(duration(*reader_patience)),
            },
            drain: RawDrain { lame_duck: Some(duration(*lame_duck)), timeout: Some(duration(*timeout)) },
            ingest: RawIngest {
                commit_changes: Some(count(commit_changes.get())),
                commit_bytes: Some(bytes(*commit_bytes)),
                commit_linger: Some(duration(*commit_linger)),
                keep_removals: Some(duration(*keep_removals)),
                min_free_disk: Some(bytes(*min_free_disk)),
            },
            text: RawText { user_dictionary: Some(user_dictionary.as_deref().map(lossy).unwrap_or_default()) },
            search: RawSearch {
                candidates: Some(count(*candidates)),
                synonyms: Some(synonyms.as_deref().map(lossy).unwrap_or_default()),
            },
        }
    }
}

impl ServerConfig {
    fn written(&self) -> RawServer {
        let Self {
            listen,
            admin_listen,
            http_listen,
            allow_plaintext,
            max_concurrent_streams,
            keepalive_interval,
            keepalive_timeout,
            connection_max_age,
        } = self;
        let or_off = |address: &Option<SocketAddr>| address.map_or("off".to_owned(), |address| address.to_string());
        RawServer {
            listen: Some(listen.to_string()),
            admin_listen: Some(or_off(admin_listen)),
            http_listen: Some(or_off(http_listen)),
            allow_plaintext: Some(*allow_plaintext),
            max_concurrent_streams: Some(*max_concurrent_streams),
            keepalive_interval: Some(duration(*keepalive_interval)),
            keepalive_timeout: Some(duration(*keepalive_timeout)),
            connection_max_age: Some(duration(*connection_max_age)),
        }
    }
}

/// The keys of one table, under its heading if it has one.
fn print_table(keys: &[Key], values: &toml::Table) -> String {
    let heading = keys.first().map(Key::table).filter(|table| !table.is_empty());
    let heading = heading.map(|table| format!("[{table}]\n"));
    let lines = keys.iter().filter_map(|key| {
        let value = value_of(key, values)?;
        Some(format!("# {}\n{} = {value}\n", key.about, key.name()))
    });
    heading.into_iter().chain(lines).collect()
}

fn value_of<'a>(key: &Key, values: &'a toml::Table) -> Option<&'a toml::Value> {
    match key.table() {
        "" => values.get(key.name()),
        table => values.get(table)?.get(key.name()),
    }
}

fn lossy(path: &Path) -> PathBuf {
    path.to_string_lossy().into_owned().into()
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// In the largest unit that loses nothing.
fn bytes(bytes: u64) -> String {
    let units = [(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")];
    let exact = units.into_iter().find(|(unit, _)| bytes.is_multiple_of(*unit));
    exact.map_or_else(|| format!("{bytes}B"), |(unit, name)| format!("{}{name}", bytes / unit))
}

/// What is read is at most a million; a larger number can only be a caller's own, and is printed as the largest.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::tests::load_text;

    #[test]
    fn every_key_is_printed_and_only_those() {
        let text = Config::default().to_toml();
        for key in KEYS {
            let line = format!("\n# {}\n{} = ", key.about, key.name());
            assert!(format!("\n{text}").contains(&line), "{}", key.path);
        }
        let values = toml::Table::try_from(Config::default().written()).unwrap();
        assert_eq!(crate::config::keys::unknown(&values), None);
    }

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let mut config = Config::default();
        assert_eq!(load_text(&config.to_toml()).unwrap(), config);
        config.data_dir = "数据/\"x\"".into();
        config.import = vec!["a".into(), "b'c".into()];
        config.server.admin_listen = None;
        config.server.keepalive_interval = Duration::from_millis(61_250);
        config.log.filter = "warn,xunzhang[span{field=\"x\"}]=debug".to_owned();
        config.ingest.commit_bytes = 1025;
        config.ingest.commit_linger = Duration::ZERO;
        config.ingest.min_free_disk = 0;
        config.text.user_dictionary = Some("词/典.txt".into());
        config.search.candidates = 0;
        config.search.synonyms = Some("同义.toml".into());
        assert_eq!(load_text(&config.to_toml()).unwrap(), config);
    }

    #[test]
    fn sizes_lose_nothing() {
        let check = |size: u64, expected: &str| assert_eq!(bytes(size), expected);
        check(64 << 20, "64MiB");
        check(1 << 30, "1GiB");
        check((1 << 20) + 1024, "1025KiB");
        check(1025, "1025B");
    }
}
