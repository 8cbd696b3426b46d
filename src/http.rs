//! The HTTP listener for probes and metrics.
//!
//! It does not know why the service is ready or not, nor what is counted.

use std::{future::Future, io, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use tokio::{
    net::TcpListener,
    select,
    sync::{oneshot, watch},
    time::sleep,
};

use crate::telemetry::{self, Metrics};

/// Answers take microseconds; a client that is still reading after this is not waited for.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Serves `/livez`, `/readyz` and `/metrics` until `shutdown`, then finishes the answers that are under way.
///
/// `/livez` is 200 as long as this runs. `/readyz` is 200 while `ready` is true, else 503. Other paths are 404.
/// Returns at most one second after `shutdown`.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    ready: watch::Receiver<bool>,
    metrics: Metrics,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stop, stopped) = oneshot::channel();
    let serving = axum::serve(listener, router(ready, metrics)).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = stop.send(()); // Nobody listens any more when serving has ended.
    });
    let overdue = async {
        let _ = stopped.await; // Never an error: the sender lives as long as `serving`.
        sleep(LAST_ANSWERS).await;
    };
    select! {
        result = serving => result,
        () = overdue => Ok(()),
    }
}

fn router(ready: watch::Receiver<bool>, metrics: Metrics) -> Router {
    let readyz = get(|State(ready): State<watch::Receiver<bool>>| async move { readiness(*ready.borrow()) });
    let metrics_page = get(|| async move { ([(CONTENT_TYPE, telemetry::CONTENT_TYPE)], metrics.encode()) });
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", readyz)
        .route("/metrics", metrics_page)
        .with_state(ready)
}

fn readiness(ready: bool) -> impl IntoResponse {
    if ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        task::JoinHandle,
        time::timeout,
    };

    use super::*;

    struct Server {
        address: SocketAddr,
        ready: watch::Sender<bool>,
        stop: oneshot::Sender<()>,
        serving: JoinHandle<io::Result<()>>,
    }

    async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ready, readiness) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { stopped.await.unwrap() };
        let serving = tokio::spawn(serve(listener, readiness, Metrics::new(), shutdown));
        Server { address, ready, stop, serving }
    }

    impl Server {
        async fn get(&self, path: &str) -> String {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }

        async fn check(&self, path: &str, expected_status: u16) {
            let answer = self.get(path).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected_status} ")), "{path}: {answer}");
        }
    }

    #[tokio::test]
    async fn probes() {
        let server = start().await;
        server.check("/livez", 200).await;
        server.check("/readyz", 503).await;
        server.ready.send(true).unwrap();
        server.check("/readyz", 200).await;
        server.ready.send(false).unwrap();
        server.check("/readyz", 503).await;
        server.check("/", 404).await;
        server.check("/metrics/x", 404).await;
    }

    #[tokio::test]
    async fn metrics_are_openmetrics_text() {
        let answer = start().await.get("/metrics").await;
        assert!(
            answer.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
            "{answer}"
        );
        assert!(answer.contains("xunzhang_build_info") && answer.ends_with("# EOF\n"), "{answer}");
    }

    #[tokio::test]
    async fn stopping_waits_for_nobody_long() {
        let Server { address, stop, serving, .. } = start().await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap(); // And never the rest.
        stop.send(()).unwrap();
        timeout(Duration::from_secs(10), serving).await.unwrap().unwrap().unwrap();
    }
}
