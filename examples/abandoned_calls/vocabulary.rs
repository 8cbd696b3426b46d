//! What expensive queries are made of, taken from the documents themselves.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use anyhow::{Context as _, ensure};
use xunzhang::rpc::proto::{ExportRequest, ExportResponse, export_response::Event};

use crate::{calls::Client, queries::Vocabulary};

/// How many paragraphs are read.
const PARAGRAPHS: usize = 20_000;
/// Characters of a run: sixteen of them are as much as a query may have.
const RUN: usize = 1_000;

/// Counts characters and pairs in the first paragraphs.
pub(crate) async fn read(client: &Client) -> anyhow::Result<Vocabulary> {
    let mut stream = client.searches.clone().export(ExportRequest::default()).await?.into_inner();
    let (mut characters, mut pairs) = (HashMap::new(), HashMap::new());
    let (mut run, mut runs, mut paragraph_id, mut read) = (String::new(), Vec::new(), None, 0);
    let (mut document_ids, mut titles, mut text) = (BTreeSet::new(), BTreeSet::new(), String::new());
    while let Some(ExportResponse { event }) = stream.message().await? {
        let Some(Event::Hits(batch)) = event else { continue };
        for hit in &batch.hits {
            let letters: Vec<char> = hit.text.chars().filter(|character| character.is_alphabetic()).collect();
            for letter in &letters {
                *characters.entry(letter.to_string()).or_default() += 1;
            }
            for pair in letters.windows(2) {
                *pairs.entry(pair.iter().collect::<String>()).or_default() += 1;
            }
            document_ids.insert(hit.document_id.clone());
            titles.insert(hit.title.clone());
            text.extend([&hit.text, "\n"]);
            run.extend(&letters);
            if run.chars().count() >= RUN {
                runs.push(run.chars().take(RUN).collect());
                run.clear();
            }
        }
        read += batch.hits.len();
        paragraph_id = batch.hits.into_iter().last().map(|hit| hit.paragraph_id);
        if read >= PARAGRAPHS {
            break;
        }
    }
    let (characters, pairs) = (by_frequency(characters), by_frequency(pairs));
    ensure!(characters.len() >= 255 && pairs.len() >= 255 && runs.len() >= 16, "too few documents");
    let paragraph_id = paragraph_id.context("there is a paragraph")?;
    titles.retain(|title| title.chars().any(char::is_alphanumeric));
    let (document_ids, titles) = (document_ids.into_iter().collect(), titles.into_iter().collect());
    Ok(Vocabulary { characters, pairs, runs, paragraph_id, document_ids, titles, text })
}

fn by_frequency<T: Hash + Ord>(counts: HashMap<T, u64>) -> Vec<T> {
    let mut counts: Vec<_> = counts.into_iter().map(|(value, count)| (std::cmp::Reverse(count), value)).collect();
    counts.sort_unstable();
    counts.into_iter().map(|(_, value)| value).collect()
}
