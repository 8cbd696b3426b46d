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
    rpc::proto::{
        ExportRequest, SearchRequest, export_response, search_request::QueryForm, search_response,
        search_service_client::SearchServiceClient,
    },
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

/// A search read to its end; returns the number of hits.
async fn search(mut client: Client, query: &str, limit: u32) -> usize {
    let query_form = Some(QueryForm::Query(query.to_owned()));
    let request = SearchRequest { query_form, limit, ..SearchRequest::default() };
    let mut stream = client.search(request).await.expect("a good request").into_inner();
    let mut hits = 0;
    while let Some(message) = stream.next().await {
        if let Some(search_response::Event::Hits(batch)) = message.expect("a whole stream").event {
            hits += batch.hits.len();
        }
    }
    hits
}

#[divan::bench(args = ["组织", "优化营商环境", "“高质量发展”", "如何加强基层治理和人才工作"])]
fn search_limit_5(bencher: Bencher<'_, '_>, query: &str) {
    let Service { runtime, client, .. } = &*SERVICE;
    bencher.bench_local(|| runtime.block_on(search(client.clone(), query, 5)));
}

#[divan::bench]
fn export_everything(bencher: Bencher<'_, '_>) {
    let Service { runtime, client, .. } = &*SERVICE;
    let export = || async {
        let mut stream = client.clone().export(ExportRequest::default()).await.expect("a good request").into_inner();
        let mut hits = 0_usize;
        while let Some(message) = stream.next().await {
            if let Some(export_response::Event::Hits(batch)) = message.expect("a whole stream").event {
                hits += batch.hits.len();
            }
        }
        hits
    };
    let count = runtime.block_on(export());
    bencher.counter(ItemsCount::new(count)).bench_local(|| runtime.block_on(export()));
}
