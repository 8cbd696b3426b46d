//! The client commands and their arguments, as clap reads them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::filter::FilterArguments;
use crate::rpc::proto::{DocumentView, FacetField, MatchMode};

/// What every client command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Client options")]
pub struct ClientArguments {
    /// Where the service listens
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:50051")]
    pub endpoint: String,
    /// Where the service listens for operators; for `stats`, `backup`, `verify` and `reindex`
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:50052")]
    pub admin_endpoint: String,
    /// Print JSON lines, with the names of the contract
    #[arg(long, global = true)]
    pub json: bool,
}

/// What the service is asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring documents in: folders and files, .txt, .md, .jsonl and .jsonl.gz
    Import(ImportArguments),
    /// Find paragraphs, best first
    Search(SearchArguments),
    /// Print every paragraph that matches, in order of arrival; with --follow also what comes and goes later
    Export(ExportArguments),
    /// Say how many paragraphs match, and by what
    Count(CountArguments),
    /// Print one document
    Get(GetArguments),
    /// List documents in order of arrival
    List(ListArguments),
    /// Delete one document
    Delete(DeleteArguments),
    /// Delete every document that meets conditions; without --yes, say how many it would be
    Purge(PurgeArguments),
    /// Show how a query is understood, and what the score of a paragraph is made of
    Explain(ExplainArguments),
    /// Show what becomes of a text: what is cut out, what it says about itself, its paragraphs
    Analyze(AnalyzeArguments),
    /// Put a load on the service, and say how fast it answers
    Bench(BenchArguments),
    /// Say what the index holds
    Stats,
    /// Copy the index into a new directory on the service's machine, while it goes on
    Backup(BackupArguments),
    /// Compare every file of the index with its checksum, while it is served; see also `repair`
    Verify,
    /// Build the index anew from the stored originals, as the service's text chain reads them now, while it goes on
    Reindex(ReindexArguments),
}

/// What `reindex` takes.
#[derive(Debug, Args)]
pub struct ReindexArguments {
    /// Even if the index was made by the text chain that the service has
    #[arg(long)]
    pub force: bool,
}

/// What `backup` takes.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The directory to make, on the service's machine; one that does not begin with `/` counts from here
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Folders, read with all that is in them, and files
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Take each text as one paragraph that is already split
    #[arg(long)]
    pub ready_made: bool,
    /// Put every document into this collection, whatever its record says
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Note in this file how far the import is, and go on from there if it is there; gone when all is done
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
}

/// What `search` takes.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// What to look for; behind `--` if it begins with `-`
    #[arg(required_unless_present = "queries", conflicts_with = "queries")]
    pub query: Option<String>,
    /// The most hits, for each query; 0 leaves it to the service
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: u32,
    /// How the query is taken
    #[command(flatten)]
    pub wording: Wording,
    /// Paragraphs of the same document to print before and after each hit, at most 5
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "queries",
          value_parser = clap::value_parser!(u32).range(..=5))]
    pub context: u32,
    /// Fold near copies into the best of them
    #[arg(long, conflicts_with = "queries")]
    pub collapse: bool,
    /// Search for every line of this file: an id, a tab, a query
    #[arg(long, value_name = "FILE")]
    pub queries: Option<PathBuf>,
    /// What `--queries` prints: a TREC run, or a JSON line a hit [default: trec, with --json jsonl]
    #[arg(long, value_enum, conflicts_with = "query")]
    pub format: Option<RunFormat>,
    /// How many searches `--queries` has under way at once, 1 to 64
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with = "query",
          value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// How a query is taken.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Wording {
    /// How many of the words have to match
    #[arg(long = "match", value_name = "MODE", value_enum, default_value_t = WordsWanted::Any)]
    pub words_wanted: WordsWanted,
    /// Look for the words as they stand, not for other names of the same thing
    #[arg(long)]
    pub no_synonyms: bool,
    /// Take the query as prose: what is quoted is wanted, not required, and no sign means anything
    #[arg(long)]
    pub prose: bool,
}

impl Wording {
    /// How many of the words have to match, as a request says it.
    pub(super) fn mode(self) -> MatchMode {
        self.words_wanted.into()
    }

    /// A query in the form in which a request has it, which is one of two.
    pub(super) fn form<F>(self, query: String, written: fn(String) -> F, prose: fn(String) -> F) -> F {
        if self.prose { prose(query) } else { written(query) }
    }
}

