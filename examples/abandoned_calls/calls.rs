//! Calls that are given up, and the service's metrics.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tonic::{Status, Streaming};
use xunzhang::{
    app::App,
    rpc::{
        Channel,
        proto::{document_service_client::DocumentServiceClient, search_service_client::SearchServiceClient},
    },
};

use crate::queries::Asked;

/// How long a job is waited for that was told to stop.
const AT_MOST: Duration = Duration::from_mins(1);
const STOPPED: &str = "xunzhang_job_stopping_seconds_count";
const STOPPING_SECONDS: &str = "xunzhang_job_stopping_seconds_sum";

/// A client of a service in this process.
pub(crate) struct Client {
    pub(crate) searches: SearchServiceClient<Channel>,
    documents: DocumentServiceClient<Channel>,
    http: SocketAddr,
}

impl Client {
    pub(crate) fn new(app: &mut App) -> anyhow::Result<Self> {
        Ok(Self {
            searches: SearchServiceClient::new(app.local_channel()),
            documents: DocumentServiceClient::new(app.local_channel()),
            http: app.addresses().http.context("it is on")?,
        })
    }

    /// Gives a call up after so long; says how long a thread went on with it, `None` when it had ended before.
    pub(crate) async fn abandon(&self, asked: Asked, patience: Duration) -> anyhow::Result<Option<Duration>> {
        let (stopped, seconds) = (self.metric(STOPPED).await?, self.metric(STOPPING_SECONDS).await?);
        if let Ok(ended) = timeout(patience, self.answer(asked)).await {
            ended?;
            return Ok(None);
        }
        let begun = Instant::now();
        while self.metric(STOPPED).await? <= stopped {
            // What is given up before its job begins, or between two, stops none.
            if begun.elapsed() > Duration::from_millis(300) && self.is_idle().await? {
                break;
            }
            ensure!(begun.elapsed() < AT_MOST, "a job goes on and on");
            sleep(Duration::from_millis(2)).await;
        }
        let seconds = self.metric(STOPPING_SECONDS).await? - seconds;
        Ok(Some(Duration::from_secs_f64(seconds.max(0.0))))
    }

    /// Whether nothing is done for anybody.
    async fn is_idle(&self) -> anyhow::Result<bool> {
        for gauge in ["xunzhang_stream_tasks", "xunzhang_jobs_waiting", "xunzhang_jobs_running"] {
            if self.metric(gauge).await? >= 1.0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads all of an answer.
    async fn answer(&self, asked: Asked) -> Result<(), Status> {
        let (mut searches, mut documents) = (self.searches.clone(), self.documents.clone());
        match asked {
            Asked::Search(request) => drain(searches.search(request).await?.into_inner()).await,
            Asked::Export(request) => drain(searches.export(request).await?.into_inner()).await,
            Asked::Count(request) => searches.count(request).await.map(drop),
            Asked::Explain(request) => searches.explain(request).await.map(drop),
            Asked::List(request) => documents.list_documents(request).await.map(drop),
            Asked::Purge(request) => documents.purge_documents(request).await.map(drop),
            Asked::Analyze(request) => searches.analyze(request).await.map(drop),
        }
    }

    /// The number that stands after a name on the page of metrics; 0 when it is not there yet.
    pub(crate) async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let mut stream = TcpStream::connect(self.http).await?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await?;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(Ok(0.0), |number| number.trim().parse().context("a number"))
    }
}

async fn drain<T>(mut stream: Streaming<T>) -> Result<(), Status> {
    while stream.message().await?.is_some() {}
    Ok(())
}
