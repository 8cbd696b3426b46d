//! A service that is killed while clients write to it, and what they hold it to when it is back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use anyhow::{Context as _, bail, ensure};
use fastrand::Rng;
use tokio::{select, sync::mpsc, task::JoinSet};
use tonic::{Code, transport::Channel};
use xunzhang::{
    engine::tantivy::TantivyEngine,
    rpc::proto::{
        CreateBackupRequest, DeleteDocumentRequest, Document, ExportRequest, GetOperationRequest,
        ImportDocumentsRequest, OperationState, PutDocumentRequest, ReadyParagraph, ReadyParagraphs, SearchRequest,
        StartReindexRequest, admin_service_client::AdminServiceClient, document::Content,
        document_service_client::DocumentServiceClient, export_response, search_request, search_response,
        search_service_client::SearchServiceClient,
    },
    text::Segmenter,
};

use super::{
    failing::REACHED,
    failpoint::{Failpoint, Work},
};

/// Clients that put, replace and delete one by one.
const CLIENTS: usize = 3;
/// Documents of each.
const DOCUMENTS: usize = 4;
/// Documents of an import.
const IMPORTED: usize = 12;
/// The most acknowledgements after which the service is killed; the moment falls anywhere in the work of the others.
const ACKNOWLEDGEMENTS: usize = 40;
/// Lines that a service has printed and nobody has read.
const LINES: usize = 16;
/// So many come before a step that is not reached by then is not waited for any more.
const PATIENCE: usize = 2_000;

/// What a document says, by what is only in this version of it; `None` when it is deleted.
type Version = Option<u64>;

/// A service that is going to be killed.
pub(crate) struct Served {
    child: Child,
    /// What it prints.
    lines: mpsc::Receiver<String>,
    address: String,
    admin_address: String,
}

/// What became of a service that was started.
pub(crate) enum Started {
    Serves(Served),
    /// It was killed at a step of its start.
    Killed,
}

/// When a service is killed.
pub(crate) enum Until {
    /// At any moment.
    SomeTime,
    /// At a step of its work.
    Reached(Failpoint),
}

impl Served {
    /// Serves a directory as people do, and waits until it does.
    pub(crate) async fn start(program: &Path, directory: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--http-listen", "off"]);
        command.arg("--data-dir").arg(directory).env("XUNZHANG_INGEST__COMMIT_LINGER", "2ms");
        match Self::run(command).await? {
            Started::Serves(served) => Ok(served),
            Started::Killed => bail!("the program knows no failpoints"),
        }
    }

    /// Runs a command that serves and prints where.
    pub(crate) async fn run(mut command: Command) -> anyhow::Result<Started> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let stdout = BufReader::new(child.stdout.take().context("it is piped")?);
        let (print, lines) = mpsc::channel(LINES);
        // Until it ends, so that it may print; nobody may be left who listens.
        thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(print.blocking_send(line))));
        let mut served = Self { child, lines, address: String::new(), admin_address: String::new() };
        while let Some(line) = served.lines.recv().await {
            if let Some(address) = line.strip_prefix("admin listening on ") {
                served.admin_address = format!("http://{address}");
            } else if let Some(address) = line.strip_prefix("listening on ") {
                served.address = format!("http://{address}");
                return Ok(Started::Serves(served));
            } else if line.starts_with(REACHED) {
                served.kill()?;
                return Ok(Started::Killed);
            }
        }
        bail!("it ended instead of serving: {}", served.child.wait()?)
    }

    /// Waits until it has stopped at a step.
    async fn has_reached(&mut self) -> anyhow::Result<()> {
        while let Some(line) = self.lines.recv().await {
            if line.starts_with(REACHED) {
                return Ok(());
            }
        }
        bail!("it ended by itself: {}", self.child.wait()?)
    }

    async fn connect(&self) -> anyhow::Result<Channel> {
        Ok(Channel::from_shared(self.address.clone())?.connect().await?)
    }

    async fn connect_admin(&self) -> anyhow::Result<Channel> {
        Ok(Channel::from_shared(self.admin_address.clone())?.connect().await?)
    }

    /// Ends it as nothing can be caught that ends it.
    fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.kill(); // It may have ended.
    }
}

/// What clients asked for and were told, in the order of each document's only client.
#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    changes: BTreeMap<String, Vec<Change>>,
    versions: u64,
    acknowledged: usize,
    /// How often the index was built anew, and how often that failed.
    reindexed: [usize; 2],
}

struct Change {
    version: Version,
    is_acknowledged: bool,
}

