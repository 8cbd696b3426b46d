//! How a service ends.

use std::time::Duration;

use tokio_stream::StreamExt as _;

use super::*;

/// A service on free ports that stops without a lame duck.
async fn bound() -> App {
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    (config.server.admin_listen, config.server.http_listen) = (None, None);
    config.drain.lame_duck = Duration::ZERO;
    App::bind(config).await.unwrap()
}

#[tokio::test]
async fn a_service_that_is_asked_to_stop_ends_well() {
    assert_eq!(bound().await.run_until(tokio_stream::once(())).await, Ending::Stopped);
}

#[tokio::test]
async fn listeners_that_have_ended_because_they_were_asked_to_have_not_failed() {
    let mut app = bound().await;
    let DrainConfig { lame_duck, timeout } = app.config.drain;
    let shutdown = app.shutdown.clone();
    let requests = tokio_stream::once(()).chain(tokio_stream::pending());
    let asking = tokio::spawn(async move {
        shutdown.run(DrainTimes { lame_duck, timeout }, requests, std::future::pending::<()>()).await
    });
    while app.servers.join_next().await.is_some() {}
    // It comes to look only now, several times lest one of two things that are both true was met by chance.
    for _ in 0..16 {
        let (ask, mut asked) = mpsc::channel(1);
        assert_eq!(app.serve_and_drain(ask).await, Ending::Stopped);
        assert_eq!(asked.recv().await, None);
    }
    asking.abort();
}

#[tokio::test]
async fn a_failed_listener_is_a_request_to_stop_and_a_failure() {
    let mut app = bound().await;
    let stopping = app.shutdown.stopping();
    app.servers.spawn(async { panic!("on purpose") });
    let (ending, ()) = tokio::join!(app.run_until(tokio_stream::pending()), stopping);
    assert_eq!(ending, Ending::Failed);
}

#[tokio::test]
async fn a_second_request_is_now() {
    let requests = tokio_stream::iter([(), ()]).chain(tokio_stream::pending());
    let mut app = bound().await;
    app.servers.spawn(std::future::pending());
    assert_eq!(app.run_until(requests).await, Ending::Forced);
}
