//! A response body that is watched until its end, where the final status of a gRPC call stands.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};

use crate::rpc::{failure::Failure, flight::Chunk, layers::access::Record};

/// Resolves when bodies that would never end have to.
pub(super) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body of every answer: watched, or the empty one of a call that was refused unread.
pub(crate) struct CallBody(Option<Box<Watched>>);

/// A body that counts its bytes and reads its trailers; its [`Record`] is written when it is dropped.
///
/// It goes on as its bytes leave. When none do for twice the reader's patience, nobody waits for its status any more: the
/// transport is told to throw away what it holds.
pub(super) struct Watched {
    inner: Body,
    record: Record,
    /// How long the reader may take nothing.
    patience: Duration,
    /// For what others stream without end (health, reflection): our own streams end themselves.
    stop: Option<Stop>,
    is_stopped: bool,
}

impl CallBody {
    pub(super) fn empty() -> Self {
        Self(None)
    }

    pub(super) fn watched(body: Watched) -> Self {
        Self(Some(Box::new(body)))
    }
}

impl Watched {
    /// Watches a body; with `stop`, ends it when that resolves.
    pub(super) fn new(inner: Body, record: Record, patience: Duration, stop: Option<Stop>) -> Self {
        Self { inner, record, patience, stop, is_stopped: false }
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

impl Drop for Watched {
    fn drop(&mut self) {
        if self.record.call.flight().is_given_up() {
            self.record.give_up(self.patience);
        }
    }
}

impl HttpBody for CallBody {
    type Data = Chunk;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut self.get_mut().0 {
            Some(body) => Pin::new(&mut **body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl HttpBody for Watched {
    type Data = Chunk;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.is_stopped {
            return Poll::Ready(None);
        }
        if ready!(this.record.call.flight().poll_room(context)).is_err() {
            this.is_stopped = true;
            // Callers take it for RESOURCE_EXHAUSTED.
            return Poll::Ready(Some(Err(h2::Error::from(h2::Reason::ENHANCE_YOUR_CALM).into())));
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
        polled.map_ok(|frame| frame.map_data(|data| Chunk::new(data, &this.record.call))).map_err(Into::into)
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use prost::bytes::Bytes;
    use tokio::time::timeout;

    use super::*;
    use crate::{
        rpc::{call::Call, layers::methods::Method, limits::TRANSPORT_BYTES},
        telemetry::Metrics,
    };

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A body without end that has its next chunk at once.
    struct Endless;

    impl HttpBody for Endless {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready(Some(Ok(Frame::data(vec![7; TRANSPORT_BYTES].into()))))
        }
    }

    fn endless() -> Watched {
        let (method, call) =
            (Method::at("/xunzhang.v1.SearchService/Export"), Call::new("desk-7".to_owned(), "", None, None));
        Watched::new(Body::new(Endless), Record::begin(call, method, Metrics::new()), PATIENCE, None)
    }

    async fn next(body: &mut Watched) -> Result<Chunk, Box<dyn Error + Send + Sync>> {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.expect("it has no end");
        frame.map(|frame| frame.into_data().expect("it has no trailers"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_transport_holds_is_bounded() {
        let mut body = endless();
        for _ in 0..3 {
            let held = next(&mut body).await.unwrap();
            timeout(PATIENCE, next(&mut body)).await.expect_err("it is held");
            drop(held);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_given_up_is_reset() {
        let mut body = endless();
        let held = next(&mut body).await.unwrap();
        body.record.call.flight().give_up();
        let reset = next(&mut body).await.expect_err("nothing left");
        let reset = reset.downcast::<h2::Error>().expect("the transport knows what it means");
        assert_eq!(reset.reason(), Some(h2::Reason::ENHANCE_YOUR_CALM));
        assert!(body.is_end_stream());
        let call = body.record.call.clone();
        drop((held, body));
        assert_eq!(call.stats().reason(), Some("SLOW_CONSUMER"));
    }
}
