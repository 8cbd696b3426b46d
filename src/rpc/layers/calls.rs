//! The layer itself.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use http_body::Body as _;
use prost::bytes::Bytes;
use tokio::time::timeout;
use tonic::{Code, Status, body::Body, transport::server::TcpConnectInfo};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::rpc::{
    call::Call,
    core::Core,
    failure::Failure,
    layers::{
        access::{Record, Refusals},
        arriving::Arriving,
        body::{CallBody, Stop, Watched, code},
        methods::Method,
        request::{self, REQUEST_ID, RequestIds},
        transport,
        turns::Turns,
    },
    limits::{REQUEST_BYTES, UNREAD_PATIENCE},
    status::adopt,
};

/// Puts every call under watch. Cheap to clone; clones give out request ids together.
#[derive(Clone)]
pub(crate) struct Calls {
    ids: Arc<RequestIds>,
    refusals: Arc<Refusals>,
    turns: Arc<Turns>,
    core: Arc<Core>,
}

impl Calls {
    /// Notes calls in the metrics of `core`, refuses those that would wait too long there, and ends what others stream
    /// without end when it shuts down.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            ids: Arc::new(RequestIds::new()),
            refusals: Arc::new(Refusals::new()),
            turns: Arc::new(Turns::new()),
            core,
        }
    }

    /// Refuses a call for which nothing was done yet, if it would wait too long: under overload most do, and to read,
    /// check and note each of them costs a fifth of a search.
    fn refused(&self, call: &Call, method: Method) -> Option<Response<CallBody>> {
        if !method.waits_for_core() {
            return None;
        }
        let failure = self.core.check_wait(call).err()?;
        self.turns.give_way();
        let response = named(call.status(failure).into_http::<Body>(), call).map(|_empty| CallBody::empty());
        Record::refuse(call.clone(), method, self.core.metrics.clone(), &self.refusals);
        Some(response)
    }

    fn stop(&self, method: Method) -> Option<Stop> {
        let shutdown = self.core.shutdown.clone();
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
    type Response = Response<CallBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<CallBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = Method::at(request.uri().path());
        let peer = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let peer = peer.map(|address| address.ip().to_canonical());
        let name = self.calls.ids.name(request.headers());
        let call = Call::new(name, method.method, peer, request::timeout(request.headers()));
        if let Some(response) = self.calls.refused(&call, method) {
            return Box::pin(async move {
                let _slow = timeout(UNREAD_PATIENCE, read_to_end(request.into_body())).await;
                Ok(response)
            });
        }
        request.extensions_mut().insert(call.clone());
        if method.takes_many() {
            request = request.map(|body| Arriving::noted(body, &call));
        }
        let record = Record::begin(call.clone(), method, self.calls.core.metrics.clone());
        let (patience, stop) = (self.calls.core.policy.reader_patience, self.calls.stop(method));
        let handled = record.span.in_scope(|| self.inner.call(request)).instrument(record.span.clone());
        Box::pin(async move {
            transport::serves(&call);
            let response = tokio::select! {
                biased;
                response = handled => response?,
                // Where it is not reached within the call: its message does not come.
                () = call.deadline() => call.status(Failure::Deadline).into_http(),
            };
            Ok(watched(response, record, patience, stop))
        })
    }
}

/// Names the call in its answer, and watches the rest of it.
fn watched(response: Response<Body>, mut record: Record, patience: Duration, stop: Option<Stop>) -> Response<CallBody> {
    let mut response = if record.method.is_plumbing() { response } else { adopted(response, &record.call) };
    record.code = code(response.headers());
    response = named(response, &record.call);
    response.map(|body| CallBody::watched(Watched::new(body, record, patience, stop)))
}

fn named<B>(mut response: Response<B>, call: &Call) -> Response<B> {
    if let Ok(name) = HeaderValue::from_str(call.request_id()) {
        response.headers_mut().insert(REQUEST_ID, name);
    }
    response
}

/// Reads what a caller sends, as much as it may, so that the transport need not cut it off: some callers take that for a
/// failure of its own. They send it together with the head; whoever is slower is not waited for.
async fn read_to_end(mut body: Body) {
    let mut left = REQUEST_BYTES;
    while left > 0 {
        let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await else { return };
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
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
