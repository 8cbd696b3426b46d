//! Asks the questions and compares the answers with what has to be found.

use std::collections::HashMap;

use xunzhang::rpc::proto::Hit;

use crate::{
    Paragraph,
    draw::{Kind, Question},
    service::Client,
};

/// The most hits for which a search is asked: the ranks that come from one set of candidates.
const MAX_SEARCHED: usize = 200;
/// Failures that are told; more of them say nothing new.
const MOST_FAILURES: usize = 20;

/// What came of the questions of one kind.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    /// Questions whose own paragraph was found.
    pub(crate) found: usize,
    /// Paragraphs that had to be found.
    pub(crate) matches: usize,
    /// Those of them that were not.
    pub(crate) missed: usize,
    /// Hits that do not have the characters, or came twice.
    pub(crate) foreign: usize,
    /// Hits whose text or source ranges are not the paragraph's.
    pub(crate) altered: usize,
}

/// What came of all questions.
#[derive(Default)]
pub(crate) struct Answered {
    pub(crate) tallies: [Tally; Kind::ALL.len()],
    /// The first failures, for people.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Whether everything was found, and nothing else.
    pub(crate) fn holds(&self) -> bool {
        self.found == self.asked && self.missed == 0 && self.foreign == 0 && self.altered == 0
    }

    fn add(&mut self, other: Self) {
        let Self { asked, found, matches, missed, foreign, altered } = other;
        self.asked += asked;
        self.found += found;
        self.matches += matches;
        self.missed += missed;
        self.foreign += foreign;
        self.altered += altered;
    }
}

/// Asks every question: the first, third, … by `Search` where there are few hits, the others by `Export`.
///
/// # Errors
/// When a question is not answered.
pub(crate) async fn ask(
    client: &Client,
    paragraphs: &[Paragraph],
    questions: &[Question],
    expected: &[Vec<usize>],
) -> anyhow::Result<Answered> {
    let ids = paragraphs.iter().enumerate().map(|(at, paragraph)| (paragraph.id.as_str(), at)).collect();
    let asked = Asked { client, paragraphs, ids };
    let every_second = |first: usize| questions.iter().zip(expected).skip(first).step_by(2);
    let searches = asked.ask_all(every_second(0), Way::Search);
    let exports = asked.ask_all(every_second(1), Way::Export);
    let (mut answered, others) = tokio::try_join!(searches, exports)?;
    for (tally, other) in answered.tallies.iter_mut().zip(others.tallies) {
        tally.add(other);
    }
    answered.failures.extend(others.failures);
    Ok(answered)
}

/// Which call answers.
#[derive(Clone, Copy)]
enum Way {
    /// `Search`, as long as there are few hits.
    Search,
    /// `Export`.
    Export,
}

/// Whom to ask, and what may be answered.
struct Asked<'a> {
    client: &'a Client,
    paragraphs: &'a [Paragraph],
    ids: HashMap<&'a str, usize>,
}

impl Asked<'_> {
    async fn ask_all<'q>(
        &self,
        questions: impl Iterator<Item = (&'q Question, &'q Vec<usize>)>,
        way: Way,
    ) -> anyhow::Result<Answered> {
        let mut answered = Answered::default();
        for (question, expected) in questions {
            let quotations: Vec<&str> =
                [&question.text].into_iter().chain(&question.beside).map(String::as_str).collect();
            let hits = match way {
                Way::Search if expected.len() <= MAX_SEARCHED => self.client.search(&quotations).await?,
                _ => self.client.export(&quotations).await?,
            };
            let tally = self.compare(question, expected, &hits);
            if !tally.holds() && answered.failures.len() < MOST_FAILURES {
                answered.failures.push(self.failure(question, &tally));
            }
            answered.tallies[question.kind as usize].add(tally);
        }
        Ok(answered)
    }

    fn compare(&self, question: &Question, expected: &[usize], hits: &[Hit]) -> Tally {
        let mut found: Vec<usize> =
            hits.iter().filter_map(|hit| self.ids.get(hit.paragraph_id.as_str()).copied()).collect();
        found.sort_unstable();
        found.dedup();
        let present = expected.iter().filter(|at| found.binary_search(at).is_ok()).count();
        Tally {
            asked: 1,
            found: usize::from(found.binary_search(&question.paragraph).is_ok()),
            matches: expected.len(),
            missed: expected.len() - present,
            foreign: hits.len() - present,
            altered: hits.iter().filter(|hit| self.is_altered(hit)).count(),
        }
    }

    /// Whether a hit is not the paragraph that was read back before.
    fn is_altered(&self, hit: &Hit) -> bool {
        let ranges = hit.source_ranges.iter().map(|range| range.start as usize..range.end as usize);
        self.ids.get(hit.paragraph_id.as_str()).is_none_or(|&at| {
            let paragraph = &self.paragraphs[at];
            hit.text != paragraph.text || !ranges.eq(paragraph.source_ranges.iter().cloned())
        })
    }

    fn failure(&self, question: &Question, tally: &Tally) -> String {
        let Question { kind, text, paragraph, .. } = question;
        let Tally { found, missed, foreign, altered, .. } = tally;
        let id = &self.paragraphs[*paragraph].id;
        let own = if *found == 0 { "not found" } else { "found" };
        format!("{}: {text:?} of {id}, {own}: {missed} missed, {foreign} false, {altered} altered", kind.name())
    }
}
