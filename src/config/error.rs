//! What can be wrong with a configuration.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why a configuration cannot be used. Each message names what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file `{}`; check the path given by `--config` or `XUNZHANG_CONFIG`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A layer is not TOML, or a value in it is of the wrong type.
    #[error("cannot understand {origin}")]
    Misread {
        /// The layer.
        origin: String,
        /// Where, and what was expected.
        source: Box<toml::de::Error>,
    },
    /// A key that nobody reads, most likely misspelt.
    #[error("unknown key `{key}` in {origin}; the nearest known one is `{nearest}`")]
    UnknownKey {
        /// The key, with its tables or as the environment writes it.
        key: String,
        /// The layer.
        origin: String,
        /// The known key most like it, written in the same way.
        nearest: String,
    },
    /// A value out of its range or form.
    #[error("`{key}` cannot be `{value}`: {advice}")]
    Invalid {
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// What to write instead.
        advice: String,
    },
    /// A listener that other machines can reach, without TLS.
    #[error(
        "`{key}` cannot be `{address}`: other machines could reach it and there is no TLS; \
         use a loopback address such as `127.0.0.1:{port}`, or set `server.allow_plaintext = true`",
        port = address.port()
    )]
    Exposed {
        /// The key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
    },
}
