//! What a load showed, as figures.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use serde::Serialize;

use super::load::{Measured, Sample};

/// What a load showed. Times are in milliseconds; of requests that were not answered only their number and how soon they
/// failed tell. What would be an average of nothing is 0.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Figures {
    /// Requests sent, each repetition of a query for itself.
    pub(super) queries: usize,
    /// Requests that were not answered to their end.
    pub(super) errors: usize,
    /// Answers a second, by the clock.
    pub(super) qps: f64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    /// Until the first hit, of answers that have one.
    pub(super) first_hit_p50_ms: f64,
    /// Hits a second, by the clock.
    pub(super) paragraphs_per_s: f64,
    /// How soon a request failed after it was sent.
    pub(super) error_p50_ms: f64,
    pub(super) error_p99_ms: f64,
    /// What one client would reach if every query took its shortest time; so with the figures below.
    pub(super) best_qps: f64,
    pub(super) best_p50_ms: f64,
    pub(super) best_p95_ms: f64,
    pub(super) best_p99_ms: f64,
}

impl Figures {
    pub(super) fn of(Measured { samples, elapsed }: &Measured) -> Self {
        let (answered, failed): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(|sample| sample.answered);
        let times = Sorted::of(answered.iter().map(|sample| sample.took));
        let first_hits = Sorted::of(answered.iter().filter_map(|sample| sample.first_hit));
        let errors = Sorted::of(failed.iter().map(|sample| sample.took));
        let mut shortest = BTreeMap::new();
        for sample in &answered {
            let best = shortest.entry(sample.query).or_insert(sample.took);
            *best = sample.took.min(*best);
        }
        let best = Sorted::of(shortest.into_values());
        let seconds = elapsed.as_secs_f64();
        Self {
            queries: samples.len(),
            errors: failed.len(),
            qps: rounded(ratio(times.count(), seconds)),
            p50_ms: times.percentile_ms(50),
            p95_ms: times.percentile_ms(95),
            p99_ms: times.percentile_ms(99),
            first_hit_p50_ms: first_hits.percentile_ms(50),
            paragraphs_per_s: rounded(ratio(answered.iter().map(|sample| sample.hits).sum(), seconds)),
            error_p50_ms: errors.percentile_ms(50),
            error_p99_ms: errors.percentile_ms(99),
            best_qps: rounded(ratio(best.count(), best.total_seconds())),
            best_p50_ms: best.percentile_ms(50),
            best_p95_ms: best.percentile_ms(95),
            best_p99_ms: best.percentile_ms(99),
        }
    }

    /// Writes the figures for people.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} requests, {} not answered", self.queries, self.errors)?;
        writeln!(out, "{:.1} answers/s, {:.0} paragraphs/s", self.qps, self.paragraphs_per_s)?;
        writeln!(out, "                  p50        p95        p99  ms")?;
        let row = |name, values: [f64; 3]| {
            let [p50, p95, p99] = values.map(|value| format!("{value:>10.3}"));
            format!("{name:<11}{p50} {p95} {p99}")
        };
        writeln!(out, "{}", row("answer", [self.p50_ms, self.p95_ms, self.p99_ms]))?;
        writeln!(out, "{}", row("best", [self.best_p50_ms, self.best_p95_ms, self.best_p99_ms]))?;
        if self.errors > 0 {
            writeln!(out, "failure    {:>10.3} {:>10} {:>10.3}", self.error_p50_ms, "", self.error_p99_ms)?;
        }
        writeln!(out, "first hit  {:>10.3}", self.first_hit_p50_ms)
    }
}

/// Times, the shortest first.
struct Sorted(Vec<Duration>);

impl Sorted {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        Self(times)
    }

    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn total_seconds(&self) -> f64 {
        self.0.iter().sum::<Duration>().as_secs_f64()
    }

    /// The shortest time that so many of a hundred do not exceed.
    fn percentile_ms(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        rounded(self.0.get(rank - 1).map_or(0.0, |time| time.as_secs_f64() * 1e3))
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of requests and hits")]
fn ratio(count: u64, seconds: f64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 / seconds }
}

/// To three places.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn sample(query: usize, millis: u64, hits: u64) -> Sample {
        let took = Duration::from_millis(millis);
        Sample { query, took, first_hit: (hits > 0).then_some(took / 2), hits, answered: true }
    }

    fn figures(samples: Vec<Sample>) -> Figures {
        Figures::of(&Measured { samples, elapsed: Duration::from_secs(2) })
    }

    #[test]
    fn each_query_counts_with_its_best_run() {
        let refused = Sample { answered: false, ..sample(1, 7, 0) };
        let samples = vec![sample(0, 10, 4), sample(1, 40, 0), sample(0, 20, 4), sample(1, 30, 0), refused];
        let mut out = Vec::new();
        let figures = figures(samples);
        figures.write(&mut out).unwrap();
        expect![[r"
            5 requests, 1 not answered
            2.0 answers/s, 4 paragraphs/s
                              p50        p95        p99  ms
            answer         20.000     40.000     40.000
            best           10.000     30.000     30.000
            failure         7.000                 7.000
            first hit       5.000
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
        assert_eq!((figures.best_qps, figures.error_p99_ms), (50.0, 7.0));
    }

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let figures = figures((1..=100).map(|millis| sample(0, millis, 1)).collect());
        assert_eq!((figures.p50_ms, figures.p95_ms, figures.p99_ms, figures.best_p50_ms), (50.0, 95.0, 99.0, 1.0));
    }

    #[test]
    fn nothing_answered_is_no_number_out_of_range() {
        let refused = Sample { answered: false, ..sample(0, 3, 0) };
        let expected = Figures { queries: 1, errors: 1, error_p50_ms: 3.0, error_p99_ms: 3.0, ..Figures::default() };
        assert_eq!(figures(vec![refused]), expected);
    }
}
