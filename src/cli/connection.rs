//! Connections to the service.

use std::{error::Error, time::Duration};

use tonic::transport::{Channel, Endpoint};

use super::failure::Failure;
use crate::rpc::proto::{
    admin_service_client::AdminServiceClient, document_service_client::DocumentServiceClient,
    search_service_client::SearchServiceClient,
};

/// The largest message that the service takes: a text of 16 MiB, with room for what stands around it.
pub(super) const REQUEST_BYTES: usize = 20 * 1024 * 1024;

/// The largest page of a document taken from the service: 2 MiB of text in paragraphs of a few bytes, whose ids and
/// headings may be a hundred times as long. What a search sends is below what clients accept by default.
const DOCUMENT_BYTES: usize = 192 * 1024 * 1024;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a service that says nothing is asked whether it is there.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// How long it may take to answer that.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connects to an endpoint, which `flag` named. The scheme may be missing, as in what `serve` prints.
pub(super) async fn connect(endpoint: &str, flag: &'static str) -> Result<Channel, Failure> {
    let wrong = |reason: &str| Failure::Usage(format!("`{flag} {endpoint}`: {reason}, write `http://HOST:PORT`"));
    let address = if endpoint.contains("://") { endpoint.to_owned() } else { format!("http://{endpoint}") };
    if !address.starts_with("http://") {
        return Err(wrong("only plain http is served"));
    }
    let target = Endpoint::from_shared(address).map_err(|_| wrong("no address"))?;
    target
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .connect()
        .await
        .map_err(|error| Failure::Connect { endpoint: endpoint.to_owned(), reason: root_cause(&error), flag })
}

/// Says what lies at the bottom of an error: the layers above it only say that there is one.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

/// The client of `SearchService`.
pub(super) fn search_service(channel: Channel) -> SearchServiceClient<Channel> {
    SearchServiceClient::new(channel).max_encoding_message_size(REQUEST_BYTES)
}

/// The client of `DocumentService`.
pub(super) fn document_service(channel: Channel) -> DocumentServiceClient<Channel> {
    DocumentServiceClient::new(channel)
        .max_encoding_message_size(REQUEST_BYTES)
        .max_decoding_message_size(DOCUMENT_BYTES)
}

/// The client of `AdminService`.
pub(super) fn admin_service(channel: Channel) -> AdminServiceClient<Channel> {
    AdminServiceClient::new(channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(endpoint: &str) -> Failure {
        connect(endpoint, "--endpoint").await.expect_err("nobody listens there")
    }

    #[tokio::test]
    async fn a_closed_port_is_named_with_what_to_do() {
        // Bound, and let go: nobody listens there.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for endpoint in [format!("http://{address}"), address.to_string()] {
            let failure = failure(&endpoint).await;
            assert_eq!(failure.exit_code(), 1);
            let line = failure.to_string();
            assert!(line.starts_with(&format!("cannot connect to `{endpoint}`: ")), "{line}");
            assert!(line.contains("`xunzhang serve`"), "{line}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_is_none_is_wrong_use() {
        for endpoint in ["https://127.0.0.1:1", "http://", "http://a b", ""] {
            assert_eq!(failure(endpoint).await.exit_code(), 2, "{endpoint}");
        }
    }
}
