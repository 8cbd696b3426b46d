//! A client that does what every client should: it goes on with a stream that breaks, and takes none for whole that has
//! no summary.
//!
//! ```sh
//! cargo run --example resuming_client -- http://127.0.0.1:50051 search 优化营商环境
//! cargo run --example resuming_client -- http://127.0.0.1:50051 export
//! cargo run --example resuming_client -- http://127.0.0.1:50051 follow 防汛
//! ```
//!
//! Prints a line for each paragraph that came (`+`) and for each document that went (`-`); everything else goes to
//! standard error.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

use std::{future::Future, time::Duration};

use anyhow::bail;
use clap::{Parser, ValueEnum};
use tonic::{
    Code, Status, Streaming,
    transport::{Channel, Endpoint},
};
use xunzhang::rpc::proto::{
    ExportRequest, ExportResponse, Hit, SearchRequest, SearchResponse, Warning, export_request, export_response,
    search_request, search_response, search_service_client::SearchServiceClient,
};

/// How long to wait before a broken stream is opened again: at first, and at most.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How often a stream that does not follow is opened again without bringing anything but its header.
const TRIES: u32 = 10;
/// How often a connection over which nothing comes is asked whether it is there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Searches, exports or follows.
#[derive(Parser)]
struct Arguments {
    /// Where the service listens, `http://HOST:PORT`
    endpoint: String,
    /// What to do
    what: What,
    /// What to look for; of an export, nothing is everything
    #[arg(default_value = "")]
    query: String,
    /// Hits of a search
    #[arg(long, default_value_t = 10)]
    limit: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Search,
    Export,
    Follow,
}

/// Where a stream stands behind a message.
enum Place {
    /// At its head.
    Head,
    /// Behind a batch, which the token names.
    Behind(String),
    /// At its end.
    Whole,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { endpoint, what, query, limit } = Arguments::parse();
    let channel = Endpoint::from_shared(endpoint)?.http2_keep_alive_interval(KEEPALIVE).connect().await?;
    let client = SearchServiceClient::new(channel);
    if what == What::Search {
        let query_form = Some(search_request::QueryForm::Query(query));
        let request = SearchRequest { query_form, limit, ..SearchRequest::default() };
        read(false, |resume_token| search(client.clone(), SearchRequest { resume_token, ..request.clone() }), found)
            .await
    } else {
        let follow = what == What::Follow;
        let query_form = Some(export_request::QueryForm::Query(query));
        let request = ExportRequest { query_form, follow, ..ExportRequest::default() };
        read(follow, |resume_token| export(client.clone(), ExportRequest { resume_token, ..request.clone() }), exported)
            .await
    }
}

async fn search(
    mut client: SearchServiceClient<Channel>,
    request: SearchRequest,
) -> Result<Streaming<SearchResponse>, Status> {
    Ok(client.search(request).await?.into_inner())
}

async fn export(
    mut client: SearchServiceClient<Channel>,
    request: ExportRequest,
) -> Result<Streaming<ExportResponse>, Status> {
    Ok(client.export(request).await?.into_inner())
}

/// Reads a stream until it is whole. One that breaks after it began is opened again behind the newest token.
async fn read<M, F: Future<Output = Result<Streaming<M>, Status>>>(
    for_ever: bool,
    open: impl Fn(String) -> F,
    take: impl Fn(M) -> Place,
) -> anyhow::Result<()> {
    let (mut token, mut has_begun, mut tries) = (String::new(), false, 0);
    loop {
        let broken = match open(token.clone()).await {
            Err(status) => status,
            Ok(mut stream) => loop {
                match stream.message().await {
                    Ok(Some(message)) => {
                        has_begun = true;
                        match take(message) {
                            Place::Head => {}
                            Place::Behind(behind) => (token, tries) = (behind, 0),
                            Place::Whole => return Ok(()),
                        }
                    }
                    Ok(None) => break Status::unavailable("it ended without its summary"),
                    Err(status) => break status,
                }
            },
        };
        if !has_begun || !may_pass(&broken) || (tries == TRIES && !for_ever) {
            bail!("the stream is not whole: {broken}");
        }
        let (first, last) = WAITS;
        let wait = first.saturating_mul(1 << tries.min(8)).min(last);
        eprintln!("{}; going on in {wait:?}", broken.message());
        tokio::time::sleep(wait).await;
        tries += 1;
    }
}

/// The service is away, has no room or gave a slow reader up; or the connection broke, which the client's own status
/// says in several ways, all without details.
fn may_pass(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) || status.details().is_empty()
}

fn found(SearchResponse { event }: SearchResponse) -> Place {
    use search_response::Event;
    match event {
        Some(Event::Header(header)) => warned(&header.warnings),
        Some(Event::Hits(batch)) => came(&batch.hits, batch.resume_token),
        Some(Event::Summary(summary)) => whole(summary.hits_sent.into()),
        None => Place::Head,
    }
}

fn exported(ExportResponse { event }: ExportResponse) -> Place {
    use export_response::Event;
    match event {
        Some(Event::Header(header)) => warned(&header.warnings),
        Some(Event::Hits(batch)) => came(&batch.hits, batch.resume_token),
        Some(Event::Removed(batch)) => {
            for removed in &batch.removed {
                println!("- {}", removed.document_id);
            }
            Place::Behind(batch.resume_token)
        }
        Some(Event::Progress(progress)) => {
            eprintln!("all is here");
            Place::Behind(progress.resume_token)
        }
        Some(Event::Summary(summary)) => whole(summary.hits_sent),
        None => Place::Head,
    }
}

fn warned(warnings: &[Warning]) -> Place {
    for warning in warnings {
        eprintln!("warning: {}", warning.message);
    }
    Place::Head
}

fn came(hits: &[Hit], token: String) -> Place {
    for hit in hits {
        println!("+ {} {}", hit.paragraph_id, hit.text.replace('\n', " "));
    }
    Place::Behind(token)
}

fn whole(hits: u64) -> Place {
    eprintln!("whole, {hits} of it in the last call");
    Place::Whole
}
