//! Writers that replace documents, and readers that hold every stream to what there was when it began.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use xunzhang::rpc::proto::{
    Document, ExportRequest, GetOperationRequest, Hit, OperationState, PutDocumentRequest, ReadyParagraph,
    ReadyParagraphs, SearchRequest, StartReindexRequest, admin_service_client::AdminServiceClient, document::Content,
    document_service_client::DocumentServiceClient, export_response, search_request, search_response,
    search_service_client::SearchServiceClient,
};

/// Documents of each writer.
const DOCUMENTS: usize = 6;
const WRITERS: usize = 2;
/// Readers, half of them of exports.
const READERS: usize = 4;
/// More than all documents have together.
const LIMIT: u32 = 1_000;

/// How much was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) replaced: u64,
    pub(crate) streams: u64,
    pub(crate) reindexed: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replaced, streams, reindexed } = self;
        write!(f, "{replaced} documents replaced, {streams} streams whole, {reindexed} times built anew")
    }
}

/// What all share.
#[derive(Default)]
struct State {
    /// The version of each document that was acknowledged last.
    acknowledged: [AtomicU64; DOCUMENTS * WRITERS],
    replaced: AtomicU64,
    streams: AtomicU64,
    reindexed: AtomicU64,
    is_over: AtomicBool,
}

impl State {
    fn tally(&self) -> Tally {
        let [replaced, streams, reindexed] =
            [&self.replaced, &self.streams, &self.reindexed].map(|count| count.load(Relaxed));
        Tally { replaced, streams, reindexed }
    }
}

/// Replaces and reads until it is enough; an error when a stream was not as it has to be. With `admin` the index is
/// built anew meanwhile.
pub(crate) async fn run(
    service: Channel,
    admin: Option<Channel>,
    is_enough: impl Fn(Tally) -> bool,
) -> anyhow::Result<Tally> {
    let state = Arc::new(State::default());
    let mut documents = DocumentServiceClient::new(service.clone());
    for number in 0..DOCUMENTS * WRITERS {
        put(&mut documents, &state, number, 1).await?;
    }
    let mut work = JoinSet::new();
    for writer in 0..WRITERS {
        work.spawn(write(documents.clone(), Arc::clone(&state), writer));
    }
    for reader in 0..READERS {
        work.spawn(read(SearchServiceClient::new(service.clone()), Arc::clone(&state), reader % 2 == 0));
    }
    if let Some(admin) = admin {
        work.spawn(reindex(AdminServiceClient::new(admin), Arc::clone(&state)));
    }
    while !is_enough(state.tally()) && !state.is_over.load(Relaxed) {
        tokio::task::yield_now().await;
    }
    state.is_over.store(true, Relaxed);
    while let Some(ended) = work.join_next().await {
        ended??;
    }
    Ok(state.tally())
}

/// Says that it is over when whoever holds it ends, in order or not.
struct Ends(Arc<State>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.is_over.store(true, Relaxed);
    }
}

async fn write(mut service: DocumentServiceClient<Channel>, state: Arc<State>, writer: usize) -> anyhow::Result<()> {
    let (_ends, mut rng, mut version) = (Ends(Arc::clone(&state)), fastrand::Rng::new(), 1);
    while !state.is_over.load(Relaxed) {
        version += 1;
        put(&mut service, &state, writer * DOCUMENTS + rng.usize(..DOCUMENTS), version).await?;
        state.replaced.fetch_add(1, Relaxed);
    }
    Ok(())
}

async fn put(
    service: &mut DocumentServiceClient<Channel>,
    state: &State,
    number: usize,
    version: u64,
) -> anyhow::Result<()> {
    let ready = |text| ReadyParagraph { text, heading_path: Vec::new() };
    let paragraphs = paragraphs(number, version).into_iter().map(ready).collect();
    let content = Some(Content::Paragraphs(ReadyParagraphs { paragraphs }));
    let document = Document { id: number.to_string(), content, ..Document::default() };
    service.put_document(PutDocumentRequest { document: Some(document), etag: String::new() }).await?;
    state.acknowledged[number].store(version, SeqCst);
    Ok(())
}

async fn read(mut service: SearchServiceClient<Channel>, state: Arc<State>, exports: bool) -> anyhow::Result<()> {
    let _ends = Ends(Arc::clone(&state));
    while !state.is_over.load(Relaxed) {
        let least: Vec<u64> = state.acknowledged.iter().map(|version| version.load(SeqCst)).collect();
        let hits = if exports { export(&mut service).await? } else { search(&mut service).await? };
        check(&hits, &least)?;
        state.streams.fetch_add(1, Relaxed);
    }
    Ok(())
}

async fn export(service: &mut SearchServiceClient<Channel>) -> anyhow::Result<Vec<Hit>> {
    let (mut stream, mut hits) = (service.export(ExportRequest::default()).await?.into_inner(), Vec::new());
    while let Some(message) = stream.message().await? {
        if let Some(export_response::Event::Hits(batch)) = message.event {
            hits.extend(batch.hits);
        }
    }
    Ok(hits)
}

async fn search(service: &mut SearchServiceClient<Channel>) -> anyhow::Result<Vec<Hit>> {
    let query_form = Some(search_request::QueryForm::Query("“营商环境” 文件".to_owned()));
    let request = SearchRequest { query_form, limit: LIMIT, ..SearchRequest::default() };
    let (mut stream, mut hits) = (service.search(request).await?.into_inner(), Vec::new());
    while let Some(message) = stream.message().await? {
        if let Some(search_response::Event::Hits(batch)) = message.event {
            hits.extend(batch.hits);
        }
    }
    Ok(hits)
}

/// Every document is there, whole, in one version, which is not older than what was acknowledged before.
fn check(hits: &[Hit], least: &[u64]) -> anyhow::Result<()> {
    let mut found: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for hit in hits {
        ensure!(found.entry(hit.document_id.parse()?).or_default().insert(&hit.text), "`{}` came twice", hit.text);
    }
    for (number, least) in least.iter().enumerate() {
        let texts = found.get(&number).with_context(|| format!("document {number} is missed"))?;
        let version = texts.first().and_then(|text| text.split(' ').next_back()?.parse().ok());
        let version: u64 = version.with_context(|| format!("document {number} is {texts:?}"))?;
        ensure!(version >= *least, "document {number} is of version {version}, and {least} was acknowledged");
        let whole = paragraphs(number, version);
        ensure!(texts.iter().copied().eq(whole.iter().map(String::as_str)), "document {number} is mixed: {texts:?}");
    }
    ensure!(found.len() == least.len(), "there are {} documents", found.len());
    Ok(())
}

async fn reindex(mut service: AdminServiceClient<Channel>, state: Arc<State>) -> anyhow::Result<()> {
    let _ends = Ends(Arc::clone(&state));
    while !state.is_over.load(Relaxed) {
        let begun = service.start_reindex(StartReindexRequest { force: true }).await?.into_inner();
        let mut operation = begun.operation.unwrap_or_default();
        while operation.state() == OperationState::Running {
            let request = GetOperationRequest { name: operation.name };
            operation = service.get_operation(request).await?.into_inner().operation.unwrap_or_default();
        }
        ensure!(operation.state() == OperationState::Succeeded, "{operation:?}");
        state.reindexed.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// As many paragraphs as the version has it, in the order of their texts; the version ends each.
fn paragraphs(number: usize, version: u64) -> Vec<String> {
    (0..=version % 5).map(|part| format!("文件{number}第{part}段，持续优化营商环境 {version}")).collect()
}
