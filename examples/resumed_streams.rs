//! Whether searches go on exactly where they broke off, on documents of your own.
//!
//! `resumed_streams PATH [QUERIES]` brings a corpus into a service of its own, asks it queries drawn at random from the
//! texts (200 by default), breaks each stream off behind every batch, goes on, and compares; then starts the service anew
//! and goes on once more. It prints its seed, and exits with 1 on the first stream that is not the same.

#![expect(clippy::print_stdout, reason = "a program")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use xunzhang::{
    app::{App, Ending},
    cli::import::{Content, ImportOptions, run},
    config::Config,
    rpc::{
        Channel,
        proto::{
            Hit, MatchAllQuery, Query, SearchRequest, SearchSummary, query::Kind, search_request::QueryForm,
            search_response::Event, search_service_client::SearchServiceClient,
        },
    },
};

/// The limits of searches: some streams end in a batch, some with one, some have all matches.
const LIMITS: [u32; 5] = [10, 65, 200, 500, 1_000];

/// A stream, and behind how many hits which token stood.
struct Whole {
    request: SearchRequest,
    hits: Vec<Hit>,
    tokens: Vec<(usize, String)>,
    summary: SearchSummary,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let corpus = PathBuf::from(arguments.next().context("name a file or a folder of documents")?);
    let queries = match arguments.next() {
        Some(number) => number.to_string_lossy().parse()?,
        None => 200,
    };
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let directory = TempDir::new()?;
    let (mut app, client) = serve(directory.path()).await?;
    let options = ImportOptions { paths: vec![corpus], content: Content::AsFound, collection: None };
    println!("{}", run(app.local_channel(), &options, |_| {}).await?);
    let texts = texts(&client).await?;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut streams = Vec::new();
    for _ in 0..queries {
        streams.push(whole(&client, drawn(&texts, &mut random)).await?);
    }
    let resumed = check(&client, &streams).await?;
    println!("{queries} streams, gone on with behind each of {resumed} batches: all the same");
    drop(client);
    ensure!(app.run_until(tokio_stream::once(())).await == Ending::Stopped, "the service did not stop in order");
    let (_app, client) = serve(directory.path()).await?;
    let resumed = check(&client, &streams).await?;
    println!("after a restart, behind each of {resumed} batches: all the same");
    Ok(())
}

/// Starts a service on a directory.
async fn serve(directory: &Path) -> anyhow::Result<(App, SearchServiceClient<Channel>)> {
    let mut config = Config { data_dir: directory.to_owned(), ..Config::default() };
    config.server.listen.set_port(0);
    (config.server.admin_listen, config.server.http_listen) = (None, None);
    config.drain.lame_duck = std::time::Duration::ZERO;
    let mut app = App::bind(config).await?;
    app.open().await?;
    let client = SearchServiceClient::new(app.local_channel());
    Ok((app, client))
}

/// The texts to draw from.
async fn texts(client: &SearchServiceClient<Channel>) -> anyhow::Result<Vec<Vec<char>>> {
    let everything = Query { kind: Some(Kind::MatchAll(MatchAllQuery {})) };
    let query_form = Some(QueryForm::TypedQuery(everything));
    let all = whole(client, SearchRequest { query_form, limit: 10_000, ..SearchRequest::default() }).await?;
    Ok(all.hits.into_iter().map(|hit| hit.text.chars().filter(|letter| letter.is_alphanumeric()).collect()).collect())
}

/// A request at random: one to three sequences of a text, quoted or not, with or without near copies folded.
fn drawn(texts: &[Vec<char>], random: &mut fastrand::Rng) -> SearchRequest {
    let text = &texts[random.usize(..texts.len())];
    let sequence = |random: &mut fastrand::Rng| {
        let length = random.usize(2..=8).min(text.len());
        let begin = random.usize(..=text.len() - length);
        text[begin..begin + length].iter().collect::<String>()
    };
    let sequences: Vec<_> = (0..random.usize(1..=3)).map(|_| sequence(random)).collect();
    let query = if random.u8(..4) == 0 { format!("“{}”", sequences[0]) } else { sequences.join(" ") };
    let collapse = random.u8(..4) == 0;
    SearchRequest {
        query_form: Some(QueryForm::Query(query)),
        limit: LIMITS[random.usize(..LIMITS.len())],
        collapse,
        name_folded: collapse,
        context_after: u32::from(random.bool()),
        ..SearchRequest::default()
    }
}

async fn whole(client: &SearchServiceClient<Channel>, request: SearchRequest) -> anyhow::Result<Whole> {
    let mut stream = client.clone().search(request.clone()).await?.into_inner();
    let (mut hits, mut tokens, mut end) = (Vec::new(), Vec::new(), None);
    while let Some(message) = stream.message().await? {
        match message.event {
            Some(Event::Hits(batch)) => {
                hits.extend(batch.hits);
                tokens.push((hits.len(), batch.resume_token));
            }
            Some(Event::Summary(summary)) => end = Some(summary),
            Some(Event::Header(_)) | None => {}
        }
    }
    Ok(Whole { request, hits, tokens, summary: end.context("the search was cut")? })
}

/// Goes on with all streams behind each of their batches; says how many there were.
async fn check(client: &SearchServiceClient<Channel>, streams: &[Whole]) -> anyhow::Result<usize> {
    let mut resumed = 0;
    for Whole { request, hits, tokens, summary } in streams {
        for (behind, token) in tokens {
            let rest = whole(client, SearchRequest { resume_token: token.clone(), ..request.clone() }).await?;
            let same = rest.hits == hits[*behind..]
                && rest.summary.last_rank == summary.last_rank
                && rest.summary.finish_reason == summary.finish_reason
                && rest.summary.total_hits == summary.total_hits;
            ensure!(same, "behind hit {behind} of {request:?} comes something else");
            resumed += 1;
        }
    }
    Ok(resumed)
}
