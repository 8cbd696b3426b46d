//! `search --queries FILE`: many searches, answered in the order of the file.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    sync::Arc,
};

use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Channel;

use super::{
    arguments::{RunFormat, SearchArguments, Wording},
    failure::Failure,
    lines::Lines,
    output,
    output::Form,
    search,
};
use crate::rpc::proto::{Filter, Hit, SearchRequest, search_response::Event};

/// Queries read ahead for each search under way, so that a slow one does not keep the others waiting for their turn to
/// be printed.
const AHEAD: usize = 4;

/// A file of queries and what to do with them.
pub(super) struct Batch {
    lines: Lines<BufReader<File>>,
    name: String,
    format: RunFormat,
    limit: u32,
    wording: Wording,
    filter: Option<Filter>,
    searches: usize,
}

/// A query of the file.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    id: String,
    text: String,
}

/// A query whose search is under way, or waits for its turn.
struct Running {
    id: String,
    hits: AbortOnDropHandle<Result<Vec<Hit>, Failure>>,
}

impl Batch {
    /// Opens a file of queries.
    pub(super) fn of(file: &Path, arguments: &SearchArguments, form: Form) -> Result<Self, Failure> {
        let format = match (arguments.format, form) {
            (Some(RunFormat::Trec), Form::Json) => {
                return Err(Failure::Usage(
                    "`--json` and `--format trec` exclude each other; leave one out".to_owned(),
                ));
            }
            (Some(format), _) => format,
            (None, Form::Json) => RunFormat::Jsonl,
            (None, Form::Text) => RunFormat::Trec,
        };
        let name = file.display().to_string();
        let file = File::open(file).map_err(|error| Failure::Usage(format!("cannot open `{name}`: {error}")))?;
        Ok(Self {
            lines: Lines::new(BufReader::new(file)),
            name,
            format,
            limit: arguments.limit,
            wording: arguments.wording,
            filter: arguments.filter.filter()?,
            searches: usize::from(arguments.threads),
        })
    }

    /// Searches for every query and prints the hits in the order of the file. A bad line and a failed query are
    /// reported, and the rest goes on.
    pub(super) async fn run(mut self, channel: Channel, out: &mut impl Write) -> Result<(), Failure> {
        let turns = Arc::new(Semaphore::new(self.searches));
        let mut running = VecDeque::new();
        let mut failed = 0_u64;
        loop {
            while running.len() < self.searches * AHEAD {
                match next_query(&mut self.lines) {
                    None => break,
                    Some(Ok(query)) => running.push_back(self.start(query, channel.clone(), Arc::clone(&turns))),
                    Some(Err(reason)) => {
                        failed += 1;
                        output::error(format_args!("{}:{}: {reason}", self.name, self.lines.number()));
                    }
                }
            }
            let Some(Running { id, hits }) = running.pop_front() else { break };
            match hits.await.unwrap_or_else(|error| Err(Failure::Incomplete(format!("the search ended: {error}")))) {
                Ok(hits) => self.format.write(out, &id, &hits)?,
                Err(failure) => {
                    failed += 1;
                    output::error(format_args!("query `{id}`: {failure}"));
                }
            }
        }
        match failed {
            0 => Ok(()),
            1 => Err(Failure::Incomplete("1 query was not answered".to_owned())),
            failed => Err(Failure::Incomplete(format!("{failed} queries were not answered"))),
        }
    }

    fn start(&self, query: Query, channel: Channel, turns: Arc<Semaphore>) -> Running {
        let Query { id, text } = query;
        let filter = self.filter.clone();
        let request = SearchRequest { filter, ..search::request(text, self.limit, self.wording) };
        let search = async move {
            let _turn = turns.acquire().await.expect("it is never closed");
            let mut hits = Vec::new();
            search::receive(channel, request, |event| {
                if let Event::Hits(batch) = event {
                    hits.extend(batch.hits);
                }
                Ok(())
            })
            .await?;
            Ok(hits)
        };
        Running { id, hits: AbortOnDropHandle::new(tokio::spawn(search)) }
    }
}

/// Reads the next query, past empty lines.
fn next_query(lines: &mut Lines<impl BufRead>) -> Option<Result<Query, String>> {
    loop {
        match lines.next()? {
            Err(error) => return Some(Err(error.to_string())),
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => return Some(parse(line)),
        }
    }
}

fn parse(line: &str) -> Result<Query, String> {
    let (id, text) = line.split_once('\t').ok_or("no tab; write an id, a tab, a query")?;
    let (id, text) = (id.trim(), text.trim());
    if id.is_empty() {
        return Err("no id before the tab".to_owned());
    }
    if text.is_empty() {
        return Err("no query after the tab".to_owned());
    }
    Ok(Query { id: id.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::cli::{
        fake::{self, FakeService},
        filter::FilterArguments,
    };

    #[tokio::test]
    async fn answers_stand_in_the_order_of_the_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let queries: Vec<_> = (0..100).map(|number| format!("q{number}")).collect();
        for id in &queries {
            // One fails and one is cut: neither leaves a line.
            let text = if id == "q7" {
                "错"
            } else if id == "q9" {
                "断"
            } else {
                id
            };
            writeln!(file, "{id}\t{text}").unwrap();
        }
        let arguments = SearchArguments {
            query: None,
            limit: 2,
            wording: Wording::default(),
            context: 0,
            collapse: false,
            queries: None,
            format: None,
            threads: 3,
            filter: FilterArguments::default(),
        };
        let batch = Batch::of(file.path(), &arguments, Form::Text).unwrap();
        let mut out = Vec::new();
        let ended = batch.run(fake::channel(FakeService::default()).await, &mut out).await;
        assert_eq!(ended.unwrap_err().to_string(), "2 queries were not answered");
        let expected = queries.iter().filter(|&id| id != "q7" && id != "q9");
        let expected: Vec<_> = expected.map(|id| format!("{id} Q0 {id} 1 0 xunzhang")).collect();
        assert_eq!(String::from_utf8(out).unwrap().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_bad_line_does_not_stop_the_rest() {
        let file = "\u{feff}q1\t营商环境\r\n\nno tab\n\t无名\nq2\t \nq3\t甲\t乙\n";
        let mut lines = Lines::new(file.as_bytes());
        let mut read = Vec::new();
        while let Some(query) = next_query(&mut lines) {
            read.push((lines.number(), query.map(|query| (query.id, query.text))));
        }
        let query = |id: &str, text: &str| Ok((id.to_owned(), text.to_owned()));
        let error = |reason: &str| Err(reason.to_owned());
        assert_eq!(
            read,
            [
                (1, query("q1", "营商环境")),
                (3, error("no tab; write an id, a tab, a query")),
                (4, error("no id before the tab")),
                (5, error("no query after the tab")),
                (6, query("q3", "甲\t乙")),
            ]
        );
    }
}
