//! Every key, once: its path, how the environment writes it, and what it is.

/// What the environment's text for a key is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Count,
    Switch,
    /// Paths, separated as in `PATH`.
    Paths,
}

/// One key.
pub(super) struct Key {
    /// Tables and name, joined by dots.
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    /// One sentence for whoever sets it.
    pub(super) about: &'static str,
}

/// All keys, in the order in which they are printed: tables together, keys without a table first.
pub(super) const KEYS: &[Key] = &[
    key("data_dir", Kind::Text, "Directory of the index; made when it is missing."),
    key("import", Kind::Paths, "Files and directories to bring in before serving; known documents are left alone."),
    key("server.listen", Kind::Text, "Address of the gRPC listener; port 0 picks a free one."),
    key("server.admin_listen", Kind::Text, "Address of the gRPC listener for operators, or `off`."),
    key("server.http_listen", Kind::Text, "Address for /metrics, /livez and /readyz, or `off`."),
    key("server.allow_plaintext", Kind::Switch, "Allows addresses that other machines can reach to go without TLS."),
    key("server.max_concurrent_streams", Kind::Count, "Most calls at once on one connection."),
    key("server.keepalive_interval", Kind::Text, "Silence after which a connection is probed."),
    key("server.keepalive_timeout", Kind::Text, "Wait for the answer to a probe before the connection is closed."),
    key("server.connection_max_age", Kind::Text, "Age at which a connection is closed, so that load spreads again."),
    key("log.format", Kind::Text, "Form of the lines on standard error: `text` or `json`."),
    key("log.filter", Kind::Text, "Levels by module, such as `info,xunzhang::ingest=debug`; RUST_LOG wins over it."),
    key("log.queries", Kind::Switch, "Writes query text into the access lines; it may be sensitive."),
    key("pool.threads", Kind::Count, "Threads for CPU work; by default as many as there are cores."),
    key("admission.max_streams", Kind::Count, "Most streams open at once; what comes beyond is refused."),
    key("admission.max_streams_per_caller", Kind::Count, "Most streams of one caller, told by its address."),
    key(
        "admission.max_waiting",
        Kind::Count,
        "Most calls that wait for a core to begin; what comes beyond is refused.",
    ),
    key(
        "admission.max_wait",
        Kind::Text,
        "Longest that a call may be expected to wait for a core, else it is refused.",
    ),
    key("admission.reader_patience", Kind::Text, "Time for which a reader may take nothing before its stream ends."),
    key("drain.lame_duck", Kind::Text, "Time between saying not ready and ceasing to accept."),
    key("drain.timeout", Kind::Text, "Time for the whole stop, after which it is forced; longer than `lame_duck`."),
    key("ingest.commit_changes", Kind::Count, "Commits when so many changes have gathered."),
    key("ingest.commit_bytes", Kind::Text, "Commits when so much text has gathered."),
    key("ingest.commit_linger", Kind::Text, "Commits when the first change has waited so long."),
    key("ingest.keep_removals", Kind::Text, "How long deletions and replacements are remembered for those who follow."),
    key("ingest.min_free_disk", Kind::Text, "Takes no documents in while less of the disk is free; `0B` fills it."),
    key("text.user_dictionary", Kind::Text, "File of words to keep whole, one a line; empty for none."),
    key("search.candidates", Kind::Count, "Best matches that are ranked again by more features; 0 for none."),
    key("search.synonyms", Kind::Text, "File of names of the same things, TOML; empty for the built-in list."),
];

const fn key(path: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { path, kind, about }
}

impl Key {
    /// The table that the key stands in; empty for none.
    pub(super) fn table(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(table, _)| table)
    }

    /// The name in its table.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The known key that looks most like `path`: as a whole, or in its last part when only the table is wrong.
pub(super) fn nearest(path: &str) -> &'static str {
    let likeness = |key: &Key| {
        let whole = strsim::jaro_winkler(path, key.path);
        let name = path.rsplit('.').next().unwrap_or(path);
        whole.max(strsim::jaro_winkler(name, key.name()))
    };
    let most_alike = KEYS.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    most_alike.map(|key| key.path).unwrap_or_default()
}

/// The first unknown key of a TOML document, with its tables.
pub(super) fn unknown(table: &toml::Table) -> Option<String> {
    unknown_below("", table)
}

fn unknown_below(prefix: &str, table: &toml::Table) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            _ if find(&path).is_some() => None,
            toml::Value::Table(inner) if !inner.is_empty() => unknown_below(&path, inner),
            _ if is_table(&path) => None, // Empty, or not a table at all, which the typed reading says better.
            _ => Some(path),
        }
    })
}

fn is_table(path: &str) -> bool {
    KEYS.iter().any(|key| key.table() == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_nearest(written: &str, expected: &str) {
        assert_eq!(nearest(written), expected, "{written}");
    }

    #[test]
    fn nearest_key() {
        check_nearest("server.lisen", "server.listen");
        check_nearest("sever.listen", "server.listen");
        check_nearest("max_streams", "admission.max_streams");
        check_nearest("data-dir", "data_dir");
        check_nearest("drain.lameduck", "drain.lame_duck");
    }

    fn check_unknown(text: &str, expected: Option<&str>) {
        let table = text.parse().unwrap();
        assert_eq!(unknown(&table).as_deref(), expected, "{text}");
    }

    #[test]
    fn unknown_keys_are_found_with_their_tables() {
        check_unknown("data_dir = 'x'\n[server]\nlisten = 'y'\n[pool]", None);
        check_unknown("[server]\nlisen = 'x'", Some("server.lisen"));
        check_unknown("[sever]\nlisten = 'x'", Some("sever.listen"));
        check_unknown("[server.listen.deeper]\nx = 1", None); // A type error, not an unknown key.
        check_unknown("[nonsense]", Some("nonsense"));
        check_unknown("server = 1", None);
    }
}
