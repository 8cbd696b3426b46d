//! A reader that takes all that can be sent to it, makes no room for more, and stays.

use std::net::SocketAddr;

use h2::{
    Reason, RecvStream,
    client::{self, Connection},
};
use http::Request;
use prost::bytes::Bytes;
use tokio::net::TcpStream;

use super::within;

/// What HTTP/2 lets a peer send before its reader has made room.
const WINDOW_BYTES: usize = 65_535;
/// What a reader lets be sent that could take much.
const WIDE_WINDOW_BYTES: u32 = 16 << 20;
/// A request without a field: everything. One byte says that it is not compressed, four how long it is.
const EVERYTHING: &[u8] = &[0; 5];

/// An export that can neither go on nor end, for as long as this lives.
pub(crate) struct Stuck {
    body: RecvStream,
}

impl Stuck {
    /// Begins an export and waits until not a byte more can be sent.
    pub(crate) async fn export(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.expect("the service accepts");
        let (mut requests, connection) = within("a connection", client::handshake(socket)).await.expect("it is HTTP/2");
        tokio::spawn(connection); // Ends with its last stream.
        let (response, mut sending) =
            requests.send_request(everything(address), false).expect("there is room for a request");
        sending.send_data(Bytes::from_static(EVERYTHING), true).expect("there is room for five bytes");
        let mut body = within("an answer", response).await.expect("it is answered").into_body();
        let mut taken = 0;
        while taken < WINDOW_BYTES {
            let frame = within("more of the export", body.data()).await.expect("there is more than that");
            taken += frame.expect("it goes on").len();
        }
        Self { body }
    }

    /// Waits until the service gives the stream up for good.
    pub(crate) async fn reset(mut self) -> Reason {
        let end = within("a reset", self.body.data()).await.expect("it does not end as if it were whole");
        end.expect_err("there is no room").reason().expect("the service says why")
    }
}

/// An export that may be sent at once as far as HTTP/2 is concerned, of which nobody reads a byte behind its head.
pub(crate) struct Unread {
    _connection: Connection<TcpStream>,
    _body: RecvStream,
}

impl Unread {
    /// Begins an export, and leaves its connection alone when it is answered.
    pub(crate) async fn export(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.expect("the service accepts");
        let mut wide = client::Builder::new();
        wide.initial_window_size(WIDE_WINDOW_BYTES).initial_connection_window_size(WIDE_WINDOW_BYTES);
        let (mut requests, mut connection) =
            within("a connection", wide.handshake(socket)).await.expect("it is HTTP/2");
        let (response, mut sending) =
            requests.send_request(everything(address), false).expect("there is room for a request");
        sending.send_data(Bytes::from_static(EVERYTHING), true).expect("there is room for five bytes");
        let answered = async {
            tokio::select! {
                response = response => response.expect("it is answered"),
                ended = &mut connection => panic!("the connection is over: {ended:?}"),
            }
        };
        let body = within("an answer", answered).await.into_body();
        Self { _connection: connection, _body: body }
    }
}

/// The head of a request for everything.
fn everything(address: SocketAddr) -> Request<()> {
    Request::post(format!("http://{address}/xunzhang.v1.SearchService/Export"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("it is a request")
}
