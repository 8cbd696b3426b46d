//! Connections within the process: pipes in memory instead of sockets.

use std::io;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

/// Bytes that a pipe holds in each direction.
const PIPE_BYTES: usize = 256 << 10;
/// Pipes that wait to be accepted; whoever opens another waits.
const PIPES_WAITING: usize = 4;

/// The end of a pipe that is served.
pub(crate) type Pipe = DuplexStream;

/// A channel to whoever serves what comes out of the stream. It connects when it is first used.
pub(crate) fn connection() -> (Channel, impl Stream<Item = io::Result<Pipe>>) {
    let (pipes, incoming) = mpsc::channel(PIPES_WAITING);
    let connect = service_fn(move |_: Uri| open(pipes.clone()));
    // The address is never looked at.
    let channel = Endpoint::from_static("http://in.process").connect_with_connector_lazy(connect);
    (channel, ReceiverStream::new(incoming).map(Ok))
}

async fn open(pipes: mpsc::Sender<Pipe>) -> io::Result<TokioIo<Pipe>> {
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    pipes.send(theirs).await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
    Ok(TokioIo::new(ours))
}
