//! Addresses to listen on.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::app::StartError;

/// Takes an address, which `key` or `flag` gave.
pub(super) async fn bind(wanted: SocketAddr, key: &'static str, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(wanted).await.map_err(|source| StartError::Listen { address: wanted, key, flag, source })
}

/// Takes an address, if the listener is on.
pub(super) async fn bind_if(
    wanted: Option<SocketAddr>,
    key: &'static str,
    flag: &'static str,
) -> Result<Option<TcpListener>, StartError> {
    match wanted {
        Some(wanted) => bind(wanted, key, flag).await.map(Some),
        None => Ok(None),
    }
}

/// Where a listener listens, which is where it was told to but for port 0.
pub(super) fn address(listener: &TcpListener, wanted: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(wanted)
}
