//! The literal law on made-up documents: what a quotation finds is what a naive scan finds.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;
use xunzhang::rpc::proto::{Document, Hit};

use crate::support::{
    Law, SIGNS, Service, Whole, document, exported, limited, phrase, phrases, ready, searched, sent, texts, typed,
};

/// How a quotation is written otherwise than it stands in the paragraph.
#[derive(Clone, Copy, Debug)]
enum Disguise {
    None,
    Bare,
    Punctuated,
    OtherScript,
    OtherShape,
}

/// A quotation: letters and digits of a paragraph that is there when it is asked for.
#[derive(Clone, Debug)]
struct Quotation {
    paragraph: Index,
    start: Index,
    letters: usize,
    disguise: Disguise,
    form: Index,
}

impl Quotation {
    /// As it is asked for.
    fn of(&self, paragraphs: &[Hit], law: &Law) -> String {
        let text = &paragraphs[self.paragraph.index(paragraphs.len())].text;
        let letters: Vec<usize> = text.char_indices().filter(|&(_, c)| law.counts(c)).map(|(at, _)| at).collect();
        let start = self.start.index(letters.len());
        let end = letters.get(start + self.letters).copied().unwrap_or(text.len());
        self.disguised(&text[letters[start]..end], law)
    }

    fn disguised(&self, written: &str, law: &Law) -> String {
        let one_of = |c: char, forms: Vec<char>| if forms.is_empty() { c } else { *self.form.get(&forms) };
        match self.disguise {
            Disguise::None => written.to_owned(),
            Disguise::Bare => written.chars().filter(|&c| law.counts(c)).collect(),
            Disguise::Punctuated => {
                written.chars().flat_map(|c| [c.to_string(), self.form.get(&SIGNS).to_string()]).collect()
            }
            Disguise::OtherScript => written.chars().map(|c| one_of(c, law.other_scripts(c))).collect(),
            Disguise::OtherShape => written.chars().map(|c| one_of(c, law.other_shapes(c))).collect(),
        }
    }
}

/// A text, or paragraphs already split.
fn contents() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![3 => texts(0..160).prop_map(|text| vec![text]), 1 => vec(texts(0..12), 2..6)]
}

fn quotations() -> impl Strategy<Value = Quotation> {
    let disguises = [Disguise::None, Disguise::Bare, Disguise::Punctuated, Disguise::OtherScript, Disguise::OtherShape];
    (any::<Index>(), any::<Index>(), 1..=12_usize, select(disguises.to_vec()), any::<Index>())
        .prop_map(|(paragraph, start, letters, disguise, form)| Quotation { paragraph, start, letters, disguise, form })
}

#[test]
fn a_quotation_finds_what_a_scan_finds() {
    let runtime = Runtime::new().unwrap();
    let (service, law) = (runtime.block_on(Service::start()), Law::read());
    // Always as many documents, so that those of one case replace those of the case before.
    let documents = [contents(), contents(), contents(), contents()];
    let strategy = (documents, vec(quotations(), 12), vec(phrases(), 4));
    let config = Config { cases: 48, source_file: Some(file!()), ..Config::default() };
    let checked = TestRunner::new(config).run(&strategy, |(contents, quotations, free)| {
        runtime.block_on(check(&service, &law, &contents, &quotations, free));
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
    runtime.block_on(service.stop());
}

async fn check(service: &Service, law: &Law, contents: &[Vec<String>], quotations: &[Quotation], free: Vec<String>) {
    replace(service, contents).await;
    for (id, content) in contents.iter().enumerate() {
        if let [text] = &content[..] {
            Whole::read(service, &id.to_string()).await.check(text, law);
        }
    }
    let paragraphs = service.export(exported("")).await.hits;
    let quoted = quotations.iter().filter(|_| !paragraphs.is_empty()).map(|quotation| quotation.of(&paragraphs, law));
    for quotation in quoted.chain(free) {
        let wanted = law.searchable(&quotation);
        let has = |hit: &&Hit| !wanted.is_empty() && law.searchable(&hit.text).contains(&wanted);
        let expected: Vec<&str> = paragraphs.iter().filter(has).map(|hit| hit.paragraph_id.as_str()).collect();
        assert_eq!(found(service, &quotation).await, expected, "{quotation:?}");
    }
}

/// Makes these the documents of the service, in one import.
async fn replace(service: &Service, contents: &[Vec<String>]) {
    let made = |(id, content): (usize, &Vec<String>)| -> Document {
        let id = id.to_string();
        match &content[..] {
            [text] => document(&id, text),
            paragraphs => ready(&id, &paragraphs.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    };
    let documents: Vec<Document> = contents.iter().enumerate().map(made).collect();
    let requests = (1..).zip(documents).map(|(number, document)| sent(number, document));
    let requests = tokio_stream::iter(requests.collect::<Vec<_>>());
    let mut answers = service.documents().import_documents(requests).await.expect("an import begins").into_inner();
    while let Some(answer) = answers.message().await.expect("an import goes on") {
        assert_eq!(answer.failures, []);
    }
}

/// The ids that a quotation finds, in order of arrival; searches and exports find the same.
async fn found(service: &Service, quotation: &str) -> Vec<String> {
    let mut ranked = service.search(limited(10_000, typed(phrase(quotation)))).await.hits;
    ranked.sort_by_key(|hit| (hit.sequence, hit.ordinal));
    let ids = |hits: Vec<Hit>| hits.into_iter().map(|hit| hit.paragraph_id).collect::<Vec<_>>();
    let ids_ranked = ids(ranked);
    // What has no quotation mark itself can be put into a pair.
    if !quotation.contains(['“', '”']) {
        let written = format!("“{quotation}”");
        assert_eq!(ids(service.export(exported(&written)).await.hits), ids_ranked, "{written}");
        let count = service.search(limited(1, searched(&written))).await.hits.len();
        assert_eq!(count, ids_ranked.len().min(1), "{written}");
    }
    ids_ranked
}
