//! Streams that are given up at different moments, and what is left of them.

use std::time::Duration;

use anyhow::ensure;
use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use xunzhang::rpc::proto::{ExportRequest, SearchRequest, search_request::QueryForm};

use crate::{calls::Client, queries::Vocabulary};

/// Streams that are open at once.
const AT_ONCE: usize = 32;
/// How long the last of them may take to be gone.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

/// What a stream holds while it lives.
const GAUGES: [&str; 4] =
    ["xunzhang_active_streams", "xunzhang_stream_tasks", "xunzhang_queued_calls", "xunzhang_leases"];

/// Opens streams and gives each of them up before it is read, while it is, or when it follows.
pub(crate) async fn come_and_go(client: &Client, number: usize, vocabulary: &Vocabulary) -> anyhow::Result<()> {
    let before = held(client).await?;
    let begun = Instant::now();
    let mut open = JoinSet::new();
    for turn in 0..number {
        let (mut searches, pair) = (client.searches.clone(), vocabulary.pairs[turn % 255].clone());
        open.spawn(async move {
            let patience = Duration::from_micros((turn as u64 % 40) * 150);
            if turn % 4 == 3 {
                let request = ExportRequest { follow: turn % 8 == 7, ..ExportRequest::default() };
                let reading = async { while searches_export(&mut searches, request.clone()).await.is_some() {} };
                let _ = timeout(patience, reading).await;
            } else {
                let query_form = Some(QueryForm::Query(pair));
                let request = SearchRequest { query_form, limit: 1_000, ..SearchRequest::default() };
                let reading = async {
                    if let Ok(stream) = searches.search(request).await {
                        let mut stream = stream.into_inner();
                        while let Ok(Some(_)) = stream.message().await {}
                    }
                };
                let _ = timeout(patience, reading).await;
            }
        });
        if open.len() >= AT_ONCE {
            open.join_next().await;
        }
    }
    while open.join_next().await.is_some() {}
    let given_up = Instant::now();
    let mut after = held(client).await?;
    while is_more(&after, &before) && given_up.elapsed() < SETTLED_WITHIN {
        sleep(Duration::from_millis(20)).await;
        after = held(client).await?;
    }
    println!("{number} streams in {:?}, settled {:?} later", given_up - begun, given_up.elapsed());
    println!("streams, stream tasks, queued calls, leases, tasks: before {before:?}, after {after:?}");
    ensure!(!is_more(&after, &before), "something is left");
    Ok(())
}

async fn searches_export(
    searches: &mut xunzhang::rpc::proto::search_service_client::SearchServiceClient<xunzhang::rpc::Channel>,
    request: ExportRequest,
) -> Option<()> {
    let mut stream = searches.export(request).await.ok()?.into_inner();
    while stream.message().await.ok()?.is_some() {}
    None
}

/// Whether something is held that was not before. Tasks come and go with connections that asked for metrics.
fn is_more((gauges, tasks): &(Vec<u64>, usize), (gauges_before, tasks_before): &(Vec<u64>, usize)) -> bool {
    gauges != gauges_before || tasks > tasks_before
}

/// The gauges, and the tasks that live.
async fn held(client: &Client) -> anyhow::Result<(Vec<u64>, usize)> {
    let mut gauges = Vec::new();
    for name in GAUGES {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        gauges.push(client.metric(name).await? as u64);
    }
    Ok((gauges, Handle::current().metrics().num_alive_tasks()))
}
