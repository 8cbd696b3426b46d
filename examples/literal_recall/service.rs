//! A real service with a corpus in it, asked as its callers ask.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use xunzhang::{
    app::App,
    cli::import::{Content, ImportOptions, run},
    config::Config,
    rpc::{
        Channel,
        proto::{
            BooleanQuery, ExportRequest, FinishReason, Hit, PhraseQuery, Query, SearchRequest, export_request,
            export_response, query::Kind, search_request, search_response, search_service_client::SearchServiceClient,
        },
    },
};

/// The most hits that a search gives.
const MAX_HITS: u32 = 10_000;
/// What opens or closes a quotation, so that it cannot stand in one.
const QUOTES: [char; 8] = ['"', '＂', '“', '”', '「', '」', '『', '』'];

/// A service in this process; nothing of it is left when it is dropped.
pub(crate) struct Service {
    pub(crate) client: Client,
    _app: App,
    _directory: TempDir,
}

/// Asks a service.
pub(crate) struct Client(SearchServiceClient<Channel>);

impl Service {
    /// Starts one and brings a corpus in.
    pub(crate) async fn start(corpus: &Path) -> anyhow::Result<Self> {
        let directory = TempDir::new()?;
        let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        config.server.listen.set_port(0);
        (config.server.admin_listen, config.server.http_listen) = (None, None);
        let mut app = App::bind(config).await?;
        app.open().await?;
        let options = ImportOptions { paths: vec![corpus.to_owned()], content: Content::AsFound, collection: None };
        let summary = run(app.local_channel(), &options, |_| {}).await?;
        ensure!(summary.failed == 0, "{} documents were refused", summary.failed);
        let client = Client(SearchServiceClient::new(app.local_channel()));
        Ok(Self { client, _app: app, _directory: directory })
    }
}

impl Client {
    /// Every paragraph that has all quotations, in order of arrival.
    pub(crate) async fn export(&self, quotations: &[&str]) -> anyhow::Result<Vec<Hit>> {
        let query_form = match quoted(quotations) {
            Quoted::Written(query) => export_request::QueryForm::Query(query),
            Quoted::Typed(query) => export_request::QueryForm::TypedQuery(query),
        };
        let request = ExportRequest { query_form: Some(query_form), ..ExportRequest::default() };
        let mut stream = self.0.clone().export(request).await?.into_inner();
        let (mut hits, mut finished) = (Vec::new(), None);
        while let Some(message) = stream.message().await? {
            match message.event {
                Some(export_response::Event::Hits(batch)) => hits.extend(batch.hits),
                Some(export_response::Event::Summary(summary)) => finished = Some(summary.finish_reason()),
                _ => {}
            }
        }
        ensure!(finished == Some(FinishReason::Exhausted), "the export was cut");
        Ok(hits)
    }

    /// The paragraphs that have all quotations, best first, at most 10,000.
    pub(crate) async fn search(&self, quotations: &[&str]) -> anyhow::Result<Vec<Hit>> {
        let query_form = match quoted(quotations) {
            Quoted::Written(query) => search_request::QueryForm::Query(query),
            Quoted::Typed(query) => search_request::QueryForm::TypedQuery(query),
        };
        let request = SearchRequest { query_form: Some(query_form), limit: MAX_HITS, ..SearchRequest::default() };
        let mut stream = self.0.clone().search(request).await?.into_inner();
        let (mut hits, mut finished) = (Vec::new(), None);
        while let Some(message) = stream.message().await? {
            match message.event {
                Some(search_response::Event::Hits(batch)) => hits.extend(batch.hits),
                Some(search_response::Event::Summary(summary)) => finished = Some(summary),
                _ => {}
            }
        }
        finished.context("the search was cut")?;
        Ok(hits)
    }
}

/// Quotations, ready to be asked for.
enum Quoted {
    /// In quotation marks.
    Written(String),
    /// As a tree, where they have quotation marks themselves.
    Typed(Query),
}

fn quoted(quotations: &[&str]) -> Quoted {
    if quotations.iter().any(|text| text.contains(QUOTES)) {
        let phrase =
            |text: &&str| node(Kind::Phrase(PhraseQuery { text: (*text).to_owned(), ..PhraseQuery::default() }));
        let must = quotations.iter().map(phrase).collect();
        return Quoted::Typed(node(Kind::Boolean(BooleanQuery { must, ..BooleanQuery::default() })));
    }
    Quoted::Written(quotations.iter().flat_map(|text| ["“", text, "”"]).collect())
}

fn node(kind: Kind) -> Query {
    Query { kind: Some(kind) }
}