/// How many of the words have to match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum WordsWanted {
    /// One is enough, more are better
    #[default]
    Any,
    /// Every one
    All,
}

impl From<WordsWanted> for MatchMode {
    fn from(wanted: WordsWanted) -> Self {
        match wanted {
            WordsWanted::Any => Self::Any,
            WordsWanted::All => Self::All,
        }
    }
}

/// How the hits of many queries are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// `qid Q0 document_id rank score tag`, each document once
    Trec,
    /// A JSON object for every hit: the query's id, rank, score, ids, text
    Jsonl,
}

/// What `export` takes.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// What to look for, behind `--` if it begins with `-`; everything if nothing is given
    #[arg(default_value = "", hide_default_value = true)]
    pub query: String,
    /// How the query is taken
    #[command(flatten)]
    pub wording: Wording,
    /// Go on with what is added and removed later, until stopped by Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// What `count` takes.
#[derive(Debug, Args)]
pub struct CountArguments {
    /// What to count; everything if nothing is given
    #[arg(default_value = "", hide_default_value = true)]
    pub query: String,
    /// How the query is taken
    #[command(flatten)]
    pub wording: Wording,
    /// Count by this, too
    #[arg(long = "facet", value_name = "FIELD", value_enum)]
    pub facets: Vec<FacetName>,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// What matches are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FacetName {
    /// The year of publishing
    Year,
    /// Where the document was found
    Source,
    /// Who issued it
    Agency,
    /// Its kind
    Type,
    /// Its level
    Level,
    /// The collection that it belongs to
    Collection,
    /// Each of its labels
    Label,
}

impl From<FacetName> for FacetField {
    fn from(name: FacetName) -> Self {
        match name {
            FacetName::Year => Self::Year,
            FacetName::Source => Self::Source,
            FacetName::Agency => Self::Agency,
            FacetName::Type => Self::DocumentType,
            FacetName::Level => Self::Level,
            FacetName::Collection => Self::Collection,
            FacetName::Label => Self::Label,
        }
    }
}

/// What `list` takes.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// The most documents; all if nothing is given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// What `purge` takes.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").args(["wanted", "excluded", "all"]).required(true).multiple(true))]
pub struct PurgeArguments {
    /// Mean every document
    #[arg(long, conflicts_with_all = ["wanted", "excluded"])]
    pub all: bool,
    /// Delete them
    #[arg(long)]
    pub yes: bool,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// What `get` takes.
#[derive(Debug, Args)]
pub struct GetArguments {
    /// The document
    pub id: String,
    /// How much of it
    #[arg(long, value_enum, default_value_t = View::Metadata)]
    pub view: View,
}

/// How much of a document is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// Everything but the text
    Metadata,
    /// The paragraphs too
    Paragraphs,
    /// The text, exactly as it was sent
    Original,
}

impl From<View> for DocumentView {
    fn from(view: View) -> Self {
        match view {
            View::Metadata => Self::Metadata,
            View::Paragraphs => Self::Paragraphs,
            View::Original => Self::Original,
        }
    }
}

/// What `delete` takes.
#[derive(Debug, Args)]
pub struct DeleteArguments {
    /// The document
    pub id: String,
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// What to look for; behind `--` if it begins with `-`
    pub query: String,
    /// How the query is taken
    #[command(flatten)]
    pub wording: Wording,
    /// The paragraph whose score to take apart: a document's id, `#` and an ordinal
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub paragraph: String,
    /// Conditions on documents
    #[command(flatten)]
    pub filter: FilterArguments,
}

/// What `analyze` takes.
#[derive(Debug, Args)]
pub struct AnalyzeArguments {
    /// A file of text in UTF-8; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the text was found: what three documents of this source begin or end with is cut
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub source: String,
    /// Print the words of every paragraph, too; with --json they are always there
    #[arg(long)]
    pub tokens: bool,
}

/// What `bench` takes.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// The queries: JSON lines `{"qid","kind","q"}`, or an id, a tab, a query
    #[arg(long, value_name = "FILE")]
    pub queries: PathBuf,
    /// Send the queries of this kind; `phrase` is sent quoted [default: term, words, question]
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// How many connections there are, 1 to 256; without --rate each asks as soon as it has its answer
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub clients: u16,
    /// Send so many requests a second, whatever becomes of them; times then count from when a request was due
    #[arg(long, value_name = "Q", value_parser = rate)]
    pub rate: Option<f64>,
    /// How often each query is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,
    /// The most hits of a search
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "export")]
    pub limit: u32,
    /// How the queries are taken
    #[command(flatten)]
    pub wording: Wording,
    /// Which documents count
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Export every match instead of searching
    #[arg(long)]
    pub export: bool,
}

