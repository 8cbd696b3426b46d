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
use tokio::time::{Sleep, sleep};
use tonic::{Code, Status, body::Body};

use crate::{
    rpc::{
        failure::Failure,
        layers::{access::Record, flight::Flight},
    },
    telemetry::ShedReason,
};

/// Resolves when bodies that would never end have to.
pub(super) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that counts its bytes and reads its trailers; its [`Record`] is written when it is dropped.
///
/// It goes on as its bytes leave. When none do for twice the reader's patience, nobody waits for its status any more: the
/// transport is told to throw away what it holds.
pub(super) struct Watched {
    inner: Body,
    record: Record,
    flight: Flight,
    /// How long the reader may take nothing.
    patience: Duration,
    /// Ends the wait for bytes to leave.
    waiting: Option<Pin<Box<Sleep>>>,
    /// For what others stream without end (health, reflection): our own streams end themselves.
    stop: Option<Stop>,
    is_stopped: bool,
}

impl Watched {
    /// Watches a body; with `stop`, ends it when that resolves.
    pub(super) fn new(inner: Body, record: Record, patience: Duration, stop: Option<Stop>) -> Self {
        Self { inner, record, flight: Flight::default(), patience, waiting: None, stop, is_stopped: false }
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

    /// Waits until enough of what the transport holds has left; fails when it does not.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        if self.flight.poll_room(context).is_ready() {
            self.waiting = None;
            return Poll::Ready(Ok(()));
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience.saturating_mul(2))));
        ready!(waiting.as_mut().poll(context));
        // A stream's was counted when it was given up.
        if self.record.call.stats().reason().is_none() {
            self.record.metrics.shed(ShedReason::SlowConsumer);
        }
        self.record.code = Some(self.record.call.status(Failure::SlowConsumer(patience)).code());
        self.is_stopped = true;
        // Callers take it for RESOURCE_EXHAUSTED.
        Poll::Ready(Err(h2::Reason::ENHANCE_YOUR_CALM.into()))
    }

    fn has_to_stop(&mut self, context: &mut Context<'_>) -> bool {
        self.stop.as_mut().is_some_and(|stop| stop.as_mut().poll(context).is_ready())
    }
}

impl HttpBody for Watched {
    type Data = <Body as HttpBody>::Data;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.is_stopped {
            return Poll::Ready(None);
        }
        if let Err(stuck) = ready!(this.poll_room(context)) {
            return Poll::Ready(Some(Err(stuck.into())));
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
        polled.map_ok(|frame| frame.map_data(|data| this.flight.take_off(data))).map_err(Into::into)
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
    use tokio::time::{Instant, timeout};

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

    async fn next(body: &mut Watched) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
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
    async fn a_stream_of_which_nothing_leaves_is_reset() {
        let mut body = endless();
        let held = next(&mut body).await.unwrap();
        let begun = Instant::now();
        let reset = next(&mut body).await.expect_err("nothing left");
        assert_eq!(begun.elapsed().as_secs(), 2 * PATIENCE.as_secs());
        let reset = reset.downcast::<h2::Error>().expect("the transport knows what it means");
        assert_eq!(reset.reason(), Some(h2::Reason::ENHANCE_YOUR_CALM));
        assert_eq!(body.record.call.stats().reason(), Some("SLOW_CONSUMER"));
        assert!(body.is_end_stream());
        drop(held);
    }
}
