//! Measures of a ranking, and how sure they are.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::{Context as _, bail};
use fastrand::Rng;

use crate::collection::lines;

/// What is measured, in the order of the scores.
pub(crate) const METRICS: [&str; 4] = ["nDCG@10", "MRR@10", "Recall@10", "Recall@100"];

/// How often queries are drawn anew.
const DRAWS: usize = 1_000;

/// Which documents answer which query, and how well.
pub(crate) struct Judgements(BTreeMap<String, HashMap<String, i32>>);

/// The measures of each query.
pub(crate) struct Scores<'a> {
    judgements: &'a Judgements,
    by_query: BTreeMap<&'a str, [f64; METRICS.len()]>,
}

impl Judgements {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut judgements: BTreeMap<String, HashMap<String, i32>> = BTreeMap::new();
        for line in lines(path)? {
            let line = line?;
            let columns: Vec<_> = line.split_whitespace().collect();
            let ([query, document, grade] | [query, _, document, grade]) = columns[..] else {
                bail!("`{line}` is no judgement: write query, document and grade");
            };
            let grade = grade.parse().with_context(|| format!("the grade of `{line}`"))?;
            if grade > 0 {
                judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
            }
        }
        Ok(Self(judgements))
    }

    pub(crate) fn has(&self, query: &str) -> bool {
        self.0.contains_key(query)
    }
}

impl<'a> Scores<'a> {
    /// A query without hits scores 0.
    pub(crate) fn new(judgements: &'a Judgements) -> Self {
        let by_query = judgements.0.keys().map(|query| (query.as_str(), [0.0; METRICS.len()])).collect();
        Self { judgements, by_query }
    }

    /// Takes the documents found for a query, best first.
    pub(crate) fn add(&mut self, query: &str, found: &[String]) {
        let (Some(scores), Some(grades)) = (self.by_query.get_mut(query), self.judgements.0.get(query)) else { return };
        let grade = |document: &String| grades.get(document).copied().unwrap_or(0);
        let first = found.iter().take(10).position(|document| grade(document) > 0);
        let among = |count: usize| number(found.iter().take(count).filter(|it| grade(it) > 0).count());
        let mut best: Vec<i32> = grades.values().copied().collect();
        best.sort_unstable_by_key(|grade| std::cmp::Reverse(*grade));
        *scores = [
            gain(found.iter().map(grade)) / gain(best.into_iter()),
            first.map_or(0.0, |place| 1.0 / number(place + 1)),
            among(10) / number(grades.len()),
            among(100) / number(grades.len()),
        ];
    }

    /// The mean and its interval.
    pub(crate) fn interval(&self, metric: usize) -> String {
        let values: Vec<_> = self.by_query.values().map(|scores| scores[metric]).collect();
        let (mean, low, high) = bootstrap(&values);
        format!("{mean:.4} [{low:.4}, {high:.4}]")
    }

    /// The mean of the differences and its interval.
    pub(crate) fn difference(&self, other: &Self, metric: usize) -> String {
        let pairs = self.by_query.values().zip(other.by_query.values());
        let (mean, low, high) = bootstrap(&pairs.map(|(one, other)| one[metric] - other[metric]).collect::<Vec<_>>());
        format!("{mean:+.4} [{low:+.4}, {high:+.4}]")
    }
}

/// The discounted gain of the first ten grades.
fn gain(grades: impl Iterator<Item = i32>) -> f64 {
    let discounted = |(place, grade): (usize, i32)| (2_f64.powi(grade) - 1.0) / number(place + 2).log2();
    grades.take(10).enumerate().map(discounted).sum()
}

/// The mean, and what 95 % of the means of as many values drawn from these lie between.
fn bootstrap(values: &[f64]) -> (f64, f64, f64) {
    let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| values.sum::<f64>() / number(count.max(1));
    let mut rng = Rng::with_seed(7);
    let mut means: Vec<_> = (0..DRAWS)
        .map(|_| mean(&mut (0..values.len()).map(|_| values[rng.usize(..values.len())]), values.len()))
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    (mean(&mut values.iter().copied(), values.len()), means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40])
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn number(count: usize) -> f64 {
    count as f64
}
