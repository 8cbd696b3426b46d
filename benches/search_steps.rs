//! The steps of a search, one by one, in this process: the parser, candidates, what the second stage looks at, texts,
//! writing.
//!
//! Runs over the samples, or over the corpus that `XUNZHANG_BENCH_CORPUS` names, as `service` does.

use std::{
    env,
    path::PathBuf,
    sync::{Arc, LazyLock, atomic::AtomicBool},
};

use divan::{Bencher, black_box, counter::ItemsCount};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use xunzhang::{
    app::App,
    cli::import::{Content, ImportOptions, run},
    config::Config,
    engine::{
        Address, Clause, Engine as _, Expression, Filter, Snapshot, Term, TermField, Token, TokenField, WeighedToken,
        tantivy::TantivyEngine,
    },
    query::{MatchMode, parse},
    rpc::written,
    search::{BatchBound, Context, Hit, NearCopies, RankRequest, Searcher},
    text::{Segmenter, for_each_gram},
};

/// How many candidates a search looks at.
const CANDIDATES: usize = 200;

/// A word, words, a phrase, a question.
const QUERIES: [&str; 4] = ["组织", "优化营商环境", "“高质量发展”", "如何加强基层治理和人才工作"];

/// A query with everything that the language has.
const EVERYTHING: &str = "+营商环境 -(甲 OR 乙) “高质量发展” 标题:“通知” 国发〔2024〕1号 优化|改善 二〇二三年";

fn main() {
    divan::main();
}

struct Index {
    searcher: Searcher,
    snapshot: Arc<dyn Snapshot>,
    _directory: TempDir,
}

static NEVER: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let directory = TempDir::new().expect("a temporary directory");
    Runtime::new().expect("a runtime").block_on(import(directory.path().to_owned()));
    let segmenter = Segmenter::new();
    let engine = Arc::new(TantivyEngine::open(directory.path(), &segmenter).expect("the index opens"));
    let snapshot = engine.snapshot();
    Index { searcher: Searcher::new(engine, segmenter), snapshot, _directory: directory }
});

/// Lets the service import the corpus, and ends it.
async fn import(data_dir: PathBuf) {
    let mut config = Config { data_dir, ..Config::default() };
    config.server.listen.set_port(0);
    (config.server.admin_listen, config.server.http_listen) = (None, None);
    config.drain.lame_duck = std::time::Duration::ZERO;
    let mut app = App::bind(config).await.expect("port 0 is free");
    app.open().await.expect("an empty directory opens");
    let corpus = env::var_os("XUNZHANG_BENCH_CORPUS").map_or_else(|| PathBuf::from("samples"), PathBuf::from);
    let content =
        if env::var_os("XUNZHANG_BENCH_READY_MADE").is_some() { Content::ReadyMade } else { Content::AsFound };
    let options = ImportOptions { paths: vec![corpus], content, collection: None };
    run(app.local_channel(), &options, |_| {}).await.expect("the corpus can be imported");
    app.run_until(tokio_stream::once(())).await;
}

#[divan::bench(args = [QUERIES[0], QUERIES[1], QUERIES[2], QUERIES[3], EVERYTHING])]
fn step_1_parse(query: &str) {
    black_box(parse(query));
}

/// What a query looks for: its bigrams, of which any may do.
fn grams(query: &str) -> (Expression, Vec<WeighedToken>) {
    let (mut clauses, mut tokens) = (Vec::new(), Vec::new());
    for_each_gram(query, |gram, _| {
        let characters = gram.to_owned();
        let term = Term { characters: characters.clone(), field: TermField::Text, word: false };
        clauses.push(Clause::Should(Expression::Term(term)));
        tokens.push(WeighedToken { token: Token { field: TokenField::Gram, characters }, weight: 1.0 });
    });
    (Expression::Combined(clauses), tokens)
}

fn candidates(query: &str) -> Vec<Address> {
    let (expression, tokens) = grams(query);
    let ranking = INDEX.snapshot.candidates(&expression, &tokens, &Filter::default(), CANDIDATES, &NEVER);
    ranking.expect("the index can be read").hits.iter().map(|hit| hit.address).collect()
}

#[divan::bench(args = QUERIES)]
fn step_2_candidates(query: &str) {
    black_box(candidates(query));
}

/// What the candidates have of the query: most of what the second stage takes.
#[divan::bench(args = QUERIES)]
fn step_3_occurrences(bencher: Bencher<'_, '_>, query: &str) {
    let tokens: Vec<_> = grams(query).1.into_iter().map(|weighed| weighed.token).collect();
    let mut paragraphs = candidates(query);
    paragraphs.sort_unstable();
    bencher
        .counter(ItemsCount::new(paragraphs.len()))
        .bench_local(|| INDEX.snapshot.occurrences(&tokens, &paragraphs, &NEVER).expect("the index can be read"));
}

/// Planning, both stages, counting.
#[divan::bench(args = QUERIES)]
fn steps_2_and_3_rank(query: &str) {
    black_box(INDEX.searcher.rank(&request(query), &NEVER).expect("the index can be read"));
}

fn request(query: &str) -> RankRequest {
    RankRequest {
        query: INDEX.searcher.understood(parse(query).query, true),
        mode: MatchMode::Any,
        filter: Filter::default(),
        limit: CANDIDATES,
        context: Context::default(),
        near_copies: NearCopies::Kept,
        min_generation: None,
        resume: None,
    }
}

/// The texts of the best ten, which were read lately.
#[divan::bench(args = QUERIES)]
fn step_4_fetch(bencher: Bencher<'_, '_>, query: &str) {
    let rank = || INDEX.searcher.rank(&request(query), &NEVER).expect("the index can be read");
    let bound = BatchBound { hits: 10, bytes: usize::MAX };
    bencher
        .with_inputs(rank)
        .bench_local_values(|mut ranked| ranked.next_batch(bound, &NEVER).expect("the index can be read").len());
}

/// All texts, in order, as an export reads them.
#[divan::bench]
fn step_4_read_in_order(bencher: Bencher<'_, '_>) {
    let snapshot = &INDEX.snapshot;
    let mut walk = snapshot.walk(&Expression::All, &Filter::default(), None, &NEVER).expect("the index can be read");
    let matches = walk.next(usize::MAX, &NEVER).expect("the index can be read");
    bencher.counter(ItemsCount::new(matches.len())).bench_local(|| {
        let mut reader = snapshot.reader();
        let read = |&(_, address): &(_, Address)| reader.read(address).expect("it can be read").0.text.len();
        matches.iter().map(read).sum::<usize>()
    });
}

/// Hits as a message.
#[divan::bench(args = QUERIES)]
fn step_5_write(bencher: Bencher<'_, '_>, query: &str) {
    let mut ranked = INDEX.searcher.rank(&request(query), &NEVER).expect("the index can be read");
    let bound = BatchBound { hits: CANDIDATES, bytes: usize::MAX };
    let hits: Vec<Hit> = ranked.next_batch(bound, &NEVER).expect("the index can be read");
    bencher.counter(ItemsCount::new(hits.len())).bench_local(|| written(&hits).len());
}
