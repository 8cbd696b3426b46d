//! The layer itself.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response};
use tonic::{Code, Status, body::Body, transport::server::TcpConnectInfo};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{
    rpc::{
        call::Call,
        layers::{
            access::Record,
            body::{Stop, Watched, code},
            methods::Method,
            request::{REQUEST_ID, RequestIds, timeout},
        },
        status::adopt,
    },
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// Puts every call under watch. Cheap to clone; clones give out request ids together.
#[derive(Clone)]
pub(crate) struct Calls {
    ids: Arc<RequestIds>,
    metrics: Metrics,
    shutdown: Shutdown,
}

impl Calls {
    /// Notes calls in `metrics`, and ends what others stream without end when `shutdown` says so.
    pub(crate) fn new(metrics: Metrics, shutdown: Shutdown) -> Self {
        Self { ids: Arc::new(RequestIds::new()), metrics, shutdown }
    }

    fn stop(&self, method: Method) -> Option<Stop> {
        let shutdown = self.shutdown.clone();
        method.is_plumbing().then(|| Box::pin(async move { shutdown.stopping().await }) as Stop)
    }
}

impl<S> Layer<S> for Calls {
    type Service = WatchedCalls<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WatchedCalls { inner, calls: self.clone() }
    }
}

/// A service whose calls are watched.
#[derive(Clone)]
pub(crate) struct WatchedCalls<S> {
    inner: S,
    calls: Calls,
}

impl<S> Service<Request<Body>> for WatchedCalls<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = Method::at(request.uri().path());
        let peer = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let peer = peer.map(|address| address.ip().to_canonical());
        let name = self.calls.ids.name(request.headers());
        let call = Call::new(name, method.method, peer, timeout(request.headers()));
        request.extensions_mut().insert(call.clone());
        let record = Record::begin(call, method, self.calls.metrics.clone());
        let stop = self.calls.stop(method);
        let handled = record.span.in_scope(|| self.inner.call(request)).instrument(record.span.clone());
        Box::pin(async move { Ok(watched(handled.await?, record, stop)) })
    }
}

/// Names the call in its answer, and watches the rest of it.
fn watched(response: Response<Body>, mut record: Record, stop: Option<Stop>) -> Response<Body> {
    let mut response = if record.method.is_plumbing() { response } else { adopted(response, &record.call) };
    record.code = code(response.headers());
    if let Ok(name) = HeaderValue::from_str(record.call.request_id()) {
        response.headers_mut().insert(REQUEST_ID, name);
    }
    response.map(|body| Body::new(Watched::new(body, record, stop)))
}

/// Gives a failure that the transport answered by itself the shape of ours.
fn adopted(response: Response<Body>, call: &Call) -> Response<Body> {
    let is_foreign = code(response.headers()).is_some_and(|code| code != Code::Ok)
        && !response.headers().contains_key(Status::GRPC_STATUS_DETAILS);
    match Status::from_header_map(response.headers()) {
        Some(status) if is_foreign => {
            let (status, reason) = adopt(&status, call.request_id());
            call.stats().fail(status.code(), reason);
            status.into_http()
        }
        _ => response,
    }
}
