//! Why a service does not start.

use std::{io, net::SocketAddr};

use crate::{
    app::{TokenKeyError, WordsError},
    engine::{OpenError, WriteError},
    pool::PoolError,
};

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A listener's address cannot be had.
    #[error("cannot listen on `{address}`: {source}; give another address with {flag} or `{key}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The key that it comes from.
        key: &'static str,
        /// The flag for it.
        flag: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no threads for CPU work.
    #[error("cannot start threads: {0}")]
    Pool(#[source] io::Error),
    /// The user dictionary cannot be used.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The index cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key of the tokens cannot be had.
    #[error(transparent)]
    TokenKey(#[from] TokenKeyError),
    /// The index cannot be written.
    #[error("cannot start writing: {0}")]
    Writer(#[from] WriteError),
    /// Making the segmenter or opening the index panicked.
    #[error("starting failed: {0}")]
    Panicked(#[from] PoolError),
}
