//! How long acknowledgements take: of one client that puts one document after the other, of many at once, and of one
//! while large segments are merged.
//!
//! ```text
//! cargo run --release --example acknowledgements -- --directory /on/the/disk/in/question
//! ```
//!
//! The service is one of its own, in this process. Beside it the disk's own time is measured: for a small file to be
//! synced, for a directory to be, and for what the acknowledgement of one document needs: the files of its segment, the
//! list of segments and the directory, then the directory again. `strace -f -c -e trace=fsync,fdatasync` around it counts
//! how many syncs the service asked for, and with `-e inject=fdatasync:delay_exit=5000` each takes 5 ms longer.

#![expect(clippy::print_stdout, reason = "a program")]

mod texts;

use std::{
    fs::{self, File},
    io::Write as _,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use xunzhang::{
    app::App,
    config::Config,
    rpc::{
        Channel,
        proto::{
            Document, ImportDocumentsRequest, PutDocumentRequest, document::Content,
            document_service_client::DocumentServiceClient,
        },
    },
};

use crate::texts::{Made, Texts};

/// Syncs of which the median is told.
const SYNCS: usize = 200;
/// Files that a commit of one document writes: six of its segment, and the list of segments.
const COMMITTED_FILES: usize = 7;

/// So many segments of a size are merged into one; each indexing thread leaves one in a commit.
const MERGED_SEGMENTS: usize = 8;

/// How long acknowledgements take.
#[derive(Parser)]
struct Arguments {
    /// Where the index is made, and removed again.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
    /// Documents of the client that is alone.
    #[arg(long, default_value_t = 500)]
    alone: usize,
    /// Clients at once.
    #[arg(long, default_value_t = 48)]
    clients: usize,
    /// Documents of each of them.
    #[arg(long, default_value_t = 100)]
    each: usize,
    /// Documents that are imported, so that a merge of all of them begins.
    #[arg(long, default_value_t = 0)]
    merged: usize,
    /// What the texts are made of.
    #[arg(long, value_enum, default_value = "words")]
    texts: Made,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { directory, alone, clients, each, merged, texts } = Arguments::parse();
    let texts = Arc::new(Texts::new(texts)?);
    let place = tempfile::tempdir_in(directory)?;
    let Needed { file, entry, commit, commit_at_once } = syncs(place.path())?;
    println!("a small file synced: {:.2} ms, its directory: {:.2} ms (medians of {SYNCS})", ms(file), ms(entry));
    println!(
        "what a document needs synced: {:.2} ms one after the other, {:.2} ms at once",
        ms(commit),
        ms(commit_at_once)
    );
    let mut config = Config { data_dir: place.path().join("data"), ..Config::default() };
    config.server.listen = ([127, 0, 0, 1], 0).into();
    (config.server.admin_listen, config.server.http_listen) = (None, None);
    // Each import is one commit.
    (config.ingest.commit_changes, config.ingest.commit_linger) = (NonZeroUsize::MAX, Duration::from_secs(10));
    let mut app = App::bind(config).await?;
    app.open().await?;
    app.ready().await;
    let address = format!("http://{}", app.addresses().service);
    let (stop, stopping) = tokio::sync::mpsc::channel(1);
    let served = tokio::spawn(app.run_until(ReceiverStream::new(stopping)));
    let service = DocumentServiceClient::new(Channel::from_shared(address.clone())?.connect().await?);
    let one = put_all(service.clone(), documents("alone", alone, &texts)).await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = |puts: usize, took: Duration| puts as f64 / took.as_secs_f64();
    let (one_rate, median) = (rate(alone, one.iter().sum()), at(&mut one.clone(), 0.5));
    println!("one client: {one_rate:.0}/s, {}", summary(one));
    let times = |syncs: Duration| median.as_secs_f64() / syncs.as_secs_f64();
    println!(
        "its p50 is {:.1} times the syncs that it needs one after the other, {:.1} times those at once",
        times(commit),
        times(commit_at_once)
    );
    let mut putting = Vec::with_capacity(clients);
    for client in 0..clients {
        // A connection bears only so many calls at once.
        let service = DocumentServiceClient::new(Channel::from_shared(address.clone())?.connect().await?);
        putting.push(put_all(service, documents(&format!("many/{client}"), each, &texts)));
    }
    let (began, many) = (Instant::now(), JoinSet::from_iter(putting));
    let all = many.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    let many_rate = rate(clients * each, began.elapsed());
    println!("{clients} clients: {many_rate:.0}/s, {:.1} times as many, {}", many_rate / one_rate, summary(all));
    if merged > 0 {
        let threads = std::thread::available_parallelism()?.get().min(4);
        for part in 0..MERGED_SEGMENTS.div_ceil(threads) {
            import(service.clone(), texts.clone(), part, merged * threads / MERGED_SEGMENTS).await?;
        }
        println!(
            "after {merged} documents, while what they left is merged: {}",
            summary(put_all(service, documents("then", alone, &texts)).await?)
        );
    }
    stop.send(()).await?;
    served.await?;
    Ok(())
}

/// Puts documents one after the other; how long each took.
async fn put_all(
    mut service: DocumentServiceClient<Channel>,
    documents: Vec<Document>,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(documents.len());
    for document in documents.into_iter().map(Some) {
        let began = Instant::now();
        service.put_document(PutDocumentRequest { document, etag: String::new() }).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}

/// Imports documents, which are committed together.
async fn import(
    mut service: DocumentServiceClient<Channel>,
    texts: Arc<Texts>,
    part: usize,
    count: usize,
) -> anyhow::Result<()> {
    let mut rng = fastrand::Rng::new();
    let requests = (1..=count as u64).map(move |sequence_number| {
        let document = Some(document(format!("merged/{part}/{sequence_number}"), &texts, &mut rng));
        ImportDocumentsRequest { sequence_number, document }
    });
    let mut answers = service.import_documents(tokio_stream::iter(requests)).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// Documents that begin with a name: to make them up is not the service's work, and takes as long as some of it.
fn documents(name: &str, count: usize, texts: &Texts) -> Vec<Document> {
    let mut rng = fastrand::Rng::new();
    (0..count).map(|number| document(format!("{name}/{number}"), texts, &mut rng)).collect()
}

fn document(id: String, texts: &Texts, rng: &mut fastrand::Rng) -> Document {
    Document { id, content: Some(Content::Text(texts.next(rng))), ..Document::default() }
}

/// How long the disk takes.
struct Needed {
    file: Duration,
    entry: Duration,
    /// What a document needs, one sync after the other.
    commit: Duration,
    /// The same with one thread for each sync that needs not wait for another.
    commit_at_once: Duration,
}

/// The medians of syncing what was written.
fn syncs(place: &Path) -> anyhow::Result<Needed> {
    let written = |name: String| -> std::io::Result<File> {
        let mut file = File::create_new(place.join(name))?;
        file.write_all(&[7; 2_048])?;
        Ok(file)
    };
    let entries = || File::open(place)?.sync_data();
    let [mut file, mut entry, mut commit, mut commit_at_once] = [const { Vec::new() }; 4];
    for number in 0..SYNCS {
        let one = written(format!("{number}.file"))?;
        file.push(timed(|| one.sync_data())?);
        entry.push(timed(entries)?);
        let many: Vec<_> =
            (0..COMMITTED_FILES).map(|of| written(format!("{number}.{of}"))).collect::<Result<_, _>>()?;
        commit.push(timed(|| {
            many.iter().try_for_each(File::sync_data)?;
            entries().and_then(|()| entries())
        })?);
        let many: Vec<_> =
            (0..COMMITTED_FILES).map(|of| written(format!("{number}.{of}.at-once"))).collect::<Result<_, _>>()?;
        commit_at_once.push(timed(|| {
            std::thread::scope(|scope| {
                let syncing: Vec<_> = many.iter().map(|file| scope.spawn(|| file.sync_data())).collect();
                entries()?;
                syncing.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
            })?;
            entries()
        })?);
        for entry in fs::read_dir(place)? {
            fs::remove_file(entry?.path())?;
        }
    }
    let [file, entry, commit, commit_at_once] =
        [&mut file, &mut entry, &mut commit, &mut commit_at_once].map(|took| at(took, 0.5));
    Ok(Needed { file, entry, commit, commit_at_once })
}

fn timed(work: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<Duration> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

fn summary(mut took: Vec<Duration>) -> String {
    let [median, late, last] = [0.5, 0.99, 1.0].map(|share| ms(at(&mut took, share)));
    format!("p50 {median:.2} ms, p99 {late:.2} ms, longest {last:.2} ms")
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
fn at(took: &mut [Duration], share: f64) -> Duration {
    took.sort_unstable();
    took[((took.len() - 1) as f64 * share).round() as usize]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