impl History {
    /// How many changes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.with(|state| state.acknowledged)
    }

    /// How often the index was built anew; an error if that ever failed.
    pub(crate) fn times_reindexed(&self) -> anyhow::Result<usize> {
        let [succeeded, failed] = self.with(|state| state.reindexed);
        ensure!(failed == 0, "{failed} of {} reindexes failed", failed + succeeded);
        Ok(succeeded)
    }

    fn reindexed(&self, succeeded: bool) {
        self.with(|state| state.reindexed[usize::from(!succeeded)] += 1);
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().expect("nothing panics while it holds it"))
    }

    fn next_version(&self) -> u64 {
        self.with(|state| {
            state.versions += 1;
            state.versions
        })
    }

    fn sent(&self, id: &str, version: Version) {
        let change = Change { version, is_acknowledged: false };
        self.with(|state| state.changes.entry(id.to_owned()).or_default().push(change));
    }

    /// The newest change of a document is acknowledged.
    fn acknowledge(&self, id: &str) {
        self.with(|state| {
            state.acknowledged += 1;
            if let Some(change) = state.changes.get_mut(id).and_then(|changes| changes.last_mut()) {
                change.is_acknowledged = true;
            }
        });
    }

    /// Holds what is found to what was said; from then on, it is what was said.
    fn settle(&self, found: &BTreeMap<String, u64>) -> anyhow::Result<()> {
        self.with(|state| {
            for id in found.keys() {
                ensure!(state.changes.contains_key(id), "`{id}` was never sent");
            }
            for (id, changes) in &mut state.changes {
                let mut allowed = BTreeSet::from([None]);
                for change in &*changes {
                    if change.is_acknowledged {
                        allowed.clear();
                    }
                    allowed.insert(change.version);
                }
                let version = found.get(id).copied();
                ensure!(allowed.contains(&version), "`{id}` is {version:?}, and may be one of {allowed:?}");
                *changes = vec![Change { version, is_acknowledged: true }];
            }
            Ok(())
        })
    }
}

/// Holds a service to what the one before it said, and writes to it until it is killed in the midst of it. Whether that was
/// at the step where it was to be.
pub(crate) async fn round(
    mut served: Served,
    until: Until,
    backups: &Path,
    history: &History,
    rng: &mut Rng,
) -> anyhow::Result<bool> {
    let channel = served.connect().await?;
    check(&channel, history).await?;
    let (acknowledged, mut told) = mpsc::channel(ACKNOWLEDGEMENTS);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (rng, acknowledged) = (rng.fork(), acknowledged.clone());
        clients.spawn(write(DocumentServiceClient::new(channel.clone()), client, history.clone(), rng, acknowledged));
    }
    clients.spawn(import(DocumentServiceClient::new(channel.clone()), history.clone(), acknowledged));
    let admin = AdminServiceClient::new(served.connect_admin().await?);
    match until {
        Until::Reached(Failpoint { work: Work::Backup, .. }) => drop(clients.spawn(back_up(admin, backups.to_owned()))),
        _ => drop(clients.spawn(reindex(admin, history.clone()))),
    }
    let is_reached = match until {
        // A start that is over has no steps any more.
        Until::SomeTime | Until::Reached(Failpoint { work: Work::Start, .. }) => {
            acknowledgements(&mut told, rng.usize(1..ACKNOWLEDGEMENTS)).await?;
            false
        }
        Until::Reached(_) => select! {
            reached = served.has_reached() => reached.map(|()| true)?,
            // None may come once it has stopped.
            Ok(()) = acknowledgements(&mut told, PATIENCE) => false,
        },
    };
    served.kill()?;
    drop(told);
    while let Some(ended) = clients.join_next().await {
        ended?;
    }
    Ok(is_reached)
}

async fn acknowledgements(told: &mut mpsc::Receiver<()>, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        told.recv().await.context("the clients go on")?;
    }
    Ok(())
}

/// Copies the index again and again, until the service is gone.
async fn back_up(mut service: AdminServiceClient<Channel>, backups: PathBuf) {
    for number in 0.. {
        let directory = backups.join(number.to_string()).display().to_string();
        if service.create_backup(CreateBackupRequest { directory }).await.is_err() {
            return;
        }
    }
}

