//! The HTTP listener, asked without a library.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Service, within};

/// The whole answer to a GET; `None` when nobody listens any more.
pub(crate) async fn get(address: std::net::SocketAddr, path: &str) -> Option<String> {
    let answer = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    };
    within("an answer to a GET", answer).await
}

/// The status of the answer.
pub(crate) async fn status_of(address: std::net::SocketAddr, path: &str) -> u16 {
    let answer = get(address, path).await.expect("the listener answers");
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no status in {answer}"))
}

/// The number that stands after `name` (with its labels) on the page of metrics; 0 when it is not there yet.
pub(crate) async fn metric(service: &Service, name: &str) -> u64 {
    let page = get(service.addresses.http.expect("the tests have it on"), "/metrics").await.expect("it answers");
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |number| number.parse().unwrap_or_else(|_| panic!("`{name}` is counted, not `{number}`")))
}
