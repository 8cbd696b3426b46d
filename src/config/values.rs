//! Reading single values: each function takes the key for the message and what is written.

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use bytesize::ByteSize;
use tracing_subscriber::EnvFilter;

use crate::config::ConfigError;

/// More threads, streams, jobs or changes than this are a slip of the pen.
const MAX_COUNT: u32 = 1_000_000;

pub(super) fn directory(key: &str, written: PathBuf) -> Result<PathBuf, ConfigError> {
    if written.as_os_str().is_empty() {
        return Err(invalid(key, "", "name a directory"));
    }
    Ok(written)
}

pub(super) fn address(key: &str, written: &str) -> Result<SocketAddr, ConfigError> {
    written.parse().map_err(|_| invalid(key, written, "write an address and a port, such as `127.0.0.1:50051`"))
}

/// An address, or `off`.
pub(super) fn optional_address(key: &str, written: &str) -> Result<Option<SocketAddr>, ConfigError> {
    match written {
        "off" => Ok(None),
        _ => written
            .parse()
            .map(Some)
            .map_err(|_| invalid(key, written, "write an address and a port, such as `127.0.0.1:9090`, or `off`")),
    }
}

pub(super) fn duration(key: &str, written: &str) -> Result<Duration, ConfigError> {
    humantime::parse_duration(written)
        .map_err(|_| invalid(key, written, "write a number and a unit, such as `30s`, `500ms` or `30m`"))
}

/// A duration above zero.
pub(super) fn positive_duration(key: &str, written: &str) -> Result<Duration, ConfigError> {
    match duration(key, written)? {
        Duration::ZERO => Err(invalid(key, written, "write more than zero, such as `30s`")),
        positive => Ok(positive),
    }
}

/// A size above zero, in bytes.
pub(super) fn bytes(key: &str, written: &str) -> Result<u64, ConfigError> {
    match written.parse::<ByteSize>() {
        Ok(ByteSize(bytes @ 1..)) => Ok(bytes),
        _ => Err(invalid(key, written, "write a number above zero and a unit, such as `64MiB`")),
    }
}

/// A size in bytes, which may be zero.
pub(super) fn bytes_or_none(key: &str, written: &str) -> Result<u64, ConfigError> {
    let size = written.parse::<ByteSize>();
    size.map(|ByteSize(bytes)| bytes)
        .map_err(|_| invalid(key, written, "write a number and a unit, such as `256MiB`, or `0B`"))
}

/// A number from 1 to [`MAX_COUNT`].
pub(super) fn count(key: &str, written: u32) -> Result<NonZeroU32, ConfigError> {
    NonZeroU32::new(written)
        .filter(|count| count.get() <= MAX_COUNT)
        .ok_or_else(|| invalid(key, &written.to_string(), &format!("write a number from 1 to {MAX_COUNT}")))
}

/// As [`count`], for what is counted in memory.
pub(super) fn size(key: &str, written: u32) -> Result<NonZeroUsize, ConfigError> {
    count(key, written).map(to_size)
}

/// A number from 0 to a bound, for what is counted in memory.
pub(super) fn at_most(key: &str, written: u32, most: u32) -> Result<usize, ConfigError> {
    if written > most {
        return Err(invalid(key, &written.to_string(), &format!("write a number from 0 to {most}")));
    }
    Ok(usize::try_from(written).unwrap_or(usize::MAX))
}

/// Loses nothing: no machine that this runs on has narrower sizes.
pub(super) fn to_size(count: NonZeroU32) -> NonZeroUsize {
    count.try_into().unwrap_or(NonZeroUsize::MAX)
}

pub(super) fn filter(key: &str, written: String) -> Result<String, ConfigError> {
    match EnvFilter::try_new(&written) {
        Ok(_) => Ok(written),
        Err(error) => {
            let advice = format!("{error}; write levels such as `info` or `warn,xunzhang=debug`");
            Err(invalid(key, &written, &advice))
        }
    }
}

pub(super) fn invalid(key: &str, value: &str, advice: &str) -> ConfigError {
    ConfigError::Invalid { key: key.to_owned(), value: value.to_owned(), advice: advice.to_owned() }
}