/// Requests a second: at least one in a minute, at most a million.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().map_err(|error| error.to_string())?;
    if (1.0 / 60.0..=1e6).contains(&rate) { Ok(rate) } else { Err("is not between 1/60 and 1000000".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        client: ClientArguments,
        #[command(subcommand)]
        command: Command,
    }

    fn is_accepted(line: &str) -> bool {
        Line::try_parse_from(line.split(' ')).is_ok()
    }

    #[test]
    fn definitions_are_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn a_search_is_for_a_query_or_for_a_file_of_queries() {
        assert!(is_accepted("xunzhang search 营商环境 --limit 5 --match all --context 1 --collapse"));
        assert!(is_accepted("xunzhang search --queries q.tsv --format trec --threads 8"));
        assert!(!is_accepted("xunzhang search"));
        assert!(!is_accepted("xunzhang search 营商环境 --queries q.tsv"));
        assert!(!is_accepted("xunzhang search --queries q.tsv --collapse"));
        assert!(!is_accepted("xunzhang search 营商环境 --format trec"));
        assert!(!is_accepted("xunzhang search 营商环境 --threads 2"));
        assert!(!is_accepted("xunzhang search --queries q.tsv --threads 0"));
    }

    #[test]
    fn an_explanation_is_of_a_query() {
        assert!(is_accepted("xunzhang explain 营商环境 --match all --paragraph a.txt#1 --json"));
        assert!(!is_accepted("xunzhang explain --paragraph a.txt#1"));
    }

    #[test]
    fn client_options_stand_before_or_after_the_command() {
        for line in ["xunzhang --json --endpoint http://a:1 get 甲", "xunzhang get 甲 --json --endpoint http://a:1"] {
            let parsed = Line::try_parse_from(line.split(' ')).unwrap();
            assert!(parsed.client.json);
            assert_eq!(parsed.client.endpoint, "http://a:1");
        }
    }

    #[test]
    fn a_purge_says_which_documents() {
        assert!(is_accepted("xunzhang purge --filter level=省级 --exclude label=存档 --yes"));
        assert!(is_accepted("xunzhang purge --exclude label=存档"));
        assert!(is_accepted("xunzhang purge --all"));
        assert!(!is_accepted("xunzhang purge"));
        assert!(!is_accepted("xunzhang purge --yes"));
        assert!(!is_accepted("xunzhang purge --all --filter level=省级"));
        assert!(!is_accepted("xunzhang purge --filter 级别=省级"));
    }

    #[test]
    fn counts_and_lists() {
        assert!(is_accepted("xunzhang count"));
        assert!(is_accepted("xunzhang count 营商环境 --match all --facet year --facet type --filter from=2024"));
        assert!(!is_accepted("xunzhang count --facet title"));
        assert!(is_accepted("xunzhang list --limit 5 --filter to=2024-06"));
        assert!(!is_accepted("xunzhang list --limit 0"));
        assert!(!is_accepted("xunzhang list --filter to=六月"));
    }

    #[test]
    fn a_load_has_queries() {
        assert!(is_accepted("xunzhang bench --queries q.jsonl --kind term --kind phrase --clients 8 --repeat 3"));
        assert!(is_accepted("xunzhang bench --queries q.jsonl --rate 0.5 --export --match all"));
        assert!(!is_accepted("xunzhang bench"));
        assert!(!is_accepted("xunzhang bench --queries q.jsonl --clients 0"));
        assert!(!is_accepted("xunzhang bench --queries q.jsonl --rate 0"));
        assert!(!is_accepted("xunzhang bench --queries q.jsonl --rate NaN"));
        assert!(!is_accepted("xunzhang bench --queries q.jsonl --export --limit 5"));
    }

    #[test]
    fn a_backup_names_a_directory() {
        assert!(is_accepted("xunzhang backup /backups/monday"));
        assert!(!is_accepted("xunzhang backup"));
        assert!(is_accepted("xunzhang verify --json"));
        assert!(!is_accepted("xunzhang verify a"));
    }

    #[test]
    fn an_import_names_a_path() {
        assert!(is_accepted("xunzhang import 甲 乙 --ready-made --collection 法规 --resume 进度"));
        assert!(!is_accepted("xunzhang import"));
    }
}
