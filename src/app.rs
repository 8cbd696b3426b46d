//! The composition root: the one file that knows every part, and in which order they start and stop.
//!
//! Listeners come first, so that a port in use is known before anything is done, and health has its say from the
//! start; then the index; then, when whoever starts the service says so, readiness.

mod checking;
mod listeners;
mod repair;
mod settings;
mod start_error;
#[cfg(test)]
mod tests;
mod token_key;
mod words;

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    select,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{
        listeners::{address, bind, bind_if},
        settings::{connections, group_commit, policy, pool, retention},
        token_key::token_key,
        words::{synonyms, user_dictionary},
    },
    config::{Config, DrainConfig, ServerConfig},
    engine::tantivy::TantivyEngine,
    engine::{Engine, OpenError, Recovered},
    http,
    ingest::Ingest,
    pool::Pool,
    rpc::{Channel, Opened, Rpc},
    search::{Rescoring, Searcher},
    shutdown::{DrainTimes, Shutdown},
    telemetry::Metrics,
    text::{Segmenter, Synonyms},
};

pub use crate::engine::Repairing;
pub use repair::{RepairFailure, ReportForm};
pub use start_error::StartError;
pub use token_key::TokenKeyError;
pub use words::WordsError;

/// What of the time to stop is kept for the last commit, when connections do not close: at most a half.
const COMMIT_TIME: Duration = Duration::from_secs(5);
/// How often the metrics of the index are brought up to date, and damage is told of.
const METRICS_INTERVAL: Duration = Duration::from_secs(10);

/// How a service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to stop, and all was done in time.
    Stopped,
    /// A listener failed, and the rest was done in time as if someone had asked to stop.
    Failed,
    /// Not all was done in time, or it was asked twice.
    Forced,
}

/// Where the service listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The gRPC listener.
    pub service: SocketAddr,
    /// The gRPC listener for operators, if it is on.
    pub admin: Option<SocketAddr>,
    /// The HTTP listener for probes and metrics, if it is on.
    pub http: Option<SocketAddr>,
}

/// One service: several can live in one process. Dropping it drops what it does where it stands.
pub struct App {
    config: Config,
    addresses: Addresses,
    pool: Pool,
    metrics: Metrics,
    shutdown: Shutdown,
    rpc: Rpc,
    segmenter: Segmenter,
    synonyms: Synonyms,
    /// The index, once it is open.
    opened: Option<Opened>,
    /// What `/readyz` says.
    ready: watch::Sender<bool>,
    /// The gRPC listeners and pipes, which end when the service stops.
    servers: JoinSet<()>,
    /// What goes on until the very end: the HTTP listener and the metrics of the index.
    background: JoinSet<io::Result<()>>,
    /// Ends the background.
    ended: CancellationToken,
}

impl App {
    /// Looks at the files that a configuration names and the service only reads, and begins nothing.
    ///
    /// # Errors
    /// When the user dictionary or the list of synonyms cannot be used.
    pub fn check(config: &Config) -> Result<(), StartError> {
        user_dictionary(&config.text)?;
        synonyms(&config.search)?;
        Ok(())
    }

    /// Looks at every file of the index, which is not served meanwhile, and says what is lost of it; leaves that out if it
    /// is to.
    /// The ids of lost documents go to `results`, what else there is to say to `notices`.
    ///
    /// # Errors
    /// When the index is damaged and stays so, cannot be looked at or written, or `results` takes no more.
    pub fn repair(
        config: &Config,
        repairing: Repairing,
        form: ReportForm,
        results: &mut impl io::Write,
        notices: &mut impl io::Write,
    ) -> Result<(), RepairFailure> {
        repair::repair(&config.data_dir, repairing, form, results, notices)
    }

