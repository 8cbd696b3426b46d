//! Connections: accepted, held to limits, closed in order.
//!
//! Each has a task of its own, and each of its calls another, which is watched over ([`Transport`]). Knows nothing of
//! what is called.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2::Builder};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::sleep,
};
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::task::TaskTracker;
use tonic::{body::Body, service::Routes, transport::server::Connected};
use tower::Service as _;

use crate::{
    rpc::layers::{CallBody, Transport, WatchedCalls},
    shutdown::Shutdown,
};

/// Bytes of a call's headers.
const HEADER_BYTES: u32 = 16 << 10;
/// Streams that a peer may make us reset before its connection is closed (CVE-2025-8671).
const LOCAL_RESETS: usize = 128;
/// Streams that a peer may reset before we took them up. More than h2's 20: honest callers cancel many searches.
const PENDING_RESETS: usize = 64;
/// How long nothing is accepted after the system refused a connection: most often there is no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a connection is held to.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionPolicy {
    /// Calls at once on one connection.
    pub max_concurrent_streams: u32,
    /// Silence after which the peer is asked whether it is still there.
    pub keepalive_interval: Duration,
    /// How long it may take to answer.
    pub keepalive_timeout: Duration,
    /// Age at which the peer is asked to open a new one.
    pub max_age: Duration,
}

/// Serves the connections of one listener. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    services: WatchedCalls<Routes>,
    builder: Builder<Transport>,
    max_age: Duration,
}

impl Connections {
    /// Those that `services` are for; calls of which nothing leaves for twice `patience` are given up.
    pub(crate) fn new(services: WatchedCalls<Routes>, policy: ConnectionPolicy, patience: Duration) -> Self {
        let ConnectionPolicy { max_concurrent_streams, keepalive_interval, keepalive_timeout, max_age } = policy;
        let mut builder = Builder::new(Transport::new(patience));
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(max_concurrent_streams)
            .max_local_error_reset_streams(Some(LOCAL_RESETS))
            .max_pending_accept_reset_streams(Some(PENDING_RESETS))
            .max_header_list_size(HEADER_BYTES)
            .keep_alive_interval(Some(keepalive_interval))
            .keep_alive_timeout(keepalive_timeout);
        Self { services, builder, max_age }
    }

    /// Serves what comes in until the service stops, then ends when the last connection does.
    pub(crate) async fn serve<IO>(self, incoming: impl Stream<Item = io::Result<IO>> + Send, shutdown: Shutdown)
    where
        IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let connections = TaskTracker::new();
        select! {
            biased;
            () = shutdown.stopping() => {}
            // Dropped with this, the listener refuses whoever comes then.
            () = self.accept(incoming, &connections, &shutdown) => {}
        }
        connections.close();
        connections.wait().await;
    }

    async fn accept<IO>(
        &self,
        incoming: impl Stream<Item = io::Result<IO>>,
        connections: &TaskTracker,
        shutdown: &Shutdown,
    ) where
        IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let mut incoming = pin!(incoming);
        while let Some(accepted) = incoming.next().await {
            match accepted {
                Ok(connection) => {
                    connections.spawn(self.clone().serve_one(connection, shutdown.stopping()));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves one connection to its end, which its peer is asked for when it is old or the service stops.
    async fn serve_one<IO>(self, connection: IO, stopping: impl Future<Output = ()>)
    where
        IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let services = Connection { services: self.services, peer: connection.connect_info() };
        let mut serving = pin!(self.builder.serve_connection(TokioIo::new(connection), services));
        let ended = select! {
            ended = serving.as_mut() => ended,
            () = async { select! { () = stopping => {}, () = sleep(self.max_age) => {} } } => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection failed");
        }
    }
}

/// The services, called by one peer.
struct Connection<P> {
    services: WatchedCalls<Routes>,
    peer: P,
}

impl<P: Clone + Send + Sync + 'static> hyper::service::Service<Request<Incoming>> for Connection<P> {
    type Response = Response<CallBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<CallBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        // Routes are always ready.
        self.services.clone().call(request)
    }
}
