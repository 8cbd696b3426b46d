//! The bare engine with the very trees that the service makes of queries, on the very index that the service wrote.

use std::{
    fs,
    ops::Bound,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::Value;
use tantivy::{
    Index, Searcher, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::{Field, IndexRecordOption},
};
use xunzhang::text::for_each_gram;

use crate::{
    service::{Load, Service},
    table::float,
};

/// The hits of a search, as `bench` asks for them.
const LIMIT: usize = 10;

/// The first day that a filter lets through, as the service and as its index write it: of the laws' paragraphs 0.44 are later.
const SINCE: (&str, u64) = ("from=2019", 20_190_000);

/// Fields of text with the fields of words beside them.
const FIELDS: [(&str, &str); 2] = [("grams", "words"), ("title_grams", "title_words")];

/// Queries a second, one client, each query's best of several runs.
pub(crate) struct Rate {
    pub(crate) bare: f64,
    pub(crate) service: f64,
}

/// What is asked of both.
pub(crate) struct Asked {
    queries: PathBuf,
    flags: &'static [&'static str],
    trees: Vec<Box<dyn Query>>,
}

/// An index that the service wrote.
pub(crate) struct SameTree {
    searcher: Searcher,
}

impl SameTree {
    /// Opens the index of a service that has nothing to do any more.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        Ok(Self { searcher: Index::open_in_dir(data.join("index"))?.reader()?.searcher() })
    }

    /// Queries of several words with a filter, with all words required, and with the first one required.
    pub(crate) fn asked(&self, service: &Service, queries: &Path, folder: &Path) -> anyhow::Result<[Asked; 3]> {
        let words = several_words(queries)?;
        let first_required: Vec<String> = words.iter().map(|words| format!("+{words}")).collect();
        let since = Term::from_field_u64(self.field("date")?, SINCE.1);
        let dates = RangeQuery::new(Bound::Included(since), Bound::Unbounded);
        let filter =
            |words| -> Box<dyn Query> { Box::new(BooleanQuery::intersection(vec![words, Box::new(dates.clone())])) };
        let filtered = self.trees(service, &words, &[])?.into_iter().map(filter).collect();
        let all = self.trees(service, &words, &["--match", "all"])?;
        let first = self.trees(service, &first_required, &[])?;
        let queries = written(folder, "words", &words)?;
        Ok([
            Asked { queries: queries.clone(), flags: &["--filter", SINCE.0], trees: filtered },
            Asked { queries, flags: &["--match", "all"], trees: all },
            Asked { queries: written(folder, "first", &first_required)?, flags: &[], trees: first },
        ])
    }

    /// Asks the engine and the service, one after the other.
    pub(crate) fn compare(&self, service: &Service, asked: &Asked, repeat: usize) -> anyhow::Result<Rate> {
        let mut all = Duration::ZERO;
        for tree in &asked.trees {
            let mut best = Duration::MAX;
            for _ in 0..repeat {
                let begun = Instant::now();
                for (_, address) in self.searcher.search(tree, &TopDocs::with_limit(LIMIT).order_by_score())? {
                    std::hint::black_box(self.searcher.doc::<TantivyDocument>(address)?);
                }
                best = best.min(begun.elapsed());
            }
            all += best;
        }
        let Load { best_qps, .. } = service.load(&asked.queries, repeat, asked.flags)?;
        Ok(Rate { bare: float(asked.trees.len() as u64) / all.as_secs_f64(), service: best_qps })
    }

    /// What the service says that it looks for.
    fn trees(&self, service: &Service, queries: &[String], flags: &[&str]) -> anyhow::Result<Vec<Box<dyn Query>>> {
        let tree = |query: &String| self.tree(&service.plan(query, flags)?);
        queries.iter().map(tree).collect()
    }

    fn tree(&self, clause: &Value) -> anyhow::Result<Box<dyn Query>> {
        if let Some(clauses) = clause["group"]["clauses"].as_array() {
            let mut parts = Vec::new();
            for clause in clauses {
                match clause["occurrence"].as_str() {
                    Some("PLAN_OCCURRENCE_MUST") => parts.push((Occur::Must, self.tree(clause)?)),
                    Some("PLAN_OCCURRENCE_MUST_NOT") => parts.push((Occur::MustNot, self.tree(clause)?)),
                    // The engine prunes a flat union only.
                    _ if clause["term"].is_object() => {
                        parts.extend(self.leaves(&clause["term"])?.into_iter().map(|leaf| (Occur::Should, leaf)));
                    }
                    _ => parts.push((Occur::Should, self.tree(clause)?)),
                }
            }
            Ok(Box::new(BooleanQuery::new(parts)))
        } else if clause["term"].is_object() {
            Ok(Box::new(BooleanQuery::union(self.leaves(&clause["term"])?)))
        } else {
            bail!("queries of words have groups and terms: {clause}")
        }
    }

    /// Characters in sequence, and the word, in text and title.
    fn leaves(&self, term: &Value) -> anyhow::Result<Vec<Box<dyn Query>>> {
        let characters = term["term"].as_str().context("a term has characters")?;
        let mut leaves: Vec<Box<dyn Query>> = Vec::new();
        for (grams, words) in FIELDS {
            let (grams, words) = (self.field(grams)?, self.field(words)?);
            leaves.push(sequence(characters, grams)?);
            let word = Term::from_field_text(words, characters);
            if term["word"] == true {
                leaves.push(Box::new(TermQuery::new(word, IndexRecordOption::WithFreqs)));
            }
        }
        Ok(leaves)
    }

    fn field(&self, name: &str) -> tantivy::Result<Field> {
        self.searcher.schema().get_field(name)
    }
}

/// Bigrams one after the other.
fn sequence(characters: &str, field: Field) -> anyhow::Result<Box<dyn Query>> {
    let mut grams = Vec::new();
    for_each_gram(characters, |gram, position| grams.push((position as usize, Term::from_field_text(field, gram))));
    grams.pop(); // The last character, which stands alone at the end of a text only.
    match grams.len() {
        0 => bail!("`{characters}` is one character"),
        1 => Ok(Box::new(TermQuery::new(grams.swap_remove(0).1, IndexRecordOption::WithFreqs))),
        _ => Ok(Box::new(PhraseQuery::new_with_offset(grams))),
    }
}

/// The queries of several words, none of which is a single character.
fn several_words(queries: &Path) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Line {
        kind: String,
        q: String,
    }
    let lines: Vec<Line> = fs::read_to_string(queries)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let is_fit = |line: &Line| {
        line.kind == "words" && line.q.contains(' ') && line.q.split(' ').all(|word| word.chars().nth(1).is_some())
    };
    Ok(lines.into_iter().filter(is_fit).map(|line| line.q).collect())
}

fn written(folder: &Path, name: &str, queries: &[String]) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    let lines = queries.iter().enumerate().map(|(number, query)| format!("{number}\t{query}\n"));
    fs::write(&path, lines.collect::<String>())?;
    Ok(path)
}
