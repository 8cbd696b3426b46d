//! Configuration: as written, then as needed.
//!
//! Four layers say what is written: defaults, a TOML file, the environment, flags; a later one wins. Together they are
//! checked once and become a [`Config`], in which every value can be used as it stands. The module does not read the
//! environment of the process, and does not know who uses a value.

mod effective;
mod environment;
mod error;
mod flags;
mod keys;
mod load;
mod print;
mod resolve;
mod values;
mod written;

pub use effective::{
    AdmissionConfig, Config, DrainConfig, IngestConfig, LogConfig, LogFormat, PoolConfig, SearchConfig, ServerConfig,
    TextConfig,
};
pub use error::ConfigError;
pub use flags::{RepairFlags, ServeFlags};