/// Looks whether what has the name of a backup is one, as a whole, and takes everything away.
pub(crate) fn check_backups(backups: &Path, segmenter: &Segmenter) -> anyhow::Result<()> {
    for entry in fs::read_dir(backups)? {
        let path = entry?.path();
        if !path.to_string_lossy().contains(".unfinished-") {
            TantivyEngine::open(&path, segmenter).with_context(|| format!("`{}` is no backup", path.display()))?;
        }
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

/// Looks whether a service has what was acknowledged: each document once, whole, in its last version, found by it.
pub(crate) async fn check(channel: &Channel, history: &History) -> anyhow::Result<()> {
    let mut stream = SearchServiceClient::new(channel.clone()).export(ExportRequest::default()).await?.into_inner();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(message) = stream.message().await? {
        if let Some(export_response::Event::Hits(batch)) = message.event {
            for hit in batch.hits {
                texts.entry(hit.document_id).or_default().push(hit.text);
            }
        }
    }
    let mut found = BTreeMap::new();
    for (id, texts) in texts {
        let version = texts[0].split(' ').next_back().and_then(|version| version.parse().ok());
        let version = version.with_context(|| format!("`{id}` is {texts:?}"))?;
        ensure!(texts == paragraphs(&id, version), "`{id}` is there twice or not whole: {texts:?}");
        search(channel, &id, &texts[0]).await?;
        found.insert(id, version);
    }
    history.settle(&found)
}

/// Looks for a document by what it says.
async fn search(channel: &Channel, id: &str, text: &str) -> anyhow::Result<()> {
    let query_form = Some(search_request::QueryForm::Query(format!("\"{text}\"")));
    let request = SearchRequest { query_form, limit: 100, ..SearchRequest::default() };
    let mut stream = SearchServiceClient::new(channel.clone()).search(request).await?.into_inner();
    let mut is_found = false;
    while let Some(message) = stream.message().await? {
        if let Some(search_response::Event::Hits(batch)) = message.event {
            is_found |= batch.hits.iter().any(|hit| hit.document_id == id && hit.text == text);
        }
    }
    ensure!(is_found, "`{id}` is there, and is not found by `{text}`");
    Ok(())
}

/// Starts a service once more and looks at what it has.
pub(crate) async fn last(served: Served, history: &History) -> anyhow::Result<()> {
    check(&served.connect().await?, history).await
}

/// Puts, replaces and deletes, until the service is gone.
async fn write(
    mut service: DocumentServiceClient<Channel>,
    client: usize,
    history: History,
    mut rng: Rng,
    acknowledged: mpsc::Sender<()>,
) {
    loop {
        let id = format!("{client}/{}", rng.usize(..DOCUMENTS));
        let version = rng.u8(..5).ne(&0).then(|| history.next_version());
        history.sent(&id, version);
        let answer = if let Some(version) = version {
            let request = PutDocumentRequest { document: Some(document(&id, version)), etag: String::new() };
            service.put_document(request).await.map(|_| ())
        } else {
            let request = DeleteDocumentRequest { document_id: id.clone(), etag: String::new() };
            service.delete_document(request).await.map(|_| ())
        };
        match answer {
            Ok(()) => {}
            Err(status) if status.code() == Code::NotFound => {}
            Err(_) => return,
        }
        history.acknowledge(&id);
        if acknowledged.send(()).await.is_err() {
            return;
        }
    }
}

/// Has the index built anew again and again, until the service is gone.
async fn reindex(mut service: AdminServiceClient<Channel>, history: History) {
    while let Ok(begun) = service.start_reindex(StartReindexRequest { force: true }).await {
        let mut operation = begun.into_inner().operation.unwrap_or_default();
        while operation.state() == OperationState::Running {
            let asked = service.get_operation(GetOperationRequest { name: operation.name }).await;
            let Ok(answer) = asked else { return };
            operation = answer.into_inner().operation.unwrap_or_default();
        }
        history.reindexed(operation.state() == OperationState::Succeeded);
    }
}

/// Imports the same documents in ever new versions, until the service is gone.
async fn import(mut service: DocumentServiceClient<Channel>, history: History, acknowledged: mpsc::Sender<()>) {
    loop {
        let ids: Vec<String> = (0..IMPORTED).map(|number| format!("import/{number}")).collect();
        let mut requests = Vec::new();
        for (sequence_number, id) in (1..).zip(&ids) {
            let version = history.next_version();
            history.sent(id, Some(version));
            requests.push(ImportDocumentsRequest { sequence_number, document: Some(document(id, version)) });
        }
        let Ok(answers) = service.import_documents(tokio_stream::iter(requests)).await else { return };
        let (mut answers, mut ids) = (answers.into_inner(), (1..).zip(ids).peekable());
        loop {
            match answers.message().await {
                Ok(Some(run)) => {
                    while let Some((_, id)) = ids.next_if(|(number, _)| *number <= run.acknowledged_through) {
                        history.acknowledge(&id);
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        if acknowledged.send(()).await.is_err() {
            return;
        }
    }
}

fn document(id: &str, version: u64) -> Document {
    let ready = |text| ReadyParagraph { text, heading_path: Vec::new() };
    let paragraphs = paragraphs(id, version).into_iter().map(ready).collect();
    let content = Some(Content::Paragraphs(ReadyParagraphs { paragraphs }));
    Document { id: id.to_owned(), content, ..Document::default() }
}

/// As many paragraphs as the version has it; the version ends each.
fn paragraphs(id: &str, version: u64) -> Vec<String> {
    (0..=version % 3).map(|number| format!("文件{id}第{number}段，持续优化营商环境 {version}")).collect()
}
