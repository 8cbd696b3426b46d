//! Reading the layers and laying them over each other.

use std::{fs, path::Path};

use crate::config::{Config, ConfigError, ServeFlags, environment::Environment, keys, written::RawConfig};

impl Config {
    /// Reads all layers and checks what they say together.
    ///
    /// `environment` is any set of variables; those whose names do not start with `XUNZHANG_` are passed over. The
    /// file is the one that `--config` names, else `XUNZHANG_CONFIG`, else none.
    pub fn load(
        flags: &ServeFlags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment = Environment::read(environment)?;
        let file = match flags.config.as_ref().or(environment.file.as_ref()) {
            Some(path) => read_file(path)?,
            None => RawConfig::default(),
        };
        flags.layer().over(environment.layer).over(file).resolve()
    }
}

fn read_file(path: &Path) -> Result<RawConfig, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse_file(&text, &format!("the configuration file `{}`", path.display()))
}

fn parse_file(text: &str, origin: &str) -> Result<RawConfig, ConfigError> {
    let misread =
        |source: toml::de::Error| ConfigError::Misread { origin: origin.to_owned(), source: Box::new(source) };
    // Unknown keys are looked for before types are, for the better message.
    if let Some(key) = keys::unknown(&toml::from_str(text).map_err(misread)?) {
        let nearest = keys::nearest(&key).to_owned();
        return Err(ConfigError::UnknownKey { key, origin: origin.to_owned(), nearest });
    }
    toml::from_str(text).map_err(misread)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    /// The configuration that `text` in a file gives.
    pub(in crate::config) fn load_text(text: &str) -> Result<Config, ConfigError> {
        parse_file(text, "the file")?.resolve()
    }

    #[test]
    fn later_layers_win() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "[server]\nlisten = '127.0.0.1:1'\nadmin_listen = '127.0.0.1:1'\nhttp_listen = '127.0.0.1:1'")
            .unwrap();
        let environment = [
            ("XUNZHANG_SERVER__ADMIN_LISTEN", "127.0.0.1:2"),
            ("XUNZHANG_SERVER__HTTP_LISTEN", "127.0.0.1:2"),
            ("XUNZHANG_CONFIG", "/overruled/by/the/flag"),
        ];
        let flags = ServeFlags {
            config: Some(file.path().to_owned()),
            http_listen: Some("127.0.0.1:3".to_owned()),
            ..ServeFlags::default()
        };
        let config =
            Config::load(&flags, environment.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        assert_eq!(config.server.listen.port(), 1);
        assert_eq!(config.server.admin_listen.unwrap().port(), 2);
        assert_eq!(config.server.http_listen.unwrap().port(), 3);
        assert_eq!(config.drain, Config::default().drain);
    }

    fn check_error(text: &str, expected: &str) {
        let error = anyhow::Error::from(load_text(text).unwrap_err());
        let message = format!("{error:#}");
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn mistakes_in_the_file() {
        check_error(
            "[server]\nlisen = '127.0.0.1:1'",
            "unknown key `server.lisen` in the file; the nearest known one is `server.listen`",
        );
        check_error("[server]\nlisten = 1", "listen = 1");
        check_error("[server]\nlisten = 1", "line 2");
        check_error("[log]\nformat = 'xml'", "`text`");
        check_error("data_dir", "line 1");
    }

    #[test]
    fn a_missing_file_is_named() {
        let flags = ServeFlags { config: Some("/no/such.toml".into()), ..ServeFlags::default() };
        let message = Config::load(&flags, []).unwrap_err().to_string();
        assert!(message.contains("`/no/such.toml`"), "{message}");
    }
}
