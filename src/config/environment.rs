//! The layer that the environment writes: `XUNZHANG_SERVER__LISTEN` is `server.listen`.

use std::path::PathBuf;

use toml::Value;

use crate::config::{
    ConfigError,
    keys::{self, Key, Kind},
    written::RawConfig,
};

/// What the names of our variables start with.
const PREFIX: &str = "XUNZHANG_";
/// The variable, less its prefix, that names the configuration file; it is no key itself.
const FILE: &str = "CONFIG";

/// What the environment says.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// The configuration file.
    pub(super) file: Option<PathBuf>,
    /// The values of keys.
    pub(super) layer: RawConfig,
}

impl Environment {
    /// Reads pairs of name and value; those of others are passed over.
    pub(super) fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut file = None;
        let mut table = toml::Table::new();
        for (variable, text) in pairs {
            match variable.strip_prefix(PREFIX) {
                None => {}
                Some(FILE) => file = Some(PathBuf::from(text)),
                Some(name) => {
                    let key = key_of(name)?;
                    insert(&mut table, key, value_of(key, &variable, &text)?);
                }
            }
        }
        let layer = Value::Table(table).try_into().map_err(|source| ConfigError::Misread {
            origin: "the environment".to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self { file, layer })
    }
}

fn key_of(name: &str) -> Result<&'static Key, ConfigError> {
    let path = path_of(name);
    keys::find(&path).ok_or_else(|| ConfigError::UnknownKey {
        key: format!("{PREFIX}{name}"),
        origin: "the environment".to_owned(),
        nearest: variable_of(keys::nearest(&path)),
    })
}

fn path_of(name: &str) -> String {
    name.to_ascii_lowercase().replace("__", ".")
}

fn variable_of(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

fn value_of(key: &Key, variable: &str, text: &str) -> Result<Value, ConfigError> {
    let invalid = |advice: &'static str| ConfigError::Invalid {
        key: variable.to_owned(),
        value: text.to_owned(),
        advice: advice.to_owned(),
    };
    match key.kind {
        Kind::Text => Ok(Value::from(text)),
        Kind::Count => text.parse::<u32>().map(Value::from).map_err(|_| invalid("write a whole number")),
        Kind::Switch => text.parse::<bool>().map(Value::from).map_err(|_| invalid("write `true` or `false`")),
        Kind::Paths => Ok(paths(text)),
    }
}

fn paths(text: &str) -> Value {
    let paths = std::env::split_paths(text).filter(|path| !path.as_os_str().is_empty());
    Value::Array(paths.map(|path| Value::from(path.to_string_lossy().into_owned())).collect())
}

fn insert(table: &mut toml::Table, key: &Key, value: Value) {
    let name = key.name().to_owned();
    if key.table().is_empty() {
        table.insert(name, value);
    } else if let Value::Table(inner) = table.entry(key.table()).or_insert_with(|| toml::Table::new().into()) {
        inner.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Environment, ConfigError> {
        Environment::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn check_error(name: &str, value: &str, expected: &str) {
        assert_eq!(read(&[(name, value)]).unwrap_err().to_string(), expected);
    }

    #[test]
    fn values_of_every_kind() {
        let environment = read(&[
            ("XUNZHANG_SERVER__LISTEN", "127.0.0.1:0"),
            ("XUNZHANG_SERVER__ALLOW_PLAINTEXT", "true"),
            ("XUNZHANG_POOL__THREADS", "3"),
            ("XUNZHANG_IMPORT", "/a:b c"),
            ("XUNZHANG_TEXT__USER_DICTIONARY", "words.txt"),
            ("XUNZHANG_CONFIG", "x.toml"),
            ("HOME", "/root"),
        ])
        .unwrap();
        assert_eq!(environment.file, Some("x.toml".into()));
        assert_eq!(environment.layer.server.listen.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(environment.layer.server.allow_plaintext, Some(true));
        assert_eq!(environment.layer.pool.threads, Some(3));
        assert_eq!(environment.layer.text.user_dictionary, Some("words.txt".into()));
        assert_eq!(environment.layer.import, Some(vec!["/a".into(), "b c".into()]));
    }

    #[test]
    fn mistakes_name_the_variable() {
        check_error(
            "XUNZHANG_SERVER__LISTN",
            "x",
            "unknown key `XUNZHANG_SERVER__LISTN` in the environment; the nearest known one is `XUNZHANG_SERVER__LISTEN`",
        );
        check_error(
            "XUNZHANG_POOL__THREADS",
            "many",
            "`XUNZHANG_POOL__THREADS` cannot be `many`: write a whole number",
        );
        check_error("XUNZHANG_LOG__QUERIES", "1", "`XUNZHANG_LOG__QUERIES` cannot be `1`: write `true` or `false`");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_by_its_key() {
        let error = anyhow::Error::from(read(&[("XUNZHANG_LOG__FORMAT", "xml")]).unwrap_err());
        assert!(format!("{error:#}").contains("`log.format`"), "{error:#}");
    }

    #[test]
    fn variables_and_keys_name_each_other() {
        for key in keys::KEYS {
            let variable = variable_of(key.path);
            assert_eq!(path_of(&variable[PREFIX.len()..]), key.path);
        }
    }
}