    /// Binds every listener and begins to answer: health says `NOT_SERVING`, calls that there is no index yet.
    ///
    /// # Errors
    /// When an address cannot be had, there are no threads, or the user dictionary or the list of synonyms cannot be used.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let ServerConfig { listen, admin_listen, http_listen, .. } = config.server;
        let service = bind(listen, "server.listen", "--listen").await?;
        let admin = bind_if(admin_listen, "server.admin_listen", "--admin-listen").await?;
        let http = bind_if(http_listen, "server.http_listen", "--http-listen").await?;
        let addresses = Addresses {
            service: address(&service, listen),
            admin: admin.as_ref().zip(admin_listen).map(|(listener, wanted)| address(listener, wanted)),
            http: http.as_ref().zip(http_listen).map(|(listener, wanted)| address(listener, wanted)),
        };
        let (metrics, shutdown) = (Metrics::new(), Shutdown::new());
        let watched = metrics.clone();
        let pool = pool(&config.pool)?.observed(move |went_on| watched.job_stopped(went_on));
        let jobs = pool.jobs();
        metrics.look_at(move |metrics| {
            let (waiting, running) = jobs();
            metrics.jobs(waiting as u64, running as u64);
        });
        let (text, search) = (config.text.clone(), config.search.clone());
        let reading =
            pool.run(move |_| Ok::<_, StartError>((Segmenter::with(&user_dictionary(&text)?), synonyms(&search)?)));
        let (segmenter, synonyms) = reading.await??;
        let (policy, connections) = (policy(&config, &segmenter, &synonyms), connections(&config.server));
        let rpc = Rpc::new(pool.clone(), metrics.clone(), shutdown.clone(), policy, connections).await;
        let mut app = Self {
            config,
            addresses,
            pool,
            metrics,
            shutdown,
            rpc,
            segmenter,
            synonyms,
            opened: None,
            ready: watch::Sender::new(false),
            servers: JoinSet::new(),
            background: JoinSet::new(),
            ended: CancellationToken::new(),
        };
        app.serve(service, admin, http);
        Ok(app)
    }

    fn serve(&mut self, service: TcpListener, admin: Option<TcpListener>, http: Option<TcpListener>) {
        self.servers.spawn(self.rpc.serve_tcp(service));
        if let Some(admin) = admin {
            self.servers.spawn(self.rpc.serve_admin_tcp(admin));
        }
        if let Some(http) = http {
            let ended = self.ended.clone().cancelled_owned();
            self.background.spawn(http::serve(http, self.ready.subscribe(), self.metrics.clone(), ended));
        }
    }

    /// Where the service listens, with the ports that were picked.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Opens the index and starts writing; from now on calls are answered, though health does not say so yet. What is damaged
    /// of the index and can be made anew is by then; with an index of which something else is damaged calls are answered
    /// with that, and the service never gets ready.
    ///
    /// # Errors
    /// When the index cannot be opened or written.
    pub async fn open(&mut self) -> Result<(), StartError> {
        self.open_by(TantivyEngine::open).await
    }

    /// The same with what `open` makes of the data directory, such as an index on files that fail.
    ///
    /// # Errors
    /// When the index cannot be opened or written.
    pub async fn open_by(
        &mut self,
        open: impl FnOnce(&Path, &Segmenter) -> Result<TantivyEngine, OpenError> + Send + 'static,
    ) -> Result<(), StartError> {
        let (directory, group) = (self.config.data_dir.clone(), group_commit(&self.config.ingest));
        let retention = retention(&self.config.ingest);
        let (metrics, segmenter) = (self.metrics.clone(), self.segmenter.clone());
        let (synonyms, candidates) = (self.synonyms.clone(), self.config.search.candidates);
        let min_free_disk = self.config.ingest.min_free_disk;
        let opening = self.pool.run(move |_| {
            let began = Instant::now();
            let engine = open(&directory, &segmenter)?.keeping_free(min_free_disk);
            tell_recovered(engine.recovered(), began.elapsed(), &metrics);
            let engine: Arc<dyn Engine> = Arc::new(engine);
            let on_commit = move |took| metrics.committed(took);
            let ingest = Ingest::start(Arc::clone(&engine), segmenter.clone(), group, retention, on_commit)?;
            // The engine holds the directory by now.
            let token_key = token_key(&directory)?;
            let searcher = Searcher::new(engine, segmenter).knowing(synonyms).rescoring(Rescoring { candidates });
            Ok::<_, StartError>(Opened { searcher, ingest, token_key })
        });
        let opened = match opening.await? {
            Ok(opened) => opened,
            Err(StartError::Open(damage @ OpenError::Damaged { .. })) => {
                tracing::error!(%damage, "nothing of the index is served");
                self.rpc.damaged(damage.to_string());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (rpc, ready, ended) = (self.rpc.clone(), self.ready.clone(), self.ended.clone());
        self.background.spawn(async move {
            if ended.run_until_cancelled(rpc.until_damaged()).await.is_some() {
                tell_ready(&rpc, &ready, false).await;
            }
            Ok(())
        });
        let fingerprint = self.segmenter.fingerprint().to_owned();
        let watching =
            watch_index(opened.clone(), self.rpc.clone(), fingerprint, self.pool.clone(), self.metrics.clone());
        let ended = self.ended.clone();
        self.background.spawn(async move {
            ended.run_until_cancelled(watching).await;
            Ok(())
        });
        self.rpc.open(opened.clone());
        if opened.searcher.is_unchecked() {
            self.metrics.index_unchecked(true);
            let (searcher, rpc, pool) = (opened.searcher.clone(), self.rpc.clone(), self.pool.clone());
            let checking = checking::check(searcher, rpc, pool, self.metrics.clone(), self.shutdown.clone());
            self.background.spawn(async move {
                checking.await;
                Ok(())
            });
        }
        self.opened = Some(opened);
        Ok(())
    }

    /// A channel to the services within this process, readiness or not.
    pub fn local_channel(&mut self) -> Channel {
        let (channel, serving) = self.rpc.local();
        self.servers.spawn(serving);
        channel
    }

    /// Says through health and `/readyz` that the service can do its work.
    pub async fn ready(&self) {
        self.set_ready(true).await;
    }

    /// Whether the index was found damaged.
    pub fn is_damaged(&self) -> bool {
        self.rpc.is_damaged()
    }

    async fn set_ready(&self, is_ready: bool) {
        tell_ready(&self.rpc, &self.ready, is_ready && !self.is_damaged()).await;
        // Whoever tells of damage that was found meanwhile may have done so before that.
        if self.is_damaged() {
            tell_ready(&self.rpc, &self.ready, false).await;
        }
    }

    /// Serves until the first of `requests`, then stops in order and in bounded time. A second request is: now. A
    /// listener that fails makes a request, too.
    ///
    /// In order: say "not ready", let load balancers notice, accept nothing more, end streams, finish calls, commit
    /// what was accepted.
    pub async fn run_until(mut self, requests: impl Stream<Item = ()>) -> Ending {
        let DrainConfig { lame_duck, timeout } = self.config.drain;
        let shutdown = self.shutdown.clone();
        let (ask, asked) = mpsc::channel(1);
        let requests = requests.merge(ReceiverStream::new(asked));
        let ending = shutdown.run(DrainTimes { lame_duck, timeout }, requests, self.serve_and_drain(ask)).await;
        ending.unwrap_or(Ending::Forced)
    }

    /// Serves, and stops when asked to; asks for it when a listener fails.
    async fn serve_and_drain(&mut self, ask: mpsc::Sender<()>) -> Ending {
        let (draining, stopping) = (self.shutdown.draining(), self.shutdown.stopping());
        let mut ending = Ending::Stopped;
        select! {
            biased; // Listeners that were asked to stop have not failed.
            () = draining => {}
            () = failed(&mut self.servers) => {
                ending = Ending::Failed;
                let _ = ask.try_send(()); // Never full: it asks once.
            }
        }
        self.set_ready(false).await;
        stopping.await;
        self.close_connections().await;
        if let Some(opened) = self.opened.take() {
            opened.ingest.close().await;
        }
        self.ended.cancel();
        while self.background.join_next().await.is_some() {}
        ending
    }

    /// Waits for connections to close, but not for those that never do: the last commit needs time too, and a peer that
    /// takes nothing any more does not decide how the service ends.
    async fn close_connections(&mut self) {
        let DrainConfig { lame_duck, timeout: whole } = self.config.drain;
        let left = whole.saturating_sub(lame_duck);
        let closed = async {
            while self.servers.join_next().await.is_some() {}
            self.rpc.streams_ended().await;
        };
        if timeout(left.saturating_sub(COMMIT_TIME).max(left / 2), closed).await.is_err() {
            tracing::warn!("some connections did not close in time: they are left");
            self.servers.abort_all();
        }
    }
}

/// Says through health and `/readyz` whether the service can do its work.
async fn tell_ready(rpc: &Rpc, ready: &watch::Sender<bool>, is_ready: bool) {
    rpc.set_serving(is_ready).await;
    ready.send_replace(is_ready);
}

/// Tells of what was damaged in the index and is made anew.
fn tell_recovered(recovered: Recovered, took: Duration, metrics: &Metrics) {
    let Recovered { segments, documents, paragraphs } = recovered;
    metrics.recovered_segments(segments);
    if segments > 0 {
        let seconds = took.as_secs_f64();
        tracing::warn!(
            segments,
            documents,
            paragraphs,
            seconds,
            "damaged parts of the index were made anew from what is stored: look at the disk"
        );
    }
}

/// Waits until a listener fails, which none does in order.
async fn failed(servers: &mut JoinSet<()>) {
    while let Some(ended) = servers.join_next().await {
        // Else it is a pipe within the process that nobody holds any more.
        if let Err(error) = ended {
            tracing::error!(%error, "a listener failed: stopping");
            return;
        }
    }
}

/// Keeps the metrics of the index up to date, gives up states of the index that nobody comes back to, and tells of damage
/// that was found beside, for ever. `fingerprint` names how texts are analysed now.
async fn watch_index(opened: Opened, rpc: Rpc, fingerprint: String, pool: Pool, metrics: Metrics) {
    let Opened { searcher, ingest, token_key: _ } = opened;
    let mut ticks = tokio::time::interval(METRICS_INTERVAL);
    loop {
        ticks.tick().await;
        if ingest.is_damaged() {
            rpc.damaged("the log names the damaged files".to_owned());
        }
        let searcher = searcher.clone();
        let look = move |_: &_| {
            searcher.expire_leases(Instant::now());
            (searcher.leases(), searcher.statistics())
        };
        match pool.run(look).await {
            Ok((leases, Ok((_, statistics)))) => {
                metrics.leases(leases as u64);
                metrics.index_size(statistics.documents, statistics.paragraphs);
                metrics.text_chain_stale(statistics.fingerprint != fingerprint);
            }
            Ok((_, Err(error))) => tracing::error!(%error, "the index does not say what it holds"),
            Err(error) => tracing::error!(%error, "the index does not say what it holds"),
        }
    }
}
