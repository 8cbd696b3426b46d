//! A response body that is watched until its end, where the final status of a gRPC call stands.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};

use crate::rpc::{failure::Failure, layers::access::Record};

/// Resolves when bodies that would never end have to.
pub(super) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that counts its bytes and reads its trailers; its [`Record`] is written when it is dropped.
pub(super) struct Watched {
    inner: Body,
    record: Record,
    /// For what others stream without end (health, reflection): our own streams end themselves.
    stop: Option<Stop>,
    is_stopped: bool,
}

impl Watched {
    /// Watches a body; with `stop`, ends it when that resolves.
    pub(super) fn new(inner: Body, record: Record, stop: Option<Stop>) -> Self {
        Self { inner, record, stop, is_stopped: false }
    }

    /// The end of a body that has to stop: a status like any other.
    fn stopped(&mut self) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        let status = self.record.call.status(Failure::Draining);
        self.record.code = Some(status.code());
        self.is_stopped = true;
        // It fails on header values that cannot be, of which a table of fixed texts has none.
        let _ = status.add_header(&mut trailers);
        trailers
    }

    fn has_to_stop(&mut self, context: &mut Context<'_>) -> bool {
        self.stop.as_mut().is_some_and(|stop| stop.as_mut().poll(context).is_ready())
    }
}

impl HttpBody for Watched {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.is_stopped {
            return Poll::Ready(None);
        }
        let span = this.record.span.clone();
        let _entered = span.enter();
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    this.record.bytes += data.len() as u64;
                } else if let Some(trailers) = frame.trailers_ref() {
                    this.record.code = code(trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => this.record.code = Some(status.code()),
            Poll::Pending if this.has_to_stop(context) => {
                return Poll::Ready(Some(Ok(Frame::trailers(this.stopped()))));
            }
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.is_stopped || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The status that headers or trailers carry; `None` when they carry none.
pub(super) fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}
