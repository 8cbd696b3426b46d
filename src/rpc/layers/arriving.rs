//! A request body that notes when bytes of it come: a message that takes long to arrive is no silence.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::{Status, body::Body};

use crate::rpc::call::Call;

/// The body of a call that sends many messages.
pub(crate) struct Arriving {
    inner: Body,
    call: Call,
}

impl Arriving {
    /// Notes for `call` what comes of a body.
    pub(crate) fn noted(inner: Body, call: &Call) -> Body {
        Body::new(Self { inner, call: call.clone() })
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(_))) = &polled {
            this.call.hears();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
