//! A reader that takes all that can be sent to it, makes no room for more, and stays.

use std::net::SocketAddr;

use h2::{RecvStream, client};
use http::Request;
use prost::bytes::Bytes;
use tokio::net::TcpStream;

use super::within;

/// What HTTP/2 lets a peer send before its reader has made room.
const WINDOW_BYTES: usize = 65_535;
/// A request without a field: everything. One byte says that it is not compressed, four how long it is.
const EVERYTHING: &[u8] = &[0; 5];

/// An export that can neither go on nor end, for as long as this lives.
pub(crate) struct Stuck {
    _body: RecvStream,
}

impl Stuck {
    /// Begins an export and waits until not a byte more can be sent.
    pub(crate) async fn export(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.expect("the service accepts");
        let (mut requests, connection) = within("a connection", client::handshake(socket)).await.expect("it is HTTP/2");
        tokio::spawn(connection); // Ends with its last stream.
        let request = Request::post(format!("http://{address}/xunzhang.v1.SearchService/Export"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .expect("it is a request");
        let (response, mut sending) = requests.send_request(request, false).expect("there is room for a request");
        sending.send_data(Bytes::from_static(EVERYTHING), true).expect("there is room for five bytes");
        let mut body = within("an answer", response).await.expect("it is answered").into_body();
        let mut taken = 0;
        while taken < WINDOW_BYTES {
            let frame = within("more of the export", body.data()).await.expect("there is more than that");
            taken += frame.expect("it goes on").len();
        }
        Self { _body: body }
    }
}
