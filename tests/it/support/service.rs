//! The real service in this process, on ports of its own and a directory of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};
use xunzhang::{
    app::{Addresses, App, Ending},
    config::{Config, DrainConfig},
    rpc::proto::{
        DeleteDocumentRequest, DeleteDocumentResponse, Document, ExportRequest, GetDocumentRequest,
        GetDocumentResponse, GetIndexStatsRequest, GetIndexStatsResponse, Hit, PutDocumentRequest, PutDocumentResponse,
        SearchRequest, admin_service_client::AdminServiceClient, document_service_client::DocumentServiceClient,
        search_service_client::SearchServiceClient,
    },
};

use super::{Exported, Found, metrics::get, poll, within};

/// The least that HTTP/2 lets a reader take at once.
const SMALL_WINDOW: u32 = 65_535;

/// A service that runs, and what it listens on.
pub(crate) struct Service {
    pub(crate) addresses: Addresses,
    config: Config,
    directory: Arc<TempDir>,
    channel: Channel,
    admin: Channel,
    stop: mpsc::Sender<()>,
    running: JoinHandle<Ending>,
}

/// Port 0 of loopback.
pub(crate) fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// What the tests run with: free ports, a short way to stop, else the defaults.
pub(crate) fn config_in(directory: &Path) -> Config {
    let mut config = Config { data_dir: directory.join("data"), ..Config::default() };
    config.server.listen = any_port();
    config.server.admin_listen = Some(any_port());
    config.server.http_listen = Some(any_port());
    config.drain = DrainConfig { lame_duck: Duration::ZERO, timeout: Duration::from_secs(30) };
    config.ingest.commit_linger = Duration::from_millis(20);
    // A machine that has much else to do is no overload of the service.
    config.admission.max_wait = Duration::from_mins(1);
    config
}

/// A file of a segment of an index, of those that its list names: there may be others, begun ahead or not merged to the end.
pub(crate) fn file_of_segment(index: &Path, kind: &str) -> PathBuf {
    let list: serde_json::Value =
        serde_json::from_slice(&fs::read(index.join("meta.json")).expect("it is there")).expect("it is JSON");
    let segments = list["segments"].as_array().expect("it lists them").iter();
    let ids = segments.map(|segment| segment["segment_id"].as_str().expect("each has one").replace('-', ""));
    let named: Vec<_> = ids.collect();
    let files = fs::read_dir(index).expect("it is there").map(|entry| entry.expect("it is listed").path());
    let mut files = files.filter(|path| path.extension().is_some_and(|extension| extension == kind));
    let is_named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| named.iter().any(|id| name.starts_with(id)))
    };
    files.find(is_named).expect("a segment has one of each kind")
}

/// Waits until an index that was closed in order is compared with its checksums.
async fn checked(addresses: &Addresses) {
    let Some(http) = addresses.http else { return };
    poll("the comparison", async || {
        let page = get(http, "/metrics").await.expect("it answers");
        (!page.lines().any(|line| line == "xunzhang_index_unchecked 1")).then_some(())
    })
    .await;
}

/// Copies a directory with all that is in it, as people do.
pub(crate) fn copy_directory(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(copied.expect("there is a `cp`").success(), "{} to {}", from.display(), to.display());
}

