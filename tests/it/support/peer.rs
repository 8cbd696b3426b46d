//! A caller that speaks HTTP/2 itself: it alone says how much may be sent to it, and when.

use std::{net::SocketAddr, time::Duration};

use h2::{
    Reason, RecvStream, SendStream,
    client::{Builder, SendRequest},
};
use http::Request;
use prost::{
    Message,
    bytes::{BufMut as _, Bytes, BytesMut},
};
use tokio::{net::TcpStream, time::interval};

use super::within;

/// A connection.
pub(crate) struct Peer {
    requests: SendRequest<Bytes>,
    address: SocketAddr,
}

/// An answer that has begun.
pub(crate) struct Answer {
    body: RecvStream,
}

impl Peer {
    /// Lets so many bytes of each answer be sent before it has made room; of all together 64 KiB.
    pub(crate) async fn connect(address: SocketAddr, window: u32) -> Self {
        let socket = TcpStream::connect(address).await.expect("the service accepts");
        let mut builder = Builder::new();
        builder.initial_window_size(window);
        let (requests, connection) = within("a connection", builder.handshake(socket)).await.expect("it is HTTP/2");
        tokio::spawn(connection); // Ends with its last stream.
        Self { requests, address }
    }

    /// Sends a call with its one message and waits for the head of its answer.
    pub(crate) async fn call(&mut self, path: &str, message: &impl Message) -> Answer {
        let (answer, mut sending) = self.begin(path);
        sending.send_data(framed(message), true).expect("there is room for a message");
        within("an answer", answer).await
    }

    /// Sends the head of a call.
    pub(crate) fn begin(&mut self, path: &str) -> (impl Future<Output = Answer> + use<>, SendStream<Bytes>) {
        let request = Request::post(format!("http://{}{path}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .expect("it is a request");
        let (response, sending) = self.requests.send_request(request, false).expect("there is room for a request");
        let answer = async { Answer { body: response.await.expect("it is answered").into_body() } };
        (answer, sending)
    }
}

/// A message as gRPC frames it: one byte says that it is not compressed, four how long it is.
pub(crate) fn framed(message: &impl Message) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.encoded_len()).expect("it is short"));
    message.encode(&mut framed).expect("there is room");
    framed.freeze()
}

impl Answer {
    /// Reads to the end, making room for so many bytes at a time, between which it pauses: how many there were, and the
    /// status.
    pub(crate) async fn read_at(mut self, pace: Duration, step: usize) -> Result<(usize, String), Reason> {
        let (mut read, mut ticks) = (0, interval(pace));
        while let Some(data) = within("more of an answer", self.body.data()).await {
            let data = data.map_err(|error| error.reason().expect("the service says why"))?;
            read += data.len();
            for bytes in data.chunks(step) {
                ticks.tick().await;
                self.body.flow_control().release_capacity(bytes.len()).expect("so many came");
            }
        }
        let trailers = within("the end", self.body.trailers()).await.expect("it goes on").expect("there is a status");
        Ok((read, trailers["grpc-status"].to_str().expect("it is a number").to_owned()))
    }

    /// Takes what may be sent, makes no room for more, and waits until the service gives the stream up for good.
    pub(crate) async fn reset(&mut self) -> Reason {
        loop {
            let data = within("a reset", self.body.data()).await.expect("it does not end as if it were whole");
            if let Err(error) = data {
                return error.reason().expect("the service says why");
            }
        }
    }
}
