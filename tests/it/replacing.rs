//! Readers of documents that are replaced all the time.

#[path = "../../examples/replaced_documents/trial.rs"]
mod trial;

use crate::support::Service;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_mixes_two_versions_of_a_document_or_misses_both() {
    let service = Service::start().await;
    let (channel, admin) = (service.channel(), service.admin_channel());
    let is_enough = |done: trial::Tally| done.streams >= 60 && done.replaced >= 60 && done.reindexed >= 4;
    let tally = trial::run(channel, Some(admin), is_enough).await.unwrap();
    println!("{tally}");
    service.stop().await;
}
