//! The real service over loopback: what a caller waits for.
//!
//! Searches the samples, or the documents in the folder that `XUNZHANG_BENCH_CORPUS` names.

use std::{env, path::PathBuf, sync::LazyLock};

use divan::{Bencher, counter::ItemsCount};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_stream::StreamExt as _;
use xunzhang::{
    app::App,
    cli::import::{Content, ImportOptions, run},
    config::Config,
    engine::{Clause, Expression, Term, TermField},
    rpc::proto::{
        ExportRequest, SearchRequest, export_response, search_request::QueryForm, search_response,
        search_service_client::SearchServiceClient,
    },
    search::Highlighter,
    text::searchable,
};

type Client = SearchServiceClient<tonic::transport::Channel>;

fn main() {
    divan::main();
}

struct Service {
    runtime: Runtime,
    client: Client,
    _directory: TempDir,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let directory = TempDir::new().expect("a temporary directory");
    let client = runtime.block_on(start(directory.path().to_owned()));
    Service { runtime, client, _directory: directory }
});

async fn start(data_dir: PathBuf) -> Client {
    let mut config = Config { data_dir, ..Config::default() };
    config.server.listen.set_port(0);
    (config.server.admin_listen, config.server.http_listen) = (None, None);
    let mut app = App::bind(config).await.expect("port 0 is free");
    app.open().await.expect("an empty directory opens");
    let corpus = env::var_os("XUNZHANG_BENCH_CORPUS").map_or_else(|| PathBuf::from("samples"), PathBuf::from);
    let options = ImportOptions { paths: vec![corpus], content: Content::AsFound, collection: None };
    run(app.local_channel(), &options, |_| {}).await.expect("the corpus can be imported");
    let address = app.addresses().service;
    tokio::spawn(app.run_until(tokio_stream::pending()));
    SearchServiceClient::connect(format!("http://{address}")).await.expect("the service listens")
}

fn request(query: &str, limit: u32) -> SearchRequest {
    SearchRequest { query_form: Some(QueryForm::Query(query.to_owned())), limit, ..SearchRequest::default() }
}

/// A search read to its end; returns the number of hits.
async fn search(mut client: Client, request: SearchRequest) -> usize {
    let mut stream = client.search(request).await.expect("a good request").into_inner();
    let mut hits = 0;
    while let Some(message) = stream.next().await {
        if let Some(search_response::Event::Hits(batch)) = message.expect("a whole stream").event {
            hits += batch.hits.len();
        }
    }
    hits
}

/// A word, words, a phrase, a question.
const QUERIES: [&str; 4] = ["组织", "优化营商环境", "“高质量发展”", "如何加强基层治理和人才工作"];

#[divan::bench(args = QUERIES)]
fn search_limit_5(bencher: Bencher<'_, '_>, query: &str) {
    let Service { runtime, client, .. } = &*SERVICE;
    bencher.bench_local(|| runtime.block_on(search(client.clone(), request(query, 5))));
}

/// The same with near copies folded: the thousand best are fetched and compared.
#[divan::bench(args = QUERIES)]
fn search_limit_5_collapsed(bencher: Bencher<'_, '_>, query: &str) {
    let Service { runtime, client, .. } = &*SERVICE;
    let request = SearchRequest { collapse: true, ..request(query, 5) };
    bencher.bench_local(|| runtime.block_on(search(client.clone(), request.clone())));
}

/// What of a paragraph matched, for 1, 4 and 64 terms; the time is that of all paragraphs, the items are paragraphs.
#[divan::bench(args = [1, 4, 64])]
fn highlights(bencher: Bencher<'_, '_>, terms: usize) {
    let Service { runtime, client, .. } = &*SERVICE;
    let texts = runtime.block_on(texts(client.clone()));
    let words = texts.iter().flat_map(|text| text.split(['，', '。', '、'])).map(searchable);
    let words = words.filter(|word| (2..8).contains(&word.chars().count()));
    let clause =
        |characters| Clause::Should(Expression::Term(Term { characters, field: TermField::Text, word: false }));
    let highlighter = Highlighter::new(&Expression::Combined(words.take(terms).map(clause).collect()));
    bencher
        .counter(ItemsCount::new(texts.len()))
        .bench_local(|| texts.iter().map(|text| highlighter.ranges(text).len()).sum::<usize>());
}

/// All paragraphs.
async fn texts(mut client: Client) -> Vec<String> {
    let mut stream = client.export(ExportRequest::default()).await.expect("a good request").into_inner();
    let mut texts = Vec::new();
    while let Some(message) = stream.next().await {
        if let Some(export_response::Event::Hits(batch)) = message.expect("a whole stream").event {
            texts.extend(batch.hits.into_iter().map(|hit| hit.text));
        }
    }
    texts
}

#[divan::bench]
fn export_everything(bencher: Bencher<'_, '_>) {
    let Service { runtime, client, .. } = &*SERVICE;
    let export = || async { texts(client.clone()).await.len() };
    let count = runtime.block_on(export());
    bencher.counter(ItemsCount::new(count)).bench_local(|| runtime.block_on(export()));
}
