//! The real service over loopback: what a caller waits for.
//!
//! Searches the samples, or the documents in the folder or file that `XUNZHANG_BENCH_CORPUS` names. With
//! `XUNZHANG_BENCH_READY_MADE` each of these is one paragraph as it is.

use std::{env, fmt, path::PathBuf, sync::LazyLock};

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
        CountRequest, CountResponse, ExportRequest, FacetField, Filter, MatchMode, SearchRequest, export_response,
        search_request::QueryForm, search_response, search_service_client::SearchServiceClient,
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
    let ready_made = env::var_os("XUNZHANG_BENCH_READY_MADE").is_some();
    let content = if ready_made { Content::ReadyMade } else { Content::AsFound };
    let options = ImportOptions { paths: vec![corpus], content, collection: None };
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

/// A word that a search may require, and words beside it.
const REQUIRED_AND_WANTED: [(&str, &str); 16] = [
    ("合同", "解除 赔偿"),
    ("行政处罚", "听证 程序"),
    ("基层", "治理 人才"),
    ("干部", "选拔 任用"),
    ("营商环境", "优化 措施"),
    ("生态", "环境 保护 责任"),
    ("未成年人", "监护 网络"),
    ("土地", "征收 补偿 标准"),
    ("食品", "安全 召回"),
    ("劳动者", "工资 拖欠"),
    ("公司", "股东 表决权"),
    ("数据", "个人信息 处理"),
    ("税务", "机关 滞纳金"),
    ("高质量", "发展 改革"),
    ("证据", "鉴定 法院"),
    ("道路", "交通 事故"),
];

/// What of a search is asked for beside its words.
#[derive(Clone, Copy)]
enum Asked {
    WordsAlone,
    /// About so many thousandths of all paragraphs, by their dates.
    Dated(u64),
    EveryWord,
    OneWordRequired,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WordsAlone => f.write_str("words alone"),
            Self::Dated(thousandths) => write!(f, "dated, {thousandths} ‰"),
            Self::EveryWord => f.write_str("match = ALL"),
            Self::OneWordRequired => f.write_str("+word"),
        }
    }
}

const ASKED: [Asked; 6] =
    [Asked::WordsAlone, Asked::Dated(500), Asked::Dated(50), Asked::Dated(1), Asked::EveryWord, Asked::OneWordRequired];

/// One search after the other, each a sample: the median is that of a set of queries.
#[divan::bench(args = ASKED, sample_count = 960, sample_size = 1)]
fn search_asking_for_more(bencher: Bencher<'_, '_>, asked: Asked) {
    let Service { runtime, client, .. } = &*SERVICE;
    let filter = match asked {
        Asked::Dated(thousandths) => Some(runtime.block_on(dated(client.clone(), thousandths))),
        Asked::WordsAlone | Asked::EveryWord | Asked::OneWordRequired => None,
    };
    let requests = REQUIRED_AND_WANTED.map(|(word, others)| {
        let sign = if matches!(asked, Asked::OneWordRequired) { "+" } else { "" };
        let mode = if matches!(asked, Asked::EveryWord) { MatchMode::All } else { MatchMode::Any };
        let request = request(&format!("{sign}{word} {others}"), 10);
        SearchRequest { filter: filter.clone(), r#match: mode.into(), ..request }
    });
    // What a server has never been asked for is another matter.
    for request in &requests {
        runtime.block_on(search(client.clone(), request.clone()));
    }
    let mut next = requests.iter().cycle();
    bencher
        .with_inputs(|| next.next().expect("it never ends").clone())
        .bench_local_values(|request| runtime.block_on(search(client.clone(), request)));
}

/// Lets the newest paragraphs through, at least so many thousandths of all but no more days than that takes.
async fn dated(client: Client, thousandths: u64) -> Filter {
    let since = |day: &String| Filter { published_from: day.clone(), ..Filter::default() };
    let days = (1949..2100).flat_map(|year| {
        (1..=12).flat_map(move |month| (1..=28).map(move |day| format!("{year}-{month:02}-{day:02}")))
    });
    let days: Vec<_> = days.collect();
    let all = count(client.clone(), None, &[]).await.paragraphs;
    let (mut enough, mut too_few) = (0, days.len());
    while too_few - enough > 1 {
        let middle = enough.midpoint(too_few);
        let found = count(client.clone(), Some(since(&days[middle])), &[]).await.paragraphs;
        if found * 1_000 >= all * thousandths { enough = middle } else { too_few = middle }
    }
    let found = count(client, Some(since(&days[enough])), &[]).await.paragraphs;
    eprintln!("{found} of {all} paragraphs since {}", days[enough]);
    since(&days[enough])
}

async fn count(mut client: Client, filter: Option<Filter>, facets: &[FacetField]) -> CountResponse {
    let facets = facets.iter().map(|&facet| facet.into()).collect();
    let request = CountRequest { filter, facets, ..CountRequest::default() };
    client.count(request).await.expect("a good request").into_inner()
}

/// All paragraphs, by all that they can be counted by.
#[divan::bench]
fn count_by_every_facet(bencher: Bencher<'_, '_>) {
    let Service { runtime, client, .. } = &*SERVICE;
    let facets: Vec<_> = (1..).map_while(|number| FacetField::try_from(number).ok()).collect();
    let all = runtime.block_on(count(client.clone(), None, &[])).paragraphs;
    bencher
        .counter(ItemsCount::new(all))
        .bench_local(|| runtime.block_on(count(client.clone(), None, &facets)).paragraphs);
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