impl Service {
    /// One with an empty index.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// One with an empty index, configured by `change`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("there is room for a directory"));
        let mut config = config_in(directory.path());
        change(&mut config);
        Self::start_in(directory, config).await
    }

    /// One on a copy of a data directory or of a backup.
    pub(crate) async fn start_on(copied: &Path) -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("there is room for a directory"));
        let config = config_in(directory.path());
        copy_directory(copied, &config.data_dir);
        Self::start_in(directory, config).await
    }

    async fn start_in(directory: Arc<TempDir>, config: Config) -> Self {
        let mut app = App::bind(config.clone()).await.expect("the ports are free");
        app.open().await.expect("the index opens");
        app.ready().await;
        let addresses = app.addresses();
        // Files that a test damages are not looked at behind its back.
        checked(&addresses).await;
        let (stop, requests) = mpsc::channel(2);
        let running = tokio::spawn(app.run_until(ReceiverStream::new(requests)));
        let channel = Self::connect(addresses.service).await;
        let admin = Self::connect(addresses.admin.expect("the tests have it on")).await;
        Self { addresses, config, directory, channel, admin, stop, running }
    }

    /// A connection of its own.
    pub(crate) async fn connect(address: SocketAddr) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address is an endpoint");
        within("a connection", endpoint.connect()).await.expect("the service accepts")
    }

    /// A connection whose reader is sent little ahead, so that what it does not read holds the stream up.
    pub(crate) async fn connect_narrow(address: SocketAddr) -> SearchServiceClient<Channel> {
        SearchServiceClient::new(Self::narrow_connection(address).await)
    }

    /// The same for other clients.
    pub(crate) async fn narrow_connection(address: SocketAddr) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{address}"));
        let endpoint = endpoint
            .expect("an address is an endpoint")
            .initial_stream_window_size(SMALL_WINDOW)
            .initial_connection_window_size(SMALL_WINDOW);
        within("a connection", endpoint.connect()).await.expect("the service accepts")
    }

    /// The connection that the clients share.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The connection to the operators' listener.
    pub(crate) fn admin_channel(&self) -> Channel {
        self.admin.clone()
    }

    pub(crate) fn searches(&self) -> SearchServiceClient<Channel> {
        SearchServiceClient::new(self.channel())
    }

    pub(crate) fn documents(&self) -> DocumentServiceClient<Channel> {
        DocumentServiceClient::new(self.channel())
    }

    pub(crate) fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.admin_channel())
    }

    /// Puts a document, whatever is there.
    pub(crate) async fn put(&self, document: Document) -> PutDocumentResponse {
        self.try_put(PutDocumentRequest { document: Some(document), etag: String::new() }).await.expect("it is taken")
    }

    pub(crate) async fn try_put(&self, request: PutDocumentRequest) -> Result<PutDocumentResponse, Status> {
        within("an answer to a put", self.documents().put_document(request)).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn get(&self, request: GetDocumentRequest) -> GetDocumentResponse {
        self.try_get(request).await.expect("it is there")
    }

    pub(crate) async fn try_get(&self, request: GetDocumentRequest) -> Result<GetDocumentResponse, Status> {
        within("an answer to a get", self.documents().get_document(request)).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn try_delete(&self, id: &str, etag: &str) -> Result<DeleteDocumentResponse, Status> {
        let request = DeleteDocumentRequest { document_id: id.to_owned(), etag: etag.to_owned() };
        within("an answer to a delete", self.documents().delete_document(request))
            .await
            .map(tonic::Response::into_inner)
    }

    /// Searches, reads all of it, and looks whether it has the shape that every search has.
    pub(crate) async fn search(&self, request: SearchRequest) -> Found {
        self.try_search(request).await.expect("it is answered")
    }

    pub(crate) async fn try_search(&self, request: SearchRequest) -> Result<Found, Status> {
        let stream = within("a search", self.searches().search(request)).await?.into_inner();
        Found::read(stream).await
    }

    /// Goes on with a search behind some hits, reads the rest, and looks whether both together have that shape.
    pub(crate) async fn resume(&self, request: SearchRequest, head: &[Hit], token: &str) -> Found {
        self.try_resume(request, head, token).await.expect("it goes on")
    }

    pub(crate) async fn try_resume(&self, request: SearchRequest, head: &[Hit], token: &str) -> Result<Found, Status> {
        let request = SearchRequest { resume_token: token.to_owned(), ..request };
        let stream = within("a search", self.searches().search(request)).await?.into_inner();
        Found::read_behind(head, stream).await
    }

    /// Exports, reads all of it, and looks whether it has the shape that every export has.
    pub(crate) async fn export(&self, request: ExportRequest) -> Exported {
        self.try_export(request).await.expect("it is answered")
    }

    pub(crate) async fn try_export(&self, request: ExportRequest) -> Result<Exported, Status> {
        let stream = within("an export", self.searches().export(request)).await?.into_inner();
        Exported::read(stream).await
    }

    pub(crate) async fn stats(&self) -> GetIndexStatsResponse {
        let answer = within("the statistics", self.admin().get_index_stats(GetIndexStatsRequest {})).await;
        answer.expect("they are given").into_inner()
    }

    /// Asks the service to stop; a second time: at once.
    pub(crate) async fn ask_to_stop(&self) {
        self.stop.send(()).await.expect("it runs");
    }

    /// Waits until the service has stopped after it was asked to; says how it ended.
    pub(crate) async fn stopped(self) -> (Ending, Stopped) {
        let Self { config, directory, channel, admin, running, .. } = self;
        drop((channel, admin)); // Nobody asks any more.
        let ending = within("the end of the service", running).await.expect("stopping does not panic");
        (ending, Stopped { config, directory })
    }

    /// Stops in order.
    pub(crate) async fn stop(self) -> Stopped {
        self.ask_to_stop().await;
        let (ending, stopped) = self.stopped().await;
        assert_eq!(ending, Ending::Stopped);
        stopped
    }

    /// Its data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// Stops, and starts another on the same directory.
    pub(crate) async fn restart(self) -> Self {
        self.stop().await.start().await
    }

    /// Searches until the service does not refuse it for want of room.
    pub(crate) async fn search_when_there_is_room(&self, request: SearchRequest) -> Found {
        poll("room for another stream", async || match self.try_search(request.clone()).await {
            Ok(found) => Some(found),
            Err(status) if status.code() == Code::ResourceExhausted => None,
            Err(status) => panic!("{status:?}"),
        })
        .await
    }
}

/// What a service leaves behind.
pub(crate) struct Stopped {
    config: Config,
    directory: Arc<TempDir>,
}

impl Stopped {
    /// Its data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// Starts a service on what is there.
    pub(crate) async fn start(self) -> Service {
        self.start_with(|_| {}).await
    }

    /// Starts a service on what is there, configured anew by `change`.
    pub(crate) async fn start_with(self, change: impl FnOnce(&mut Config)) -> Service {
        let Self { mut config, directory } = self;
        change(&mut config);
        Service::start_in(directory, config).await
    }
}
