//! The services put together, on connections that are held to limits.

use std::{future::Future, io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    server::NamedService,
    service::Routes,
    transport::{
        Channel,
        server::{Connected, TcpIncoming},
    },
};
use tower::Layer as _;

use crate::{
    pool::Pool,
    rpc::{
        admin::Admin,
        connection::{ConnectionPolicy, Connections},
        core::{Core, Opened, Policy},
        document::Documents,
        health::Health,
        layers::{Calls, WatchedCalls},
        limits::{self, DOCUMENT_REQUEST_BYTES, REQUEST_BYTES},
        local,
        proto::{admin_service_server::AdminServiceServer, document_service_server::DocumentServiceServer},
        reflection,
        search::{Search, SizedSearch},
    },
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// All gRPC services of one process. Cheap to clone.
#[derive(Clone)]
pub struct Rpc {
    core: Arc<Core>,
    health: Health,
    calls: Calls,
    connections: ConnectionPolicy,
}

/// The services of a listener.
type Services = WatchedCalls<Routes>;

impl Rpc {
    /// The services before the index is open: calls are told so, and health says `NOT_SERVING`.
    pub async fn new(
        pool: Pool,
        metrics: Metrics,
        shutdown: Shutdown,
        policy: Policy,
        connections: ConnectionPolicy,
    ) -> Self {
        let core = Arc::new(Core::new(pool, metrics, shutdown, policy));
        let calls = Calls::new(Arc::clone(&core));
        Self { core, health: Health::not_serving().await, calls, connections }
    }

    /// Gives the services their index; a second one is not taken.
    pub fn open(&self, opened: Opened) {
        let taken = self.core.index.set(opened);
        debug_assert!(taken.is_ok(), "an index is opened once");
    }

    /// Tells callers that the index is damaged and not served.
    pub fn damaged(&self, damage: String) {
        self.core.damaged(damage);
    }

    /// Whether the index was found damaged.
    pub fn is_damaged(&self) -> bool {
        self.core.damage.get().is_some()
    }

    /// Waits until the index is found damaged; it may be so already.
    pub fn until_damaged(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut is_damaged = self.core.is_damaged.subscribe();
        async move {
            // Without its sender there is no service, and nothing to be found.
            if is_damaged.wait_for(|is_damaged| *is_damaged).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Says through health whether the services can do their work.
    pub async fn set_serving(&self, is_serving: bool) {
        self.health.set(is_serving).await;
    }

    /// Serves searches and documents on what a listener accepts, until the service stops; then ends when the last
    /// connection does, which has no bound of its own.
    pub fn serve_tcp(&self, listener: TcpListener) -> impl Future<Output = ()> + Send + use<> {
        self.serve(self.services(), accepted(listener))
    }

    /// Serves the operators' services likewise.
    pub fn serve_admin_tcp(&self, listener: TcpListener) -> impl Future<Output = ()> + Send + use<> {
        self.serve(self.admin_services(), accepted(listener))
    }

    /// A channel to the same services as on the listener, and the task that serves it, until the service stops.
    pub fn local(&self) -> (Channel, impl Future<Output = ()> + Send + use<>) {
        let (channel, incoming) = local::connection();
        (channel, self.serve(self.services(), incoming))
    }

    fn serve<I, IO>(&self, services: Services, incoming: I) -> impl Future<Output = ()> + Send + use<I, IO>
    where
        I: Stream<Item = io::Result<IO>> + Send,
        IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let connections = Connections::new(services, self.connections, self.core.policy.reader_patience);
        connections.serve(incoming, self.core.shutdown.clone())
    }

    /// Waits until the tasks of all streams have ended. No new ones are expected.
    pub fn streams_ended(&self) -> impl Future<Output = ()> + use<> {
        let tasks = self.core.tasks.clone();
        tasks.close();
        async move { tasks.wait().await }
    }

    fn services(&self) -> Services {
        let search = SizedSearch::new(Search::new(Arc::clone(&self.core)));
        let documents = DocumentServiceServer::new(Documents::new(Arc::clone(&self.core)));
        let names = [name(&search), name(&documents)];
        let documents = documents.max_decoding_message_size(DOCUMENT_REQUEST_BYTES);
        self.calls.layer(self.beside(&names).add_service(search).add_service(documents))
    }

    fn admin_services(&self) -> Services {
        let admin = AdminServiceServer::new(Admin::new(Arc::clone(&self.core)));
        let names = [name(&admin)];
        self.calls.layer(self.beside(&names).add_service(admin.max_decoding_message_size(REQUEST_BYTES)))
    }

    /// What every listener has; `services` are its own.
    fn beside(&self, services: &[&str]) -> Routes {
        let routes = Routes::new(self.health.service());
        routes.add_service(reflection::v1(services)).add_service(reflection::v1alpha(services))
    }
}

/// Without Nagle's delay: a batch of hits leaves at once.
fn accepted(listener: TcpListener) -> impl Stream<Item = io::Result<TcpStream>> {
    TcpIncoming::from(listener).with_nodelay(Some(true)).map(|accepted| accepted.inspect(bound_unsent))
}

/// Has the system hold little for a peer that reads nothing. Elsewhere than on Linux it holds what it likes.
#[cfg(target_os = "linux")]
fn bound_unsent(connection: &TcpStream) {
    if let Err(error) = socket2::SockRef::from(connection).set_tcp_notsent_lowat(limits::UNSENT_BYTES) {
        tracing::debug!(%error, "the system holds as much as it likes for this connection");
    }
}

#[cfg(not(target_os = "linux"))]
fn bound_unsent(_: &TcpStream) {}

fn name<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}
